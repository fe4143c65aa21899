"""A learner's gradient beside one measured from the grader's own function.

A slope is measured along a *direction*: one entry of `x`, or, where entries are too many, a random
unit vector. Everything else (tolerance, verdict, the sentence that the learner reads) is the same
for both, and for finite differences and the complex step.

Why the numbers are what they are. S is max(‖a‖∞, ‖n‖∞, floor) of the learner's gradient a and the
measured n. What right gradients were off by, max|a − n|/S over 60 to 1000 random cases each:

                                                          median   worst
    tanh and sigmoid networks, weights N(0, 1)             2e-12   3e-10
    softmax cross-entropy, logits of size 1                4e-12   8e-12
    softmax cross-entropy, logits of size 1e3              1e-13   2e-9
    ReLU network, weights N(0, 1)                          5e-11   1e-9
    ReLU network, a unit 1e-9 to 1e-4 from its kink        7e-11   5e-8
    tanh(x), x²; |x| of size 1 to 1e3                      1e-13   2e-11
    relu(x); |x| of size 1 to 1e3                          1e-12   7e-10
    gradients of 1e-2 to 1e-8 beside f = 1                 2e-11   5e-10
    10 directions among 10,000 entries, ReLU               3e-10   7e-9

A tolerance of 1e-7·S is some hundred times what they need. Where the measurement itself is worse,
as in sin(x) at |x| of 1e3 or a tanh network whose inputs are of size 100, 10·|D(h) − D(h/2)| says
so: it was at least seven times the true error in every case, and such a check is inconclusive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from grader.checking.comparing import as_array
from grader.checking.showing import show_errors
from grader.errors import BrokenGrader, Mismatch
from grader.margins import note

__all__ = [
    "Estimate",
    "assert_exact_gradient",
    "assert_gradient",
    "cotangent",
    "numerical_gradient",
]

Array: TypeAlias = npt.NDArray[np.float64]
Function: TypeAlias = Callable[[Any], Any]
Measure: TypeAlias = Callable[[Iterable[Array]], "Estimate"]
Slope: TypeAlias = tuple[float, float, float, float, float]  # value, error, low, high, size of f

ROUNDING = float(np.finfo(np.float64).eps) / 2  # of one evaluation, relative to |f|
RTOL = 1e-7
# What rounding does at worst (ten times it, in a one-sided slope at h = 1e-6) is 1.1e-9·|f|: below
# RTOL·S for every S from this floor on, so that a gradient of zero is not inconclusive.
FLOOR = 2e-2
EVALUATIONS = 2_000
# Entries of a gradient whose errors are shown: so many at most are all measured anyway.
SHOWN = EVALUATIONS // 6
# One wrong direction in ten is enough, and a Gaussian direction misses an error of size ‖a − n‖
# with probability 1e-7·S·√n/‖a − n‖: 1e-3 for one entry among 10,000 that is off by 1 % of S.
DIRECTIONS = 10
# See assert_exact_gradient.
EXACT = 5e-14


@dataclass(frozen=True, slots=True)
class Estimate:
    """Measured slopes, each with a bound on its error.

    `low` and `high` equal `value` except at a kink, where every slope between them is right.
    `scale` is S without the learner's part: max(‖value‖∞, 0.02·max(1, |f|)).
    """

    value: Array
    error: Array
    low: Array
    high: Array
    scale: float


def cotangent(shape: int | tuple[int, ...], rng: np.random.Generator) -> Array:
    """Draw the weights c ~ N(0, 1) that turn an array into a scalar: f(x) = Σ c · layer(x).

    Never ones: the gradients of `softmax(x).sum()` and of a batch norm's sum are zero, and a wrong
    backward pass would go unseen.

    >>> cotangent((2, 3), np.random.default_rng(0)).shape
    (2, 3)
    """
    return rng.standard_normal(shape)


def numerical_gradient(f: Function, x: npt.ArrayLike, *, smooth: bool = True) -> Estimate:
    """Measure the gradient of `f` at `x` entry by entry, with finite differences.

    `f` maps an array like `x` to a float. Smooth: Richardson's extrapolation of central
    differences D from h = 1e-3·max(1, |x|), R(h) = (4·D(h/2) − D(h))/3, whose error is of order h⁴;
    six evaluations an entry. Otherwise: central differences and one-sided slopes, five
    evaluations; h = 1e-5·max(1, |x|). One-sided slopes that stay apart as h halves are a kink, and
    `low` and `high` hold every slope between them. `error` is 10·|R(h) − R(h/2)|, or
    10·|D(h) − D(h/2)|, and the rounding of `f`. An entry in doubt is measured again at h/10.

    Two kinks that meet exactly at `x` may cancel, as in relu(x) − relu(−x) = x, where a right
    backward pass gives 0 and the slope is 1: draw `x` such that no two do.

    >>> numerical_gradient(lambda x: (x**3).sum(), [1.0, 2.0]).value.round(9).tolist()
    [3.0, 12.0]
    >>> kink = numerical_gradient(lambda x: max(x, 0.0), 0.0, smooth=False)
    >>> float(kink.low), float(kink.high)
    (0.0, 1.0)
    """
    x = np.asarray(x, np.float64)
    found = _differences(f, x, smooth)(_entries(x.size))
    value, error, low, high = (
        slopes.reshape(x.shape) for slopes in (found.value, found.error, found.low, found.high)
    )
    return Estimate(value, error, low, high, found.scale)


def assert_gradient(
    got: object,
    f: Function,
    x: npt.ArrayLike,
    *,
    name: str = "gradient",
    smooth: bool = True,
    rng: np.random.Generator | None = None,
    batch_size: int | None = None,
) -> None:
    """Check that `got` is the gradient of the grader's own function `f` at `x`.

    `f` maps an array like `x` to a float and is never the learner's. Every entry is measured as in
    `numerical_gradient` up to 2,000 evaluations; beyond that ten random directions are, and halving
    finds the worst entry. An entry may be off by 1e-7·S + 10·|D(h) − D(h/2)| + rounding, where S
    is at least 0.02·max(1, |f|): scale `f` up if its whole gradient is below 1e-6·|f|.

    Raises Mismatch with the worst entry, both values and what the ratio ⟨a, n⟩/⟨n, n⟩ gives away;
    `batch_size` lets it recognise a mean that is missing or taken twice. Raises BrokenGrader where
    the measurement is too uncertain to judge (its error is above 1e-7·S, whatever `got` is): the
    author's mistake, never the learner's.

    >>> assert_gradient([2.0, 4.0], lambda x: (x**2).sum(), [1.0, 2.0])
    >>> assert_gradient([4.0, 8.0], lambda x: (x**2).sum(), [1.0, 2.0], name="dw", batch_size=2)
    Traceback (most recent call last):
    grader.errors.Mismatch: dw[1] should be 4, got 8. \
