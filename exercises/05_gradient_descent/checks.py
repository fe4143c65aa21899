"""Checks of exercise 5: measured gradients, gradient descent, mini-batches, and a line fitted.

Which random numbers are drawn, and in which order, is left open. So mini-batches are judged by laws
and counts, and fits on data whose outcome does not depend on the order of the rows, or tells it. A
count of independent events has to lie within seven standard deviations of its mean; the probability
that this refuses a right answer, a binomial tail computed exactly, stands beside it.
"""

import functools
import itertools

import numpy as np
from hypothesis import strategies as st

from grader.checking import (
    arrays,
    as_array,
    assert_close,
    assert_integers,
    assert_same_run,
    assert_unchanged,
    check,
    fail,
    generators,
    given,
    unpack,
)

GATE = 7.0
SHAPES = st.sampled_from([(), (1,), (3,), (2, 3), (2, 1, 2)])

# A fit may measure its gradients (numerical_gradient is in the same file), to about 1e-10.
FIT = 1e-6


def bowl(x):
    return float(x[0] ** 2 + 3 * x[1] + x[0] * x[1])


def cubes(x):
    return float(np.sum(np.asarray(x) ** 3))


def steep_cube(x):
    return float(1e10 * np.sum(np.asarray(x) ** 3))


def product(x):
    return float(np.prod(x))


def waves(x):
    return float(np.sum(np.arange(1, np.size(x) + 1) * np.sin(np.ravel(x))))


def twice(w):
    return 2.0 * np.asarray(w)


def fourfold(w):
    return 4.0 * np.asarray(w)


def cubed(w):
    return np.asarray(w) ** 3


def recorded(function):
    """Return the same function, and a list that it fills with the shape of each argument."""
    shapes = []

    @functools.wraps(function)
    def recording(x):
        shapes.append(np.shape(x))
        return function(x)

    return recording, shapes


def seeded(rng):
    """Return a generator from a small seed, which a counterexample can name."""
    return np.random.default_rng(int(rng.integers(1024)))


def assert_share(count, n, p, what):
    """Refuse a count of n independent events of probability p that is over seven sigma off."""
    gate = GATE * np.sqrt(p * (1 - p) / n)
    if abs(count / n - p) > gate:
        fail(f"{what}: expected a share of {p:.4g} ± {gate:.2g}, got {count / n:.4g} of {n:,}")


def batches_of(got, n):
    """The learner's batches as integer arrays, each index in exactly one of them."""
    if type(got) is np.ndarray and got.ndim == 2:
        got = list(got)  # equal batches in one array read like a list of them
    if type(got) not in (list, tuple):
        fail("minibatches should return a list of index arrays")
    batches = [assert_integers(batch, name=f"batch {i}") for i, batch in enumerate(got)]
    if any(batch.ndim != 1 for batch in batches):
        fail("each batch should be a plain array of indices, with one axis")
    dealt = np.sort(np.concatenate([*batches, np.zeros(0, dtype=int)]))
    if not np.array_equal(dealt, np.arange(n)):
        missing = sorted(set(range(n)) - set(dealt.tolist()))
        why = f"{missing[0]} is missing" if missing else f"there are {dealt.size}"
        fail(f"each index from 0 to {n - 1} should be in exactly one batch; {why}")
    return batches


def fitted(student, x, y, lr, epochs, batch_size, rng):
    """The learner's fit as w (D,), b and the losses, its arguments untouched."""
    got = student.fit_linear(x, y, lr, epochs, batch_size, rng)
    assert_unchanged(student)
    return usable(got, x.shape[1], epochs)


def usable(got, d, epochs):
    """A fit's w, b and losses as arrays of the right shapes."""
    w, b, losses = unpack(got, 3, name="w, b, losses")
    w = as_array(w, (d,), name="w")
    losses = as_array(losses, (epochs,), name=f"losses of {epochs} epochs")
    return w, float(as_array(b, (), name="b")), losses


# numerical_gradient


@check("numerical_gradient", points=2)
def test_slopes_of_a_bowl_by_hand(student):
    """The gradient of x₀² + 3x₁ + x₀x₁ at (2, −1) is (3, 5)."""
    slopes = student.numerical_gradient(bowl, np.array([2.0, -1.0]))
    # Rounding over eps is 2e-11; measured to one side only, the first slope is off by eps.
    assert_close(slopes, [3.0, 5.0], rtol=1e-8, name="numerical_gradient(f, x)")


