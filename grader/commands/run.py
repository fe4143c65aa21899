"""`grade EXERCISE [SUBMISSION]`: one submission's verdict."""

from __future__ import annotations

from pathlib import Path

import click

from grader.arguments import exercise_argument, own, tell
from grader.console import console

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


@click.command("run", cls=RunCommand, hidden=True)
@exercise_argument(required=True)
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
@click.pass_context
def command(
    context: click.Context,
    exercise: str,
    submission: Path | None,
    as_json: bool,
    seed: int,
    require: str,
) -> None:
    """Grade EXERCISE: your file in exercises/, or any .py file, notebook or folder."""
    from grader.course import find_course, find_exercise, learners_file, load_exercises
    from grader.grading import grade
    from grader.progress import update_progress
    from grader.submission import read_submission

    root = find_course()
    found = find_exercise(root, exercise, _commands(context))
    path = submission or learners_file(found)
    read = read_submission(path, found.file)
    verdict = grade(found, read, seed=seed, require=require)
    if as_json:
        click.echo(verdict.to_json())
    else:
        from grader.terminal import render

        render(verdict, found, console())
    if own(path, found):
        text = read.chunks[0].text
        progress = update_progress(root, found, lambda old: old.after(verdict, text), tell)
        if not as_json and not verdict.broken:
            from grader.journey import render_next

            render_next(found, load_exercises(root), progress, console())
    raise SystemExit(verdict.exit_code)


def _commands(context: click.Context) -> list[str]:
    """Name the commands that an exercise's name may have been meant for."""
    group = context.parent and context.parent.command
    if not isinstance(group, click.Group):
        return []
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return [name for name, command in found.items() if command and not command.hidden]
