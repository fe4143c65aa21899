"""Checks of exercise 9: how weights start, and what that does to the signal of a deep network.

Nothing here depends on the kind or the order of random draws, only on the law that is asked for. A
statistic has to lie within six standard deviations of its mean, and the probability that this gate
refuses a right answer, computed exactly where nothing else is said, stands beside it.
"""

import itertools

import numpy as np

from grader.checking import (
    as_array,
    assert_close,
    assert_raises,
    assert_reaches,
    assert_unchanged,
    check,
    fail,
    show_curve,
)
from grader.datasets import load

GATE = 6.0
SHAPES = ((400, 100), (100, 400), (8, 5000), (5000, 8))  # 40,000 weights each

# The median of |w|, and that of √(w₁² + w₂²) for two weights w₁ and w₂ drawn apart.
NORMAL = (0.674490, 1.177410)  # in standard deviations
EVEN = (0.5, 0.797885)  # in bounds


def xavier_std(d_in, d_out):
    return np.sqrt(2 / (d_in + d_out))


def xavier_bound(d_in, d_out):
    return np.sqrt(6 / (d_in + d_out))


def he_std(d_in, d_out):
    del d_out  # a unit adds up its inputs, however many units there are
    return np.sqrt(2 / d_in)


def relu(z):
    return np.maximum(z, 0.0)


def sigmoid(z):
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def identity(z):
    return z


def raised_by_seven(z):
    return z + 7.0


# Draws and their statistics


def seeded(rng):
    """Return a generator from a small seed, which a counterexample can name."""
    return np.random.default_rng(int(rng.integers(1024)))


def drawn(function, d_in, d_out, *rest):
    """Call an initialisation; return its weights, which must be float64 of shape (d_in, d_out)."""
    got = function(d_in, d_out, *rest)
    name = f"the weights for d_in = {d_in}, d_out = {d_out}"
    weights = as_array(got, (d_in, d_out), name)
    if type(got) is np.ndarray and got.dtype != np.float64:
        fail(f"{name}: expected numbers of type float64, got {got.dtype}")
    return weights


def assert_share(count, n, p, what):
    """Refuse a count of n independent events of probability p that is over six sigma off."""
    gate = GATE * np.sqrt(p * (1 - p) / n)
    if abs(count / n - p) > gate:
        fail(f"{what}: expected a share of {p:.4g} ± {gate:.2g}, got {count / n:.4g} of {n:,}")


def assert_spread(w, std, what):
    """Refuse weights whose mean is not 0 or whose standard deviation is not `std`."""
    n = w.size
    # The mean refuses a right answer with probability 2.0e-9; the mean square, a χ² of 10,000
    # degrees of freedom or more for normal weights, with 2.9e-9, for uniform ones below 1e-19.
    gate = GATE * std / np.sqrt(n)
    if abs(w.mean()) > gate:
        fail(f"{what}: the mean of {n:,} weights should be 0 ± {gate:.2g}, but is {w.mean():.4g}")
    if abs(np.mean(w**2) / std**2 - 1) > GATE * np.sqrt(2 / n):
        gate = 0.5 * GATE * np.sqrt(2 / n) * std
        fail(
            f"{what}: expected {n:,} weights with a standard deviation of {std:.4g} ± {gate:.2g}, "
            f"got {np.sqrt(np.mean(w**2)):.4g}"
        )


def assert_bell(w, std, what):
    """Refuse weights of which too many or too few lie far from 0 for a normal distribution."""
    # Each share refuses a right answer with probability 2.3e-9 or less, the last with 1.3e-8.
    for k, p in ((0.5, 0.617075), (1, 0.317311), (2, 0.045500), (3, 0.0026998)):
        beyond = np.count_nonzero(np.abs(w) > k * std)
        assert_share(beyond, w.size, p, f"{what}: weights beyond ±{k * std:.4g} ({k} × {std:.4g})")
    # 2.0e-9
    assert_share(np.count_nonzero(w > 0), w.size, 0.5, f"{what}: weights above 0")


