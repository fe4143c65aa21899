"""A small version of the benchmark of a class: known verdicts, kill -9, and its numbers."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.course import load_exercises
from grader.layouts import find_submissions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def classroom() -> Iterator[ModuleType]:
    path = Path(__file__).parents[1] / "benchmarks/classroom.py"
    spec = importlib.util.spec_from_file_location("classroom", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["classroom"] = module
    spec.loader.exec_module(module)
    yield module
    for name in ("classroom", "attacks"):
        sys.modules.pop(name, None)


@pytest.fixture(autouse=True)
def _confined(offered: Callable[[str], None]) -> None:
    offered("namespaces")


def test_right_wrong_and_hostile_submissions_get_the_verdicts_they_were_made_for(
    classroom: ModuleType, tmp_path: Path
) -> None:
    result = classroom.verdicts(tmp_path, 12, 2)
    assert result["wrong verdicts"] == []
    assert result["kinds"]["right"] == result["kinds"]["hostile"] == 4
    made = json.loads((tmp_path / "expected.json").read_text())
    (right,) = [name for name, what in made.items() if what["kind"] == "right"][:1]
    made[right]["points"] = 1
    (tmp_path / "expected.json").write_text(json.dumps(made))
    (line,) = classroom.wrong_verdicts(tmp_path, "book.sqlite")
    assert line.startswith(f"{right} right exercise")


def test_a_run_that_is_killed_twice_ends_with_the_gradebook_of_an_undisturbed_one(
    classroom: ModuleType, tmp_path: Path
) -> None:
    result = classroom.kill(tmp_path, 12, 2, 2, 0)
    assert (result["kills"], result["attempts"], result["differences"]) == (2, 12, [])
    assert result["equal"]
    assert result["wrong verdicts"] == []


def test_throughput_and_memory_are_measured(classroom: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    counts = classroom.throughput(tmp_path / "a", 2, 1)
    assert all(value > 0 for value in counts.values())
    peaks = classroom.memory(tmp_path / "b", (2,), 1)
    assert " 0 MB" not in peaks["2 submissions"]


def test_every_submission_of_a_class_is_found(classroom: ModuleType, tmp_path: Path) -> None:
    classroom.make_class(tmp_path, 150)
    found = find_submissions(
        tmp_path / "submissions", load_exercises(tmp_path), None, scratch=tmp_path
    )
    made = json.loads((tmp_path / "expected.json").read_text())
    assert {each.id: each.exercise and each.exercise.id for each in found} == {
        name: what["exercise"] for name, what in made.items()
    }
