"""The command `grade`: find the word's command, run it, and end with its exit code.

0 full marks   1 anything less   2 wrong usage   3 the grader itself failed
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys
import traceback
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

import click
from click.shell_completion import CompletionItem

from grader import commands
from grader.arguments import complete_exercise
from grader.errors import GraderError
from grader.threads import ONE_THREAD

__all__ = ["main", "program"]

INTERRUPTED: Final = 130
# How often to look for garbage: of what a command loads and makes, most stays until its end.
RARELY: Final = (10_000, 20, 10)


class GradeGroup(click.Group):
    """A group of the modules in `grader.commands`; any other word is the name of an exercise.

    Without any word, the command is `home`.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # While a shell completes, no word yet is no word.
        return super().parse_args(ctx, args or ([] if ctx.resilient_parsing else ["home"]))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        exercises = complete_exercise(ctx, None, incomplete)
        return [*map(CompletionItem, exercises), *super().shell_complete(ctx, incomplete)]

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(module.name.rstrip("_") for module in iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        for module in iter_modules(commands.__path__):
            if module.name.rstrip("_") == cmd_name:
                home = import_module(f"{commands.__name__}.{module.name}")
                command: click.Command = home.command
                return command
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None:
            return "run", self.get_command(ctx, "run"), args
        return super().resolve_command(ctx, args)


@click.group(
    cls=GradeGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    subcommand_metavar="[EXERCISE [SUBMISSION] | COMMAND [ARGS]...]",
    epilog="Exit status: 0 full marks, 1 anything less, 2 wrong usage, 3 the grader itself failed.",
)
@click.version_option(package_name="grader", prog_name="grade")
def cli() -> None:
    """Grade an exercise, and learn what to try next.

    \b
    grade                               where you are and what is next
    grade exercise8                     your file in exercises/08_adam
    grade adam path/to/adam.py          any .py file, notebook or folder
    grade list                          all exercises
    """  # noqa: D301 - the backspace tells click to keep the lines


def main() -> None:
    """Run the command; what a person types never ends in a traceback of ours."""
    os.environ.update(ONE_THREAD)
    gc.set_threshold(*RARELY)
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


def program() -> None:
    """Run the command as a process of its own, which ends as soon as the command has."""
    status: int | None = None

    def leave() -> None:
        # To take itself apart takes Python a tenth of a command's time, and serves nobody.
        if status is not None:
            with contextlib.suppress(OSError, ValueError):  # then Python says so, as it always does
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)

    atexit.register(leave)  # before all others, and so it is called after them
    try:
        main()
    except SystemExit as ended:
        status = int(ended.code or 0)
        raise
