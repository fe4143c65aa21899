"""The people of a course."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Member"]


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the roster."""

    id: str
    name: str
    email: str = ""
    aliases: tuple[str, ...] = ()
