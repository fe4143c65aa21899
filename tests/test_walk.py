"""A failing call step by step: what is shown of it, and what a hostile worker can make of that."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from rich.console import Console

from grader import cli
from grader.errors import ProtocolError
from grader.journey import render_walk
from grader.submission import read_submission
from grader.tracing import MAX_INPUTS, MAX_STEPS
from grader.walk import Walk, _trace, walk

if TYPE_CHECKING:
    from grader.course import Exercise

Walked = Callable[[str], Walk | None]
CHECKS = """
@check("double")
def test_spread(student):
    "The doubles of 1, 2, 3 spread around 4."
    assert_close(student.double(np.array([1.0, 2.0, 3.0])), [-2.0, 0.0, 2.0])

@check("Counter")
def test_count(student):
    "A counter counts."
    counter = student.Counter()
    counter.add()
    assert_close(counter.add(), 2)
    assert_close(counter.n, 2)
"""
SOLUTION = """
def double(x):
    twice = 2 * x
    mean = twice.mean()
    centred = twice - mean
    return centred

class Counter:
    def __init__(self):
        self.n = 0

    def add(self):
        self.n += 1
        return self.n
"""
WRONG = SOLUTION.replace("mean = twice.mean()", "mean = twice.max()")


@pytest.fixture
def toy(toy_course: Callable[..., Exercise]) -> Exercise:
    return toy_course(CHECKS, solution=SOLUTION)


@pytest.fixture
def walked(toy: Exercise) -> Walked:
    """Walk through `double` or whatever else fails first in this source."""

    def go(source: str, task: str = "double") -> Walk | None:
        toy.stub.write_text(textwrap.dedent(source))
        return walk(toy, read_submission(toy.stub, toy.file), task)

    return go


def drawn(found: Walk | None) -> str:
    assert found is not None
    out = io.StringIO()
    render_walk(found, Console(file=out, width=80))
    assert len(out.getvalue()) < 20_000
    assert "\x1b" not in out.getvalue()
    return out.getvalue()


def test_the_first_value_that_differs_is_marked_beside_ours(walked: Walked) -> None:
    page = drawn(walked(WRONG))
    assert "x = [1, 2, 3]" in page
    assert "✓ twice = [2, 4, 6]" in page
    assert "✗ mean = 4\n      yours: 6\n" in page
    assert "The first that differs; your line 4:\n        mean = twice.max()" in page
    assert page.count("The first that differs") == 1
    assert "Yours returns [-4, -2, 0]" in page
    assert "Ours returns [-2, 0, 2]" in page


def test_without_a_common_name_the_learners_lines_are_shown_and_our_result(walked: Walked) -> None:
    page = drawn(walked("def double(x):\n    a = 2 * x\n    b = a - a.max()\n    return b\n"))
    assert "a = [2, 4, 6]\n    b = [-4, -2, 0]" in page
    assert "Ours returns [-2, 0, 2]" in page
    assert "twice" not in page
    assert "mean" not in page


def test_values_that_look_alike_are_shown_to_their_last_digit(walked: Walked) -> None:
    page = drawn(walked(SOLUTION.replace("twice.mean()", "twice.mean() + 1e-6")))
    assert "mean = 4\n      yours: 4.0000010000000001" in page


def test_what_an_object_keeps_is_part_of_the_steps(walked: Walked) -> None:
    wrong = SOLUTION.replace("self.n += 1", "self.n = 1")
    found = walked(wrong, task="Counter")  # type: ignore[call-arg]
    page = drawn(found)
    assert "Counter.add" in page
    assert "self.n = 1" in page  # what the second call began with
    assert "Ours returns 2" in page


def test_steps_lead_up_to_an_exception(walked: Walked) -> None:
    page = drawn(walked(WRONG.replace("    centred", "    twice[7]\n    centred")))
    assert "✗ mean = 4" in page
    assert "Yours returns" not in page


def test_nothing_is_shown_where_nothing_is_to_be_said(walked: Walked, toy: Exercise) -> None:
    assert walked(SOLUTION) is None
    assert walked("def double(x):\n    raise NotImplementedError\n") is None
    assert walked("def double(x):\n    while True: pass\n") is None
    assert walked(WRONG.replace("Counter", "Other")) is not None
    assert toy.solution is not None
    toy.solution.unlink()
    assert walked(WRONG) is None


def test_it_is_shown_once_all_hints_are_used_and_not_before(
    toy: Exercise, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(toy.folder.parent.parent)
    toy.stub.write_text(WRONG)

    def run(*words: str) -> str:
        monkeypatch.setattr("sys.argv", ["grade", *words])
        with pytest.raises(SystemExit):
            cli.main()
        out, err = capsys.readouterr()
        assert err == ""
        return out

    shown = "step by step, where it goes another way"
    assert shown not in run("toy")
    assert shown not in run("hint")
    last = run("hint")
    assert "3 of 3" in last
    assert "`grade hint` again goes through what fails" in last
    assert shown not in last
    assert shown in run("hint")
    assert shown in run("toy")
    assert shown not in run("toy", "--json")
    toy.stub.write_bytes(b"\xff")
    assert "3 of 3" in run("hint")
    assert toy.solution is not None
    toy.solution.unlink()
    toy.stub.write_text(WRONG)
    assert shown not in run("toy")
    assert "That was the last.\n" in run("hint")


# What a hostile function can make of it

BODY = """
import sys

