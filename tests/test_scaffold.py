"""`grade new`: what it lays out verifies once its blanks are filled, as CONTRIBUTING fills them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.course import find_exercise, load_exercises, load_reasons
from grader.errors import CourseError, UsageError
from grader.proving import carry_out, judge, plan
from grader.scaffold import refuse_blanks, scaffold

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.course import Exercise

ROOT = Path(__file__).parents[1]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course that has the exercises 1 to 15, as far as their names go."""
    for exercise in load_exercises(ROOT):
        folder = tmp_path / "exercises" / exercise.folder.name
        folder.mkdir(parents=True)
        for name in ("exercise.toml", exercise.file):
            shutil.copy(exercise.folder / name, folder)
    return tmp_path


def walkthrough() -> dict[str, str]:
    """Read the files of the walk-through: the path that stands before each block, and the block."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition("## A small one")[2].partition("\n## ")[0]
    files = {}
    for block in re.finditer(r"^(````?)\w+\n(.*?)^\1\n", section, re.DOTALL | re.MULTILINE):
        paths = re.findall(r"`([a-z]+/16_layer_norm/[\w/]+\.\w+)`", section[: block.start()])
        if paths:
            files[paths[-1]] = block[2]
    return files


@pytest.mark.slow
def test_the_walk_through_of_contributing_ends_in_a_proof(course: Path) -> None:
    folder, _ = scaffold(course, "Layer norm", after=12)
    assert folder.name == "16_layer_norm", "13, 14 and 15 are taken"
    laid_out = {
        str(p.relative_to(course)) for p in course.rglob("*16_layer_norm/**/*") if p.is_file()
    }
    files = walkthrough()
    stub = "exercises/16_layer_norm/layer_norm.py"
    solution = files["solutions/16_layer_norm/layer_norm.py"]
    head, body, _ = solution.partition("    centred")
    assert body
    files[stub] = head + "    raise NotImplementedError\n"
    assert set(files) == laid_out, "no file needs to be added, and none is left to be filled"
    for path, text in files.items():
        (course / path).write_text(text, encoding="utf-8")
    exercise = find_exercise(course, "layer_norm")
    refuse_blanks(exercise)
    proof = judge(exercise, [carry_out(task) for task in plan(exercise, 1)])
    assert proof.faults == ()


def test_a_blank_that_is_left_is_named_with_its_line(course: Path) -> None:
    folder, _ = scaffold(course, "Layer norm", after=12)
    with pytest.raises(CourseError, match=r"README\.md, line 3: fill in the blank ___"):
        refuse_blanks(find_exercise(course, folder.name))


def test_a_title_becomes_a_name_and_stays_a_title(course: Path) -> None:
    folder, _ = scaffold(course, 'Kübler’s "norm"', after=0)
    exercise = find_exercise(course, folder.name)
    assert (exercise.name, exercise.title) == ("kublers_norm", 'Kübler’s "norm"')


@pytest.mark.parametrize("title", ["", "123", "β", "../..", "Adam"])
def test_a_title_that_makes_no_new_name_is_refused_and_nothing_is_written(
    course: Path, title: str
) -> None:
    before = sorted(course.rglob("*"))
    with pytest.raises(UsageError):
        scaffold(course, title, after=12)
    assert sorted(course.rglob("*")) == before


def test_reasons_that_are_malformed_name_the_file(toy_course: Callable[..., Exercise]) -> None:
    exercise = toy_course("")
    assert exercise.solution is not None
    for text, words in (
        ("[equivalents]", "'equivalents' is not known"),
        ("equivalent = 3", "`equivalent` is not a table"),
        ("[margin]\na = 3", "`a` is missing or not text"),
        ("[margin", "is not TOML"),
    ):
        (exercise.solution.parent / "reasons.toml").write_text(text)
        with pytest.raises(CourseError, match=words):
            load_reasons(exercise)
