"""Checks of exercise 11: inverted dropout, its backward pass and Monte-Carlo dropout.

Nothing here depends on the kind or the order of random draws, only on laws that every right answer
keeps. A statistic has to lie within six standard deviations of its mean. It is a binomial count
each time, and the chance of that gate to refuse a right answer, computed exactly, stands beside it.
"""

import functools
import itertools

import numpy as np

from grader.checking import (
    arrays,
    as_array,
    assert_close,
    assert_equal,
    assert_quiet,
    assert_raises,
    assert_reaches,
    assert_unchanged,
    check,
    fail,
    generators,
    given,
    show_curve,
    unpack,
)
from grader.datasets import load

GATE = 6.0


def forward(student, x, p, rng, **options):
    """Call dropout_forward; return out and mask as arrays with the shape of x."""
    out, mask = unpack(student.dropout_forward(x, p, rng, **options), 2, "out, mask")
    return as_array(out, x.shape, "out"), as_array(mask, x.shape, "mask")


def assert_share(count, n, p, what):
    """Refuse a count of n independent events of probability p that is over six sigma off."""
    gate = GATE * np.sqrt(p * (1 - p) / n)
    if abs(count / n - p) > gate:
        fail(f"{what}: expected a share of {p:.4g} ± {gate:.2g}, got {count / n:.4g} of {n:,}")


def assert_independent(first, second, what):
    """Refuse two lists of drops at p = 0.5 that agree more or less often than coins do."""
    assert_share(np.count_nonzero(first == second), first.size, 0.5, what)


def seeded(rng):
    """Return a generator from a small seed, which a counterexample can name."""
    return np.random.default_rng(int(rng.integers(1024)))


def numbers(rng, *shape):
    """Return N(0, 1) numbers, rounded so that a counterexample stays readable."""
    return rng.normal(size=shape).round(2)


def recorded(predict):
    """Return the same prediction, and a list that it fills with (x, rng, answer) of each call."""
    calls = []
    predict.__qualname__ = predict.__name__  # the learner reads it when the arguments do not fit

    @functools.wraps(predict)
    def recording(x, rng):
        y = np.asarray(predict(x, rng), dtype=float)
        calls.append((x, rng, y.copy()))
        return y

    return recording, calls


def mean_and_std(student, predict, x, samples, rng):
    """Call mc_dropout; return its mean and its std as they came."""
    return unpack(student.mc_dropout(predict, x, samples, rng), 2, "mean, std")


def relu(z):
    return np.maximum(z, 0.0)


def learned(start, x, labels, masks):
    """Train a network of two layers with momentum, a step on the whole sample for each mask."""
    w1, w2 = start
    v1, v2, y = np.zeros_like(w1), np.zeros_like(w2), np.eye(10)[labels]
    for mask in masks:
        a = relu(x @ w1)
        z = (a * mask) @ w2
        p = np.exp(z - z.max(axis=1, keepdims=True))
        error = (p / p.sum(axis=1, keepdims=True) - y) / len(x)
        v1 = 0.9 * v1 + x.T @ (error @ w2.T * mask * (a > 0))
        v2 = 0.9 * v2 + (a * mask).T @ error
        w1, w2 = w1 - 0.3 * v1, w2 - 0.3 * v2
    return w1, w2


@check("dropout_forward", points=2)
def test_mask_values(student, rng):
    """The mask is 0 where a unit is dropped and 1/(1 − p) where it is kept."""
    for p in (0.1, 0.25, 0.5, 0.8):
        _, mask = forward(student, numbers(rng, 8, 10), p, seeded(rng))
        kept = 1 / (1 - p)
        odd = mask[(mask != 0) & (np.abs(mask - kept) > 1e-9 * kept)]
        if odd.size:
            fail(f"at p = {p} a mask holds 0 and 1/(1 − p) = {kept:.6g}; yours has {odd[0]:.9g}")


@check("dropout_forward", points=2)
def test_share_of_dropped(student, rng):
    """The share of units that are dropped is p; 1 − p of them stay."""
    ps, size = [n / 10 for n in range(1, 10)], (200, 100)
    masks = [forward(student, numbers(rng, *size), p, rng)[1] for p in ps]
    zeros = [np.count_nonzero(mask == 0) for mask in masks]
    shares = [count / np.prod(size) for count in zeros]
    show_curve("share of units dropped", shares, ps, first=0.1, every=0.1, along="p")
    for p, count in zip(ps, zeros, strict=True):
        # Each refuses a right answer with probability 2.4e-9 or less.
        assert_share(count, np.prod(size), p, f"zeros in the mask at p = {p}")


