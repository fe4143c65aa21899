"""From a submission to a verdict: every status, the diagnosis, the counterexample, determinism."""

from __future__ import annotations

import random
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace

import pytest

from grader.course import Exercise
from grader.errors import BrokenGrader, UsageError
from grader.grading import grade
from grader.pictures import Curve
from grader.process import Worker
from grader.submission import Submission
from grader.verdict import CheckResult, Status, Verdict

Source = Callable[[str], Submission]
Course = Callable[..., Exercise]

CHECKS = '''
@check("double", points=2)
@given(x=arrays((2,)))
def test_twice(student, x):
    """The double of x is x + x."""
    assert_close(student.double(x), x + x)

@check("Counter")
def test_counts(student):
    """A counter counts its own calls."""
    counter = student.Counter()
    assert_equal([counter.add() for _ in range(3)], [1, 2, 3])
'''
COUNTER = """
class Counter:
    def __init__(self): self.n = 0
    def add(self):
        self.n += 1
        return self.n
"""
MISTAKES = """
[[mistake]]
name = "square"
find = "2 * x"
replace = "x * x"
says = "You square x."
hint = "Twice is not squared."
[[mistake]]
name = "by_two"
find = "self.n += 1"
replace = "self.n += 2"
says = "You count by two."
hint = "Look at the step."
"""


def statuses(verdict: Verdict) -> dict[str, str]:
    return {check.id: check.status.value for check in verdict.checks}


def only(verdict: Verdict, name: str) -> CheckResult:
    (result,) = (check for check in verdict.checks if check.id == name)
    return result


def test_a_right_answer_gets_full_marks(
    toy_course: Course, submitted: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Worker, "variants", ("spawned",))
    verdict = grade(toy_course(CHECKS), submitted("def double(x): return x + x" + COUNTER))
    assert statuses(verdict) == {"twice": "passed", "counts": "passed"}
    assert (verdict.score, verdict.max_score, verdict.exit_code) == (3, 3, 0)
    assert verdict.sandbox == "limited"
    assert [check.message for check in verdict.checks] == [None, None]


def test_half_of_the_functions_gets_the_points_of_that_half(
    toy_course: Course, submitted: Source
) -> None:
    verdict = grade(toy_course(CHECKS), submitted(COUNTER))
    assert statuses(verdict) == {"twice": "not_implemented", "counts": "passed"}
    assert (verdict.score, verdict.exit_code) == (1, 1)
    assert only(verdict, "twice").message == "toy.py does not define double."


def test_a_failure_has_the_smallest_input_a_snippet_and_the_mistake_it_equals(
    toy_course: Course, submitted: Source
) -> None:
    exercise = toy_course(CHECKS, MISTAKES)
    verdict = grade(exercise, submitted("def double(x): return x ** 2" + COUNTER))
    result = only(verdict, "twice")
    assert result.status is Status.FAILED
    assert result.diagnosis == "You square x. Twice is not squared."
    assert result.counterexample is not None
    assert "from toy import double" in result.counterexample
    assert "print(double(np.array([0.0, 1.0])))" in result.counterexample
    assert result.message is not None
    assert "expected  [0, 2]" in result.message


def test_a_failure_that_equals_no_mistake_is_not_diagnosed(
    toy_course: Course, submitted: Source
) -> None:
    exercise = toy_course(CHECKS, MISTAKES)
    verdict = grade(exercise, submitted("def double(x): return 3 * x" + COUNTER))
    assert only(verdict, "twice").diagnosis is None


def test_two_mistakes_that_fit_and_say_different_things_are_both_left_unsaid(
    toy_course: Course, submitted: Source
) -> None:
    twin = (
        MISTAKES
        + """
[[mistake]]
name = "power"
find = "2 * x"
replace = "x ** 2"
says = "You raise x to the second power."
hint = "Twice is not squared."
"""
    )
    wrong = submitted("def double(x): return x ** 2" + COUNTER)
    assert only(grade(toy_course(CHECKS, twin), wrong), "twice").diagnosis is None


