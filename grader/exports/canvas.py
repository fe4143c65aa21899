"""The gradebook that Canvas exports and imports.

Canvas finds a student by the ID, then by the SIS ids, then by name, and an assignment by the id in
brackets behind its title. Any other title would become a new assignment.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from grader.course import printable
from grader.errors import UsageError
from grader.exports.cells import number
from grader.exports.filling import Entry, Form

if TYPE_CHECKING:
    from grader.exports.sheet import Row, Sheet

__all__ = ["read_form"]

_IDS: Final = ("ID", "SIS User ID", "SIS Login ID", "Integration ID")
_NAMES: Final = ("Student", "LastName", "FirstName")
_ASSIGNMENT: Final = re.compile(r"(.*\S)\s*\(([0-9]+)\)", re.DOTALL)
_COMPUTED: Final = re.compile(r"(?:Current|Final) (?:Score|Points|Grade)|Override ")
_NO_STUDENT: Final = re.compile(r"\s*(?:Muted|Manual Posting.*)?\s*", re.IGNORECASE | re.DOTALL)
_TEST_STUDENT: Final = "Student, Test"  # what Canvas calls the teacher's own view of a student


def read_form(sheet: Sheet, wanted: str) -> Form:
    """Read Canvas's gradebook; `wanted` is the assignment's title, its id or both.

    Raises UsageError where the sheet is none, or has not exactly one such assignment.
    """
    header = sheet.header
    if "ID" not in header or header[0] not in ("Student", "LastName"):
        problem = f"{sheet.name} is no gradebook of Canvas: it does not start with Student and ID"
        raise UsageError(f"{problem}; export it again from Grades.")
    column = _column(sheet, wanted)
    students = [header.index(name) for name in _NAMES if name in header]
    ids = [header.index(name) for name in _IDS if name in header]
    possible = _points_possible(sheet)
    entries, theirs, numbers = [], [], [possible.cells[column].value]
    if number(numbers[0]) is None and numbers[0].strip():
        problem = f"{printable(header[column])!r} is read only in {sheet.name}"
        raise UsageError(f"{problem}; choose the column of an assignment.")
    for row in sheet.body:
        values = row.values
        if row is possible or all(_NO_STUDENT.fullmatch(value) for value in values):
            continue
        name = ", ".join(values[index].strip() for index in students)
        theirs += [row.cells[index] for index in students]
        if name == _TEST_STUDENT:
            continue
        grade = row.cells[column]
        numbers.append(grade.value)
        entries.append(
            Entry(
                row.line,
                tuple(values[index].strip() for index in ids if values[index].strip()),
                name,
                grade,
                number(numbers[0]),
                _closed(grade.value.strip().upper()),
            )
        )
    comma = any("," in text and number(text) is not None for text in numbers)
    return Form(sheet, tuple(entries), tuple(theirs), comma, excuse="EX")


def _closed(old: str) -> str:
    return {
        "N/A": "not assigned to them in Canvas",
        "EX": "excused in Canvas",
    }.get(old, "")


def _column(sheet: Sheet, wanted: str) -> int:
    header, wanted = sheet.header, wanted.strip()
    assignments = {}
    for index, title in enumerate(header):
        match = _ASSIGNMENT.fullmatch(title)
        if match and not _COMPUTED.search(title):
            assignments[index] = (title, match[1], match[2])
    found = [index for index, names in assignments.items() if wanted in names]
    shown = printable(wanted[:80])
    if len(found) == 1 and header.count(header[found[0]]) == 1:
        return found[0]
    if found:
        problem = f"{sheet.name} has more than one column {shown!r}"
        raise UsageError(f"{problem}; name it with the id in brackets, as in its title.")
    if wanted in header:
        problem = f"the column {shown!r} of {sheet.name} has no assignment's id in brackets"
        remedy = "Canvas would drop it or make a new assignment of it"
        raise UsageError(f"{problem}, and {remedy}; choose an assignment's column.")
    titles = [title for title, _, _ in assignments.values()]
    near = get_close_matches(wanted[:80], titles, n=3, cutoff=0.4) or titles[:3]
    hint = f"; it has {', '.join(repr(printable(title)) for title in near)}" if near else ""
    problem = f"{sheet.name} has no assignment {shown!r}{hint}"
    raise UsageError(f"{problem}; create it in Canvas first and export the gradebook again.")


def _points_possible(sheet: Sheet) -> Row:
    for row in sheet.body[:3]:
        if "Points Possible" in row.cells[0].value:
            return row
    problem = f"{sheet.name} has no row Points Possible"
    raise UsageError(f"{problem}; export the gradebook again from Canvas.")