Your dw is 2 × too large everywhere; your batch size is 2.
    """
    x = np.asarray(x, np.float64)
    a = as_array(got, x.shape, name)
    every = x.size * (6 if smooth else 5) <= EVALUATIONS
    directions = None if every else _random_directions(x.size, rng)
    _judge(a, _differences(f, x, smooth), directions, RTOL, name, batch_size)


def assert_exact_gradient(
    got: object,
    f: Function,
    x: npt.ArrayLike,
    *,
    rng: np.random.Generator | None = None,
    name: str = "gradient",
) -> None:
    """Check that `got` is exact, as backpropagation is and finite differences are not.

    `f` is the grader's own and takes complex arrays: no `abs`, no `max` over the argument itself.
    The complex step Im f(x + i·h·u)/h with h = 1e-30 (Squire & Trapp 1998) has no cancellation, so
    it gives slopes along random unit vectors u to the last digits.

    The threshold of 5e-14·S, over 450 tanh, sigmoid and ReLU networks of two to five layers with
    weights N(0, 1) and smaller, and batch norm: analytic gradients in four styles stay below
    2.3e-15 (in the proofs of this course 6e-15, in styles that sum in another order); central
    differences are above 5e-12 at every h, Richardson's and the five-point formula above 1.4e-13,
    tuned to their best h (3e-3; 4e-13 at 1e-3). Keep weights of that size: in
    networks saturated by weights of spread 5 a right gradient itself loses digits, up to 4e-14.
    A seven-point formula at its best h (3e-14) and a learner's own complex step pass.

    >>> assert_exact_gradient([2.0, 4.0], lambda x: (x**2).sum(), [1.0, 2.0])
    >>> assert_exact_gradient([2.0, 4.0 + 1e-9], lambda x: (x**2).sum(), [1.0, 2.0], name="dw")
    Traceback (most recent call last):
    grader.errors.Mismatch: dw is right to about 9 digits, as finite differences are; \
