"""What grading says: frozen records of checks and verdicts, to JSON and back.

The document's schema is kept in `verdict.schema.json` beside this module.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from grader.pictures import Picture, from_dict, to_dict

__all__ = ["SCHEMA", "CheckResult", "Status", "Verdict"]

SCHEMA = "grader/verdict/v1"


class Status(StrEnum):
    """How a check ended.

    >>> Status("passed") is Status.PASSED
    True
    """

    PASSED = "passed"
    FAILED = "failed"
    NOT_IMPLEMENTED = "not_implemented"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    SKIPPED = "skipped"
    GRADER_ERROR = "grader_error"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check's outcome; only a passed check has points.

    `message` says what was expected and what came, `counterexample` is a snippet that runs beside
    the learner's file, `diagnosis` the mistake that the failure equals, `pictures` show what the
    check saw.

    >>> CheckResult("or_is_learned", "OR is learned.", "train", Status.PASSED, 2).points
    2
    """

    id: str
    title: str
    task: str
    status: Status
    max_points: int
    message: str | None = None
    counterexample: str | None = None
    diagnosis: str | None = None
    hidden: bool = False
    seconds: float = 0.0
    pictures: tuple[Picture, ...] = ()

    @property
    def points(self) -> int:
        """`max_points` where the check passed, else 0."""
        return self.max_points if self.status is Status.PASSED else 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that is known of one graded submission.

    `submission` is the file's name, `digest` the SHA-256 of its bytes, `sandbox` the tier in force,
    `seconds` wall-clock time.

    >>> done = CheckResult("a", "A.", "f", Status.PASSED, 2)
    >>> open_ = CheckResult("b", "B.", "f", Status.FAILED, 3)
    >>> verdict = Verdict("exercise1", "perceptron.py", "00", 0, "limited", (done, open_))
    >>> verdict.score, verdict.max_score, verdict.exit_code
    (2, 5, 1)
    >>> Verdict.from_json(verdict.to_json()) == verdict
    True
    """

    exercise: str
    submission: str
    digest: str
    seed: int
    sandbox: str
    checks: tuple[CheckResult, ...]
    seconds: float = 0.0

    @property
    def score(self) -> int:
        """The points of the passed checks."""
        return sum(check.points for check in self.checks)

    @property
    def max_score(self) -> int:
        """The points of all checks that could be graded here; a skipped one does not count."""
        return sum(c.max_points for c in self.checks if c.status is not Status.SKIPPED)

    @property
    def broken(self) -> bool:
        """Whether the grader itself failed in a check, so that the score means nothing."""
        return any(check.status is Status.GRADER_ERROR for check in self.checks)

    @property
    def exit_code(self) -> int:
        """0 for full marks, 1 for less, 3 where the grader failed."""
        if self.broken:
            return 3
        return 0 if self.score == self.max_score else 1

    def to_dict(self) -> dict[str, Any]:
        """Give the document as plain values, in the schema's order."""
        checks = [
            {
                "id": check.id,
                "title": check.title,
                "task": check.task,
                "status": check.status.value,
                "points": check.points,
                "max_points": check.max_points,
                "message": check.message,
                "counterexample": check.counterexample,
                "diagnosis": check.diagnosis,
                "hidden": check.hidden,
                "seconds": round(check.seconds, 4),
                **(
                    {"pictures": [to_dict(picture) for picture in check.pictures]}
                    if check.pictures
                    else {}
                ),
            }
            for check in self.checks
        ]
        return {
            "schema": SCHEMA,
            "exercise": self.exercise,
            "submission": self.submission,
            "digest": self.digest,
            "seed": self.seed,
            "score": self.score,
            "max_score": self.max_score,
            "sandbox": self.sandbox,
            "seconds": round(self.seconds, 4),
            "checks": checks,
        }

    def to_json(self) -> str:
        """Write the document as JSON, all ASCII: any stream takes it and no terminal obeys it."""
        return json.dumps(self.to_dict(), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Verdict:
        """Read what `to_json` wrote; raises ValueError for any other document."""
        document = json.loads(text)
        schema = document.get("schema") if isinstance(document, dict) else None
        if schema != SCHEMA:
            msg = f"this is not a {SCHEMA} document: its schema is {schema!r}"
            raise ValueError(msg)
        checks = tuple(
            CheckResult(
                status=Status(check["status"]),
                pictures=tuple(map(from_dict, check.get("pictures", ()))),
                **{key: check[key] for key in check if key not in ("status", "points", "pictures")},
            )
            for check in document["checks"]
        )
        names = ("exercise", "submission", "digest", "seed", "sandbox", "seconds")
        return cls(**{name: document[name] for name in names}, checks=checks)
