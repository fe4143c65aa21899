"""Checks on a GPU: skipped with a reason where there is none, and what moves arrays there and back.

No test here imitates a device. NumPy in CuPy's place tests our own walk over values, no more.
"""

from __future__ import annotations

import json
import shutil
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from grader.checking import assert_on_gpu
from grader.course import Exercise, Limits, find_course, find_exercise, load_exercises
from grader.errors import LearnerRaised, Mismatch, UsageError
from grader.gpu import Gpu, NoGpu, over_leaves, strided
from grader.grading import examine, grade
from grader.local import DebugSession
from grader.process import Worker, find_gpu
from grader.proving import carry_out, judge, plan
from grader.session import Session
from grader.student import CallReport, Student
from grader.submission import Submission, read_submission
from grader.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Course = Callable[..., Exercise]
    Behind = Callable[[Student], Session]
    Typed = Callable[..., tuple[int, str, str]]

ON_GPU = [exercise.id for exercise in load_exercises(find_course()) if "gpu" in exercise.requires]
CHECKS = '''
@check("double", points=2)
def test_twice(student):
    """The double of 3 is 6."""
    assert_equal(student.double(3), 6)

@check("double", points=5)
def test_twice_there(gpu):
    """On a GPU: the double of 3 is 6."""
    assert_equal(gpu.double(3), 6)
    assert_on_gpu(gpu)

@check("Counter")
def test_counts(student):
    """A counter counts its own calls."""
    assert_equal(student.Counter().add(), 1)
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


@pytest.fixture(scope="session")
def missing() -> str:
    """Why there is no GPU here; skips a test of what happens without one where there is one."""
    _, why = find_gpu()
    if not why:
        pytest.skip("this machine has a GPU, and the test is of machines without")
    return why


@pytest.fixture(scope="session")
def device() -> dict[str, str]:
    """What GPU there is; skips a test that needs one where there is none."""
    found, why = find_gpu()
    if why:
        pytest.skip(f"there is no GPU here: {why}")
    return found


# Without a GPU


def test_a_check_on_a_gpu_is_skipped_with_the_reason_and_costs_no_points(
    toy_course: Course, missing: str
) -> None:
    exercise = toy_course(CHECKS)
    assert exercise.solution is not None
    verdict = grade(exercise, read_submission(exercise.solution, exercise.file))
    (skipped,) = [check for check in verdict.checks if check.status is Status.SKIPPED]
    assert skipped.id == "twice_there"
    assert skipped.message == f"there is no GPU here: {missing}"
    assert (verdict.score, verdict.max_score, verdict.exit_code) == (3, 3, 0)


def test_a_learner_cannot_skip_the_checks_on_a_gpu(toy_course: Course, missing: str) -> None:
    exercise = toy_course(CHECKS)
    source = "class NoGpu(Exception):\n    pass\nraise NoGpu('nothing to see')\n"
    exercise.stub.write_text(source)
    verdict = grade(exercise, read_submission(exercise.stub, exercise.file))
    reasons = {check.message for check in verdict.checks if check.status is Status.SKIPPED}
    assert reasons == {f"there is no GPU here: {missing}"}
    assert verdict.exit_code == 1


def test_the_sandbox_is_that_of_the_checks_that_ran(toy_course: Course, missing: str) -> None:
    exercise = toy_course(CHECKS)
    submission = read_submission(exercise.stub, exercise.file)
    run = examine(exercise, submission)
    assert missing
    assert run.tier == run.session.tier


@pytest.mark.parametrize("require", ["limited", "confined"])
def test_an_exercise_that_runs_on_a_gpu_is_refused_where_walls_are_required(
    toy_course: Course, require: str
) -> None:
    exercise = toy_course(CHECKS)
    toml = exercise.folder / "exercise.toml"
    toml.write_text('requires = ["gpu"]\n' + toml.read_text())
    exercise = find_exercise(exercise.folder.parents[1], exercise.id)
    submission = read_submission(exercise.stub, exercise.file)
    with pytest.raises(UsageError, match=f"exercise1 runs on a GPU, which no {require} process"):
        grade(exercise, submission, require=require)


def test_a_check_on_a_gpu_is_left_out_where_walls_are_required(toy_course: Course) -> None:
    exercise = toy_course(CHECKS)
    submission = read_submission(exercise.stub, exercise.file)
    verdict = grade(exercise, submission, require="limited")
    (skipped,) = [check for check in verdict.checks if check.status is Status.SKIPPED]
    assert skipped.message == "a process that reaches a GPU is not limited, as this grading asks"


def test_a_proof_says_what_was_not_graded_here_and_finds_no_fault_in_it(
    toy_course: Course, missing: str
) -> None:
    exercise = toy_course(CHECKS, MISTAKES)
    tasks = [task for task in plan(exercise, 1) if task.kind != "mutant"]
    proof = judge(exercise, [carry_out(task) for task in tasks])
    assert proof.checks == ("twice", "counts")
    assert proof.ungraded == (f"there is no GPU here: {missing}",)
    assert proof.faults == ()


def test_nothing_is_tried_of_an_exercise_that_runs_on_a_gpu(
    toy_course: Course, missing: str
) -> None:
    only = CHECKS[: CHECKS.rindex("@check")].replace("test_twice(student)", "test_twice(gpu)")
    exercise = toy_course(only.replace("student.", "gpu."), MISTAKES)
    toml = exercise.folder / "exercise.toml"
    toml.write_text('requires = ["gpu"]\n' + toml.read_text())
    exercise = find_exercise(exercise.folder.parents[1], exercise.id)
    (task,) = plan(exercise, 10)
    proof = judge(exercise, [carry_out(task)])
    assert (task.kind, proof.checks, proof.faults) == ("stub", (), ())
    assert proof.ungraded == (f"there is no GPU here: {missing}",)


@pytest.mark.parametrize("name", ON_GPU)
def test_the_command_ends_well_and_says_why_nothing_was_graded(
    name: str, missing: str, typed: Typed, tmp_path: Path
) -> None:
    exercise = find_exercise(find_course(), name)
    own = shutil.copy(exercise.stub, tmp_path)
    code, shown, beside = typed(name, own)
    assert (code, beside) == (0, "")
    assert "Nothing could be graded here." in shown
    assert missing in " ".join(shown.split())
    code, shown, _ = typed(name, own, "--json")
    document = json.loads(shown)
    assert (code, document["score"], document["max_score"]) == (0, 0, 0)
    assert {check["status"] for check in document["checks"]} == {"skipped"}
    reason = f"there is no GPU here: {missing}"
    assert {check["message"] for check in document["checks"]} == {reason}


def test_the_map_marks_them_as_optional_and_does_not_count_them(typed: Typed) -> None:
    exercises = load_exercises(find_course())
    numbered = [exercise for exercise in exercises if exercise.number is not None]
    assert len(numbered) < len(exercises)
    shown = typed("list")[1]
    assert "kernels, optional" in shown
    assert f" of {len(numbered)} done" in shown


def test_doctor_says_why_there_is_none(missing: str, typed: Typed) -> None:
    assert missing in " ".join(typed("doctor")[1].split())


def test_cupy_without_a_driver_is_no_gpu(tmp_path: Path) -> None:
    """A module that imports and finds no driver, as CuPy's does, is told from a missing one."""
    (tmp_path / "cupy.py").write_text(
        "class runtime:\n"
        "    def getDeviceCount():\n"
        "        raise RuntimeError('cudaErrorInsufficientDriver:\\n too old')\n"
        "class cuda:\n"
        "    runtime = runtime\n"
    )
    sys.path.insert(0, str(tmp_path))
    try:
        with pytest.raises(NoGpu, match=r"finds no device that works \(cudaErrorIns.*: too old\)"):
            Gpu.open(print)
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("cupy", None)


# Values there and back: NumPy in CuPy's place, so that the walk is ours and nothing else


class Moved(np.ndarray[Any, Any]):
    """An array that can be told from one that was not moved."""


@pytest.fixture
def walk() -> Gpu:
    class Library:
        ndarray = Moved
        cuda = SimpleNamespace(
            Device=lambda: SimpleNamespace(synchronize=lambda: None),
            runtime=SimpleNamespace(
                getDeviceProperties=lambda number: {"name": b"none"},  # noqa: ARG005 - CuPy's own
                runtimeGetVersion=lambda: 12090,
                driverGetVersion=lambda: 13000,
            ),
        )
        __version__ = "none"

        @staticmethod
        def asarray(array: Any) -> Any:
            return array.view(Moved)

        @staticmethod
        def asnumpy(array: Any) -> Any:
            return array.view(np.ndarray)

    return Gpu(Library)


def test_arrays_are_moved_wherever_they_are_and_nothing_else_is(walk: Gpu) -> None:
    rng = np.random.default_rng(0)
    value = [(np.ones((2, 2)), 3, "x"), {"w": np.zeros((1, 2)), "f": len}, rng, None]
    moved = walk.moved(value)
    assert type(moved[0]) is tuple
    assert type(moved[0][0]) is type(moved[1]["w"]) is Moved
    assert moved[0][1:] == (3, "x")
    assert (moved[1]["f"], moved[2], moved[3]) == (len, rng, None)
    back, places = walk.fetched(moved)
    assert places == ("gpu",)
    assert type(back[0][0]) is type(back[1]["w"]) is np.ndarray


def test_a_device_is_named_with_the_versions_of_what_reaches_it(walk: Gpu) -> None:
    found = {"name": "none", "cuda": "12.9", "driver": "13.0", "cupy": "none"}
    assert walk.describe() == found


def test_an_array_that_was_on_the_host_is_noticed(walk: Gpu) -> None:
    assert walk.fetched([np.ones(2).view(Moved), (np.ones(2),)])[1] == ("gpu", "host")
    assert not walk.fetched((np.float64(1.0), 2, "x"))[1]


def test_what_was_lent_stays_as_it_is_with_all_that_it_holds(walk: Gpu) -> None:
    cache = [np.ones(2)]
    moved = walk.moved((cache, [np.ones(2)]), {id(cache)})
    assert moved[0] is cache
    assert type(cache[0]) is np.ndarray
    assert type(moved[1][0]) is Moved


@pytest.fixture
def here(
    walk: Gpu, submitted: Callable[[str], Submission], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Student]]:
    """Start a student in this process, as if on a GPU; its session ends with the test."""
    monkeypatch.setattr(Gpu, "open", lambda note: walk)  # noqa: ARG005 - nothing is launched
    sessions = []

    def start(source: str) -> Student:
        sessions.append(DebugSession(submitted(source), "toy", on_gpu=True))
        sessions[-1].begin_check()
        return Student(sessions[-1])

    yield start
    for session in sessions:
        session.close()


def test_a_call_says_where_its_results_were_and_a_detour_over_numpy_is_a_failed_check(
    here: Callable[[str], Student],
) -> None:
    student = here("""
        import numpy as np
        def there(x):
            return 2 * x
        def detour(x):
            return np.array(2 * x)
        def change(x):
            x += 1
            return [x, {"n": 1}]
    """)
    x = np.ones(3)
    assert np.array_equal(student.there(x), 2 * x)
    assert_on_gpu(student)
    assert (student.last_call.places, student.last_call.changed) == (("gpu",), ())
    student.detour(x)
    with pytest.raises(Mismatch, match="detour returned an array in the computer's memory"):
        assert_on_gpu(student)
    assert student.change(x)[1] == {"n": 1}
    assert (student.last_call.places, student.last_call.changed) == (("gpu",), ("x",))
    assert [array.tolist() for array in student.there.many([(x,), (x + 1,)])] == [[2] * 3, [4] * 3]


def test_a_cache_stays_on_the_device_and_what_it_is(here: Callable[[str], Student]) -> None:
    student = here("""
        from typing import NamedTuple
        class Cache(NamedTuple):
            x: object
        def forward(x):
            return 2 * x, Cache(x)
        def backward(dz, cache):
            return dz * cache.x
    """)
    _, cache = student.forward.keeping(1)(np.full(2, 3.0))
    assert student.backward(np.ones(2), cache).tolist() == [3.0, 3.0]
    assert (student.last_call.places, student.last_call.changed) == (("gpu",), ())


def test_a_list_in_itself_ends_the_walk() -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    assert over_leaves(loop, lambda leaf: leaf)[0] == 1


@pytest.mark.parametrize("shape", [(), (3,), (0,), (2, 3), (3, 1), (2, 0, 4)])
def test_a_spread_array_has_the_same_entries_with_gaps_between_them(shape: tuple[int, ...]) -> None:
    array = np.arange(float(np.prod(shape, dtype=int))).reshape(shape)
    (spread,) = strided([array], np)
    assert np.array_equal(spread, array)
    assert spread.dtype == array.dtype
    if array.size > 1:
        assert not spread.flags.c_contiguous


def test_a_call_can_have_arrays_with_gaps(open_student: Callable[[str], Student]) -> None:
    student = open_student("""
        def steps(x):
            x[0] = 9.0
            return list(x.strides)
    """)
    assert student.steps(np.ones(3)) == [8]
    assert student.steps.strided(np.ones(3)) == [16]
    assert student.last_call.changed == ("x",)


def test_a_worker_on_a_gpu_claims_no_walls_and_without_one_is_refused(missing: str) -> None:
    worker = Worker(Limits(), ("gpu",))
    try:
        assert worker.refused() == missing
        assert worker.tier == "separate"
    finally:
        worker.close()


# What a check asks


def test_results_must_be_arrays_on_the_gpu() -> None:
    def after(*places: str) -> Any:
        return SimpleNamespace(last_call=CallReport("matmul", places=places))

    assert_on_gpu(after("gpu"))
    with pytest.raises(Mismatch, match="matmul returned an array in the computer's memory"):
        assert_on_gpu(after("gpu", "host"))
    with pytest.raises(Mismatch, match="should return an array on the GPU, and returned none"):
        assert_on_gpu(after())


# With a GPU


@pytest.fixture
def on_gpu(
    submitted: Callable[[str], Submission], device: dict[str, str]
) -> Iterator[Callable[[str], Student]]:
    """Start a student on the GPU; its process ends with the test."""
    assert device["name"]
    sessions = []

    def start(source: str) -> Student:
        limits = Limits(call_seconds=30.0, check_seconds=120.0, total_seconds=300.0)
        sessions.append(Session(submitted(source), "toy", limits, on_gpu=True))
        sessions[-1].begin_check()
        return Student(sessions[-1])

    yield start
    for session in sessions:
        session.close()


@pytest.mark.gpu
def test_arrays_live_on_the_device_during_a_call(on_gpu: Callable[[str], Student]) -> None:
    student = on_gpu("""
        import cupy
        def double(x):
            assert type(x) is cupy.ndarray
            return 2 * x
        def home(x):
            return cupy.asnumpy(x)
        def change(x):
            x += 1
            return x
    """)
    x = np.arange(3, dtype=np.float32)
    got = student.double(x)
    assert got.dtype == np.float32
    assert np.array_equal(got, 2 * x)
    assert (student.last_call.places, student.last_call.changed) == (("gpu",), ())
    student.home(x)
    assert (student.last_call.places, student.last_call.changed) == (("host",), ())
    student.change(x)
    assert (student.last_call.places, student.last_call.changed) == (("gpu",), ("x",))


KERNEL = '''
import cupy
kernel = cupy.RawKernel(r"""
extern "C" __global__ void f(float* x, long long at) { x[at] = 1.0f; }
""", "f")
spin = cupy.RawKernel(r"""
extern "C" __global__ void f(volatile float* x) { while (x[0] == 0.0f) {} }
""", "f")
def poke(x, at):
    kernel((1,), (1,), (x, at))
    return x
def hang(x):
    spin((1,), (1,), (x,))
    return x
'''


@pytest.mark.gpu
def test_launches_are_counted_and_a_failed_kernel_costs_its_check_alone(
    on_gpu: Callable[[str], Student], session_of: Behind
) -> None:
    student = on_gpu(KERNEL)
    assert student.poke(np.zeros(2, dtype=np.float32), 1).tolist() == [0.0, 1.0]
    assert student.last_call.entered["RawKernel"] == 1
    with pytest.raises(LearnerRaised, match="llegal"):
        student.poke(np.zeros(2, dtype=np.float32), 1 << 40)
    session_of(student).begin_check()
    assert student.poke(np.zeros(2, dtype=np.float32), 0).tolist() == [1.0, 0.0]


@pytest.mark.gpu
@pytest.mark.slow
def test_a_kernel_that_hangs_is_stopped(
    on_gpu: Callable[[str], Student], session_of: Behind
) -> None:
    from grader.errors import TimedOut

    student = on_gpu(KERNEL)
    with pytest.raises(TimedOut):
        student.hang(np.zeros(1, dtype=np.float32))
    session_of(student).begin_check()
    assert student.poke(np.zeros(2, dtype=np.float32), 0).tolist() == [1.0, 0.0]
