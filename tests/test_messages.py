"""Requests and replies: what is empty is left out, and what is not a reply is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.errors import ProtocolError
from grader.messages import Reply, Request, packed, read_replies

GENERATOR = np.random.default_rng(0)
WHOLE = Reply("value", None, {"f": 1}, (GENERATOR,), ("x",), ("w",), "said", ("gpu",))


@pytest.mark.parametrize("length", range(2, len(WHOLE) + 1))
def test_a_reply_comes_back_whole_with_its_last_parts_left_out(length: int) -> None:
    parts: tuple[Any, ...] = WHOLE[:length]
    reply = Reply(*parts)
    assert len(packed(reply)) == length
    assert read_replies((3, [packed(reply)]), 3) == [reply]


def test_an_empty_part_before_one_that_is_not_stays() -> None:
    assert packed(Request(1, "call", None, "f", keep=(1,))) == (1, "call", None, "f", (), {}, (1,))
    assert packed(Request(1, "get", None, "f")) == (1, "get", None, "f")


def test_a_reply_is_to_the_request_that_it_names() -> None:
    read_replies((3, [("value", 1)]))
    with pytest.raises(ProtocolError, match="no reply to the call"):
        read_replies((3, [("value", 1)]), 4)


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        (),
        (3,),
        (3, []),
        (3, ()),
        (3.0, [("value", 1)]),
        (True, [("value", 1)]),
        (3, [("value", 1)], 0),
        (3, [["value", 1]]),
        (3, [("value", 1), 7]),
        (3, [("value",)]),
        (3, [("passed", 1)]),
        (3, [(None, 1)]),
        (3, [("missing", 1)]),
        (3, [("error", "boom")]),
        (3, [("error", (("ValueError",), "boom"))]),
        (3, [("error", (("ValueError",), 1, ()))]),
        (3, [("error", ("ValueError", "boom", ()))]),
        (3, [(*WHOLE, 1)]),
    ],
)
def test_what_is_not_a_reply_is_refused(message: Any) -> None:
    with pytest.raises(ProtocolError):
        read_replies(message, int(message[0]) if message else 3)


WRONG: list[tuple[str, Any]] = [
    ("entered", ()),
    ("entered", {1: 1}),
    ("entered", {"f": 1.0}),
    ("entered", {"f": None}),
    ("generators", [WHOLE.generators[0]]),
    ("generators", (1,)),
    ("changed", ["x"]),
    ("changed", (1,)),
    ("warnings", "w"),
    ("warnings", (b"w",)),
    ("output", b"said"),
    ("output", None),
    ("places", "gpu"),
    ("places", (0,)),
]


@pytest.mark.parametrize(("part", "value"), WRONG)
def test_a_reply_with_a_part_of_another_type_is_refused(part: str, value: Any) -> None:
    with pytest.raises(ProtocolError, match="incomplete"):
        read_replies((3, [tuple(WHOLE._replace(**{part: value}))]), 3)
