"""`student`, the learner's module as checks see it, and the process that it stands for.

A `Session` owns one worker at a time: it starts it, loads the submission afresh for every check,
sends requests, keeps the clock, and replaces a worker that died. A `Student` turns `student.f(x)`
into such a request. What comes back is a plain value or a `RemoteObject`; neither is ever trusted.
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
from grader.turns import anywhere, taking_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from grader.course import Limits
    from grader.pictures import Picture
    from grader.submission import Submission

__all__ = ["CallReport", "Exchange", "RemoteFunction", "RemoteObject", "Session", "Student"]

MAX_LOG_BYTES: Final = 64 << 20
MAX_PICTURES: Final = 4
# By how much sooner a function has to end that did not end in another check: in 2 s in place of 5.
# The slowest call of all right answers in the course takes 0.64 s.
IMPATIENCE: Final = 2.5


class CallReport(NamedTuple):
    """What one call did besides returning.

    `changed` names the arguments changed in place, `entered` counts the calls of the learner's own
    functions. On a GPU, `places` says where the arrays in the result were ("gpu", "host"), and
    `entered` also counts launches of a "RawKernel" and, among them, those with "shared memory".
    """

    function: str
    changed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    output: str = ""
    entered: Mapping[str, int] = {}
    places: tuple[str, ...] = ()


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


class RemoteFunction:
    """A function or method of the learner's; calling it is a request."""

    def __init__(
        self, session: Session, of: wire.Ref | None, name: str, keep: tuple[int, ...] = ()
    ) -> None:
        self._session = session
        self._of = of
        self._name = name
        self._keep = keep
        self.__name__ = ".".join(filter(None, (of.type_name if of else "", name))) or "function"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it with plain values and return a plain value or a `RemoteObject`."""
        return self._session.request(
            self.__name__, "call", self._of, self._name, args, kwargs, self._keep
        )

    def keeping(self, *positions: int) -> RemoteFunction:
        """Return the same function, with these items of its result kept in the worker."""
        return RemoteFunction(self._session, self._of, self._name, positions)

    def strided(self, *args: Any) -> Any:
        """Call it with arrays that have gaps between their entries, as slices with a step have."""
        return self._session.request(
            self.__name__, "call", self._of, self._name, args, {}, self._keep, True
        )

    def many(self, calls: Iterable[tuple[Any, ...]]) -> list[Any]:
        """Call it once for each tuple of arguments, in one message; raises the first failure."""
        many = tuple(map(tuple, calls))
        if not many:
            return []
        return self._session.requests(
            self.__name__, len(many), "many", self._of, self._name, many, {}, self._keep
        )


class RemoteObject:
    """An object that stays in the worker: its methods, attributes and arithmetic are requests.

    It has no truth value, no equality and no length, because the learner's code would decide them.
    """

    __slots__ = ("_names", "_ref", "_session")

    def __init__(self, session: Session, ref: wire.Ref) -> None:
        object.__setattr__(self, "_session", session)
        object.__setattr__(self, "_names", ref.names)
        object.__setattr__(self, "_ref", wire.Ref(ref.owner, ref.id, ref.type_name))

    @property
    def type_name(self) -> str:
        """The name of the object's class, as the worker says."""
        return str(self._ref.type_name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._names:
            return RemoteFunction(self._session, self._ref, name)
        return self._ask("get", name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._ask("set", name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return RemoteFunction(self._session, self._ref, "")(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<an object of the learner's, of type {self.type_name}>"

    def _ask(self, do: str, name: str, *args: Any) -> Any:
        return self._session.request(f"{self.type_name}.{name}", do, self._ref, name, args)

    def _operate(self, name: str, *args: Any) -> Any:
        return self._session.request(f"{self.type_name} {name}", "operator", None, name, args)

    def __add__(self, other: Any) -> Any:
        return self._operate("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self._operate("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self._operate("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._operate("sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return self._operate("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._operate("mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._operate("truediv", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._operate("truediv", other, self)

    def __pow__(self, other: Any) -> Any:
        return self._operate("pow", self, other)

    def __neg__(self) -> Any:
        return self._operate("neg", self)

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{self!r} has no truth value here")

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError(f"{self!r} cannot be compared here")

    __hash__ = None  # type: ignore[assignment]  # what has no equality has no hash


class Student:
    """The learner's module: `student.f(x)` calls its `f` in the worker."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def last_call(self) -> CallReport:
        """What the most recent call did besides returning."""
        return self._session.last_call

    def begin_example(self, inputs: Mapping[str, Any]) -> None:
        """Mark the start of one example of a property, with what was drawn for it."""
        self._session.begin_example(inputs)

    def remember(self, error: Exception) -> None:
        """Keep the example that failed with this error."""
        self._session.remember(error)

    def __getattr__(self, name: str) -> RemoteFunction:
        if name.startswith("_"):
            raise AttributeError(name)
        return RemoteFunction(self._session, None, name)
