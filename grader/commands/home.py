"""`grade` alone: where the learner is and what to do next."""

from __future__ import annotations

import click

from grader.arguments import tell
from grader.console import console

__all__ = ["command"]


@click.command("home", hidden=True)
def command() -> None:
    """Say where you are in the course and what to do next."""
    from grader.course import find_course, load_exercises
    from grader.journey import render_place
    from grader.progress import read_progress

    root = find_course()
    render_place(load_exercises(root), read_progress(root, tell), console())
