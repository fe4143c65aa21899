"""`grade init FOLDER`: the whole course to work in."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["command"]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Lay out the course in FOLDER: texts, files to fill in, checks and data.

    \b
    grade init course      a new folder
    grade init .           here, where nothing is yet
    """  # noqa: D301 - the backspace tells click to keep the lines
    from grader.course import load_exercises, printable
    from grader.release import installed_course, release

    exercises = load_exercises(installed_course())
    release(exercises, folder)
    there = folder.resolve() != Path.cwd()
    click.echo(f"{printable(folder)} holds {len(exercises)} exercises.")
    click.echo(f"Begin with: {f'cd {printable(folder)} && ' if there else ''}grade")
