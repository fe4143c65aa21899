"""The wire: whatever is in the closed set comes back equal, and hostile bytes are refused."""

from __future__ import annotations

import json
import resource
import struct
import time
from typing import Any

import numpy as np
import numpy.ma
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader import wire
from grader.errors import ProtocolError

DTYPES = [*"?bBhHiIqQefd", ">f8", ">i4"]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**1000), 2**1000)
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.binary(max_size=40)
)
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0, max_side=4))
)
NUMPY_SCALARS = st.sampled_from("?bBhHiIqQefd").flatmap(
    lambda dtype: hnp.arrays(dtype, ()).map(lambda array: array[()])
)
KEYS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS | ARRAYS | NUMPY_SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)


def frame(tree: object, buffers: bytes = b"") -> bytes:
    header = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return struct.pack(">II", len(header), len(buffers)) + header + buffers


def same(one: Any, other: Any) -> bool:
    if isinstance(one, (np.ndarray, np.generic)):
        little = np.dtype(one.dtype).newbyteorder("=")
        return (
            isinstance(one, np.ndarray) == isinstance(other, np.ndarray)
            and one.shape == other.shape
            and other.dtype == little
            and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
        )
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other or (one != one and other != other))


@given(VALUES)
def test_every_value_of_the_closed_set_comes_back_equal(value: object) -> None:
    assert same(value, wire.decode(wire.encode(value)[0]).value)


