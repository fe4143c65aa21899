"""An exercise as a notebook: its text, its stub a cell a function, and a cell that grades.

The same exercise gives the same bytes, so that a course under version control shows what changed.
"""

from __future__ import annotations

import ast
import base64
import html
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.course import Exercise

__all__ = ["notebook"]

_PICTURE: Final = re.compile(r"!\[([^\]]*)\]\(([\w.-]+\.svg)\)")
_METADATA: Final = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebook(exercise: Exercise) -> str:
    """Return the exercise as the text of a notebook, format 4.5.

    >>> from grader.course import find_course, find_exercise
    >>> text = notebook(find_exercise(find_course(), "perceptron"))
    >>> "# Exercise 1 · The perceptron" in text, "def step" in text
    (True, True)
    """
    import nbformat
    from nbformat import v4

    cells = [
        *(v4.new_markdown_cell(text) for text in _sections(exercise)),
        v4.new_markdown_cell(
            "## Your answer\n\n"
            "Write each function where it says `raise NotImplementedError`, and run its cell. "
            "The last cell grades what you have defined, as often as you like."
        ),
        *(v4.new_code_cell(text) for text in _pieces(exercise.stub.read_text(encoding="utf-8"))),
        v4.new_code_cell(f'from grader import check\n\ncheck("{exercise.id}")'),
    ]
    for number, cell in enumerate(cells, 1):
        cell["id"] = f"{exercise.id}-{number}"
    document = v4.new_notebook(cells=cells, metadata=_METADATA)
    nbformat.validate(document)
    return f"{nbformat.writes(document)}\n"


def _sections(exercise: Exercise) -> Iterator[str]:
    """Cut the exercise's text before each of its headings, and put its pictures into it."""
    from markdown_it import MarkdownIt

    def embedded(picture: re.Match[str]) -> str:
        # As an attachment JupyterLab refuses an SVG; in a Markdown link VS Code does.
        path = exercise.folder / picture[2]
        if not path.is_file():
            return picture[0]
        data = base64.b64encode(path.read_bytes()).decode("ascii")
        return f'<img alt="{html.escape(picture[1])}" src="data:image/svg+xml;base64,{data}">'

    text = exercise.readme.read_text(encoding="utf-8")
    headings = [
        token.map[0]
        for token in MarkdownIt().parse(text)
        if token.type == "heading_open" and token.markup.startswith("#") and token.map
    ]
    for section in _cut(text, headings):
        yield _PICTURE.sub(embedded, section)


def _pieces(source: str) -> Iterator[str]:
    """Cut a stub before each function and class, and the comments right above it."""
    lines = source.splitlines()
    starts = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            start = min(part.lineno for part in (node, *node.decorator_list)) - 1
            while start and lines[start - 1].startswith("#"):
                start -= 1
            starts.append(start)
    return _cut(source, starts)


def _cut(text: str, starts: list[int]) -> Iterator[str]:
    lines = text.splitlines()
    for start, end in pairwise([0, *starts, len(lines)]):
        if piece := "\n".join(lines[start:end]).strip("\n"):
            yield piece