def assert_alone(many, medians, scale, rng):
    """Refuse weights of one matrix that depend on each other.

    `many(calls)` takes a list of (d_in, d_out, generator); `medians` are NORMAL or EVEN, and
    scale(d_in, d_out) is their unit.
    """
    middle, radius = medians
    (got,) = many([(30, 40, seeded(rng))])
    w = as_array(got, (30, 40), "the weights for d_in = 30, d_out = 40")
    # Even numbers drawn as float32 repeat only 0.1 times in 1,200; over 9 times is below 1e-15.
    copies = w.size - np.unique(np.abs(w)).size
    if copies > 9:
        fail(f"of 1,200 weights {copies:,} are copies of others, sign aside")
    up = w > 0
    corners = up[::2, ::2] ^ up[1::2, ::2] ^ up[::2, 1::2] ^ up[1::2, 1::2]
    # Whether the signs of a pair agree is a fair coin, and the pairs of one line are independent;
    # so is the parity of four. Each share refuses a right answer with probability 2.1e-9 or less.
    for alike, what in (
        (up[:, 1:] == up[:, :-1], "neighbours in a row with the same sign"),
        (up[1:] == up[:-1], "neighbours in a column with the same sign"),
        (corners, "squares of four with an odd number of signs above 0"),
    ):
        assert_share(np.count_nonzero(alike), alike.size, 0.5, what)
    for d_in, d_out in ((1, 2), (2, 1)):
        seeds = rng.integers(2**32, size=400).tolist()
        results = many([(d_in, d_out, np.random.default_rng(seed)) for seed in seeds])
        name = f"the weights for d_in = {d_in}, d_out = {d_out}"
        pairs = np.array([as_array(pair, (d_in, d_out), name).ravel() for pair in results])
        up, large = pairs > 0, np.abs(pairs) > middle * scale(d_in, d_out)
        far = np.hypot(*pairs.T) > radius * scale(d_in, d_out)
        # Each share of 400 fair coins refuses a right answer with probability 1.1e-9.
        for alike, what in (
            (up[:, 0] == up[:, 1], "calls whose two weights have the same sign"),
            (large[:, 0] == large[:, 1], "calls whose two weights are both large or both small"),
            (far, "calls whose two weights together are large"),
        ):
            what = f"{what}, for d_in = {d_in}, d_out = {d_out}"
            assert_share(np.count_nonzero(alike), alike.size, 0.5, what)


def assert_generator_decides(draw, rng):
    """Refuse weights that anything but the generator's state decides; `draw(generator)`."""
    seed, other = rng.choice(1024, size=2, replace=False).tolist()
    one = np.random.default_rng(seed)
    first, following = draw(one), draw(one)
    if not np.array_equal(draw(np.random.default_rng(seed)), first):
        fail("two generators in the same state gave different weights")
    if np.array_equal(draw(np.random.default_rng(other)), first):
        fail("generators with different seeds gave the same weights")
    if np.array_equal(following, first):
        fail("the next call with the same generator gave the same weights again")


# zeros


@check("zeros")
def test_zeros_are_floats_in_the_right_shape(student):
    """All weights are 0.0, in an array of shape (d_in, d_out)."""
    for d_in, d_out in ((3, 2), (1, 4), (5, 1)):
        w = drawn(student.zeros, d_in, d_out)
        assert_close(w, np.zeros((d_in, d_out)), name=f"zeros({d_in}, {d_out})")


# normal


@check("normal", points=2)
def test_normal_has_mean_0_and_the_std_asked_for(student, rng):
    """The weights have mean 0 and the standard deviation asked for, whatever their shape."""
    for (d_in, d_out), std in zip(SHAPES, (0.01, 3.0, 1.0, 0.2), strict=True):
        w = drawn(student.normal, d_in, d_out, std, seeded(rng))
        assert_spread(w, std, f"normal({d_in}, {d_out}, {std}, rng)")


@check("normal")
def test_normal_is_a_bell(student, rng):
    """The weights follow the bell curve: one in 22 lies beyond 2 std, one in 370 beyond 3."""
    w = drawn(student.normal, 200, 100, 0.5, rng)
    w = np.concatenate([w, drawn(student.normal, 200, 100, 0.5, rng)])
    assert_bell(w, 0.5, "two times normal(200, 100, 0.5, rng)")


