"""Which grade goes into which cell of a downloaded sheet, and what stays as it is, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.course import printable
from grader.errors import UsageError
from grader.exports.cells import harmless, number, spelt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.exports.sheet import Cell, Sheet
    from grader.gradebook import Score
    from grader.roster import Member, Roster

__all__ = ["Change", "Entry", "Form", "Plan", "plan"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One student's row: by what ids and which name to find them, and the cell of their grade.

    `closed` says why the system would not take a grade, and is empty where it would.
    """

    line: int
    ids: tuple[str, ...]
    name: str
    grade: Cell
    maximum: float | None
    closed: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A sheet that is understood: a row a student, and the cells that students have written.

    `excuse` is the word for an excused student, None where the system has none.
    """

    sheet: Sheet
    entries: tuple[Entry, ...]
    theirs: tuple[Cell, ...]
    comma: bool
    excuse: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One grade that is written: whose it is, and the cell's text before and after."""

    who: str
    cell: Cell
    new: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What filling in the sheet would do.

    `kept` says whose grades are not written and why; `strangers` are the rows that nobody in the
    gradebook fits, `missing` the members without a row.
    """

    form: Form
    changes: tuple[Change, ...]
    same: int
    kept: tuple[tuple[str, str], ...]
    strangers: tuple[Entry, ...]
    missing: tuple[Member, ...]

    def filled(self) -> bytes:
        """Return the sheet's bytes with the grades in it, and no formula in a student's words."""
        safe = {cell: harmless(cell.value) for cell in self.form.theirs}
        unsafe = {cell: text for cell, text in safe.items() if text != cell.value}
        return self.form.sheet.filled(unsafe | {c.cell: c.new for c in self.changes})


def plan(form: Form, roster: Roster, scores: Iterable[Score], *, rescale: bool = False) -> Plan:
    """Match the rows of a form with the roster, and decide what to write.

    `rescale` converts points to the sheet's maximum. Raises UsageError where two rows are one
    member's, no row is anybody's, or the maxima differ and nothing is to be rescaled.
    """
    by_member = {score.member.id: score for score in scores}
    found: dict[str, Entry] = {}
    changes, kept, strangers, same = [], [], [], 0
    for entry in form.entries:
        # A name is what students choose: it may only speak where no id does.
        member = roster.find(*entry.ids) if entry.ids else None
        member = member or (roster.find(entry.name) if entry.name else None)
        if member is None:
            strangers.append(entry)
            continue
        if member.id in found:
            lines = f"lines {found[member.id].line} and {entry.line}"
            problem = f"{form.sheet.name} has {printable(member.name)} twice, in {lines}"
            raise UsageError(f"{problem}; delete one of them or mend the roster.")
        found[member.id] = entry
        score = by_member.get(member.id)
        new = _text(form, entry, score, rescale=rescale) if score else None
        if new is None:
            kept.append((member.name, _reason(form, entry, score)))
        elif _alike(entry.grade.value, new):
            same += 1
        else:
            changes.append(Change(member.name, entry.grade, new))
    if form.entries and not found:
        problem = f"nobody in {form.sheet.name} is in the gradebook"
        raise UsageError(f"{problem}; is it another course's sheet?")
    missing = tuple(member for member in roster.members if member.id not in found)
    return Plan(form, tuple(changes), same, tuple(kept), tuple(strangers), missing)


def _text(form: Form, entry: Entry, score: Score, *, rescale: bool) -> str | None:
    """Return what to write for a score; None where the cell is to stay."""
    if score.fault or entry.closed:
        return None
    if score.excused:
        return form.excuse
    points = score.points
    if points is None:
        return None
    if entry.maximum is not None and score.max_points not in (None, entry.maximum):
        if not rescale:
            raise _other_maximum(form, score, entry.maximum)
        points = points / score.max_points * entry.maximum if score.max_points else points
    if not 0 <= points <= (float("inf") if entry.maximum is None else entry.maximum):
        return None
    return spelt(points, comma=form.comma)


def _reason(form: Form, entry: Entry, score: Score | None) -> str:
    """Say why `_text` had nothing to write."""
    if score is None or (score.points is None and not score.excused and not score.fault):
        return "not graded yet"
    if score.fault:
        return f"not graded: {score.fault}"
    if entry.closed:
        return entry.closed
    if score.excused and form.excuse is None:
        return "excused, for which this system has no word"
    return f"{score.points:g} points are not between 0 and the maximum"


def _alike(old: str, new: str) -> bool:
    value = number(old)
    return old.strip() == new if value is None else value == number(new)


def _other_maximum(form: Form, score: Score, maximum: float) -> UsageError:
    return UsageError(
        f"{form.sheet.name} has a maximum of {maximum:g} points and {score.exercise} one of "
        f"{score.max_points:g}; make them equal in your course, or convert with --rescale."
    )
