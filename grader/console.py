"""The one way in which commands print with rich."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grader.course import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["console", "plain"]

LONGEST: Final = 300  # characters of a text from elsewhere


def console() -> Console:
    """Return a console on standard output that colours only what it is told to colour."""
    from rich.console import Console

    return Console(highlight=False)


def plain(text: str, out: Console, style: str = "") -> Text:
    """Put text from elsewhere on one line that no terminal obeys and the stream can encode."""
    from rich.text import Text

    shown = printable(" ".join(text.split()))
    shown = shown if len(shown) <= LONGEST else shown[:LONGEST] + "..."
    return Text(shown.encode(out.encoding, "backslashreplace").decode(out.encoding), style)
