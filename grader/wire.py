"""How values cross the process boundary: length-prefixed frames over a closed set of types.

A frame is `>II` (bytes of header, bytes of buffers), a JSON header, and the raw C-order bytes of
its arrays, one after the other. Nothing is unpickled; sizes are checked before they are allocated.

    null, true, 3, 0.5, "text"      themselves
    ["l", …] ["t", …]               list, tuple
    ["d", [key, value], …]          dict
    ["a", dtype, shape]             array; its bytes are the next in the buffers
    ["s", dtype]                    NumPy scalar, likewise
    ["b", length]                   bytes, likewise
    ["g", state, inc, has, uint, entropy, key, spawned]
                                    numpy.random.Generator over PCG64, with the seed that it spawns
                                    from; ["G", i] is the i-th one again
    ["r", owner, id, type, names]   reference to an object that stays on its owner's side
"""

from __future__ import annotations

import functools
import itertools
import json
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from grader.errors import ProtocolError

__all__ = [
    "HEAD",
    "MAX_BUFFERS",
    "MAX_DEPTH",
    "MAX_HEADER",
    "MAX_NODES",
    "Message",
    "Ref",
    "adopt",
    "decode",
    "encode",
    "frame_size",
]

HEAD: Final = struct.Struct(">II")
MAX_HEADER: Final = 4 << 20
MAX_BUFFERS: Final = 256 << 20
MAX_NODES: Final = 200_000
MAX_DEPTH: Final = 32
MAX_INT_BITS: Final = 1024
MAX_NDIM: Final = 32
MAX_SEEDS: Final = 64
MAX_SPAWNED: Final = 10_000

DTYPES: Final = {
    name: np.dtype(name)
    for name in ("|b1", "|i1", "|u1", *(f"<{k}{n}" for k in "iu" for n in (2, 4, 8)))
} | {f"<f{n}": np.dtype(f"<f{n}") for n in (2, 4, 8)}
# The same in this machine's byte order, as arrays come out of a frame.
OURS: Final = {name: dtype.newbyteorder("=") for name, dtype in DTYPES.items()}
IMPOSSIBLE_SHAPE: Final = "a frame has an array with an impossible shape"
NO_VALUE: Final = "a frame has a node that is not a value"
FROM_JSON: Final = json.JSONDecoder().raw_decode
TO_JSON: Final = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode

