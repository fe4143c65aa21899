"""`grade hint [EXERCISE [TASK]]`: one more hint."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from grader.arguments import exercise_argument, find_current, tell
from grader.console import console
from grader.errors import SubmissionError

if TYPE_CHECKING:
    from grader.course import Exercise, Task
    from grader.progress import Standing

__all__ = ["command"]


@click.command()
@exercise_argument(required=False)
@click.argument("task", required=False)
def command(exercise: str | None, task: str | None) -> None:
    """Give one more hint, for what fails first or for TASK.

    Each call shows one stage more, from a nudge to almost the answer.

    \b
    grade hint                   where you are
    grade hint exercise8 AdamW   for this task
    """  # noqa: D301 - the backspace tells click to keep the lines
    from dataclasses import replace

    from grader.course import find_course
    from grader.journey import first_failing, render_walk
    from grader.progress import read_progress, update_progress, work
    from grader.submission import read_submission
    from grader.terminal import Page

    root = find_course()
    found = find_current(root, exercise, read_progress(root, tell))
    shown: list[tuple[Task, int]] = []

    def one_more(standing: Standing) -> Standing:
        asked = _task(found, task or first_failing(found, standing)[0])
        before = standing.hints.get(asked.name, 0)
        shown[:] = [(asked, before)]
        stage = min(before + 1, len(asked.hints))
        return replace(standing, hints={**standing.hints, asked.name: stage})

    standing = update_progress(root, found, one_more, tell).of(found)
    ((asked, before),) = shown
    stage, last = standing.hints[asked.name], len(asked.hints)
    page = Page(console())
    page.write((f"{found.id} · {found.title}", "bold"), f"   hints for `{asked.name}`")
    for number, hint in enumerate(asked.hints[:stage], 1):
        page.skip()
        style = "" if number == stage else "dim"
        page.write((f"{number} of {last}  ", "bold"), (hint, style))
    page.skip()
    if stage < last:
        page.write("One more when you need it: `grade hint` again.")
        return
    failing = asked.name in standing.failing.values() and found.solution is not None
    if failing and before < last:
        page.write("That was the last. `grade hint` again goes through what fails, step by step.")
        return
    if failing:
        from grader.walk import walk

        with contextlib.suppress(SubmissionError):  # who asks for hints gets them
            submission = read_submission(work(found, standing), found.file)
            if walked := walk(found, submission, asked.name):
                render_walk(walked, console())
    shows = f" `grade solution {found.id}` shows how we wrote it." if found.solution else ""
    page.write(f"That was the last.{shows}")


def _task(exercise: Exercise, name: str) -> Task:
    """Find the task of this name, in any case; raises UsageError with those that there are."""
    from grader.course import printable
    from grader.errors import UsageError

    for task in exercise.tasks:
        if task.name.lower() == name.lower():
            return task
    names = ", ".join(task.name for task in exercise.tasks)
    message = f"{exercise.id} has no task {printable(name)!r}; it has {names}."
    raise UsageError(message)
