"""What a class's scores say: of the exercises, of their checks, and of what went wrong."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from grader.report import breakages
from grader.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from grader.course import Exercise
    from grader.gradebook import Score
    from grader.verdict import CheckResult, Verdict

__all__ = ["BINS", "LETTERS", "Fault", "Item", "Part", "Row", "Slow", "faults", "parts", "slowest"]

BINS: Final = range(0, 101, 10)
LETTERS: Final = {
    Status.PASSED: "+",
    Status.FAILED: "x",
    Status.TIMEOUT: "t",
    Status.CRASHED: "c",
    Status.NOT_IMPLEMENTED: "o",
    Status.SKIPPED: "-",
    Status.GRADER_ERROR: "!",
}
ABSENT: Final = " "
FEWEST: Final = 10  # submissions below which a correlation says nothing


@dataclass(frozen=True, slots=True)
class Fault:
    """A submission that the grader could not grade, and why."""

    who: str
    exercise: str
    submission: str
    why: str


@dataclass(frozen=True, slots=True)
class Slow:
    """How long one submission took."""

    who: str
    exercise: str
    submission: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Item:
    """One check in a class; `number` is its column among the checks of its exercise.

    `discrimination` is the corrected item-total correlation: Pearson's r between passing the check
    (0 or 1) and the points of all the other checks. None where it has no meaning.
    """

    number: int
    check: CheckResult
    passed: int
    graded: int
    discrimination: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """One member's checks as letters, in runs of the same letter."""

    who: str
    score: int
    runs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One exercise in a class; `bins` counts members by their share of the points, as `BINS`."""

    id: str
    title: str
    shares: tuple[float, ...]
    bins: tuple[int, ...]
    missing: int
    excused: int
    late: int
    items: tuple[Item, ...]
    mistakes: tuple[tuple[str, int], ...]
    rows: tuple[Row, ...]

    @property
    def mean(self) -> float:
        """The mean share of the points; 0 where nobody has any."""
        return statistics.fmean(self.shares) if self.shares else 0.0

    @property
    def median(self) -> float:
        """The median share of the points; 0 where nobody has any."""
        return statistics.median(self.shares) if self.shares else 0.0

    @property
    def nobody(self) -> tuple[Item, ...]:
        """The checks that nobody passed."""
        return tuple(item for item in self.items if item.graded and not item.passed)

    @property
    def everybody(self) -> tuple[Item, ...]:
        """The checks that everybody passed."""
        return tuple(item for item in self.items if 0 < item.graded == item.passed)


def faults(scores: Iterable[Score]) -> list[Fault]:
    """List what the grader could not grade."""
    found = []
    for score in scores:
        attempt = score.attempt
        submission = attempt.submission if attempt else ""
        why = score.fault or (attempt.fault if attempt else "")
        if not why and attempt and attempt.verdict is None:
            why = "No more is known."
        if not why and attempt and attempt.verdict and attempt.verdict.broken:
            why = "; ".join(f"{where} {what}" for where, what in breakages(attempt.verdict))
        if why:
            found.append(Fault(score.member.name, score.exercise, submission, why))
    return found


def slowest(scores: Iterable[Score], count: int = 10) -> list[Slow]:
    """List the submissions that took longest, the longest first."""
    graded = [
        Slow(score.member.name, score.exercise, score.attempt.submission, verdict.seconds)
        for score in scores
        if score.attempt and (verdict := score.attempt.verdict)
    ]
    return sorted(graded, key=lambda slow: -slow.seconds)[:count]


def parts(scores: Sequence[Score], exercises: Mapping[str, Exercise]) -> list[Part]:
    """Sum up each exercise that has a score, in the order of `exercises`."""
    groups: dict[str, list[Score]] = {id_: [] for id_ in exercises}
    for score in scores:
        groups.setdefault(score.exercise, []).append(score)
    return [
        _part(id_, exercises[id_].title if id_ in exercises else id_, group)
        for id_, group in groups.items()
        if group
    ]


def _part(id_: str, title: str, scores: list[Score]) -> Part:
    shares = tuple(
        score.points / score.max_points
        for score in scores
        if not score.excused and score.points is not None and score.max_points
    )
    graded = [
        (score.member.name, verdict)
        for score in scores
        if score.attempt and (verdict := score.attempt.verdict) and not verdict.broken
    ]
    items = _items([verdict for _, verdict in graded])
    mistakes = Counter(
        diagnosis
        for _, verdict in graded
        for diagnosis in sorted({check.diagnosis for check in verdict.checks if check.diagnosis})
    )
    bins = Counter(min(max(int(share * 10 + 1e-9), 0), 10) for share in shares)
    return Part(
        id=id_,
        title=title,
        shares=shares,
        bins=tuple(bins[place] for place in range(len(BINS))),
        missing=sum(s.attempt is None and s.points is None and not s.excused for s in scores),
        excused=sum(score.excused for score in scores),
        late=sum(bool(score.late) for score in scores),
        items=items,
        mistakes=tuple(sorted(mistakes.items(), key=lambda pair: (-pair[1], pair[0]))),
        rows=tuple(
            sorted(
                (_row(who, verdict, items) for who, verdict in graded),
                key=lambda row: (-row.score, row.who),
            )
        ),
    )


def _items(verdicts: list[Verdict]) -> tuple[Item, ...]:
    """Describe every check that any of the verdicts has."""
    known: dict[str, CheckResult] = {}
    outcomes: dict[str, list[tuple[int, int]]] = {}
    for verdict in verdicts:
        for check in verdict.checks:
            known.setdefault(check.id, check)
            if check.status is not Status.SKIPPED:
                passed = int(check.status is Status.PASSED)
                outcome = passed, verdict.score - check.points
                outcomes.setdefault(check.id, []).append(outcome)
    return tuple(
        Item(
            number,
            check,
            passed=sum(passed for passed, _ in outcomes.get(id_, ())),
            graded=len(outcomes.get(id_, ())),
            discrimination=_discrimination(outcomes.get(id_, [])),
        )
        for number, (id_, check) in enumerate(known.items(), start=1)
    )


def _discrimination(outcomes: list[tuple[int, int]]) -> float | None:
    """Correlate passing a check with the points of the others.

    >>> _discrimination([(0, 2)] * 5 + [(1, 7)] * 5)
    1.0
    >>> _discrimination([(1, 2)] * 5 + [(1, 7)] * 5)
    """
    if len(outcomes) < FEWEST:
        return None
    passed, others = zip(*outcomes, strict=True)
    try:
        return statistics.correlation(passed, others)
    except statistics.StatisticsError:  # everybody has the same
        return None


def _row(who: str, verdict: Verdict, items: tuple[Item, ...]) -> Row:
    letters = {check.id: LETTERS[check.status] for check in verdict.checks}
    line = (letters.get(item.check.id, ABSENT) for item in items)
    return Row(who, verdict.score, tuple((c, "".join(run)) for c, run in groupby(line)))
