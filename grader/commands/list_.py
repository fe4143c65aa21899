"""`grade list`: the map of the course."""

from __future__ import annotations

import click

from grader.arguments import tell
from grader.console import console

__all__ = ["command"]


@click.command("list")
def command() -> None:
    """List all exercises, what they are about, and how far you are.

    \b
    ✓ done   ▸ where you are   ○ still to do
    """  # noqa: D301 - the backspace tells click to keep the lines
    from grader.course import find_course, load_exercises
    from grader.journey import render_map
    from grader.progress import read_progress

    root = find_course()
    render_map(load_exercises(root), read_progress(root, tell), console())
