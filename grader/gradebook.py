"""What counts for each member and exercise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from grader.roster import Member
    from grader.verdict import Verdict

__all__ = ["Attempt", "Score"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One graded submission, or why it could not be graded."""

    member: str
    exercise: str
    submission: str
    digest: str
    seed: int
    version: str
    verdict: Verdict | None
    fault: str = ""
    submitted_at: datetime | None = None
    graded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """What counts, policy and adjustments applied."""

    member: Member
    exercise: str
    points: float | None
    max_points: float | None
    attempt: Attempt | None
    raw_points: float | None
    late: timedelta | None
    penalty: float
    excused: bool
    note: str
    fault: str
