"""What GitHub Actions shows of one verdict: a job summary in Markdown, and annotations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from grader.course import printable
from grader.exports.shown import explanation
from grader.verdict import Status

if TYPE_CHECKING:
    from grader.verdict import CheckResult, Verdict

__all__ = ["failures", "summary"]

MARKS: Final = {
    Status.PASSED: "✅",
    Status.NOT_IMPLEMENTED: "⚪",
    Status.SKIPPED: "➖",
    Status.GRADER_ERROR: "❗",
}
MOST_ANNOTATIONS: Final = 10  # GitHub shows no more of one step
_MARKDOWN: Final = re.compile(r"([\\`*_\[\]<>#|~&@$^])")


def summary(verdict: Verdict) -> str:
    """Return a page in Markdown: the score, a table of the checks, and what went wrong."""
    score = f"{verdict.score} of {verdict.max_score} points"
    headline = "the grader failed, nothing was scored" if verdict.broken else score
    lines = [f"## {_inline(verdict.exercise)}: {headline}", ""]
    lines += ["| | check | task | points |", "| --- | --- | --- | ---: |"]
    for check in verdict.checks:
        mark, title = MARKS.get(check.status, "❌"), _inline(check.title)
        points = "–" if check.status is Status.SKIPPED else f"{check.points}/{check.max_points}"
        hidden = " (hidden)" if check.hidden else ""
        lines.append(f"| {mark} | {title}{hidden} | {_inline(check.task)} | {points} |")
    for check in verdict.checks:
        if said := explanation(check):
            lines += ["", f"### {_inline(check.task)}: {_inline(check.title)}", "", *_fenced(said)]
    return "\n".join(lines) + "\n"


def failures(verdict: Verdict) -> str:
    """Return a workflow command a failed check, as many as GitHub shows.

    A command ends with its line, and a submission's words never start one.
    """
    wrong = [c for c in verdict.checks if c.status not in (Status.PASSED, Status.SKIPPED)]
    return "".join(_annotation(verdict, check) for check in wrong[:MOST_ANNOTATIONS])


def _annotation(verdict: Verdict, check: CheckResult) -> str:
    file, title = (_property(text) for text in (verdict.submission, f"{check.task}: {check.title}"))
    said = explanation(check).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::error file={file},title={title}::{said}\n"


def _property(text: str) -> str:
    safe = printable(text).replace("%", "%25")
    return safe.replace(":", "%3A").replace(",", "%2C")


def _inline(text: str) -> str:
    """Put text on one line in which no character is markup."""
    return _MARKDOWN.sub(r"\\\1", printable(" ".join(text.split())))


def _fenced(text: str) -> list[str]:
    """Fence a text with more backticks than it has in a row."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(longest + 1, 3)
    return [f"{fence}text", text, fence]
