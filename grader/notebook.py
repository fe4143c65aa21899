"""The code in a notebook: its cells in order, without what only IPython understands.

Nothing is parsed as Python here, for a hostile text can crash a parser: the magics are found by
following quotes, brackets and backslashes from line to line.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from grader.errors import SubmissionError

__all__ = ["code_cells", "without_magics"]

MAX_CELLS: Final = 5_000
MAX_SOURCE: Final = 1_000_000  # characters of code
MAX_VALUES: Final = 2_000_000  # of the JSON; with them reading peaks below 400 MB
_FORMATS: Final = (2, 3, 4)

# Cell magics that run their body in the notebook's own names; of any other nothing would remain.
_KEEP_THEIR_BODY: Final = {"capture", "prun", "time"}
_CELL_MAGIC: Final = re.compile(r"[ \t]*%%(\w+)(?![\w?])")
_TIMED: Final = re.compile(r"([ \t]*)%time[ \t]+(?=\S)")
# Where a statement starts: %magic, !command, ?help, name?, x = !command, x = %magic, pip install.
_MAGIC: Final = re.compile(
    r"([ \t]*)(?:[%!?]"
    r"|[\w.*]+\?{1,2}[ \t;]*(?:#.*)?$"
    r"|[\w., \t]+=[ \t]*[%!]"
    r"|(?:pip3?|conda|mamba)[ \t]+install\b)"
)
# What ends or opens something, by the quote that is open.
_NEXT: Final = {
    "": re.compile(r"#|'''|\"\"\"|['\"]|[][(){}]"),
    **{quote: re.compile(rf"\\.|{quote}") for quote in ("'", '"', "'''", '"""')},
}


def code_cells(text: str, name: str) -> list[tuple[int, str]]:
    """List the code cells of a notebook's JSON as (position from 1 among all cells, Python text).

    `name` is the file's, as it can be shown. Raises SubmissionError where `text` is no notebook.
    """
    cells, size = [], 0
    for position, cell in enumerate(_cells(text, name), 1):
        if not isinstance(cell, dict):
            raise _damaged(name, f"its cell {position} is not a cell")
        if cell.get("cell_type") != "code":
            continue
        source = cell.get("source")
        lines: list[Any] = source if isinstance(source, list) else [source]
        if not all(isinstance(line, str) for line in lines):
            raise _damaged(name, f"the source of its cell {position} is not text")
        joined = "".join(lines)
        size += len(joined)
        if size > MAX_SOURCE:
            msg = f"{name} has more than a million characters of code; hand in less."
            raise SubmissionError(msg)
        python = without_magics(joined)
        if python is not None:
            cells.append((position, python))
    return cells


def without_magics(cell: str) -> str | None:
    r"""Turn a code cell's text into Python, line for line; None where it is another language's.

    A magic becomes `pass` at its own indentation, `%time` and `%%time` leave what they time.

    >>> without_magics("if slow:\n    %matplotlib inline\nx = !ls\nprint('''\n%d''')")
    "if slow:\n    pass\npass\nprint('''\n%d''')"
    >>> without_magics("%%bash\nls") is None
    True
    """
    lines = cell.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start = 0
    for start, line in enumerate(lines):
        magic = _CELL_MAGIC.match(line)
        if magic and magic[1] not in _KEEP_THEIR_BODY:
            return None
        if magic:
            lines[start] = ""
        elif line.strip():
            break
    margin = lines[start][: -len(lines[start].lstrip(" \t")) or None]
    quote, depth, continued, dropping = "", 0, False, False
    for number in range(start, len(lines)):
        line = lines[number].removeprefix(margin)  # IPython, too, takes a whole cell's margin away
        magic = None if quote or depth or continued else _MAGIC.match(line)
        timed = _TIMED.match(line)
        if dropping:
            dropping, line = line.endswith("\\"), ""
        elif magic and timed:
            line = timed[1] + line[timed.end() :]
        elif magic:
            dropping, line = line.endswith("\\"), f"{magic[1]}pass"
        lines[number] = line
        quote, depth, continued = _after(line, quote, depth)
    return "\n".join(lines)


def _after(line: str, quote: str, depth: int) -> tuple[str, int, bool]:
    """Say what is open after a line: the quote, the brackets, and if a backslash continues it."""
    at = 0
    while found := _NEXT[quote].search(line, at):
        at = found.end()
        mark = found[0]
        if quote:
            quote = "" if mark == quote else quote
        elif mark == "#":
            return "", depth, False
        elif mark[0] in "'\"":
            quote = mark
        else:
            depth = depth + 1 if mark in "([{" else max(depth - 1, 0)
    continued = line.endswith("\\")
    # A quote of one character ends with its line, as the parser will say.
    return (quote if len(quote) != 1 or continued else "", depth, continued)


def _cells(text: str, name: str) -> list[Any]:
    if not text.strip():
        raise _damaged(name, "it is empty")
    if sum(map(text.count, ",[{")) > MAX_VALUES:
        msg = f"{name} holds too much data to be read; clear its outputs in Jupyter and save it."
        raise SubmissionError(msg)
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise _damaged(name, "it is nested too deeply") from error
    except ValueError as error:  # a number of too many digits is one, too
        raise _damaged(name, "it is not whole JSON") from error
    if not isinstance(document, dict) or type(document.get("nbformat")) is not int:
        raise _damaged(name, "it is not a notebook")
    if document["nbformat"] not in _FORMATS:
        msg = f"{name} has a notebook format other than 2 to 4; save it again with Jupyter."
        raise SubmissionError(msg)
    old = document["nbformat"] < _FORMATS[-1]
    cells = _old_cells(document, name) if old else document.get("cells")
    if not isinstance(cells, list):
        raise _damaged(name, "it has no list of cells")
    if len(cells) > MAX_CELLS:
        msg = f"{name} has more than {MAX_CELLS} cells; hand in those with your answer."
        raise SubmissionError(msg)
    return cells


def _old_cells(document: dict[str, Any], name: str) -> list[Any]:
    """List the cells of a notebook of format 2 or 3 as those of format 4, as far as they are code.

    nbformat knows how either format splits a text into lines. Its conversion is not used: it
    validates at great cost, and draws random ids that it warns of where two are equal.
    """
    import nbformat

    try:
        cells = [
            {"cell_type": "code", "input": cell["input"], "outputs": []}
            if cell["cell_type"] == "code"
            else {"cell_type": "markdown"}
            for sheet in document["worksheets"]
            for cell in sheet["cells"]
        ]
        sheet = {"cells": cells[: MAX_CELLS + 1]}
        node = nbformat.versions[document["nbformat"]].to_notebook_json({"worksheets": [sheet]})
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(name, "its cells are not those of its format") from error
    return [
        {"cell_type": cell["cell_type"], "source": cell.get("input")}
        for cell in node["worksheets"][0]["cells"]
    ]


def _damaged(name: str, problem: str) -> SubmissionError:
    return SubmissionError(
        f"{name} cannot be read as a notebook, for {problem}; "
        "open it in Jupyter, save it and hand it in again."
    )
