"""What several commands take: an exercise's name, which a shell completes, and common options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.course import Exercise
    from grader.progress import Progress

__all__ = [
    "PATH",
    "complete_exercise",
    "exercise_argument",
    "find_current",
    "gradebook_option",
    "policy_option",
    "seed_option",
    "tell",
]

PATH: Final = click.Path(path_type=Path)
POLICY: Final = Path("policy.toml")


def _policy_here(
    ctx: click.Context,  # noqa: ARG001 - click calls it with all three
    param: click.Parameter,  # noqa: ARG001 - click's signature
    value: Path | None,
) -> Path | None:
    return value or (POLICY if POLICY.is_file() else None)


gradebook_option: Final = click.option(
    "--gradebook",
    "book",
    type=PATH,
    default=Path("gradebook.sqlite"),
    show_default=True,
    help="Where every attempt is kept.",
)
policy_option: Final = click.option(
    "--policy",
    type=PATH,
    callback=_policy_here,
    help="Due dates and late penalty.  [default: policy.toml where there is one]",
)
seed_option: Final = click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Draw other inputs."
)


def complete_exercise(
    ctx: click.Context | None,  # noqa: ARG001 - click calls it with all three
    param: click.Parameter | None,  # noqa: ARG001 - click's signature
    incomplete: str,
) -> list[str]:
    """Return the ids and names of exercises that begin like this; none outside of a course."""
    from grader.course import find_course, load_exercises
    from grader.errors import UsageError

    try:
        exercises = load_exercises(find_course())
    except UsageError:
        return []
    names = [name for exercise in exercises for name in (exercise.id, exercise.name)]
    return [name for name in names if name.startswith(incomplete)]


def exercise_argument(*, required: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a command take an EXERCISE."""
    return click.argument("exercise", required=required, shell_complete=complete_exercise)


def find_current(root: Path, name: str | None, progress: Progress) -> Exercise:
    """Find the exercise of this name, or the one that the learner is at, which may be the last."""
    from grader.course import find_exercise, load_exercises

    if name is not None:
        return find_exercise(root, name)
    exercises = load_exercises(root)
    return progress.current(exercises) or exercises[-1]


def tell(sentence: str) -> None:
    """Say something beside the output."""
    click.echo(f"grade: {sentence}", err=True)
