"""The command `grade`: parse, call, render, exit code.

0 full marks   1 anything less   2 wrong usage   3 the grader itself failed
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from grader.errors import GraderError

if TYPE_CHECKING:
    from grader.course import Exercise

__all__ = ["main"]

INTERRUPTED: Final = 130


class GradeGroup(click.Group):
    """A group in which a word that is no command is the name of an exercise."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None:
            return "run", self.get_command(ctx, "run"), args
        return super().resolve_command(ctx, args)


class RunContext(click.Context):
    """The context of grading, which is what `grade` does without a word for it."""

    @property
    def command_path(self) -> str:
        """How the command is typed."""
        return "grade"


class RunCommand(click.Command):
    """Grading itself."""

    context_class = RunContext


@click.group(
    cls=GradeGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    subcommand_metavar="EXERCISE [SUBMISSION] | COMMAND [ARGS]...",
    epilog="Exit status: 0 full marks, 1 anything less, 2 wrong usage, 3 the grader itself failed.",
)
@click.version_option(package_name="grader", prog_name="grade")
def cli() -> None:
    """Grade an exercise, and learn what to try next.

    \b
    grade exercise8                     your file in exercises/08_adam
    grade adam path/to/adam.py          any .py file, notebook or folder
    grade list                          all exercises
    """  # noqa: D301 - the backspace tells click to keep the lines


@cli.command("run", cls=RunCommand, hidden=True)
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
def run(exercise: str, submission: Path | None, as_json: bool, seed: int, require: str) -> None:
    """Grade EXERCISE: your file in exercises/, or any .py file, notebook or folder."""
    from grader.course import find_course, find_exercise
    from grader.grading import grade
    from grader.submission import read_submission

    found = find_exercise(find_course(), exercise)
    path = _default_submission(found) if submission is None else submission
    verdict = grade(found, read_submission(path, found.file), seed=seed, require=require)
    if as_json:
        click.echo(verdict.to_json())
    else:
        from grader.terminal import render

        render(verdict, found, _console())
    raise SystemExit(verdict.exit_code)


@cli.command("list")
def list_exercises() -> None:
    """List all exercises."""
    from rich.table import Table

    from grader.course import find_course, load_exercises

    table = Table.grid(padding=(0, 2))
    for exercise in load_exercises(find_course()):
        table.add_row(exercise.id, exercise.name, exercise.summary)
    _console().print(table)


@cli.command()
def doctor() -> None:
    """Say what this machine offers: the sandbox and why it is no stronger, and versions."""
    import platform
    from importlib.metadata import version

    from rich.markup import escape
    from rich.table import Table

    from grader.confine import VARIANTS
    from grader.course import Limits
    from grader.process import offers

    versions = ", ".join(f"{name} {version(name)}" for name in ("grader", "numpy", "pytest"))
    table = Table.grid(padding=(0, 2))
    table.add_row("system", f"{platform.system()} {platform.release()}, {platform.machine()}")
    table.add_row("versions", f"Python {platform.python_version()}, {versions}")
    for variant, reason in offers(Limits()).items():
        found = f"{VARIANTS[variant]} ({variant}): {reason or 'available'}"
        table.add_row("sandbox", escape(found))
    _console().print(table)


def _default_submission(exercise: Exercise) -> Path:
    """Return the learner's file: in the current folder of a release, else the exercise's own."""
    here = Path(exercise.file)
    return here if here.is_file() else exercise.stub


def _console() -> Any:
    from rich.console import Console

    return Console(highlight=False)


def main() -> None:
    """Run the command; what a person types never ends in a traceback of ours."""
    try:
        status = cli(prog_name="grade", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    except GraderError as error:
        click.echo(f"grade: {error}", err=True)
        status = error.exit_code
    except Exception:  # noqa: BLE001 - a bug of ours must not look like a learner's low score
        traceback.print_exc()
        click.echo("grade: this is a bug in the grader; nothing was graded.", err=True)
        status = GraderError.exit_code
    sys.exit(status)
