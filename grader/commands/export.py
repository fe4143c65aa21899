"""`grade export SYSTEM …`: scores and verdicts in the formats of other systems."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.arguments import PATH, gradebook_option, policy_option
from grader.console import console, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.exports.filling import Form, Plan
    from grader.exports.sheet import Sheet
    from grader.verdict import Verdict

__all__ = ["command"]


@click.group("export")
def command() -> None:
    """Write scores and verdicts for other systems.

    \b
    canvas, moodle                       fill in the sheet that you downloaded there
    csv, nbgrader                        all scores of a gradebook
    gradescope, classroom50, junit, markdown, annotations
                                         one verdict: grade adam --json | grade export junit -
    """  # noqa: D301 - the backspace tells click to keep the lines


def _books(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where the scores are."""
    return gradebook_option(policy_option(function))


def _fills(function: Callable[..., None]) -> Callable[..., None]:
    """Add what both systems' sheets have in common."""
    options = (
        click.argument("sheet", type=PATH),
        click.option("--exercise", required=True, help="Whose scores to write."),
        click.option("--rescale", is_flag=True, help="Convert points to the sheet's maximum."),
        click.option("--allow-unmatched", is_flag=True, help="Leave out whom nobody matches."),
        click.option("--write", is_flag=True, help="Write, and do not ask."),
        click.option("--out", type=PATH, help="The new file.  [default: SHEET.filled.csv]"),
    )
    for option in reversed(options):
        function = option(function)
    return _books(function)


@command.command()
@_fills
@click.option("--column", required=True, help="The assignment's title or id in the sheet.")
def canvas(column: str, **options: Any) -> None:
    """Fill in the gradebook that Canvas exported, SHEET, one assignment's column."""
    from grader.exports.canvas import read_form

    _fill(lambda sheet: read_form(sheet, column), **options)


@command.command()
@_fills
@click.option("--grade-column", help="The title of the grades, in a language that is not known.")
def moodle(grade_column: str | None, **options: Any) -> None:
    """Fill in the grading worksheet that Moodle offered, SHEET, for one assignment."""
    from grader.exports.moodle import read_form

    _fill(lambda sheet: read_form(sheet, grade_column), **options)


@command.command("csv")
@_books
@click.option("--exercise", help="Only this exercise.")
def scores(book: Path, policy: Path | None, exercise: str | None) -> None:
    """Print all scores as CSV, one line a student and exercise."""
    from grader.exports.tables import score_table

    _print_table(score_table, book, policy, exercise)


@command.command()
@_books
@click.option("--exercise", help="Only this exercise.")
def nbgrader(book: Path, policy: Path | None, exercise: str | None) -> None:
    """Print all scores as CSV in the columns of nbgrader's export."""
    from grader.exports.tables import nbgrader_table

    _print_table(nbgrader_table, book, policy, exercise)


@command.command()
@click.argument("verdict", type=click.Path(allow_dash=True))
def gradescope(verdict: str) -> None:
    """Print the results.json of a Gradescope autograder for a VERDICT, - for standard input."""
    from grader.course import find_course, find_exercise
    from grader.exports.gradescope import results

    read = _read_verdict(verdict)
    exercise = find_exercise(find_course(), read.exercise)
    click.echo(json.dumps(results(read, exercise), indent=2))


@command.command()
@click.argument("verdict", type=click.Path(allow_dash=True))
def classroom50(verdict: str) -> None:
    """Print the result.json of Classroom 50 for a VERDICT, - for standard input."""
    from grader.exports.classroom50 import result

    click.echo(json.dumps(result(_read_verdict(verdict), os.environ), indent=2))


@command.command()
@click.argument("verdict", type=click.Path(allow_dash=True))
def junit(verdict: str) -> None:
    """Print JUnit's XML for a VERDICT, - for standard input."""
    from grader.exports.junit import report

    click.echo(report(_read_verdict(verdict)), nl=False)


@command.command()
@click.argument("verdict", type=click.Path(allow_dash=True))
def markdown(verdict: str) -> None:
    """Print a summary for GitHub Actions of a VERDICT, - for standard input."""
    from grader.exports.github import summary

    click.echo(summary(_read_verdict(verdict)), nl=False)


@command.command("annotations")
@click.argument("verdict", type=click.Path(allow_dash=True))
def failures(verdict: str) -> None:
    """Print GitHub's ::error commands for the failed checks of a VERDICT, - for standard input."""
    from grader.exports.github import failures

    click.echo(failures(_read_verdict(verdict)), nl=False)