@check("dropout_forward")
def test_mean_is_kept(student, rng):
    """On average the output is the input, so that evaluation needs no correction."""
    x = np.tile([1.0, -2.0, 0.5, 10.0], (5000, 1))
    ps = [0.15, 0.3, 0.45, 0.6, 0.75]
    outs = [forward(student, x, p, rng)[0] for p in ps]
    means = [np.mean(out[:, 0]) for out in outs]
    name = "mean of out where x is 1"
    show_curve(name, means, np.ones(5), first=0.15, every=0.15, along="p")
    for p, out in zip(ps, outs, strict=True):
        # Each of the 20 means refuses a right answer with probability 2.8e-9 or less.
        gate = GATE * np.sqrt(p / (1 - p) / len(x))
        for value, mean in zip(x[0], out.mean(axis=0), strict=True):
            if abs(mean - value) > gate * abs(value):
                fail(
                    f"at p = {p}, {len(x):,} units of value {value:g} came out as {mean:.4g} on "
                    f"average; expected {value:g} ± {gate * abs(value):.2g}"
                )


@check("dropout_forward", points=2)
@given(x=arrays((2, 3)), generator=generators())
def test_out_is_x_times_mask(student, x, generator):
    """The output is x times the returned mask, and x itself stays as it was."""
    for p in (0.2, 0.5):
        out, mask = forward(student, x, p, generator)
        assert_unchanged(student)
        assert_close(out, x * mask, name="out")


@check("dropout_forward")
def test_zeros_are_masked_too(student, rng):
    """A unit whose value is 0 is dropped or kept like any other."""
    p = 0.3
    x = numbers(rng, 100, 200)
    x[:, ::2] = 0.0
    _, mask = forward(student, x, p, rng)
    off = mask[:, ::2] == 0
    # Refuses a right answer with probability 2.2e-9.
    what = f"zeros in the mask at p = {p}, among the entries where x is 0"
    assert_share(np.count_nonzero(off), off.size, p, what)


@check("dropout_forward", points=2)
def test_units_are_independent(student, rng):
    """Every unit of every sample is dropped or kept by itself."""
    _, mask = forward(student, numbers(rng, 60, 80), 0.5, rng)
    off = mask == 0
    # Whether a pair agrees is a fair coin, and the pairs of one line are independent of each other.
    # Each of the ten shares refuses a right answer with probability 2.1e-9 or less.
    assert_independent(off[:, 1:], off[:, :-1], "neighbours in a row dropped or kept alike")
    assert_independent(off[1:], off[:-1], "neighbours in a column dropped or kept alike")
    assert_independent(off[1:, 1:], off[:-1, :-1], "diagonal neighbours dropped or kept alike")
    assert_independent(off[1:, :-1], off[:-1, 1:], "diagonal neighbours dropped or kept alike")
    seeds = rng.integers(2**32, size=400).tolist()
    calls = [(np.ones((2, 2)), 0.5, np.random.default_rng(seed)) for seed in seeds]
    results = [unpack(r, 2, "out, mask") for r in student.dropout_forward.many(calls)]
    off = np.array([as_array(mask, (2, 2), "mask").ravel() == 0 for _, mask in results])
    for i, j in itertools.combinations(range(4), 2):
        what = f"entries {divmod(i, 2)} and {divmod(j, 2)} of a 2 × 2 mask dropped or kept alike"
        assert_independent(off[:, i], off[:, j], what)


@check("dropout_forward", points=2)
def test_generator_decides(student, rng):
    """The generator alone decides: the same state, the same mask; the next call, another one."""
    x = numbers(rng, 10, 20)
    seeds = rng.choice(1024, size=20, replace=False).tolist()
    again = [forward(student, x, 0.5, np.random.default_rng(seeds[0]))[1] for _ in range(2)]
    if not np.array_equal(again[0], again[1]):
        fail("two calls with generators in the same state gave two different masks")
    one = np.random.default_rng(seeds[0])
    in_a_row = [forward(student, x, 0.5, one)[1] == 0 for _ in seeds]
    apart = [forward(student, x, 0.5, np.random.default_rng(seed))[1] == 0 for seed in seeds]
    # Of 200 coins, two sets are equal with probability 1e-60; the shares refuse at 2.1e-9 each.
    for masks, what in ((in_a_row, "calls in a row"), (apart, "different generators")):
        if any(np.array_equal(a, b) for a, b in itertools.combinations(masks, 2)):
            fail(f"two of 20 {what} gave the same mask")
        stack = np.array(masks)
        assert_independent(stack[1:], stack[:-1], f"units dropped or kept alike by two {what}")


