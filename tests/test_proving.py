"""`grade verify`: a sound exercise is proved, and each way of being unsound is found."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course import Exercise
from grader.errors import CourseError
from grader.proving import Outcome, Proof, Task, carry_out, judge, plan

Course = Callable[..., Exercise]

CHECKS = '''
@check("double", points=2)
@given(x=arrays((2,)), examples=5)
def test_twice(student, x):
    """The double of x is x + x."""
    assert_close(student.double(x), x + x)

@check("Counter")
def test_counts(student):
    """A counter counts its own calls."""
    counter = student.Counter()
    assert_equal([counter.add() for _ in range(3)], [1, 2, 3])
'''
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
WITHOUT_MUTANTS = {"stub", "right", "mistake"}
HARMLESS = """
[[mistake]]
name = "harmless"
find = "2 * x"
replace = "x * 2"
says = "You turn the product round."
hint = "Nothing is wrong with that."
"""


@pytest.fixture
def proof(toy_course: Course) -> Callable[..., Proof]:
    """Prove a toy exercise, in this process."""

    def prove(
        checks: str = CHECKS,
        mistakes: str = MISTAKES,
        *,
        reasons: str = "",
        stub: str = "",
        quick: bool = False,
        only: str = "",
        **files: str,
    ) -> Proof:
        exercise = toy_course(checks, mistakes, **files)
        assert exercise.solution is not None
        if reasons:
            (exercise.solution.parent / "reasons.toml").write_text(reasons)
        if stub:
            exercise.stub.write_text(stub)
        tasks = plan(exercise, seeds=2, quick=quick)
        if only:
            tasks = tuple(task for task in tasks if task.kind in ("stub", *only.split()))
        return judge(exercise, [carry_out(task) for task in tasks])

    return prove


def test_a_sound_exercise_is_proved(proof: Callable[..., Proof]) -> None:
    found = proof()
    assert found.faults == ()
    assert found.checks == ("twice", "counts")
    right, wrong = found.margins["twice"]
    assert right < 0.01
    assert wrong > 1e6
    assert len(found.of("mutant")) > 5
    assert all(outcome.failed for outcome in found.of("mutant"))
    assert [set(outcome.named) for outcome in found.of("mistake")] == [{"twice"}, {"counts"}]


def test_a_right_answer_that_fails_is_a_fault(proof: Callable[..., Proof]) -> None:
    (*_, fault) = proof(CHECKS.replace("x + x", "x + x + 1"), quick=True).faults
    assert fault.startswith("toy.py is right and fails twice with seed 0: failed: result")


def test_a_stub_that_has_something_to_show_is_a_fault(proof: Callable[..., Proof]) -> None:
    stub = "def double(x):\n    return 2 * x\nclass Counter:\n    pass\n"
    faults = proof(stub=stub, quick=True).faults
    assert "the stub's twice is passed" in faults
    assert any(fault.startswith("the stub's counts is failed") for fault in faults)


@pytest.mark.parametrize("quick", [True, False])
def test_a_mistake_that_passes_is_a_fault(proof: Callable[..., Proof], quick: bool) -> None:
    only = "caught" if quick else "mistake"
    faults = proof(mistakes=MISTAKES + HARMLESS, quick=quick, only=only).faults
    assert "the mistake harmless passes every check" in faults


def test_a_check_that_rejects_no_mistake_is_a_fault(proof: Callable[..., Proof]) -> None:
    only_square = MISTAKES[: MISTAKES.rindex("[[mistake]]")]
    assert (
        "no listed mistake fails the check counts"
        in proof(mistakes=only_square, only="mistake").faults
    )


def test_two_mistakes_that_cannot_be_told_apart_are_unnamed(proof: Callable[..., Proof]) -> None:
    twin = """
[[mistake]]
name = "power"
find = "2 * x"
replace = "x ** 2"
says = "You take a power."
hint = "Twice is not squared."
"""
    (fault,) = proof(mistakes=MISTAKES + twin, only="mistake").faults
    assert fault == "too many mistakes are caught and not named: square, power"


@pytest.mark.slow
def test_a_mutant_that_survives_needs_a_reason(proof: Callable[..., Proof]) -> None:
    blind = CHECKS.replace("x + x)", "x + x, atol=10.0)")
    faults = proof(blind, only="mutant").faults
    assert any("the mutant “double: 2 → 3”" in fault for fault in faults)
    assert not any("self.n" in fault for fault in faults), "those are killed"


@pytest.mark.slow
def test_a_reason_excuses_an_equivalent_mutant_and_no_other(proof: Callable[..., Proof]) -> None:
    solution = """
        class Counter:
            n = 0
            def add(self):
                self.n += 1
                return self.n
        def double(x):
            return 2 * x if x.size > 0 else x
    """
    name = '"double: x.size > 0 → x.size >= 0"'
    reasons = f"""