@check("normal", points=2)
def test_normal_draws_every_weight_by_itself(student, rng):
    """Every weight is drawn by itself, and rng alone decides; the next call draws new ones."""

    def many(calls):
        return student.normal.many([(i, o, 2.0, generator) for i, o, generator in calls])

    assert_alone(many, NORMAL, lambda *_: 2.0, rng)
    assert_generator_decides(lambda generator: drawn(student.normal, 4, 3, 2.0, generator), rng)


# xavier_uniform


@check("xavier_uniform", points=2)
def test_xavier_uniform_fills_its_bounds(student, rng):
    """The weights reach up to √(6 / (d_in + d_out)) and down to its negative, and not beyond."""
    for d_in, d_out in SHAPES:
        w = drawn(student.xavier_uniform, d_in, d_out, seeded(rng))
        bound = xavier_bound(d_in, d_out)
        low, high = w.min() / bound, w.max() / bound
        where = f"xavier_uniform({d_in}, {d_out}, rng), where the bound is {bound:.4g},"
        if max(high, -low) > 1 + 1e-9:
            fail(f"{where} has a weight of {bound * (high if high > -low else low):.4g}")
        # Of 40,000 draws none comes within 0.2 % of one end with probability 4.2e-18.
        if min(high, -low) < 0.998:
            low, high = low * bound, high * bound
            fail(f"{where} should fill ± this bound, but lies between {low:.4g} and {high:.4g}")


@check("xavier_uniform")
def test_xavier_uniform_is_even(student, rng):
    """Between its bounds a weight is as likely to be here as there: ten bins fill alike."""
    d_in, d_out = 100, 400
    bound = xavier_bound(d_in, d_out)
    w = drawn(student.xavier_uniform, d_in, d_out, seeded(rng))
    counts, _ = np.histogram(w, bins=np.linspace(-bound, bound, 11))
    for j, count in enumerate(counts):
        # Each of the ten shares refuses a right answer with probability 2.1e-9.
        low, high = bound * (j / 5 - 1), bound * (j / 5 - 0.8)
        what = f"xavier_uniform({d_in}, {d_out}, rng): weights between {low:.3g} and {high:.3g}"
        assert_share(count, w.size, 0.1, what)


@check("xavier_uniform")
def test_xavier_uniform_draws_every_weight_by_itself(student, rng):
    """Every weight is drawn by itself, and rng alone decides; the next call draws new ones."""
    function = student.xavier_uniform
    assert_alone(function.many, EVEN, xavier_bound, rng)
    assert_generator_decides(lambda generator: drawn(function, 4, 3, generator), rng)


# xavier_normal


@check("xavier_normal", points=2)
def test_xavier_normal_has_its_std(student, rng):
    """The weights have mean 0 and the standard deviation √(2 / (d_in + d_out))."""
    for d_in, d_out in SHAPES:
        w = drawn(student.xavier_normal, d_in, d_out, seeded(rng))
        assert_spread(w, xavier_std(d_in, d_out), f"xavier_normal({d_in}, {d_out}, rng)")


@check("xavier_normal")
def test_xavier_normal_is_a_bell(student, rng):
    """The weights follow the bell curve: one in 22 lies beyond 2 std, one in 370 beyond 3."""
    w = drawn(student.xavier_normal, 80, 500, seeded(rng))
    assert_bell(w, xavier_std(80, 500), "xavier_normal(80, 500, rng)")


@check("xavier_normal")
def test_xavier_normal_draws_every_weight_by_itself(student, rng):
    """Every weight is drawn by itself, and rng alone decides; the next call draws new ones."""
    function = student.xavier_normal
    assert_alone(function.many, NORMAL, xavier_std, rng)
    assert_generator_decides(lambda generator: drawn(function, 4, 3, generator), rng)


# he_normal


@check("he_normal", points=2)
def test_he_normal_has_its_std(student, rng):
    """The weights have mean 0 and the standard deviation √(2 / d_in); d_out plays no part."""
    for d_in, d_out in SHAPES:
        w = drawn(student.he_normal, d_in, d_out, seeded(rng))
        assert_spread(w, he_std(d_in, d_out), f"he_normal({d_in}, {d_out}, rng)")


@check("he_normal")
def test_he_normal_is_not_truncated(student, rng):
    """The weights follow the whole bell curve: its tails beyond 2 and 3 std are not cut off."""
    w = drawn(student.he_normal, 80, 500, seeded(rng))
    assert_bell(w, he_std(80, 500), "he_normal(80, 500, rng)")


