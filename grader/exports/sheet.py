"""A CSV sheet of which single cells change and every other byte stays."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from grader.course import printable
from grader.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Cell", "Row", "Sheet", "read_sheet"]

LARGEST: Final = 20_000_000  # bytes
_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_QUOTED: Final = re.compile(r'"(?:[^"]++|"")*+"')
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell's value, and from where to where it stands in the sheet's text."""

    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one record; `line` is the first line that it stands on, from 1."""

    line: int
    cells: tuple[Cell, ...]

    @property
    def values(self) -> tuple[str, ...]:
        """What the cells say."""
        return tuple(cell.value for cell in self.cells)

    @property
    def blank(self) -> bool:
        """Whether no cell says anything."""
        return not any(cell.value.strip() for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as it was downloaded: its text, how that was encoded, and its rows."""

    path: Path
    text: str
    mark: bytes
    encoding: str
    delimiter: str
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        """The file's name, as it can be shown."""
        return printable(self.path.name)

    @property
    def header(self) -> tuple[str, ...]:
        """The titles of the columns, without blanks around them."""
        return tuple(value.strip() for value in self.rows[0].values)

    @property
    def body(self) -> tuple[Row, ...]:
        """The rows below the header that say something, each as long as the header."""
        return tuple(row for row in self.rows[1:] if not row.blank)

    def filled(self, changes: Mapping[Cell, str]) -> bytes:
        """Return the file's bytes with these cells changed, quoted as they were or must be."""
        parts, at = [], 0
        for cell, value in sorted(changes.items(), key=lambda change: change[0].start):
            old = self.text[cell.start : cell.end]
            quoted = old.startswith('"') or re.search(f'[{self.delimiter}"\r\n]', value)
            new = '"' + value.replace('"', '""') + '"' if quoted else value
            parts += [self.text[at : cell.start], new]
            at = cell.end
        text = "".join([*parts, self.text[at:]])
        return self.mark + text.encode(self.encoding)


def read_sheet(path: Path) -> Sheet:
    """Read a CSV file of any encoding, delimiter and line end; raises UsageError."""
    name = printable(path)
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise _refusal(name, f"cannot be read ({error.strerror})", "check the name") from error
    if len(raw) > LARGEST:
        raise _refusal(name, f"is larger than {LARGEST // 1_000_000} MB", "download it again")
    mark = next((mark for mark in _MARKS if raw.startswith(mark)), b"")
    text, encoding = _decoded(raw.removeprefix(mark), _MARKS.get(mark), name)
    if "\0" in text:
        raise _refusal(name, "is no text: it holds a NUL", "download it as CSV")
    delimiter = _delimiter(text)
    sheet = Sheet(path, text, mark, encoding, delimiter, _rows(text, delimiter, name))
    if len(sheet.rows) == 0 or sheet.rows[0].blank:
        raise _refusal(name, "has no header in its first line", "download it again")
    for row in sheet.body:
        if len(row.cells) != len(sheet.rows[0].cells):
            problem = (
                f"has {len(row.cells)} cells in line {row.line} and {len(sheet.header)} titles"
            )
            raise _refusal(name, problem, "download it again")
    return sheet


def _decoded(raw: bytes, encoding: str | None, name: str) -> tuple[str, str]:
    # What is not UTF-8 a spreadsheet has saved; its letters matter less than that they stay.
    for candidate in (encoding,) if encoding else ("utf-8", "cp1252"):
        try:
            return raw.decode(candidate), candidate
        except UnicodeDecodeError:
            continue
    raise _refusal(name, "is not UTF-8 text", "download it again")


def _delimiter(text: str) -> str:
    first = _LINE_END.split(_QUOTED.sub("", text[:100_000]).lstrip("\r\n"), maxsplit=1)[0]
    return max(",;\t", key=first.count)


def _rows(text: str, delimiter: str, name: str) -> tuple[Row, ...]:
    bare = re.compile(f'(?:[^"{delimiter}\r\n][^{delimiter}\r\n]*+)?')
    rows, cells, at, line, first_line = [], list[Cell](), 0, 1, 1
    while at < len(text) or cells:
        quoted = _QUOTED.match(text, at)
        field = quoted or bare.match(text, at)
        assert field is not None  # noqa: S101 - the pattern matches nothing at all, too
        value = field[0][1:-1].replace('""', '"') if quoted else field[0]
        cells.append(Cell(value, at, field.end()))
        at = field.end()
        line += len(_LINE_END.findall(field[0])) if quoted else 0
        if text.startswith(delimiter, at):
            at += 1
            continue
        end = _LINE_END.match(text, at)
        if end is None and at < len(text):
            problem = f"has a quotation mark out of place in line {line}"
            raise _refusal(name, problem, "download it again")
        rows.append(Row(first_line, tuple(cells)))
        cells = []
        at, line = (end.end(), line + 1) if end else (at, line)
        first_line = line
    return tuple(rows)


def _refusal(name: str, problem: str, remedy: str) -> UsageError:
    return UsageError(f"{name} {problem}; {remedy}.")
