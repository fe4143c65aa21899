"""A submission and the process that it runs in.

A `Session` owns one worker at a time: it starts it, loads the submission afresh for every check,
sends requests, keeps the clock, and replaces a worker that died.
"""

from __future__ import annotations

from collections import deque
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from grader import wire
from grader.errors import (
    CheckEnded,
    Frame,
    LearnerRaised,
    NotImplementedYet,
    ProtocolError,
    Settled,
    TimedOut,
    WorkerDied,
)
from grader.messages import Reply, Request, packed, read_replies
from grader.process import WALL_PER_CPU, Clock, Worker, ending
from grader.student import CallReport, RemoteObject
from grader.turns import anywhere, taking_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grader.course import Limits
    from grader.pictures import Picture
    from grader.submission import Submission

__all__ = ["Exchange", "Failure", "Session"]

MAX_LOG_BYTES: Final = 64 << 20
MAX_PICTURES: Final = 4
# By how much sooner a function has to end that did not end in another check: in 2 s in place of 5.
# The slowest call of all right answers in the course takes 0.64 s.
IMPATIENCE: Final = 2.5


class Exchange(NamedTuple):
    """A request and its reply as frames, kept to show and to replay; no reply where none came."""

    request: bytes
    reply: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that failed: its error, its calls, our functions in them, its pictures.

    Those calls were made `on_gpu` or not.
    """

    error: BaseException | None
    log: tuple[Exchange, ...]
    callables: tuple[Callable[..., Any], ...]
    pictures: tuple[Picture, ...] = ()
    on_gpu: bool = False


class Session:
    """One submission, the worker that runs it now, and the log of the check that talks to it.

    The worker starts at once, so that it is ready when the first check asks. On the GPU it moves
    the arrays of a call there, and those of its result back.
    """

    def __init__(
        self, submission: Submission, module: str, limits: Limits, *, on_gpu: bool = False
    ) -> None:
        self.submission = submission
        self.hasty = False  # whether the first failing example of a property settles the check
        self.module = module
        self.limits = limits
        self.on_gpu = on_gpu
        self.worker: Worker | None = self.start_worker()
        self.log: list[Exchange] = []
        self.callables: list[Callable[..., Any]] = []
        self.pictures: deque[Picture] = deque(maxlen=MAX_PICTURES)
        self.inputs: list[dict[str, Any]] | None = None  # of a property's examples, where asked for
        self.last_call = CallReport("")
        self.notes: tuple[str, ...] = ()
        self.failure: Failure | None = None
        self._tier = ""
        self._used = False
        self._number = 0
        self._load_failure: BaseException | None = None
        self._endless: set[str] = set()  # calls that have run out of time in some check
        self._log_bytes = 0
        self._check_wall = 0.0
        self._check_cpu = 0.0
        self._total_wall = 0.0
        self.cpu_seconds = 0.0  # of the workers that have ended

    @property
    def tier(self) -> str:
        """The sandbox tier in force, as the worker said before it saw any learner code."""
        if not self._tier:
            self._alive()
        return self._tier

    def close(self, patience: float = 0.0) -> int | None:
        """End the worker, and say how it had ended by itself by then."""
        if self.worker is None:
            return None
        anywhere()
        self.cpu_seconds += self.worker.cpu_seconds() or 0.0
        ended = self.worker.close(patience)
        self.worker = None
        return ended

    def replace(self, submission: Submission) -> None:
        """Put another submission in this one's place; the worker goes on."""
        self.submission = submission
        self._load_failure = None
        self._endless.clear()
        self._total_wall = 0.0

    def begin_check(self) -> None:
        """Load the submission afresh; raises what loading it raised, each time anew."""
        self.log.clear()
        self.callables.clear()
        self.pictures.clear()
        self.inputs = None
        self._number = self._log_bytes = 0
        self._check_wall = 0.0
        self.failure = None
        if self._load_failure is not None:
            raise self._load_failure.with_traceback(None)
        try:
            self._load()
        except (LearnerRaised, CheckEnded) as error:
            self._load_failure = error
            raise
        finally:
            self.log.clear()
        self.last_call = CallReport("")  # to fail before the first call is the check's own fault

    def _load(self) -> None:
        """Load the submission, in a fresh worker where the one at hand fails and did not before."""
        worker = self._alive()
        self._check_cpu = worker.cpu_seconds() or 0.0
        chunks = [(chunk.name, chunk.text) for chunk in self.submission.chunks]
        args, label = (chunks, self.submission.tolerant), f"loading {self.submission.name}"
        try:
            with taking_turns(worker.pid):
                notes = self.request(label, "load", None, self.module, args)
        except (LearnerRaised, CheckEnded):
            if not self._used:
                raise
            # An earlier check left something behind, which is not to cost this one its points.
            self.close()
            self._used = False
            self._endless.discard(label)
            self._load()
        else:
            self.notes = tuple(map(str, notes))
            self._used = True

    def begin_example(self, inputs: Mapping[str, Any]) -> None:
        """Forget the calls so far: a new example of a property starts here, with these inputs."""
        if self.inputs is not None:
            self.inputs.append(deepcopy(dict(inputs)))
        self.log.clear()
        self.pictures.clear()
        self._log_bytes = 0

    def remember(self, error: Exception) -> None:
        """Keep a failed example: shrinking it may use up the check's time before it ends."""
        if self.hasty:
            raise Settled from error
        self.failure = self.outcome(error)

    def outcome(self, error: BaseException | None) -> Failure:
        """Return the present example with what it ended in."""
        log, callables, pictures = tuple(self.log), tuple(self.callables), tuple(self.pictures)
        return Failure(error, log, callables, pictures, self.on_gpu)

    def request(self, label: str, *request: Any) -> Any:
        """Have one request, given without its number, carried out and return its value."""
        return self.requests(label, 1, *request)[0]

    def requests(self, label: str, count: int, *request: Any) -> list[Any]:
        """Have a request of `count` calls carried out and return their values."""
        number = self._number + 1
        self._number += count
        frame, generators = wire.encode(packed(Request(number, *request)), self._wrap)
        replies = self._exchange(frame, number, label)
        values = []
        for reply in replies:
            values.append(self._value(reply, label))
            for mine, theirs in zip(generators, reply.generators, strict=False):
                wire.adopt(mine, theirs)
        if len(values) != count:
            self._die(label, "it answered fewer calls than it was asked")
        return values

    def replay(self, frame: bytes, callables: list[Callable[..., Any]]) -> bytes:
        """Send a logged request once more, to this session's own submission; return the reply."""
        self.callables = callables
        number = Request(*wire.decode(frame).value).number
        self._exchange(frame, number, "a replay")
        return self.log[-1].reply

    # The worker

    def start_worker(self) -> Worker:
        """Start a process for the submission."""
        return Worker(self.limits, ("gpu",) if self.on_gpu else None)

    def beside_on_gpu(self) -> Session:
        """Return another session of the same submission, on the GPU."""
        return Session(self.submission, self.module, self.limits, on_gpu=True)

    def _alive(self) -> Worker:
        if self.worker is None:
            self.worker = self.start_worker()
            self._used = False
        if not self.worker.tier:
            self.worker.hello()
        self._tier = self.worker.tier
        return self.worker

    def _die(self, label: str, why: str) -> NoReturn:
        """End the worker, because what it does is not an answer, and say how it ended."""
        ended = self.close(patience=0.2)
        how = f" ({ending(ended)})" if ended is not None else ""
        raise WorkerDied(f"The process ended in {label}: {why}{how}.")

    # One exchange

    def _exchange(self, frame: bytes, number: int, label: str) -> list[Reply]:
        worker = self._alive()
        seconds = self.limits.call_seconds
        if label in self._endless:
            seconds /= IMPATIENCE
        clock = Clock(worker, seconds)
        reply = b""
        try:
            worker.send(frame)
            while True:
                reply = worker.receive(clock)
                message = wire.decode(reply, self.resolve)
                if not (isinstance(message.value, tuple) and message.value[:1] == ("callback",)):
                    return read_replies(message.value, number)
                reply = b""
                self.answer_callback(worker, message)
                if clock.wall > clock.seconds:
                    clock.check()
        except TimeoutError:
            self.close()
            before = f"; {self.limits.call_seconds:g} s in an earlier check were not enough"
            again = before if label in self._endless else ""
            self._endless.add(label)
            raise TimedOut(f"{label} did not finish within {seconds:g} s{again}.") from None
        except WorkerDied as error:
            if error.args:
                raise
            self._die(label, "it stopped without an answer")
        except ProtocolError as error:
            reply = b""
            self._die(label, f"it sent something that is not an answer; {error}")
        except BaseException:
            # A callback of ours ended the check: the worker still waits for its answer.
            self.close()
            raise
        finally:
            self._record(Exchange(frame, reply))
            self._spend(clock.wall, label)

    def _record(self, exchange: Exchange) -> None:
        self._log_bytes += len(exchange.request) + len(exchange.reply)
        if self._log_bytes <= MAX_LOG_BYTES:
            self.log.append(exchange)

    def _spend(self, wall: float, label: str) -> None:
        """Count the time of a request towards the check's and the submission's limit."""
        self._check_wall += wall
        self._total_wall += wall
        limits = self.limits
        if self._total_wall > limits.total_seconds * WALL_PER_CPU:
            self._load_failure = TimedOut(
                f"The submission as a whole used up its {limits.total_seconds:g} s."
            )
            raise self._load_failure
        if self._check_wall <= limits.check_seconds or self.worker is None:
            return
        cpu = self.worker.cpu_seconds()
        used = self._check_wall if cpu is None else cpu - self._check_cpu
        if used > limits.check_seconds or self._check_wall > limits.check_seconds * WALL_PER_CPU:
            self.close()
            raise TimedOut(f"The calls of this check, {label} the last, took too long together.")

    def answer_callback(self, worker: Worker, message: wire.Message) -> None:
        """Call the checker's function that the learner's code asked for."""
        match message.value:
            case ("callback", int(index), tuple(args), dict(kwargs)) if 0 <= index < len(
                self.callables
            ) and all(isinstance(key, str) for key in kwargs):
                function = self.callables[index]
            case _:
                raise ProtocolError("it called a function that it was not given")
        answer: tuple[str, Any]
        try:
            answer = "answer", function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the learner's arguments made our function fail
            answer = "failure", f"{type(error).__name__}: {error}"[:500]
        frame, _ = wire.encode((*answer, message.generators), self._wrap)
        worker.send(frame)

    def _value(self, reply: Reply, label: str) -> Any:
        kind, content, entered, _, changed, warned, output, places = reply
        self.last_call = CallReport(label, changed, warned, output, entered, places)
        if kind == "value":
            return content
        if kind == "missing":
            notes = "".join(f"\n{note}" for note in self.notes)
            message = f"{self.submission.name} does not define {content}.{notes}"
            raise NotImplementedYet(message)
        names, message, frames = content
        try:
            shown = tuple(Frame(str(f), int(n), str(w), str(text)) for f, n, w, text in frames)
        except (TypeError, ValueError, OverflowError):
            shown = ()
        raised = LearnerRaised(label, tuple(map(str, names)), message, shown)
        if "NotImplementedError" in raised.names:
            raise NotImplementedYet(f"{label} is not implemented yet.")
        raise raised

    # References

    def _wrap(self, value: object) -> wire.Ref:
        if isinstance(value, RemoteObject):
            ref: wire.Ref = object.__getattribute__(value, "_ref")
            return ref
        if not callable(value):
            raise ProtocolError(f"a value of type {type(value).__name__} cannot cross the wire")
        known = [index for index, function in enumerate(self.callables) if function is value]
        index = known[0] if known else len(self.callables)
        if not known:
            self.callables.append(value)
        return wire.Ref("checker", index, getattr(value, "__name__", "function"))

    def resolve(self, ref: wire.Ref) -> object:
        """Return what a reference that came from the worker stands for."""
        if ref.owner == "worker":
            return RemoteObject(self, ref)
        if not 0 <= ref.id < len(self.callables):
            raise ProtocolError("it returned a function that it was not given")
        return self.callables[ref.id]