def test_two_mistakes_that_say_the_same_are_named(toy_course: Course, submitted: Source) -> None:
    twin = (
        MISTAKES
        + """
[[mistake]]
name = "power"
find = "2 * x"
replace = "x ** 2"
says = "You square x."
hint = "Twice is not squared."
"""
    )
    wrong = submitted("def double(x): return x ** 2" + COUNTER)
    diagnosis = only(grade(toy_course(CHECKS, twin), wrong), "twice").diagnosis
    assert diagnosis == "You square x. Twice is not squared."


def test_a_mistake_that_hangs_does_not_hang_the_diagnosis(
    toy_course: Course, submitted: Source
) -> None:
    hanging = (
        MISTAKES
        + """
[[mistake]]
name = "loop"
find = "return 2 * x"
replace = "while True: pass"
says = "You loop for ever."
hint = "Stop."
"""
    )
    wrong = submitted("def double(x): return x ** 2" + COUNTER)
    assert only(grade(toy_course(CHECKS, hanging), wrong), "twice").diagnosis is not None


HOSTILE = {
    "hangs": ("def double(x):\n    while True: pass", "timeout"),
    "exits": ("import os\ndef double(x): os._exit(0)", "crashed"),
    "raises": ("def double(x): raise RuntimeError('no')", "failed"),
    "returns nothing": ("def double(x): pass", "failed"),
    "returns NaN": ("def double(x): return x * float('nan')", "failed"),
    "returns text": ("def double(x): return 'all right'", "failed"),
    "returns a list of text": ("def double(x): return ['2', '4']", "failed"),
    "broadcasts": ("def double(x): return x[:1] * 2 if len(set(x)) == 1 else x[:1]", "failed"),
    "lies with an object": (
        """
        class Liar:
            __array_priority__ = 1e9
            shape = (2,)
            def __eq__(self, other): return True
            def __array__(self, *a, **k): return None
            def __getattr__(self, name): return lambda *a, **k: self
        def double(x): return Liar()
        """,
        "failed",
    ),
    "lies with a subclass": (
        """
        import numpy as np
        class Liar(np.ndarray):
            def __eq__(self, other): return np.True_
            def __array_function__(self, *a, **k): return True
            def __array_ufunc__(self, *a, **k): return np.zeros(())
        def double(x): return np.zeros(2).view(Liar)
        """,
        "failed",
    ),
    "patches the testers": (
        """
        import numpy as np, numpy.testing, builtins
        np.allclose = np.testing.assert_allclose = lambda *a, **k: True
        np.array_equal = lambda *a, **k: True
        builtins.abs = builtins.max = lambda *a: 0
        def double(x): return x
        """,
        "failed",
    ),
    "answers at random": (
        "import time\ndef double(x): return x * (time.monotonic_ns() % 97)",
        "failed",
    ),
    "remembers": (
        """
        calls = []
        def double(x):
            calls.append(1)
            return x * 2 if len(calls) < 10 else x
        """,
        "failed",
    ),
}


@pytest.mark.parametrize(("source", "status"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_function_that_misbehaves_loses_its_own_points_only(
    toy_course: Course, submitted: Source, source: str, status: str
) -> None:
    verdict = grade(toy_course(CHECKS, MISTAKES), submitted(textwrap.dedent(source) + COUNTER))
    assert statuses(verdict) == {"twice": status, "counts": "passed"}
    assert (verdict.score, verdict.exit_code) == (1, 1)
    assert only(verdict, "twice").message


def test_patching_what_the_worker_itself_stands_on_gives_nothing(
    toy_course: Course, submitted: Source
) -> None:
    patch = "import builtins\nbuiltins.isinstance = lambda *a: True\ndef double(x): return x\n"
    verdict = grade(toy_course(CHECKS), submitted(patch + COUNTER))
    assert verdict.score == 0
    assert not verdict.broken


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("import os; os._exit(0)", "crashed"),
        ("raise RuntimeError('at import')", "failed"),
        ("def double(x: return", "failed"),
        ("while True: pass", "timeout"),
        ("import sys; sys.exit(0)", "failed"),
    ],
)
def test_a_file_that_does_not_load_gets_nothing(
    toy_course: Course, submitted: Source, source: str, status: str
) -> None:
    verdict = grade(toy_course(CHECKS), submitted(source + "\n" + COUNTER))
    assert set(statuses(verdict).values()) == {status}
    assert (verdict.score, verdict.exit_code) == (0, 1)


