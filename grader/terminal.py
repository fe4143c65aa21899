"""The report that a learner reads in a terminal: what is right, what is not, what to do next.

A verdict's texts may come from hostile code: every one is shown as plain text, in bounded length,
its control and bidirectional characters spelt out, and spelt in what the stream can encode.
"""

from __future__ import annotations

import shlex
import unicodedata
from typing import TYPE_CHECKING

from rich.text import Text

from grader.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from grader.course import Exercise
    from grader.verdict import CheckResult, Verdict

__all__ = ["Page", "render", "write_check"]

WIDEST = 88
MESSAGE_LINES, SNIPPET_LINES, LINE_CHARACTERS = 12, 40, 1000

# The worst first. Each status has its own mark or word: colour only repeats what is written.
MARKS = {
    Status.GRADER_ERROR: ("!", "bold red"),
    Status.CRASHED: ("✗", "red"),
    Status.TIMEOUT: ("✗", "red"),
    Status.FAILED: ("✗", "red"),
    Status.NOT_IMPLEMENTED: ("○", "yellow"),
    Status.PASSED: ("✓", "green"),
    Status.SKIPPED: ("–", "yellow"),
}
WORDS = {
    Status.GRADER_ERROR: "the grader failed",
    Status.CRASHED: "crashed",
    Status.TIMEOUT: "timed out",
    Status.NOT_IMPLEMENTED: "not written yet",
    Status.SKIPPED: "skipped",
}
WRONG = {Status.FAILED, Status.TIMEOUT, Status.CRASHED}

