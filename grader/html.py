"""Verdicts as web pages."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.course import Exercise
    from grader.gradebook import Score
    from grader.roster import Member

__all__ = ["feedback_page", "overview_page"]


def feedback_page(
    member: Member,
    scores: Sequence[Score],
    exercises: Mapping[str, Exercise],  # noqa: ARG001
) -> str:
    """Return the page of one student."""
    return f"<h1>{escape(member.name)}</h1>{_list(scores)}"


def overview_page(
    title: str,
    scores: Sequence[Score],
    exercises: Mapping[str, Exercise],  # noqa: ARG001
) -> str:
    """Return the page of a class."""
    return f"<h1>{escape(title)}</h1>{_list(scores)}"


def _list(scores: Sequence[Score]) -> str:
    return "".join(f"<p>{escape(s.member.id)} {s.exercise} {s.points}</p>" for s in scores)
