"""Two runs part at a step and a parameter, and a final number reaches its threshold or not."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import numpy as np
import pytest

from grader.checking.training import assert_reaches, assert_same_run
from grader.errors import BrokenGrader, Mismatch
from grader.pictures import Curve, Picture, recording


def refusal(call: Any, *args: Any, **kwargs: Any) -> str:
    """Return what the learner reads."""
    with pytest.raises(Mismatch) as caught:
        call(*args, **kwargs)
    return str(caught.value)


def descent(steps: int, lr: float = 0.1) -> list[list[np.ndarray[Any, Any]]]:
    """Return the iterates of gradient descent on |w|²/2 + |b|²/2."""
    w, b = np.array([[1.0, -2.0]]), np.array([3.0, 0.5])
    run = []
    for _ in range(steps):
        w, b = w - lr * w, b - lr * b
        run.append([w, b])
    return run


def test_a_run_may_come_in_any_style() -> None:
    """Lists, tuples and arrays of losses, of arrays, of lists and of pairs are the same."""
    losses = [0.7, 0.5, 0.4]
    for style in (losses, tuple(losses), np.array(losses), [np.array(loss) for loss in losses]):
        assert_same_run(style, losses)
        assert_same_run(style, np.array(losses))
    run = descent(5)
    assert_same_run(tuple((w.tolist(), list(b)) for w, b in run), run)
    assert_same_run([[tuple(step)] for step in run], [[(w, b)] for w, b in run])
    assert_same_run(np.array([b for _, b in run]), [b for _, b in run])


def test_rounding_that_grows_over_the_steps_is_no_mistake() -> None:
    """A relative difference of 1e-8 passes, one of 1e-6 does not, and `rtol` moves the line."""
    run = descent(20)
    near = [[w * (1 + 1e-8), b] for w, b in run]
    assert_same_run(near, run)
    far = [[w * (1 + 1e-6), b] for w, b in run]
    refusal(assert_same_run, far, run)
    assert_same_run(far, run, rtol=1e-5)


def test_the_first_step_and_parameter_that_part_are_named() -> None:
    """The learner reads which step, which parameter and both values."""
    run = descent(4)
    wrong = [[w.copy(), b.copy()] for w, b in run]
    wrong[2][1][0] = 9.0
    wrong[3][0][:] = 0.0
    assert refusal(assert_same_run, wrong, run, name="path") == (
        "path, step 3 of 4, parameters[1]: 1 of 2 entries is wrong, off by 6.81\n"
        "  expected  [ 2.187, 0.3645]\n"
        "  got       [     9, 0.3645]\n"
        "  at [0]: expected 2.187, got 9\n"
        "  Steps 1 to 2 are right."
    )


def test_a_run_that_parts_at_once_claims_no_right_step() -> None:
    """Nothing is said of earlier steps where there are none."""
    text = refusal(assert_same_run, [2.0, 1.0], [1.0, 0.5], name="losses")
    assert text.startswith("losses, step 1 of 2: wrong value, off by 1\n")
    assert "right" not in text


def test_a_diverged_run_is_named() -> None:
    """A NaN in the learner's run is where it parts."""
    text = refusal(assert_same_run, [0.7, np.nan, np.nan], [0.7, 0.6, 0.5])
    assert text.startswith("run, step 2 of 3: wrong value\n")
    assert text.endswith("got       nan\n  Step 1 is right.")


@pytest.mark.parametrize("got", [[0.7], [], [0.7, 0.6, 0.5]])
def test_a_run_of_another_length_is_refused(got: list[float]) -> None:
    """Too few or too many steps are said, once the shared ones agree."""
    assert refusal(assert_same_run, got, [0.7, 0.6], name="losses").startswith(
        f"losses: expected 2 steps, got {len(got)}"
    )


@pytest.mark.parametrize("got", [None, 0.5, "0.5", np.array(0.5), np.ma.array([0.5]), {0: 0.5}])
def test_what_is_no_run_is_refused(got: object) -> None:
    """Only a list, tuple or array has steps."""
    assert refusal(assert_same_run, got, [0.5]).startswith("run: expected one entry a step, got ")


