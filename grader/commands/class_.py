"""`grade class FOLDER [EXERCISE …]`: a whole class's submissions, into the gradebook."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.arguments import PATH, gradebook_option, policy_option, seed_option
from grader.console import console
from grader.course import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from grader.batch import Order
    from grader.gradebook import Attempt, Gradebook
    from grader.layouts import Found
    from grader.roster import Roster

__all__ = ["command"]

INTERRUPTED = 130


@click.command("class")
@click.argument("folder", type=PATH)
@click.argument("exercises", nargs=-1)
@click.option("--roster", "roster_file", type=PATH, help="A CSV file that says who is who.")
@gradebook_option
@click.option("--report", type=PATH, help="Write feedback and overview as pages into this folder.")
@policy_option
@click.option("--regrade", multiple=True, metavar="STUDENT", help="Grade again, changed or not.")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="Grade so many at the same time.  [default: one a core; with --dask, one a thread]",
)
@click.option("--dask", metavar="ADDRESS", help="Grade on the Dask cluster of this scheduler.")
@seed_option
@click.option(
    "--require",
    type=click.Choice(["separate", "limited", "confined"]),
    help="Refuse to grade in a weaker sandbox.  [default: separate; with --dask, confined]",
)
def command(
    folder: Path,
    exercises: tuple[str, ...],
    roster_file: Path | None,
    book: Path,
    report: Path | None,
    policy: Path | None,
    regrade: tuple[str, ...],
    jobs: int | None,
    dask: str | None,
    seed: int,
    require: str | None,
) -> None:
    """Grade everybody in FOLDER, or in a zip: all exercises, or those that are named.

    FOLDER is a download from Canvas, Moodle or Gradescope, or has a folder for each student. What
    was graded already and has not changed is passed over, so the same command goes on after a stop.

    Exit status: 0 all are graded, 1 something could not be, 2 wrong usage.
    """
    from tempfile import TemporaryDirectory

    from grader.course import find_course, find_exercise, load_exercises
    from grader.gradebook import Gradebook
    from grader.layouts import find_submissions
    from grader.pages import write_report
    from grader.policy import read_policy
    from grader.roster import read_roster

    root = find_course()
    known = {exercise.id: exercise for exercise in load_exercises(root)}
    wanted = [find_exercise(root, name) for name in exercises] or list(known.values())
    roster = read_roster(roster_file) if roster_file is not None else None
    rules = read_policy(policy)
    with TemporaryDirectory(prefix="grade-") as scratch, Gradebook(book, write=True) as gradebook:
        if roster is not None:
            gradebook.enrol(roster)
        found = find_submissions(folder, wanted, roster, scratch=Path(scratch))
        batch = _Batch(gradebook, found, seed, {_student(name, found, roster) for name in regrade})
        if roster_file is not None:
            batch.name_strangers(printable(roster_file))
        batch.name_problems()
        try:
            batch.run(jobs, require, dask)
        except KeyboardInterrupt:
            shown = printable(book)
            click.echo(f"Stopped; {shown} has all that was graded, and the same command goes on.")
            raise SystemExit(INTERRUPTED) from None
        batch.sum_up()
        if report is not None:
            pages = write_report(report, printable(folder.stem), gradebook.scores(rules), known)
            click.echo(f"{printable(report)} has index.html and {pages} pages of feedback.")
    raise SystemExit(1 if batch.unread or batch.faults else 0)


def _student(name: str, found: Sequence[Found], roster: Roster | None) -> str:
    """Return the gradebook's key of a student who is to be graded again."""
    from grader.errors import UsageError

    member = roster.find(name) if roster is not None else None
    id_ = member.id if member is not None else name
    if all(id_ != each.id for each in found):
        message = f"--regrade: {printable(name)} handed in nothing here; check the name."
        raise UsageError(message)
    return id_


