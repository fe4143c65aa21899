"""The gradient check accepts right gradients, refuses wrong ones, and says how they are wrong."""

from __future__ import annotations

import contextlib
import itertools
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from grader.checking.gradients import (
    Array,
    assert_exact_gradient,
    assert_gradient,
    cotangent,
    numerical_gradient,
)
from grader.errors import BrokenGrader, Mismatch
from grader.pictures import HeatMap, Picture, recording

if TYPE_CHECKING:
    from collections.abc import Callable

Params = list[tuple[Array, Array]]
N = 8
SIZES = (3, 5, 4, 3)


def tanh(z: Any) -> Any:
    """Tanh, of complex numbers too."""
    return np.tanh(z)


def relu(z: Any) -> Any:
    """ReLU, of complex numbers too."""
    return np.where(z.real > 0, z, 0)


def cut(flat: Any, sizes: tuple[int, ...] = SIZES) -> Params:
    """Cut a flat vector into (w, b) pairs."""
    params, at = [], 0
    for d_in, d_out in itertools.pairwise(sizes):
        w = flat[at : at + d_in * d_out].reshape(d_in, d_out)
        at += d_in * d_out
        params.append((w, flat[at : at + d_out]))
        at += d_out
    return params


class Case:
    """A network with softmax cross-entropy: its loss of a flat vector, and its gradient."""

    def __init__(self, g: Any, seed: int, sizes: tuple[int, ...] = SIZES, scale: float = 1) -> None:
        rng = np.random.default_rng(seed)
        self.g, self.sizes = g, sizes
        n = sum((d_in + 1) * d_out for d_in, d_out in itertools.pairwise(sizes))
        self.at = scale * rng.standard_normal(n)
        self.x = rng.standard_normal((N, sizes[0]))
        self.labels = rng.integers(0, sizes[-1], N)

    def loss(self, flat: Any) -> Any:
        """Compute the mean loss."""
        a = self.x
        *hidden, (w, b) = cut(flat, self.sizes)
        for w_hidden, b_hidden in hidden:
            a = self.g(a @ w_hidden + b_hidden)
        z = a @ w + b
        top = z.real.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(z - top).sum(axis=1)) + top[:, 0]
        return (log_sum - z[np.arange(N), self.labels]).mean()

    def gradient(self, style: int = 0) -> Array:
        """Backpropagate, in one of three styles that differ in the last digits."""
        params = cut(self.at, self.sizes)
        layers = [self.x]
        for i, (w, b) in enumerate(params):
            z = np.einsum("ni,io->no", layers[-1], w) + b if style == 1 else layers[-1] @ w + b
            layers.append(self.g(z) if i < len(params) - 1 else z)
        z = layers.pop()
        top = z.max(axis=1, keepdims=True)
        if style == 2:
            p = np.exp(z - (top + np.log(np.exp(z - top).sum(axis=1, keepdims=True))))
        else:
            p = np.exp(z - top) / np.exp(z - top).sum(axis=1, keepdims=True)
        dz = (p - np.eye(self.sizes[-1])[self.labels]) / (1 if style == 1 else N)
        grads: list[Array] = []
        for a, (w, _) in zip(reversed(layers), reversed(params), strict=True):
            dw, db = a.T @ dz, dz.sum(axis=0)
            grads = [dw.ravel() / (N if style == 1 else 1), db / (N if style == 1 else 1), *grads]
            dz = (dz @ w.T) * (1 - a * a if self.g is tanh else a > 0)
        return np.concatenate(grads)


def dense_case(rng: np.random.Generator) -> tuple[Callable[[Any], Any], Array, Array]:
    """Return f(w) of a dense layer with mean squared output, w (square), and the gradient."""
    x, w = rng.standard_normal((32, 4)), rng.standard_normal((4, 4))
    c = cotangent((32, 4), rng)
    return lambda w: (c * np.tanh(x @ w)).mean(), w, x.T @ (c * (1 - np.tanh(x @ w) ** 2)) / c.size


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def refusal(*args: Any, **kwargs: Any) -> str:
    """Return what the learner reads about a wrong gradient."""
    with pytest.raises(Mismatch) as caught:
        assert_gradient(*args, **kwargs)
    return str(caught.value)


