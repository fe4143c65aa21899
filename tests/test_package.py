"""A Gradescope autograder: what is in its zip, and what it says of submissions of every kind."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import grader
from grader import cli
from grader.course import find_exercise
from grader.errors import CourseError, UsageError
from grader.package import gradescope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.course import Exercise

    Toy = Callable[..., Exercise]

ROOT = Path(__file__).parents[1]
CHECKS = '''
@check("double", points=2)
def test_double(student):
    """Twice 3 is 6."""
    assert_close(student.double(3.0), 6.0)
'''
HIDDEN = '''
"""Hidden checks."""
from grader.checking import *

@check("Counter", hidden=True)
def test_counter(student, reference):
    """It counts as the reference does."""
    assert_close(student.Counter().add(), reference.Counter().add())
'''
RIGHT = "def double(x):\n    return 2 * x\nclass Counter:\n    def add(self):\n        return 1\n"


class Place:
    """A copy of the folders in which Gradescope runs an autograder."""

    def __init__(self, root: Path, exercise: Exercise) -> None:
        self.root = root
        for name in ("source", "submission", "results"):
            (root / name).mkdir(parents=True)
        gradescope(exercise, root.with_suffix(".zip"))
        with zipfile.ZipFile(root.with_suffix(".zip")) as archive:
            archive.extractall(root / "source")
            for entry in archive.infolist():
                (root / "source" / entry.filename).chmod(entry.external_attr >> 16)
        shutil.copy(root / "source/run_autograder", root)

    @property
    def results(self) -> Path:
        return self.root / "results/results.json"

    def have_this_python(self) -> None:
        """Stand in for setup.sh: the grader of this interpreter."""
        python = self.root / "grader/bin/python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)

    def run(self, *command: str | Path, path: str = "") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "AUTOGRADER_ROOT": str(self.root)}
        if path:
            environment["PATH"] = path
        return subprocess.run(  # noqa: S603
            command, cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )

    def grade(self, **files: str) -> dict[str, Any]:
        """Hand in these files, and return the results after the form that Gradescope asks for."""
        for name, text in files.items():
            (self.root / "submission" / name.replace("__", ".")).write_text(text)
        done = self.run(self.root / "run_autograder")
        assert done.returncode == 0, done.stdout + done.stderr
        document: dict[str, Any] = json.loads(self.results.read_text())
        assert_valid(document)
        return document


def assert_valid(document: dict[str, Any]) -> None:
    assert type(document["score"]) in {int, float}
    assert isinstance(document["output"], str)
    assert document["output_format"] == "text"
    for test in document.get("tests", []):
        assert {"name", "score", "max_score", "status", "output"} <= set(test)
        assert test["status"] in {"passed", "failed"}
        assert test.get("visibility", "visible") == "visible"


@pytest.fixture
def place(toy_course: Toy, tmp_path: Path) -> Place:
    exercise = toy_course(CHECKS)
    assert exercise.solution_folder is not None
    (exercise.solution_folder / "hidden_checks.py").write_text(HIDDEN)
    (exercise.solution_folder / "alternatives").mkdir()
    (exercise.solution_folder / "alternatives/other.py").write_text("")
    made = Place(tmp_path / "autograder", exercise)
    made.have_this_python()
    return made


def test_the_zip_has_what_gradescope_runs_and_the_exercise(place: Place) -> None:
    source = place.root / "source"
    for name in ("setup.sh", "run_autograder"):
        assert (source / name).read_bytes().startswith(b"#!/usr/bin/env bash\n")
        assert stat.S_IMODE((source / name).stat().st_mode) == 0o755
        assert place.run("bash", "-n", source / name).returncode == 0
    course = {p.relative_to(source / "course").as_posix() for p in source.rglob("course/**/*.*")}
    assert course == {
        *(f"exercises/01_toy/{name}" for name in ("README.md", "checks.py", "exercise.toml")),
        "exercises/01_toy/toy.py",
        *(f"solutions/01_toy/{name}" for name in ("hidden_checks.py", "mistakes.toml", "toy.py")),
    }
    home = Path(grader.__file__).parent
    packed = {p.relative_to(source / "package").as_posix() for p in source.rglob("grader/**/*.*")}
    wanted = {p for p in home.rglob("*.*") if p.is_file() and p.suffix != ".pyc"}
    assert packed >= {f"grader/{p.relative_to(home).as_posix()}" for p in wanted}
    described = json.loads((source / "metadata.json").read_text())
    assert described["exercise"] == "exercise1"
    project = (source / "package/pyproject.toml").read_text()
    assert f'"numpy=={described["versions"]["numpy"]}"' in project


def test_the_same_exercise_makes_the_same_zip(place: Place, tmp_path: Path) -> None:
    gradescope(find_exercise(tmp_path, "toy"), tmp_path / "again.zip")
    first = place.root.with_suffix(".zip").read_bytes()
    assert (tmp_path / "again.zip").read_bytes() == first


def test_a_right_answer_gets_its_points_and_the_tier_is_named(place: Place) -> None:
    document = place.grade(toy__py=RIGHT)
    assert document["score"] == 3
    assert [test["score"] for test in document["tests"]] == [2, 1]
    done = place.run(place.root / "run_autograder")
    assert "graded in the sandbox tier" in done.stdout
    for name in ("source", "submission", "results"):
        assert stat.S_IMODE((place.root / name).stat().st_mode) == 0o700


def test_a_notebook_under_another_name_is_graded(place: Place) -> None:
    cells = [{"cell_type": "code", "source": RIGHT}]
    assert place.grade(my_work__ipynb=json.dumps({"nbformat": 4, "cells": cells}))["score"] == 3


def test_a_hidden_check_says_nothing_of_its_inputs(place: Place) -> None:
    document = place.grade(toy__py="class Counter:\n    def add(self):\n        return 77\n")
    assert document["score"] == 0
    assert "77" not in json.dumps(document["tests"])
    assert "not shown" in document["tests"][1]["output"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "Your submission is a folder without toy.py; put your toy.py there."),
        ({"a__py": "", "b__py": ""}, "could be meant"),
        ({"toy__ipynb": "{"}, "cannot be read as a notebook"),
        ({"toy__docx": "x"}, "without toy.py"),
    ],
)
def test_what_cannot_be_read_scores_nothing_and_says_why(
    place: Place, files: dict[str, str], said: str
) -> None:
    document = place.grade(**files)
    assert document["score"] == 0
    assert said in document["output"]
    assert str(place.root) not in document["output"]


BROKEN = {
    "a check that fails by itself": CHECKS.replace("assert_close", "raise RuntimeError"),
    "checks that cannot be imported": "import no_such_module\n",
}


@pytest.mark.parametrize("checks", BROKEN.values(), ids=BROKEN)
def test_where_the_grader_fails_there_are_no_results(place: Place, checks: str) -> None:
    place.results.write_text('{"score": 3}')
    head = "from grader.checking import *\n"
    (place.root / "source/course/exercises/01_toy/checks.py").write_text(head + checks)
    (place.root / "submission/toy.py").write_text(RIGHT)
    done = place.run(place.root / "run_autograder")
    assert done.returncode not in {0, 1, 2}
    assert "The grader failed, and nothing is scored" in done.stdout
    assert not any((place.root / "results").iterdir())


def test_a_submission_that_writes_and_ends_early_leaves_no_results_of_its_own(
    place: Place,
) -> None:
    attack = f"import os\nopen({str(place.results)!r}, 'w').write('{{\"score\": 99}}')\n"
    assert place.grade(toy__py=attack + RIGHT)["score"] == 0
    assert place.grade(toy__py=RIGHT + "os = __import__('os')\nos._exit(0)\n")["score"] == 0


def test_the_command_makes_the_zip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    for out, status, said in (
        (tmp_path / "a.zip", 0, "grades exercise12, with hidden checks; keep it to staff"),
        (tmp_path / "no/a.zip", 2, "cannot be written"),
    ):
        words = ["grade", "package", "--gradescope", str(out), "exercise12"]
        monkeypatch.setattr("sys.argv", words)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert (ended.value.code or 0) == status
        assert said in "".join(capsys.readouterr())
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert "course/datasets/digits.csv" in archive.namelist()
        assert archive.testzip() is None


def test_a_missing_data_set_is_named(toy_course: Toy, tmp_path: Path) -> None:
    exercise = toy_course(CHECKS)
    toml = exercise.folder / "exercise.toml"
    toml.write_text('datasets = ["moons"]\n' + toml.read_text())
    with pytest.raises(CourseError, match=r"moons\.csv is missing"):
        gradescope(find_exercise(tmp_path, "toy"), tmp_path / "out.zip")
    toml.write_text(toml.read_text().split("\n", 1)[1])
    with pytest.raises(UsageError, match="cannot be written"):
        gradescope(find_exercise(tmp_path, "toy"), tmp_path)


UNWALLED = """
import sys
from pathlib import Path
from grader.process import Worker
Worker.variants = ("spawned",)
from grader.autograder import main
main(Path(sys.argv[1]))
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter, as /autograder; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="autograder-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.slow
def test_setup_and_run_in_the_folders_of_gradescope(open_folder: Path) -> None:
    exercise = find_exercise(ROOT, "exercise12")
    root = open_folder / "autograder"
    place = Place(root, exercise)
    # A Python of the system, where there is one: nobody may enter some people's own.
    set_up = place.run("bash", root / "source/setup.sh", path=f"/usr/bin:/bin:{os.environ['PATH']}")
    assert set_up.returncode == 0, set_up.stderr
    assert exercise.solution is not None
    shutil.copy(exercise.solution, root / "submission")
    document = place.grade()
    assert document["score"] == sum(test["max_score"] for test in document["tests"]) > 0
    python = place.run(root / "grader/bin/python", "-c", "import os; print(os.__file__)").stdout
    if os.geteuid() == 0 and python.startswith("/usr/"):
        look = f"print(open({str(root / 'source/course/solutions/12_batchnorm/batchnorm.py')!r}))\n"
        write = f"open({str(place.results)!r}, 'w')\n"
        for attack in (look, write):
            (root / "submission/batchnorm.py").write_text(attack)
            done = place.run(root / "grader/bin/python", "-c", UNWALLED, root)
            assert "tier limited" in done.stdout, done.stderr
            assert "PermissionError" in place.results.read_text()