class _Batch:
    """One run: what there is to grade, what came of it, and what is said of it meanwhile."""

    def __init__(self, book: Gradebook, found: list[Found], seed: int, again: set[str]) -> None:
        self.book = book
        self.found = found
        self.seed = seed
        self.again = again
        self.total = sum(each.exercise is not None for each in found)
        self.unread = self.total < len(found)
        self.graded = self.unchanged = self.faults = 0

    def name_strangers(self, roster: str) -> None:
        """List, before anything is graded, who is not on the roster."""
        if strangers := sorted({each.label for each in self.found if each.member is None}):
            click.echo(f"Not on {roster}, and graded under the names that the download has:")
            click.echo("".join(f"  {label}\n" for label in strangers))

    def name_problems(self) -> None:
        """List what is not graded at all, and which of several files is."""
        for each in self.found:
            if each.exercise is None:
                click.echo(f"Not graded: {each.id}: {each.problem}")
            elif each.note:
                click.echo(f"{each.id}: graded is {printable(each.path.name)}, {each.note}.")

    def orders(self) -> Iterator[Order]:
        """Give what is to be graded; what was graded already is counted and passed over."""
        from grader.batch import order

        versions: dict[str, str] = {}
        for each in self.found:
            if (exercise := each.exercise) is None:
                continue
            if exercise.id not in versions:
                versions[exercise.id] = exercise.version
            one = order(each, exercise, versions[exercise.id])
            if one.problem:
                self.unread = True
                click.echo(f"Cannot be read, 0 points: {each.id} {exercise.id}: {one.problem}")
            known = (one.member, exercise.id, one.submission.digest, self.seed, one.version)
            if one.member not in self.again and self.book.has(*known):
                self.unchanged += 1
            else:
                yield one

    def run(self, jobs: int | None, require: str | None, scheduler: str | None) -> None:
        """Grade everything, here or on a cluster, and keep each attempt as soon as it is known."""
        from contextlib import closing

        from grader import batch, cluster

        if scheduler is None:
            jobs, require = jobs or os.cpu_count() or 1, require or "separate"
            attempts = batch.grade_all(self.orders(), jobs=jobs, seed=self.seed, require=require)
        else:
            # Who breaks out of a weaker sandbox there reaches every machine of the cluster.
            attempts = cluster.grade_all(
                self.orders(), scheduler, jobs, seed=self.seed, require=require or "confined"
            )
        with closing(attempts), self.progress() as progress:
            for attempt in attempts:
                self.book.add(attempt)
                self.graded += 1
                self.faults += attempt.verdict is None
                progress(attempt)

    @contextmanager
    def progress(self) -> Iterator[Callable[[Attempt], None]]:
        """Show how far it is: a bar on a terminal, a line for each submission elsewhere."""
        from rich.markup import escape
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        screen = console()
        started = time.monotonic()
        pace = TextColumn("{task.fields[rate]} a minute")
        columns = BarColumn(), MofNCompleteColumn(), pace, TimeRemainingColumn()
        with Progress(*columns, console=screen, disable=not screen.is_terminal) as bar:
            task = bar.add_task("", total=self.total, rate="–")

            def show(attempt: Attempt) -> None:
                rate = 60 * self.graded / (time.monotonic() - started)
                bar.update(task, completed=self.graded + self.unchanged, rate=f"{rate:.0f}")
                if attempt.fault or not screen.is_terminal:
                    line = f"{attempt.member}  {attempt.exercise}  {_points(attempt)}"
                    bar.console.print(escape(printable(line)), soft_wrap=True)

            yield show

    def sum_up(self) -> None:
        """Say what the run came to."""
        words = [f"{self.graded - self.faults} graded", f"{self.unchanged} unchanged"]
        if self.faults:
            words.append(f"{self.faults} not graded for a fault of the grader; run this again")
        click.echo(", ".join(words) + ".")


def _points(attempt: Attempt) -> str:
    verdict = attempt.verdict
    return f"{verdict.score}/{verdict.max_score}" if verdict else f"fault: {attempt.fault}"
