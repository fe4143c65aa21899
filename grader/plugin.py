"""The pytest plugin: checks run under plain `pytest`, and under `grade`, with the same outcome.

A check gets the fixtures `student`, `gpu` (the same on a GPU, where there is one), `reference`
(hidden checks only) and `rng`. What its failure means is decided here: the learner's code was
wrong, hung, died or is not written yet, or the grader broke.
"""

from __future__ import annotations

import time
import warnings
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from grader.confine import TIERS
from grader.declaring import ATTRIBUTE, Declaration
from grader.drawn import run_property
from grader.errors import (
    CheckEnded,
    CourseError,
    GraderError,
    LearnerRaised,
    NotImplementedYet,
    ProtocolError,
    Settled,
    TimedOut,
    WorkerDied,
)
from grader.pictures import recording
from grader.verdict import CheckResult, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    import numpy as np

    from grader.ahead import Ahead, Key
    from grader.course import Exercise
    from grader.diagnosis import Bench
    from grader.session import Failure, Session
    from grader.student import Student
    from grader.submission import Submission

__all__ = ["RUNS", "Run", "check_id", "draws", "is_property"]

MAX_TEXT: Final = 4_000

# What a check raises when it handles a value of the learner's that it cannot use.
UNUSABLE: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    ProtocolError,
    RecursionError,
    TypeError,
    ValueError,
)


@dataclass
class Run:
    """The grading of one submission: its sessions, and the results so far.

    `require` is the weakest sandbox that it may use; `gpu` is the session of checks on the GPU.
    """

    exercise: Exercise
    session: Session
    seed: int
    require: str = "separate"
    results: list[CheckResult] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    gpu: Session | None = None
    reference: Session | None = None
    benches: dict[bool, Bench] = field(default_factory=dict)
    ahead: Ahead | None = None
    failure: Failure | None = None  # the last one
    heard: Callable[[CheckResult], None] | None = None
    margins: dict[str, tuple[float, ...]] = field(default_factory=dict)
    started: float = field(default_factory=time.process_time)
    cpu_seconds: float = 0.0

    @classmethod
    def start(
        cls, exercise: Exercise, submission: Submission, seed: int, require: str = "separate"
    ) -> Run:
        """Start the learner's process; the checks can follow when it is ready."""
        from grader.session import Session

        session = Session(submission, exercise.module, exercise.limits)
        return cls(exercise, session, seed, require)

    @property
    def tier(self) -> str:
        """The weakest sandbox tier that the learner's code ran in, which is the GPU's if it did."""
        return (self.gpu or self.session).tier

    @cached_property
    def version(self) -> str:
        """The exercise's version, read once."""
        return self.exercise.version

    def close(self) -> None:
        """End all processes of this run, and count what it cost; on a GPU, it is compiling."""
        self.cpu_seconds = time.process_time() - self.started
        benches = [bench.session for bench in self.benches.values()]
        for session in (*benches, self.reference, self.gpu, self.session):
            if session is not None:
                session.close()
                self.cpu_seconds += 0.0 if session.on_gpu else session.cpu_seconds

    def gpu_session(self) -> Session:
        """Return the session on the GPU."""
        if self.gpu is None:
            self.gpu = self.session.beside_on_gpu()
            self.gpu.hasty = self.session.hasty
        return self.gpu

    def session_of(self, item: pytest.Item) -> Session:
        """Return the session that a check talks to."""
        if self.gpu is not None and "gpu" in getattr(item, "fixturenames", ()):
            return self.gpu
        return self.session

    def key(self, item: pytest.Item) -> Key:
        """Return what alone the inputs of a property depend on."""
        return self.version, check_id(item), self.seed

    def reference_session(self) -> Session:
        """Return a session with the solution, for hidden checks."""
        from grader.local import SolutionSession
        from grader.submission import read_submission

        if self.reference is None:
            if self.exercise.solution is None:
                message = f"{self.exercise.id} has no solution here for its hidden checks"
                raise CourseError(message)
            submission = read_submission(self.exercise.solution, self.exercise.file)
            self.reference = SolutionSession(submission, f"solution.{self.exercise.module}")
        return self.reference

    def record(
        self,
        item: pytest.Item,
        declaration: Declaration,
        error: BaseException | None,
        seconds: float,
    ) -> CheckResult:
        """Add what a check came to, its error explained and diagnosed."""
        from grader.margins import drain

        self.margins[check_id(item)] = drain()
        session = self.session_of(item)
        failure = session.outcome(error)
        if isinstance(error, TimedOut) and session.failure is not None:
            # The time went into shrinking an example that had failed already.
            failure = session.failure
        status, message = explain(failure.error, session)
        if status is Status.FAILED:
            self.failure = failure
        counterexample = diagnosis = None
        if status in (Status.FAILED, Status.TIMEOUT, Status.CRASHED) and not session.hasty:
            from grader.snippets import snippet

            log, callables, on_gpu = failure.log, failure.callables, failure.on_gpu
            counterexample = snippet(self.exercise.module, log, callables, on_gpu=on_gpu)
        if status is Status.FAILED and not session.hasty:
            diagnosis = self.diagnose(failure)
        result = CheckResult(
            id=check_id(item),
            title=_title(item),
            task=declaration.task,
            status=status,
            max_points=declaration.points,
            message=_cut(message),
            counterexample=counterexample,
            diagnosis=diagnosis,
            hidden=declaration.hidden,
            seconds=seconds,
            pictures=failure.pictures,
        )
        self.results.append(result)
        if self.heard is not None:
            self.heard(result)
        return result

    def diagnose(self, failure: Failure) -> str | None:
        """Say which listed mistake the failing calls look like, where there is a catalogue."""
        from grader.course import load_mistakes
        from grader.diagnosis import Bench

        if failure.on_gpu not in self.benches:
            mistakes = load_mistakes(self.exercise)
            if not mistakes or self.exercise.solution is None:
                return None
            source = self.exercise.solution.read_text(encoding="utf-8")
            bench = Bench(self.exercise, source, mistakes, on_gpu=failure.on_gpu)
            self.benches[failure.on_gpu] = bench
        mistake = self.benches[failure.on_gpu].diagnose(failure.log, failure.callables)
        return f"{mistake.says} {mistake.hint}" if mistake else None


