"""`grade adjust`: what a person decides about a score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from grader.arguments import gradebook_option
from grader.console import console, plain

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["command"]


@click.command("adjust")
@click.argument("student")
@click.argument("exercise")
@click.option("--points", type=float, help="Give these points, whatever was graded.")
@click.option("--excuse", is_flag=True, help="Let the exercise not count for the student.")
@click.option("--withdraw", is_flag=True, help="Let what was graded count again.")
@click.option("--why", required=True, help="The reason; it is kept, and shown with the score.")
@click.option("--who", help="Who decides this.  [default: your login name]")
@gradebook_option
def command(
    student: str,
    exercise: str,
    points: float | None,
    excuse: bool,
    withdraw: bool,
    why: str,
    who: str | None,
    book: Path,
) -> None:
    """Set a student's points for an exercise, excuse the student from it, or take that back."""
    from grader.course import find_course, find_exercise
    from grader.gradebook import Gradebook
    from grader.roster import Roster

    if [points is not None, excuse, withdraw].count(True) != 1:
        raise click.UsageError("Say one of --points, --excuse and --withdraw.")
    with Gradebook(book) as gradebook:
        member = Roster(gradebook.members()).pick(student)
        if exercise not in gradebook.exercises():
            exercise = find_exercise(find_course(), exercise).id
    who = _login() if who is None else who
    with Gradebook(book, write=True) as gradebook:
        if points is not None:
            gradebook.adjust(member.id, exercise, points=points, who=who, why=why)
            what = f"{points:g} points"
        elif excuse:
            gradebook.excuse(member.id, exercise, who=who, why=why)
            what = "excused"
        else:
            gradebook.withdraw(member.id, exercise, who=who, why=why)
            what = "what was graded counts again"
    out = console()
    out.print(plain(f"{member.name} ({member.id}), {exercise}: {what}.", out), soft_wrap=True)


def _login() -> str:
    from getpass import getuser

    from grader.errors import UsageError

    try:
        return getuser()
    except (OSError, LookupError, ImportError) as error:
        msg = "this machine does not know your login name; say who decides with --who."
        raise UsageError(msg) from error
