"""What checker and worker say to each other: requests and replies, as tuples in a fixed order.

    (number, do, of, name, args, kwargs, keep, strided)                 a request
    (number, [(kind, content, entered, generators, changed, warnings, output, places), …])
                                                                        its replies
    ("callback", id, args, kwargs)                  while it runs: call a function of the checker's
    ("answer" | "failure", content, generators)                         what that came to

Of requests and replies, the last parts are left out where they are empty.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from grader.errors import ProtocolError

__all__ = ["Reply", "Request", "packed", "read_replies"]


class Request(NamedTuple):
    """What the worker is to do.

    `do` is "load", "call", "many", "get", "set", "operator" or "trace"; `of` is the object whose
    `name` is meant, None for the module. `keep` are the items of the result that stay in the
    worker. Arrays have gaps between their entries where they are `strided`. Many calls share all
    but their arguments: `args` has a tuple for each.
    """

    number: int
    do: str
    of: Any
    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}  # noqa: RUF012 - nobody changes it
    keep: tuple[int, ...] = ()
    strided: bool = False


class Reply(NamedTuple):
    """What a call came to: `content` is its "value", the name that is "missing", or its "error".

    An error is `(names of its classes, message, frames)`, a frame `(file, line, function, text)`.
    `places` are where its arrays were, "gpu" or "host", if the worker is one on the GPU.
    """

    kind: str
    content: Any
    entered: dict[str, int] = {}  # noqa: RUF012 - nobody changes it
    generators: tuple[Any, ...] = ()
    changed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    output: str = ""
    places: tuple[str, ...] = ()


def packed(message: Request | Reply) -> tuple[Any, ...]:
    """Return a message without the empty parts at its end.

    >>> packed(Reply("value", 0, {"f": 1}))
    ('value', 0, {'f': 1})
    """
    end, least = len(message), len(message) - len(message._field_defaults)
    while end > least and not message[end - 1]:
        end -= 1
    return message[:end]


def read_replies(message: Any, number: int | None = None) -> list[Reply]:
    """Return the replies in a message; raises ProtocolError where one is not as it must be.

    With a number, they have to be the replies to the request of that number.
    """
    match message:
        case (n, list(replies)) if type(n) is int and replies and n == (number or n):
            return [_reply(reply) for reply in replies]
    raise ProtocolError("it is no reply to the call")


def _reply(parts: Any) -> Reply:
    if type(parts) is not tuple or not 2 <= len(parts) <= len(Reply._fields):
        raise ProtocolError("its reply is incomplete")
    reply = Reply(*parts)
    for part, is_right in zip(parts[2:], RIGHT, strict=False):
        if not is_right(part):
            raise ProtocolError("its reply is incomplete")
    kind, content = parts[:2]
    match kind:
        case "value":
            return reply
        case "missing" if type(content) is str:
            return reply
        case "error":
            match content:
                case (tuple(), str(), tuple()):
                    return reply
    raise ProtocolError("its reply has neither a value nor an error")


def _are_counts(part: Any) -> bool:
    return type(part) is dict and all(
        type(name) is str and type(count) is int for name, count in part.items()
    )


def _are_generators(part: Any) -> bool:
    import numpy as np

    return type(part) is tuple and all(isinstance(item, np.random.Generator) for item in part)


def _are_words(part: Any) -> bool:
    return type(part) is tuple and all(type(word) is str for word in part)


def _is_text(part: Any) -> bool:
    return type(part) is str


# What the parts of a reply have to be that may be left out.
RIGHT: Final = (_are_counts, _are_generators, _are_words, _are_words, _is_text, _are_words)
