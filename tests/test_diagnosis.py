"""Diagnosis tries a listed mistake only where the failing calls can reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.course import Limits, Mistake
from grader.diagnosis import Bench
from grader.session import Session
from grader.student import Student

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.course import Exercise
    from grader.submission import Submission

SOLUTION = """
import functools

FACTOR = 2

def halve(x):
    return x / 2

def scale(x, factor):
    return factor * x

double = functools.partial(scale, factor=FACTOR)

def quarter(x):
    return halve(halve(x))

class Counter:
    def __init__(self):
        self.n = 0

    def add(self):
        self.n += 1
        return halve(2 * self.n)

def make():
    return Counter()
"""
EDITS = {
    "halve": ("x / 2", "x / 3"),
    "scale": ("factor * x", "factor + x"),
    "module": ("FACTOR = 2", "FACTOR = 3"),
    "quarter": ("halve(halve(x))", "halve(x)"),
    "counter": ("self.n += 1", "self.n += 2"),
    "make": ("return Counter()", "return Counter"),
}
MISTAKES = tuple(Mistake(name, *edit, f"You {name}.", "Look.") for name, edit in EDITS.items())


ALWAYS = {"module", "scale"}  # `scale` stands in a line between the functions


@pytest.mark.parametrize(
    ("calls", "tried"),
    [
        ("quarter(8.0)", {"halve", "quarter"}),
        ("halve(8.0)", {"halve"}),
        ("double(3.0)", set()),
        ("Counter().add()", {"halve", "counter"}),
        ("make().add()", {"halve", "counter", "make"}),
    ],
)
def test_only_mistakes_that_the_calls_reach_are_tried(
    submitted: Callable[[str], Submission],
    toy_course: Callable[..., Exercise],
    calls: str,
    tried: set[str],
) -> None:
    session = Session(submitted(SOLUTION), "toy", Limits())
    session.begin_check()
    eval(f"student.{calls}", {"student": Student(session)})  # noqa: S307 - our own text
    bench = Bench(toy_course(""), SOLUTION, MISTAKES)
    assert {mistake.name for mistake in bench.bearing_on(session.log)} == tried | ALWAYS
    session.close()
