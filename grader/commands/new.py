"""`grade new TITLE`: the folders of another exercise."""

from __future__ import annotations

import click

from grader.console import console

__all__ = ["command"]


@click.command()
@click.argument("title")
@click.option("--after", type=click.IntRange(0), required=True, help="Take the next free number.")
def command(title: str, after: int) -> None:
    """Lay out a new exercise, with a blank ___ wherever its author has to write.

    \b
    grade new "Layer norm" --after 12
    """  # noqa: D301 - the backspace tells click to keep the lines
    from grader.course import find_course, find_exercise
    from grader.scaffold import scaffold

    root = find_course()
    folders = scaffold(root, title, after)
    page = console()
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            page.print(path.relative_to(root), markup=False, soft_wrap=True)
    name = find_exercise(root, folders[0].name).name
    page.print(f"Fill in every blank ___, then: grade verify {name}", markup=False)
