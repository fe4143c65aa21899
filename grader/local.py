"""Code in this very process: the solution that hidden checks ask, and a learner's in a debugger.

The process talks to itself in the worker's own protocol, so that checks see what they always see,
but there are no walls and no limits.
"""

from __future__ import annotations

import bdb
import linecache
import math
import os
import sys
from typing import TYPE_CHECKING, Any, ClassVar, Final

from grader import wire
from grader.course import Limits
from grader.errors import BrokenGrader, CheckEnded, LearnerRaised
from grader.process import Worker
from grader.session import Session
from grader.worker import Runtime

if TYPE_CHECKING:
    from grader.messages import Reply, Request
    from grader.process import Clock
    from grader.submission import Submission

__all__ = ["DebugSession", "SolutionSession"]

ENDLESS: Final = Limits(math.inf, math.inf, math.inf)


class LocalSession(Session):
    """A session whose worker is this process."""

    runtime: ClassVar[type[Runtime]]

    def __init__(self, submission: Submission, module: str, *, on_gpu: bool = False) -> None:
        super().__init__(submission, module, ENDLESS, on_gpu=on_gpu)

    def start_worker(self) -> Worker:
        return _Here(self)

    def beside_on_gpu(self) -> Session:
        return type(self)(self.submission, self.module, on_gpu=True)


class _Here(Worker):
    """Both ends of the connection: what one sends, the other reads when it has to."""

    def __init__(self, session: LocalSession) -> None:
        self.session = session
        self.tier = "none"
        self.requests = bytearray()
        self.replies: list[bytes] = []
        self.runtime = session.runtime(self)  # type: ignore[arg-type]  # as good as a socket
        if session.on_gpu:
            self.runtime.take_gpu()

    # The worker, as the session sees it

    def send(self, frame: bytes) -> None:
        self.requests += frame

    def receive(self, clock: Clock) -> bytes:  # noqa: ARG002 - nobody is in a hurry here
        self.runtime.answer(self.runtime.receive())
        return self.replies.pop()

    @property
    def pid(self) -> int | None:
        return None

    def close(self, patience: float = 0.0) -> int | None:  # noqa: ARG002 - nothing to wait for
        return None

    # The connection, as the runtime sees it

    def sendall(self, data: bytes) -> None:
        self.replies.append(data)

    def recv(self, count: int) -> bytes:
        if not self.requests:
            # The learner's code has called a function of the check's and waits for its answer.
            message = wire.decode(self.replies.pop(), self.session.resolve)
            self.session.answer_callback(self, message)
        part = bytes(self.requests[:count])
        del self.requests[:count]
        return part


# A solution


class _Guest(Runtime):
    def clean_up(self) -> None:
        """Leave the process as it is: it is the grader's."""


class SolutionSession(LocalSession):
    """An exercise's solution, which is trusted like its checks; that it fails is the grader's."""

    runtime = _Guest

    def _value(self, reply: Reply, label: str) -> Any:
        try:
            return super()._value(reply, label)
        except (CheckEnded, LearnerRaised) as error:
            raise BrokenGrader(f"the solution failed: {error}") from None


# A debugger


class _Debugged(Runtime):
    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.output = _Shown(sys.stdout)

    def do_load(self, request: Request) -> Any:
        for file, text in request.args[0]:
            # A debugger looks for the lines of a file under its whole name.
            lines = text.splitlines(keepends=True)
            linecache.cache[os.path.abspath(file)] = (len(text), None, lines, file)  # noqa: PTH100 - as pdb asks for it
        return super().do_load(request)

    def describe(self, error: BaseException) -> tuple[Any, ...]:
        """Put an exception into words, except for those that end a check or the debugging."""
        if isinstance(error, bdb.BdbQuit):
            raise KeyboardInterrupt from None
        if isinstance(error, (CheckEnded, KeyboardInterrupt)):
            raise error
        return super().describe(error)


class DebugSession(LocalSession):
    """A learner's code where breakpoints work."""

    runtime = _Debugged

    def start_worker(self) -> Worker:
        self.streams = sys.stdout, sys.stderr, sys.getrecursionlimit()
        return super().start_worker()

    def close(self, patience: float = 0.0) -> int | None:
        sys.stdout, sys.stderr, limit = self.streams
        sys.setrecursionlimit(limit)
        return super().close(patience)


class _Shown:
    """The standard output, on which a debugger can talk, in the place of the worker's record."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def take(self) -> str:
        return ""
