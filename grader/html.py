"""Verdicts as web pages: one self-contained file each, for a learner, a student and a class.

A page loads nothing and runs nothing; every text in it is spelt out harmlessly and escaped,
whatever its template does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

from grader import overview, report
from grader.figures import draw, in_words
from grader.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    import jinja2

    from grader.course import Exercise
    from grader.gradebook import Score
    from grader.report import Trouble
    from grader.roster import Member
    from grader.verdict import CheckResult, Verdict

__all__ = ["feedback_page", "overview_page", "verdict_page"]

KINDS = {
    Status.GRADER_ERROR: "broken",
    Status.CRASHED: "wrong",
    Status.TIMEOUT: "wrong",
    Status.FAILED: "wrong",
    Status.NOT_IMPLEMENTED: "open",
    Status.PASSED: "right",
    Status.SKIPPED: "open",
}


def verdict_page(verdict: Verdict, exercise: Exercise, *, who: str = "", redact: bool) -> str:
    """Return the page of one verdict; with `redact`, hidden checks show title and points only."""
    return _render("verdict", who=who, section=_section(verdict, exercise, redact=redact))


def feedback_page(
    member: Member, scores: Sequence[Score], exercises: Mapping[str, Exercise]
) -> str:
    """Return the page of one student: every exercise, with nothing that a hidden check knows.

    Scores of others are left out, and so is why the grader could not grade something.
    """
    own = [score for score in scores if score.member.id == member.id]
    marks = [_mark(score, exercises.get(score.exercise)) for score in own]
    return _render("feedback", member=member, marks=marks)


def overview_page(title: str, scores: Sequence[Score], exercises: Mapping[str, Exercise]) -> str:
    """Return the page of a class, for its teachers: it names hidden checks and members."""
    return _render(
        "overview",
        title=title,
        members=len({score.member.id for score in scores}),
        faults=overview.faults(scores),
        parts=overview.parts(scores, exercises),
        slowest=overview.slowest(scores),
        bins=overview.BINS,
        letters={letter: KINDS[status] for status, letter in overview.LETTERS.items()},
        fewest=overview.FEWEST,
    )


@dataclass(frozen=True, slots=True)
class _Section:
    """One verdict as a page shows it; `figures` are a check's pictures, as words and SVG."""

    verdict: Verdict
    exercise: Exercise
    tasks: dict[str, list[CheckResult]]
    troubles: list[Trouble]
    breakages: list[tuple[str, str]]
    outcome: tuple[str, str]
    next_step: str | None
    figures: dict[CheckResult, list[tuple[str, str]]]

    def place(self, check: CheckResult) -> int | None:
        """Return which trouble tells of the check, counted from 1."""
        found = (n for n, trouble in enumerate(self.troubles, 1) if check in trouble.checks)
        return next(found, None)

    @property
    def quiet(self) -> list[CheckResult]:
        """The checks that have pictures and no trouble to tell below which these would stand."""
        told = [trouble.first for trouble in self.troubles]
        return [check for check in self.figures if check not in told]


@dataclass(frozen=True, slots=True)
class _Mark:
    """What one exercise came to for a student."""

    title: str
    anchor: str
    points: str
    notes: list[str]
    section: _Section | None


def _section(verdict: Verdict, exercise: Exercise, *, redact: bool) -> _Section:
    from markupsafe import Markup

    shown = report.redacted(verdict) if redact else verdict
    tasks = report.by_task(shown, exercise)
    figures: dict[CheckResult, list[tuple[str, str]]] = {}
    number = count()
    for check in (check for checks in tasks.values() for check in checks if check.pictures):
        figures[check] = [
            # matplotlib drew it, and escapes the texts in it.
            (in_words(picture), Markup(draw(picture, f"{exercise.id}-{next(number)}")))  # noqa: S704
            for picture in check.pictures
        ]
    return _Section(
        verdict=shown,
        exercise=exercise,
        tasks=tasks,
        troubles=report.troubles(tasks, exercise),
        breakages=report.breakages(shown),
        outcome=report.outcome(shown),
        next_step=report.next_step(shown, exercise, tasks),
        figures=figures,
    )


def _mark(score: Score, exercise: Exercise | None) -> _Mark:
    verdict = score.attempt.verdict if score.attempt else None
    if score.excused:
        points = "excused"
    elif score.points is None:
        points = "–"
    else:
        points = f"{score.points:g}" + (f" of {score.max_points:g}" if score.max_points else "")
    return _Mark(
        title=f"{exercise.id} · {exercise.title}" if exercise else score.exercise,
        anchor=exercise.id if exercise else "",
        points=points,
        notes=_notes(score),
        section=_section(verdict, exercise, redact=True) if verdict and exercise else None,
    )


def _notes(score: Score) -> list[str]:
    """Say what a student should know of a score besides the points."""
    notes = []
    if score.excused:
        notes.append("You are excused from this exercise.")
    elif score.attempt is None and score.points is None:
        notes.append("Nothing was handed in.")
    if score.late:
        notes.append(f"Handed in {_duration(score.late)} late.")
    if not score.excused and score.raw_points is not None and score.raw_points != score.points:
        notes.append(
            f"The checks gave {score.raw_points:g} points, before lateness and adjustments."
        )
    if score.note:
        notes.append(score.note)
    if score.fault or (score.attempt and score.attempt.verdict is None):
        notes.append(
            "The grader could not grade your submission. This is not your fault, and your teachers "
            "see it too; any earlier score of yours stays as it was."
        )
    return notes


def _duration(time: timedelta) -> str:
    """Say a time in its two largest units.

    >>> from datetime import timedelta
    >>> _duration(timedelta(days=1, hours=3, minutes=5))
    '1 day 3 h'
    >>> _duration(timedelta(seconds=20))
    '1 min'
    """
    minutes = max(1, round(time.total_seconds() / 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    day = [f"{days} day{'s' if days > 1 else ''}"] if days else []
    parts = [*day, *([f"{hours} h"] if hours else []), *([f"{minutes} min"] if minutes else [])]
    return " ".join(parts[:2])


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("grader"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "bounded": report.bounded,
        "one_line": report.one_line,
        "snippet": report.snippet_lines,
        "kind": KINDS.__getitem__,
        "symbol": report.SYMBOLS.__getitem__,
        "said": lambda check: report.said(check) if check.status in report.WORDS else "",
    }
    return environment


def _plain(value: object) -> object:
    """Spell out what is harmful in a text on its way into a page; markup is our own."""
    return report.harmless(value) if type(value) is str else value


def _render(template: str, **context: Any) -> str:
    return _environment().get_template(f"{template}.html.j2").render(context)
