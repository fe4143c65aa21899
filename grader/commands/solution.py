"""`grade solution EXERCISE`: how the course's authors wrote it."""

from __future__ import annotations

import click

from grader.arguments import exercise_argument, tell

__all__ = ["command"]


@click.command()
@exercise_argument(required=True)
def command(exercise: str) -> None:
    """Show our solution, to compare with yours.

    It asks first where yours is not right yet.

    \b
    grade solution exercise8
    """  # noqa: D301 - the backspace tells click to keep the lines
    from grader.course import find_course, find_exercise
    from grader.errors import UsageError
    from grader.progress import read_progress

    root = find_course()
    found = find_exercise(root, exercise)
    if found.solution is None:
        message = f"this course came without the solution of {found.id}; ask who runs it."
        raise UsageError(message)
    standing = read_progress(root, tell).of(found)
    if not standing.done:
        question = f"{found.id} is not solved yet. Show the solution all the same?"
        if not click.confirm(question, err=True):
            click.echo(f"Good luck! `grade hint {found.id}` helps.", err=True)
            return
    click.echo(found.solution.read_text(encoding="utf-8"), nl=False)
