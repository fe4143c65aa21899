"""`grade EXERCISE [SUBMISSION]`: one submission's verdict."""

from __future__ import annotations

from pathlib import Path

import click

from grader.console import console
from grader.course import printable

__all__ = ["command"]


class RunContext(click.Context):
    """The context of grading, which is what `grade` does without a word for it."""

    @property
    def command_path(self) -> str:
        """How the command is typed."""
        return "grade"


class RunCommand(click.Command):
    """Grading itself."""

    context_class = RunContext


def _web_page(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """Refuse any other file, the learner's own above all."""
    if value is not None and value.suffix.lower() not in (".html", ".htm"):
        raise click.BadParameter(f"{printable(value)} should end in .html", ctx, param)
    return value


@click.command("run", cls=RunCommand, hidden=True)
@click.argument("exercise")
@click.argument("submission", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as a JSON document.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Draw other inputs."
)
@click.option(
    "--require",
    type=click.Choice(["separate", "limited", "confined"]),
    default="separate",
    show_default=True,
    help="Refuse to grade in a weaker sandbox.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    callback=_web_page,
    help="Write the verdict to this file as well, as a web page (.html).",
)
def command(
    exercise: str,
    submission: Path | None,
    as_json: bool,
    seed: int,
    require: str,
    report: Path | None,
) -> None:
    """Grade EXERCISE: your file in exercises/, or any .py file, notebook or folder."""
    from grader.course import find_course, find_exercise
    from grader.grading import grade
    from grader.submission import read_submission

    found = find_exercise(find_course(), exercise)
    # The learner's file is in the current folder of a release, else in the exercise's own.
    here = Path(found.file)
    path = submission or (here if here.is_file() else found.stub)
    verdict = grade(found, read_submission(path, found.file), seed=seed, require=require)
    if as_json:
        click.echo(verdict.to_json())
    else:
        from grader.terminal import render

        render(verdict, found, console())
    if report is not None:
        from grader.files import write
        from grader.html import verdict_page

        write(report, verdict_page(verdict, found, redact=False).encode())
        click.echo(f"The report is in {printable(report)}.", err=True)
    raise SystemExit(verdict.exit_code)
