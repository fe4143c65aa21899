"""`grade reset EXERCISE`: a fresh start."""

from __future__ import annotations

import os

import click

from grader.arguments import exercise_argument, tell

__all__ = ["command"]


@click.command()
@exercise_argument(required=True)
def command(exercise: str) -> None:
    """Start an exercise anew; what you had is kept.

    \b
    grade reset exercise8
    """  # noqa: D301 - the backspace tells click to keep the lines
    from dataclasses import replace

    from grader.course import find_course, find_exercise
    from grader.progress import update_progress
    from grader.stubs import start_anew

    root = find_course()
    found = find_exercise(root, exercise)
    if not click.confirm(f"Start {found.id} anew? Your {found.file} will be kept aside."):
        click.echo("Nothing was changed.")
        return
    kept = start_anew(root, found)
    update_progress(root, found, lambda old: replace(old, failing={}, hints={}, file=""), tell)
    click.echo(f"{os.path.relpath(found.stub)} is empty again.")
    click.echo(f"What you had is in {os.path.relpath(kept)}.")
