"""Pictures of what a check saw, as plain numbers, and their way from the check to its result.

The numbers come from learners' code, so there are only so many, and one that was NaN or infinite is
None, because JSON has neither. What kinds there are is a closed set: a report knows them all.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableSequence

__all__ = [
    "Boundary",
    "Curve",
    "HeatMap",
    "Picture",
    "from_dict",
    "record",
    "recording",
    "to_dict",
]

Values: TypeAlias = tuple[float | None, ...]
Line: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """Numbers of the learner's beside the reference's, at `first`, `first + every` and so on.

    `along` says what is counted there: steps of a training run, layers of a network.

    >>> Curve("loss", (0.7, None), (0.7, 0.4)).at
    (1, 2)
    """

    name: str
    got: Values
    expected: Values
    every: float = 1
    first: float = 1
    along: str = "step"

    @property
    def at(self) -> tuple[float, ...]:
        """The place of each of the numbers."""
        longest = max(len(self.got), len(self.expected))
        return tuple(self.first + n * self.every for n in range(longest))


@dataclass(frozen=True, slots=True)
class Boundary:
    """The line w₁x₁ + w₂x₂ + b = 0 after each epoch, among labelled points of the plane.

    A line is (w₁, w₂, b), None where one of them is not finite; a point is (x₁, x₂) and has the
    label 0 or 1.

    >>> Boundary("OR", ((0, 0), (1, 1)), (0, 1), ((1, 1, -1),), ((1, 1, -1),)).got
    ((1, 1, -1),)
    """

    name: str
    points: tuple[tuple[float, float], ...]
    labels: tuple[int, ...]
    got: tuple[Line | None, ...]
    expected: tuple[Line | None, ...]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """How far each entry of a gradient is off, as a share of the largest: 0 where it is right.

    A vector has one row.

    >>> HeatMap("dw", ((0, 0.5), (0, 2.0))).shape
    (2, 2)
    """

    name: str
    rows: tuple[tuple[float, ...], ...]

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of rows and columns."""
        return len(self.rows), len(self.rows[0]) if self.rows else 0


Picture: TypeAlias = Curve | Boundary | HeatMap

KINDS: Final[dict[str, type[Picture]]] = {
    "curve": Curve,
    "boundary": Boundary,
    "heat_map": HeatMap,
}

_RECORDED: ContextVar[MutableSequence[Picture] | None] = ContextVar("recorded", default=None)


@contextmanager
def recording(pictures: MutableSequence[Picture]) -> Iterator[None]:
    """Have what is recorded in here added to `pictures`.

    >>> pictures = []
    >>> with recording(pictures):
    ...     record(HeatMap("dw", ((0, 0.5),)))
    >>> pictures
    [HeatMap(name='dw', rows=((0, 0.5),))]
    """
    token = _RECORDED.set(pictures)
    try:
        yield
    finally:
        _RECORDED.reset(token)


def record(picture: Picture) -> None:
    """Record a picture, once, where anybody asked for it."""
    pictures = _RECORDED.get()
    if pictures is not None and picture not in pictures:
        pictures.append(picture)


def to_dict(picture: Picture) -> dict[str, Any]:
    """Give a picture as plain values.

    >>> to_dict(HeatMap("dw", ((0, 0.5),)))
    {'kind': 'heat_map', 'name': 'dw', 'rows': [[0, 0.5]]}
    """
    kind = next(kind for kind, record_ in KINDS.items() if type(picture) is record_)
    values = {field.name: _lists(getattr(picture, field.name)) for field in fields(picture)}
    return {"kind": kind, **values}


def from_dict(document: dict[str, Any]) -> Picture:
    """Read what `to_dict` gave.

    >>> from_dict({"kind": "heat_map", "name": "dw", "rows": [[0, 0.5]]})
    HeatMap(name='dw', rows=((0, 0.5),))
    """
    values = {key: _tuples(value) for key, value in document.items() if key != "kind"}
    return KINDS[document["kind"]](**values)


def _lists(value: Any) -> Any:
    return [_lists(item) for item in value] if isinstance(value, tuple) else value


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