def test_a_step_of_another_structure_is_refused() -> None:
    """A step that lacks a parameter, or is none at all, is a mismatch and not a crash."""
    run = descent(2)
    assert "step 2 of 2, parameters: expected a tuple or list of 2 items, got a list of 1" in (
        refusal(assert_same_run, [run[0], run[1][:1]], run)
    )
    assert "step 1 of 2, parameters: expected" in refusal(assert_same_run, [None, None], run)


@pytest.mark.parametrize("value", [0.9, 1, np.float64(0.95), np.array(0.9)])
def test_a_number_at_or_above_the_threshold_reaches_it(value: object) -> None:
    """The threshold itself is enough, in any style of number."""
    assert_reaches(value, 0.9, false_alarm=1e-3)


def test_a_number_below_the_threshold_is_told_the_false_alarm_rate() -> None:
    """The learner reads how unlikely bad luck is."""
    assert refusal(assert_reaches, 0.8999, 0.9, false_alarm=1e-3, name="test accuracy") == (
        "test accuracy: expected at least 0.9, got 0.8999\n"
        "  A right answer falls short in at most 1 of 1000 runs."
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, None, "1", [0.95], np.ones(1)])
def test_what_is_no_finite_number_reaches_nothing(value: object) -> None:
    """NaN and inf pass no gate."""
    refusal(assert_reaches, value, 0.9, false_alarm=1e-3)


@pytest.mark.parametrize("rate", [0.0, 0.2, 1.0, np.nan])
def test_a_threshold_without_an_honest_rate_is_the_graders_fault(rate: float) -> None:
    """A gate that right answers miss often, or whose rate nobody knows, is no gate."""
    with pytest.raises(BrokenGrader, match="false-alarm rate"):
        assert_reaches(1.0, 0.9, false_alarm=rate)


def watched(call: Any, *args: Any, **kwargs: Any) -> list[Curve]:
    """Return the curves that a check records, whatever it ends in."""
    curves: list[Picture] = []
    with recording(curves), contextlib.suppress(Mismatch):
        call(*args, **kwargs)
    return [curve for curve in curves if isinstance(curve, Curve)]


def test_runs_of_numbers_are_recorded() -> None:
    """Whether they are right or not, in any style, with six digits."""
    got = [0.7, np.float64(1 / 3), np.array(0.25)]
    expected = Curve("losses", (0.7, 0.333333, 0.25), (0.7, 0.5, 0.25))
    assert watched(assert_same_run, got, np.array([0.7, 0.5, 0.25]), name="losses") == [expected]
    again = watched(assert_reaches, 0.1, 0.9, false_alarm=0.01, losses=(got, [0.7, 0.5, 0.25]))
    assert again == [Curve("loss", expected.got, expected.expected)]


def test_runs_of_arrays_are_not_recorded() -> None:
    """There is no curve to draw."""
    run = descent(3)
    assert watched(assert_same_run, run, run) == []
    assert watched(assert_same_run, np.ones((3, 2)), np.ones((3, 2))) == []
    assert watched(assert_reaches, 1.0, 0.9, false_alarm=0.01) == []


def test_what_is_not_finite_is_a_gap() -> None:
    """So is an int beyond every float, and what is no number at all."""
    got = [math.nan, math.inf, 10**400, None, "0.5", [0.5], 1 + 0j, True]
    (curve,) = watched(assert_same_run, got, [0.5] * 8)
    assert curve.got == (None,) * 7 + (1.0,)


def test_a_long_run_is_thinned() -> None:
    """To at most 500 points, both runs at the same steps; what is too long is cut."""
    (curve,) = watched(assert_same_run, np.arange(9000.0), np.arange(1001.0))
    assert curve.every == 3
    assert len(curve.got) == len(curve.expected) == 334
    assert curve.got == curve.expected == tuple(float(n) for n in range(0, 1001, 3))


def test_the_same_curve_is_recorded_once() -> None:
    """As where a check tries several batch sizes."""

    def twice() -> None:
        assert_same_run([0.5], [0.5])
        assert_same_run([0.5], [0.5])

    assert len(watched(twice)) == 1


def test_nothing_is_recorded_where_nobody_asks() -> None:
    """Outside of a check, and after it."""
    curves = watched(assert_same_run, [0.5], [0.5])
    assert_same_run([0.25], [0.25])
    assert len(curves) == 1