backpropagation is exact, to about 15 digits.
    """
    x = np.asarray(x, np.float64)
    a = as_array(got, x.shape, name)
    _judge(a, _complex_steps(f, x), _random_directions(x.size, rng), EXACT, name, None)


def _judge(
    a: Array,
    measure: Measure,
    directions: Array | None,
    rtol: float,
    name: str,
    batch_size: int | None,
) -> None:
    """Raise unless `a` has the measured slopes along `directions`; None means every entry."""
    found = measure(_entries(a.size) if directions is None else directions)
    if (found.error > rtol * found.scale).any():
        raise BrokenGrader(
            f"the check of {name} is inconclusive: its finite differences are uncertain by "
            f"{found.error.max():.1e} where the gradient is of size {found.scale:.1e}; choose x "
            "away from kinks and strong curvature, or say smooth=False for a function with kinks"
        )

    def along(array: Array) -> Array:
        return array.ravel() if directions is None else directions @ array.ravel()

    with np.errstate(all="ignore"):  # the learner's numbers may overflow
        slopes = along(a)
        excess = np.maximum(np.maximum(found.low - slopes, slopes - found.high), 0)
        scale = float(np.abs(a).max(initial=found.scale))
        tolerance = rtol * scale + found.error
        note(float((excess / tolerance).max(initial=0.0)), 1.0)
        if (excess <= tolerance).all():
            return
        if excess.max() < 1e-5 * scale:
            digits = int(-np.log10(excess.max() / scale))
            like = "finite differences are" if digits > 7 else "float32 or a stray ε makes it"
            raise Mismatch(
                f"{name} is right to about {digits} digits, as {like}; "
                "backpropagation is exact, to about 15 digits."
            )
        if a.ndim in (1, 2) and 1 < a.size <= SHOWN:
            each = found if directions is None else measure(_entries(a.size))
            show_errors(name, _shares(a, each, rtol).reshape(a.shape))
        reason = _ratio(slopes, found, name, batch_size)
        if not reason and a.ndim == 2 and a.shape[0] == a.shape[1]:
            right = (np.abs(along(a.T) - found.value) <= 10 * RTOL * scale + found.error).all()
            reason = f" Your {name} is right but transposed." if right else ""
        worst = int(excess.argmax()) if directions is None else _worst(a, measure, directions[:4])
        there = measure([_entry(a.size, worst)])
    low, high = (
        f"{0.0 if abs(bound) <= RTOL * scale else bound:.6g}"
        for bound in (float(there.low[0]), float(there.high[0]))
    )
    index = f"[{', '.join(str(i) for i in np.unravel_index(worst, a.shape))}]" if a.ndim else ""
    expected = low if low == high else f"between {low} and {high}"
    raise Mismatch(f"{name}{index} should be {expected}, got {a.flat[worst]:.6g}.{reason}")


def _shares(a: Array, each: Estimate, rtol: float) -> Array:
    """Return how far each entry is off as a share of the gradient's scale, 0 within tolerance."""
    off = np.maximum(np.maximum(each.low - a.ravel(), a.ravel() - each.high), 0)
    scale = float(np.abs(a).max(initial=each.scale))
    return np.where(off > rtol * scale + each.error, off / each.scale, 0.0)


def _ratio(slopes: Array, found: Estimate, name: str, batch_size: int | None) -> str:
    """Say by which factor k = ⟨a, n⟩/⟨n, n⟩ all slopes are off; nothing where they differ in it."""
    sharp = found.high - found.low <= RTOL * found.scale
    a, n, error = slopes[sharp], found.value[sharp], found.error[sharp]
    if not slopes.any():
        return f" Your {name} is zero everywhere."
    if np.abs(n).max(initial=0.0) <= RTOL * found.scale:
        return ""
    k = float(a @ n / (n @ n))
    if not (np.abs(a - k * n) <= abs(k) * (10 * RTOL * found.scale + error)).all():
        return ""
    factor = max(abs(k), 1 / abs(k))
    if factor < 1 + 1e-5:
        return f" Your {name} has the right size everywhere but the opposite sign."
    times = f"{factor:.4g} × too {'large' if abs(k) > 1 else 'small'} everywhere"
    sign = " and has the opposite sign" if k < 0 else ""
    batch = batch_size is not None and abs(factor / batch_size - 1) < 1e-5
    return f" Your {name} is {times}{sign}{f'; your batch size is {batch_size}' if batch else ''}."


def _worst(a: Array, measure: Measure, directions: Array) -> int:
    """Find the worst entry by halving, always keeping the half with the larger error."""
    flat = a.ravel()
    members = np.arange(a.size)

    def errors(part: npt.NDArray[np.intp]) -> float:
        kept = np.zeros_like(directions)
        kept[:, part] = directions[:, part]
        lengths = np.linalg.norm(kept, axis=1, keepdims=True)
        value = measure(kept / lengths).value * lengths[:, 0]
        return float(np.linalg.norm(kept @ flat - value))

    while members.size > 1:
        left, right = np.array_split(members, 2)
        members = left if errors(left) >= errors(right) else right
    return int(members[0])


def _entry(n: int, i: int) -> Array:
    direction = np.zeros(n)
    direction[i] = 1.0
    return direction


