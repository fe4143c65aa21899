"""`grade watch [EXERCISE]`: grade at every save."""

from __future__ import annotations

import contextlib

import click

from grader.arguments import exercise_argument, find_current, tell
from grader.console import console

__all__ = ["command"]


@click.command()
@exercise_argument(required=False)
def command(exercise: str | None) -> None:
    """Grade your file at every save, and go on when it is right.

    What failed last is graded first. Ctrl-C ends it.

    \b
    grade watch             where you are
    grade watch exercise8   this exercise
    """  # noqa: D301 - the backspace tells click to keep the lines
    from grader.course import find_course
    from grader.progress import read_progress
    from grader.watch import watch

    root = find_course()
    found = find_current(root, exercise, read_progress(root, tell))
    with contextlib.suppress(KeyboardInterrupt):
        watch(root, found, console(), stay=exercise is not None)
    click.echo()
