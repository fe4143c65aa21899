"""`grade verify [EXERCISE ...]`: the author's proof that checks tell right from wrong."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import click

from grader.console import console

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console
    from rich.table import Table

    from grader.course import Exercise
    from grader.proving import Outcome, Proof, Task

__all__ = ["command"]

COLUMNS: Final = ("checks", "right", "caught", "named", "killed", "equivalent", "faults")
ROW: Final = "{:<12}{:>8}{:>9}{:>9}{:>7}{:>9}{:>12}{:>8}"


@click.command()
@click.argument("names", nargs=-1, metavar="[EXERCISE]...")
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=10,
    show_default=True,
    help="Grade right answers with so many seeds, where checks draw from them.",
)
@click.option("--quick", is_flag=True, help="One seed, no mutants, no diagnosis, no matrix.")
@click.option("--margins", is_flag=True, help="Show how far answers stay from tolerances.")
def command(names: tuple[str, ...], seeds: int, quick: bool, margins: bool) -> None:
    """Prove that the checks of EXERCISE, or of all, tell right answers from wrong ones.

    \b
    grade verify                  every exercise, one line each
    grade verify adam             one, with the matrix of its mistakes and checks
    grade verify adam --margins   and the floor under its tolerances
    """  # noqa: D301 - the backspace tells click to keep the lines
    from grader.course import find_course, find_exercise, load_exercises
    from grader.proving import judge, plan
    from grader.scaffold import refuse_blanks

    root = find_course()
    if names:
        exercises: Sequence[Exercise] = [find_exercise(root, name) for name in names]
    else:
        exercises = load_exercises(root)
    for exercise in exercises:
        refuse_blanks(exercise)
    tasks = [task for exercise in exercises for task in plan(exercise, seeds, quick=quick)]
    position = {task: i for i, task in enumerate(tasks)}
    left = Counter(task.exercise for task in tasks)
    outcomes: dict[str, list[Outcome]] = {exercise.id: [] for exercise in exercises}
    by_id = {exercise.id: exercise for exercise in exercises}
    page = console()
    page.print(ROW.format("", *COLUMNS))
    unproved = False
    for outcome in _carried_out(tasks, page):
        id_ = outcome.task.exercise
        left[id_] -= 1
        outcomes[id_].append(outcome)
        if not left[id_]:
            done = sorted(outcomes.pop(id_), key=lambda outcome: position[outcome.task])
            proof = judge(by_id[id_], done)
            unproved |= bool(proof.faults)
            _show(page, proof)
            if names and not quick and proof.checks:
                _show_matrix(page, proof)
            if margins and not quick:
                _show_margins(page, proof)
    raise SystemExit(unproved)


def _carried_out(tasks: Sequence[Task], page: Console) -> Iterator[Outcome]:
    """Try everything, on all cores, in the order in which it is done."""
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from grader.proving import carry_out, end_with_parent

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        ProcessPoolExecutor(mp_context=get_context("spawn"), initializer=end_with_parent) as pool,
        Progress(*columns, console=page, transient=True, disable=not page.is_terminal) as bar,
    ):
        futures = [pool.submit(carry_out, task) for task in tasks]
        try:
            for future in bar.track(as_completed(futures), total=len(futures)):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _show_matrix(page: Console, proof: Proof) -> None:
    """Print a line a mistake, a column a check: ● named, × failed, · passed."""
    page.print(f"{proof.exercise.id} · {proof.exercise.title}", style="bold", markup=False)
    for position, check in enumerate(proof.checks, 1):
        page.print(f"  {position:2}  {check}", markup=False)
    for outcome in proof.of("mistake"):
        marks = "".join(
            "●" if check in outcome.named else "×" if check in outcome.failed else "·"
            for check in proof.checks
        )
        page.print(f"{marks}  {outcome.task.name}", markup=False, no_wrap=True, crop=False)
    page.print("● the check fails and the mistake is named   × fails   · passes\n")


def _show_margins(page: Console, proof: Proof) -> None:
    """Print for each check how large errors are, as multiples of its tolerance."""
    table = _table("check", "largest right", "smallest wrong")
    for check, (right, wrong) in proof.margins.items():
        table.add_row(check, f"{right:.1e}", f"{wrong:.1e}")
    page.print(table)
    page.print("Errors of right and of wrong answers, as multiples of the tolerance.\n")


def _show(page: Console, proof: Proof) -> None:
    """Print an exercise's line, and under it what could not be graded and what its proof lacks."""
    mistakes, mutants, right = proof.of("mistake", "caught"), proof.of("mutant"), proof.of("right")
    killed = sum(bool(outcome.failed) for outcome in mutants)
    cells = (
        len(proof.checks),
        f"{sum(not outcome.failed for outcome in right)}/{len(right)}",
        f"{sum(bool(outcome.failed) for outcome in mistakes)}/{len(mistakes)}",
        sum(bool(outcome.named) for outcome in mistakes) if proof.of("mistake") else "–",
        f"{killed}/{len(mutants)}" if mutants else "–",
        len(mutants) - killed if mutants else "–",
        len(proof.faults),
    )
    page.print(ROW.format(proof.exercise.id, *cells))
    for why in proof.ungraded:
        what = "some checks were skipped" if proof.checks else "skipped"
        page.print(f"{proof.exercise.id}: {what}: {why}", markup=False, soft_wrap=True)
    for fault in proof.faults:
        page.print(f"{proof.exercise.id}: {fault}", markup=False, soft_wrap=True)


def _table(*columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for position, column in enumerate(columns):
        table.add_column(column, justify="right" if position else "left", overflow="fold")
    return table
