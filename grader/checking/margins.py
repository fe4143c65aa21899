"""How far comparisons were from their tolerance: what an author asks when arguing for one."""

from __future__ import annotations

from typing import Final

__all__ = ["MOST", "drain", "note"]

MOST: Final = 10_000  # a check has fewer comparisons; nothing grows where nobody drains

_seen: list[float] = []


def note(error: float, tolerance: float) -> None:
    """Keep one comparison's error as a multiple of its tolerance."""
    if len(_seen) < MOST:
        _seen.append(error / tolerance if tolerance else float(error > 0) * float("inf"))


def drain() -> tuple[float, ...]:
    """Return the multiples since the last drain, in order; above 1 a comparison failed."""
    found = tuple(_seen)
    _seen.clear()
    return found
