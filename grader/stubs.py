"""The stub of an exercise, made anew from its solution: same signatures and docstrings, no bodies.

The suite holds that the two differ in nothing else, imports aside, so a learner gets a fresh start
whatever has become of the stub.
"""

from __future__ import annotations

import ast
import time
from typing import TYPE_CHECKING, Final

from grader.course import printable
from grader.errors import UsageError
from grader.release import released_stub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.course import Exercise

__all__ = ["start_anew", "stub_of"]

KEPT: Final = ".grade-history"


def stub_of(solution: str) -> str:
    r"""Return the stub that belongs to a solution's source.

    >>> print(stub_of('def double(x):\n    "Return 2x."\n    return 2 * x\n'), end="")
    def double(x):
        "Return 2x."
        raise NotImplementedError
    """
    tree = ast.parse(solution)
    lines: list[str | None] = list(solution.splitlines(keepends=True))
    for first, last, text in _edits(tree.body):
        lines[first - 1 : last] = [text, *[None] * (last - first)]
    return "".join(line for line in lines if line).rstrip() + "\n"


def start_anew(root: Path, exercise: Exercise) -> Path:
    """Put the stub back in the place of the learner's file; return where that one is kept.

    Raises UsageError where there is neither a solution to make it from nor the stub that came with
    the package, or a file cannot be written.
    """
    if exercise.solution is None:
        stub = released_stub(root, exercise)
    else:
        stub = stub_of(exercise.solution.read_text(encoding="utf-8"))
    stamp = time.strftime("%Y%m%d-%H%M%S")
    kept = root / KEPT / f"{exercise.id}-{stamp}-{exercise.file}"
    new = exercise.stub.with_name(f".{exercise.file}.new")
    try:
        kept.parent.mkdir(exist_ok=True)
        with kept.open("xb") as file:
            file.write(exercise.stub.read_bytes())
        new.write_text(stub, encoding="utf-8")
        new.replace(exercise.stub)
    except OSError as error:
        message = f"{printable(error.filename)} cannot be written ({error.strerror}); check it."
        raise UsageError(message) from error
    return kept


def _edits(body: list[ast.stmt]) -> Iterator[tuple[int, int, str]]:
    """Yield the first and last line of what is to be replaced, and the text in its place."""
    for position, node in enumerate(body):
        match node:
            case (
                ast.ClassDef(name=name)
                | ast.FunctionDef(name=name)
                | ast.Assign(targets=[ast.Name(id=name)])
            ) if _private(name):
                # With the blank lines before it.
                start = (body[position - 1].end_lineno or 0) + 1 if position else node.lineno
                yield start, node.end_lineno or start, ""
            case ast.ClassDef():
                yield from _edits(node.body)
            case ast.FunctionDef():
                documented = ast.get_docstring(node) is not None
                if documented and len(node.body) == 1:
                    continue
                start = (node.body[0].end_lineno or 0) + 1 if documented else node.body[0].lineno
                indent = " " * node.body[0].col_offset
                yield start, node.end_lineno or start, f"{indent}raise NotImplementedError\n"


def _private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")