@given(st.binary(max_size=200))
def test_random_bytes_are_a_protocol_error(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        wire.decode(data)


@settings(max_examples=300)
@given(VALUES, st.data())
def test_a_damaged_frame_is_a_protocol_error_or_another_value(
    value: object, data: st.DataObject
) -> None:
    damaged = bytearray(wire.encode(value)[0])
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        decoded = wire.decode(bytes(damaged)).value
    except ProtocolError:
        return
    assert wire.encode(decoded, lambda _: wire.Ref("worker", 0))


@given(VALUES, st.integers(1, 100))
def test_a_truncated_frame_is_a_protocol_error(value: object, missing: int) -> None:
    whole = wire.encode(value)[0]
    with pytest.raises(ProtocolError):
        wire.decode(whole[: max(0, len(whole) - missing)])


HOSTILE = {
    "an array without its bytes": frame(["a", "<f8", [3]]),
    "an array of petabytes": frame(["a", "<f8", [1 << 39, 1 << 39]]),
    "an empty array of petabytes": frame(["a", "<f8", [0, 1 << 39, 1 << 39]]),
    "a negative shape": frame(["a", "<f8", [-1]], bytes(8)),
    "a shape of floats": frame(["a", "<f8", [1.0]], bytes(8)),
    "a shape of booleans": frame(["a", "<f8", [True]], bytes(8)),
    "a shape of a hundred axes": frame(["a", "|b1", [1] * 100], bytes(1)),
    "an object array": frame(["a", "|O", [1]], bytes(8)),
    "a structured array": frame(["a", "V8", [1]], bytes(8)),
    "a complex array": frame(["a", "<c16", [1]], bytes(16)),
    "a text array": frame(["a", "<U2", [1]], bytes(8)),
    "a date array": frame(["a", "<M8[s]", [1]], bytes(8)),
    "a long double": frame(["a", "<f16", [1]], bytes(16)),
    "a boolean that is 2": frame(["a", "|b1", [1]], b"\2"),
    "bytes that nobody asked for": frame(None, bytes(8)),
    "a negative number of bytes": frame(["b", -1]),
    "an unknown tag": frame(["z", 1]),
    "an empty node": frame([]),
    "a JSON object": frame({"a": 1}),
    "a dict item that is no pair": frame(["d", [1]]),
    "a dict with a list as key": frame(["d", [["l", 1], 2]]),
    "a generator with a huge state": frame(["g", 1 << 128, 1, 0, 0, 0, [], 0]),
    "a generator with a negative state": frame(["g", -1, 1, 0, 0, 0, [], 0]),
    "a generator with a bad flag": frame(["g", 1, 1, 7, 0, 0, [], 0]),
    "a generator with a seed of text": frame(["g", 1, 1, 0, 0, "x", [], 0]),
    "a generator with no seed": frame(["g", 1, 1, 0, 0, [], [], 0]),
    "a generator with a negative seed": frame(["g", 1, 1, 0, 0, -1, [], 0]),
    "a generator with a thousand seeds": frame(["g", 1, 1, 0, 0, [1] * 1000, [], 0]),
    "a generator that spawned too many": frame(["g", 1, 1, 0, 0, 0, [], 1 << 32]),
    "a generator that is not there": frame(["G", 0]),
    "a reference with bad names": frame(["r", "worker", 1, "T", [1]]),
    "a reference to nobody's object": frame(["r", "moon", 1, "T", []]),
    "lists a million deep": frame(b"[" * 1_000_000),
    "closed lists a hundred thousand deep": frame(b"[" * 100_000 + b"]" * 100_000),
    "values 40 deep": frame(json.loads('["l",' * 40 + "1" + "]" * 40)),
    "an integer of a million digits": frame(b"1" * 1_000_000),
    "a million empty lists": frame(b'["l"' + b',["l"]' * 600_000 + b"]"),
    "a header that is not ASCII": frame("é".encode("latin-1")),
    "no JSON": frame(b"{"),
    "a head alone": struct.pack(">II", 10, 0),
    "a header of 4 GB": struct.pack(">II", 0xFFFFFFFF, 0) + b"x",
    "buffers of 4 GB": struct.pack(">II", 1, 0xFFFFFFFF) + b"x",
    "nothing": b"",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bytes_are_refused_at_once_and_in_bounded_memory(data: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    with pytest.raises(ProtocolError, match=r"\w+ \w+"):
        wire.decode(data)
    assert time.process_time() - started < 2.0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000  # KiB


def test_a_frame_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(ProtocolError, match="over the limit"):
        wire.frame_size(struct.pack(">II", wire.MAX_HEADER + 1, 0))


class Lying(np.ndarray[Any, Any]):
    """An array with an opinion of its own."""


OUTSIDE = {
    "a complex number": 1j,
    "a set": {1},
    "an object": object(),
    "a class": int,
    "a subclass of ndarray": np.zeros(2).view(Lying),
    "a matrix": np.zeros((1, 2)).view(np.matrix),
    "a masked array": np.ma.masked_array(np.zeros(2), mask=[True, False]),
    "an object array": np.array([object()]),
    "a complex array": np.zeros(2, complex),
    "a long double": np.longdouble(1),
    "an array of text": np.array(["a"]),
    "a generator of another kind": np.random.Generator(np.random.MT19937(0)),
    "an enormous integer": 1 << 5000,
}


@pytest.mark.parametrize("value", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_a_value_outside_of_the_closed_set_crosses_only_as_a_reference(value: object) -> None:
    with pytest.raises(ProtocolError, match="cannot cross"):
        wire.encode(value)
    crossed = wire.decode(wire.encode([value], lambda _: wire.Ref("worker", 7, "T"))[0]).value
    assert crossed == [wire.Ref("worker", 7, "T")]


def test_a_list_that_contains_itself_crosses_as_a_reference_at_the_limit_of_depth() -> None:
    circular: list[object] = []
    circular.append(circular)
    value = wire.decode(wire.encode(circular, lambda _: wire.Ref("worker", 1))[0]).value
    for _ in range(wire.MAX_DEPTH):
        (value,) = value
    assert value == wire.Ref("worker", 1)


def test_a_list_that_doubles_at_every_level_is_refused() -> None:
    doubling: list[object] = []
    for _ in range(30):
        doubling = [doubling, doubling]
    with pytest.raises(ProtocolError, match="more than"):
        wire.encode(doubling, lambda _: wire.Ref("worker", 1))


def test_an_array_that_is_larger_than_it_is_stored_is_refused() -> None:
    with pytest.raises(ProtocolError, match="limit"):
        wire.encode(np.broadcast_to(1.0, (1 << 30,)))


def test_a_named_tuple_crosses_as_a_tuple() -> None:
    class Pair(tuple[int, int]):
        """A pair with a name."""

        __slots__ = ()

    assert type(wire.decode(wire.encode(Pair((1, 2)))[0]).value) is tuple


def test_a_generator_keeps_its_state_and_its_identity() -> None:
    rng = np.random.default_rng(5)
    rng.integers(10, dtype=np.uint32)  # leaves half a draw behind
    data, sent = wire.encode((rng, rng))
    message = wire.decode(data)
    assert sent == (rng,)
    assert message.value[0] is message.value[1] is message.generators[0]
    assert [message.value[0].integers(10, dtype=np.uint32) for _ in range(5)] == [
        rng.integers(10, dtype=np.uint32) for _ in range(5)
    ]


def test_a_decoded_array_is_writable_and_shares_no_memory_with_its_frame() -> None:
    data = wire.encode(np.zeros(3))[0]
    array = wire.decode(data).value
    array[0] = 1
    assert wire.decode(data).value[0] == 0
