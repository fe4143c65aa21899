"""Random inputs for properties: Hypothesis strategies of arrays and networks, and `given`."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import hypothesis
import numpy as np
import numpy.typing as npt
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption
from hypothesis.extra import numpy as hnp
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

__all__ = ["Network", "arrays", "batches", "generators", "given", "labels", "networks"]

Array: TypeAlias = npt.NDArray[np.float64]
Check: TypeAlias = Callable[..., None]
Shape: TypeAlias = tuple[int, ...]

# Hypothesis would also try the numbers that stand in the source of whatever local modules are
# loaded: others in a clone than in an installation, and others after each exercise that is graded.
providers._get_local_constants = Constants  # noqa: SLF001 - there is no setting for it

# Neither is about the check. A fixture that outlives an example is the student, which is told where
# each example begins; and a busy machine must not turn a right answer into a failure.
NOT_ABOUT_THE_CHECK = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
# Explaining re-runs the check hundreds of times, for lines that no learner sees.
PHASES = [Phase.explicit, Phase.generate, Phase.shrink]


def given(*, examples: int = 15, **strategies: st.SearchStrategy[Any]) -> Callable[[Check], Check]:
    """Run a check on `examples` random inputs, one keyword a strategy, and shrink what fails.

    By default they are 15: of the wrong answers in this course's proofs that nothing but random
    inputs tells from right ones, all fail by the sixth.

    The inputs are the same in every run and on every machine: no database, no deadline, and a seed
    made from the check itself unless `hypothesis.seed(n)(check)` gives one. Other parameters are
    pytest's fixtures; a `student` or `gpu` among them hears `begin_example(inputs)` before each
    example.

    >>> @given(n=st.integers(0, 9), examples=5)
    ... def test_digits_have_squares_below_100(n):
    ...     assert n * n < 100
    >>> test_digits_have_squares_below_100()
    """

    def decorate(check: Check) -> Check:
        signature = inspect.signature(check)

        @functools.wraps(check)
        def example(*args: Any, **kwargs: Any) -> None:
            fixtures = signature.bind(*args, **kwargs).arguments
            student = fixtures.get("student", fixtures.get("gpu"))
            if student is None:
                check(*args, **kwargs)
                return
            student.begin_example({name: kwargs[name] for name in strategies})
            try:
                check(*args, **kwargs)
            except UnsatisfiedAssumption:
                raise
            except Exception as error:
                student.remember(error)
                raise

        steady = settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=NOT_ABOUT_THE_CHECK,
            phases=PHASES,
        )
        return steady(hypothesis.given(**strategies)(example))

    return decorate


def arrays(
    shape: Shape | st.SearchStrategy[Shape], low: float = -3.0, high: float = 3.0
) -> st.SearchStrategy[Array]:
    """Draw float64 arrays with entries in [low, high]; they shrink to zeros, ones and halves.

    Entries are multiples of about (high − low)/5000 (a power of two), or a bound: an entry is 0 or
    well away from it, seen from the steps of finite differences and from an ε of 1e-8, and reads
    well in a counterexample. No NaN, no −0.0.

    >>> from hypothesis import find
    >>> find(arrays((2,)), lambda z: z[1] > 0.2)
    array([0., 1.])
    """
    grid = 2.0 ** (np.floor(np.log2(high - low)) - 12)

    def snap(value: float) -> float:
        return float(min(max(np.rint(value / grid) * grid, low), high)) + 0.0

    entries = st.floats(low, high, allow_nan=False, allow_subnormal=False).map(snap)
    # fill=nothing: without it most entries of a larger array are one and the same number.
    return hnp.arrays(np.float64, shape, elements=entries, fill=st.nothing())


def batches(
    rows: tuple[int, int] = (1, 5), columns: tuple[int, int] = (1, 4)
) -> st.SearchStrategy[Array]:
    """Draw `(N, D)` arrays with N and D in the given ranges, ends included.

    >>> from hypothesis import find
    >>> find(batches(), lambda x: len(x) == 2)
    array([[0.],
           [0.]])
    """
    return arrays(st.tuples(st.integers(*rows), st.integers(*columns)))


def labels(n: int, k: int) -> st.SearchStrategy[npt.NDArray[np.int64]]:
    """Draw `(n,)` integer labels in 0..k−1.

    >>> from hypothesis import find
    >>> find(labels(3, 4), lambda labels: labels.max() > 2)
    array([0, 0, 3])
    """
    return hnp.arrays(np.int64, n, elements=st.integers(0, k - 1), fill=st.nothing())


def generators() -> st.SearchStrategy[np.random.Generator]:
    """Draw a `numpy.random.Generator` from a seed; it shrinks to `default_rng(0)`.

    >>> from hypothesis import find
    >>> find(generators(), lambda rng: True).integers(100)
    np.int64(85)
    """
    return st.builds(np.random.default_rng, st.integers(0, 1023))


@dataclass(frozen=True, slots=True)
class Network:
    """A dense network with a batch for it.

    `params` is `[(w, b), ...]` with `w (sizes[i], sizes[i+1])`; `x` is `(N, sizes[0])`; `labels` is
    `(N,)` in 0..sizes[-1]−1.

    >>> from hypothesis import find
    >>> find(networks(), lambda network: len(network.params) == 2).sizes
    (1, 1, 2)
    """

    params: list[tuple[Array, Array]]
    x: Array
    labels: npt.NDArray[np.int64]
    sizes: tuple[int, ...]


def networks(
    depth: tuple[int, int] = (1, 3),
    width: tuple[int, int] = (1, 4),
    batch: tuple[int, int] = (1, 5),
) -> st.SearchStrategy[Network]:
    """Draw networks of `depth` dense layers and at least two classes, with a batch.

    Sizes and labels shrink; the numbers come from a drawn seed, N(0, 1) with `w` divided by √D_in,
    to three decimals. Drawn one by one they would shrink to zeros and put several ReLU units on
    their kinks at once, where a right gradient is not unique.

    >>> from hypothesis import find
    >>> find(networks(), lambda network: len(network.params) == 2).sizes
    (1, 1, 2)
    """

    @st.composite
    def network(draw: st.DrawFn) -> Network:
        layers = draw(st.integers(*depth))
        hidden = st.integers(*width)
        classes = st.integers(max(2, width[0]), max(2, width[1]))
        sizes = (*(draw(hidden) for _ in range(layers)), draw(classes))
        n = draw(st.integers(*batch))
        rng = draw(generators())
        params = [
            (
                (rng.standard_normal((d_in, d_out)) / np.sqrt(d_in)).round(3),
                rng.standard_normal(d_out).round(3),
            )
            for d_in, d_out in itertools.pairwise(sizes)
        ]
        x = rng.standard_normal((n, sizes[0])).round(3)
        return Network(params, x, draw(labels(n, sizes[-1])), sizes)

    return network()
