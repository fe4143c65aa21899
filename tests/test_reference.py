"""The page docs/reference.md cannot go stale: it is made of the vocabulary's docstrings.

As a script, this file writes the page anew.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from pathlib import Path
from typing import Any

import grader.checking

PAGE = Path(__file__).parents[1] / "docs/reference.md"
HEAD = """\
# The vocabulary of checks

For authors of exercises: all that a `checks.py` imports from `grader.checking`, besides NumPy.
How checks are used, and four rules that make them trustworthy: [CONTRIBUTING](../CONTRIBUTING.md).

This page is made of the docstrings, whose examples are run, by `python tests/test_reference.py`.
"""


def page() -> str:
    """Return the whole page, by modules in the order in which `grader.checking` lists them."""
    names = {name: getattr(grader.checking, name) for name in grader.checking.__all__}
    homes = re.findall(
        r"^from (grader\.\S+) import", inspect.getsource(grader.checking), re.MULTILINE
    )
    parts = [HEAD]
    for home in [homes[-1], *homes[:-1]]:  # what makes a check comes first
        first, *_ = (sys.modules[home].__doc__ or "").split("\n")
        parts.append(f"## {first.rstrip('.')}\n")
        parts += [entry(name, item) for name, item in names.items() if item.__module__ == home]
    return "\n".join(parts)


def entry(name: str, item: Any) -> str:
    """Return a heading with the name, and below it the head of the source and the docstring."""
    return f"### {name}\n\n```python\n{head(item)}\n```\n\n{fenced(inspect.getdoc(item) or '')}\n"


def head(item: Any) -> str:
    """Return a function's head as it is in the source, a class's with its fields."""
    source = inspect.getsource(item)
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    lines = source.splitlines()
    kept = lines[node.lineno - 1 : node.body[0].lineno - 1]
    fields = [part for part in node.body if isinstance(part, ast.AnnAssign)]
    return "\n".join([*kept, *(lines[field.lineno - 1] for field in fields)])


def fenced(document: str) -> str:
    """Put the examples between fences."""
    paragraphs = []
    for paragraph in document.split("\n\n"):
        if paragraph.lstrip().startswith(">>>"):
            paragraph = f"```pycon\n{paragraph}\n```"
        paragraphs.append(paragraph)
    return "\n\n".join(paragraphs)


def test_the_reference_is_what_the_docstrings_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_name_of_the_vocabulary_is_in_the_reference_once() -> None:
    headings = re.findall(r"^### (\w+)$", page(), re.MULTILINE)
    assert sorted(headings) == sorted(grader.checking.__all__)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
