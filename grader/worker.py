"""The process that learner code lives in: it loads a file, answers calls, and knows nothing else.

Requests and replies are those of `grader.messages`, in frames of `grader.wire`. While a call runs,
it may call back a function of the checker: "callback" goes out, "answer" comes in, and between the
two the checker may send further requests.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import inspect
import io
import linecache
import operator
import random
import signal
import sys
import traceback
import types
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from grader import wire
from grader.errors import ProtocolError
from grader.gpu import Gpu, NoGpu, strided
from grader.messages import Reply, Request, packed
from grader.tracing import Recorder, is_plain

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

__all__ = ["OPERATORS", "Runtime", "main"]

OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    name: getattr(operator, name) for name in ("add", "sub", "mul", "truediv", "pow", "neg")
}
MAX_OUTPUT: Final = 4_000
MAX_MESSAGE: Final = 2_000
MAX_FRAMES: Final = 12
MAX_WARNINGS: Final = 20
OBJECTS_PER_REQUEST: Final = 1 << 18  # more than a frame has values

# A learner's recursion passes through the counting wrapper too, so a frame of theirs costs two.
RECURSION_LIMIT: Final = 2_500

RECEIVE: Final = 1 << 16

CHANGEABLE: Final = frozenset((np.ndarray, list, tuple, dict))
PLAIN: Final = (bool, int, float, str, bytes, np.generic)


class _Missing(Exception):
    """The learner's module has no such name."""