# By character code: `long` and `longlong` are types of their own, though of the same dtype.
SCALARS: Final = frozenset(np.dtype(code).type for code in "?bBhHiIlLqQefd")


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to an object that lives on one side of the wire.

    `owner` is "worker" or "checker"; `names` are the methods that can be called on it.
    """

    owner: str
    id: int
    type_name: str = ""
    names: tuple[str, ...] = ()


class Message(NamedTuple):
    """A decoded frame: its value, and the generators in it in the order of their appearance."""

    value: Any
    generators: tuple[np.random.Generator, ...]


# What JSON has itself, and gives back as it was.
NATIVE: Final = frozenset((type(None), bool, float, str))

Wrap = Callable[[object], Ref]
Resolve = Callable[[Ref], object]


def no_references(value: object) -> Ref:
    """Refuse any value outside of the closed set."""
    raise ProtocolError(f"a value of type {type(value).__name__} cannot cross the wire")


def encode(
    value: object, wrap: Wrap = no_references
) -> tuple[bytes, tuple[np.random.Generator, ...]]:
    """Return the frame of a value and the generators in it; `wrap` makes a `Ref` of anything else.

    Subclasses of tuple, list and dict cross as plain ones; subclasses of ndarray do not.
    Raises ProtocolError for a value that is too large.

    >>> frame, _ = encode({"x": (1, 2.5)})
    >>> decode(frame).value
    {'x': (1, 2.5)}
    """
    encoder = _Encoder(wrap)
    header = TO_JSON(encoder.node(value, 0)).encode("ascii")
    if len(header) > MAX_HEADER:
        raise ProtocolError(f"the values need {len(header):,} bytes, the limit is {MAX_HEADER:,}")
    frame = b"".join((HEAD.pack(len(header), encoder.size), header, *encoder.buffers))
    return frame, tuple(encoder.generators)


def frame_size(head: bytes) -> int:
    """Return how many bytes follow the head of a frame; raises ProtocolError above the limits."""
    header, buffers = HEAD.unpack_from(head)
    if header > MAX_HEADER or buffers > MAX_BUFFERS:
        raise ProtocolError(f"a frame of {header:,} + {buffers:,} bytes is over the limit")
    return int(header + buffers)


def decode(frame: bytes, resolve: Resolve | None = None) -> Message:
    """Return the message of a whole frame; raises ProtocolError for anything malformed."""
    if len(frame) < HEAD.size or len(frame) - HEAD.size != frame_size(frame):
        raise ProtocolError("a frame is shorter or longer than it says")
    header = HEAD.unpack_from(frame)[0]
    start = HEAD.size + header
    try:
        text = str(frame[HEAD.size : start], "ascii")
        tree, end = FROM_JSON(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"a frame's header is not JSON: {type(error).__name__}") from None
    if end < len(text):
        raise ProtocolError("a frame's header has more in it than a value")
    decoder = _Decoder(memoryview(frame)[start:], resolve)
    value = decoder.value(tree, 0)
    if decoder.offset != len(frame) - start:
        raise ProtocolError("a frame has bytes that no array asked for")
    return Message(value, tuple(decoder.generators))


class _Encoder:
    def __init__(self, wrap: Wrap) -> None:
        self.wrap = wrap
        self.buffers: list[bytes] = []
        self.size = 0
        self.nodes = 1
        self.generators: list[np.random.Generator] = []

    def count(self, values: int) -> None:
        self.nodes += values
        if self.nodes > MAX_NODES:
            raise ProtocolError(f"there are more than {MAX_NODES:,} values")

    def node(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind in NATIVE or (kind is int and value.bit_length() <= MAX_INT_BITS):
            return value
        if kind is np.ndarray and value.ndim <= MAX_NDIM and (name := _dtype(value.dtype)):
            self.append(value, name)
            return ["a", name, value.shape]
        if kind in SCALARS:
            name = _dtype(value.dtype)
            self.append(value, name)
            return ["s", name]
        if depth < MAX_DEPTH:
            if isinstance(value, tuple):
                return self.items("t", value, tuple, depth)
            if isinstance(value, list):
                return self.items("l", value, list, depth)
            if isinstance(value, dict):
                self.count(2 * dict.__len__(value))
                items = dict.items(value)
                return [
                    "d",
                    *[[self.node(k, depth + 1), self.node(v, depth + 1)] for k, v in items],
                ]
        if kind is bytes:
            self.push(value)
            return ["b", len(value)]
        if kind is np.random.Generator and type(value.bit_generator) is np.random.PCG64:
            return self.generator(value)
        ref = value if kind is Ref else self.wrap(value)
        return ["r", ref.owner, ref.id, ref.type_name, list(ref.names)]

    def items(self, tag: str, value: Any, kind: Any, depth: int) -> list[Any]:
        """Encode a tuple or a list by its class's own methods: a subclass may have others."""
        self.count(kind.__len__(value))
        return [
            tag,
            *[
                item if type(item) in NATIVE else self.node(item, depth + 1)
                for item in kind.__iter__(value)
            ],
        ]

    def append(self, array: Any, name: str) -> None:
        if array.nbytes > MAX_BUFFERS:
            raise ProtocolError(
                f"an array of shape {array.shape} has {array.nbytes:,} bytes, "
                f"the limit is {MAX_BUFFERS:,}"
            )
        if array.dtype != DTYPES[name]:
            array = array.astype(DTYPES[name])
        self.push(array.tobytes())

    def push(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > MAX_BUFFERS:
            raise ProtocolError(f"the arrays have more than {MAX_BUFFERS:,} bytes together")
        self.buffers.append(data)

    def generator(self, generator: np.random.Generator) -> list[Any]:
        for index, seen in enumerate(self.generators):
            if seen is generator:
                return ["G", index]
        self.generators.append(generator)
        state: Any = generator.bit_generator.state
        inner = state["state"]
        half = state["has_uint32"], state["uinteger"]
        return ["g", inner["state"], inner["inc"], *half, *_seed(generator)]


class _Decoder:
    def __init__(self, blob: memoryview, resolve: Resolve | None) -> None:
        self.blob = blob
        self.resolve = resolve
        self.offset = 0
        self.nodes = 1
        self.generators: list[np.random.Generator] = []

    def value(self, node: Any, depth: int) -> Any:
        kind = type(node)
        if kind is not list:
            if kind is dict:
                raise ProtocolError(NO_VALUE)
            return node
        if not node or depth > MAX_DEPTH:
            raise ProtocolError(NO_VALUE)
        tag = node[0]
        if tag == "a" and len(node) == 3:
            return self.array(node[1], node[2])
        if tag == "t":
            return tuple(self.items(node, depth))
        if tag == "l":
            return self.items(node, depth)
        if tag == "d":
            return self.mapping(node, depth)
        return self.leaf(node)

    def count(self, values: int) -> None:
        self.nodes += values
        if self.nodes > MAX_NODES:
            raise ProtocolError(f"a frame has more than {MAX_NODES:,} values")

    def items(self, node: list[Any], depth: int) -> list[Any]:
        self.count(len(node) - 1)
        inner = itertools.islice(node, 1, None)
        return [item if type(item) in NATIVE else self.value(item, depth + 1) for item in inner]

    def leaf(self, node: list[Any]) -> Any:
        match node:
            case ["r", "worker" | "checker" as owner, int(number), str(kind), list(names)]:
                for name in names:
                    if type(name) is not str:
                        raise ProtocolError("a reference has a name that is not text")
                ref = Ref(owner, number, kind[:200], tuple(names[:200]))
                return self.resolve(ref) if self.resolve else ref
            case ["s", str(name)]:
                return self.array(name, [])[()]
            case ["b", int(length)] if length >= 0:
                self.skip(length)
                return bytes(self.blob[self.offset - length : self.offset])
            case ["g", int(state), int(inc), int(has), int(uinteger), entropy, list(key), int(n)]:
                return self.generator((state, inc, has, uinteger), _sequence(entropy, key, n))
            case ["G", int(index)] if 0 <= index < len(self.generators):
                return self.generators[index]
        raise ProtocolError(NO_VALUE)

    def mapping(self, node: list[Any], depth: int) -> dict[Any, Any]:
        self.count(2 * (len(node) - 1))
        result = {}
        for item in node[1:]:
            if type(item) is not list or len(item) != 2:
                raise ProtocolError("a frame has a dict whose item is not a pair")
            key = self.value(item[0], depth + 1)
            if type(key) is not str and not _is_key(key):
                raise ProtocolError("a frame has a dict with a key that is not a plain value")
            result[key] = self.value(item[1], depth + 1)
        return result

    def skip(self, count: int) -> None:
        """Go past the next bytes of the buffers, which have to be there."""
        if count > len(self.blob) - self.offset:
            raise ProtocolError("a frame declares more array bytes than it has")
        self.offset += count

    def array(self, name: Any, shape: Any) -> np.ndarray[Any, Any]:
        dtype = DTYPES.get(name) if type(name) is str else None
        if dtype is None:
            raise ProtocolError("a frame has an array of a dtype outside of the closed set")
        if type(shape) is not list or len(shape) > MAX_NDIM:
            raise ProtocolError(IMPOSSIBLE_SHAPE)
        for n in shape:
            if type(n) is not int or not 0 <= n < 1 << 40:
                raise ProtocolError(IMPOSSIBLE_SHAPE)
        size = math.prod(shape)
        if size == 0 and math.prod(n for n in shape if n) > MAX_BUFFERS:
            raise ProtocolError(IMPOSSIBLE_SHAPE)
        offset = self.offset
        self.skip(size * dtype.itemsize)
        # A copy, because what lies in a frame cannot be written to.
        array = np.ndarray(shape, dtype, self.blob, offset).astype(OURS[name])
        if name == "|b1" and array.view(np.uint8).max(initial=0) > 1:
            raise ProtocolError("a frame has a boolean that is neither 0 nor 1")
        return array

    def generator(
        self, numbers: tuple[int, int, int, int], seed: np.random.SeedSequence
    ) -> np.random.Generator:
        state, inc, has, uinteger = numbers
        if not (0 <= state < 1 << 128 and 0 <= inc < 1 << 128):
            raise ProtocolError("a frame has a generator with an impossible state")
        if has not in (0, 1) or not 0 <= uinteger < 1 << 32:
            raise ProtocolError("a frame has a generator with an impossible state")
        bits = np.random.PCG64(seed)
        bits.state = {
            "bit_generator": "PCG64",
            "state": {"state": state, "inc": inc},
            "has_uint32": int(has),
            "uinteger": uinteger,
        }
        self.generators.append(np.random.Generator(bits))
        return self.generators[-1]


def adopt(mine: np.random.Generator, theirs: np.random.Generator) -> None:
    """Bring a generator to where its copy on the other side has got to, its spawning included."""
    mine.bit_generator.state = theirs.bit_generator.state
    seed, ahead = mine.bit_generator.seed_seq, theirs.bit_generator.seed_seq
    if isinstance(seed, np.random.SeedSequence) and isinstance(ahead, np.random.SeedSequence):
        spawned = ahead.n_children_spawned - seed.n_children_spawned
        if 0 < spawned <= MAX_SPAWNED:
            seed.spawn(spawned)


def _seed(generator: np.random.Generator) -> tuple[Any, list[int], int]:
    """Return what a generator's seed sequence is made of; a seed of 0 where it has none."""
    seed: Any = generator.bit_generator.seed_seq
    if type(seed) is not np.random.SeedSequence:
        return 0, [], 0
    entropy: Any = seed.entropy
    one = isinstance(entropy, (int, np.integer))
    entropy = int(entropy) if one else [int(number) for number in entropy]
    return entropy, [int(number) for number in seed.spawn_key], int(seed.n_children_spawned)


def _sequence(entropy: Any, key: list[Any], spawned: int) -> np.random.SeedSequence:
    words = entropy if type(entropy) is list else [entropy]
    for numbers in (words, key, [spawned]):
        if len(numbers) > MAX_SEEDS or not all(
            type(n) is int and 0 <= n < 1 << MAX_INT_BITS for n in numbers
        ):
            raise ProtocolError("a frame has a generator with an impossible seed")
    if not words or spawned >= 1 << 32:
        raise ProtocolError("a frame has a generator with an impossible seed")
    return np.random.SeedSequence(entropy, spawn_key=key, n_children_spawned=spawned)


@functools.lru_cache(maxsize=64)
def _dtype(dtype: np.dtype[Any]) -> str:
    """Return the wire's name of a dtype, or "" where it is outside of the closed set."""
    name = dtype.newbyteorder("<").str
    return name if name in DTYPES else ""


def _is_key(key: object) -> bool:
    if isinstance(key, tuple):
        return all(_is_key(item) for item in key)
    return key is None or isinstance(key, (bool, int, float, str, bytes))