@pytest.mark.parametrize(
    "bug",
    [
        "import a_module_that_is_not_there",
        "1 + 'a text'; student.double(1)",
        "assert 1 == 2; student.double(1)",
    ],
)
def test_a_bug_in_a_check_is_a_grader_error_that_scores_nothing(
    toy_course: Course, submitted: Source, bug: str
) -> None:
    checks = f'''{CHECKS}
@check("double")
def test_bug(student):
    """This check fails by itself, before it has asked the learner's code anything."""
    {bug}
'''
    verdict = grade(toy_course(checks), submitted("def double(x): return 2 * x" + COUNTER))
    assert statuses(verdict)["bug"] == "grader_error"
    assert verdict.exit_code == 3
    assert only(verdict, "bug").points == 0


@pytest.mark.parametrize(
    ("solution", "status", "message"),
    [
        ("def double(x):\n    x *= 2\n    return x", "passed", None),
        ("def double(x): return x.twice", "grader_error", "the solution failed: double raised"),
        ("def double(x): return [x, x][2]", "grader_error", "the solution failed: double raised"),
        ("def half(x): return x / 2", "grader_error", "does not define double"),
        ("raise OSError('lost')", "grader_error", "the solution failed: loading toy.py raised"),
    ],
)
def test_the_solution_answers_in_this_process_and_its_failure_is_not_the_learners(
    toy_course: Course, submitted: Source, solution: str, status: str, message: str | None
) -> None:
    exercise = toy_course(CHECKS, solution=solution)
    assert exercise.solution_folder is not None
    (exercise.solution_folder / "hidden_checks.py").write_text(
        textwrap.dedent('''
            """Hidden checks."""
            import numpy as np
            from grader.checking import *

            @check("double", hidden=True)
            def test_as_the_solution(student, reference):
                """What is given to the solution stays as it is."""
                x = np.array([1.0, 2.0])
                twice = reference.double(x)
                assert_close(student.double(x), twice)
                assert_close(x, [1.0, 2.0])
        ''')
    )
    before = sys.stdout, sys.getrecursionlimit(), random.getstate()
    verdict = grade(exercise, submitted("def double(x): return 2 * x" + COUNTER))
    assert (sys.stdout, sys.getrecursionlimit(), random.getstate()) == before
    found = only(verdict, "as_the_solution")
    assert found.status.value == status
    assert (message or "") in (found.message or "")


def test_checks_that_cannot_be_collected_are_the_graders_failure(
    toy_course: Course, submitted: Source
) -> None:
    with pytest.raises(BrokenGrader, match="NameError"):
        grade(toy_course("nonsense"), submitted(COUNTER))


def test_an_exercise_without_checks_is_the_graders_failure(
    toy_course: Course, submitted: Source
) -> None:
    with pytest.raises(BrokenGrader, match="could not run"):
        grade(toy_course(""), submitted(COUNTER))


def test_a_skipped_check_counts_for_nothing_and_says_why(
    toy_course: Course, submitted: Source
) -> None:
    checks = (
        CHECKS
        + '''
@check("double")
def test_device(student):
    """On a device."""
    import pytest
    pytest.skip("there is no device here")
'''
    )
    verdict = grade(toy_course(checks), submitted("def double(x): return 2 * x" + COUNTER))
    assert only(verdict, "device").message == "there is no device here"
    assert (verdict.score, verdict.max_score, verdict.exit_code) == (3, 3, 0)


def test_the_same_seed_gives_the_same_document(toy_course: Course, submitted: Source) -> None:
    exercise = toy_course(CHECKS, MISTAKES)
    wrong = submitted("def double(x): return x * x + (x > 1)" + COUNTER)

    def document(seed: int) -> dict[str, object]:
        verdict = grade(exercise, wrong, seed=seed)
        timeless = tuple(replace(check, seconds=0.0) for check in verdict.checks)
        return replace(verdict, checks=timeless, seconds=0.0).to_dict()

    assert document(1) == document(1)