@check("numerical_gradient", points=2)
def test_central_differences_of_a_cube(student):
    """With eps = 1/2, central differences give x³ the slope 3x² + 1/4."""
    slopes = student.numerical_gradient(cubes, np.array([2.0, -1.0, 0.0]), 0.5)
    expected = [12.25, 3.25, 0.25]
    assert_close(slopes, expected, name="numerical_gradient(f, x, 0.5)")
    slopes = student.numerical_gradient(cubes, np.array([[1.0, -4.0]]), eps=0.25)
    assert_close(slopes, [[3.0625, 48.0625]], name="numerical_gradient(f, x, eps=0.25)")


@check("numerical_gradient")
def test_default_eps(student):
    """Unless another eps is given, it is 1e-5: at 0 the slope of 1e10·x³ is measured as 1."""
    slopes = student.numerical_gradient(steep_cube, np.array([0.0]))
    assert_close(slopes, [1.0], rtol=1e-6, name="numerical_gradient(f, x)")


@check("numerical_gradient", points=2)
def test_only_one_entry_moves_at_a_time(student):
    """While one entry is moved, the others stay: the product of (2, 3, 5) has slopes 15, 10, 6."""
    slopes = student.numerical_gradient(product, np.array([2.0, 3.0, 5.0]), 0.5)
    assert_close(slopes, [15.0, 10.0, 6.0], name="numerical_gradient(f, x, 0.5)")
    # Whole numbers moved by 1/2 come back exactly, also where they are moved in place and back.
    assert_unchanged(student)


@check("numerical_gradient", points=2)
@given(x=SHAPES.flatmap(arrays), examples=20)
def test_any_shape(student, x):
    """An array of any shape, a single number too, has a gradient of that shape; f sees it too."""
    f, shapes = recorded(waves)
    slopes = student.numerical_gradient(f, x)
    strange = [shape for shape in shapes if shape != x.shape]
    if strange:
        fail(f"f should be given arrays like x, of shape {x.shape}; it was given {strange[0]}")
    k = np.arange(1, x.size + 1).reshape(x.shape)
    # The formula is off by eps²/6 of the third derivative, and by the rounding of f over eps:
    # by 1e-10 together. Measured to one side only, it is off by about eps.
    assert_close(slopes, k * np.cos(x), rtol=1e-8, atol=1e-8, name="numerical_gradient(f, x)")


# gradient_descent


@check("gradient_descent", points=2)
def test_a_bowl_is_halved_at_each_step(student):
    """On the slope 2w, lr = 1/4 halves w at each step: 4, 2, 1, 1/2, and −8, −4, −2, −1."""
    path = student.gradient_descent(twice, np.array([4.0, -8.0]), 0.25, 3)
    assert_unchanged(student)
    expected = [[4.0, -8.0], [2.0, -4.0], [1.0, -2.0], [0.5, -1.0]]
    assert_close(path, expected, name="gradient_descent(grad, w0, lr, steps)")


@check("gradient_descent", points=2)
def test_the_slope_is_taken_anew_at_each_step(student):
    """On the slope w³, lr = 1/8 takes the number 2 to 1, 0.875 and 0.791259765625."""
    path = student.gradient_descent(cubed, np.array(2.0), 0.125, 3)
    expected = [2.0, 1.0, 0.875, 0.791259765625]
    assert_close(path, expected, name="gradient_descent(grad, w0, lr, steps)")


@check("gradient_descent")
@given(w0=SHAPES.flatmap(arrays), steps=st.integers(0, 4))
def test_the_start_comes_first(student, w0, steps):
    """There is one iterate more than steps, w0 first, for any shape of w0 and for no step too."""
    grad, shapes = recorded(cubed)
    path = student.gradient_descent(grad, w0, 0.0625, steps)
    assert_unchanged(student)
    strange = [shape for shape in shapes if shape != w0.shape]
    if strange:
        fail(f"grad should be given arrays like w0, of shape {w0.shape}; it got {strange[0]}")
    path = as_array(path, (steps + 1, *w0.shape), name="gradient_descent(grad, w0, lr, steps)")
    assert_close(path[0], w0, name="first iterate")


@check("gradient_descent")
@given(w0=arrays((2,)), eighths=st.integers(1, 6))
def test_the_learning_rate_decides_what_becomes_of_a_step(student, w0, eighths):
    """On the slope 4w each step multiplies w by 1 − 4·lr: it shrinks, swings, or diverges."""
    lr = eighths / 8
    path = student.gradient_descent(fourfold, w0, lr, 5)
    path = as_array(path, (6, 2), name="gradient_descent(grad, w0, lr, steps)")
    expected = np.outer((1 - 4 * lr) ** np.arange(6), w0)
    assert_close(path, expected, name="gradient_descent(grad, w0, lr, steps)")


# minibatches


@check("minibatches", points=2)
@given(n=st.integers(1, 12), batch_size=st.integers(1, 14), rng=generators())
def test_each_index_is_in_one_batch(student, n, batch_size, rng):
    """Every index from 0 to n − 1 is in exactly one batch, also where a short batch is left."""
    batches_of(student.minibatches(n, batch_size, rng), n)