@check("dropout_forward")
def test_p_zero_keeps_all(student, rng):
    """At p = 0 nothing is dropped and nothing is scaled."""
    x = numbers(rng, 4, 3)
    out, mask = forward(student, x, 0.0, seeded(rng))
    assert_close(mask, np.ones_like(x), name="mask at p = 0")
    assert_close(out, x, name="out at p = 0")


@check("dropout_forward", points=2)
@given(x=arrays((2, 3)), generator=generators())
def test_evaluation_is_identity(student, x, generator):
    """With train=False the output is x and the mask is all ones."""
    forward(student, x, 0.5, generator)  # evaluation comes after training, and remembers nothing
    for p in (0.0, 0.3, 0.9):
        out, mask = forward(student, x, p, generator, train=False)
        assert_unchanged(student)
        assert_close(out, x, name=f"out at p = {p}, train=False")
        assert_close(mask, np.ones_like(x), name=f"mask at p = {p}, train=False")


@check("dropout_forward")
def test_p_outside_raises(student, rng):
    """A p outside of [0, 1) raises ValueError while training."""
    for p in (-0.1, 1.5, 1.0):
        try:
            assert_raises(ValueError, student.dropout_forward, np.ones((2, 3)), p, seeded(rng))
        except AssertionError as error:
            fail(f"at p = {p}: {error}")


@check("dropout_forward", points=2)
def test_dropout_helps_on_a_small_noisy_sample(student, rng):
    """Trained on 200 digits, 40 % of them labelled at random, a network errs less with dropout."""
    digits = load("digits")
    order = rng.permutation(len(digits.x))[:700]
    x, labels = digits.x[order] / 16, digits.labels[order]
    noisy = np.where(rng.random(200) < 0.4, rng.integers(10, size=200), labels[:200])
    start = [rng.normal(size=(64, size)) / np.sqrt(32) for size in (64, 10)]
    # One call draws ten masks, and each of them serves six times.
    _, masks = forward(student, np.ones((10 * 200, 64)), 0.5, rng)
    right = []
    for each in (np.ones((10, 200, 64)), masks.reshape(10, 200, 64)):
        w1, w2 = learned(start, x[:200], noisy, [*each] * 6)
        hidden, _ = forward(student, relu(x[200:] @ w1), 0.5, rng, train=False)
        right.append(np.mean((hidden @ w2).argmax(axis=1) == labels[200:]))
    # Over 300 runs the solution gains 0.120 with a standard deviation of 0.032, and 0.030 or more.
    # The gate is 3.5 deviations below: one right answer in 4,000.
    gained = right[1] - right[0]
    assert_reaches(gained, 0.01, false_alarm=1e-3, name="accuracy on 500 digits gained by dropout")


@check("dropout_backward")
def test_backward_by_hand(student):
    """The worked example of the README: at p = 0.2, with the second unit dropped."""
    mask = np.array([[1.25, 0.0, 1.25, 1.25]])
    dx = student.dropout_backward(np.array([[4.0, 3.0, 2.0, -1.0]]), mask)
    assert_close(dx, [[5.0, 0.0, 2.5, -1.25]], name="dx")


@check("dropout_backward")
@given(a=arrays((2, 3)), b=arrays((2, 3)), generator=generators())
def test_backward_is_linear(student, a, b, generator):
    """Backward is linear in the upstream gradient, and turns a gradient of ones into the mask."""
    for p in (0.1, 0.6):
        mask = np.where(generator.random(a.shape) < p, 0.0, 1 / (1 - p))
        ones, of_a, of_b, of_sum = (
            as_array(student.dropout_backward(dout, mask), a.shape, "dx")
            for dout in (np.ones_like(a), a, b, 2 * a - 3 * b)
        )
        assert_close(ones, mask, name="dx for a gradient of ones")
        assert_close(of_sum, 2 * of_a - 3 * of_b, rtol=1e-9, atol=1e-9, name="dx for 2a − 3b")


@check("dropout_backward")
def test_backward_is_transpose(student, rng):
    """Backward is the transpose of forward: ⟨dx, x⟩ = ⟨dout, x · mask⟩, also for a mask of ones."""
    for p in (0.0, 0.4, 0.9):
        x, dout = numbers(rng, 2, 3, 5)
        mask = np.where(rng.random(x.shape) < p, 0.0, 1 / (1 - p))
        dx = as_array(student.dropout_backward(dout, mask), x.shape, "dx")
        scale = np.linalg.norm(dout) * np.linalg.norm(x * mask)
        expected = np.sum(dout * (x * mask))
        assert_close(np.sum(dx * x), expected, atol=1e-12 * scale, name=f"⟨dx, x⟩ at p = {p}")


