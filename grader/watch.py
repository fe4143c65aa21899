"""Grading at every save, in a process that stays: what is slow to load is loaded once.

It follows the file that was graded last, the stub or a notebook of its name. The folder is watched
and not the file, because editors put a new file in the old one's place. That it was saved is read
off the file itself, also twice a second where the system reports nothing.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Final

from grader.arguments import tell
from grader.course import load_exercises
from grader.errors import SubmissionError
from grader.journey import render_next
from grader.live import answer
from grader.progress import own_file, read_progress, update_progress, work
from grader.terminal import Page, render, write_check
from grader.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.console import Console

    from grader.course import Exercise
    from grader.progress import Progress
    from grader.verdict import CheckResult, Verdict

__all__ = ["watch"]

STEP_MS: Final = 20  # a save is over when nothing has happened for so long
LOOK_MS: Final = 500
HALF_SAVED_SECONDS: Final = 0.3

State = tuple[int, int, int] | None


class _SavedAgain(KeyboardInterrupt):
    """The file was saved while it was graded: what the older text is worth no longer matters."""


def watch(root: Path, exercise: Exercise, console: Console, *, stay: bool) -> None:
    """Grade an exercise at once and at each save, and go on to the next when it is solved.

    One that is solved from the start is left at once, unless it is to `stay` there until it has
    been wrong. Ends when all are done; until then nothing but a KeyboardInterrupt ends it.
    """
    exercises = load_exercises(root)
    following: Exercise | None = exercise
    while following is not None:
        progress = _watch_one(root, following, exercises, console, stay=stay)
        following, stay = progress.current(exercises), False


def _watch_one(
    root: Path, exercise: Exercise, exercises: Sequence[Exercise], console: Console, *, stay: bool
) -> Progress:
    """Grade at every save until the exercise is solved; return the progress by then."""
    page, path = Page(console), work(exercise, read_progress(root, tell).of(exercise))
    page.skip()
    shown = os.path.relpath(path)
    page.write(("Watching ", "bold"), shown, ("  graded at every save, Ctrl-C ends it", "dim"))
    ticks = _ticks(path.parent)
    while True:
        state = _settled(path, ticks)
        page.skip()
        page.write((f"{exercise.id} · {exercise.title}", "bold"), f"   {time.strftime('%X')}")
        try:
            verdict, progress = _grade_once(root, exercise, path, state, page)
            render(verdict, exercise, console, again="save it", live=True)
            if not verdict.broken:
                render_next(exercise, exercises, progress, console)
            stay = stay and verdict.exit_code == 0
            if verdict.exit_code == 0 and not stay:
                return progress
        except SubmissionError as error:
            page.write(f"{error} Waiting for the next save.", mark=Status.FAILED)
        except _SavedAgain:
            page.write(("Saved again: once more.", "dim"), indent=2)
        while _state(path) == state:
            next(ticks)


def _grade_once(
    root: Path, exercise: Exercise, path: Path, state: State, page: Page
) -> tuple[Verdict, Progress]:
    """Grade what failed last first, and write every check's line as soon as it is known."""
    from grader.grading import grade
    from grader.submission import read_submission

    shown: set[tuple[str, str]] = set()

    def heard(check: CheckResult) -> None:
        if _state(path) != state:
            raise _SavedAgain
        if check.message is not None:
            # What all checks of a task say, as after a syntax error, is said once.
            if (check.task, check.message) in shown:
                return
            shown.add((check.task, check.message))
        if check.status is Status.NOT_IMPLEMENTED:
            page.write((check.task, "bold"), "  not written yet", mark=check.status, indent=2)
        else:
            write_check(page, check)

    submission = read_submission(path, exercise.file)
    failing = read_progress(root, tell).of(exercise).failing
    verdict = grade(exercise, submission, first=failing, heard=heard)
    text, file = answer(submission, exercise), own_file(path, exercise) or ""
    return verdict, update_progress(
        root, exercise, lambda old: old.after(verdict, text, file), tell
    )


def _state(path: Path) -> State:
    """Return what differs after a save; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _settled(path: Path, ticks: Iterator[object]) -> State:
    """Return the file's state, after a while where an editor seems to be in the middle of it."""
    deadline = time.monotonic() + HALF_SAVED_SECONDS
    while (state := _state(path)) is None or state[1] == 0:
        if time.monotonic() > deadline:
            break
        next(ticks)
    return state


def _ticks(folder: Path) -> Iterator[object]:
    """Yield at every change in the folder, and twice a second in any case."""
    from watchfiles import watch as changes

    with contextlib.suppress(OSError):  # the system has no more watches, or no such folder
        yield from changes(
            folder, recursive=False, step=STEP_MS, rust_timeout=LOOK_MS, yield_on_timeout=True
        )
    while True:
        time.sleep(LOOK_MS / 1000)
        yield None