def test_the_seed_reaches_the_checks(toy_course: Course, submitted: Source) -> None:
    checks = '''
@check("double")
def test_draw(student, rng):
    """Draws."""
    fail(str(rng.random()))

@check("double")
@given(x=arrays((2,)), examples=3)
def test_examples(student, x):
    """Draws examples."""
    student.double(x)
    assert abs(x).max() < 1e-3, "drawn"
'''
    exercise = toy_course(checks)
    answer = submitted("def double(x): return 2 * x" + COUNTER)
    messages = {only(grade(exercise, answer, seed=seed), "draw").message for seed in (0, 1)}
    assert len(messages) == 2


def test_a_tier_that_is_not_there_is_refused(
    toy_course: Course, submitted: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Worker, "variants", ("spawned",))
    with pytest.raises(UsageError, match="confined is required"):
        grade(toy_course(CHECKS), submitted(COUNTER), require="confined")


def test_no_process_and_no_folder_is_left(
    toy_course: Course,
    submitted: Source,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    leftovers: Callable[[], list[str]],
) -> None:
    import tempfile

    scratch = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    grade(toy_course(CHECKS, MISTAKES), submitted("def double(x): return x * x" + COUNTER))
    assert list(scratch.iterdir()) == []
    assert leftovers() == []


def test_a_wrong_answer_that_is_too_slow_to_shrink_is_wrong_and_not_late(
    toy_course: Course, submitted: Source
) -> None:
    slow = """
import time
def double(x):
    end = time.process_time() + 0.05
    while time.process_time() < end: pass
    return x
"""
    result = only(grade(toy_course(CHECKS, MISTAKES), submitted(slow + COUNTER)), "twice")
    assert result.status is Status.FAILED
    assert result.message is not None
    assert "expected" in result.message
    assert result.counterexample is not None


def test_what_is_to_come_first_is_heard_first_and_the_verdict_keeps_its_order(
    toy_course: Course, submitted: Source
) -> None:
    exercise, source = toy_course(CHECKS), submitted("def double(x): return x + x" + COUNTER)
    heard: list[str] = []
    verdict = grade(
        exercise, source, first={"counts", "gone"}, heard=lambda check: heard.append(check.id)
    )
    assert heard == ["counts", "twice"]
    assert list(statuses(verdict)) == ["twice", "counts"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, type("Stop", (KeyboardInterrupt,), {})])
def test_an_interrupt_ends_the_grading_and_its_processes(
    toy_course: Course,
    submitted: Source,
    leftovers: Callable[[], list[str]],
    stop: type[KeyboardInterrupt],
) -> None:
    def heard(_: CheckResult) -> None:
        raise stop

    with pytest.raises(stop):
        grade(toy_course(CHECKS), submitted("def double(x): return x + x" + COUNTER), heard=heard)
    assert leftovers() == []


def test_a_check_leaves_the_pictures_of_its_training_runs(
    toy_course: Course, submitted: Source
) -> None:
    checks = '''
    @check("double")
    def test_runs(student):
        """Six runs, of which the last four are kept."""
        for n in range(6):
            assert_same_run([student.double(float(n)), 1.0], [2.0 * n, 1.0], name=f"run {n}")

    @check("double")
    @given(x=st.integers(0, 50))
    def test_property(student, x):
        """Of a property, the example that failed."""
        assert_same_run([student.double(x)], [min(2 * x, 60)], name=f"x = {x}")

    @check("double")
    def test_nothing(student):
        """A check without a run has no curve."""
        student.double(1)
    '''
    verdict = grade(toy_course(checks), submitted("def double(x): return x + x"))
    assert statuses(verdict) == {"runs": "passed", "property": "failed", "nothing": "passed"}
    runs, prop, nothing = verdict.checks
    assert [curve.name for curve in runs.pictures] == ["run 2", "run 3", "run 4", "run 5"]
    assert prop.pictures == (Curve("x = 31", (62.0,), (60.0,)),)
    assert nothing.pictures == ()
    assert Verdict.from_json(verdict.to_json()) == verdict