@check("dropout_backward")
def test_backward_leaves_arguments(student, rng):
    """Neither the upstream gradient nor the mask is changed."""
    mask = 1.25 * rng.integers(0, 2, size=(3, 4))
    student.dropout_backward(numbers(rng, 3, 4), mask)
    assert_unchanged(student)


@check("mc_dropout")
def test_mc_by_hand(student):
    """Three predictions of 1, 4 and 4 have mean 3 and standard deviation √2."""

    def predict(x, rng):
        return x[:, 0] * np.where(rng.random(len(x)) < 1 / 3, 1.0, 4.0)

    def three(rng):
        return [float(predict(x, rng)[0]) for _ in range(3)]

    x = np.ones((1, 2))
    seed = next(s for s in range(1024) if three(np.random.default_rng(s)) == [1.0, 4.0, 4.0])
    recording, calls = recorded(predict)
    mean, std = mean_and_std(student, recording, x, 3, np.random.default_rng(seed))
    if len(calls) == 3 and [float(y[0]) for _, _, y in calls] != [1.0, 4.0, 4.0]:
        fail("predict should get x and the generator as mc_dropout got them: predict(x, rng)")
    assert_close(mean, [3.0], name="mean")
    assert_close(std, [np.sqrt(2.0)], name="std")


@check("mc_dropout")
def test_predict_gets_x_and_rng(student, rng):
    """There are exactly `samples` calls of predict, each with x and the generator."""

    def predict(x, rng):
        return rng.normal(size=len(x))

    x = numbers(rng, 3, 2)
    for samples in (5, 1):
        recording, calls = recorded(predict)
        student.mc_dropout(recording, x, samples, seeded(rng))
        assert_unchanged(student)
        assert_equal(len(calls), samples, f"number of predictions for samples = {samples}")
        for seen, generator, _ in calls:
            assert_close(seen, x, name="the x that predict gets")
            if not isinstance(generator, np.random.Generator):
                fail("predict needs the generator: call predict(x, rng)")


@check("mc_dropout", points=2)
def test_mean_and_std_over_samples(student, rng):
    """Mean and std run over the samples, whatever the shape of a prediction."""

    def per_row(x, rng):
        return x[:, 0] + rng.normal(size=len(x))

    def per_class(x, rng):
        return x + rng.normal(size=x.shape)

    def per_step(x, rng):
        return x[:, :, None] + rng.normal(size=(*x.shape, 2))

    x = numbers(rng, 4, 3)
    for samples, function in ((2, per_row), (7, per_class), (5, per_step), (1, per_class)):
        recording, calls = recorded(function)
        mean, std = mean_and_std(student, recording, x, samples, seeded(rng))
        if not calls:
            fail("mc_dropout never called predict")
        drawn = np.array([y for _, _, y in calls[-samples:]])
        centre = np.add.reduce(drawn) / len(drawn)
        spread = np.sqrt(np.add.reduce((drawn - centre) ** 2) / len(drawn))
        where = f"(samples = {samples}, predictions of shape {drawn.shape[1:]})"
        assert_close(mean, centre, name=f"mean {where}")
        assert_close(std, spread, atol=1e-7, name=f"std {where}")


@check("mc_dropout", points=2)
def test_every_prediction_is_new(student, rng):
    """Every prediction is drawn anew, and only the generator decides which ones."""

    def predict(x, rng):
        return x + rng.normal(size=x.shape)

    x = np.ones((4, 3))
    seed, other = rng.choice(1024, size=2, replace=False).tolist()
    means = []
    for number in (seed, seed, other):
        recording, calls = recorded(predict)
        mean, _ = mean_and_std(student, recording, x, 6, np.random.default_rng(number))
        means.append(as_array(mean, x.shape, "mean"))
        if len({y.tobytes() for _, _, y in calls}) < len(calls):
            fail("two predictions were the same: predict must go on with the same generator")
    assert_close(means[1], means[0], name="mean with a generator in the same state")
    if np.array_equal(means[2], means[0]):
        fail("another generator gave the same predictions: mc_dropout must hand on its own rng")


@check("mc_dropout")
def test_no_noise_no_spread(student, rng):
    """A prediction that is always the same has itself as mean, and a spread of 0."""

    def predict(x, rng):
        return x / 3 + 0 * rng.random()

    x = np.arange(1.0, 21.0).reshape(10, 2)
    mean, std = mean_and_std(student, predict, x, 10, seeded(rng))
    assert_quiet(student)
    assert_close(mean, x / 3, name="mean")
    # The root of mean(y²) - mean(y)², a right way too, is the root of what rounding leaves.
    assert_close(std, np.zeros_like(x), atol=3e-5, name="std")
