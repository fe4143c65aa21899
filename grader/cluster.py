"""Grading a class on a Dask cluster: the map of `grader.batch`, with its checkers elsewhere.

A thread of a Dask worker runs no checks itself: it looks after a checker process, as the pool at
home does, so any number of threads is right. What a lost worker had in hand, Dask gives to another.
Nothing is graded by another grader or another version of an exercise than those of this machine.
"""

from __future__ import annotations

import hashlib
import logging
import platform
import queue
import re
import threading
import time
from collections import deque
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Final

from grader.batch import TRIES, Checker, attempt
from grader.course import find_course, find_exercise, printable
from grader.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

    from distributed import Client, Future

    from grader.batch import Order
    from grader.gradebook import Attempt
    from grader.verdict import Verdict

__all__ = ["grade_all"]

CONNECT_SECONDS: Final = 10.0
DESERTED_SECONDS: Final = 60.0  # without a worker; a nanny starts a new one sooner
IDLE_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.5

_ADDRESS: Final = re.compile(r"(tcp|tls)://\S+:[0-9]{1,5}", re.ASCII)


def grade_all(
    orders: Iterable[Order],
    scheduler: str,
    jobs: int | None = None,
    *,
    seed: int = 0,
    require: str = "confined",
) -> Generator[Attempt, None, None]:
    """Grade submissions on a cluster; yield each one's attempt as soon as it is known.

    As many are in flight as its workers have threads, or `jobs` if that is fewer, and no more are
    taken. Closing the iterator cancels them. Raises UsageError where the cluster is not to be had,
    or where a worker is not to be trusted with a verdict: what it has is not what is here.
    """
    client = _connect(scheduler)
    coming = ((each, 1) for each in orders)
    again: deque[tuple[Order, int]] = deque()
    flying: dict[Future[Any], tuple[Order, int]] = {}
    done: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
    try:
        crew = _Crew(client, scheduler)
        while True:
            room = min(crew.threads(), jobs or crew.threads())
            while len(flying) < room and (task := again.popleft() if again else next(coming, None)):
                with _in_touch(scheduler):
                    future = client.submit(_grade, task[0], seed, require, _software(), pure=False)
                flying[future] = task
                future.add_done_callback(done.put)
            if not flying:
                return
            try:
                future = done.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                continue
            order, tries = flying.pop(future)
            outcome = _outcome(future, scheduler)
            if isinstance(outcome, UsageError):
                raise outcome
            if isinstance(outcome, str) and tries < TRIES:
                again.append((order, tries + 1))
            else:
                yield attempt(order, seed, outcome)
    finally:
        client.close()  # so that nobody wants what is in flight any more


def _connect(scheduler: str) -> Client:
    shown = printable(scheduler)
    if not _ADDRESS.fullmatch(scheduler):
        message = f"--dask {shown} is no scheduler's address; write it like tcp://10.0.0.5:8786."
        raise UsageError(message)
    try:
        from distributed import Client
    except ModuleNotFoundError:
        message = "--dask needs Dask; install it here with pip install 'grader[dask]'."
        raise UsageError(message) from None
    # Its loggers tell at length what one sentence of ours says.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        return Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TypeError, ValueError, ImportError) as error:
        why = printable(error)
        message = f"the scheduler {shown} cannot be reached ({why}); check that it runs there."
        raise UsageError(message) from None


class _Crew:
    """The workers of a cluster; raises UsageError where there are none that could grade."""

    def __init__(self, client: Client, scheduler: str) -> None:
        self.client = client
        self.scheduler = scheduler
        self.known = 0
        self.asked = self.seen = 0.0
        # Asked in words of the standard library: a worker does not survive an order it cannot load.
        with _in_touch(scheduler):
            answers = client.run(resolve_name, f"{__name__}:_grade", on_error="return")
        for address, answer in answers.items():
            if isinstance(answer, (AttributeError, ImportError)):
                raise _stranger(f"the worker {address}")

    def threads(self) -> int:
        """Return how many submissions they can grade at once, as of half a second ago."""
        now = time.monotonic()
        if now - self.asked > LOOK_SECONDS:
            self.asked = now
            with _in_touch(self.scheduler):
                self.known = sum(self.client.nthreads().values())
            if self.known:
                self.seen = now
        if not self.known and now - self.seen > DESERTED_SECONDS:
            shown = printable(self.scheduler)
            message = f"the scheduler {shown} has no workers; start some and run this again."
            raise UsageError(message)
        return self.known