@check("minibatches", points=2)
@given(n=st.integers(1, 12), batch_size=st.integers(1, 14), rng=generators())
def test_only_the_last_batch_may_be_short(student, n, batch_size, rng):
    """All batches have batch_size indices; the last has what is left, and at least one."""
    batches = batches_of(student.minibatches(n, batch_size, rng), n)
    sizes = [len(batch) for batch in batches]
    expected = [batch_size] * (n // batch_size) + [n % batch_size] * (n % batch_size > 0)
    if sizes != expected:
        fail(f"{n} indices in batches of {batch_size} make sizes {expected}, got {sizes}")


@check("minibatches", points=2)
def test_single_indices_are_shuffled(student, rng):
    """Every index is as likely in one batch as in another, and so is every pair of indices."""
    seeds = rng.choice(1024, size=100, replace=False).tolist()
    calls = [(13, 3, np.random.default_rng(seed)) for seed in seeds]
    home = np.full((len(calls), 13), -1)  # for each call the batch that each index is in
    for row, got in zip(home, student.minibatches.many(calls), strict=True):
        for number, batch in enumerate(batches_of(got, 13)):
            row[batch] = number
    # An index meets each batch of 3 with 3/13 and the last, of 1, with 1/13. Each of the 65 shares
    # refuses a right answer with probability 6e-9 or less.
    for index, (number, size) in itertools.product(range(13), enumerate((3, 3, 3, 3, 1))):
        count = np.count_nonzero(home[:, index] == number)
        assert_share(count, len(calls), size / 13, f"index {index} of 0…12 in batch {number}")
    # Of 78 pairs of indices 12 share a batch, each pair with 2/13. Each of these shares: 7e-10.
    for i, j in itertools.combinations(range(13), 2):
        count = np.count_nonzero(home[:, i] == home[:, j])
        what = f"indices {i} and {j} of 0…12 in the same batch"
        assert_share(count, len(calls), 2 / 13, what)


@check("minibatches")
def test_generator_decides(student, rng):
    """The generator alone decides: the same state, the same batches; the next call, others."""
    seed, other = rng.choice(1024, size=2, replace=False).tolist()

    def order(generator):
        return np.concatenate(batches_of(student.minibatches(40, 6, generator), 40))

    # Two shuffles of 40 indices fall into the same batches with probability 4e-30.
    one = np.random.default_rng(seed)
    first, following = order(one), order(one)
    if not np.array_equal(order(np.random.default_rng(seed)), first):
        fail("two generators in the same state gave different batches")
    if np.array_equal(order(np.random.default_rng(other)), first):
        fail("generators with different seeds gave the same batches")
    if np.array_equal(following, first):
        fail("the next call with the same generator gave the same batches again")


# fit_linear


@check("fit_linear", points=2)
def test_whole_batches_by_hand(student, rng):
    """With both rows in one batch, three epochs leave the losses 1.96, 0.392 and 0.191296."""
    x, y = np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([3.0, 5.0])
    for batch_size in (2, 5):
        w, b, losses = fitted(student, x, y, 0.1, 3, batch_size, seeded(rng))
        assert_same_run(losses, [1.96, 0.392, 0.191296], rtol=FIT, name="losses")
        assert_close(w, [1.192, 1.336], rtol=FIT, name="w")
        assert_close(b, 1.192, rtol=FIT, name="b")


@check("fit_linear", points=2)
def test_each_batch_makes_one_step(student, rng):
    """Five equal rows in batches of 2 make three steps an epoch, and all three count alike."""
    # Where all rows are equal the order is of no importance: with x = 1, y = 4 and lr = 1/16 every
    # step leaves 3/4 of the error, however many rows are in its batch.
    x, y = np.ones((5, 1)), np.full(5, 4.0)
    w, b, losses = fitted(student, x, y, 1 / 16, 3, 2, seeded(rng))
    assert_same_run(losses, 16 * 0.75 ** (6.0 * np.arange(1, 4)), rtol=FIT, name="losses")
    assert_close(w, [2 - 2 * 0.75**9], rtol=FIT, name="w")
    assert_close(b, 2 - 2 * 0.75**9, rtol=FIT, name="b")


@check("fit_linear", points=2)
def test_rows_at_right_angles_are_solved_in_one_epoch(student, rng):
    """Rows at right angles to each other do not disturb each other: one epoch ends exactly."""
    x = np.array([[1.0, 1.0, 1.0], [-1.0, 1.0, -1.0], [1.0, -1.0, -1.0], [-1.0, -1.0, 1.0]])
    y = np.array([4.5, -0.5, 5.5, 2.5])
    # With the 1 of the bias each row has length 2, and lr = batch_size/8 is the step that takes
    # the error of its rows to 0 and leaves those of the others as they are.
    for batch_size in (1, 2, 4):
        where = f"in batches of {batch_size}"
        w, b, losses = fitted(student, x, y, batch_size / 8, 1, batch_size, seeded(rng))
        assert_close(w, [2.0, -1.0, 0.5], rtol=FIT, name=f"w {where}")
        assert_close(b, 3.0, rtol=FIT, name=f"b {where}")
        assert_close(losses, [0.0], atol=FIT, name=f"losses {where}")


@check("fit_linear")
@given(x=arrays((7, 2)), y=arrays((7,)), batch_size=st.integers(1, 8), rng=generators())
def test_losses_are_those_of_all_rows_after_the_epoch(student, x, y, batch_size, rng):
    """The last loss is the mean squared error of the w and b that are returned, over all rows."""
    w, b, losses = fitted(student, x, y, 0.01, 2, batch_size, rng)
    errors = np.sum(x * w, axis=1) + b - y
    assert_close(losses[-1], np.sum(errors**2) / 7, rtol=1e-9, name="last loss")


@check("fit_linear", points=2)
def test_every_epoch_meets_every_row_once_in_a_new_order(student, rng):
    """In each epoch every row is met once, in an order that is shuffled anew each time."""
    # With x = 0 and lr = 3/8 a step on one row makes b ← b/4 + 3y/4. So with y = 0, 1, 2, 3 the
    # number 4b/3 keeps, digit by digit in base 4, which rows were met, the latest one first.
    x, y = np.zeros((4, 1)), np.arange(4.0)
    seeds = rng.choice(1024, size=60, replace=False).tolist()
    calls = [(x, y, 0.375, 3, 1, np.random.default_rng(seed)) for seed in seeds]
    orders = []
    for got in student.fit_linear.many(calls):
        _, b, _ = usable(got, 1, 3)
        code = 4 * b / 3 * 4.0**11
        if not -0.25 < code < 4**12 or abs(code - round(code)) > 0.25:
            fail(f"b = {b:.9g} is not what steps on one row at a time lead to")
        met = [round(code) // 4**i % 4 for i in range(12)]
        epochs = [tuple(met[i : i + 4]) for i in (0, 4, 8)]
        for epoch in epochs:
            if sorted(epoch) != [0, 1, 2, 3]:
                fail(f"an epoch met the rows {', '.join(map(str, epoch))} of four, 0 to 3")
        orders.append(epochs)
    # Two epochs in a row have the same of 24 orders with 1/24; refuses a right answer with 3e-8.
    same = sum(a == b for run in orders for a, b in itertools.pairwise(run))
    assert_share(same, 2 * len(orders), 1 / 24, "epochs with the order of the epoch before")
    # A right answer shows fewer than 18 of the 24 orders in 180 epochs with probability 4e-22.
    seen = {epoch for run in orders for epoch in run}
    if len(seen) < 18:
        fail(f"of the 24 orders of four rows only {len(seen)} came up in 180 epochs")


@check("fit_linear")
def test_the_generator_decides_the_order(student, rng):
    """The generator alone decides: the same state, the same fit; another one, another fit."""
    seed, other = rng.choice(1024, size=2, replace=False).tolist()
    x, y = rng.normal(size=(12, 2)).round(2), rng.normal(size=12).round(2)

    def fit(seed):
        w, b, losses = fitted(student, x, y, 0.1, 2, 1, np.random.default_rng(seed))
        return [*w, b, *losses]

    first = fit(seed)
    assert_close(fit(seed), first, name="(w, b, losses) with a generator in the same state")
    # Two shuffles of 12 rows agree in both epochs with probability 4e-18.
    if np.allclose(fit(other), first, rtol=1e-9, atol=0.0):
        fail("another generator gave the same fit: the order of the rows should come from rng")


@check("fit_linear", points=2)
def test_a_line_is_found(student, rng):
    """On points that lie on a plane the weights and the bias of the plane are found."""
    x = rng.uniform(-1.0, 1.0, size=(40, 2)).round(2)
    w, b, losses = fitted(student, x, x @ [1.5, -2.0] + 0.5, 0.2, 20, 2, seeded(rng))
    # Of 2,000 right fits the worst was off by 6e-10; too few steps, or too short ones, leave 3e-3
    # and more. No order of the rows can make a step grow the error here: 2·lr times the longest
    # row, squared, with the 1 of the bias, is at most 1.2.
    assert_close(w, [1.5, -2.0], rtol=0, atol=1e-5, name="w")
    assert_close(b, 0.5, rtol=0, atol=1e-5, name="b")
    assert_close(losses[-1], 0.0, atol=1e-6, name="last loss")
