"""Drawn inputs keep their promises, and `given` runs a check on the same ones every time."""

from __future__ import annotations

import inspect
import itertools
import subprocess
import sys
import time
from pathlib import Path  # noqa: TC003 - Hypothesis reads signatures
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import find
from hypothesis import strategies as st

from grader.checking.strategies import (
    Network,
    arrays,
    batches,
    generators,
    given,
    labels,
    networks,
)
from grader.errors import Mismatch, NotImplementedYet


class Student:
    """Counts the examples that it is told of."""

    def __init__(self) -> None:
        self.examples = 0

    def begin_example(self, inputs: dict[str, object]) -> None:
        """Note that an example begins, and with what."""
        assert inputs
        self.examples += 1


@pytest.fixture
def student() -> Student:
    return Student()


@pytest.fixture
def answer() -> int:
    return 42


@given(z=arrays((3,)), examples=20)
def test_fixtures_pass_through_beside_drawn_arguments(
    student: Student, answer: int, z: Any
) -> None:
    assert (answer, z.shape) == (42, (3,))
    assert student.examples >= 1


@given(z=arrays((2,)))
@pytest.mark.parametrize("n", [1, 2])
def test_parametrize_goes_with_it(z: Any, n: int) -> None:
    assert z.size == 2 >= n


def drawn(seed: int | None = None, examples: int = 30) -> list[Any]:
    """Return the inputs that a check sees."""
    seen = []

    @given(z=arrays((2,)), examples=examples)
    def test_anything(z: Any) -> None:
        seen.append(z.tolist())

    (test_anything if seed is None else hypothesis.seed(seed)(test_anything))()
    return seen


def test_inputs_are_the_same_in_every_run() -> None:
    assert drawn() == drawn()
    assert len(drawn(examples=7)) == 7


def test_inputs_follow_a_seed() -> None:
    """As the plugin gives one: after decoration, from the run's seed."""
    assert drawn(seed=1) == drawn(seed=1)
    assert drawn(seed=1) != drawn(seed=2)
    assert drawn(seed=1) != drawn()


def test_student_hears_where_each_example_begins(student: Student) -> None:
    counts = []

    @given(n=st.integers(), examples=5)
    def test_counting(student: Student, n: int) -> None:  # noqa: ARG001 drawn, not needed
        counts.append(student.examples)

    test_counting(student)
    test_counting(student=student)
    assert counts == list(range(1, 11))


def test_pytest_sees_fixtures_and_not_drawn_arguments() -> None:
    @given(z=arrays((2,)))
    def test_something(student: Any, rng: Any, z: Any) -> None:
        """A title."""

    assert list(inspect.signature(test_something).parameters) == ["student", "rng"]
    assert test_something.__name__ == "test_something"
    assert test_something.__doc__ == "A title."


def test_failure_arrives_shrunk_and_as_itself() -> None:
    seen = []

    @given(z=arrays((2, 2)))
    def test_no_entry_above_a_half(z: Any) -> None:
        seen.append(z)
        if (z > 0.5).any():
            raise Mismatch("too large")

    with pytest.raises(Mismatch, match="too large"):
        test_no_entry_above_a_half()
    assert sorted(seen[-1].ravel()) == [0, 0, 0, 1]


def test_two_kinds_of_failure_arrive_as_one() -> None:
    @given(n=st.integers(0, 100))
    def test_two_bugs(n: int) -> None:
        if n > 50:
            raise Mismatch("large")
        if n > 10:
            raise ValueError("middling")

    with pytest.raises((Mismatch, ValueError)):
        test_two_bugs()


def test_end_of_a_check_is_not_shrunk() -> None:
    calls = 0

    @given(n=st.integers())
    def test_stub(n: int) -> None:  # noqa: ARG001 drawn, not needed
        nonlocal calls
        calls += 1
        raise NotImplementedYet("f")

    with pytest.raises(NotImplementedYet):
        test_stub()
    assert calls == 1


def test_slow_example_is_no_failure() -> None:
    @given(n=st.integers(), examples=1)
    def test_slow(n: int) -> None:  # noqa: ARG001 drawn, not needed
        time.sleep(0.3)

    test_slow()


