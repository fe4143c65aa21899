"""`grade scores`: what a gradebook says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from grader.arguments import gradebook_option, policy_option
from grader.console import console, plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from rich.console import Console
    from rich.table import Table

    from grader.gradebook import Attempt, Gradebook, Score
    from grader.policy import Policy

__all__ = ["command"]

LEGEND = (
    "L: handed in late. *: see `grade scores --attempts STUDENT`. EX: excused. -: nothing graded. "
    "FAULT: the grader failed on the newest submission, grade it again."
)

WIDEST = 100_000


@click.command("scores")
@gradebook_option
@policy_option
@click.option("--attempts", "student", metavar="STUDENT", help="Show one student's history.")
def command(book: Path, policy: Path | None, student: str | None) -> None:
    """Show the points of every student and exercise, or one student's history."""
    from grader.gradebook import Gradebook
    from grader.policy import read_policy

    rules = read_policy(policy)
    with Gradebook(book) as gradebook:
        if student is None:
            _show_scores(gradebook, rules)
        else:
            _show_history(gradebook, rules, student)


def _show_scores(gradebook: Gradebook, policy: Policy) -> None:
    from itertools import groupby

    out = console()
    table, faults = None, []
    for member, group in groupby(gradebook.scores(policy), lambda score: score.member):
        scores = list(group)
        if table is None:
            heads = [score.exercise.removeprefix("exercise") for score in scores]
            table = _table("student", "id", numbers=(*heads, "total"))
        total = sum(score.points or 0 for score in scores)
        cells = [*map(_cell, scores), f"{total:g}"]
        table.add_row(*(plain(text, out) for text in (member.name[:40], member.id, *cells)))
        faults += [(score.exercise, member, score.fault) for score in scores if score.fault]
    if table is None:
        out.print("Nothing is graded yet.")
        return
    _print(out, table)
    _say(out, LEGEND, "dim")
    for exercise, member, fault in faults:
        _say(out, f"FAULT {exercise}, {member.name} ({member.id}): {fault}", "bold red")
    known = {member.id for member in gradebook.members()}
    for id_, exercise in policy.extensions:
        if id_ not in known:
            _say(out, f"The extension of {exercise} for {id_} is nobody's here.", "bold red")


def _show_history(gradebook: Gradebook, policy: Policy, student: str) -> None:
    from grader.roster import Roster

    out = console()
    member = Roster(gradebook.members()).pick(student)
    _say(out, f"{member.name} ({member.id})", "bold")
    table = _table("graded", "exercise", "submission", "result", "handed in", "seed", "version")
    for attempt in gradebook.attempts(member.id):
        table.add_row(*(plain(text, out) for text in _event(attempt)))
    _print(out, table)
    for decision in gradebook.decisions(member.id):
        points = "" if decision.points is None else f" to {decision.points:g}"
        what = f"{decision.exercise} {decision.kind}{points} by {decision.who}: {decision.why}"
        _say(out, f"{_local(decision.at)}  {what}")
    for score in gradebook.scores(policy, member=member.id):
        _say(
            out, f"{score.exercise} counts {_counts(score)}", "bold red" if score.fault else "bold"
        )


def _cell(score: Score) -> str:
    points = "EX" if score.excused else "-" if score.points is None else f"{score.points:g}"
    marks = (
        " L" if score.late else "",
        " *" if score.note else "",
        " FAULT" if score.fault else "",
    )
    return points + "".join(marks)


def _event(attempt: Attempt) -> tuple[str, ...]:
    verdict = attempt.verdict
    if verdict is None or verdict.broken:
        result = f"FAULT {attempt.fault or 'the grader failed in a check'}"
    else:
        result = f"{verdict.score} of {verdict.max_score}"
    return (
        _local(attempt.graded_at),
        attempt.exercise,
        attempt.submission,
        result,
        _local(attempt.submitted_at),
        str(attempt.seed),
        attempt.version[:8],
    )


def _counts(score: Score) -> str:
    if score.excused:
        points = "nothing, being excused"
    elif score.points is None:
        points = "nothing yet"
    else:
        points = f"{score.points:g}"
    if score.late:
        days, rest = divmod(int(score.late.total_seconds()), 86_400)
        span = f"{days} d {rest // 3600} h {rest % 3600 // 60} min"
        points += f"; handed in {span} late, which costs {score.penalty:g}"
    return "; ".join(filter(None, (points, score.note, score.fault and f"FAULT {score.fault}")))


def _local(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone().isoformat(" ", "minutes")


def _table(*heads: str, numbers: Sequence[str] = ()) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in heads:
        table.add_column(head, no_wrap=True)
    for head in numbers:
        table.add_column(head, no_wrap=True, justify="right")
    return table


def _print(out: Console, table: Table) -> None:
    """Print the table as wide as it is: a narrow terminal breaks lines, and loses no number."""
    out.width = max(
        out.width, out.measure(table, options=out.options.update(max_width=WIDEST)).maximum
    )
    out.print(table)


def _say(out: Console, text: str, style: str = "") -> None:
    out.print(plain(text, out, style), soft_wrap=True)
