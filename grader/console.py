"""The one way in which commands print with rich."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["console"]


def console() -> Console:
    """Return a console on standard output that colours only what it is told to colour."""
    from rich.console import Console

    return Console(highlight=False)
