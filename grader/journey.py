"""The course as its learner sees it: how far they are, what is next, and the map of it all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from grader.terminal import Page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from grader.course import Exercise
    from grader.progress import Progress, Standing

__all__ = ["first_failing", "next_hint", "render_map", "render_next", "render_place"]

DONE, OPEN, HERE = ("✓", "green"), ("○", "yellow"), ("▸", "bold cyan")


def render_place(exercises: Sequence[Exercise], progress: Progress, console: Console) -> None:
    """Print where the learner is and what to do next."""
    page = Page(console)
    current = progress.current(exercises)
    done = sum(progress.of(exercise).done for exercise in exercises)
    if current is None:
        page.write((f"All {done} exercises are done. Well done!", "bold"))
        page.write("`grade list` shows them, and `grade diff EXERCISE` what you changed since.")
        return
    standing = progress.of(current)
    path = _path(current.stub)
    if progress.standings:
        page.write((f"{done} of {len(exercises)} exercises done.", "bold"))
    else:
        page.write((f"Welcome! {len(exercises)} exercises are waiting.", "bold"))
    page.skip()
    page.write(
        (f"{current.id} · {current.title}", "bold"),
        f"   best score {standing.score}/{standing.max_score}" if standing.max_score else "",
        mark=HERE,
    )
    page.write(current.summary, indent=2)
    page.skip()
    if standing.failing and (standing.score or standing.hints):
        task, count = first_failing(current, standing)
        checks = "1 check fails" if count == 1 else f"{count} checks fail"
        page.write(("Next: ", "bold"), f"fix `{task}` in {path}: {checks}.")
    else:
        page.write(("Read  ", "bold"), _path(current.readme))
        page.write(("Write ", "bold"), path)
    page.skip()
    page.write(f"  grade {current.id:<12} says what is right, what is not, and why")
    page.write("  grade watch        says so again each time you save the file")
    page.write(f"  grade hint         {next_hint(current, standing)}")
    page.write("  grade list         shows the whole course")


def render_map(exercises: Sequence[Exercise], progress: Progress, console: Console) -> None:
    """Print every exercise: its mark, its names, the best score and what it is about."""
    page = Page(console)
    current = progress.current(exercises)
    for exercise in exercises:
        standing = progress.of(exercise)
        page.write(
            (f"{exercise.id} · {exercise.title}", "bold"),
            (f"  {exercise.name}", "dim"),
            mark=DONE if standing.done else HERE if exercise == current else OPEN,
            right=f"{standing.score}/{standing.max_score}" if standing.max_score else "",
        )
        page.write((exercise.summary, "dim"), indent=2)
    page.skip()
    done = sum(progress.of(exercise).done for exercise in exercises)
    page.write(f"{done} of {len(exercises)} done; ▸ is where you are: `grade` says what is next.")


def render_next(
    exercise: Exercise, exercises: Sequence[Exercise], progress: Progress, console: Console
) -> None:
    """Print, below a verdict, where help is, or the exercise that follows a solved one."""
    standing = progress.of(exercise)
    page = Page(console)
    if standing.failing:
        page.write(
            ("Stuck? ", "bold"), f"`grade hint {exercise.id}` {next_hint(exercise, standing)}."
        )
    elif following := progress.current(exercises):
        page.write(
            ("Next: ", "bold"),
            f"{following.id} · {following.title}. Read {_path(following.readme)} first.",
        )
    else:
        page.write(("That was the last of all the exercises. Well done!", "bold"))


def next_hint(exercise: Exercise, standing: Standing) -> str:
    """Say what `grade hint` would show now."""
    name, _ = first_failing(exercise, standing)
    task = next(task for task in exercise.tasks if task.name == name)
    seen = min(standing.hints.get(name, 0), len(task.hints))
    if seen == len(task.hints):
        return f"repeats all {seen} hints for `{name}`"
    return f"shows hint {seen + 1} of {len(task.hints)} for `{name}`"


def first_failing(exercise: Exercise, standing: Standing) -> tuple[str, int]:
    """Return the first task with a failing check, and how many it has; else the first task."""
    failing = list(standing.failing.values())
    names = [task.name for task in exercise.tasks]
    name = next((name for name in names if name in failing), names[0])
    return name, failing.count(name)


def _path(path: Path) -> str:
    """Return the path as it is typed from the current folder."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