def off(got: Array, case: Case, **kwargs: Any) -> float:
    """Return max|a − n|/S."""
    found = numerical_gradient(case.loss, case.at, **kwargs)
    excess = np.maximum(np.maximum(found.low - got, got - found.high), 0)
    return float(excess.max() / max(found.scale, np.abs(got).max()))


@pytest.mark.parametrize("style", [0, 1, 2])
@pytest.mark.parametrize(("g", "smooth"), [(tanh, True), (tanh, False), (relu, False)])
def test_right_gradients_of_networks_pass(g: Any, smooth: bool, style: int) -> None:
    for seed in range(8):
        case = Case(g, seed)
        assert_gradient(case.gradient(style), case.loss, case.at, smooth=smooth)


def test_measurement_is_a_hundred_times_better_than_the_tolerance() -> None:
    """The figures in the module's docstring: worst of many, far below 1e-7."""
    assert max(off((c := Case(tanh, seed)).gradient(), c) for seed in range(15)) < 1e-9
    relu_cases = [Case(relu, seed) for seed in range(15)]
    assert max(off(c.gradient(), c, smooth=False) for c in relu_cases) < 5e-9


@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0, 1e3])
def test_softmax_cross_entropy_passes_with_logits_up_to_1000(scale: float) -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        z, labels = scale * rng.standard_normal((6, 5)), rng.integers(0, 5, 6)

        def loss(z: Array, labels: Any = labels) -> Any:
            shifted = z - z.max(axis=1, keepdims=True)
            rows = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(6), labels]
            return rows.mean()

        p = np.exp(z - z.max(axis=1, keepdims=True))
        dz = (p / p.sum(axis=1, keepdims=True) - np.eye(5)[labels]) / 6
        assert_gradient(dz, loss, z)
        refusal(2 * dz + 1e-3, loss, z)


@pytest.mark.parametrize("scale", [1.0, 1e2, 1e3])
@pytest.mark.parametrize("g", [np.tanh, np.square, lambda x: np.maximum(x, 0)])
def test_large_x_passes(g: Any, scale: float, rng: np.random.Generator) -> None:
    x = scale * rng.standard_normal((3, 4))
    c = cotangent(x.shape, rng)
    slope = {np.tanh: 1 - np.tanh(x) ** 2, np.square: 2 * x}.get(g, 1.0 * (x > 0))
    smooth = g in (np.tanh, np.square)
    assert_gradient(c * slope, lambda x: (c * g(x)).sum(), x, smooth=smooth)
    refusal(c * slope * 1.001 + 1e-3, lambda x: (c * g(x)).sum(), x, smooth=smooth)


@pytest.mark.parametrize("size", [1e-2, 1e-4, 1e-6])
@pytest.mark.parametrize("smooth", [True, False])
def test_tiny_gradients_are_judged(size: float, smooth: bool, rng: np.random.Generator) -> None:
    """A gradient of 1e-6 beside f = 1 passes where right, and fails where 1 % off."""
    x = rng.standard_normal(6)

    def f(x: Array) -> Any:
        return 1 + size * np.tanh(x).sum()

    right = size * (1 - np.tanh(x) ** 2)
    assert_gradient(right, f, x, smooth=smooth)
    refusal(right * 1.01, f, x, smooth=smooth)


def test_zero_gradient_passes_and_anything_else_there_fails(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 3))
    for smooth in (True, False):
        assert_gradient(np.zeros((2, 3)), lambda _: 1e4, x, smooth=smooth)
        assert_gradient(np.full((2, 3), 1e-300), lambda _: 1.0, x, smooth=smooth)
        assert "should be 0, got 1" in refusal(np.ones((2, 3)), lambda _: 1e4, x, smooth=smooth)


def test_dead_unit_beside_a_large_loss_is_not_inconclusive(rng: np.random.Generator) -> None:
    x = np.abs(rng.standard_normal(5)) + 0.1
    assert_gradient(np.zeros(5), lambda x: 1e5 + relu(-x).sum(), x, smooth=False)


