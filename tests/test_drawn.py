"""Inputs drawn once: a submission's verdict is the same, whoever was graded before it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from grader import drawn
from grader.course import Exercise, load_exercises
from grader.grading import examine
from grader.submission import Submission, read_submission
from grader.turns import CPUS
from grader.verdict import CheckResult, Status

Course = Callable[..., Exercise]
Source = Callable[[str], Submission]

CHECKS = '''
drawing = []

@check("double")
@given(x=arrays((2,)).map(lambda x: drawing.append(1) or x), examples=20)
def test_twice(student, x):
    """The double of x is x + x."""
    twice = x + x
    x[:] = student.double(x)
    assert_close(x, twice)

@check("Counter")
def test_draws_made(student):
    """Some twenty draws were made for this submission, or none."""
    assert_equal(student.Counter().add(), 0 if drawing else 1)
'''
WRONG = {
    "for large numbers": "def double(x): return np.where(x > 1.5, x, x + x)",
    "always": "def double(x): return x",
    "of a wrong shape": "def double(x): return 2 * x[:1]",
    "after some calls": """
        calls = []
        def double(x):
            calls.append(1)
            return x * 2 if len(calls) < 12 else x
        """,
    "for some calls, over reloads": """
        import builtins
        builtins.calls = getattr(builtins, "calls", 0)
        def double(x):
            builtins.calls += 1
            return x if builtins.calls < 10 else 2 * x
        """,
    "by a loop for ever": "def double(x):\n    while x[0] > 0.5: pass\n    return 2 * x",
    "by an exception": "def double(x):\n    if x[1] < 0: raise ValueError(x)\n    return 2 * x",
    "by its process's end": """
        import os
        def double(x):
            if x[0] < -1: os._exit(0)
            return 2 * x
        """,
}

ROOT = Path(__file__).parents[1]
WITHOUT_GPU = [each for each in load_exercises(ROOT) if "gpu" not in each.requires]


@pytest.fixture(autouse=True)
def _nothing_drawn() -> Iterator[None]:
    drawn._drawn.clear()
    yield
    drawn._drawn.clear()


def results(exercise: Exercise, submission: Submission, **how: bool) -> list[CheckResult]:
    """Grade and forget the times."""
    seen = examine(exercise, submission, **how).results  # type: ignore[arg-type]  # mypy guesses
    return [replace(result, seconds=0.0) for result in seen]


def test_the_second_submission_passes_without_a_draw(toy_course: Course) -> None:
    exercise = toy_course(CHECKS)
    assert exercise.solution is not None
    right = read_submission(exercise.solution, exercise.file)
    twice, draws_made = results(exercise, right)
    assert (twice.status, draws_made.status) == (Status.PASSED, Status.FAILED)
    twice, draws_made = results(exercise, right)
    assert (twice.status, draws_made.status) == (Status.PASSED, Status.PASSED)


@pytest.mark.parametrize("hasty", [False, True])
@pytest.mark.parametrize("source", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_answer_fails_alike_after_a_right_one(
    toy_course: Course, submitted: Source, source: str, *, hasty: bool
) -> None:
    exercise = toy_course(CHECKS.partition('@check("Counter")')[0])
    assert exercise.solution is not None
    wrong = submitted("import numpy as np\n" + textwrap.dedent(source))
    first = results(exercise, wrong, hasty=hasty)
    assert first[0].status is not Status.PASSED
    assert (
        results(exercise, read_submission(exercise.solution, exercise.file))[0].status
        is Status.PASSED
    )
    assert len(drawn._drawn) == 1
    assert results(exercise, wrong, hasty=hasty) == first


# Drawn ahead

two_cpus = pytest.mark.skipif(
    sys.platform != "linux" or len(CPUS) < 2, reason="nothing is drawn ahead on a single CPU"
)


@two_cpus
def test_drawn_ahead_is_what_would_have_been_drawn(toy_course: Course) -> None:
    exercise = toy_course(CHECKS)
    assert exercise.solution is not None
    right = read_submission(exercise.solution, exercise.file)
    examine(exercise, right)
    here = pickle.dumps(drawn._drawn)
    drawn._drawn.clear()
    twice, draws_made = results(exercise, right, ahead=True)
    assert (twice.status, draws_made.status) == (Status.PASSED, Status.PASSED)
    assert pickle.dumps(drawn._drawn) == here


@two_cpus
@pytest.mark.slow
@pytest.mark.parametrize("exercise", WITHOUT_GPU, ids=lambda each: each.id)
def test_drawn_ahead_are_the_inputs_that_a_right_answer_meets(exercise: Exercise) -> None:
    assert exercise.solution is not None
    examine(exercise, read_submission(exercise.solution, exercise.file))
    here = {key: pickle.dumps(inputs) for key, inputs in drawn._drawn.items()}
    drawn._drawn.clear()
    examine(exercise, read_submission(exercise.stub, exercise.file), ahead=True)
    assert {key: pickle.dumps(inputs) for key, inputs in drawn._drawn.items()} == here


@pytest.mark.parametrize("source", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_answer_fails_alike_on_what_was_drawn_ahead(
    toy_course: Course, submitted: Source, source: str
) -> None:
    exercise = toy_course(CHECKS.partition('@check("Counter")')[0])
    wrong = submitted("import numpy as np\n" + textwrap.dedent(source))
    first = results(exercise, wrong)
    drawn._drawn.clear()
    assert results(exercise, wrong, ahead=True) == first


@pytest.mark.parametrize(
    "strategy",
    [
        "st.just(lambda: 3.0)",
        "st.builds(Stubborn)",
        "st.nothing()",
        "st.builds(lambda: 1 / 0)",
        "st.builds(lambda: __import__('os')._exit(5) if __import__('os').getpid() != HERE else 3)",
    ],
    ids=[
        "what cannot cross",
        "what does not arrive",
        "nothing",
        "an error",
        "the end of the other process",
    ],
)
def test_what_cannot_be_drawn_ahead_is_drawn_here(
    toy_course: Course, leftovers: Callable[[], list[str]], strategy: str
) -> None:
    checks = f"""
