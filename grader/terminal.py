"""The report that a learner reads in a terminal: what is right, what is not, what to do next.

A verdict's texts may come from hostile code: every one is shown as plain text, in bounded length,
its control and bidirectional characters spelt out, and spelt in what the stream can encode.
"""

from __future__ import annotations

import contextlib
import time
import unicodedata
from typing import TYPE_CHECKING, Final

from rich.text import Text

from grader.pictures import Curve
from grader.report import (
    SYMBOLS,
    WORDS,
    alike,
    bounded,
    breakages,
    by_task,
    harmless,
    next_step,
    one_line,
    outcome,
    said,
    snippet_lines,
    troubles,
)
from grader.sparklines import sparklines
from grader.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rich.console import Console
    from rich.status import Status as Line

    from grader.course import Exercise
    from grader.verdict import CheckResult, Verdict

__all__ = ["Page", "render", "waiting", "write_check"]

WIDEST = 88
PATIENCE: Final = 3.0  # seconds of silence

STYLES = {
    Status.GRADER_ERROR: "bold red",
    Status.CRASHED: "red",
    Status.TIMEOUT: "red",
    Status.FAILED: "red",
    Status.NOT_IMPLEMENTED: "yellow",
    Status.PASSED: "green",
    Status.SKIPPED: "yellow",
}