def test_at_a_kink_every_slope_between_the_sides_passes() -> None:
    def f(x: Array) -> Any:
        return np.tanh(2 * np.maximum(x, 0) + x).sum()  # slopes 1 and 3 at 0

    x = np.array([0.0, 0.7, -0.4])
    rest = (1 - np.tanh([3 * 0.7, -0.4]) ** 2) * [3, 1]
    for slope in (1.0, 2.0, 3.0):
        assert_gradient([slope, *rest], f, x, smooth=False)
    for slope in (0.99, 3.01, 0.0):
        assert "[0] should be between" in refusal([slope, *rest], f, x, smooth=False)


@pytest.mark.parametrize("distance", [0.0, 1e-9, 1e-7, 3e-6, 6e-6, 9.9e-6, 1.1e-5, 1e-4])
@pytest.mark.parametrize("side", [-1, 1])
def test_right_slope_passes_at_any_distance_from_a_kink(distance: float, side: int) -> None:
    x = np.array([side * distance, 1.5])
    inner = np.maximum(x, 0) + 0.3 * x + x**2
    right = (1 - np.tanh(inner) ** 2) * ((x > 0) + 0.3 + 2 * x)

    def f(x: Array) -> Any:
        return np.tanh(np.maximum(x, 0) + 0.3 * x + x**2).sum()

    assert_gradient(right, f, x, smooth=False)
    refusal(right + np.array([0, 1e-3]), f, x, smooth=False)
    refusal(right + np.array([1.5, 0]), f, x, smooth=False)
    if distance > 1e-5:
        refusal(right + np.array([1e-3, 0]), f, x, smooth=False)


def test_networks_with_a_unit_near_its_kink_pass() -> None:
    for seed in range(40):
        case = Case(relu, seed)
        rng = np.random.default_rng(seed)
        (w, b), *_ = cut(case.at)
        b[0] = -case.x[0] @ w[:, 0] + rng.choice([-1, 1]) * 10 ** rng.uniform(-9, -4)
        assert_gradient(case.gradient(), case.loss, case.at, smooth=False)


def test_curvature_is_not_taken_for_a_kink() -> None:
    """Near the bottom of a parabola one-sided slopes differ, and only the right one passes."""
    assert_gradient([0.0], lambda x: (x**2).sum(), [0.0], smooth=False)
    for wrong in (1e-6, -4e-6):
        refusal([wrong], lambda x: (x**2).sum(), [0.0], smooth=False)


@pytest.mark.parametrize(
    ("f", "x", "smooth"),
    [
        (lambda x: np.maximum(x, 0).sum(), [1e-5, 1.0], True),  # a kink, and smooth was said
        (lambda x: np.sin(1e7 * x).sum(), [0.1, 0.2, 0.3], True),
        (lambda x: np.sin(1e7 * x).sum(), [0.1, 0.2, 0.3], False),
        (lambda x: 1e-3 * np.round(x, 3).sum() + np.sin(1e5 * x).sum(), [0.1], False),
    ],
)
def test_inconclusive_measurement_is_the_graders_error(
    f: Any, x: list[float], smooth: bool
) -> None:
    """The answer has no part in it: right or wrong, the check is broken."""
    for got in (np.zeros(len(x)), np.full(len(x), 1e12)):
        with pytest.raises(BrokenGrader, match="the check of dw is inconclusive"):
            assert_gradient(got, f, x, name="dw", smooth=smooth)


def test_uncertainty_bounds_the_true_error_of_a_hard_function(rng: np.random.Generator) -> None:
    x = 1e3 * rng.standard_normal(20)
    found = numerical_gradient(lambda x: np.sin(x).sum(), x)
    assert (np.abs(found.value - np.cos(x)) <= found.error).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, np.ones(1), 1j, "1", None])
def test_a_function_that_is_no_number_is_the_graders_error(value: object) -> None:
    with pytest.raises(BrokenGrader, match="one finite real number"):
        assert_gradient([1.0], lambda _: value, [1.0])