def _fill(
    read_form: Callable[[Sheet], Form],
    *,
    sheet: Path,
    exercise: str,
    book: Path,
    policy: Path | None,
    rescale: bool,
    allow_unmatched: bool,
    write: bool,
    out: Path | None,
) -> None:
    """Show what would change in a sheet, and write the new file where that is wanted."""
    from grader.course import find_course, find_exercise, printable
    from grader.errors import UsageError
    from grader.exports.filling import plan
    from grader.exports.sheet import read_sheet
    from grader.gradebook import Gradebook
    from grader.policy import read_policy
    from grader.roster import Roster

    target = out or sheet.with_name(f"{sheet.stem}.filled.csv")
    if target.resolve() == sheet.resolve():
        message = f"{printable(target)} is the download itself; give --out another name."
        raise UsageError(message)
    form = read_form(read_sheet(sheet))
    id_ = find_exercise(find_course(), exercise).id
    with Gradebook(book) as gradebook:
        if id_ not in gradebook.exercises():
            raise UsageError(f"{printable(book)} has no attempt at {id_}; grade it first.")
        found = list(gradebook.scores(read_policy(policy), id_))
        filled = plan(form, Roster(gradebook.members()), found, rescale=rescale)
    _show(filled)
    unmatched = len(filled.strangers) + len(filled.missing)
    if unmatched and not allow_unmatched:
        message = (
            f"{unmatched} people are only in {form.sheet.name} or only in the gradebook, as listed "
            "above; add their ids to the roster, or leave them out with --allow-unmatched."
        )
        raise UsageError(message)
    if not filled.changes:
        click.echo("Every grade is in the sheet already; nothing to write.")
        return
    asks = sys.stdin.isatty() and sys.stdout.isatty()
    if not write and not (asks and click.confirm(f"Write {printable(target)}?")):
        click.echo("Nothing was written; add --write to write it.")
        return
    _write(target, filled.filled())
    click.echo(f"{printable(target)} has {len(filled.changes)} new grades; upload it as it is.")


def _show(filled: Plan) -> None:
    """List who is unmatched first, then what changes, then what stays and why."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    screen = console()
    for entry in filled.strangers:
        said = f"not in the gradebook: {entry.name} ({', '.join(entry.ids)}), line {entry.line}"
        screen.print(plain(said, screen, "yellow"), soft_wrap=True)
    for member in filled.missing:
        said = f"not in the sheet: {member.name} ({member.id})"
        screen.print(plain(said, screen, "yellow"), soft_wrap=True)
    table = Table("student", "old", "new", box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for change in filled.changes:
        cells = (change.who, change.cell.value.strip() or "-", change.new)
        table.add_row(*(plain(text, screen) for text in cells))
    if filled.changes:
        screen.print(table)
    for who, why in filled.kept:
        screen.print(plain(f"stays as it is: {who}: {why}", screen, "dim"), soft_wrap=True)
    said = f"{len(filled.changes)} change, {filled.same} are the same, {len(filled.kept)} stay."
    screen.print(said, soft_wrap=True)


def _print_table(
    table: Callable[..., str], book: Path, policy: Path | None, exercise: str | None
) -> None:
    from grader.course import find_course, find_exercise
    from grader.gradebook import Gradebook
    from grader.policy import read_policy

    id_ = find_exercise(find_course(), exercise).id if exercise is not None else None
    with Gradebook(book) as gradebook:
        click.echo(table(gradebook.scores(read_policy(policy), id_)), nl=False)


def _read_verdict(source: str) -> Verdict:
    """Read what `grade EXERCISE --json` printed, from a file or from standard input."""
    from grader.course import printable
    from grader.errors import UsageError
    from grader.verdict import Verdict

    name = "standard input" if source == "-" else printable(source)
    try:
        raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return _whole(Verdict.from_json(raw.decode("utf-8-sig")))
    except OSError as error:
        message = f"{name} cannot be read ({error.strerror}); check the name."
        raise UsageError(message) from error
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        message = f"{name} is no verdict; pass what `grade EXERCISE --json` prints."
        raise UsageError(message) from error


def _whole(verdict: Verdict) -> Verdict:
    """Touch every value, so that one of a wrong type raises here, where the file can be named."""
    texts = [verdict.exercise, verdict.submission]
    for check in verdict.checks:
        texts += [check.id, check.title, check.task, check.message or ""]
        texts += [check.counterexample or "", check.diagnosis or ""]
    "".join(texts)
    max(verdict.score, verdict.max_score, len(verdict.to_json()))
    return verdict


def _write(path: Path, data: bytes) -> None:
    """Write the file whole or not at all."""
    from tempfile import NamedTemporaryFile

    from grader.course import printable
    from grader.errors import UsageError

    try:
        with NamedTemporaryFile(dir=path.parent, prefix=".grade-", delete=False) as file:
            temporary = Path(file.name)
            try:
                file.write(data)
                file.close()
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        message = f"{printable(path)} cannot be written ({error.strerror}); choose another --out."
        raise UsageError(message) from error