[equivalent]
{name} = "Twice nothing is nothing."
"double: 2 → 99" = "There is no such mutant."
"""
    faults = proof(solution=solution, reasons=reasons, only="mutant").faults
    assert not any("x.size >= 0" in fault for fault in faults)
    assert "reasons.toml excuses “double: 2 → 99”, which is no mutant that passes" in faults


def test_a_narrow_margin_needs_a_reason(toy_course: Course) -> None:
    exercise = toy_course(CHECKS, MISTAKES)
    outcomes = [carry_out(task) for task in plan(exercise, 1) if task.kind in WITHOUT_MUTANTS]
    narrow = [
        replace(outcome, margins={"twice": 30.0}) if outcome.task.name == "square" else outcome
        for outcome in outcomes
    ]
    assert judge(exercise, outcomes).faults == ()
    (fault,) = judge(exercise, narrow).faults
    assert fault.startswith("twice: right answers come to 0 of the tolerance and wrong ones to 3")
    assert exercise.solution is not None
    (exercise.solution.parent / "reasons.toml").write_text('[margin]\ntwice = "Why not."\n')
    assert judge(exercise, narrow).faults == ()


def test_a_costly_grading_is_a_fault(toy_course: Course) -> None:
    exercise = toy_course(CHECKS, MISTAKES)
    outcomes = [carry_out(task) for task in plan(exercise, 1, quick=True)]
    (right,) = (outcome for outcome in outcomes if outcome.task.kind == "right")
    assert 0.0 < right.cpu_seconds < 4.0
    (fault,) = judge(exercise, [*outcomes, replace(right, cpu_seconds=4.2)]).faults
    assert fault == "grading toy.py takes 4.2 s of CPU time, above 4 s"


def test_a_margin_s_reason_for_no_check_is_a_fault(proof: Callable[..., Proof]) -> None:
    (fault,) = proof(reasons='[margin]\nthrice = "There is none."', quick=True).faults
    assert fault == "reasons.toml gives a margin's reason for thrice, which is no check"


def test_a_misdiagnosis_is_a_fault(toy_course: Course) -> None:
    exercise = toy_course(CHECKS, MISTAKES)
    outcomes = [carry_out(task) for task in plan(exercise, 1) if task.kind in WITHOUT_MUTANTS]
    mixed = [
        replace(outcome, named={"twice": "You count by two. Look at the step."})
        if outcome.task.kind == "mistake" and outcome.task.name == "square"
        else outcome
        for outcome in outcomes
    ]
    (fault,) = judge(exercise, mixed).faults
    assert fault.startswith("the mistake square is taken for another in twice: You count by two.")


def test_two_gradings_that_differ_are_a_fault(proof: Callable[..., Proof]) -> None:
    name = "name=__import__('os').urandom(4).hex()"
    moody = CHECKS.replace("x + x)", f"x + x, {name})")
    assert "square: two gradings of it differ" in proof(moody, only="mistake again").faults


def test_a_check_that_breaks_is_a_fault(proof: Callable[..., Proof]) -> None:
    faults = proof(
        CHECKS.replace("    counter =", "    raise OSError\n    counter ="), quick=True
    ).faults
    assert any(fault.startswith("by_two breaks the check counts: grader_error") for fault in faults)


def test_a_course_without_solutions_has_nothing_to_prove(toy_course: Course) -> None:
    exercise = toy_course(CHECKS)
    assert exercise.solution is not None
    exercise.solution.unlink()
    with pytest.raises(CourseError, match="nothing to prove"):
        plan(exercise, 1)


def test_an_outcome_crosses_to_another_process() -> None:
    import pickle

    outcome = Outcome(Task(Path("course"), "exercise1", "stub", "a.py"), ("a",), {"a": "failed: b"})
    assert pickle.loads(pickle.dumps(outcome)) == outcome  # noqa: S301 - our own record


@pytest.mark.slow
def test_the_command_prints_the_matrix_and_ends_with_1_where_a_fault_is(toy_course: Course) -> None:
    exercise = toy_course(CHECKS, MISTAKES + HARMLESS)
    command = [sys.executable, "-c", "from grader.cli import program; program()", "verify", "toy"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, "--seeds", "1", "--margins"],
        cwd=exercise.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "●·  square\n" in done.stdout
    assert "··  harmless\n" in done.stdout
    assert "exercise1: the mistake harmless passes every check\n" in done.stdout


IDLE_POOL = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from grader.proving import end_with_parent

if __name__ == "__main__":
    pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=end_with_parent)
    print(pool.submit(os.getpid).result(), flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="where processes are listed in /proc")
def test_a_pools_process_ends_with_the_one_that_started_it(tmp_path: Path) -> None:
    (tmp_path / "idle.py").write_text(IDLE_POOL)
    command = [sys.executable, "idle.py"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as pool:  # noqa: S603
        assert pool.stdout is not None
        status = Path("/proc") / pool.stdout.readline().strip() / "status"
        assert "python" in status.read_text()
        pool.kill()
    deadline = time.monotonic() + 10
    # Whoever inherits it may be slow to let it go.
    while status.exists() and "zombie" not in status.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_other_seeds_run_the_checks_that_draw(toy_course: Course) -> None:
    drawing = '''
@check("double")
def test_drawn(student, rng):
    """Twice what was drawn."""
    x = rng.random()
    assert_close(student.double(x), x + x)
'''
    exercise = toy_course(CHECKS + drawing)
    runs = [carry_out(task).checks for task in plan(exercise, 2) if task.kind == "right"]
    assert runs == [("twice", "counts", "drawn"), ("twice", "drawn")]
