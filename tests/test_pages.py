"""The pages tell the truth: what the README shows is what comes out, and CI runs what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grader import cli
from grader.course import load_exercises

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_verdict_in_the_readme_is_a_real_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("sys.argv", ["grade", "exercise8", "tests/submissions/08_adam/adam.py"])
    with pytest.raises(SystemExit):
        cli.main()
    out = capsys.readouterr().out
    shown = README.split("$ grade exercise8\n")[1].split("```")[0]
    for part in filter(None, (part.strip() for part in shown.split("…\n"))):
        assert part in out


def test_ci_runs_the_readmes_own_command_for_the_tests() -> None:
    grading, testing = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert "grade exercise" in grading
    assert testing in (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()


def test_the_readme_has_a_map_of_all_exercises() -> None:
    for exercise in load_exercises(ROOT):
        assert f"exercises/{exercise.folder.name}/README.md" in README