class _Output(io.TextIOBase):
    """Keep the first characters that were written, and drop the rest."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.room = MAX_OUTPUT

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        if self.room > 0:
            self.parts.append(text[: self.room])
            self.room -= len(text)
        return len(text)

    def take(self) -> str:
        text = "".join(self.parts)
        self.parts.clear()
        self.room = MAX_OUTPUT
        return text


class Runtime:
    """The learner's module, the objects it has handed out, and the loop that answers requests."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.module = types.ModuleType("submission")
        self.files: dict[str, list[str]] = {}
        self.compiled: dict[object, tuple[list[types.CodeType], list[str]]] = {}
        self.objects: dict[int, object] = {}
        self.callbacks: dict[int, tuple[Callable[..., Any], wire.Ref]] = {}
        self.entered: dict[str, int] = {}
        self.output: Any = _Output()
        self.next_id = 0
        self.received = b""
        self.lent: set[int] = set()
        self.gpu: Gpu | None = None
        self.places: tuple[str, ...] = ()

    def take_gpu(self) -> dict[str, Any]:
        """Take the GPU for good: from now on, arrays are moved there before a call."""
        try:
            self.gpu = Gpu.open(self.enter)
        except NoGpu as error:
            return {"faults": (str(error),)}
        return {"gpu": self.gpu.describe()}

    # The wire

    def receive(self) -> wire.Message:
        received = self.received or self.receive_part(RECEIVE)
        while len(received) < wire.HEAD.size:
            received += self.receive_part(RECEIVE)
        size = wire.HEAD.size + wire.frame_size(received)
        if len(received) < size:
            parts, missing = [received], size - len(received)
            while missing > 0:
                parts.append(self.receive_part(RECEIVE if missing < RECEIVE else 1 << 20))
                missing -= len(parts[-1])
            received = b"".join(parts)
        self.received = received[size:]
        self.lent.clear()
        return wire.decode(received[:size], self.resolve)

    def receive_part(self, most: int) -> bytes:
        part = self.connection.recv(most)
        if not part:
            raise EOFError
        return part

    def serve(self) -> None:
        """Answer requests until the checker closes the connection."""
        while True:
            self.answer(self.receive())

    def answer(self, message: wire.Message) -> None:
        """Carry out one request and send its reply."""
        request = Request(*message.value)
        if request.do == "many":
            replies = self.many(request)
        else:
            replies = [self.perform(request, message.generators)]
        try:
            data, _ = wire.encode((request.number, replies), self.wrap)
        except ProtocolError as error:
            refusal = "error", (("ValueError",), str(error), ())
            data, _ = wire.encode((request.number, [refusal]), self.wrap)
        self.connection.sendall(data)

    def many(self, request: Request) -> list[tuple[Any, ...]]:
        replies = []
        for offset, args in enumerate(request.args):
            call = request._replace(number=request.number + offset, do="call", args=args)
            replies.append(self.perform(call, (), watch=False))
            if replies[-1][0] != "value":
                break
        return replies

    # References

    def resolve(self, ref: wire.Ref) -> object:
        if ref.owner == "worker":
            self.lent.add(id(self.objects[ref.id]))
            return self.objects[ref.id]
        if ref.id not in self.callbacks:
            self.callbacks[ref.id] = (self.callback(ref), ref)
        return self.callbacks[ref.id][0]

    def wrap(self, value: object) -> wire.Ref:
        for function, ref in self.callbacks.values():
            if function is value:
                return ref
        self.objects[self.next_id] = value
        self.next_id += 1
        return wire.Ref("worker", self.next_id - 1, _type_name(value), _methods(value))

    def callback(self, ref: wire.Ref) -> Callable[..., Any]:
        def function(*args: Any, **kwargs: Any) -> Any:
            data, generators = wire.encode(("callback", ref.id, args, kwargs), self.wrap)
            self.connection.sendall(data)
            while (message := self.receive()).value[0] not in ("answer", "failure"):
                self.answer(message)
            kind, content, drawn = message.value
            for mine, theirs in zip(generators, drawn, strict=True):
                wire.adopt(mine, theirs)
            if kind == "failure":
                raise RuntimeError(content)
            return content

        function.__name__ = function.__qualname__ = ref.type_name or "function"
        return function

    # Requests

    def perform(
        self,
        request: Request,
        generators: tuple[np.random.Generator, ...],
        *,
        watch: bool = True,
    ) -> tuple[Any, ...]:
        """Carry out one request and report all that it did; `watch` its arguments for changes."""
        self.next_id = request.number * OBJECTS_PER_REQUEST
        self.entered = {}
        self.places = ()
        self.output.take()
        watch = watch and request.do == "call"
        before = self.copy((request.args, request.kwargs)) if watch else None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with np.errstate(divide="warn", over="warn", invalid="warn", under="ignore"):
                kind, content, after = self.attempt(request)
        entered, output = dict(self.entered), self.output.take()
        changed = self.changed(after, before) if before else ()
        warned = tuple(
            f"{item.category.__name__}: {str(item.message)[:200]}" for item in caught[:MAX_WARNINGS]
        )
        return packed(
            Reply(kind, content, entered, generators, changed, warned, output, self.places)
        )

    def attempt(self, request: Request) -> tuple[str, Any, Request]:
        """Return the kind and the content of the reply, and the request as the call left it."""
        try:
            if self.gpu is None and not request.strided:
                return "value", self.carry_out(request), request
            return "value", *self.carry_out_elsewhere(request)
        except _Missing as error:
            return "missing", str(error), request
        except BaseException as error:  # noqa: BLE001 - whatever learner code raises is its answer
            return "error", self.describe(error), request

    def carry_out(self, request: Request) -> Any:
        value = getattr(self, f"do_{request.do}")(request)
        return self.keep(value, request.keep) if request.keep else value

    def carry_out_elsewhere(self, request: Request) -> tuple[Any, Request]:
        """Carry out a request on copies of its arrays: on the GPU, or with gaps in them."""
        lent = frozenset(self.lent)
        arguments = request.args, request.kwargs
        if self.gpu is not None:
            arguments = self.gpu.moved(arguments, lent)
        if request.strided:
            library = np if self.gpu is None else self.gpu.library
            arguments = strided(arguments, library, lent)
        value = self.carry_out(request._replace(args=arguments[0], kwargs=arguments[1]))
        if self.gpu is not None:
            value, self.places = self.gpu.fetched(value)
            arguments, _ = self.gpu.fetched(arguments, lent)
        return value, request._replace(args=arguments[0], kwargs=arguments[1])

    def keep(self, value: Any, positions: tuple[int, ...]) -> Any:
        """Replace the items at these positions by references, so that they stay here."""
        if not isinstance(value, (tuple, list)):
            return value
        return tuple(
            self.wrap(item) if position in positions else item
            for position, item in enumerate(value)
        )

    def do_load(self, request: Request) -> Any:
        """Run the file in a new module; a tolerant load skips the statements that fail."""
        if self.gpu is not None:
            self.gpu.settle()  # a kernel that failed has left the device unusable to this process
        self.objects.clear()
        self.callbacks.clear()
        self.clean_up()
        name, (chunks, tolerant) = request.name, request.args
        self.files = {file: text.splitlines(keepends=True) for file, text in chunks}
        for file, text in chunks:
            linecache.cache[file] = (len(text), None, self.files[file], file)
        if (key := tuple(chunks)) not in self.compiled:
            self.compiled[key] = self.compile(chunks, tolerant)
        codes, notes = self.compiled[key][0], list(self.compiled[key][1])
        self.module = sys.modules[name] = types.ModuleType(name)
        space = self.module.__dict__
        space["__file__"] = chunks[0][0] if chunks else name
        for code in codes:
            try:
                exec(code, space)  # noqa: S102 - running the learner's file is this process's purpose
            except BaseException as error:
                if not tolerant:
                    raise
                notes.append(self.note(error))
        self.count_entries(space)
        return tuple(notes[:MAX_FRAMES])

    def clean_up(self) -> None:
        """Put back what the process has one of, whatever an earlier check has done to it."""
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002 - learners who use the global state get a repeatable one
        sys.stdout = sys.stderr = self.output
        sys.setrecursionlimit(RECURSION_LIMIT)

    def compile(
        self, chunks: list[tuple[str, str]], tolerant: bool
    ) -> tuple[list[types.CodeType], list[str]]:
        codes, notes = [], []
        for file, text in chunks:
            if not tolerant:
                codes.append(builtins.compile(text, file, "exec", dont_inherit=True))
                continue
            try:
                for statement in ast.parse(text, file).body:
                    part = ast.Module([statement], [])
                    codes.append(builtins.compile(part, file, "exec", dont_inherit=True))
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                notes.append(self.note(error))
        return codes, notes

    def count_entries(self, space: dict[str, Any]) -> None:
        """Count the calls of the module's own functions, those that they make of each other too."""
        for name, value in list(space.items()):
            if type(value) is types.FunctionType and value.__globals__ is space:
                space[name] = self.counted(name, value)

    def counted(self, name: str, function: types.FunctionType) -> Callable[..., Any]:
        @functools.wraps(function)
        def entry(*args: Any, **kwargs: Any) -> Any:
            self.enter(name)
            return function(*args, **kwargs)

        return entry

    def enter(self, name: str) -> None:
        self.entered[name] = self.entered.get(name, 0) + 1

    def do_call(self, request: Request) -> Any:
        return self.target(request)(*request.args, **request.kwargs)

    def do_trace(self, request: Request) -> Any:
        """Carry out a call, and say what its variables were after each line, and its result."""
        recorder = Recorder(self.files)
        value = None
        sys.settrace(recorder)
        with contextlib.suppress(BaseException):  # the steps up to there are what was asked for
            try:
                value = self.do_call(request)
            finally:
                sys.settrace(None)
        return {"steps": tuple(recorder.steps), "value": value if is_plain(value) else None}

    def do_get(self, request: Request) -> Any:
        return self.target(request)

    def do_set(self, request: Request) -> None:
        setattr(request.of, request.name, request.args[0])

    def do_operator(self, request: Request) -> Any:
        return OPERATORS[request.name](*request.args)

    def target(self, request: Request) -> Any:
        of, name = request.of, request.name
        if of is None:
            if not hasattr(self.module, name):
                raise _Missing(name)
            return getattr(self.module, name)
        return getattr(of, name) if name else of

    # Reports

    def copy(self, value: Any) -> Any:
        """Copy arrays and what holds them; objects that live here are free to change."""
        kind = type(value)
        if kind not in CHANGEABLE or id(value) in self.lent:
            return value
        if kind is np.ndarray:
            return value.copy()
        if kind is dict:
            return {key: self.copy(item) for key, item in value.items()}
        return kind([self.copy(item) for item in value])

    def changed(self, request: Request, before: tuple[Any, Any]) -> tuple[str, ...]:
        """Name the arguments of a call that are not what they were before it."""
        args, kwargs = before
        moved = [
            index
            for index, (now, then) in enumerate(zip(request.args, args, strict=True))
            if not _same(now, then)
        ]
        keywords = [key for key, then in kwargs.items() if not _same(request.kwargs[key], then)]
        if not moved:
            return tuple(keywords)
        names = self.positional_names(request)
        return (*(names[i] if i < len(names) else f"argument {i + 1}" for i in moved), *keywords)

    def positional_names(self, request: Request) -> list[str]:
        try:
            parameters = inspect.signature(self.target(request)).parameters.values()
            return [str(p.name) for p in parameters if p.kind is not p.VAR_POSITIONAL]
        except Exception:  # noqa: BLE001 - a callable without a signature has numbers, not names
            return []

    def describe(self, error: BaseException) -> tuple[Any, ...]:
        """Put an exception into words: its classes, its text and the learner's own frames."""
        frames = [
            (frame.filename, frame.lineno or 0, frame.name, (frame.line or "")[:200])
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename in self.files
        ]
        message = _text(error)
        if isinstance(error, SyntaxError) and error.filename in self.files:
            message = str(error.msg)[:MAX_MESSAGE]
            text = (error.text or "").strip()[:200]
            frames.append((error.filename, error.lineno or 0, "<module>", text))
        names = tuple(str(kind.__name__)[:100] for kind in type(error).__mro__[:MAX_FRAMES])
        return names, message, tuple(frames[-MAX_FRAMES:])

    def note(self, error: BaseException) -> str:
        """Say in a line where a notebook's statement failed."""
        names, message, frames = self.describe(error)
        where = "".join(f"{file}, line {line}: " for file, line, _, _ in frames[:1])
        return f"{where}{names[0]}: {message[:200]}"