def _stranger(who: str) -> UsageError:
    return UsageError(f"{who} does not know this grader; install it there and run this again.")


def _gone(scheduler: str) -> UsageError:
    message = (
        f"the scheduler {printable(scheduler)} has gone away or dropped the work; see to it and "
        "run this again."
    )
    return UsageError(message)


@contextmanager
def _in_touch(scheduler: str) -> Iterator[None]:
    try:
        yield
    except Exception:  # noqa: BLE001 - Dask has many names for a scheduler that does not answer
        raise _gone(scheduler) from None


def _outcome(future: Future[Any], scheduler: str) -> Verdict | str | UsageError:
    from distributed import KilledWorker

    try:
        # It waits again where the answer was lost with its worker and is worked out elsewhere.
        outcome: Verdict | str | UsageError = future.result(timeout=CONNECT_SECONDS)
    except CancelledError:
        return _gone(scheduler)
    except (KilledWorker, TimeoutError):
        return "the workers that were grading it were lost, one after the other"
    except Exception as error:  # noqa: BLE001 - a bug of ours or of Dask's is a fault of one submission
        unknown = isinstance(error, (AttributeError, ImportError))
        if unknown or "deserialization" in str(error):
            return _stranger(f"the scheduler {printable(scheduler)}")
        return f"{type(error).__name__}: {error}"
    return outcome


@cache
def _software() -> Mapping[str, str]:
    """Return what decides a verdict beside the exercise."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package)} {len(content)}\0".encode() + content)
    python = ".".join(platform.python_version_tuple()[:2])
    others = {name: version(name) for name in ("hypothesis", "numpy", "pytest")}
    return {"grader": digest.hexdigest(), "Python": python, **others}


# In a Dask worker

_idle: dict[Checker, threading.Timer] = {}
_one_at_a_time = threading.Lock()


def _grade(
    order: Order, seed: int, require: str, software: Mapping[str, str]
) -> Verdict | str | UsageError:
    """Grade as the pool at home does; what ends the batch names this worker."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def wanted() -> bool:
        state = worker.state.tasks.get(key)
        return state is not None and state.state != "cancelled"

    try:
        _compare(software)
        outcome = _checked(_here(order), seed, require, wanted)
    except UsageError as error:
        outcome = error
    if isinstance(outcome, UsageError):
        return UsageError(f"the worker {worker.address} cannot grade: {outcome}")
    return outcome


def _here(order: Order) -> Order:
    """Return the order for this machine's course; raises UsageError where it is another."""
    exercise = find_exercise(find_course(), order.exercise.id)
    if exercise.version != order.version:
        message = (
            f"its {printable(exercise.folder)} is another version; give it the course as it is "
            "here and run this again."
        )
        raise UsageError(message)
    return replace(order, exercise=exercise)


def _compare(software: Mapping[str, str]) -> None:
    here = _software()
    for name, theirs in software.items():
        if here[name] != theirs:
            what = f"another {name}" if name == "grader" else f"{name} {here[name]}, not {theirs}"
            message = f"it has {what}; install the same there, start it anew, and run this again."
            raise UsageError(message)


def _checked(
    order: Order, seed: int, require: str, wanted: Callable[[], bool]
) -> Verdict | str | UsageError:
    """Let a checker process grade, and end it where nobody wants the answer any more."""
    checker = _take()
    checker.begin(order, 1, seed, require)
    while not checker.connection.poll(LOOK_SECONDS):
        checker.look_at_the_clock()
        if not wanted():
            checker.end()
            return "cancelled"
    outcome = checker.outcome()
    if checker.fit:
        _keep(checker)
    else:
        checker.end()
    return outcome


def _take() -> Checker:
    with _one_at_a_time:
        if _idle:
            checker, timer = _idle.popitem()
            timer.cancel()
            return checker
    return Checker()


def _keep(checker: Checker) -> None:
    """Keep a process for the next submission, but not for long: the class may be at its end."""
    timer = threading.Timer(IDLE_SECONDS, _retire, [checker])
    timer.daemon = True
    with _one_at_a_time:
        _idle[checker] = timer
    timer.start()


def _retire(checker: Checker) -> None:
    with _one_at_a_time:
        timer = _idle.pop(checker, None)
    if timer is not None:
        checker.end()
