"""`check("exercise6")` in a notebook: grade what its cells have defined, and show the verdict.

The notebook's process has run the learner's code, so the grading is done by the command `grade` in
a process of its own: what a notebook says is what the command says of the same definitions.
"""

from __future__ import annotations

import ast
import json
import symtable
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader.arguments import tell
from grader.course import find_course, find_exercise
from grader.errors import BrokenGrader, UsageError
from grader.notebook import without_magics
from grader.progress import own_file, update_progress
from grader.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.course import Exercise
    from grader.submission import Submission

__all__ = ["answer", "check", "definitions"]

GRADE: Final = "from grader.cli import program; program()"
WIDTH: Final = 88
FRAME: Final = "width: 100%; height: 36em; border: 0"


def check(name: str) -> None:
    """Grade the functions and classes that this notebook has defined for an exercise.

    Only they are graded, and what they need: cells that train or plot are not run again. Raises
    UsageError outside of a notebook and for an unknown exercise.

    >>> check("exercise6")
    Traceback (most recent call last):
    grader.errors.UsageError: check("…") grades a notebook's cells and this is none; run `grade …`.
    """
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module else None
    if shell is None:
        raise UsageError('check("…") grades a notebook\'s cells and this is none; run `grade …`.')
    root = find_course()
    exercise = find_exercise(root, name)
    cells = definitions(shell.user_ns["In"], _wanted(exercise) & set(shell.user_ns))
    verdict = _graded(exercise, cells)
    _show(verdict, exercise)
    # Whatever the notebook is called: its own file is the one of the exercise's name, if any.
    places = (Path.cwd() / f"{exercise.module}.ipynb", exercise.stub.with_suffix(".ipynb"))
    names = [own_file(path, exercise) for path in places if path.is_file()]
    file = next(filter(None, names), "")
    text = _joined(cells)
    update_progress(root, exercise, lambda old: old.after(verdict, text, file), tell)


def answer(submission: Submission, exercise: Exercise) -> str:
    """Return the text of a learner's answer: a file's, or a notebook's definitions."""
    texts = [chunk.text for chunk in submission.chunks]
    return _joined(definitions(texts, _wanted(exercise))) if submission.tolerant else texts[0]


def definitions(history: Sequence[str], wanted: set[str]) -> list[str]:
    r"""Keep, of each cell, the lines that define the wanted names and all that these refer to.

    >>> cells = ["k = 2", "def f(x):\n    return k * x", "f(3)", "g = 1"]
    >>> definitions(cells, {"f"})
    ['k = 2', 'def f(x):\n    return k * x', '', '']
    """
    cells = [(without_magics(text) or "") for text in history]
    statements = [_statements(text) for text in cells]
    needed: set[str] = set()
    more = set(wanted)
    while more - needed:
        needed |= more
        more = {
            name
            for statement in (s for cell in statements for s in cell)
            if statement.binds & needed
            for name in statement.uses
        }
    kept = []
    for text, cell in zip(cells, statements, strict=True):
        lines = text.split("\n")
        keep = {line for s in cell if s.binds & (needed | {"*"}) for line in s.lines}
        kept.append("\n".join(line if n in keep else "" for n, line in enumerate(lines)).rstrip())
    return kept


def _wanted(exercise: Exercise) -> set[str]:
    """Name what an exercise asks for."""
    stub = _statements(exercise.stub.read_text(encoding="utf-8"))
    return {name for statement in stub for name in statement.binds}


def _joined(cells: Sequence[str]) -> str:
    """Join cells, those that were run again or written anew only the last time."""
    kept: list[str] = []
    later: set[str] = set()
    for text in reversed(cells):
        names = {name for statement in _statements(text) for name in statement.binds}
        if names - later:
            kept.insert(0, text.strip("\n"))
        later |= names
    return "\n\n".join(kept)


@dataclass(frozen=True, slots=True)
class _Statement:
    """A cell's statement: its lines from 0, the names that it gives a value to, those it uses."""

    lines: range
    binds: frozenset[str]
    uses: frozenset[str]


def _statements(text: str) -> list[_Statement]:
    """Take a cell apart; one that does not parse has never run, and has none."""
    try:
        return [_statement(node, text.split("\n")) for node in ast.parse(text).body]
    except (SyntaxError, ValueError, RecursionError):
        return []


def _statement(node: ast.stmt, lines: list[str]) -> _Statement:
    starts = (part.lineno for part in (node, *getattr(node, "decorator_list", ())))
    span = range(min(starts) - 1, node.end_lineno or node.lineno)
    table = symtable.symtable("\n".join(lines[span.start : span.stop]), "cell", "exec")
    binds = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_assigned() or symbol.is_imported()
    }
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        binds.add("*")
    # model.step = …, params["w"] = … and rates += … change what the name stands for.
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    binds |= {
        part.id
        for target in targets
        if isinstance(target, ast.AST)
        for part in ast.walk(target)
        if isinstance(part, ast.Name)
    }
    return _Statement(span, frozenset(binds), frozenset(_globals(table)))


def _globals(table: symtable.SymbolTable) -> set[str]:
    """Name the globals that a piece of code refers to, from inside of its functions too."""
    names = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
    return names.union(*map(_globals, table.get_children()))


def _graded(exercise: Exercise, cells: Sequence[str]) -> Verdict:
    """Have the command grade the cells as a notebook in which each stands at its own number."""
    import subprocess
    import tempfile

    # In[0] is empty: with it left out, "cell 7" is what stands beside In [7].
    sources = [{"cell_type": "code", "source": text} for text in cells[1:]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notebook.ipynb"
        path.write_text(json.dumps({"nbformat": 4, "cells": sources}), encoding="utf-8")
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own command
            [sys.executable, "-P", "-c", GRADE, exercise.id, str(path), "--json"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    said = done.stderr.strip().removeprefix("grade: ")
    if done.returncode == UsageError.exit_code:
        raise UsageError(said)
    try:
        return Verdict.from_json(done.stdout)
    except ValueError as error:
        raise BrokenGrader(said or f"grade ended with {done.returncode}") from error


def _show(verdict: Verdict, exercise: Exercise) -> None:
    """Show the verdict under the cell: as its page in a frame, or as text where there is none."""
    import io
    from dataclasses import replace
    from html import escape

    from IPython.display import display
    from rich.console import Console

    from grader.html import verdict_page
    from grader.terminal import render

    # In a notebook the learner's names are there already, and beside it may lie an empty stub.
    own = f"from {exercise.module} import "
    checks = (replace(c, counterexample=_without(c.counterexample, own)) for c in verdict.checks)
    shown = replace(verdict, checks=tuple(checks))
    text = io.StringIO()
    console = Console(file=text, width=WIDTH, force_jupyter=False, legacy_windows=False)
    render(shown, exercise, console, again="run this cell again")
    page = escape(verdict_page(shown, exercise, redact=False))
    frame = f'<iframe sandbox srcdoc="{page}" style="{FRAME}"></iframe>'
    display({"text/html": frame, "text/plain": text.getvalue()}, raw=True)


def _without(snippet: str | None, start: str) -> str | None:
    lines = (snippet or "").split("\n")
    return "\n".join(line for line in lines if not line.startswith(start)) or None