import os
HERE = os.getpid()

class Stubborn:
    def __reduce__(self):
        return __import__, ("a_module_that_is_not_there",)

@check("double")
@given(f={strategy})
def test_three(student, f):
    "Twice 3 is 6."
    assert_close(student.double(3.0), 6.0)
"""
    exercise = toy_course(checks + CHECKS)
    assert exercise.solution is not None
    right = read_submission(exercise.solution, exercise.file)
    first = results(exercise, right)
    drawn._drawn.clear()
    assert results(exercise, right, ahead=True)[:2] == first[:2]
    assert first[1].status is Status.PASSED
    assert leftovers() == []


DIE_EARLY = """\
import os
from grader.ahead import Ahead
from grader.checking import given
from hypothesis import strategies as st

@given(x=st.builds(lambda: "more than a pipe holds" * 10_000))
def test_large(student, x):
    pass

print(Ahead([("large", test_large)]).pid, flush=True)
os.kill(os.getpid(), 9)
"""


@two_cpus
def test_the_second_process_does_not_outlive_the_first() -> None:
    words = [sys.executable, "-c", DIE_EARLY]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as first:  # noqa: S603 - our own interpreter
        assert first.stdout is not None
        drawing = int(first.stdout.readline())
    assert first.returncode == -9
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and Path(f"/proc/{drawing}/stat").exists():
        if Path(f"/proc/{drawing}/stat").read_text().split()[2] == "Z":
            break  # whoever inherits it has not looked yet
        time.sleep(0.05)
    assert time.monotonic() < deadline


def test_without_room_for_a_process_everything_is_drawn_here(
    toy_course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fork() -> int:
        raise BlockingIOError

    exercise = toy_course(CHECKS)
    assert exercise.solution is not None
    monkeypatch.setattr(os, "fork", fork)
    right = read_submission(exercise.solution, exercise.file)
    twice, draws_made = results(exercise, right, ahead=True)
    assert (twice.status, draws_made.status) == (Status.PASSED, Status.FAILED)


def test_other_checks_and_other_seeds_draw_anew(toy_course: Course) -> None:
    exercise = toy_course(CHECKS)
    assert exercise.solution is not None
    right = read_submission(exercise.solution, exercise.file)
    examine(exercise, right)
    examine(exercise, right, seed=1)
    exercise.checks.write_text(exercise.checks.read_text().replace("examples=20", "examples=21"))
    examine(exercise, right)
    assert [len(inputs) for inputs in drawn._drawn.values()] == [20, 20, 21]


def test_memory_stays_within_bounds(toy_course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn, "MOST", 2)
    exercise = toy_course(CHECKS)
    assert exercise.solution is not None
    for seed in range(5):
        examine(exercise, read_submission(exercise.solution, exercise.file), seed=seed)
    assert len(drawn._drawn) == 1


@pytest.mark.parametrize("hasty", [False, True])
def test_a_check_may_set_inputs_aside(toy_course: Course, *, hasty: bool) -> None:
    assuming = CHECKS.partition('@check("Counter")')[0].replace(
        "    twice =", "    import hypothesis\n    hypothesis.assume(x[0] >= 0)\n    twice ="
    )
    exercise = toy_course(assuming)
    assert exercise.solution is not None
    right = read_submission(exercise.solution, exercise.file)
    for _ in range(3):
        assert results(exercise, right, hasty=hasty)[0].status is Status.PASSED
