"""What every report says of a verdict, whatever draws it: groups, words and harmless text.

A verdict's texts may come from hostile code: `harmless` and `bounded` make them plain and short.
"""

from __future__ import annotations

import shlex
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from grader.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.course import Exercise
    from grader.verdict import CheckResult, Verdict

__all__ = [
    "SYMBOLS",
    "WORDS",
    "Trouble",
    "alike",
    "bounded",
    "breakages",
    "by_task",
    "harmless",
    "named",
    "next_step",
    "one_line",
    "outcome",
    "redacted",
    "said",
    "snippet_lines",
    "troubles",
]

MESSAGE_LINES, SNIPPET_LINES, LINE_CHARACTERS = 12, 40, 1000

# The worst first. Each status has its own symbol or word: colour only repeats what is written.
SYMBOLS: Final = {
    Status.GRADER_ERROR: "!",
    Status.CRASHED: "✗",
    Status.TIMEOUT: "✗",
    Status.FAILED: "✗",
    Status.NOT_IMPLEMENTED: "○",
    Status.PASSED: "✓",
    Status.SKIPPED: "–",
}
WORDS: Final = {
    Status.GRADER_ERROR: "the grader failed",
    Status.CRASHED: "crashed",
    Status.TIMEOUT: "timed out",
    Status.NOT_IMPLEMENTED: "not written yet",
    Status.SKIPPED: "skipped",
}
WRONG: Final = {Status.FAILED, Status.TIMEOUT, Status.CRASHED}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that went wrong, with all the checks that say the same of it.

    `title` names it in `everything` or its first check; `repeated` tells that an earlier trouble
    has the same diagnosis; `hint` is the first one of its task, given once.
    """

    checks: tuple[CheckResult, ...]
    title: str
    everything: bool
    repeated: bool
    hint: str

    @property
    def first(self) -> CheckResult:
        """The check that tells it."""
        return self.checks[0]

    @property
    def also(self) -> str:
        """The other checks by title, empty where there are none or all are meant."""
        others = self.checks[1:]
        return named(others) if others and not self.everything else ""


def redacted(verdict: Verdict) -> Verdict:
    """Keep of each hidden check its title and points alone.

    Not even how it went wrong stays: a submission could choose that to tell its inputs by.

    >>> from grader.verdict import CheckResult, Verdict
    >>> check = CheckResult("a", "A.", "f", Status.TIMEOUT, 2, "f(3) hung", hidden=True)
    >>> redacted(Verdict("exercise1", "f.py", "00", 0, "limited", (check,))).checks
    (CheckResult(id='a', title='A.', task='f', status=<Status.FAILED: 'failed'>, max_points=2, \
message=None, counterexample=None, diagnosis=None, hidden=True, seconds=0.0, pictures=()),)
    """
    kept = {Status.PASSED, Status.SKIPPED, Status.GRADER_ERROR}
    open_checks = [check for check in verdict.checks if not check.hidden]
    started = {check.task for check in open_checks if check.status is not Status.NOT_IMPLEMENTED}
    unwritten = {check.task for check in open_checks} - started

    def shown(check: CheckResult) -> Status:
        if check.status in kept:
            return check.status
        return Status.NOT_IMPLEMENTED if check.task in unwritten else Status.FAILED

    checks = (
        replace(
            check,
            status=shown(check),
            message=None,
            counterexample=None,
            diagnosis=None,
            seconds=0.0,
            pictures=(),
        )
        if check.hidden
        else check
        for check in verdict.checks
    )
    return replace(verdict, checks=tuple(checks))


def by_task(verdict: Verdict, exercise: Exercise) -> dict[str, list[CheckResult]]:
    """Group the checks under their tasks, in the order in which a learner should do these."""
    tasks: dict[str, list[CheckResult]] = {task.name: [] for task in exercise.tasks}
    for check in verdict.checks:
        tasks.setdefault(check.task, []).append(check)
    return {task: checks for task, checks in tasks.items() if checks}


def alike(checks: Sequence[CheckResult]) -> bool:
    """Tell whether all went wrong with one and the same message, as after a syntax error."""
    outcomes = {(check.status, check.message) for check in checks}
    return len(outcomes) == 1 and checks[0].status in WRONG and checks[0].message is not None


def said(first: CheckResult, *others: CheckResult) -> str:
    """Put the status in words, or give the reason where all the checks give the same."""
    word = WORDS[first.status]
    if not first.message or first.status in WRONG | {Status.GRADER_ERROR}:
        return word
    if any(other.message != first.message for other in others):
        return word
    reason = one_line(first.message)
    return f"{word}: {reason}" if first.status is Status.SKIPPED else reason


def troubles(tasks: Mapping[str, list[CheckResult]], exercise: Exercise) -> list[Trouble]:
    """Find what went wrong, once for all the checks that say the same."""
    groups: dict[tuple[str | None, ...], list[CheckResult]] = {}
    for task, checks in tasks.items():
        for check in checks:
            if check.status in WRONG:
                key = (check.status, check.message or f"hidden in {task}", check.diagnosis)
                groups.setdefault(key, []).append(check)
    hints = {task.name: task.hints[0] for task in exercise.tasks if task.hints}
    diagnosed: set[str] = set()
    found = []
    for checks in groups.values():
        first = checks[0]
        everything = 1 < len(checks) == sum(map(len, tasks.values()))
        title = "Every check" if everything else f"{first.task}: {one_line(first.title)}"
        # A failure that several tasks share, as a file that cannot be imported, is none of theirs.
        own = {check.task for check in checks} == {first.task}
        hint = hints.pop(first.task, "") if own else ""
        repeated = first.diagnosis in diagnosed
        found.append(Trouble(tuple(checks), title, everything, repeated, hint))
        if first.diagnosis:
            diagnosed.add(first.diagnosis)
    return found


def named(checks: Sequence[CheckResult], shown: int = 3) -> str:
    """Name the first few by title and say how many more there are."""
    titles = "; ".join(one_line(check.title).rstrip(".") for check in checks[:shown])
    return titles + (f"; and {len(checks) - shown} more" if len(checks) > shown else ".")


def breakages(verdict: Verdict) -> list[tuple[str, str]]:
    """Say in which checks the grader itself failed, and how."""
    broken = [check for check in verdict.checks if check.status is Status.GRADER_ERROR]
    return [
        (
            named([check for check in broken if check.message == message]),
            message or "No more is known.",
        )
        for message in dict.fromkeys(check.message for check in broken)
    ]


def outcome(verdict: Verdict) -> tuple[str, str]:
    """Say the score, or why there is none, and what there is to add."""
    statuses = {check.status for check in verdict.checks} - {Status.SKIPPED}
    if not statuses:
        return "Nothing could be graded here.", ""
    if statuses == {Status.NOT_IMPLEMENTED}:
        return f"A fresh start: {verdict.max_score} points to win.", ""
    left = sum(c.max_points for c in verdict.checks if c.status is Status.SKIPPED)
    more = ["Everything is right. Well done!"] if verdict.exit_code == 0 else []
    more += [f"({left} more could not be graded here)"] if left else []
    return f"Score: {verdict.score}/{verdict.max_score}", "  ".join(more)


def next_step(
    verdict: Verdict,
    exercise: Exercise,
    tasks: Mapping[str, list[CheckResult]],
    again: str = "",
) -> str | None:
    """Name the one thing to do next: the first task that is not solved.

    `again` says what leads to another verdict, by default the command.
    """
    done = {Status.PASSED, Status.SKIPPED}
    for task, checks in tasks.items():
        statuses = {check.status for check in checks}
        if statuses <= done:
            continue
        verb = "write" if statuses == {Status.NOT_IMPLEMENTED} else "fix"
        what = "" if len(tasks) > 1 and alike(verdict.checks) else f"`{task}` in "
        name = one_line(verdict.submission)
        path = "" if name == exercise.file else f" {shlex.quote(name)}"
        then = again or f"run `grade {exercise.id}{path}` again"
        return f"{verb} {what}{name}, then {then}."
    return None


def one_line(text: str) -> str:
    """Put the text on one line of bounded length."""
    return bounded(" ".join(text.split()))


def bounded(text: str, lines: int = MESSAGE_LINES, mark: str = "") -> str:
    """Keep the first lines and their first characters, and say how much is left out."""
    kept = text.strip("\n").split("\n")
    more = [f"{mark}… {len(kept) - lines} more lines"] if len(kept) > lines else []
    cut = [line if len(line) <= LINE_CHARACTERS else line[:LINE_CHARACTERS] + " …" for line in kept]
    return "\n".join(cut[:lines] + more)


def snippet_lines(snippet: str) -> str:
    """Bound a snippet such that what is left still runs."""
    return bounded(snippet, SNIPPET_LINES, mark="# ")


def harmless(text: str) -> str:
    r"""Spell out everything in the text that steers a terminal or that nobody sees.

    >>> harmless("\x1b[2Jleft\u202eright")
    '\\x1b[2Jleft\\u202eright'
    """
    return "".join(
        c
        if c.isprintable() or c == "\n"
        else " "
        if unicodedata.category(c) == "Zs"
        else c.encode("unicode_escape").decode()
        for c in text.replace("\r\n", "\n").expandtabs(4)
    )