def double(x):
    {}
    mean = 6.0
    return 2 * x - mean
"""


@pytest.mark.parametrize(
    "line",
    [
        "sys.settrace(None)",
        "sys.settrace(lambda *a: None)",
        "sys.gettrace() and sys.settrace(lambda *a: exit())",
        "sys._getframe().f_trace = None",
        "sys.gettrace() and sys.gettrace().steps.clear()",
        "sys.setrecursionlimit(50)",
        "locals()['self'] = double",
        "if sys.gettrace(): sys.exit(0)",
        "if sys.gettrace(): raise KeyboardInterrupt",
    ],
)
def test_one_that_meddles_with_the_trace_only_loses_its_own_steps(
    walked: Walked, line: str
) -> None:
    assert "Ours returns [-2, 0, 2]" in drawn(walked(BODY.format(line)))


@pytest.mark.parametrize(
    "line",
    [
        "while sys.gettrace(): print('x' * 1000)",
        "while sys.gettrace(): pass",
        "import os; sys.gettrace() and os._exit(0)",
        "sys.gettrace() and sys.gettrace().steps.append((1, 'x', double))",
        "sys.gettrace() and sys.gettrace().steps.append((1, 'x\\x1b[2J', 1.0))",
        "sys.gettrace() and sys.gettrace().steps.append(10 ** 100)",
        "sys.gettrace() and setattr(sys.gettrace(), 'steps', 7)",
    ],
)
def test_one_that_hangs_dies_or_lies_when_traced_is_not_shown(walked: Walked, line: str) -> None:
    assert walked(BODY.format(line)) is None


def test_a_deep_recursion_ends_as_it_does_without_a_trace(walked: Walked) -> None:
    source = "def double(x, n=0):\n    deeper = n + 1\n    return double(x, deeper)\n"
    assert "deeper = 1" in drawn(walked(source))


def test_a_long_loop_is_shown_by_its_first_steps(walked: Walked) -> None:
    found = walked(
        "def double(x):\n    for i in range(100_000):\n        k = i * i\n    return x\n"
    )
    assert found is not None
    assert len(found.yours.steps) == MAX_INPUTS + MAX_STEPS
    drawn(found)


def test_large_values_and_many_names_are_left_out(walked: Walked) -> None:
    many = "\n".join(f"    v{i} = {i}.0" for i in range(1000))
    source = f"import numpy as np\ndef double(x):\n    big = np.ones(10**6)\n{many}\n    return x\n"
    page = drawn(walked(source))
    assert "big" not in page
    assert "v10 = 10" in page
    assert "v500" not in page


@pytest.mark.parametrize(
    "said",
    [
        None,
        {},
        {"steps": [], "value": 1},
        {"steps": (1,), "value": None},
        {"steps": ((1, "x"),), "value": None},
        {"steps": ((1, "x" * 61, 1.0),), "value": None},
        {"steps": ((1, "x y", 1.0),), "value": None},
        {"steps": ((-1, "x", 1.0),), "value": None},
        {"steps": ((1 << 900, "x", 1.0),), "value": None},
        {"steps": ((1, "x", 1 << 900),), "value": None},
        {"steps": ((1, "x", "text"),), "value": None},
        {"steps": ((1, "x", np.ones(1000)),), "value": None},
        {"steps": ((1, "x", [[[1.0]]]),), "value": None},
    ],
)
def test_what_is_no_trace_is_refused(said: object) -> None:
    with pytest.raises(ProtocolError):
        _trace(said)


def test_more_steps_than_there_can_be_are_cut_and_an_odd_result_is_dropped() -> None:
    found = _trace({"steps": ((1, "x", 1.0),) * 10_000, "value": "text"})
    assert len(found.steps) == MAX_INPUTS + MAX_STEPS
    assert found.value is None