def test_worst_entry_and_both_values_are_named(rng: np.random.Generator) -> None:
    f, w, dw = dense_case(rng)
    wrong = dw.copy()
    wrong[2, 1] += 0.5
    wrong[0, 3] -= 0.25
    said = refusal(wrong, f, w, name="dw")
    assert said == f"dw[2, 1] should be {dw[2, 1]:.6g}, got {wrong[2, 1]:.6g}."


@pytest.mark.parametrize(
    ("k", "says"),
    [
        (32, "32 × too large everywhere; your batch size is 32."),
        (1 / 32, "32 × too small everywhere; your batch size is 32."),
        (-32, "32 × too large everywhere and has the opposite sign; your batch size is 32."),
        (2, "2 × too large everywhere."),
        (0.5, "2 × too small everywhere."),
        (-1, "has the right size everywhere but the opposite sign."),
        (0, "is zero everywhere."),
        (1e-300, f"{1e300:.4g} × too small everywhere."),
    ],
)
@pytest.mark.parametrize("many", [False, True])
def test_ratio_is_recognised(k: float, says: str, many: bool, rng: np.random.Generator) -> None:
    if many:
        x = rng.standard_normal((32, 50))
        f, a = (lambda x: np.tanh(x).mean()), (1 - np.tanh(x) ** 2) / x.size
        f, a = (lambda x: np.tanh(x).sum()), a * x.size
    else:
        f, x, a = dense_case(rng)
    assert says in refusal(k * a, f, x, name="dw", batch_size=32)


def test_ratio_is_recognised_beside_a_kink() -> None:
    x = np.array([0.0, 1.0, -2.0, 3.0])
    said = refusal(2.0 * (x > 0), lambda x: np.maximum(x, 0).sum(), x, smooth=False, batch_size=4)
    assert "2 × too large everywhere" in said


def test_batch_size_is_not_blamed_for_another_factor(rng: np.random.Generator) -> None:
    f, w, dw = dense_case(rng)
    assert "batch" not in refusal(31 * dw, f, w, batch_size=32)


def test_no_ratio_is_claimed_where_entries_differ_in_it(rng: np.random.Generator) -> None:
    f, w, dw = dense_case(rng)
    wrong = 2 * dw
    wrong[0, 0] = dw[0, 0]
    assert "×" not in refusal(wrong, f, w)


@pytest.mark.parametrize("n", [4, 40])
def test_transposed_is_recognised(n: int, rng: np.random.Generator) -> None:
    """By every entry, and by random directions where entries are many."""
    x, c = rng.standard_normal((n, n)), cotangent((n, n), rng)
    dx = c * (1 - np.tanh(x) ** 2)
    assert "right but transposed" in refusal(dx.T, lambda x: (c * np.tanh(x)).sum(), x, name="dx")
    assert "transposed" not in refusal(dx.T + 1, lambda x: (c * np.tanh(x)).sum(), x, name="dx")


@pytest.mark.parametrize("got", [None, "dw", [[1.0, np.nan]], [[1.0, 2.0, 3.0]], 1.0])
def test_unusable_gradients_fail(got: object) -> None:
    refusal(got, lambda x: (x**2).sum(), np.ones((1, 2)))


def test_overflowing_gradients_fail_without_a_warning(rng: np.random.Generator) -> None:
    f, w, dw = dense_case(rng)
    for huge in (np.full_like(dw, 1.7e308), 1.7e308 * np.sign(rng.standard_normal(dw.shape))):
        assert "should be" in refusal(huge, f, w)
    x = rng.standard_normal(3000)
    assert "should be" in refusal(np.full(3000, 1.7e308), lambda x: np.tanh(x).sum(), x)


def test_scalar_x_is_named_without_an_index() -> None:
    assert_gradient(np.float64(6.0), lambda x: x**2, 3.0)
    assert "db should be 6, got 5." in refusal(5.0, lambda x: x**2, 3.0, name="db")


