"""`grade(exercise, submission) -> Verdict`: run an exercise's checks on a submission.

The checks run under pytest in this process, which no learner code ever enters.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from grader.confine import TIERS
from grader.declaring import ATTRIBUTE
from grader.errors import BrokenGrader, UsageError
from grader.plugin import RUNS, Run
from grader.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from grader.course import Exercise
    from grader.submission import Submission

__all__ = ["examine", "grade"]

UNUSED_PLUGINS: Final = (
    "cacheprovider",
    "capture",
    "doctest",
    "faulthandler",
    "junitxml",
    "logging",
    "pastebin",
    "recwarn",
    "setuponly",
    "stepwise",
    "terminal",
    "threadexception",
    "tmpdir",
    "unraisableexception",
    "warnings",
)


def grade(
    exercise: Exercise, submission: Submission, *, seed: int = 0, require: str = "separate"
) -> Verdict:
    """Grade a submission and return its verdict: the same for the same seed, times aside.

    `require` is the weakest sandbox tier to accept. Raises UsageError where this machine offers
    less, and BrokenGrader where the checks themselves cannot run.

    >>> from grader import find_course, find_exercise, read_submission
    >>> exercise = find_exercise(find_course(), "perceptron")
    >>> verdict = grade(exercise, read_submission(exercise.stub, exercise.file))
    >>> verdict.score, verdict.checks[0].status.value
    (0, 'not_implemented')
    """
    started = time.perf_counter()
    run = examine(exercise, submission, seed=seed, require=require)
    return Verdict(
        exercise=exercise.id,
        submission=submission.name,
        digest=submission.digest,
        seed=seed,
        sandbox=run.tier,
        checks=tuple(replace(result, seconds=round(result.seconds, 4)) for result in run.results),
        seconds=round(time.perf_counter() - started, 4),
    )


def examine(
    exercise: Exercise,
    submission: Submission,
    *,
    seed: int = 0,
    require: str = "separate",
    hasty: bool = False,
    until: str | None = None,
) -> Run:
    """Run the checks and return all that was seen of it, as those ask who prove checks.

    A hasty run shrinks, reproduces and diagnoses nothing. With `until`, it ends at the first check
    that fails, and those of this task go first. Raises what `grade` raises.

    >>> from grader import find_course, find_exercise, read_submission
    >>> exercise = find_exercise(find_course(), "perceptron")
    >>> stub = read_submission(exercise.stub, exercise.file)
    >>> [result.id for result in examine(exercise, stub, until="train").results]
    ['train_learns_or_to_perfection']
    """
    if "gpu" in exercise.requires and require != TIERS[0]:
        message = (
            f"{exercise.id} runs on a GPU, which no {require} process can reach: grade it without "
            "--require; nothing was graded"
        )
        raise UsageError(message)
    run = Run.start(exercise, submission, seed, require)
    run.session.hasty = hasty
    try:
        if TIERS.index(require) > 0 and TIERS.index(run.session.tier) < TIERS.index(require):
            message = (
                f"this machine offers the tier {run.session.tier}, and {require} is required; "
                "nothing was graded"
            )
            raise UsageError(message)
        _run_checks(run, until)
        assert run.tier  # noqa: S101 - remembered, for after the end
    finally:
        run.close()
    return run


def _run_checks(run: Run, until: str | None) -> None:
    """Run the public and the hidden checks; their results end up in the run."""
    import pytest

    from grader import datasets, plugin

    exercise = run.exercise
    root = exercise.folder.parent.parent
    paths = [path for path in (exercise.checks, exercise.hidden_checks) if path is not None]
    for path in paths:
        _forget(path)
    with datasets.of_course(root):
        code = pytest.main(
            [
                *map(str, paths),
                f"--rootdir={root}",
                f"--config-file={os.devnull}",
                "--import-mode=importlib",
                "--assert=plain",
                "--disable-plugin-autoload",
                "--noconftest",
                *(f"-pno:{name}" for name in UNUSED_PLUGINS),
                *(() if until is None else ("--maxfail=1",)),
            ],
            plugins=[plugin, _Attached(run, until)],
        )
    if run.errors or code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        reason = run.errors[0] if run.errors else f"pytest ended with {code}"
        message = f"the checks of {exercise.id} could not run: {reason}"
        raise BrokenGrader(message)


class _Attached:
    """Hand a run to the plugin and collect what went wrong before the first check."""

    def __init__(self, run: Run, first: str | None) -> None:
        self.run = run
        self.first = first

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[RUNS] = {self.run.exercise.folder.name: self.run}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.first:
            items.sort(key=lambda item: getattr(item.obj, ATTRIBUTE).task != self.first)  # type: ignore[attr-defined]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.run.errors.append(report.longreprtext)


def _forget(path: Path) -> None:
    """Drop a module of checks that another course's folder of the same name may have left."""
    for name, module in list(sys.modules.items()):
        if name.endswith(f"{path.parent.name}.{path.stem}") and hasattr(module, "__file__"):
            del sys.modules[name]
