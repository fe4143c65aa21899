"""What a score is worth: due dates, extensions, and what being late costs.

    counts = "best"                    # or "latest"
    timezone = "Europe/Zurich"         # of the dates that have no offset of their own

    [due]
    exercise1 = 2026-10-05T23:59:00
    exercise2 = 2026-10-12T23:59:00+02:00

    [late]
    percent = 10                       # of the attempt's points, for each ...
    per = "day"                        # ... or "hour" that has begun
    grace_minutes = 15
    cap = 50                           # percent; never more than this

    [[extension]]
    member = "jdoe"
    exercise = "exercise2"
    until = 2026-10-19T23:59:00
    why = "ill"

All of it is optional, and applied when scores are read: a change needs no grading.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from grader.course import printable
from grader.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from zoneinfo import ZoneInfo

__all__ = ["Extension", "LatePenalty", "Policy", "read_policy"]

_COUNTS: Final = ("best", "latest")
_UNITS: Final = {"day": timedelta(days=1), "hour": timedelta(hours=1)}
_YEARS: Final = range(2000, 3000)  # beyond them, arithmetic on dates may leave the calendar
_EXERCISE: Final = re.compile(r"[a-z]+[0-9]{1,4}")


@dataclass(frozen=True, slots=True)
class LatePenalty:
    """`percent` of an attempt's points for each unit begun, at most `cap` percent.

    >>> LatePenalty(percent=10, per="day").cap
    100.0
    """

    percent: float
    per: str
    grace: timedelta = timedelta(0)
    cap: float = 100.0


@dataclass(frozen=True, slots=True)
class Extension:
    """Another due date for one member and exercise."""

    until: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    r"""Which attempt counts, until when, and what being late costs; all dates are aware.

    An attempt handed in *late* after its due date, late > grace, loses

        round(points · min(cap, percent · units) / 100, 2)

    where units is the number of hours or days begun since the due date itself, ⌈late / hour⌉ or the
    smallest n for which the due date plus n days is not before the attempt. A day ends at the due
    date's time of day in its zone, so the nights in which clocks change have days of 23 and 25
    hours. With late ≤ grace nothing is lost. An attempt of which nobody knows when it was handed in
    is not late.

    >>> from datetime import UTC
    >>> due = {"exercise1": datetime(2026, 10, 5, 22, tzinfo=UTC)}
    >>> policy = Policy(due=due, late=LatePenalty(10, "day", grace=timedelta(minutes=15), cap=50))
    >>> submitted = datetime(2026, 10, 6, 22, 0, 1, tzinfo=UTC)
    >>> policy.penalty(8, "jdoe", "exercise1", submitted)
    1.6
    """

    counts: str = "best"
    due: Mapping[str, datetime] = field(default_factory=dict)
    extensions: Mapping[tuple[str, str], Extension] = field(default_factory=dict)
    late: LatePenalty | None = None

    def due_for(self, member: str, exercise: str) -> datetime | None:
        """When this member's attempts at the exercise are due; None where it has no due date."""
        extension = self.extensions.get((member, exercise))
        return self.due.get(exercise) if extension is None else extension.until

    def lateness(
        self, member: str, exercise: str, submitted_at: datetime | None
    ) -> timedelta | None:
        """How long after its due date an attempt came, 0 where in time; None where unknown."""
        due = self.due_for(member, exercise)
        if due is None or submitted_at is None:
            return None
        # Python subtracts two times of one zone as if its clocks never changed.
        return max(submitted_at.astimezone(UTC) - due.astimezone(UTC), timedelta(0))

    def penalty(
        self, points: float, member: str, exercise: str, submitted_at: datetime | None
    ) -> float:
        """How many of its points an attempt loses; see the class for the formula."""
        due, late = self.due_for(member, exercise), self.lateness(member, exercise, submitted_at)
        if self.late is None or due is None or submitted_at is None or not late:
            return 0.0
        if late <= self.late.grace:
            return 0.0
        unit = _UNITS[self.late.per]
        units = -(-late // unit)
        if self.late.per == "day":
            submitted = submitted_at.astimezone(UTC)
            units = next(n for n in (units - 1, units, units + 1) if due + n * unit >= submitted)
        return round(points * min(self.late.cap, self.late.percent * units) / 100, 2)


def read_policy(path: Path | None) -> Policy:
    """Read a policy; None is a policy without due dates, in which the best attempt counts.

    A date without an offset is of the file's `timezone`, and refused where it names none: whoever
    reads it elsewhere would get other scores. Raises UsageError, which names the file.
    """
    if path is None:
        return Policy()
    document = _read_toml(path)
    _only(path, document, ("counts", "timezone", "due", "late", "extension"), "the file")
    counts = document.get("counts", "best")
    if counts not in _COUNTS:
        raise _refusal(path, f"`counts` is {counts!r}", 'write "best" or "latest"')
    zone = _zone(path, document)
    due = {
        _exercise(path, exercise): _moment(path, f"the due date of {exercise}", value, zone)
        for exercise, value in _table(path, document, "due").items()
    }
    late = _late(path, _table(path, document, "late")) if "late" in document else None
    return Policy(counts, due, _extensions(path, document, due, zone), late)


def _late(path: Path, table: Mapping[str, Any]) -> LatePenalty:
    _only(path, table, ("percent", "per", "grace_minutes", "cap"), "[late]")
    if table.get("per") not in list(_UNITS):  # in a list even what has no hash is looked for
        raise _refusal(path, "`per` in [late] is missing or unknown", 'write "day" or "hour"')
    return LatePenalty(
        percent=_number(path, table, "percent", None, 100),
        per=table["per"],
        grace=timedelta(minutes=_number(path, table, "grace_minutes", 0, 1_000_000)),
        cap=_number(path, table, "cap", 100, 100),
    )


def _extensions(
    path: Path, document: Mapping[str, Any], due: Mapping[str, datetime], zone: ZoneInfo | None
) -> dict[tuple[str, str], Extension]:
    tables = document.get("extension", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise _refusal(path, "`extension` is no list", "write [[extension]] above each")
    found: dict[tuple[str, str], Extension] = {}
    for position, table in enumerate(tables, 1):
        where = f"extension {position}"
        _only(path, table, ("member", "exercise", "until", "why"), where)
        member, exercise, why = (table.get(key, "") for key in ("member", "exercise", "why"))
        if not isinstance(why, str) or not isinstance(member, str) or not member.strip():
            raise _refusal(path, f"{where} names no member", 'write member = "…", and why = "…"')
        if not isinstance(exercise, str) or exercise not in due:
            problem = f"{where} is for {exercise!r}, which has no due date"
            raise _refusal(path, problem, "add one under [due], or name another exercise")
        until = _moment(path, f"`until` of {where}", table.get("until"), zone)
        if until < due[exercise]:
            raise _refusal(path, f"{where} ends before {exercise} is due", "let it end later")
        if (member.strip(), exercise) in found:
            problem = f"{where} is the second for {member!r} and {exercise}"
            raise _refusal(path, problem, "keep one of them")
        found[member.strip(), exercise] = Extension(until, why)
    return found


def _read_toml(path: Path) -> dict[str, Any]:
    if path.exists() and not path.is_file():
        raise _refusal(path, "is no file", "name a TOML file")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise _refusal(path, f"cannot be read ({error.strerror})", "check its name") from error
    except UnicodeDecodeError as error:
        raise _refusal(path, "is not UTF-8 text", "save it as UTF-8") from error
    except (ValueError, RecursionError) as error:  # a date that no calendar has is a ValueError
        problem = str(error) if isinstance(error, ValueError) else "nested too deeply"
        raise _refusal(path, f"is not TOML ({problem})", "correct it there") from error


def _zone(path: Path, document: Mapping[str, Any]) -> ZoneInfo | None:
    from zoneinfo import ZoneInfo

    name = document.get("timezone")
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, TypeError, AttributeError, OSError) as error:
        problem = f"`timezone` is {name!r}, which nobody knows here"
        raise _refusal(path, problem, 'write one such as "Europe/Zurich"') from error


def _moment(path: Path, what: str, value: object, zone: ZoneInfo | None) -> datetime:
    if not isinstance(value, datetime):
        clause = "has no time of day" if isinstance(value, date) else "is no date"
        remedy = "write it without quotes, as 2026-10-05T23:59:00"
        raise _refusal(path, f"{what} {clause}", remedy)
    if value.year not in _YEARS:
        raise _refusal(path, f"{what} is in the year {value.year}", "correct it")
    if value.tzinfo is not None:
        return value
    if zone is None:
        remedy = 'add timezone = "Europe/Zurich" on top, or an offset such as +02:00 to it'
        raise _refusal(path, f"{what} says no time zone", remedy)
    return value.replace(tzinfo=zone)


def _exercise(path: Path, name: str) -> str:
    if not _EXERCISE.fullmatch(name):
        problem = f"{name!r} in [due] is no exercise's id"
        raise _refusal(path, problem, "write it as `grade list` does, such as exercise8")
    return name


def _number(
    path: Path, table: Mapping[str, Any], key: str, default: float | None, most: float
) -> float:
    value = table.get(key, default)
    if type(value) not in (int, float) or not 0 <= value <= most:
        problem = f"`{key}` in [late] is {'missing' if value is None else repr(value)}"
        raise _refusal(path, problem, f"write a number from 0 to {most:g}")
    return float(value)


def _only(path: Path, table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            remedy = f"{where} may have {', '.join(known)}"
            raise _refusal(path, f"{key!r} is not known in {where}", remedy)


def _table(path: Path, document: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = document.get(key, {})
    if not isinstance(value, dict):
        raise _refusal(path, f"`{key}` is not a table", f"write it as a table, [{key}]")
    return value


def _refusal(path: Path, problem: str, remedy: str) -> UsageError:
    return UsageError(printable(f"{path}: {problem}; {remedy}."))