def test_nearly_right_gradient_is_told_its_digits() -> None:
    x = np.array([0.3, -1.2, 0.8])
    right = 1 - np.tanh(x) ** 2
    said = refusal(right + 1e-6, lambda x: np.tanh(x).sum(), x)
    assert re.search(r"right to about 5 digits, as float32 or a stray ε", said)


@pytest.mark.parametrize("smooth", [True, False])
def test_every_entry_is_measured_up_to_2000_evaluations_and_directions_beyond(smooth: bool) -> None:
    for n, most in ((6, 60), (333, 2_000), (334, 200), (10_000, 200)):
        x = np.random.default_rng(0).standard_normal(n)
        count = 0

        def f(x: Array) -> Any:
            nonlocal count
            count += 1
            return np.tanh(x).sum()

        assert_gradient(1 - np.tanh(x) ** 2, f, x, smooth=smooth or n == 334)
        assert 0 < count <= most, n


@pytest.mark.parametrize("smooth", [True, False])
def test_one_wrong_entry_among_ten_thousand_is_found(
    smooth: bool, rng: np.random.Generator
) -> None:
    x, c = rng.standard_normal((100, 100)), cotangent((100, 100), rng)
    if smooth:
        f, right = (lambda x: (c * np.tanh(x)).sum()), c * (1 - np.tanh(x) ** 2)
    else:
        f, right = (lambda x: (c * np.maximum(x, 0)).sum()), c * (x > 0)
    assert_gradient(right, f, x, smooth=smooth)
    for seed in range(5):
        i, j = np.random.default_rng(seed).integers(0, 100, 2)
        wrong = right.copy()
        wrong[i, j] += 0.05
        said = refusal(wrong, f, x, smooth=smooth, rng=np.random.default_rng(seed))
        assert said.startswith(f"gradient[{i}, {j}] should be ")


def test_the_larger_of_two_wrong_entries_among_many_is_named(rng: np.random.Generator) -> None:
    x = rng.standard_normal(5_000)
    wrong = 1 - np.tanh(x) ** 2
    wrong[[17, 4_321]] += [0.01, 0.5]
    assert "gradient[4321]" in refusal(wrong, lambda x: np.tanh(x).sum(), x)


def test_cotangent_is_drawn_and_sees_what_ones_do_not(rng: np.random.Generator) -> None:
    """With ones, a softmax backward pass that returns zeros would look right."""
    z = rng.standard_normal((2, 4))

    def softmax(z: Array) -> Any:
        return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)

    c = cotangent((2, 4), rng)
    assert_gradient(np.zeros_like(z), lambda z: softmax(z).sum(), z)
    refusal(np.zeros_like(z), lambda z: (c * softmax(z)).sum(), z)
    p = softmax(z)
    assert_gradient(
        p * (c - (c * p).sum(axis=1, keepdims=True)), lambda z: (c * softmax(z)).sum(), z
    )


def test_the_functions_argument_is_its_own_copy() -> None:
    def destructive(x: Array) -> Any:
        x *= 2
        return x.sum()

    x = np.ones(3)
    assert_gradient(np.full(3, 2.0), destructive, x)
    assert x.tolist() == [1, 1, 1]


def central(case: Case, h: float) -> Array:
    """Return central differences of the loss."""
    steps = h * np.eye(case.at.size)
    return np.array([(case.loss(case.at + s) - case.loss(case.at - s)) / (2 * h) for s in steps])


EXACT_CASES = [
    Case(g, seed, sizes, scale)
    for g in (tanh, relu)
    for seed in range(6)
    for sizes in ((3, 4, 3), (5, 8, 8, 8, 8, 3))
    for scale in (0.3, 1.0)
]


@pytest.mark.parametrize("style", [0, 1, 2])
def test_backpropagation_is_exact_in_every_style(style: int) -> None:
    for case in EXACT_CASES:
        assert_exact_gradient(case.gradient(style), case.loss, case.at)


