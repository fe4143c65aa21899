"""The command: what a person types, what comes back, and the exit code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # it ships no type information
import pytest

import grader
from grader.course import find_exercise

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads((Path(grader.__file__).parent / "verdict.schema.json").read_text())
ADAM = (ROOT / "solutions/08_adam/adam.py").read_text(encoding="utf-8")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, typed: Run, tmp_path: Path) -> Run:
    """Run the command with these words in the repository's root, where it keeps no progress."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("grader.progress.FILE", str(tmp_path / "progress.json"))
    return typed


def test_the_solution_gets_full_marks_and_exit_0(run: Run) -> None:
    code, out, _ = run("exercise8", "solutions/08_adam/adam.py")
    assert code == 0
    assert "Everything is right" in out


def test_the_stub_gets_nothing_exit_1_and_no_traceback(run: Run) -> None:
    code, out, err = run("exercise8", "exercises/08_adam/adam.py")
    assert code == 1
    assert "Traceback" not in out + err
    assert "not" in out


@pytest.mark.parametrize("name", ["exercise8", "adam", "08_adam", "8", "EXERCISE8"])
def test_an_exercise_goes_by_several_names(run: Run, name: str) -> None:
    code, out, _ = run(name, "solutions/08_adam/adam.py", "--json")
    assert code == 0
    assert json.loads(out)["exercise"] == "exercise8"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["exercise99"], "no exercise or command 'exercise99'"),
        (["adm"], r"did you mean exercise8 \(adam\)"),
        (["wathc"], "did you mean `grade watch`"),
        (["reset", "adm"], r"did you mean exercise8 \(adam\)"),
        (["exercise8", "no/such/file.py"], "does not exist"),
        (["exercise8", "grader"], "is a folder"),
        (["exercise8", "pyproject.toml"], "is neither a .py file nor a notebook"),
        (["exercise8", "--seed", "-1"], "Invalid value"),
        (["exercise8", "--nonsense"], "No such option"),
        (["exercise8", "a.py", "b.py"], "unexpected extra argument"),
        (["exercise8", "solutions/08_adam/adam.py", "--require", "moon"], "Invalid value"),
        ([""], "no exercise"),
        (["\x1b[2J"], "no exercise"),
    ],
)
def test_the_impossible_is_one_sentence_and_exit_2(run: Run, words: list[str], says: str) -> None:
    code, out, err = run(*words)
    assert code == 2
    assert out == ""
    assert re.search(says, err)
    assert "Traceback" not in err
    assert "\x1b" not in err


def test_what_to_do_next_names_the_file_as_it_was_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "my work").mkdir()
    path = tmp_path / "my work/empty.py"
    path.write_text("")
    _, out, _ = run("exercise8", str(path))
    assert f"run `grade exercise8 '{path}'` again." in " ".join(out.split())
    _, out, _ = run("adam", "exercises/08_adam/adam.py")
    assert "`grade exercise8 exercises/08_adam/adam.py` again" in " ".join(out.split())


def test_the_json_document_follows_its_schema(run: Run) -> None:
    _, out, _ = run("exercise8", "exercises/08_adam/adam.py", "--json")
    document = json.loads(out)
    jsonschema.validate(document, SCHEMA)
    assert document["submission"] == "adam.py"
    assert {check["status"] for check in document["checks"]} == {"not_implemented"}


