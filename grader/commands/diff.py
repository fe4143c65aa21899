"""`grade diff EXERCISE`: what changed since it was right."""

from __future__ import annotations

import click

from grader.arguments import exercise_argument, tell
from grader.console import console

__all__ = ["command"]

STYLES = {"+": "green", "-": "red", "@": "cyan"}


@click.command()
@exercise_argument(required=True)
def command(exercise: str) -> None:
    """Show what you changed since you had full marks.

    \b
    grade diff exercise8
    """  # noqa: D301 - the backspace tells click to keep the lines
    from difflib import unified_diff

    from grader.course import find_course, find_exercise
    from grader.errors import UsageError
    from grader.live import answer
    from grader.progress import read_progress, work
    from grader.submission import read_submission
    from grader.terminal import Page

    root = find_course()
    found = find_exercise(root, exercise)
    standing = read_progress(root, tell).of(found)
    solved, file = standing.solved, work(found, standing)
    if solved is None:
        message = f"{found.id} has not had full marks yet; `grade {found.id}` says what is missing."
        raise UsageError(message)
    now = answer(read_submission(file, found.file), found)
    names = f"{file.name} with full marks", f"{file.name} now"
    lines = list(unified_diff(solved.splitlines(), now.splitlines(), *names, lineterm="", n=2))
    page = Page(console())
    for line in lines:
        page.line(line, STYLES.get(line[:1], ""))
    if not lines:
        page.write(f"{file.name} is as it was when it last had full marks.")
