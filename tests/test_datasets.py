"""The data sets are what they say, and the generated ones can be generated again."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from grader.course import load_exercises
from grader.datasets import load, names
from grader.errors import CourseError, UsageError
from grader.grading import grade
from grader.submission import read_submission

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.course import Exercise

FOLDER = Path(__file__).parents[1] / "datasets"
SPEC = importlib.util.spec_from_file_location("make", FOLDER / "make.py")
assert SPEC is not None
assert SPEC.loader is not None
make = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(make)


@pytest.mark.parametrize("name", names(FOLDER))
def test_a_data_set_is_complete_and_says_where_it_is_from(name: str) -> None:
    data = load(name, FOLDER)
    assert data.x.shape == (len(data.labels), len(data.columns))
    assert np.isfinite(data.x).all()
    assert sorted(set(data.labels.tolist())) == list(range(len(data.classes)))
    assert data.title
    assert data.source
    assert data.licence
    assert (data.seed is None) == (name not in make.GENERATED)


@pytest.mark.parametrize("name", sorted(make.GENERATED))
def test_a_generated_data_set_can_be_generated_again(name: str) -> None:
    assert make.text(name) == (FOLDER / f"{name}.csv").read_text(encoding="ascii")
    assert make.GENERATED[name][1] == load(name, FOLDER).seed


def test_the_digits_are_the_digits() -> None:
    digits = load("digits", FOLDER)
    assert digits.x.shape == (1797, 64)
    assert np.bincount(digits.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (digits.x.min(), digits.x.max()) == (0, 16)


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="did you mean 'moons'"):
        load("moon", FOLDER)
    with pytest.raises(UsageError, match="there are blobs"):
        load("\x1b[2J", FOLDER)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    for end in ("csv", "toml"):
        shutil.copy(FOLDER / f"xor.{end}", tmp_path)
    with (tmp_path / "xor.csv").open("a", encoding="ascii") as file:
        file.write("0,0,0\n")
    with pytest.raises(CourseError, match=r"xor\.csv is not the file"):
        load("xor", tmp_path)


def test_checks_find_the_data_of_their_own_course_from_anywhere(
    toy_course: Callable[[str], Exercise], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exercise = toy_course("""
        from grader.datasets import names
        @check("double")
        def test_double(student):
            \"\"\"The data sets are those of the course.\"\"\"
            student.double(0)
            assert names() == ("xor",), names()
        """)
    (tmp_path / "datasets").mkdir()
    for end in ("csv", "toml"):
        shutil.copy(FOLDER / f"xor.{end}", tmp_path / "datasets")
    monkeypatch.chdir(FOLDER)
    assert exercise.solution is not None
    verdict = grade(exercise, read_submission(exercise.solution, exercise.file))
    assert verdict.score == 1, verdict.checks
    assert len(names()) > 1


def test_exercises_name_data_sets_that_exist() -> None:
    for exercise in load_exercises(FOLDER.parent):
        assert set(exercise.datasets) <= set(names(FOLDER))