@check("he_normal")
def test_he_normal_draws_every_weight_by_itself(student, rng):
    """Every weight is drawn by itself, and rng alone decides; the next call draws new ones."""
    function = student.he_normal
    assert_alone(function.many, NORMAL, he_std, rng)
    assert_generator_decides(lambda generator: drawn(function, 4, 3, generator), rng)


@check("he_normal", points=2)
def test_signal_survives_thirty_relu_layers(student, rng):
    """Through thirty ReLU layers the mean square of the activations keeps its size."""
    # Over 2,000 runs of the solution the logarithm of what is kept has mean −0.88 and standard
    # deviation 1.3, with ends at −5.2 and 4.2. It is as good as normal, and the gate at ±11.5 is
    # 8 deviations off: it refuses a right answer with a probability below 1e-15. With variance
    # 1/n the logarithm is −22, and never above −18 in 200 runs.
    sizes = [60, 84] * 15 + [60]
    h, generator = rng.normal(size=(20, sizes[0])), seeded(rng)
    start = np.mean(h**2)
    calls = [(d_in, d_out, generator) for d_in, d_out in itertools.pairwise(sizes)]
    stds = []
    for (d_in, d_out, _), w in zip(calls, student.he_normal.many(calls), strict=True):
        h = relu(h @ as_array(w, (d_in, d_out), "the weights of a layer"))
        stds.append(np.std(h))
    # ReLU's outputs have the mean square 1 here, and the mean of a bell curve's positive half.
    law = np.full(len(stds), np.sqrt(1 - 1 / np.pi))
    show_curve("standard deviation of the activations", stds, law, along="layer")
    kept = np.mean(h**2) / start
    if not 1e-5 < kept < 1e5:
        fail(
            f"after thirty ReLU layers the mean square of the activations is {kept:.2g} times "
            "that of the input; it should keep its size, within a factor of 100,000"
        )


@check("he_normal", points=2)
def test_deep_network_learns_from_he_and_not_from_zeros(student, rng):
    """Twenty ReLU layers learn to read digits from He's start, and nothing from zeros."""
    digits = load("digits")
    order = rng.permutation(len(digits.x))
    x, labels = digits.x[order] / 16, digits.labels[order]
    shapes = list(itertools.pairwise([64, *[48] * 19, 10]))
    starts = {
        "zeros": student.zeros.many(shapes),
        "he_normal": student.he_normal.many([(*shape, rng) for shape in shapes]),
    }
    shares = {}
    for name, weights in starts.items():
        layers = [as_array(w, shape, name) for w, shape in zip(weights, shapes, strict=True)]
        with np.errstate(over="ignore", invalid="ignore"):
            shares[name] = reading(layers, x, labels, rng)
    # Over 400 runs the solution gains 0.67 with a standard deviation of 0.06, and 0.38 or more. The
    # gate is 6 deviations below. With variance 1/n it gains 0.21 on average.
    assert_reaches(
        shares["he_normal"] - shares["zeros"],
        0.25,
        false_alarm=1e-3,
        name="accuracy on 500 digits that He's start gains on zeros",
    )


def reading(weights, x, labels, rng):
    """Train a ReLU network without biases, 60 steps of Adam; return its accuracy on 500 rows."""
    m, v = ([np.zeros_like(w) for w in weights] for _ in range(2))
    for t in range(1, 61):
        rows = rng.choice(np.arange(500, len(x)), size=128, replace=False)
        inputs = [x[rows]]
        for w in weights[:-1]:
            inputs.append(relu(inputs[-1] @ w))
        z = inputs[-1] @ weights[-1]
        p = np.exp(z - z.max(axis=1, keepdims=True))
        error = (p / p.sum(axis=1, keepdims=True) - np.eye(10)[labels[rows]]) / len(rows)
        for i in reversed(range(len(weights))):
            g = inputs[i].T @ error
            error = (error @ weights[i].T) * (inputs[i] > 0)
            m[i], v[i] = 0.9 * m[i] + 0.1 * g, 0.999 * v[i] + 0.001 * g**2
            move = m[i] / (1 - 0.9**t) / (np.sqrt(v[i] / (1 - 0.999**t)) + 1e-8)
            weights[i] = weights[i] - 0.002 * move
    h = x[:500]
    for w in weights[:-1]:
        h = relu(h @ w)
    return np.mean((h @ weights[-1]).argmax(axis=1) == labels[:500])