@pytest.mark.parametrize(
    ("way", "digits"),
    [
        (lambda c: central(c, 1e-4), "[6-9]|1[01]"),
        (lambda c: central(c, 1e-5), "9|1[01]"),
        (lambda c: central(c, 1e-6), "8|9|10"),
        (lambda c: (4 * central(c, 5e-4) - central(c, 1e-3)) / 3, "1[0-3]"),
        (lambda c: (4 * central(c, 1.5e-3) - central(c, 3e-3)) / 3, "9|1[0-3]"),
        (lambda c: numerical_gradient(c.loss, c.at).value, "1[0-3]"),
    ],
)
def test_finite_differences_are_not_exact(way: Callable[[Case], Array], digits: str) -> None:
    for case in EXACT_CASES[:24:2]:
        with pytest.raises(Mismatch, match=f"dw is right to about ({digits}) digits, as (fin|flo)"):
            assert_exact_gradient(way(case), case.loss, case.at, name="dw")


def test_batch_norm_backward_is_exact(rng: np.random.Generator) -> None:
    for _ in range(20):
        x, c = rng.standard_normal((16, 5)) * 3 + 2, cotangent((16, 5), rng)

        def f(x: Any, c: Array = c) -> Any:
            centred = x - x.mean(axis=0)
            return (c * centred / np.sqrt((centred**2).mean(axis=0) + 1e-5)).sum()

        centred = x - x.mean(axis=0)
        std = np.sqrt((centred**2).mean(axis=0) + 1e-5)
        y = centred / std
        dx = (c - c.mean(axis=0) - y * (c * y).mean(axis=0)) / std
        assert_exact_gradient(dx, f, x, rng=rng)
        assert_gradient(dx, f, x)
        with pytest.raises(Mismatch, match="should be"):
            assert_exact_gradient((c - c.mean(axis=0)) / std, f, x, rng=rng)


def test_grossly_wrong_gradient_is_located_by_the_exact_check() -> None:
    case = EXACT_CASES[0]
    wrong = case.gradient()
    wrong[7] += 0.3
    with pytest.raises(Mismatch, match=re.escape("dw[7] should be ")):
        assert_exact_gradient(wrong, case.loss, case.at, name="dw")
    with pytest.raises(Mismatch, match="8 × too large everywhere"):
        assert_exact_gradient(N * case.gradient(), case.loss, case.at, name="dw")


def test_a_function_that_drops_the_imaginary_part_is_the_graders_error() -> None:
    with pytest.raises(BrokenGrader, match="one finite complex number"):
        assert_exact_gradient([1.0], lambda x: np.abs(x).sum(), [1.0])


def shown(check: Callable[..., None], got: Array, x: Array, **more: Any) -> list[Picture]:
    """Return what a check of the gradient of Σ x² shows, whatever it ends in."""
    found: list[Picture] = []
    with recording(found), contextlib.suppress(Mismatch):
        check(got, lambda v: (v**2).sum(), x, name="dx", **more)
    return found


@pytest.mark.parametrize("check", [assert_gradient, assert_exact_gradient])
def test_a_wrong_gradient_shows_how_far_each_entry_is_off(check: Callable[..., None]) -> None:
    """As a share of the largest; a right one, a number and a large array show nothing."""
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert shown(check, 2 * x, x) == []
    off = np.array([[0.0, 0.4], [0.0, -8.0]])
    assert shown(check, 2 * x + off, x) == [HeatMap("dx", ((0.0, 0.05), (0.0, 1.0)))]
    assert shown(check, np.full(3, 3.0), np.ones(3)) == [HeatMap("dx", ((0.5,) * 3,))]
    assert shown(check, np.full((2, 2), 1e308), x)
    for many in (np.ones(()), np.ones((2, 2, 2)), np.ones(334)):
        assert shown(check, 3 * many, many) == []
    assert shown(check, 3 * np.ones(333), np.ones(333))


def test_at_a_kink_what_lies_between_the_sides_is_shown_as_right() -> None:
    found: list[Picture] = []
    with recording(found), contextlib.suppress(Mismatch):
        assert_gradient([0.5, 3.0], lambda v: relu(v).sum(), [0.0, 1.0], name="dz", smooth=False)
    assert found == [HeatMap("dz", ((0.0, 2.0),))]