def test_without_a_path_the_file_of_the_current_folder_is_graded(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "adam.py").write_text(ADAM, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run("exercise8")[0] == 0


def test_without_a_path_and_a_file_here_the_stub_is_graded(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = run("exercise8", "--json")
    exercise = find_exercise(ROOT, "exercise8")
    assert code == 1
    assert json.loads(out)["submission"] == exercise.file


def test_the_list_names_every_exercise(run: Run) -> None:
    code, out, _ = run("list")
    assert code == 0
    assert "exercise8" in out
    assert "perceptron" in out


def test_help_shows_how_to_begin(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    assert "grade exercise8" in out


def test_a_bug_of_ours_is_exit_3_and_loud(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("grader.course.find_exercise", broken)
    code, out, err = run("exercise8")
    assert code == 3
    assert out == ""
    assert "bug in the grader" in err


# Submissions as they come


def graded(run: Run, path: Path) -> tuple[int, dict[str, set[str]], dict[str, int]]:
    """Grade for exercise 8: exit code, and by task the statuses and the points."""
    code, out, _ = run("exercise8", path, "--json")
    checks = json.loads(out)["checks"]
    tasks = {check["task"] for check in checks}
    statuses = {task: {c["status"] for c in checks if c["task"] == task} for task in tasks}
    points = {task: sum(c["points"] for c in checks if c["task"] == task) for task in tasks}
    return code, statuses, points


LOOP = """

class AdamW:
    def __init__(self, *a, **k): pass
    def step(self, params, grads):
        while True: pass
"""
LIAR = """

import numpy as np, numpy.testing
np.testing.assert_allclose = np.testing.assert_array_equal = np.allclose = lambda *a, **k: True

class Equal:
    def __eq__(self, other): return True
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
    def __iter__(self): return iter([self])

class AdamW(Equal):
    def __init__(self, *a, **k): pass
"""
ADAM_ALONE = ADAM[: ADAM.index("class AdamW")]


@pytest.mark.parametrize(
    ("source", "statuses"),
    [
        pytest.param(ADAM + LOOP, {"timeout"}, marks=pytest.mark.slow),  # a minute of time-outs
        (ADAM + LIAR, {"failed"}),
        (ADAM_ALONE, {"not_implemented"}),
    ],
    ids=["one that loops", "one that lies", "half of it"],
)
def test_what_is_right_keeps_its_points_and_the_rest_gets_none(
    run: Run, tmp_path: Path, source: str, statuses: set[str]
) -> None:
    path = tmp_path / "adam.py"
    path.write_text(source, encoding="utf-8")
    (tmp_path / "right.py").write_text(ADAM, encoding="utf-8")
    full = graded(run, tmp_path / "right.py")[2]
    code, found, points = graded(run, path)
    assert code == 1
    assert points == {"Adam": full["Adam"], "AdamW": 0}
    assert found == {"Adam": {"passed"}, "AdamW": statuses}


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("import os; os._exit(0)", "crashed"),
        ("raise RuntimeError('at import')", "failed"),
        ("def broken(:", "failed"),
    ],
)
def test_a_file_that_does_not_load_gets_nothing(
    run: Run, tmp_path: Path, line: str, status: str
) -> None:
    path = tmp_path / "adam.py"
    path.write_text(f"{ADAM}\n{line}\n", encoding="utf-8")
    code, statuses, points = graded(run, path)
    assert code == 1
    assert set(points.values()) == {0}
    assert set.union(*statuses.values()) == {status}


def notebook(*cells: str) -> str:
    blank: dict[str, object] = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    code = [{**blank, "source": cell} for cell in cells]
    return json.dumps({"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


def test_a_notebook_keeps_the_functions_that_its_failing_cells_did_not_define(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "my work.ipynb"
    cells = (
        "%matplotlib inline\nimport matplotlib_that_is_not_there\nimport numpy as np",
        "!pip install torch\nnp.plot([1, 2])",
        ADAM,
        "opt = Adam(lr='fast')\nopt.step([1], [2])",
        "this is not Python",
    )
    path.write_text(notebook(*cells), encoding="utf-8")
    assert graded(run, path)[0] == 0


def test_a_notebook_that_is_cut_off_is_one_sentence(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "adam.ipynb"
    path.write_text(notebook(ADAM)[:500], encoding="utf-8")
    code, out, err = run("exercise8", path)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1


def test_files_beside_a_submission_are_never_read(run: Run, tmp_path: Path) -> None:
    for name in ("conftest.py", "sitecustomize.py", "numpy.py", "pytest.ini", "evil.pth"):
        (tmp_path / name).write_text("raise SystemExit('read')", encoding="utf-8")
    (tmp_path / "adam.py").write_text(ADAM, encoding="utf-8")
    assert graded(run, tmp_path)[0] == 0


# Promises of single exercises


def test_the_misprint_of_the_slides_is_caught_and_named(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "adam.py"
    path.write_text(
        """
import numpy as np

class Adam:
    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.b1, self.b2, self.eps, self.t, self.mv = lr, beta1, beta2, eps, 0, {}

    def step(self, params, grads):
        self.t += 1
        out = []
        for i, (w, g) in enumerate(zip(params, grads)):
            m, v = self.mv.get(i, (0, 0))
            m, v = self.b1 * m + (1 - self.b1) * g, self.b2 * v + (1 - self.b2) * g * g
            self.mv[i] = m, v
            m_hat, v_hat = m / (1 - self.b1) ** self.t, v / (1 - self.b2) ** self.t
            out.append(w - self.lr * m_hat / (np.sqrt(v_hat) + self.eps))
        return out
""",
        encoding="utf-8",
    )
    code, out, _ = run("exercise8", path, "--json")
    diagnoses = {check["diagnosis"] for check in json.loads(out)["checks"]} - {None}
    assert code == 1
    assert any("(1 − β)ᵗ" in text for text in diagnoses)


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "tests/submissions/06_backprop").glob("*.py")),
    ids=lambda path: path.stem,
)
@pytest.mark.slow
def test_numerical_differences_get_no_points_for_backpropagation(run: Run, path: Path) -> None:
    code, out, _ = run("exercise6", path, "--json")
    document = json.loads(out)
    assert code == 1
    backward = [c for c in document["checks"] if re.search("backward|gradients", c["task"])]
    assert backward
    assert sum(check["points"] for check in backward) == 0
    reasons = " ".join(check["message"] for check in backward)
    assert re.search("finite|numerical|differences", reasons)


def test_the_doctor_names_every_sandbox_and_why_it_is_not_to_be_had(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from grader import process

    monkeypatch.setattr(
        process, "offers", lambda _: {"landlock": "no Landlock [here]", "spawned": ""}
    )
    code, out, _ = run("doctor")
    assert code == 0
    assert "confined (landlock): no Landlock [here]" in out
    assert "limited (spawned): available" in out
    assert "numpy" in out


def test_a_report_is_a_page_beside_the_usual_output(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    code, out, err = run("exercise8", "exercises/08_adam/adam.py", "--json", "--report", page)
    assert code == 1
    assert json.loads(out)["exercise"] == "exercise8"
    assert f"The report is in {page}." in err
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("name", ["adam.py", "report", "none/report.html"])
def test_a_report_goes_where_a_page_can_be_and_over_no_other_file(
    run: Run, tmp_path: Path, name: str
) -> None:
    (tmp_path / "adam.py").write_text(ADAM)
    code, _, err = run("exercise8", tmp_path / "adam.py", "--report", tmp_path / name)
    assert code == 2
    assert name in err
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["adam.py"]
    assert (tmp_path / "adam.py").read_text() == ADAM


# A process of its own


@pytest.mark.parametrize("closed", [False, True], ids=["heard", "unheard"])
@pytest.mark.parametrize(
    "words", [["list"], ["exercise99"], ["exercise8", "exercises/08_adam/adam.py", "--json"]]
)
def test_the_program_ends_as_python_would_end_it(words: list[str], *, closed: bool) -> None:
    """To end without taking Python apart changes neither the status nor what was printed."""
    ends = []
    for entry in ("main", "program"):
        code = f"from grader.cli import {entry}; {entry}()"
        with subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", code, *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            if closed and process.stdout is not None:
                process.stdout.close()
                process.stdout = None
            out, err = process.communicate()
        ends.append((process.returncode, re.sub(r'"seconds": [0-9.e-]+', "", out or ""), err))
    assert ends[0] == ends[1]
    assert "Traceback" not in ends[1][2]
