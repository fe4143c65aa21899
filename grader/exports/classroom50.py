"""The `result.json` that a grader leaves for Classroom 50.

The classroom, the assignment and the links come from the workflow's environment. To exit with 0
means graded there, however few the points; any other code is a failure of the infrastructure.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from grader.errors import UsageError
from grader.exports.shown import scored
from grader.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.verdict import Verdict

__all__ = ["result"]

SCHEMA: Final = "classroom50/result/v1"
_FROM_THE_WORKFLOW: Final = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
    "review": "REVIEW_URL",
}


def result(verdict: Verdict, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the document for one verdict; a check that was skipped is no test of it.

    Raises UsageError where the environment is not that of Classroom 50's workflow, BrokenGrader
    where the grader failed.
    """
    scored(verdict)
    # A classroom without reviews has no such link; the commit is what there is to look at.
    known = {"REVIEW_URL": environment.get("COMMIT_URL", ""), **environment}
    for variable in _FROM_THE_WORKFLOW.values():
        if not known.get(variable):
            msg = f"{variable} is not set; run this in the workflow of Classroom 50."
            raise UsageError(msg)
    return {
        "schema": SCHEMA,
        **{key: known[variable] for key, variable in _FROM_THE_WORKFLOW.items()},
        "datetime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": verdict.score,
        "max-score": verdict.max_score,
        "tests": [
            {
                "test-name": f"{check.task}::{check.id}",
                "passed": check.status is Status.PASSED,
                "score": check.points,
                "max-score": check.max_points,
            }
            for check in verdict.checks
            if check.status is not Status.SKIPPED
        ],
    }
