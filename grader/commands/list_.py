"""`grade list`: the map of the course."""

from __future__ import annotations

import click

from grader.console import console

__all__ = ["command"]


@click.command("list")
def command() -> None:
    """List all exercises."""
    from rich.table import Table

    from grader.course import find_course, load_exercises

    table = Table.grid(padding=(0, 2))
    for exercise in load_exercises(find_course()):
        table.add_row(exercise.id, exercise.name, exercise.summary)
    console().print(table)
