"""Grading a class: `grade` mapped over submissions by a pool of processes, each a checker.

A pool process runs no learner code itself, so it dies only of what strikes the machine. Its death,
like any other failure of ours, is a fault of that one submission: it is tried once more, and then
recorded as a fault, never as a score. The processes end with the one that started them, however
that ends: they notice that nobody holds the other end of their connection any more.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Final

from grader.course import printable
from grader.errors import SubmissionError, UsageError
from grader.gradebook import Attempt
from grader.process import WALL_PER_CPU, ending
from grader.starting import ENVIRONMENT
from grader.submission import Chunk, Submission, read_submission
from grader.verdict import Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from datetime import datetime

    from grader.course import Exercise
    from grader.layouts import Found

__all__ = ["TRIES", "Checker", "Order", "attempt", "grade_all", "order", "serve"]

TRIES: Final = 2
LIFE: Final = 500  # submissions, so that no leak of anybody's adds up
PATIENCE: Final = 3.0  # times the wall clock that a submission has, before its checker is stuck
GRACE_SECONDS: Final = 5.0

_BOOT: Final = "import sys; from grader.batch import serve; serve(int(sys.argv[1]))"


@dataclass(frozen=True, slots=True)
class Order:
    """One submission to grade; where it cannot be read it is empty, and `problem` says why."""

    member: str
    exercise: Exercise
    version: str
    submission: Submission
    submitted_at: datetime | None = None
    problem: str = ""


def order(found: Found, exercise: Exercise, version: str) -> Order:
    """Read what was found, once and for all; its digest, too, then says why it cannot be read."""
    problem = found.problem
    if not problem:
        try:
            submission = read_submission(found.path, exercise.file)
        except SubmissionError as error:
            # Where it lies is no business of the student, who reads this sentence.
            problem = str(error).replace(printable(found.path), printable(found.path.name))
    if problem:
        name = printable(found.path.name)
        digest = hashlib.sha256(problem.encode()).hexdigest()
        submission = Submission(name, digest, (Chunk(name, ""),), tolerant=False)
    return Order(found.id, exercise, version, submission, found.submitted_at, problem)


def grade_all(
    orders: Iterable[Order], *, jobs: int, seed: int = 0, require: str = "separate"
) -> Generator[Attempt, None, None]:
    """Grade submissions on so many processes; yield each one's attempt as soon as it is known.

    No more than `jobs` orders are taken before their attempts are yielded. Closing the iterator
    ends all processes. Raises UsageError where nothing can be graded, as in too weak a sandbox.
    """
    coming = ((each, 1) for each in orders)
    again: deque[tuple[Order, int]] = deque()
    idle: list[Checker] = []
    busy: dict[Connection, Checker] = {}
    try:
        while True:
            while len(busy) < jobs and (task := again.popleft() if again else next(coming, None)):
                checker = idle.pop() if idle else Checker()
                busy[checker.connection] = checker
                checker.begin(*task, seed, require)
            if not busy:
                return
            for connection in wait(list(busy), timeout=1.0):
                checker = busy.pop(connection)  # type: ignore[call-overload]  # wait() may return sockets
                order, tries, outcome = checker.order, checker.tries, checker.outcome()
                if checker.fit:
                    idle.append(checker)
                else:
                    checker.end()
                if isinstance(outcome, UsageError):
                    raise outcome
                if isinstance(outcome, str) and tries < TRIES:
                    again.append((order, tries + 1))
                else:
                    yield attempt(order, seed, outcome)
            for checker in busy.values():
                checker.look_at_the_clock()
    finally:
        everyone = [*idle, *busy.values()]
        for checker in everyone:
            checker.connection.close()
        for checker in everyone:
            checker.end()


def attempt(order: Order, seed: int, outcome: Verdict | str) -> Attempt:
    """Record what came of an order: a verdict, or else why there is none."""
    verdict, fault = (outcome, "") if isinstance(outcome, Verdict) else (None, outcome)
    return Attempt(
        member=order.member,
        exercise=order.exercise.id,
        submission=order.submission.name,
        digest=order.submission.digest,
        seed=seed,
        version=order.version,
        verdict=verdict,
        fault=fault,
        submitted_at=order.submitted_at,
    )


class Checker:
    """One pool process, and the submission that it is grading."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own text
                [sys.executable, "-P", "-c", _BOOT, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**os.environ, **ENVIRONMENT},
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # a terminal's Ctrl-C is for the main process
            )
        self.connection = Connection(ours.detach())
        self.graded = 0
        self.stuck = False

    def begin(self, order: Order, tries: int, seed: int, require: str) -> None:
        self.order = order
        self.tries = tries
        seconds = order.exercise.limits.total_seconds * WALL_PER_CPU * PATIENCE
        self.deadline = time.monotonic() + seconds
        with contextlib.suppress(OSError):  # it has died; its outcome will say so
            self.connection.send((order, seed, require))

    def look_at_the_clock(self) -> None:
        """Kill a process that gives no answer; its outcome will say so."""
        if time.monotonic() > self.deadline:
            self.stuck = True
            self.process.kill()

    def outcome(self) -> Verdict | str | UsageError:
        """Return what came of the submission: a verdict, a fault, or what ends the batch."""
        self.graded += 1
        try:
            answer: Verdict | str | UsageError = self.connection.recv()
        except (EOFError, OSError):
            how = ending(self.process.wait())
            self.graded = LIFE
            return (
                "the grading process was stuck"
                if self.stuck
                else f"the grading process ended ({how})"
            )
        return answer

    @property
    def fit(self) -> bool:
        """Whether it can go on."""
        return self.graded < LIFE

    def end(self) -> None:
        self.connection.close()
        try:
            self.process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


# In a pool process


def serve(descriptor: int) -> None:
    """Grade what comes in, one after the other, until the connection ends."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs us may have ignored it
    os.set_inheritable(descriptor, False)
    connection = Connection(descriptor)
    tasks: queue.SimpleQueue[tuple[Order, int, str]] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, tasks), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt, OSError):
        while True:
            connection.send(_outcome(*tasks.get()))


def _receive(connection: Connection, tasks: queue.SimpleQueue[tuple[Order, int, str]]) -> None:
    with contextlib.suppress(EOFError, OSError):
        while True:
            tasks.put(connection.recv())
    # Nobody waits for an answer any more: leave in good order, or else at once.
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(GRACE_SECONDS / 2)
    os._exit(1)


def _outcome(order: Order, seed: int, require: str) -> Verdict | str | UsageError:
    try:
        verdict = _verdict(order, seed, require)
    except UsageError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a bug of ours is a fault of one submission
        return f"{type(error).__name__}: {error}"
    broken = [check.message for check in verdict.checks if check.status is Status.GRADER_ERROR]
    return f"the grader failed: {broken[0]}" if broken else verdict


def _verdict(order: Order, seed: int, require: str) -> Verdict:
    from grader.grading import grade

    verdict = grade(order.exercise, order.submission, seed=seed, require=require)
    return _refused(verdict, order.problem) if order.problem else verdict


def _refused(verdict: Verdict, problem: str) -> Verdict:
    """Return the verdict on a submission that cannot be read: every check fails, and says why."""
    checks = tuple(
        check
        if check.status in (Status.SKIPPED, Status.GRADER_ERROR)
        else replace(
            check, status=Status.FAILED, message=problem, counterexample=None, diagnosis=None
        )
        for check in verdict.checks
    )
    return replace(verdict, checks=checks)