class _NotLoaded(Exception):
    """Why a submission did not load; pytest lets fixtures raise nothing but an Exception."""


RUNS: Final = pytest.StashKey[dict[str, Run]]()


def explain(error: BaseException | None, session: Session) -> tuple[Status, str | None]:
    """Return what an error in a check means for the learner, and the sentence that says it."""
    match error:
        case None:
            return Status.PASSED, None
        case _NotLoaded() | Settled():
            return explain(error.__cause__, session)
        case pytest.skip.Exception():
            return Status.SKIPPED, str(error)
        case NotImplementedYet():
            return Status.NOT_IMPLEMENTED, str(error)
        case TimedOut():
            return Status.TIMEOUT, str(error)
        case WorkerDied():
            return Status.CRASHED, str(error)
        case LearnerRaised():
            return Status.FAILED, _raised(error)
        case AssertionError() if session.last_call.function:
            return Status.FAILED, str(error) or "The check's condition does not hold."
        case BaseExceptionGroup() if type(error).__name__ == "FlakyFailure":
            return Status.FAILED, (
                "Called twice with the same input, your code gave two different results: it "
                "remembers something between calls, or draws randomness from elsewhere than the "
                "rng argument."
            )
    call = session.last_call.function
    if call and isinstance(error, UNUSABLE) and not isinstance(error, GraderError):
        return Status.FAILED, (
            f"The check could not use what {call} returned ({type(error).__name__}: {error})."
        )
    alone = "" if call else "before it called the learner's code: "
    return Status.GRADER_ERROR, f"{alone}{type(error).__name__}: {error}"


def check_id(item: pytest.Item) -> str:
    """Return the id of a check: its function's name without `test_`."""
    return item.name.removeprefix("test_")


def draws(item: pytest.Item) -> bool:
    """Whether a check depends on the run's seed."""
    return hasattr(getattr(item, "obj", None), "hypothesis") or "rng" in getattr(
        item, "fixturenames", ()
    )


def is_property(item: pytest.Item) -> bool:
    """Whether Hypothesis draws a check's inputs, and they depend on nothing but the run's seed."""
    function = getattr(item, "obj", None)
    drawn = hasattr(function, ATTRIBUTE) and hasattr(function, "hypothesis")
    return drawn and "rng" not in getattr(item, "fixturenames", ())


def _title(item: pytest.Item) -> str:
    document = (getattr(item, "obj", None).__doc__ or item.name).strip()
    return str(document.splitlines()[0])


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]} …"


