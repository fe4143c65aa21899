"""Pictures of what a check saw: recorded here, drawn where a report has room for them.

Record before you judge: a check that fails ends there. The learner's values may be of any kind and
number; of these, what a picture can hold is kept, with six digits.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from grader.checking.comparing import NUMBERS, is_sequence
from grader.pictures import Boundary, Curve, HeatMap, record

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

__all__ = ["show_boundary", "show_curve", "show_errors"]

MAX_POINTS: Final = 500  # of a curve; more than a picture needs
MAX_LINES: Final = 12
LARGEST: Final = 1e30


def show_curve(
    name: str,
    got: Any,
    expected: Any,
    *,
    first: float = 1,
    every: float = 1,
    along: str = "step",
) -> None:
    """Show the learner's numbers beside the reference's, one a step or along something else.

    The numbers stand at `first`, `first + every` and so on. More than 500 are thinned; nothing is
    shown of what is no sequence of single numbers.

    >>> from grader.pictures import recording
    >>> with recording([]) as _:
    ...     show_curve("size", [0.9, 0.1], [1.0, 1.0], along="layer")
    """
    if not (_has_steps(got) and _has_steps(expected)):
        return
    thin = max(1, math.ceil(len(expected) / MAX_POINTS))
    right = tuple(map(_point, expected[::thin]))
    if any(value is not None for value in right):
        yours = tuple(map(_point, got[: len(expected) : thin]))
        record(Curve(name, yours, right, every * thin, first, along))


def show_boundary(
    name: str,
    points: npt.ArrayLike,
    labels: npt.ArrayLike,
    got: Sequence[tuple[Any, Any]],
    expected: Sequence[tuple[Any, Any]],
) -> None:
    """Show the line w·x + b = 0 after each epoch, the learner's beside the reference's.

    `points` are (N, 2) with N up to 500, `labels` 0 or 1 each. `got` and `expected` have (w, b) of
    each epoch; the first twelve are shown.

    >>> from grader.pictures import recording
    >>> line = [(np.array([1.0, 1.0]), -0.5)]
    >>> with recording([]) as _:
    ...     show_boundary("OR", [[0, 0], [0, 1]], [0, 1], line, line)
    """
    places = np.asarray(points, np.float64)[:MAX_POINTS].tolist()
    ones = np.asarray(labels)[:MAX_POINTS].tolist()
    lines = (tuple(_line(*line) for line in run[:MAX_LINES]) for run in (got, expected))
    record(Boundary(name, tuple(map(tuple, places)), tuple(map(int, ones)), *lines))


def show_errors(name: str, off: npt.NDArray[np.float64]) -> None:
    """Show how far each entry of a vector or matrix is off, as a share of the largest one."""
    rows = np.minimum(np.atleast_2d(off), LARGEST)
    record(HeatMap(name, tuple(tuple(float(f"{value:.3g}") for value in row) for row in rows)))


def _has_steps(run: object) -> bool:
    return is_sequence(run) or (type(run) is np.ndarray and run.ndim == 1)


def _line(w: Any, b: Any) -> tuple[float, float, float] | None:
    if not _has_steps(w) or len(w) != 2:
        return None
    first, second, third = map(_point, (*w, b))
    return None if first is None or second is None or third is None else (first, second, third)


def _point(value: Any) -> float | None:
    """Return the number with six digits; None for NaN, infinity and what is no single number."""
    if type(value) is np.ndarray and value.ndim == 0:
        value = value[()]
    if type(value) not in NUMBERS:
        return None
    try:
        point = float(f"{float(value):.6g}")
    except OverflowError:
        return None
    return point if math.isfinite(point) else None
