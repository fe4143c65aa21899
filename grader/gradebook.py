"""A course's scores: one SQLite file that keeps every attempt and decision, and loses none.

An attempt is durable when `add` returns: a write-ahead log with `synchronous=EXTRA` is on the disk
before a transaction ends, so kill -9 and a power loss take nothing away, and others can read
meanwhile. There is one writer, with a lock of the operating system's that dies with its process.
Attempts and decisions are only ever added, and triggers in the file hold everybody to that. What
counts is worked out when scores are read: none is stored that another policy would make wrong.
"""

from __future__ import annotations

import json
import math
import os
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from grader.bookfile import asking, connect, make, only_writer
from grader.course import printable
from grader.errors import UsageError
from grader.roster import Member
from grader.verdict import Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta
    from types import TracebackType
    from typing import Self

    from grader.policy import Policy
    from grader.roster import Roster

__all__ = ["Attempt", "Decision", "Gradebook", "Score"]

_SCHEMA: Final = """
CREATE TABLE member (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, aliases TEXT NOT NULL, -- JSON
    position INTEGER NOT NULL
);
CREATE TABLE attempt (
    id INTEGER PRIMARY KEY, member TEXT NOT NULL, exercise TEXT NOT NULL, submission TEXT NOT NULL,
    digest TEXT NOT NULL, seed TEXT NOT NULL, version TEXT NOT NULL, fault TEXT NOT NULL,
    submitted_at TEXT, graded_at TEXT NOT NULL, -- UTC
    points INTEGER, -- NULL where the grader failed
    verdict TEXT -- JSON
);
CREATE INDEX attempt_of ON attempt (member, exercise);
CREATE TABLE decision (
    id INTEGER PRIMARY KEY, member TEXT NOT NULL, exercise TEXT NOT NULL, kind TEXT NOT NULL,
    points REAL, who TEXT NOT NULL, why TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX decision_of ON decision (member, exercise);
CREATE TRIGGER attempts_stay BEFORE DELETE ON attempt
    BEGIN SELECT RAISE(ABORT, 'every attempt is kept'); END;
CREATE TRIGGER attempts_do_not_change BEFORE UPDATE ON attempt
    BEGIN SELECT RAISE(ABORT, 'every attempt is kept'); END;
CREATE TRIGGER decisions_stay BEFORE DELETE ON decision
    BEGIN SELECT RAISE(ABORT, 'every decision is kept'); END;
CREATE TRIGGER decisions_do_not_change BEFORE UPDATE ON decision
    BEGIN SELECT RAISE(ABORT, 'every decision is kept'); END;
"""
_ATTEMPT: Final = (
    "SELECT member, exercise, submission, digest, seed, version, verdict, fault, submitted_at, "
    "graded_at FROM attempt WHERE "
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One grading of a member's submission; `verdict` is None where the grader failed.

    `digest` is the submission's, `version` the `Exercise.version`; times are aware. `graded_at` is
    set when the attempt is added.
    """

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
class Decision:
    """What a person decided about a score: `kind` is "excused", "adjusted" or "withdrawn"."""

    member: str
    exercise: str
    kind: str
    points: float | None
    who: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Score:
    """What counts for a member and exercise, with policy and decisions applied.

    `points` is None where nothing was graded, and where the member is excused; unless somebody
    adjusted them they are `raw_points` − `penalty`. `max_points`, `raw_points` and `late` are those
    of `attempt`, which counts; None where there is none. `fault` says why the grader failed on the
    newest submission, which never takes an earlier score away. `note` says who decided what, and
    what else explains the points.
    """

    member: Member
    exercise: str
    points: float | None = None
    max_points: float | None = None
    attempt: Attempt | None = None
    raw_points: float | None = None
    late: timedelta | None = None
    penalty: float = 0.0
    excused: bool = False
    note: str = ""
    fault: str = ""


class Gradebook:
    """The gradebook in a file, which is a context manager; with `write`, its only writer.

    A file that is not there is made when writing. Raises UsageError, one sentence, for anything
    that is no gradebook, is damaged or cannot be read or written, and leaves such a file as it is.
    """

    def __init__(self, path: Path, *, write: bool = False) -> None:
        self._path = Path(os.path.realpath(path))
        self._held = ExitStack()
        with ExitStack() as held:
            if write:
                held.enter_context(only_writer(self._path))
                if not self._path.exists():
                    make(self._path, _SCHEMA)
            self._connection = connect(self._path, write=write)
            held.callback(self._connection.close)
            self._held = held.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let the next writer in; once more does nothing."""
        self._held.close()

    def enrol(self, roster: Roster) -> None:
        """Add or update members in the roster's order; whoever was there before comes after."""
        rows = [
            (*map(_clean, (member.id, member.name, member.email)), json.dumps(member.aliases), at)
            for at, member in enumerate(roster.members)
        ]
        with asking(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.execute("UPDATE member SET position = position + ?", (len(rows),))
                self._connection.executemany("REPLACE INTO member VALUES (?, ?, ?, ?, ?)", rows)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def members(self) -> tuple[Member, ...]:
        """All who are enrolled, in order, then those who only have attempts, under their id."""
        query = "SELECT id, name, email, aliases FROM member ORDER BY position, id"
        strangers = (
            "SELECT member FROM attempt UNION SELECT member FROM decision "
            "EXCEPT SELECT id FROM member ORDER BY member"
        )
        with asking(self._path):
            enrolled = [
                Member(id_, name, email, tuple(json.loads(aliases)))
                for id_, name, email, aliases in self._connection.execute(query)
            ]
            others = [Member(id_, id_) for (id_,) in self._connection.execute(strangers)]
        return (*enrolled, *others)

    def exercises(self) -> tuple[str, ...]:
        """The ids of the exercises that have an attempt, by number."""
        return self._exercises("SELECT DISTINCT exercise FROM attempt")

    def add(self, attempt: Attempt) -> None:
        """Keep an attempt, whatever happens once this has returned."""
        verdict = attempt.verdict
        row = (
            _clean(attempt.member),
            _clean(attempt.exercise),
            _clean(attempt.submission),
            _clean(attempt.digest),
            str(attempt.seed),  # which may be larger than SQLite's numbers
            _clean(attempt.version),
            _clean(attempt.fault),
            None if attempt.submitted_at is None else _stamp(attempt.submitted_at),
            _stamp(attempt.graded_at or datetime.now(UTC)),
            None if verdict is None or verdict.broken else verdict.score,
            None if verdict is None else verdict.to_json(),
        )
        query = "INSERT INTO attempt VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        with asking(self._path):
            self._connection.execute(query, row)

    def has(self, member: str, exercise: str, digest: str, seed: int, version: str) -> bool:
        """Tell whether this was graded already; where the grader failed it was not."""
        query = (
            "SELECT 1 FROM attempt WHERE member = ? AND exercise = ? AND digest = ? AND seed = ? "
            "AND version = ? AND points IS NOT NULL LIMIT 1"
        )
        values = [_clean(text) for text in (member, exercise, digest, str(seed), version)]
        with asking(self._path):
            return self._connection.execute(query, values).fetchone() is not None

    def attempts(self, member: str | None = None, exercise: str | None = None) -> Iterator[Attempt]:
        """Give every attempt, one at a time, the first added first."""
        wanted = {"member": member, "exercise": exercise}
        known = {column: _clean(value) for column, value in wanted.items() if value is not None}
        # What is added while this is read is not waited for.
        conditions = ["id <= (SELECT max(id) FROM attempt)", *(f"{column} = ?" for column in known)]
        query = f"{_ATTEMPT} {' AND '.join(conditions)} ORDER BY id"
        with asking(self._path):
            for row in self._connection.execute(query, tuple(known.values())):
                yield _attempt(row)

    def excuse(self, member: str, exercise: str, *, who: str, why: str) -> None:
        """Let the exercise not count for the member, until that is withdrawn."""
        self._decide(member, exercise, "excused", None, who, why)

    def adjust(self, member: str, exercise: str, *, points: float, who: str, why: str) -> None:
        """Give the member these points, whatever attempts and policy say, until withdrawn."""
        if not (math.isfinite(points) and points >= 0):
            msg = f"{points} points cannot be given; write a number from 0 up."
            raise UsageError(msg)
        self._decide(member, exercise, "adjusted", float(points), who, why)

    def withdraw(self, member: str, exercise: str, *, who: str, why: str) -> None:
        """Let attempts and policy speak again; raises UsageError where nothing was decided."""
        if exercise not in self._standing(member):
            msg = (
                f"{printable(member)} is neither excused from {printable(exercise)} nor adjusted "
                "there; there is nothing to withdraw."
            )
            raise UsageError(msg)
        self._decide(member, exercise, "withdrawn", None, who, why)

    def decisions(self, member: str) -> tuple[Decision, ...]:
        """All that was ever decided about a member's scores, the first first."""
        query = (
            "SELECT exercise, kind, points, who, why, at FROM decision WHERE member = ? ORDER BY id"
        )
        with asking(self._path):
            return tuple(
                Decision(member, exercise, kind, points, who, why, datetime.fromisoformat(at))
                for exercise, kind, points, who, why, at in self._connection.execute(
                    query, (_clean(member),)
                )
            )

    def scores(
        self, policy: Policy, exercise: str | None = None, *, member: str | None = None
    ) -> Iterator[Score]:
        """Give one score for each member and exercise, the members in the roster's order.

        The exercises are those with an attempt or a decision. A member or an exercise that is
        asked for is the only one.

        A submission is a digest, and its verdict that of its last grading, so that an outdated one
        never counts. "latest" takes the submission handed in last, "best" the one with the most
        points after the late penalty, of equal ones the one handed in first.
        """
        known = "SELECT exercise FROM attempt UNION SELECT exercise FROM decision"
        names = self._exercises(known) if exercise is None else (exercise,)
        for one in self.members():
            if member not in (None, one.id):
                continue
            rows = self._rows(one)
            standing = self._standing(one.id)
            for name in names:
                earned = self._earned(one, name, rows.get(name, []), policy)
                yield _decided(earned, standing.get(name))

    def _exercises(self, query: str) -> tuple[str, ...]:
        with asking(self._path):
            return tuple(sorted((id_ for (id_,) in self._connection.execute(query)), key=_number))

    def _rows(self, member: Member) -> dict[str, list[_Row]]:
        """Give what choosing needs of a member's attempts, by exercise."""
        query = (
            "SELECT exercise, id, digest, submitted_at, graded_at, points FROM attempt "
            "WHERE member = ? ORDER BY id"
        )
        rows: dict[str, list[_Row]] = {}
        with asking(self._path):
            for name, id_, digest, submitted, graded, points in self._connection.execute(
                query, (member.id,)
            ):
                submitted_at = None if submitted is None else datetime.fromisoformat(submitted)
                row = _Row(id_, digest, submitted_at, datetime.fromisoformat(graded), points)
                rows.setdefault(name, []).append(row)
        return rows

    def _earned(self, member: Member, exercise: str, rows: Sequence[_Row], policy: Policy) -> Score:
        """Give the score that attempts and policy make."""
        failed, row = _fault(rows), _counting(rows, member.id, exercise, policy)
        score = Score(member, exercise, fault="" if failed is None else self._reason(failed))
        notes = []
        if extension := policy.extensions.get((member.id, exercise)):
            why = f": {extension.why}" if extension.why else ""
            notes.append(f"extended to {extension.until.isoformat(' ', 'minutes')}{why}")
        if row is None:
            return replace(score, note="; ".join(notes))
        if row.submitted_at is None and exercise in policy.due:
            notes.append("nobody knows when it was handed in, so it counts as in time")
        # The same text may have been handed in twice, and graded anew long after that.
        attempt = replace(self._attempt(row.id), submitted_at=row.submitted_at)
        penalty = policy.penalty(row.points or 0, member.id, exercise, row.submitted_at)
        return replace(
            score,
            points=round((row.points or 0) - penalty, 2),
            max_points=attempt.verdict.max_score if attempt.verdict else None,
            attempt=attempt,
            raw_points=row.points,
            late=policy.lateness(member.id, exercise, row.submitted_at),
            penalty=penalty,
            note="; ".join(notes),
        )

    def _attempt(self, id_: int) -> Attempt:
        with asking(self._path):
            return _attempt(self._connection.execute(f"{_ATTEMPT} id = ?", (id_,)).fetchone())

    def _reason(self, row: _Row) -> str:
        """Say why the grader failed."""
        attempt = self._attempt(row.id)
        for check in attempt.verdict.checks if attempt.verdict else ():
            if check.status is Status.GRADER_ERROR and not attempt.fault:
                return f"the grader failed in {check.id}: {check.message or 'no more is known'}"
        return attempt.fault or "no more is known"

    def _standing(self, member: str) -> dict[str, Decision]:
        """Give the last decision about each exercise, unless it was withdrawn."""
        last = {decision.exercise: decision for decision in self.decisions(member)}
        return {name: found for name, found in last.items() if found.kind != "withdrawn"}

    def _decide(
        self, member: str, exercise: str, kind: str, points: float | None, who: str, why: str
    ) -> None:
        for name, text in (("who", who), ("why", why)):
            if not text.strip():
                msg = f"a decision about a score needs its `{name}`; say it."
                raise UsageError(msg)
        row = (_clean(member), _clean(exercise), kind, points, _clean(who), _clean(why))
        query = "INSERT INTO decision VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)"
        with asking(self._path):
            self._connection.execute(query, (*row, _stamp(datetime.now(UTC))))


class _Row(NamedTuple):
    """What choosing needs of an attempt: a class's verdicts need not fit in memory."""

    id: int
    digest: str
    submitted_at: datetime | None
    graded_at: datetime
    points: int | None

    @property
    def moment(self) -> datetime:
        """When it was handed in, as far as is known."""
        return self.submitted_at or self.graded_at


def _counting(rows: Sequence[_Row], member: str, exercise: str, policy: Policy) -> _Row | None:
    """Choose what counts: when it was handed in, and the verdict of its last grading."""
    handed_in: dict[tuple[str, datetime | None], _Row] = {}
    last: dict[str, _Row] = {}
    for row in rows:
        if row.points is not None:
            handed_in.setdefault((row.digest, row.submitted_at), row)
            last[row.digest] = row

    def order(row: _Row) -> tuple[Any, ...]:
        if policy.counts == "latest":
            return row.moment, row.id
        points = row.points or 0
        kept = points - policy.penalty(points, member, exercise, row.submitted_at)
        return round(kept, 2), -row.moment.timestamp(), row.id

    current = [
        row._replace(id=last[row.digest].id, points=last[row.digest].points)
        for row in handed_in.values()
    ]
    return max(current, key=order, default=None)


def _fault(rows: Sequence[_Row]) -> _Row | None:
    """Find the newest fault whose submission has no verdict since, and no newer one has."""
    failed = None
    for row in rows:
        if row.points is None:
            failed = row
        elif failed and (row.digest == failed.digest or row.moment >= failed.moment):
            failed = None
    return failed


def _decided(score: Score, decision: Decision | None) -> Score:
    """Apply what a person decided."""
    if decision is None:
        return score
    points = "" if decision.points is None else f" to {decision.points:g}"
    by = f"by {decision.who} on {decision.at.date()}: {decision.why}"
    note = "; ".join(filter(None, (f"{decision.kind}{points} {by}", score.note)))
    excused = decision.kind == "excused"
    return replace(score, points=decision.points, penalty=0.0, excused=excused, note=note)


def _attempt(row: Sequence[Any]) -> Attempt:
    member, exercise, submission, digest, seed, version, verdict, fault, submitted, graded = row
    return Attempt(
        member=member,
        exercise=exercise,
        submission=submission,
        digest=digest,
        seed=int(seed),
        version=version,
        verdict=None if verdict is None else Verdict.from_json(verdict),
        fault=fault,
        submitted_at=None if submitted is None else datetime.fromisoformat(submitted),
        graded_at=datetime.fromisoformat(graded),
    )


def _number(exercise: str) -> tuple[bool, str, int]:
    """Order exercises as the course does: 2 before 10, other than numbered ones last."""
    prefix = exercise.rstrip("0123456789")
    return prefix != "exercise", prefix, int(exercise[len(prefix) :] or 0)


def _stamp(moment: datetime) -> str:
    if moment.tzinfo is None:
        msg = "a time without a zone is no moment"
        raise ValueError(msg)
    return moment.astimezone(UTC).isoformat()


def _clean(text: str) -> str:
    """Spell out what is no character, as in the name of a file that is not UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()
