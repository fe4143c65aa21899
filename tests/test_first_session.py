"""The page docs/first-session.md cannot go stale: its session is played again and compared.

As a script, this file writes the page anew.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from grader import cli

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/first-session.md"
BLOCK = re.compile(r"^```(console|python (\S+))\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def replay(page: str, folder: Path) -> str:
    """Play a page's session in a copy of the course, and return the page with what came out."""
    for part in ("exercises", "solutions", "datasets"):
        shutil.copytree(ROOT / part, folder / part)

    def play(block: re.Match[str]) -> str:
        if block[2]:
            edit(folder / block[2], block[3])
            return block[0]
        commands = re.findall(r"^\$ (.*)$", block[3], re.MULTILINE)
        return "```console\n" + "".join(f"$ {line}\n{typed(line)}" for line in commands) + "```"

    with contextlib.chdir(folder):
        return BLOCK.sub(play, page)


def edit(path: Path, functions: str) -> None:
    """Put these functions in the place of those with their names."""
    text = path.read_text(encoding="utf-8")
    for new in ast.parse(functions).body:
        assert isinstance(new, ast.FunctionDef)
        (old,) = (node for node in ast.parse(text).body if getattr(node, "name", "") == new.name)
        lines = text.splitlines()
        lines[old.lineno - 1 : old.end_lineno] = [ast.get_source_segment(functions, new) or ""]
        text = "\n".join(lines) + "\n"
    path.write_text(text, encoding="utf-8")


def typed(line: str) -> str:
    """Return what the command prints in a terminal of 80 columns, in the strongest sandbox."""
    sys.argv = line.split()
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        cli.main()
    return re.sub(r"sandbox: \w+", "sandbox: confined", out.getvalue())


def test_the_first_session_is_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "argv", [])
    page = PAGE.read_text(encoding="utf-8")
    assert replay(page, tmp_path).splitlines() == page.splitlines()


if __name__ == "__main__":
    os.environ["COLUMNS"] = "80"
    with tempfile.TemporaryDirectory() as place:
        new = replay(PAGE.read_text(encoding="utf-8"), Path(place))
    PAGE.write_text(new, encoding="utf-8")
