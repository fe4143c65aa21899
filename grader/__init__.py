"""A deep-learning course that grades itself.

    errors, pictures, verdict, margins, declaring, threads
                                     what can go wrong, what grading says, what makes a check
    course, files, datasets, notebook, submission
                                     exercises, their data, and what learners hand in
    wire, messages, linux, syscalls, view, confine, probe, tracing, gpu, worker, zygote,
    starting, turns, process, student, session, local
                                     the process that learner code lives in, and calls into it
    checking                         the vocabulary of check authors
    snippets, diagnosis, ahead, drawn, plugin, grading, walk
                                     from a check's calls to a verdict
    mutants, proving, scaffold       the proof that checks tell right from wrong; a new exercise
    roster, policy, bookfile, gradebook
                                     a class: who takes part, what counts, every attempt
    report, sparklines, terminal, console
                                     what every report says, and the terminal's
    figures, overview, html          the pages: a learner's, a student's, a class's
    handout, release                 what students get
    progress, stubs, arguments, journey, live, watch
                                     a learner alone at a laptop, in a notebook too
    similarity, exports              which submissions are alike; what other systems read
    archives, layouts, batch, cluster, pages
                                     a class: from a download to verdicts and feedback
    package, autograder              grading on Gradescope
    commands, cli                    the command `grade`

A module imports only from lines above its own. Every name here is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from grader.course import find_course, find_exercise, load_exercises
    from grader.grading import grade
    from grader.live import check
    from grader.submission import read_submission
    from grader.verdict import CheckResult, Status, Verdict

__all__ = [
    "CheckResult",
    "Status",
    "Verdict",
    "check",
    "find_course",
    "find_exercise",
    "grade",
    "load_exercises",
    "read_submission",
]

HOMES: Final = {
    "CheckResult": "verdict",
    "Status": "verdict",
    "Verdict": "verdict",
    "check": "live",
    "find_course": "course",
    "find_exercise": "course",
    "grade": "grading",
    "load_exercises": "course",
    "read_submission": "submission",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
