"""`grade notebook EXERCISE`: an exercise as a notebook."""

from __future__ import annotations

from pathlib import Path

import click

from grader.arguments import exercise_argument

__all__ = ["command"]


@click.command()
@exercise_argument(required=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The file to write, by default the exercise's own name in the current folder.",
)
def command(exercise: str, out: Path | None) -> None:
    """Write EXERCISE as a notebook: its text, cells to fill in, and one that grades them.

    \b
    grade notebook exercise8
    """  # noqa: D301 - the backspace tells click to keep the lines
    from grader.course import find_course, find_exercise, printable
    from grader.files import write_new
    from grader.handout import notebook

    found = find_exercise(find_course(), exercise)
    path = out or Path(f"{found.module}.ipynb")
    write_new(path, notebook(found).encode())
    click.echo(f"{printable(path)} holds {found.id}; open it in Jupyter or an editor.")
