"""All scores as CSV: one line a member and exercise, in our columns or in nbgrader's."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from grader.course import printable
from grader.exports.cells import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from grader.gradebook import Score

__all__ = ["nbgrader_table", "score_table"]

_COLUMNS: Final = (
    *("id", "name", "email", "exercise", "points", "max_points", "raw_points", "penalty"),
    *("late_seconds", "excused", "note", "fault"),
    *("submission", "submitted_at", "graded_at", "digest", "seed", "version"),
)
_NBGRADER: Final = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)


def score_table(scores: Iterable[Score]) -> str:
    """Write all that is known of each score; whoever handed in nothing has no points."""
    return _written(_COLUMNS, (_line(score) for score in scores))


def nbgrader_table(scores: Iterable[Score]) -> str:
    """Write the columns of nbgrader's own export, times in UTC without a zone, as it does."""
    return _written(_NBGRADER, (_nbgrader_line(score) for score in scores))


def _line(score: Score) -> list[object]:
    member, attempt = score.member, score.attempt
    known = (
        [
            attempt.submission,
            _time(attempt.submitted_at),
            _time(attempt.graded_at),
            attempt.digest,
            attempt.seed,
            attempt.version,
        ]
        if attempt
        else [""] * 6
    )
    return [
        member.id,
        member.name,
        member.email,
        score.exercise,
        score.points,
        score.max_points,
        score.raw_points,
        score.penalty,
        score.late.total_seconds() if score.late else 0,
        "yes" if score.excused else "no",
        score.note,
        score.fault,
        *known,
    ]


def _nbgrader_line(score: Score) -> list[object]:
    member, attempt = score.member, score.attempt
    submitted = attempt.submitted_at if attempt else None
    due = submitted - score.late if submitted and score.late else None
    last, first = _names(member.name)
    return [
        score.exercise,
        _plain(due),
        _plain(submitted),
        member.id,
        last,
        first,
        member.email,
        score.raw_points,
        score.penalty,
        score.points,
        score.max_points,
    ]


def _names(name: str) -> tuple[str, str]:
    """Part a name at its comma, else before its last word, as its owner may not."""
    if "," in name:
        last, _, first = name.partition(",")
    else:
        first, _, last = name.rpartition(" ")
    return last.strip(), first.strip()


def _time(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _plain(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def _written(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    for line in lines:
        writer.writerow([_cell(value) for value in line])
    return file.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else harmless(printable(value))
