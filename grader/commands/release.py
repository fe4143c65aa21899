"""`grade release FOLDER [EXERCISE]...`: the course as students get it."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["command"]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("exercises", nargs=-1, metavar="[EXERCISE]...")
def command(folder: Path, exercises: tuple[str, ...]) -> None:
    """Write into FOLDER what students get: all exercises, or those named, and no answers."""
    from grader.course import find_course, find_exercise, load_exercises, printable
    from grader.release import release

    root = find_course()
    wanted = {find_exercise(root, name).id for name in exercises}
    chosen = [e for e in load_exercises(root) if e.id in wanted or not wanted]
    release(chosen, folder)
    count = "1 exercise" if len(chosen) == 1 else f"{len(chosen)} exercises"
    click.echo(f"{printable(folder)} holds {count}, and nothing of the solutions.")
