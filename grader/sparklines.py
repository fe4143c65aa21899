"""A training run's curve in one line of text, yours above ours on one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.pictures import Curve

__all__ = ["sparklines"]

BARS: Final = "▁▂▃▄▅▆▇█"
WIDEST: Final = 56

Values = tuple[float | None, ...]


def sparklines(curve: Curve) -> tuple[str, str]:
    """Draw a curve's two runs, what came and what was expected; a dot is NaN or infinite.

    >>> from grader.pictures import Curve
    >>> sparklines(Curve("loss", (8.0, 9.0, None), (8.0, 4.0, 2.0)))
    ('▇█·', '▇▃▁')
    """
    longest = max(len(curve.got), len(curve.expected))
    steps = range(longest)
    if longest > WIDEST:
        steps = range(0, longest, -(-longest // WIDEST))
    got, expected = _taken(curve.got, steps), _taken(curve.expected, steps)
    known = [value for value in (*got, *expected) if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    return _drawn(got, low, high), _drawn(expected, low, high)


def _taken(values: Values, steps: Sequence[int]) -> Values:
    return tuple(values[step] for step in steps if step < len(values))


def _drawn(values: Values, low: float, high: float) -> str:
    # Halved, so that a span of the largest numbers is still a number.
    span = (high / 2 - low / 2) or 1.0
    heights = ("·" if v is None else BARS[round((v / 2 - low / 2) / span * 7)] for v in values)
    return "".join(heights)
