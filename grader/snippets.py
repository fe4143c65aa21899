"""A logged check as a few lines of Python that run beside the learner's file.

Only the calls that bear on the last one are shown: those that share an object with it, or with one
that does.
"""

from __future__ import annotations

import inspect
import math
import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from grader import wire
from grader.messages import Request, read_replies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from grader.session import Exchange

__all__ = ["snippet"]

MAX_CALLS: Final = 12
MAX_CHARACTERS: Final = 2_500
SIGNS: Final = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**"}


class _TooLong(Exception):
    """The check is too large to be shown as a snippet."""


def snippet(
    module: str,
    log: Sequence[Exchange],
    callables: Sequence[Callable[..., Any]],
    *,
    on_gpu: bool = False,
) -> str | None:
    """Return code that repeats the last call of a log, or None where it would be unreadably long.

    `module` is the name that the learner's file is imported by.
    """
    if not log:
        return None
    try:
        text = _Writer(module, callables, on_gpu).write(log)
    except (_TooLong, OSError, TypeError):
        return None
    return text if len(text) <= MAX_CHARACTERS else None


class _Writer:
    def __init__(
        self, module: str, callables: Sequence[Callable[..., Any]], on_gpu: bool = False
    ) -> None:
        self.module = module
        self.library = "cp" if on_gpu else "np"
        self.strided = False
        self.callables = callables
        self.imports: list[str] = []
        self.before: list[str] = []
        self.names: dict[int, str] = {}
        self.functions: dict[int, str] = {}
        self.generators = 0

    def write(self, log: Sequence[Exchange]) -> str:
        calls = [(_last_call(e.request), _last_value(e.reply) if e.reply else None) for e in log]
        shown = self.needed(calls)
        if len(shown) > MAX_CALLS:
            raise _TooLong
        lines = []
        for position, (request, result) in enumerate(shown):
            self.before.clear()
            code = self.expression(request)
            lines += self.before
            if position == len(shown) - 1:
                lines.append(code if request.do == "set" else f"print({code})")
            elif paths := dict(_references(result)):
                name = f"out{position + 1}"
                self.names |= {number: name + path for number, path in paths.items()}
                lines.append(f"{name} = {code}")
            else:
                lines.append(code)
        head = ["import numpy as np"]
        if self.library == "cp":
            head.insert(0, "import cupy as cp")
        if self.imports:
            head.append(f"from {self.module} import {', '.join(sorted(set(self.imports)))}")
        return "\n".join([*head, "", *lines])

    def needed(self, calls: list[tuple[Request, Any]]) -> list[tuple[Request, Any]]:
        """Keep the last call, and all that share an object with a kept one, directly or not."""
        objects = [{number for value in call for number, _ in _references(value)} for call in calls]
        kept, wanted, before = {len(calls) - 1}, set(objects[-1]), 0
        while len(kept) > before:
            before = len(kept)
            kept |= {index for index, held in enumerate(objects) if held & wanted}
            wanted = set().union(*(objects[index] for index in kept))
        return [calls[index] for index in sorted(kept)]

    def expression(self, request: Request) -> str:
        self.strided = request.strided
        args = [self.value(item) for item in request.args]
        match request.do:
            case "call":
                args += [f"{k}={self.value(v)}" for k, v in request.kwargs.items()]
                return f"{self.target(request)}({', '.join(args)})"
            case "get":
                return self.target(request)
            case "set":
                return f"{self.target(request)} = {args[0]}"
        sign = SIGNS.get(request.name)
        return f"{args[0]} {sign} {args[1]}" if sign else f"-{args[0]}"

    def target(self, request: Request) -> str:
        of, name = request.of, request.name
        if of is None:
            self.imports.append(name)
            return str(name)
        return ".".join(filter(None, (self.value(of), name)))

    def value(self, value: Any) -> str:
        match value:
            case wire.Ref(owner="worker"):
                if value.id not in self.names:
                    raise _TooLong
                return self.names[value.id]
            case wire.Ref():
                return self.function(value.id)
            case np.ndarray():
                gaps = ".repeat(2, axis=-1)[..., ::2]" if self.strided and value.ndim else ""
                return _array(value, self.library) + gaps
            case np.random.Generator():
                return self.generator(value)
            case np.generic():
                return repr(value.item())
            case list():
                return f"[{', '.join(map(self.value, value))}]"
            case tuple():
                return f"({', '.join(map(self.value, value))}{',' * (len(value) == 1)})"
            case dict():
                items = (f"{self.value(k)}: {self.value(v)}" for k, v in value.items())
                return f"{{{', '.join(items)}}}"
            case float() if not math.isfinite(value):
                return f"float('{value}')"
        return repr(value)

    def function(self, index: int) -> str:
        if index in self.functions:
            return self.functions[index]
        function = self.callables[index]
        if isinstance(function, np.ufunc):
            return f"np.{function.__name__}"
        name = function.__name__
        if not name.isidentifier():
            raise _TooLong
        source = textwrap.dedent(inspect.getsource(function))
        if source.count("\n") > MAX_CALLS or not source.startswith("def "):
            raise _TooLong
        self.before += [*source.splitlines(), ""]
        self.functions[index] = name
        return name

    def generator(self, generator: np.random.Generator) -> str:
        """Seed a generator as this one was, and where it has drawn since, set its state."""
        seed: Any = generator.bit_generator.seed_seq
        state = generator.bit_generator.state
        made = f"np.random.default_rng({seed.entropy})"
        if not seed.spawn_key and np.random.default_rng(seed.entropy).bit_generator.state == state:
            return made
        self.generators += 1
        name = f"rng{self.generators}"
        self.before += [f"{name} = {made}", f"{name}.bit_generator.state = {state}"]
        return name


def _last_call(frame: bytes) -> Request:
    """Decode a request; of a batch, its last call."""
    request = Request(*wire.decode(frame).value)
    return request._replace(do="call", args=request.args[-1]) if request.do == "many" else request


def _last_value(frame: bytes) -> Any:
    """Decode a reply and return its value; of a batch, its last one."""
    reply = read_replies(wire.decode(frame).value)[-1]
    return reply.content if reply.kind == "value" else None


def _references(value: Any, path: str = "") -> Iterator[tuple[int, str]]:
    """Yield each worker object inside of a request or a value, with the path that leads to it."""
    match value:
        case wire.Ref(owner="worker"):
            yield value.id, path
        case tuple() | list():
            for index, item in enumerate(value):
                yield from _references(item, f"{path}[{index}]")
        case dict():
            for key, item in value.items():
                yield from _references(item, f"{path}[{key!r}]")


def _array(array: np.ndarray[Any, Any], library: str) -> str:
    if array.size > MAX_CHARACTERS // 4:
        raise _TooLong
    plain = array.dtype in (np.float64, np.int64, np.bool_)
    dtype = "" if plain else f", dtype=np.{array.dtype}"
    if array.size == 0:
        return f"{library}.zeros({array.shape}{dtype})"
    if array.size > 3 and (array == array.flat[0]).all():
        return f"{library}.full({array.shape}, {array.flat[0].item()!r}{dtype})"
    text = repr(array.tolist()).replace("nan", "np.nan").replace("inf", "np.inf")
    return f"{library}.array({text}{dtype})"
