"""The course as its learner sees it: how far they are, what is next, and the map of it all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from grader.progress import work
from grader.report import one_line
from grader.terminal import Page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from grader.course import Exercise
    from grader.progress import Progress, Standing
    from grader.walk import Pair, Walk

__all__ = [
    "first_failing",
    "next_hint",
    "render_map",
    "render_next",
    "render_place",
    "render_walk",
    "stuck",
]

DONE, OPEN, HERE = ("✓", "green"), ("○", "yellow"), ("▸", "bold cyan")
WRONG = ("✗", "red")
LONGEST_VALUE = 200


def render_place(exercises: Sequence[Exercise], progress: Progress, console: Console) -> None:
    """Print where the learner is and what to do next."""
    page = Page(console)
    current = progress.current(exercises)
    done, count = _done(exercises, progress)
    if current is None:
        page.write((f"All {done} exercises are done. Well done!", "bold"))
        page.write("`grade list` shows them, and `grade diff EXERCISE` what you changed since.")
        return
    standing = progress.of(current)
    path = _path(work(current, standing))
    named = "" if path == _path(current.stub) else f" {path}"
    if progress.standings:
        page.write((f"{done} of {count} exercises done.", "bold"))
    else:
        page.write((f"Welcome! {count} exercises are waiting.", "bold"))
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
    page.write(f"  grade {current.id + named:<12} says what is right, what is not, and why")
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
            (f"  {exercise.name}{', optional' if exercise.optional else ''}", "dim"),
            mark=DONE if standing.done else HERE if exercise == current else OPEN,
            right=f"{standing.score}/{standing.max_score}" if standing.max_score else "",
        )
        page.write((exercise.summary, "dim"), indent=2)
    page.skip()
    done, count = _done(exercises, progress)
    page.write(f"{done} of {count} done; ▸ is where you are: `grade` says what is next.")


def render_next(
    exercise: Exercise, exercises: Sequence[Exercise], progress: Progress, console: Console
) -> None:
    """Print, below a verdict, where help is, or the exercise that follows a solved one.

    What could not be graded leads nowhere.
    """
    standing = progress.of(exercise)
    if not standing.max_score:
        return
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


def _done(exercises: Sequence[Exercise], progress: Progress) -> tuple[int, int]:
    """Count the exercises that are done, and all of them, the optional ones aside."""
    numbered = [exercise for exercise in exercises if not exercise.optional]
    return sum(progress.of(exercise).done for exercise in numbered), len(numbered)


def stuck(exercise: Exercise, standing: Standing) -> str | None:
    """Name the task that fails first, if all of its hints have been seen."""
    name, failing = first_failing(exercise, standing)
    task = next(task for task in exercise.tasks if task.name == name)
    return name if failing and standing.hints.get(name, 0) >= len(task.hints) else None


def render_walk(walk: Walk, console: Console) -> None:
    """Print a failing call step by step, the solution's beside the learner's."""
    page = Page(console)
    heading = f"`{one_line(walk.call)}`, step by step, where it goes another way than ours"
    page.write((heading, "bold"))
    page.write(one_line(walk.title), indent=2)
    for step in walk.inputs:
        page.write(f"{step.name} = {_shown(step.value)}", indent=4)
    page.skip()
    if pairs := walk.pairs:
        page.write("What ours computes, in its order, beside yours of the same name:", indent=2)
        _write_pairs(page, walk, pairs)
    elif walk.steps:
        page.write("No name in yours is one of ours. Line by line, yours makes", indent=2)
        for step in walk.steps:
            page.write(f"{step.name} = {_shown(step.value)}", indent=4)
    for whose, trace in (("Yours", walk.yours), ("Ours", walk.ours)):
        if trace.value is not None:
            page.write(f"{whose} returns {_shown(trace.value)}", indent=2)
    page.skip()


def _write_pairs(page: Page, walk: Walk, pairs: Sequence[Pair]) -> None:
    """Write each step of the solution, and where the learner's differs, that one below it."""
    first = next((pair for pair in pairs if pair.differs), None)
    for pair in pairs:
        if pair.yours is None:
            page.write((f"{pair.ours.name} = {_shown(pair.ours.value)}", "dim"), indent=4)
            continue
        ours, yours = _shown(pair.ours.value), _shown(pair.yours.value)
        if pair.differs and ours == yours:
            ours, yours = _shown(pair.ours.value, 17), _shown(pair.yours.value, 17)
        mark = WRONG if pair.differs else DONE
        page.write(f"{pair.ours.name} = {ours}", mark=mark, indent=2)
        if pair.differs:
            page.write(f"yours: {yours}", indent=6)
        if pair is first:
            page.write((f"The first that differs; your line {pair.yours.line}:", "bold"), indent=6)
            page.line(f"        {walk.line(pair.yours)}")


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


def _shown(value: Any, digits: int = 6) -> str:
    """Put a plain value on one line of bounded length.

    >>> _shown([1, 0.1 + 0.2]), _shown((True,), 17)
    ('[1, 0.3]', '(True,)')
    """
    import numpy as np

    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.ndim):
        value = value.item()
    if isinstance(value, (list, tuple)):
        items = ", ".join(_shown(item, digits) for item in value)
        comma = "," if len(value) == 1 and isinstance(value, tuple) else ""
        text = f"[{items}]" if isinstance(value, list) else f"({items}{comma})"
    elif isinstance(value, np.ndarray):
        form: Any = {"all": lambda number: _shown(number, digits)}
        text = " ".join(np.array2string(value, separator=", ", formatter=form).split())
    else:
        text = str(value) if isinstance(value, int) else f"{value:.{digits}g}"
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]} …"