@given(z=arrays((4, 3), low=-1000.0, high=1000.0), small=arrays((5,), low=0.1, high=0.3))
def test_arrays_are_float64_finite_and_within_bounds(z: Any, small: Any) -> None:
    assert (z.dtype, z.shape, small.shape) == (np.float64, (4, 3), (5,))
    assert np.isfinite(z).all()
    assert np.abs(z).max() <= 1000
    assert ((small >= 0.1) & (small <= 0.3)).all()


@given(z=arrays((6,)), examples=200)
def test_entries_are_zero_or_well_away_from_it(z: Any) -> None:
    assert (np.abs(z[z != 0]) > 5e-4).all()
    assert not np.signbit(z[z == 0]).any()


def test_entries_of_large_arrays_differ() -> None:
    distinct = []

    @given(z=arrays((100,)), examples=10)
    def test_anything(z: Any) -> None:
        distinct.append(len(set(z)))

    test_anything()
    assert max(distinct) > 50


def test_arrays_shrink_to_zeros_ones_and_halves() -> None:
    assert find(arrays((2, 2)), lambda _: True).tolist() == [[0, 0], [0, 0]]
    assert find(arrays((1,)), lambda z: z[0] < 0).tolist() == [-1]
    assert find(arrays((1,)), lambda z: 0 < z[0] < 1).tolist() == [0.5]
    shapes = st.tuples(st.integers(1, 3), st.integers(2, 4))
    assert find(arrays(shapes), lambda z: z.shape[1] > 3).shape == (1, 4)


@given(x=batches(rows=(2, 3), columns=(1, 2)), examples=50)
def test_batches_have_the_given_sizes(x: Any) -> None:
    assert x.shape[0] in (2, 3)
    assert x.shape[1] in (1, 2)


@given(y=labels(6, 3))
def test_labels_are_integers_below_k(y: Any) -> None:
    assert (y.dtype, y.shape) == (np.int64, (6,))
    assert set(y) <= {0, 1, 2}


def test_generators_shrink_to_seed_zero() -> None:
    first = find(generators(), lambda _: True)
    assert first.random() == np.random.default_rng(0).random()


@given(network=networks(depth=(1, 3), width=(1, 4), batch=(2, 5)), examples=100)
def test_networks_fit_together(network: Network) -> None:
    assert len(network.params) == len(network.sizes) - 1 <= 3
    pairs = itertools.pairwise(network.sizes)
    for (w, b), (d_in, d_out) in zip(network.params, pairs, strict=True):
        assert (w.shape, b.shape) == ((d_in, d_out), (d_out,))
    assert 2 <= len(network.x) == len(network.labels) <= 5
    assert network.x.shape[1] == network.sizes[0]
    assert 2 <= network.sizes[-1] <= 4
    assert network.labels.max() < network.sizes[-1]


@given(network=networks(), examples=100)
def test_networks_keep_off_their_kinks(network: Network) -> None:
    a = network.x
    for w, b in network.params[:-1]:
        z = a @ w + b
        assert np.abs(z).min() > 1e-6
        a = np.maximum(z, 0)


def test_networks_shrink_to_the_smallest() -> None:
    smallest = find(networks(), lambda _: True)
    assert (smallest.sizes, smallest.x.shape, smallest.labels.tolist()) == ((1, 2), (1, 1), [0])
    deep = find(networks(depth=(1, 3)), lambda network: len(network.params) > 2)
    assert deep.sizes == (1, 1, 1, 2)


DRAWING = """
import sys
from grader.checking import arrays, given
sys.path.insert(0, "")
if sys.argv[1:]:
    import local
drawn = []
@given(z=arrays((5,)), examples=100)
def test_draws(z):
    drawn.append(z.tolist())
test_draws()
print(drawn)
"""


def test_inputs_do_not_depend_on_which_modules_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "local.py").write_text("".join(f"x{n} = {n / 97}\n" for n in range(1, 200)))
    drawn = [
        subprocess.run(  # noqa: S603 - our own text
            [sys.executable, "-c", DRAWING, *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for words in ((), ("local",))
    ]
    assert len(drawn[0]) > 1000
    assert drawn[0] == drawn[1]
    assert not (tmp_path / ".hypothesis").exists()
