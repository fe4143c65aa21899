"""`grade EXERCISE [SUBMISSION]`: one submission's verdict."""

from __future__ import annotations

import shlex
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from grader.arguments import PATH, exercise_argument, seed_option, tell
from grader.console import console
from grader.course import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from grader.verdict import CheckResult

__all__ = ["command"]

UNCONFINED = "DEBUGGING: your code is not confined and has no limits; this verdict is not kept."


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
@exercise_argument(required=True)
@click.argument("submission", required=False, type=PATH)
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as a JSON document.")
@seed_option
@click.option(
    "--require",
    type=click.Choice(["separate", "limited", "confined"]),
    default="separate",
    show_default=True,
    help="Refuse to grade in a weaker sandbox.",
)
@click.option(
    "--report",
    type=PATH,
    callback=_web_page,
    help="Write the verdict to this file as well, as a web page (.html).",
)
@click.option("--debug", is_flag=True, help="Run your code unconfined, so that breakpoint() works.")
@click.pass_context
def command(
    context: click.Context,
    exercise: str,
    submission: Path | None,
    as_json: bool,
    seed: int,
    require: str,
    report: Path | None,
    debug: bool,
) -> None:
    """Grade EXERCISE: your file in exercises/, or any .py file, notebook or folder.

    \b
    grade exercise8                   your file
    grade adam path/to/adam.py        any other
    grade exercise8 --seed 3          on other inputs
    grade exercise8 --debug           prints and breakpoint() work
    """  # noqa: D301 - the backspace tells click to keep the lines
    from grader.course import find_course, find_exercise, learners_file, load_exercises
    from grader.errors import UsageError
    from grader.submission import read_submission

    root = find_course()
    found = find_exercise(root, exercise, lambda: _commands(context))
    path = submission or learners_file(found)
    read = read_submission(path, found.file)
    if debug:
        if as_json or require != "separate":
            raise UsageError("--debug confines nothing; leave out --json and --require.")
        click.secho(UNCONFINED, err=True, bold=True)
    else:
        from grader.starting import start_early

        start_early()

    from grader.grading import grade
    from grader.progress import own_file, read_progress, update_progress

    failing = read_progress(root, tell).of(found).failing if debug else ()
    with nullcontext() if as_json or debug else _waiting() as heard:
        verdict = grade(
            found,
            read,
            seed=seed,
            require=require,
            first=failing,
            heard=heard,
            debug=debug,
            ahead=not debug,
        )
    if as_json:
        click.echo(verdict.to_json())
    else:
        from grader.terminal import render

        words = "grade", found.id, *([printable(submission)] if submission else [])
        render(verdict, found, console(), again=f"run `{shlex.join(words)}` again")
    if report is not None:
        from grader.files import write
        from grader.html import verdict_page

        write(report, verdict_page(verdict, found, redact=False).encode())
        click.echo(f"The report is in {printable(report)}.", err=True)
    file = own_file(path, found)
    if file is not None and not debug:
        from grader.live import answer

        text = answer(read, found)
        progress = update_progress(root, found, lambda old: old.after(verdict, text, file), tell)
        if not as_json and not verdict.broken:
            from grader.journey import render_next, render_walk, stuck
            from grader.walk import walk

            task = stuck(found, progress.of(found))
            if task and (walked := walk(found, read, task, seed=seed)):
                console().print()
                render_walk(walked, console())
            render_next(found, load_exercises(root), progress, console())
    raise SystemExit(verdict.exit_code)


def _waiting() -> AbstractContextManager[Callable[[CheckResult], None]]:
    """Say on the terminal how far a long grading has come."""
    from grader.terminal import waiting

    return waiting(console())


def _commands(context: click.Context) -> list[str]:
    """Name the commands that an exercise's name may have been meant for."""
    group = context.parent and context.parent.command
    if not isinstance(group, click.Group):
        return []
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return [name for name, command in found.items() if command and not command.hidden]