def _text(error: BaseException) -> str:
    try:
        return str(error)[:MAX_MESSAGE]
    except BaseException:  # noqa: BLE001 - an exception's text is learner code as well
        return "(its text could not be read)"


def _type_name(value: object) -> str:
    if type(value) is np.ndarray:
        return f"ndarray of dtype {str(value.dtype)[:100]}"
    return str(type(value).__name__)[:100]


def _methods(value: object) -> tuple[str, ...]:
    """Name what can be called on an object, so that calling it needs no look-up first."""
    try:
        own = getattr(value, "__dict__", {}).items()
        kind: Any = type(value)
        found = _class_methods(kind) | {str(name) for name, item in own if callable(item)}
    except BaseException:  # noqa: BLE001 - looking at a learner's object runs learner code
        return ()
    return tuple(sorted(name[:100] for name in found if not name.startswith("_")))[:100]


@functools.lru_cache
def _class_methods(kind: type) -> frozenset[str]:
    return frozenset(name for name in dir(kind) if callable(getattr(kind, name)))


def _same(now: Any, then: Any) -> bool:
    """Whether an argument still equals the copy made of it, byte for byte."""
    if type(now) is not type(then):
        return False
    if isinstance(then, np.ndarray):
        return bool(
            now.shape == then.shape and now.dtype == then.dtype and now.tobytes() == then.tobytes()
        )
    if isinstance(then, (list, tuple)):
        return len(now) == len(then) and all(map(_same, now, then))
    if isinstance(then, dict):
        return now.keys() == then.keys() and all(_same(now[key], then[key]) for key in then)
    if isinstance(then, PLAIN):
        return bool(now == then) or (now != now and then != then)  # NaN stays NaN
    return True


