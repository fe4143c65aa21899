"""A class on a pool of processes: every submission gets its verdict, whatever befalls another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from grader import batch
from grader.batch import Order, grade_all, order
from grader.errors import UsageError
from grader.layouts import Found
from grader.verdict import Status

if TYPE_CHECKING:
    from pathlib import Path

    from grader.course import Exercise
    from grader.gradebook import Attempt

HandIn = Callable[..., list[Order]]

CHECKS = '''
import os, pathlib, time

HERE = pathlib.Path(__file__).parent

@check("double", points=2)
def test_twice(student):
    """The double of x is x + x."""
    answer = student.double(3)
    if answer == "die":
        os.kill(os.getpid(), 9)
    if answer == "die once" and not (HERE / "died").exists():
        (HERE / "died").touch()
        os.kill(os.getpid(), 9)
    if answer == "break":
        raise OSError("of ours")
    if answer == "get stuck":
        time.sleep(600)
    assert_equal(answer, 6)

@check("Counter", points=1)
def test_counts(student):
    """A counter counts its own calls."""
    assert_equal(student.Counter().add(), 1)
'''
COUNTER = "class Counter:\n    def add(self): return 1\n"


def answer(value: str) -> str:
    return f"def double(x): return {value}\n{COUNTER}"


@pytest.fixture
def course(toy_course: Callable[..., Exercise]) -> Exercise:
    return toy_course(CHECKS)


@pytest.fixture
def hand_in(course: Exercise, tmp_path: Path) -> HandIn:
    """Make orders of answers by name."""

    def make(**answers: str) -> list[Order]:
        orders = []
        for name, text in answers.items():
            path = tmp_path / name / "toy.py"
            path.parent.mkdir()
            path.write_text(text)
            orders.append(order(Found(course, None, name, path), course, "v1"))
        return orders

    return make


def outcomes(attempts: Iterator[Attempt]) -> dict[str, int | str]:
    return {a.member: a.verdict.score if a.verdict else a.fault for a in attempts}


def test_every_submission_gets_its_own_verdict_whatever_befalls_another(
    hand_in: HandIn, leftovers: Callable[[], list[str]]
) -> None:
    """A pool process that dies is replaced, and a fault of ours is tried again but never scored."""
    orders = hand_in(
        right=answer("x + x"),
        wrong=answer("x"),
        empty="",
        loop="while True: pass",
        unlucky=answer("'die once'"),
        deadly=answer("'die'"),
        odd=answer("'break'"),
    )
    attempts = {attempt.member: attempt for attempt in grade_all(orders, jobs=2, seed=7)}
    assert outcomes(iter(attempts.values())) == {
        "right": 3,
        "wrong": 1,
        "empty": 0,
        "loop": 0,
        "unlucky": 1,
        "deadly": "the grading process ended (signal SIGKILL)",
        "odd": "the grader failed: OSError: of ours",
    }
    right = attempts["right"]
    assert (right.exercise, right.submission, right.version) == ("exercise1", "toy.py", "v1")
    assert right.verdict is not None
    assert right.digest == right.verdict.digest == orders[0].submission.digest
    assert right.seed == right.verdict.seed == 7
    assert leftovers() == []


def test_checks_that_cannot_run_are_a_fault(course: Exercise, hand_in: HandIn) -> None:
    course.checks.write_text("nonsense here")
    (fault,) = outcomes(grade_all(hand_in(a=answer("x")), jobs=1)).values()
    assert str(fault).startswith("BrokenGrader: the checks of exercise1 could not run")


@pytest.mark.slow
def test_a_pool_process_that_is_stuck_does_not_stop_the_batch(
    hand_in: HandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "PATIENCE", 0.04)
    monkeypatch.setattr(batch, "TRIES", 1)
    assert outcomes(grade_all(hand_in(a=answer("'get stuck'"), b=answer("x + x")), jobs=1)) == {
        "a": "the grading process was stuck",
        "b": 3,
    }


def test_too_weak_a_sandbox_ends_the_batch_before_anything_is_graded(
    hand_in: HandIn, monkeypatch: pytest.MonkeyPatch, leftovers: Callable[[], list[str]]
) -> None:
    weaker = "from grader.process import Worker; Worker.variants = ('spawned',); "
    monkeypatch.setattr(batch, "_BOOT", weaker + batch._BOOT)
    with pytest.raises(UsageError, match="confined is required; nothing was graded"):
        next(grade_all(hand_in(a=answer("x"), b=answer("x")), jobs=2, require="confined"))
    assert leftovers() == []


def test_no_more_is_taken_than_can_be_graded_at_once(hand_in: HandIn) -> None:
    """So memory does not grow with the class."""
    taken = []

    def orders() -> Iterator[Order]:
        for one in hand_in(**{f"s{n}": "" for n in range(6)}):
            taken.append(one.member)
            yield one

    seen = 0
    for seen, _ in enumerate(grade_all(orders(), jobs=2), 1):
        assert len(taken) <= seen + 1
    assert seen == 6


def test_a_pool_process_is_replaced_before_a_leak_of_anybodys_adds_up(
    hand_in: HandIn, monkeypatch: pytest.MonkeyPatch, leftovers: Callable[[], list[str]]
) -> None:
    monkeypatch.setattr(batch, "LIFE", 1)
    orders = hand_in(a=answer("x + x"), b=answer("x + x"))
    assert outcomes(grade_all(orders, jobs=1)) == {"a": 3, "b": 3}
    assert leftovers() == []


def test_who_stops_listening_leaves_no_process_behind(
    hand_in: HandIn, leftovers: Callable[[], list[str]]
) -> None:
    attempts = grade_all(hand_in(a=answer("x"), b="while True: pass", c=answer("x")), jobs=2)
    assert next(attempts).member == "a"
    attempts.close()
    assert leftovers() == []


def test_a_submission_that_cannot_be_read_scores_nothing_and_says_why(
    course: Exercise, tmp_path: Path
) -> None:
    path = tmp_path / "toy.py"
    path.write_bytes(b"x = '\xe9'")
    orders = [
        order(Found(course, None, "a", path), course, ""),
        order(Found(course, None, "b", tmp_path / "x.zip", problem="x.zip is bad."), course, ""),
        order(Found(course, None, "c", tmp_path / "gone.py"), course, ""),
    ]
    for attempt, why in zip(
        grade_all(orders, jobs=1),
        (
            "toy.py is not UTF-8 text (byte 0xE9 in line 1); save it as UTF-8.",
            "x.zip is bad.",
            "gone.py does not exist; check the name.",
        ),
        strict=True,
    ):
        assert attempt.verdict is not None
        assert (attempt.verdict.score, attempt.verdict.max_score) == (0, 3)
        assert {(c.status, c.message) for c in attempt.verdict.checks} == {(Status.FAILED, why)}
        assert attempt.fault == ""
    assert len({one.submission.digest for one in orders}) == 3


def test_a_submission_that_reads_as_empty_passes_no_check_by_being_unreadable(
    course: Exercise, tmp_path: Path
) -> None:
    """Even a check that an empty file would pass."""
    course.checks.write_text(
        course.checks.read_text() + '@check("double")\ndef test_free(student):\n    """Free."""\n'
    )
    orders = [order(Found(course, None, "a", tmp_path / "gone.py"), course, "")]
    assert outcomes(grade_all(orders, jobs=1)) == {"a": 0}