# What stands for a character that the stream cannot encode; U+0302 is the hat of m̂.
SPELLINGS = str.maketrans(
    dict(zip("▁▂▃▄▅▆▇█", "_.-~=+*#", strict=True))
    | {"✓": "+", "✗": "x", "○": "o", "×": "x", "·": "-", "–": "-", "—": "-", "−": "-", "⁄": "/"}
    | {"‘": "'", "’": "'", "′": "'", "“": '"', "”": '"', "⟨": "<", "⟩": ">", "‖": "||"}
    | {"≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "√": "sqrt", "∞": "inf", "\u0302": "^"}
    | {c: unicodedata.name(c).split()[-1].lower() for c in "αβγδεζηθικλμνξοπρστυφχψωΔΣΩ"}
)


@contextlib.contextmanager
def waiting(console: Console) -> Iterator[Callable[[CheckResult], None]]:
    """Give what is to hear each result; on a terminal, it says how far a long grading has come."""
    started, results = time.monotonic(), 0
    line: Line | None = None

    def heard(result: CheckResult) -> None:
        nonlocal line, results
        results += 1
        so_far = f"{results} checks so far, the last one {WORDS.get(result.status, result.status)}"
        if line is not None:
            line.update(so_far)
        elif console.is_terminal and time.monotonic() - started > PATIENCE:
            line = console.status(so_far, spinner="line")
            line.start()

    try:
        yield heard
    finally:
        if line is not None:
            line.stop()


def render(
    verdict: Verdict, exercise: Exercise, console: Console, *, again: str = "", live: bool = False
) -> None:
    """Print the report of `verdict`; `exercise` gives the order of the tasks and their hints.

    `again` says what leads to another verdict, by default the command. A `live` report follows the
    checks' own lines, which `write_check` wrote, and tells only of the first failure.
    """
    page = Page(console)
    tasks = by_task(verdict, exercise)
    if not live:
        page.write(
            (f"{exercise.id} · {exercise.title}", "bold"),
            (f"   {one_line(verdict.submission)} · sandbox: {verdict.sandbox}", "dim"),
        )
        page.skip()
        for task, checks in tasks.items():
            _write_task(page, task, checks, scored=not verdict.broken)
    _write_failures(page, tasks, exercise, most=1 if live else len(verdict.checks))
    page.skip()
    if verdict.broken:
        _write_grader_error(page, verdict)
    else:
        score, remark = outcome(verdict)
        page.write((score, "bold"), f"  {remark}" if remark else "")
        if step := next_step(verdict, exercise, tasks, again):
            page.write(("Next: ", "bold"), step)


def _write_task(page: Page, task: str, checks: list[CheckResult], *, scored: bool) -> None:
    """Write a line for the task and one a check, or the first alone where all say the same."""
    statuses = {check.status for check in checks}
    worst = next(status for status in SYMBOLS if status in statuses)
    graded = [check for check in checks if check.status is not Status.SKIPPED]
    total = f"{sum(c.points for c in graded)}/{sum(c.max_points for c in graded)}"
    right = total if scored and graded else ""
    if len(statuses) == 1 and worst in (Status.NOT_IMPLEMENTED, Status.SKIPPED):
        page.write((task, "bold"), f"  {said(*checks)}", mark=worst, right=right)
        return
    if len(checks) > 1 and alike(checks):
        same = f"  all {len(checks)} checks end in the same way, see below"
        page.write((task, "bold"), same, mark=worst, right=right)
        return
    page.write((task, "bold"), mark=worst, right=right)
    for check in checks:
        write_check(page, check, scored=scored and check in graded)


def write_check(page: Page, check: CheckResult, *, scored: bool = True) -> None:
    """Write a check's line."""
    page.write(
        one_line(check.title),
        (" (hidden)" if check.hidden else "", "dim"),
        f" ({said(check)})" if check.status in WORDS else "",
        mark=check.status,
        indent=2,
        right=f"{check.points}/{check.max_points}" if scored else "",
    )


def _write_failures(
    page: Page, tasks: Mapping[str, list[CheckResult]], exercise: Exercise, most: int
) -> None:
    """Write what went wrong, once for all the checks that say the same, and `most` such things."""
    found = troubles(tasks, exercise)
    for trouble in found[:most]:
        first = trouble.first
        word = f" ({WORDS[first.status]})" if first.status in WORDS else ""
        page.skip()
        page.write((trouble.title, "bold"), word, mark=first.status)
        page.write(bounded(first.message or "This check's inputs are not shown."), indent=2)
        if trouble.also:
            page.write((f"also: {trouble.also}", "dim"), indent=2)
        curves = [picture for picture in first.pictures if isinstance(picture, Curve)]
        for curve in curves[-1:]:
            # The last run is the one that the check failed at.
            got, expected = sparklines(curve)
            page.write(
                f"{one_line(curve.name)}, from its first {one_line(curve.along)} to its last:",
                indent=2,
            )
            page.write(f"yours  {got}", indent=4)
            page.write(f"ours   {expected}", indent=4)
        if first.counterexample:
            page.skip()
            page.write("To see it yourself, beside your file:", indent=2)
            page.code(first.counterexample)
            page.skip()
        if trouble.repeated:
            page.write(("Looks like: ", "bold"), "the same mistake as above.", indent=2)
        elif first.diagnosis:
            page.write(("Looks like: ", "bold"), bounded(first.diagnosis), indent=2)
        if trouble.hint:
            page.write(("Hint: ", "bold"), trouble.hint, indent=2)
    if more := sum(len(trouble.checks) for trouble in found[most:]):
        page.skip()
        fail = "1 other check fails" if more == 1 else f"{more} other checks fail"
        page.write(f"{fail}; `grade {exercise.id}` shows all. One thing at a time.")


def _write_grader_error(page: Page, verdict: Verdict) -> None:
    """Say aloud that the grader failed, and where."""
    page.write(
        ("THE GRADER FAILED. THIS IS NOT YOUR FAULT.", "bold reverse red"),
        mark=Status.GRADER_ERROR,
    )
    page.write("Nothing was scored, and any earlier score of yours stays as it was.")
    for where, message in breakages(verdict):
        page.write(f"In: {where}", indent=2)
        page.write(bounded(message), indent=4)
    page.write("Please pass these lines on to whoever looks after your course.")


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
            symbol, style = (SYMBOLS[mark], STYLES[mark]) if isinstance(mark, Status) else mark
            lead.append(_spelt(symbol, self.encoding), style).append(" ")
        paragraph = Text()
        for part in parts:
            text, style = (part, "") if isinstance(part, str) else part
            paragraph.append(_spelt(harmless(text), self.encoding), style)
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
        for line in snippet_lines(snippet).split("\n"):
            self.line(f"    {line}")

    def line(self, text: str, style: str = "") -> None:
        """Write a line of source as it is, however long."""
        # Python reads these escapes inside a string as the characters themselves.
        safe = harmless(text).encode(self.encoding, "backslashreplace").decode(self.encoding)
        self._print(Text(safe, style))

    def _print(self, line: Text) -> None:
        line.rstrip()
        self.console.print(line, soft_wrap=True)


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
