"""`grade package --gradescope OUT.zip EXERCISE`: an autograder for another system."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["command"]


@click.command()
@click.option(
    "--gradescope",
    "out",
    metavar="OUT.zip",
    type=click.Path(path_type=Path),
    required=True,
    help="The zip to upload as Gradescope's autograder.",
)
@click.argument("exercise")
def command(out: Path, exercise: str) -> None:
    """Package EXERCISE, its solution and its hidden checks as an autograder; keep it to staff."""
    from grader.course import find_course, find_exercise, printable
    from grader.package import gradescope

    found = find_exercise(find_course(), exercise)
    gradescope(found, out)
    hidden = "with" if found.hidden_checks else "without"
    click.echo(f"{printable(out)} grades {found.id}, {hidden} hidden checks; keep it to staff.")
