"""`grade similar FOLDER EXERCISE`: which submissions are worth a look side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.console import console, plain

if TYPE_CHECKING:
    from grader.course import Exercise
    from grader.roster import Roster

__all__ = ["command"]

PATH = click.Path(path_type=Path)


@click.command("similar")
@click.argument("folder", type=PATH)
@click.argument("exercise")
@click.option("--roster", "roster_file", type=PATH, help="A CSV file that says who is who.")
@click.option(
    "--top", type=click.IntRange(1), default=20, show_default=True, help="Show so many pairs."
)
def command(folder: Path, exercise: str, roster_file: Path | None, top: int) -> None:
    """Rank the pairs of submissions to EXERCISE in FOLDER that are the most alike.

    Left out is what the stub has, and what most others have too; names, comments and layout do not
    count. This is a hint for a person who then reads both, and no proof and no penalty: two who
    learnt together, or from one page, look like this too.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from grader.course import find_course, find_exercise
    from grader.roster import read_roster
    from grader.similarity import similar_pairs

    found = find_exercise(find_course(), exercise)
    roster = read_roster(roster_file) if roster_file is not None else None
    sources, problems = _sources(folder, found, roster)
    solution = found.solution
    answers = [_text(solution, found)] if solution is not None else []
    pairs = similar_pairs(sources, _text(found.stub, found), answers)
    screen = console()
    for label, problem in problems.items():
        screen.print(plain(f"not compared: {label}: {problem}", screen, "yellow"), soft_wrap=True)
    table = Table("alike", "runs", "one", "other", box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for pair in pairs[:top]:
        cells = (f"{pair.likeness:.0%}", f"{pair.shared}/{pair.of}", pair.first, pair.second)
        table.add_row(*(plain(text, screen) for text in cells))
    if pairs:
        screen.print(table)
    more = f" The other {len(pairs) - top} are left out." if len(pairs) > top else ""
    screen.print(
        f"{len(sources)} submissions, {len(pairs)} pairs share code that most others do not "
        f"have.{more}\nA hint for a person who reads both, never a penalty by itself.",
        soft_wrap=True,
    )


def _sources(
    folder: Path, exercise: Exercise, roster: Roster | None
) -> tuple[dict[str, str], dict[str, str]]:
    """Read everybody's text by who they are, and say of whom it cannot be read."""
    from tempfile import TemporaryDirectory

    from grader.errors import SubmissionError
    from grader.layouts import find_submissions
    from grader.similarity import LONGEST

    sources: dict[str, str] = {}
    problems: dict[str, str] = {}
    with TemporaryDirectory(prefix="grade-") as scratch:
        owners: dict[Path, list[str]] = {}
        for each in find_submissions(folder, [exercise], roster, scratch=Path(scratch)):
            if each.problem:
                problems[each.label] = each.problem
            else:
                owners.setdefault(each.path, []).append(each.label)
        for path, labels in owners.items():
            # One file of several people is a group's, who are not to be compared with themselves.
            label = " + ".join(labels)
            label = f"{label} ({path.name})" if label in sources else label
            try:
                sources[label] = _text(path, exercise)
            except SubmissionError as error:
                problems[label] = str(error)
                continue
            if len(sources[label]) > LONGEST:
                problems[label] = f"all beyond its first {LONGEST} characters"
    return sources, problems


def _text(path: Path, exercise: Exercise) -> str:
    from grader.submission import read_submission

    return "\n".join(chunk.text for chunk in read_submission(path, exercise.file).chunks)