# activation_stds


def spreads(student, x, weights, g):
    """Call activation_stds; return one number a layer."""
    got = student.activation_stds(x, weights, g)
    assert_unchanged(student)
    return as_array(got, (len(weights),), f"activation_stds of {len(weights)} layers")


@check("activation_stds", points=2)
def test_three_layers_by_hand(student):
    """Three ReLU layers take the two samples 1 and −1 to spreads of 2, 3 and √27."""
    x = np.array([[1.0], [-1.0]])
    weights = [np.array([[4.0, -4.0]]), np.array([[1.5], [-0.5]]), np.array([[2.0, -1.0]])]
    for depth in (1, 2, 3):
        got = spreads(student, x, weights[:depth], relu)
        expected = [2.0, 3.0, np.sqrt(27.0)][:depth]
        assert_close(got, expected, name=f"activation_stds of {depth} ReLU layers")


@check("activation_stds", points=2)
def test_network_may_be_cut_in_two(student, rng):
    """The first layers alone, and the last ones on their output, spread as in the whole network."""
    sizes = [4, 6, 6, 6, 3]
    x = rng.normal(size=(8, sizes[0]))
    weights = [rng.normal(size=pair) for pair in itertools.pairwise(sizes)]
    for g in (np.tanh, relu, sigmoid):
        whole, h = spreads(student, x, weights, g), x
        for cut in (1, 2, 3):
            h = g(h @ weights[cut - 1])
            name = f"activation_stds with {g.__name__}, layers"
            first = spreads(student, x, weights[:cut], g)
            assert_close(first, whole[:cut], name=f"{name} 1 to {cut} (expected: as in the whole)")
            last = spreads(student, h, weights[cut:], g)
            assert_close(last, whole[cut:], name=f"{name} {cut + 1} to 4 (expected: likewise)")


@check("activation_stds")
def test_laws_of_the_spread(student, rng):
    """A batch doubled, or activations all raised alike, spread as before; without weights, not."""
    x = rng.normal(size=(3, 4))
    weights = [rng.normal(size=(4, 5)), rng.normal(size=(5, 2))]
    once = spreads(student, x, weights, np.tanh)
    twice = spreads(student, np.concatenate([x, x]), weights, np.tanh)
    assert_close(twice, once, name="the spread of a batch that has every sample twice")
    plain = spreads(student, x, weights[:1], identity)
    raised = spreads(student, x, weights[:1], raised_by_seven)
    assert_close(raised, plain, name="the spread when g adds 7 to every activation")
    doubled = spreads(student, 2.0 * x, weights, relu)
    assert_close(doubled, 2.0 * spreads(student, x, weights, relu), name="the spread of 2x (relu)")
    nothing = spreads(student, x, [np.zeros((4, 5)), np.zeros((5, 2))], sigmoid)
    assert_close(nothing, [0.0, 0.0], name="the spread where all weights are 0")


# recommended


@check("recommended", points=2)
def test_recommended_spread_suits_the_activation(student, rng):
    """Weights for sigmoid and tanh have Xavier's variance, those for relu and elu have He's."""
    for activation, std in (
        ("sigmoid", xavier_std),
        ("tanh", xavier_std),
        ("relu", he_std),
        ("elu", he_std),
    ):

        def draw(d_in, d_out, generator, activation=activation):
            return student.recommended(activation, d_in, d_out, generator)

        for d_in, d_out in ((50, 200), (200, 50)):
            w = drawn(draw, d_in, d_out, seeded(rng))
            what = f'recommended("{activation}", {d_in}, {d_out}, rng)'
            assert_spread(w, std(d_in, d_out), what)
        assert_generator_decides(lambda generator, draw=draw: drawn(draw, 4, 3, generator), rng)


@check("recommended")
def test_other_names_raise(student, rng):
    """Any other name of an activation raises ValueError."""
    for activation in ("softmax", "leaky_relu", ""):
        try:
            assert_raises(ValueError, student.recommended, activation, 3, 4, seeded(rng))
        except AssertionError as error:
            fail(f'for "{activation}": {error}')