def _raised(error: LearnerRaised) -> str:
    """Tell an exception of the learner's as a traceback of their own frames."""
    lines = [f"{error.call} raised {error.type_name}: {error.message}".rstrip(": ")]
    for frame in error.frames:
        lines.append(f"  {frame.file}, line {frame.line}, in {frame.function}")
        if frame.text:
            lines.append(f"    {frame.text}")
    return "\n".join(lines)


# Hooks and fixtures


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("grader", "checks of exercises")
    group.addoption(
        "--submission", type=Path, help="grade this file instead of the exercise's stub"
    )
    group.addoption("--check-seed", type=int, default=0, help="the seed that checks draw from")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give each property its own seed, so that examples depend on nothing but the run's seed."""
    function: Any = getattr(item, "obj", None)
    if hasattr(function, ATTRIBUTE) and hasattr(function, "hypothesis"):
        from hypothesis import seed

        seed(_seed(item, _run(item)))(function)


def pytest_sessionfinish(session: pytest.Session) -> None:
    for run in session.config.stash.get(RUNS, {}).values():
        run.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Record what a check came to, and show the learner's words in place of a traceback."""
    report = yield
    declaration = getattr(getattr(item, "obj", None), ATTRIBUTE, None)
    if declaration is None or call.when == "teardown":
        return report
    error = call.excinfo.value if call.excinfo is not None else None
    if error is None and call.when == "setup":
        return report
    result = _run(item).record(item, declaration, error, call.duration)
    if result.status is not Status.GRADER_ERROR and report.failed:
        parts = (result.message, result.counterexample, result.diagnosis)
        report.longrepr = "\n\n".join(part for part in (result.title, *parts) if part)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a property with the inputs that it passed with before, in this process, if it has."""
    function: Any = pyfuncitem.obj
    if not is_property(pyfuncitem):
        return None
    run = _run(pyfuncitem)
    names = pyfuncitem._fixtureinfo.argnames  # noqa: SLF001 - as pytest's own hook asks for them
    fixtures = {name: pyfuncitem.funcargs[name] for name in names}
    run_property(function, fixtures, run.session_of(pyfuncitem), run.key(pyfuncitem), run.ahead)
    return True


@pytest.fixture
def student(request: pytest.FixtureRequest) -> Iterator[Student]:
    """The learner's module, freshly loaded in another process."""
    yield from _loaded(_run(request.node).session)


@pytest.fixture
def gpu(request: pytest.FixtureRequest) -> Iterator[Student]:
    """The learner's module, with arrays moved to the GPU; without one, the check is skipped."""
    from grader.process import find_gpu

    run = _run(request.node)
    if run.require != TIERS[0]:
        pytest.skip(f"a process that reaches a GPU is not {run.require}, as this grading asks")
    _, missing = find_gpu()
    if missing:
        pytest.skip(f"there is no GPU here: {missing}")
    yield from _loaded(run.gpu_session())


def _loaded(session: Session) -> Iterator[Student]:
    """Load the submission and lend it to a check."""
    from grader.student import Student

    try:
        session.begin_check()
    except CheckEnded as error:
        raise _NotLoaded from error
    with warnings.catch_warnings(), recording(session.pictures):
        # A learner's inf or NaN may make our own arithmetic warn; what it means, the check decides.
        warnings.simplefilter("ignore")
        yield Student(session)


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> Student:
    """The solution, behind the same interface as the learner's module; for hidden checks."""
    from grader.student import Student

    session = _run(request.node).reference_session()
    session.begin_check()
    return Student(session)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """A generator that depends on the run's seed and the check's name, and on nothing else."""
    import numpy as np

    return np.random.default_rng(_seed(request.node, _run(request.node)))


def _seed(item: pytest.Item, run: Run) -> int:
    return zlib.crc32(f"{run.seed}:{check_id(item)}".encode())


def _run(item: pytest.Item) -> Run:
    """Return the run that a check belongs to; under plain pytest, start it at the first check."""
    from grader.course import find_exercise
    from grader.submission import read_submission

    folder = item.path.parent
    runs = item.config.stash.setdefault(RUNS, {})
    if folder.name not in runs:
        exercise = find_exercise(folder.parent.parent, folder.name)
        path = item.config.getoption("--submission") or exercise.stub
        submission = read_submission(path, exercise.file)
        runs[folder.name] = Run.start(exercise, submission, item.config.getoption("--check-seed"))
    return runs[folder.name]