# What stands for a character that the stream cannot encode; U+0302 is the hat of m̂.
SPELLINGS = str.maketrans(
    {"✓": "+", "✗": "x", "○": "o", "×": "x", "·": "-", "–": "-", "—": "-", "−": "-", "⁄": "/"}
    | {"‘": "'", "’": "'", "′": "'", "“": '"', "”": '"', "⟨": "<", "⟩": ">", "‖": "||"}
    | {"≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "√": "sqrt", "∞": "inf", "\u0302": "^"}
    | {c: unicodedata.name(c).split()[-1].lower() for c in "αβγδεζηθικλμνξοπρστυφχψωΔΣΩ"}
)


def render(verdict: Verdict, exercise: Exercise, console: Console, *, live: bool = False) -> None:
    """Print the report of `verdict`; `exercise` gives the order of the tasks and their hints.

    A `live` one follows the checks' own lines, which `write_check` wrote, tells only of the first
    failure, and ends with a save.
    """
    page = Page(console)
    tasks = _by_task(verdict, exercise)
    if not live:
        page.write(
            (f"{exercise.id} · {exercise.title}", "bold"),
            (f"   {_one_line(verdict.submission)} · sandbox: {verdict.sandbox}", "dim"),
        )
        page.skip()
        for task, checks in tasks.items():
            _write_task(page, task, checks, scored=not verdict.broken)
    _write_failures(page, tasks, exercise, most=1 if live else len(verdict.checks))
    page.skip()
    if verdict.broken:
        _write_grader_error(page, verdict)
    else:
        _write_score(page, verdict)
        _write_next(page, verdict, exercise, tasks, live=live)


def _by_task(verdict: Verdict, exercise: Exercise) -> dict[str, list[CheckResult]]:
    """Group the checks under their tasks, in the order in which a learner should do these."""
    tasks: dict[str, list[CheckResult]] = {task.name: [] for task in exercise.tasks}
    for check in verdict.checks:
        tasks.setdefault(check.task, []).append(check)
    return {task: checks for task, checks in tasks.items() if checks}


def _write_task(page: Page, task: str, checks: list[CheckResult], *, scored: bool) -> None:
    """Write a line for the task and one a check, or the first alone where all say the same."""
    statuses = {check.status for check in checks}
    worst = next(status for status in MARKS if status in statuses)
    graded = [check for check in checks if check.status is not Status.SKIPPED]
    total = f"{sum(c.points for c in graded)}/{sum(c.max_points for c in graded)}"
    right = total if scored and graded else ""
    if len(statuses) == 1 and worst in (Status.NOT_IMPLEMENTED, Status.SKIPPED):
        page.write((task, "bold"), f"  {_said(*checks)}", mark=worst, right=right)
        return
    if len(checks) > 1 and _alike(checks):
        said = f"  all {len(checks)} checks end in the same way, see below"
        page.write((task, "bold"), said, mark=worst, right=right)
        return
    page.write((task, "bold"), mark=worst, right=right)
    for check in checks:
        write_check(page, check, scored=scored and check in graded)


def write_check(page: Page, check: CheckResult, *, scored: bool = True) -> None:
    """Write a check's line."""
    page.write(
        _one_line(check.title),
        (" (hidden)" if check.hidden else "", "dim"),
        f" ({_said(check)})" if check.status in WORDS else "",
        mark=check.status,
        indent=2,
        right=f"{check.points}/{check.max_points}" if scored else "",
    )


def _alike(checks: Sequence[CheckResult]) -> bool:
    """Tell whether all went wrong with one and the same message, as after a syntax error."""
    outcomes = {(check.status, check.message) for check in checks}
    return len(outcomes) == 1 and checks[0].status in WRONG and checks[0].message is not None


def _said(first: CheckResult, *others: CheckResult) -> str:
    """Put the status in words, or give the reason where all the checks give the same."""
    word = WORDS[first.status]
    if not first.message or first.status in WRONG | {Status.GRADER_ERROR}:
        return word
    if any(other.message != first.message for other in others):
        return word
    reason = _one_line(first.message)
    return f"{word}: {reason}" if first.status is Status.SKIPPED else reason


def _write_failures(
    page: Page, tasks: Mapping[str, list[CheckResult]], exercise: Exercise, most: int
) -> None:
    """Write what went wrong, once for all the checks that say the same, and `most` such things."""
    groups: dict[tuple[str | None, ...], list[CheckResult]] = {}
    for task, checks in tasks.items():
        for check in checks:
            if check.status in WRONG:
                key = (check.status, check.message or f"hidden in {task}", check.diagnosis)
                groups.setdefault(key, []).append(check)
    hints = {task.name: task.hints[0] for task in exercise.tasks if task.hints}
    diagnosed: set[str] = set()
    for first, *others in list(groups.values())[:most]:
        everything = others and 1 + len(others) == sum(map(len, tasks.values()))
        title = "Every check" if everything else f"{first.task}: {_one_line(first.title)}"
        word = f" ({WORDS[first.status]})" if first.status in WORDS else ""
        page.skip()
        page.write((title, "bold"), word, mark=first.status)
        page.write(_bounded(first.message or "This check's inputs are not shown."), indent=2)
        if others and not everything:
            page.write((f"also: {_named(others)}", "dim"), indent=2)
        if first.counterexample:
            page.skip()
            page.write("To see it yourself, beside your file:", indent=2)
            page.code(first.counterexample)
            page.skip()
        if first.diagnosis in diagnosed:
            page.write(("Looks like: ", "bold"), "the same mistake as above.", indent=2)
        elif first.diagnosis:
            diagnosed.add(first.diagnosis)
            page.write(("Looks like: ", "bold"), _bounded(first.diagnosis), indent=2)
        # A failure that several tasks share, as a file that cannot be imported, is none of theirs.
        if {other.task for other in others} <= {first.task} and first.task in hints:
            page.write(("Hint: ", "bold"), hints.pop(first.task), indent=2)
    if more := sum(map(len, list(groups.values())[most:])):
        page.skip()
        fail = "1 other check fails" if more == 1 else f"{more} other checks fail"
        page.write(f"{fail}; `grade {exercise.id}` shows all. One thing at a time.")


def _named(checks: Sequence[CheckResult], shown: int = 3) -> str:
    """Name the first few by title and say how many more there are."""
    titles = "; ".join(_one_line(check.title).rstrip(".") for check in checks[:shown])
    return titles + (f"; and {len(checks) - shown} more" if len(checks) > shown else ".")


def _write_grader_error(page: Page, verdict: Verdict) -> None:
    """Say aloud that the grader failed, and where."""
    page.write(
        ("THE GRADER FAILED. THIS IS NOT YOUR FAULT.", "bold reverse red"),
        mark=Status.GRADER_ERROR,
    )
    page.write("Nothing was scored, and any earlier score of yours stays as it was.")
    broken = [check for check in verdict.checks if check.status is Status.GRADER_ERROR]
    for message in dict.fromkeys(check.message for check in broken):
        checks = [check for check in broken if check.message == message]
        page.write(f"In: {_named(checks)}", indent=2)
        page.write(_bounded(message or "No more is known."), indent=4)
    page.write("Please pass these lines on to whoever looks after your course.")


def _write_score(page: Page, verdict: Verdict) -> None:
    """Write the score, or why there is none."""
    statuses = {check.status for check in verdict.checks} - {Status.SKIPPED}
    if not statuses:
        page.write(("Nothing could be graded here.", "bold"))
    elif statuses == {Status.NOT_IMPLEMENTED}:
        page.write(("A fresh start: ", "bold"), f"{verdict.max_score} points to win.")
    else:
        left = sum(c.max_points for c in verdict.checks if c.status is Status.SKIPPED)
        page.write(
            (f"Score: {verdict.score}/{verdict.max_score}", "bold"),
            "  Everything is right. Well done!" if verdict.exit_code == 0 else "",
            f"  ({left} more could not be graded here)" if left else "",
        )


def _write_next(
    page: Page,
    verdict: Verdict,
    exercise: Exercise,
    tasks: Mapping[str, list[CheckResult]],
    *,
    live: bool,
) -> None:
    """Name the one thing to do next: the first task that is not solved."""
    done = {Status.PASSED, Status.SKIPPED}
    for task, checks in tasks.items():
        statuses = {check.status for check in checks}
        if statuses <= done:
            continue
        verb = "write" if statuses == {Status.NOT_IMPLEMENTED} else "fix"
        what = "" if len(tasks) > 1 and _alike(verdict.checks) else f"`{task}` in "
        name = _one_line(verdict.submission)
        path = "" if name == exercise.file else f" {shlex.quote(name)}"
        then = "then save it." if live else f"then run `grade {exercise.id}{path}` again."
        page.write(("Next: ", "bold"), f"{verb} {what}{name}, {then}")
        return


class Page:
    """Writes plain text on a console: safe, wrapped, without trailing blanks."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.width = min(console.width, WIDEST)
        self.encoding = console.encoding

    def skip(self) -> None:
        self.console.print()

    def write(
        self,
        *parts: str | tuple[str, str],
        mark: Status | tuple[str, str] | None = None,
        indent: int = 0,
        right: str = "",
    ) -> None:
        """Write a paragraph of (styled) parts under a mark, with `right` ending its first line."""
        lead = Text(" " * indent)
        if mark:
            symbol, style = MARKS[mark] if isinstance(mark, Status) else mark
            lead.append(_spelt(symbol, self.encoding), style).append(" ")
        paragraph = Text()
        for part in parts:
            text, style = (part, "") if isinstance(part, str) else part
            paragraph.append(_spelt(_harmless(text), self.encoding), style)
        # Later lines are always indented: no wrapped text of a learner's poses as a line of ours.
        hanging = Text(" " * max(lead.cell_len, 2))
        room = max(self.width - hanging.cell_len - (len(right) + 2 if right else 0), 16)
        for line in paragraph.wrap(self.console, room):
            line.rstrip()
            if right:
                line.pad_right(self.width - lead.cell_len - line.cell_len - len(right))
                line.append(right)
            self._print(lead + line)
            lead, right = hanging, ""

    def code(self, snippet: str) -> None:
        """Write a snippet, never wrapped, so that it can be copied."""
        for line in _bounded(snippet, SNIPPET_LINES, mark="# ").split("\n"):
            self.line(f"    {line}")

    def line(self, text: str, style: str = "") -> None:
        """Write a line of source as it is, however long."""
        # Python reads these escapes inside a string as the characters themselves.
        safe = _harmless(text).encode(self.encoding, "backslashreplace").decode(self.encoding)
        self._print(Text(safe, style))

    def _print(self, line: Text) -> None:
        line.rstrip()
        self.console.print(line, soft_wrap=True)


def _one_line(text: str) -> str:
    """Put the text on one line of bounded length."""
    return _bounded(" ".join(text.split()))


def _bounded(text: str, lines: int = MESSAGE_LINES, mark: str = "") -> str:
    """Keep the first lines and their first characters, and say how much is left out."""
    kept = text.strip("\n").split("\n")
    more = [f"{mark}… {len(kept) - lines} more lines"] if len(kept) > lines else []
    cut = [line if len(line) <= LINE_CHARACTERS else line[:LINE_CHARACTERS] + " …" for line in kept]
    return "\n".join(cut[:lines] + more)


def _harmless(text: str) -> str:
    r"""Spell out everything in the text that steers a terminal or that nobody sees.

    >>> _harmless("\x1b[2Jleft\u202eright")
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


def _spelt(text: str, encoding: str) -> str:
    r"""Spell the text in characters that the encoding has.

    >>> _spelt("√(v̂₁) ≤ β², 雪", "ascii")
    'sqrt(v^1) <= beta^2, \\u96ea'
    """
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        if len(text) > 1:
            return "".join(_spelt(character, encoding) for character in text)
        power = "^" if unicodedata.decomposition(text).startswith("<super>") else ""
        spelt = power + unicodedata.normalize("NFKD", text.translate(SPELLINGS))
        spelt = spelt.translate(SPELLINGS)
        return spelt.encode(encoding, "backslashreplace").decode(encoding)
    return text