def _entries(n: int) -> Iterable[Array]:
    return (_entry(n, i) for i in range(n))


def _random_directions(n: int, rng: np.random.Generator | None) -> Array:
    rng = np.random.default_rng(0) if rng is None else rng
    directions = rng.standard_normal((DIRECTIONS, n))
    unit: Array = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return unit


def _differences(f: Function, x: Array, smooth: bool) -> Measure:
    """Measure slopes with finite differences."""
    slope, first = (_smooth_slope, 1e-3) if smooth else (_kinked_slope, 1e-5)

    def doubt(slope: Slope) -> float:
        _, error, low, high, _ = slope
        return error + high - low

    def surest(u: Array) -> Slope:
        # |x| is that of the entries that u moves.
        h = first * max(1.0, float(np.abs(x).ravel() @ u**2))
        found = slope(f, x, u, h)
        if doubt(found) <= RTOL * max(abs(found[0]), FLOOR * max(1.0, found[-1])):
            return found
        # A tenth of the step is kinder to strong curvature and seldom reaches a kink nearby.
        return min(found, slope(f, x, u, h / 10), key=doubt)

    return lambda directions: _estimate([surest(u) for u in directions])


def _complex_steps(f: Function, x: Array) -> Measure:
    """Measure slopes with the complex step."""

    def slope(u: Array) -> Slope:
        value = np.asarray(f(x + 1e-30j * u.reshape(x.shape)))
        if value.shape != () or not np.iscomplexobj(value) or not np.isfinite(value):
            raise BrokenGrader(
                f"f must return one finite complex number for a complex x, not {value!r}"
            )
        s = float(value.imag) / 1e-30
        return s, 0.0, s, s, abs(float(value.real))

    return lambda directions: _estimate([slope(u) for u in directions])


def _estimate(rows: list[Slope]) -> Estimate:
    value, error, low, high, size = np.array(rows).reshape(-1, 5).T
    floor = FLOOR * size.max(initial=1.0)
    return Estimate(value, error, low, high, float(np.abs(value).max(initial=floor)))


def _walk(f: Function, x: Array, u: Array, steps: Array) -> tuple[Array, Array]:
    """Evaluate `f` along the unit vector `u`; the steps come back as rounding made them."""
    points = [x + t * u.reshape(x.shape) for t in steps]
    taken = np.array([(p - x).ravel() @ u for p in points])
    values = [np.asarray(f(p)) for p in points]
    for value in values:
        if value.shape != () or value.dtype.kind not in "fiub" or not np.isfinite(value):
            raise BrokenGrader(f"f must return one finite real number, not {value!r}")
    return np.array(values, np.float64), taken


def _smooth_slope(f: Function, x: Array, u: Array, h: float) -> Slope:
    """Extrapolate central differences (Richardson)."""
    values, t = _walk(f, x, u, h * np.array([-1, -0.5, -0.25, 0.25, 0.5, 1]))
    quarter, half, whole = (values[3:] - values[2::-1]) / (t[3:] - t[2::-1])
    r, finer = (4 * half - whole) / 3, (4 * quarter - half) / 3
    size = float(np.abs(values).max())
    return r, 10 * abs(r - finer) + 3 * ROUNDING * size / h, r, r, size


def _kinked_slope(f: Function, x: Array, u: Array, h: float) -> Slope:
    """Take central differences, or the range of the one-sided slopes at a kink.

    As h halves, both one-sided slopes move by a quarter of their difference where `f` is merely
    curved; near a kink at least one of them, the one without the kink, stays.
    """
    values, t = _walk(f, x, u, h * np.array([-1, -0.5, 0, 0.5, 1]))
    size = float(np.abs(values).max())
    left, left_half, right_half, right = (values - values[2])[[0, 1, 3, 4]] / t[[0, 1, 3, 4]]
    # 2·s(h/2) − s(h) takes the curvature out of a one-sided slope.
    at_left, at_right = 2 * left_half - left, 2 * right_half - right
    moved = min(abs(left - left_half), abs(right - right_half))
    if moved <= 0.2 * max(abs(right - left), abs(right_half - left_half)):
        sides = (at_left, left_half, left, at_right, right_half, right)
        low, high = min(sides), max(sides)
        return (low + high) / 2, 10 * ROUNDING * size / h, low, high, size
    central = (values[4] - values[0]) / (t[4] - t[0])
    central_half = (values[3] - values[1]) / (t[3] - t[1])
    # Kinks on both sides may cancel in the central differences, not in the one-sided ones.
    error = 10 * abs(central - central_half) + abs(at_left - at_right) + ROUNDING * size / h
    return central, error, central, central, size
