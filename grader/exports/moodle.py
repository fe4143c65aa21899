"""The grading worksheet that Moodle downloads and uploads for one assignment.

Its titles are in the language of whoever downloads it, but its columns keep their order: the
identifier comes first, then the name, and right behind the grade its maximum and whether it can be
changed. The upload takes the number at the identifier's end, the grade and the feedback, and drops
without a word what is blank, negative, locked or above the maximum.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from grader.course import printable
from grader.errors import UsageError
from grader.exports.cells import number
from grader.exports.filling import Entry, Form

if TYPE_CHECKING:
    from grader.exports.sheet import Cell, Row, Sheet

__all__ = ["read_form"]

# In lower case: English, German, French, Spanish, Italian, Portuguese, Dutch, Japanese, Chinese.
_GRADE: Final = {
    *("grade", "bewertung", "note", "calificación", "valutazione", "nota", "avaliação"),
    *("beoordeling", "cijfer", "評点", "評定", "成绩", "分數"),
}
_NO: Final = {"no", "nein", "non", "não", "nee", "いいえ", "否"}
_ID_NUMBER: Final = {
    *("id number", "username", "id-nummer", "matrikelnummer", "anmeldename"),
    *("numéro d'identification", "nom d'utilisateur", "número de id", "nombre de usuario"),
    *("idナンバー", "ユーザ名", "学号", "用户名"),
}
_IDENTIFIER: Final = re.compile(r"[^0-9]*[0-9]+")
_CHANGEABLE: Final = 2  # columns behind the maximum: the workflow's state may come first


def read_form(sheet: Sheet, grade_column: str | None = None) -> Form:
    """Read Moodle's worksheet; `grade_column` is its title where the language is not known.

    Raises UsageError where the sheet is none, or its grades are words of a scale.
    """
    column = _column(sheet, grade_column)
    known = [index for index in range(column) if sheet.header[index].lower() in _ID_NUMBER]
    entries: list[Entry] = []
    theirs: list[Cell] = []
    numbers: list[str] = []
    for row in sheet.body:
        values = row.values
        if not _IDENTIFIER.fullmatch(values[0].strip()):
            problem = f"line {row.line} of {sheet.name} does not start with Moodle's identifier"
            raise UsageError(f"{problem}; download the grading worksheet again.")
        theirs += [cell for cell in row.cells[:column] if number(cell.value) is None]
        numbers += values[column : column + 2]
        emails = [value for value in values[2:column] if "@" in value]
        ids = [values[0], *emails, *(values[index] for index in known)]
        name = values[1].strip() if column > 1 else ""
        entries.append(
            Entry(
                row.line,
                tuple(dict.fromkeys(text.strip() for text in ids if text.strip())),
                name,
                row.cells[column],
                _maximum(sheet, row, column + 1),
                _closed(values[column + 2 : column + 2 + _CHANGEABLE]),
            )
        )
    comma = any("," in text and number(text) is not None for text in numbers)
    return Form(sheet, tuple(entries), tuple(theirs), comma)


def _column(sheet: Sheet, wanted: str | None) -> int:
    header = sheet.header
    if wanted is None:
        found = [index for index, title in enumerate(header) if title.lower() in _GRADE]
        named = "a known title of the grade's column"
    else:
        found = [i for i, title in enumerate(header) if title.lower() == wanted.strip().lower()]
        named = f"exactly one column {printable(wanted[:80])!r}"
    # Neither the identifier nor the last column can be the grade's, for its maximum follows it.
    if len(found) == 1 and 0 < found[0] < len(header) - 1:
        return found[0]
    problem = f"{sheet.name} does not have {named}"
    titles = ", ".join(printable(title[:40]) for title in header[:12])
    raise UsageError(f"{problem}; pass it as --grade-column, one of: {titles}.")


def _maximum(sheet: Sheet, row: Row, column: int) -> float:
    text = row.cells[column].value
    maximum = number(text)
    if maximum is None:
        problem = f"line {row.line} of {sheet.name} has no number as the maximum of the grade"
        raise UsageError(f"{problem}; let the assignment give points, not words of a scale.")
    return maximum


def _closed(values: tuple[str, ...]) -> str:
    locked = any(value.strip().lower() in _NO for value in values)
    return "locked in Moodle" if locked else ""