def _repeatable_generators() -> None:
    """Make unseeded generators repeatable, so that a verdict about them is always the same."""
    original = np.random.default_rng

    @functools.wraps(original)
    def default_rng(seed: Any = None) -> np.random.Generator:
        return original(0 if seed is None else seed)

    np.random.default_rng = default_rng


def _heed_signals() -> None:
    """Take up the signals that a shell has let its commands ignore, as with & or nohup."""
    for number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}:  # Python ignores those
        if signal.getsignal(number) == signal.SIG_IGN:
            interrupt = number == signal.SIGINT
            signal.signal(number, signal.default_int_handler if interrupt else signal.SIG_DFL)


def main(
    connection: socket.socket, enclose: Callable[[], dict[str, Any]], *, on_gpu: bool = False
) -> None:
    """Enclose this process, say what came of it, and answer requests until the end.

    `enclose` returns the tier in force and the faults found in it; to lack a GPU is one.
    """
    _heed_signals()
    _repeatable_generators()
    runtime = Runtime(connection)
    said = {**enclose(), "numpy": np.__version__}
    if on_gpu:
        said |= runtime.take_gpu()
    hello, _ = wire.encode(said)
    connection.sendall(hello)
    try:
        runtime.serve()
    except (EOFError, OSError):
        return
