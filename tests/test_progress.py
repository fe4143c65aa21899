"""A learner's progress: what is kept, and that nothing of it gets lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course import Exercise, find_exercise, load_exercises
from grader.progress import FILE, Progress, Standing, read_progress, update_progress
from grader.verdict import CheckResult, Status, Verdict

ROOT = Path(__file__).parents[1]
ADAM = find_exercise(ROOT, "adam")


def verdict(**statuses: Status) -> Verdict:
    checks = tuple(CheckResult(id_, "T.", "Adam", status, 2) for id_, status in statuses.items())
    return Verdict("exercise8", "adam.py", "0" * 64, 0, "confined", checks)


def read(root: Path) -> tuple[Progress, list[str]]:
    told: list[str] = []
    return read_progress(root, told.append), told


def keep(root: Path, standing: Standing, exercise: Exercise = ADAM) -> list[str]:
    told: list[str] = []
    update_progress(root, exercise, lambda _: standing, told.append)
    return told


REACHED = Standing(2, 4, {"b": "Adam"}, {"Adam": 3}, "x = '\ud800é'\n")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert keep(tmp_path, REACHED) == []
    progress, told = read(tmp_path)
    assert progress.of(ADAM) == REACHED
    assert progress.last == "exercise8"
    assert told == []


def test_it_is_one_file_without_absolute_names(tmp_path: Path) -> None:
    keep(tmp_path, REACHED)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert str(tmp_path) not in (tmp_path / FILE).read_text()


def test_git_does_not_see_it() -> None:
    assert ".grade-*" in (ROOT / ".gitignore").read_text().splitlines()
    assert FILE.startswith(".grade-")


def test_the_best_score_stays_and_the_failing_checks_are_the_last() -> None:
    better = Standing().after(verdict(a=Status.PASSED, b=Status.FAILED), "one")
    worse = better.after(verdict(a=Status.FAILED, b=Status.FAILED), "two")
    assert (worse.score, worse.max_score, list(worse.failing)) == (2, 4, ["a", "b"])


def test_a_better_share_of_fewer_points_is_better() -> None:
    there = Standing().after(verdict(a=Status.PASSED, b=Status.FAILED), "")
    here = there.after(verdict(a=Status.PASSED, b=Status.SKIPPED), "")
    assert (here.score, here.max_score, here.done) == (2, 2, True)


def test_the_last_text_with_full_marks_is_kept() -> None:
    solved = Standing().after(verdict(a=Status.PASSED), "right")
    assert solved.after(verdict(a=Status.FAILED), "wrong").solved == "right"


def test_a_broken_grader_and_a_verdict_without_points_change_nothing() -> None:
    assert REACHED.after(verdict(a=Status.PASSED, b=Status.GRADER_ERROR), "") == REACHED
    assert REACHED.after(verdict(a=Status.SKIPPED), "") == REACHED


def test_a_failure_has_shown_its_first_hint_and_an_unwritten_task_none() -> None:
    assert Standing().after(verdict(a=Status.FAILED), "").hints == {"Adam": 1}
    assert Standing().after(verdict(a=Status.NOT_IMPLEMENTED), "").hints == {}
    assert REACHED.after(verdict(a=Status.FAILED), "").hints == {"Adam": 3}


def test_the_exercise_to_work_on_is_the_last_one_until_it_is_done_then_the_next() -> None:
    exercises = load_exercises(ROOT)
    done = Standing(1, 1)
    assert Progress().current(exercises) == exercises[0]
    assert Progress({}, "exercise8").current(exercises) == ADAM
    assert Progress({"exercise8": done}, "exercise8").current(exercises) == exercises[8]
    assert Progress({"exercise15": done}, "exercise15").current(exercises) == exercises[0]
    assert Progress({e.id: done for e in exercises}, "exercise3").current(exercises) is None
    assert Progress({}, "gone").current(exercises) == exercises[0]


def test_an_optional_exercise_is_next_only_to_who_has_been_graded_in_it_last() -> None:
    exercises = load_exercises(ROOT)
    done, begun = Standing(1, 1), Standing(0, 1)
    numbered = {e.id: done for e in exercises if not e.optional}
    (gpu1,) = (e for e in exercises if e.id == "gpu1")
    assert Progress(numbered, "exercise15").current(exercises) is None
    assert Progress({}, "gpu1").current(exercises) == exercises[0]
    assert Progress({"gpu1": begun}, "gpu1").current(exercises) == gpu1
    assert Progress({"gpu1": begun}, "exercise2").current(exercises) == exercises[1]
    assert Progress({"gpu1": done}, "gpu1").current(exercises) == exercises[0]


GOOD = {"score": 1, "max_score": 2, "failing": {}, "hints": {}, "solved": None}


def document(**entry: object) -> bytes:
    whole = {"schema": "grader/progress/v1", "last": "", "exercises": {"exercise8": GOOD | entry}}
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"a": 1' + b"0" * 10_000 + b"}", "digits"),
        (b"[]", "not a learner's progress"),
        (b'{"schema": "someone/else", "last": "", "exercises": {}}', "not a learner's progress"),
        (b'{"schema": "grader/progress/v9", "exercises": 7}', "a newer version"),
        (document(score="12"), "one of its entries"),
        (document(score=3), "one of its entries"),
        (document(hints={"Adam": "two"}), "one of its entries"),
        (document(failing={"a": 1}), "one of its entries"),
        (document(solved=1), "one of its entries"),
        (document(file=1), "one of its entries"),
    ],
)
def test_what_cannot_be_understood_is_put_aside_with_one_sentence(
    tmp_path: Path, damaged: bytes, why: str
) -> None:
    (tmp_path / FILE).write_bytes(damaged)
    progress, told = read(tmp_path)
    assert progress == Progress()
    (sentence,) = told
    assert why in sentence
    assert (tmp_path / ".grade-progress-1.kept.json").read_bytes() == damaged
    assert read(tmp_path) == (Progress(), [])


def test_nothing_put_aside_is_ever_overwritten(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / FILE).write_text(f"damage {number}")
        keep(tmp_path, REACHED)
    kept = sorted(path.read_text() for path in tmp_path.glob("*.kept.json"))
    assert kept == [f"damage {number}" for number in range(3)]


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_left_alone(tmp_path: Path, make: object) -> None:
    make(tmp_path / FILE)  # type: ignore[operator]
    progress, told = read(tmp_path)
    assert progress == Progress()
    assert "cannot be read" in told[0]
    assert "could not be kept" in keep(tmp_path, REACHED)[0]
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_folder_that_takes_no_file_costs_a_sentence_and_nothing_else(tmp_path: Path) -> None:
    told: list[str] = []
    after = update_progress(tmp_path / "none", ADAM, lambda _: REACHED, told.append)
    assert after.of(ADAM) == REACHED
    assert "could not be kept" in told[0]


def test_a_crash_while_it_is_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(tmp_path, REACHED)

    def crash(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", crash)
    assert "No space left" in keep(tmp_path, replace(REACHED, score=0))[0]
    assert read(tmp_path)[0].of(ADAM) == REACHED


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from grader.course import find_exercise
from grader.progress import update_progress
adam = find_exercise(Path(sys.argv[2]), "adam")
def one_more(old):
    return replace(old, max_score=old.max_score + 1)
for _ in range(20):
    update_progress(Path(sys.argv[1]), adam, one_more, print)
"""


def test_two_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path), str(ROOT)]
    writers = [subprocess.Popen(command) for _ in range(2)]  # noqa: S603
    assert [writer.wait() for writer in writers] == [0, 0]
    assert read(tmp_path)[0].of(ADAM).max_score == 40
