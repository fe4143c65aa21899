"""Training runs: where two of them part, and whether one arrived."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.checking.comparing import as_array, assert_close, describe, fail, is_sequence
from grader.checking.showing import show_curve
from grader.errors import BrokenGrader, Mismatch

__all__ = ["assert_reaches", "assert_same_run"]


def assert_same_run(
    student_run: object, reference_run: Any, *, rtol: float = 1e-7, name: str = "run"
) -> None:
    """Raise Mismatch where the learner's run leaves the reference's, at the first such step.

    A run has one entry a step (or an epoch): a loss, an array, or a list of arrays or of pairs,
    as `assert_close` takes them; lists, tuples and arrays will do. Entries count from 1, so leave
    out the start that both runs share. `rtol` is wider than that of one call, because every step
    passes the rounding of the earlier ones on; it still is far below what a wrong rule does.
    Where an entry is a single number, the report draws both runs.

    >>> assert_same_run([0.7, 0.5], np.array([0.7, 0.5]))
    >>> assert_same_run([0.7, 0.5, 0.4], [0.7, 0.6, 0.5], name="losses")
    Traceback (most recent call last):
    grader.errors.Mismatch: losses, step 2 of 3: wrong value, off by 0.1
      expected  0.6
      got       0.5
      Step 1 is right.
    """
    run: Any = student_run
    if not is_sequence(run) and (type(run) is not np.ndarray or run.ndim == 0):
        fail(f"{name}: expected one entry a step, got {describe(run)}")
    show_curve(name, run, reference_run)
    steps = len(reference_run)
    for i, (got, expected) in enumerate(zip(run, reference_run, strict=False)):
        where = f"{name}, step {i + 1} of {steps}"
        if is_sequence(expected):
            where += ", parameters"
        try:
            assert_close(got, expected, rtol=rtol, name=where)
        except Mismatch as parted:
            right = {0: "", 1: "\n  Step 1 is right."}.get(i, f"\n  Steps 1 to {i} are right.")
            fail(f"{parted}{right}")
    if len(run) != steps:
        fail(f"{name}: expected {steps} steps, got {len(run)}; those in both are right")


def assert_reaches(
    value: object,
    threshold: float,
    *,
    false_alarm: float,
    name: str = "accuracy",
    losses: tuple[object, object] = ((), ()),
) -> None:
    """Raise Mismatch unless the number that a run ended with is at least `threshold`.

    `false_alarm` is the fraction of right answers that miss the threshold, estimated from the
    spread of the reference over many seeds. It is written beside the threshold because a
    threshold without it says nothing; a rate above 5 % is no gate and raises BrokenGrader.
    `losses` are those on the way, the learner's and a reference's: a report draws them.

    >>> assert_reaches(0.94, 0.9, false_alarm=1e-4)
    >>> assert_reaches(0.5, 0.9, false_alarm=1e-4)
    Traceback (most recent call last):
    grader.errors.Mismatch: accuracy: expected at least 0.9, got 0.5
      A right answer falls short in at most 1 of 10000 runs.
    """
    if not 0 < false_alarm <= 0.05:
        message = f"{name}: a false-alarm rate of {false_alarm:g} is not in (0, 0.05]"
        raise BrokenGrader(message)
    show_curve("loss", *losses)
    reached = as_array(value, (), name)
    if reached < threshold:
        fail(
            f"{name}: expected at least {threshold:g}, got {reached:.6g}\n"
            f"  A right answer falls short in at most 1 of {int(1 / false_alarm)} runs."
        )
