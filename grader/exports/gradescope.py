"""The `results.json` that a Gradescope autograder leaves.

All texts are declared as plain text, which Gradescope shows as it is, so that nothing that a
submission prints becomes markup. The schema of what is written here is `gradescope.schema.json`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.exports.shown import explanation, scored
from grader.verdict import Status

if TYPE_CHECKING:
    from grader.course import Exercise
    from grader.verdict import CheckResult, Verdict

__all__ = ["results"]


def results(verdict: Verdict, exercise: Exercise) -> dict[str, Any]:
    """Return the document for one verdict, a test a check, grouped and numbered by task.

    Raises BrokenGrader where the grader failed: without a results.json Gradescope says that the
    autograder failed, and no score comes of it.
    """
    scored(verdict)
    tasks = {
        task.name: [c for c in verdict.checks if c.task == task.name] for task in exercise.tasks
    }
    for check in verdict.checks:
        if check.task not in tasks:
            tasks[check.task] = [c for c in verdict.checks if c.task == check.task]
    graded = {task: checks for task, checks in tasks.items() if checks}
    return {
        "score": verdict.score,
        "execution_time": verdict.seconds,
        "output": f"{exercise.id} · {exercise.title}: {verdict.score}/{verdict.max_score}",
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        # What the autograder prints is for its author: it may quote hidden checks.
        "stdout_visibility": "hidden",
        "tests": [
            _test(check, f"{position}.{place}")
            for position, checks in enumerate(graded.values(), 1)
            for place, check in enumerate(checks, 1)
        ],
    }


def _test(check: CheckResult, number: str) -> dict[str, Any]:
    test: dict[str, Any] = {
        "name": f"{check.task}: {check.title}" + (" (hidden)" if check.hidden else ""),
        "number": number,
        "output": explanation(check),
        "visibility": "visible",
    }
    if check.status is not Status.SKIPPED:
        test |= {
            "score": check.points,
            "max_score": check.max_points,
            "status": "passed" if check.status is Status.PASSED else "failed",
        }
    return test
