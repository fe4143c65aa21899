"""`student`, the learner's module as checks see it, and the process that it stands for.

A `Session` owns one worker at a time: it starts it, loads the submission afresh for every check,
sends requests, keeps the clock, and replaces a worker that died. A `Student` turns `student.f(x)`
into such a request. What comes back is a plain value or a `RemoteObject`; neither is ever trusted.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn

from grader import wire
from grader.errors import (
    BrokenGrader,
    CheckEnded,
    Frame,
    LearnerRaised,
    NotImplementedYet,
    ProtocolError,
    Settled,
    TimedOut,
    WorkerDied,
)
from grader.process import WALL_PER_CPU, Clock, Worker, ending
from grader.submission import Submission

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from grader.course import Limits
    from grader.verdict import Curve

__all__ = [
    "CallReport",
    "Exchange",
    "RemoteFunction",
    "RemoteObject",
    "Session",
    "Student",
    "find_gpu",
]

MAX_LOG_BYTES: Final = 64 << 20
MAX_CURVES: Final = 4


@dataclass(frozen=True, slots=True)
class CallReport:
    """What one call did besides returning.

    `changed` names the arguments changed in place, `entered` counts the calls of the learner's own
    functions, `seconds` is CPU time as the worker measured it. On a GPU, `places` says where the
    arrays in the result were ("gpu", "host"), and `entered` also counts launches of a "RawKernel"
    and, among them, those with "shared memory".
    """

    function: str
    changed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    output: str = ""
    entered: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its reply as frames, kept to show and to replay; no reply where none came."""

    request: bytes
    reply: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that failed: its error, its calls, the checker's functions in them, its curves."""

    error: BaseException | None
    log: tuple[Exchange, ...]
    callables: tuple[Callable[..., Any], ...]
    curves: tuple[Curve, ...] = ()


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
        self.worker: Worker | None = self._new_worker()
        self.log: list[Exchange] = []
        self.callables: list[Callable[..., Any]] = []
        self.curves: deque[Curve] = deque(maxlen=MAX_CURVES)
        self.last_call = CallReport("")
        self.notes: tuple[str, ...] = ()
        self.failure: Failure | None = None
        self.gpu: dict[str, str] = {}
        self._gpu_missing: str | None = None
        self._tier = ""
        self._used = False
        self._number = 0
        self._load_failure: BaseException | None = None
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

    def gpu_missing(self) -> str:
        """Return why there is no GPU here, or nothing; known before any learner code is there."""
        if self._gpu_missing is None:
            self._gpu_missing = self._take_gpu()
        return self._gpu_missing

    def _take_gpu(self) -> str:
        """Have the worker take the GPU, and return why it could not, or nothing."""
        try:
            found = self.request({"do": "gpu"}, "looking for a GPU")
        except LearnerRaised as error:
            return error.message
        except (TimedOut, WorkerDied) as error:
            return f"the process that looked for a GPU ended ({error})"
        self.gpu = {str(key): str(value) for key, value in found.items()}
        return ""

    def close(self, patience: float = 0.0) -> int | None:
        """End the worker, and say how it had ended by itself by then."""
        if self.worker is None:
            return None
        self.cpu_seconds += self.worker.cpu_seconds() or 0.0
        ended = self.worker.close(patience)
        self.worker = None
        return ended

    def replace(self, submission: Submission) -> None:
        """Put another submission in this one's place; the worker goes on."""
        self.submission = submission
        self._load_failure = None
        self._total_wall = 0.0

    def begin_check(self) -> None:
        """Load the submission afresh; raises what loading it raised, each time anew."""
        self.log.clear()
        self.callables.clear()
        self.curves.clear()
        self._number = self._log_bytes = 0
        self._check_wall = 0.0
        self.last_call = CallReport("")
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

    def _load(self) -> None:
        """Load the submission, in a fresh worker where the one at hand fails and did not before."""
        if self.on_gpu and self._take_gpu():
            # A kernel that fails leaves the device unusable to its process, and to no other.
            self.close()
            self._used = False
            if why := self._take_gpu():
                raise BrokenGrader(f"the GPU cannot be used any more: {why}")
        self._check_cpu = self._alive().cpu_seconds() or 0.0
        chunks = [(chunk.name, chunk.text) for chunk in self.submission.chunks]
        request = {
            "do": "load",
            "module": self.module,
            "chunks": chunks,
            "tolerant": self.submission.tolerant,
        }
        try:
            notes = self.request(request, f"loading {self.submission.name}")
        except (LearnerRaised, CheckEnded):
            if not self._used:
                raise
            # An earlier check left something behind, which is not to cost this one its points.
            self.close()
            self._used = False
            self._load()
        else:
            self.notes = tuple(map(str, notes))
            self._used = True

    def begin_example(self) -> None:
        """Forget the calls so far: a new example of a property starts here."""
        self.log.clear()
        self.curves.clear()
        self._log_bytes = 0

    def remember(self, error: Exception) -> None:
        """Keep a failed example: shrinking it may use up the check's time before it ends."""
        if self.hasty:
            raise Settled from error
        self.failure = self.outcome(error)

    def outcome(self, error: BaseException | None) -> Failure:
        """Return the present example with what it ended in."""
        return Failure(error, tuple(self.log), tuple(self.callables), tuple(self.curves))

    def request(self, request: dict[str, Any], label: str) -> Any:
        """Have one request carried out and return its value."""
        return self.requests(request, label)[0]

    def requests(self, request: dict[str, Any], label: str, count: int = 1) -> list[Any]:
        """Have a request of `count` calls carried out and return their values."""
        number = self._number + 1
        self._number += count
        frame, generators = wire.encode({"number": number, **request}, self._wrap)
        replies = self._exchange(frame, number, label)
        values = []
        for reply in replies:
            values.append(self._value(reply, label))
            for mine, theirs in zip(generators, reply["generators"], strict=False):
                wire.adopt(mine, theirs)
        if len(values) != count:
            self._die(label, "it answered fewer calls than it was asked")
        return values

    def replay(self, frame: bytes, callables: list[Callable[..., Any]]) -> bytes:
        """Send a logged request once more, to this session's own submission; return the reply."""
        self.callables = callables
        request = wire.decode(frame).value
        self._exchange(frame, request["number"], "a replay")
        return self.log[-1].reply

    # The worker

    def _new_worker(self) -> Worker:
        return Worker(self.limits, ("gpu",) if self.on_gpu else None)

    def _alive(self) -> Worker:
        if self.worker is None:
            self.worker = self._new_worker()
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

    def _exchange(self, frame: bytes, number: int, label: str) -> list[dict[str, Any]]:
        worker = self._alive()
        clock = Clock(worker, self.limits.call_seconds)
        reply = b""
        try:
            worker.send(frame)
            while True:
                reply = worker.receive(clock)
                message = wire.decode(reply, self._resolve)
                if not (isinstance(message.value, dict) and "callback" in message.value):
                    return _replies(message.value, number)
                reply = b""
                self._answer_callback(worker, message)
                if clock.wall > clock.seconds:
                    clock.check()
        except TimeoutError:
            self.close()
            seconds = self.limits.call_seconds
            raise TimedOut(f"{label} did not finish within {seconds:g} s.") from None
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

    def _answer_callback(self, worker: Worker, message: wire.Message) -> None:
        """Call the checker's function that the learner's code asked for."""
        match message.value:
            case {"callback": int(index), "args": tuple(args), "kwargs": dict(kwargs)} if (
                0 <= index < len(self.callables) and all(isinstance(key, str) for key in kwargs)
            ):
                function = self.callables[index]
            case _:
                raise ProtocolError("it called a function that it was not given")
        answer: dict[str, Any]
        try:
            answer = {"answer": function(*args, **kwargs)}
        except Exception as error:  # noqa: BLE001 - the learner's arguments made our function fail
            answer = {"failure": f"{type(error).__name__}: {error}"[:500]}
        frame, _ = wire.encode({**answer, "generators": message.generators}, self._wrap)
        worker.send(frame)

    def _value(self, reply: dict[str, Any], label: str) -> Any:
        self.last_call = CallReport(
            label,
            tuple(map(str, reply["changed"])),
            tuple(map(str, reply["warnings"])),
            reply["output"],
            reply["entered"],
            reply["seconds"],
            reply["places"],
        )
        if "value" in reply:
            return reply["value"]
        if "missing" in reply:
            notes = "".join(f"\n{note}" for note in self.notes)
            message = f"{self.submission.name} does not define {reply['missing']}.{notes}"
            raise NotImplementedYet(message)
        match reply.get("error"):
            case {"names": tuple(names), "message": str(message), "frames": tuple(frames)}:
                pass
            case _:
                self._die(label, "its reply has neither a value nor an error")
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

    def _resolve(self, ref: wire.Ref) -> object:
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
        return self._session.request(self._request(args, kwargs), self.__name__)

    def keeping(self, *positions: int) -> RemoteFunction:
        """Return the same function, with these items of its result kept in the worker."""
        return RemoteFunction(self._session, self._of, self._name, positions)

    def strided(self, *args: Any) -> Any:
        """Call it with arrays that have gaps between their entries, as slices with a step have."""
        request = {**self._request(args, {}), "strided": True}
        return self._session.request(request, self.__name__)

    def many(self, calls: Iterable[tuple[Any, ...]]) -> list[Any]:
        """Call it once for each tuple of arguments, in one message; raises the first failure."""
        requests = [self._request(tuple(args), {}) for args in calls]
        whole = {"do": "many", "calls": requests}
        return self._session.requests(whole, self.__name__, len(requests)) if requests else []

    def _request(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        return {
            "do": "call",
            "of": self._of,
            "name": self._name,
            "args": args,
            "kwargs": kwargs,
            "keep": self._keep,
        }


class RemoteObject:
    """An object that stays in the worker: its methods, attributes and arithmetic are requests.

    It has no truth value, no equality and no length, because the learner's code would decide them.
    """

    __slots__ = ("_ref", "_session")

    def __init__(self, session: Session, ref: wire.Ref) -> None:
        object.__setattr__(self, "_session", session)
        object.__setattr__(self, "_ref", ref)

    @property
    def type_name(self) -> str:
        """The name of the object's class, as the worker says."""
        return str(self._ref.type_name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._ref.names:
            return RemoteFunction(self._session, self._ref, name)
        return self._ask("get", name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._ask("set", name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return RemoteFunction(self._session, self._ref, "")(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<an object of the learner's, of type {self.type_name}>"

    def _ask(self, do: str, name: str, *args: Any) -> Any:
        request = {"do": do, "of": self._ref, "name": name, "args": args}
        return self._session.request(request, f"{self.type_name}.{name}")

    def _operate(self, name: str, *args: Any) -> Any:
        request = {"do": "operator", "of": None, "name": name, "args": args}
        return self._session.request(request, f"{self.type_name} {name}")

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

    def begin_example(self) -> None:
        """Mark the start of one example of a property."""
        self._session.begin_example()

    def remember(self, error: Exception) -> None:
        """Keep the example that failed with this error."""
        self._session.remember(error)

    def __getattr__(self, name: str) -> RemoteFunction:
        if name.startswith("_"):
            raise AttributeError(name)
        return RemoteFunction(self._session, None, name)


def find_gpu(limits: Limits) -> tuple[dict[str, str], str]:
    """Return what GPU a worker here would have and, where there is none, why.

    >>> from grader.course import Limits
    >>> found, missing = find_gpu(Limits())
    >>> bool(found) != bool(missing)
    True
    """
    session = Session(Submission("", "", (), False), "", limits, on_gpu=True)
    try:
        missing = session.gpu_missing()
    finally:
        session.close()
    return session.gpu, missing


def _is_generator(value: object) -> bool:
    import numpy as np

    return isinstance(value, np.random.Generator)


def _replies(value: object, number: int) -> list[dict[str, Any]]:
    """Return the replies in a message, or raise ProtocolError where one is not as it must be."""
    match value:
        case {"number": int(n), "replies": list(replies)} if n == number and replies:
            pass
        case _:
            raise ProtocolError("it is no reply to the call")
    for reply in replies:
        match reply:
            case {
                "changed": tuple() as changed,
                "warnings": tuple() as warned,
                "output": str(),
                "entered": dict(),
                "seconds": float(),
                "generators": tuple() as generators,
                "places": tuple() as places,
            } if all(map(_is_generator, generators)) and all(
                isinstance(word, str) for word in (*changed, *warned, *places)
            ):
                pass
            case _:
                raise ProtocolError("its reply is incomplete")
    return replies
