"""What a learner may read of a check wherever a course publishes it.

Of a hidden check that is its name, its status and its points: a message quotes inputs, and a
diagnosis tells a mistake from which they follow. A format's own way of hiding is not used: it
holds until somebody publishes the grades, and on Gradescope it takes the total from students too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grader.errors import BrokenGrader
from grader.verdict import Status

if TYPE_CHECKING:
    from grader.verdict import CheckResult, Verdict

__all__ = ["explanation", "scored"]

WORDS: Final = {
    Status.CRASHED: "The process of your code ended.",
    Status.NOT_IMPLEMENTED: "Not written yet.",
    Status.SKIPPED: "Could not be graded here, and does not count.",
    Status.TIMEOUT: "Out of time.",
}


def explanation(check: CheckResult) -> str:
    """Return what to say of a check, in plain text of one or more lines; empty where it passed."""
    if check.status is Status.PASSED:
        return ""
    if check.hidden:
        parts = [WORDS.get(check.status), "This check's inputs are not shown."]
    else:
        parts = [
            check.message or WORDS.get(check.status),
            check.counterexample
            and f"To see it yourself, beside your file:\n{check.counterexample}",
            check.diagnosis and f"Looks like: {check.diagnosis}",
        ]
    return _visible("\n\n".join(part for part in parts if part))


def scored(verdict: Verdict) -> Verdict:
    """Return the verdict; raises BrokenGrader where the grader failed, so that nothing scores."""
    if verdict.broken:
        messages = [c.message or c.title for c in verdict.checks if c.status is Status.GRADER_ERROR]
        message = f"the grader failed in {verdict.exercise}, which is nobody's zero: {messages[0]}"
        raise BrokenGrader(_visible(message))
    return verdict


def _visible(text: str) -> str:
    r"""Spell out what steers terminals, pages and XML parsers; line ends stay.

    >>> _visible("a\x1b[2J\nb")
    'a\\x1b[2J\nb'
    """
    return "".join(
        c if c.isprintable() or c in "\n\u00a0" else c.encode("unicode_escape").decode()
        for c in text.replace("\r\n", "\n").expandtabs(4)
    )
