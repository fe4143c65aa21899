"""Checks of exercise 10: penalties on the weights, a fair split, and early stopping.

Losses are sums of a few powers of two, so that `loss < best - min_delta` has one answer however it
is rearranged. What `rng` draws is judged by what holds for every order of draws. A count of
independent events has to lie within seven standard deviations of its mean; the probability that
this refuses a right answer, a binomial tail computed exactly, stands beside it.
"""

import itertools

import numpy as np
from hypothesis import strategies as st

from grader.checking import (
    arrays,
    as_array,
    assert_close,
    assert_quiet,
    assert_unchanged,
    check,
    fail,
    generators,
    given,
    unpack,
)
from grader.errors import LearnerRaised

GATE = 7.0
SCALES = st.sampled_from([2.0, -1.0, -3.0, 0.5, 0.0])
FRACTIONS = st.sampled_from([0.1, 0.2, 0.25, 0.3, 0.5, 0.6, 0.75, 0.9])


def seeded(rng):
    """Return a generator from a small seed, which a counterexample can name."""
    return np.random.default_rng(int(rng.integers(1024)))


def assert_share(count, n, p, what):
    """Refuse a count of n independent events of probability p that is over seven sigma off."""
    gate = GATE * np.sqrt(p * (1 - p) / n)
    if abs(count / n - p) > gate:
        fail(f"{what}: expected a share of {p:.4g} ± {gate:.2g}, got {count / n:.4g} of {n:,}")


def parts_of(got, x, y):
    """Read a split as four arrays whose rows look like those of x and y, as many in x as in y."""
    names = ("x_train", "y_train", "x_val", "y_val")
    parts = []
    for name, part, whole in zip(names, unpack(got, 4, ", ".join(names)), (x, y) * 2, strict=True):
        rows = as_array(part, name=name)
        if rows.size == 0:
            rows = rows.reshape(0, *whole.shape[1:])  # an empty list is an empty part
        if rows.ndim != whole.ndim or rows.shape[1:] != whole.shape[1:]:
            like = str(("rows", *whole.shape[1:])).replace("'", "")
            fail(f"{name}: expected an array of shape {like}, got shape {rows.shape}")
        parts.append(rows)
    for rows, answers, name in ([*parts[:2], "train"], [*parts[2:], "val"]):
        if len(rows) != len(answers):
            fail(f"x_{name} has {len(rows)} rows and y_{name} has {len(answers)}")
    return parts


def divided(student, x, y, fraction, rng):
    """Call split, which must leave x and y as they are; return its four arrays."""
    got = student.split(x, y, fraction, rng)
    assert_unchanged(student)
    return parts_of(got, x, y)


def assert_stops(stopper, losses, expected, after=()):
    """Refuse an object that says stop at another epoch than `expected`, or where that is None.

    The losses `after` which these ones come have been fed already; epochs count from 1.
    """
    seen = None
    for t, loss in enumerate(losses, start=len(after) + 1):
        if as_array(stopper.update(loss, [np.zeros(1)]), (), "what update returns, True or False"):
            seen = t
            break  # what an update after the stop says is left open
    if seen != expected:
        told = [f"a stop at epoch {t}" if t else "no stop" for t in (expected, seen)]
        listed = ", ".join(map(str, [*after, *losses]))
        fail(f"for the losses {listed}: expected {told[0]} (counted from 1), got {told[1]}")


def lent(student, *shapes):
    """Return new arrays that live in the learner's process, so that they can change there.

    What is handed over in a call is a copy made for that call. So another of the learner's objects
    gets a method that hands out arrays of ours, and they stay where it is called. Where objects
    take no new method, arrays that l2_grad made are borrowed; what is in them does not matter.
    """
    try:
        lender = student.EarlyStopping(1)
        lender.update = lambda *shapes: tuple(np.zeros(shape) for shape in shapes)
        made = lender.update.keeping(*range(len(shapes)))(*shapes)
    except LearnerRaised:
        zeros = [np.zeros(shape) for shape in shapes]
        made = student.l2_grad.keeping(*range(len(shapes)))(zeros, 1.0)
    return unpack(made, len(shapes), "l2_grad(weights, 1)")


# l1_penalty and l1_grad


@check("l1_penalty")
def test_l1_by_hand(student):
    """With lam = 1/4, the weights 1, −2, 0, 3 in one array and 1/2, −3/2 in another cost 2."""
    weights = [np.array([[1.0, -2.0], [0.0, 3.0]]), np.array([0.5, -1.5])]
    assert_close(student.l1_penalty(weights, 0.25), 2.0, name="l1_penalty(weights, 0.25)")


@check("l1_penalty")
@given(a=arrays((2, 3)), b=arrays((4,)), c=SCALES)
def test_l1_laws(student, a, b, c):
    """Arrays cost what they cost alone, together; weights times c cost |c| times as much."""
    of_a, of_b, of_both, of_scaled, dear = (
        as_array(student.l1_penalty(weights, lam), (), "l1_penalty(weights, lam)")
        for weights, lam in (([a], 0.5), ([b], 0.5), ([a, b], 0.5), ([c * a], 0.5), ([a], 1.5))
    )
    assert_close(of_both, of_a + of_b, name="the penalty of [a, b] beside those of [a] and [b]")
    assert_close(of_scaled, abs(c) * of_a, name=f"the penalty of [{c:g} · a] beside that of [a]")
    assert_close(dear, 3 * of_a, name="the penalty with lam = 3/2 beside that with lam = 1/2")


@check("l1_grad", points=2)
def test_l1_grad_by_hand(student):
    """With lam = 1/4 every weight above 0 has the slope 1/4, every one below −1/4, and 0 has 0."""
    weights = [np.array([[2.0, -0.5, 0.0], [-7.0, 0.0, 1.0]]), np.array([0.0, -3.0])]
    grads = student.l1_grad(weights, 0.25)
    assert_unchanged(student)
    assert_quiet(student)
    expected = [np.array([[0.25, -0.25, 0.0], [-0.25, 0.0, 0.25]]), np.array([0.0, -0.25])]
    assert_close(grads, expected, name="l1_grad(weights, 0.25)")


@check("l1_grad")
@given(a=arrays((2, 1, 3)), b=arrays((4,)), c=st.sampled_from([1000.0, 1 / 128, 2.0**-30]))
def test_l1_grad_does_not_depend_on_size(student, a, b, c):
    """Tiny weights are pulled as strongly as huge ones: only the sign of a weight matters."""
    grads, scaled = (
        unpack(student.l1_grad(weights, 3.0), 2, "l1_grad(weights, lam)")
        for weights in ([a, b], [c * a, c * b])
    )
    for i, w in enumerate((a, b)):
        grad = as_array(grads[i], w.shape, f"l1_grad(weights, 3)[{i}]")
        assert_close(scaled[i], grad, name=f"l1_grad(weights, 3)[{i}] for weights times {c:g}")


# l2_penalty and l2_grad


@check("l2_penalty")
def test_l2_by_hand(student):
    """With lam = 1/4, the weights 1, −2, 0, 3 in one array and 1/2, −3/2 in another cost 33/8."""
    weights = [np.array([[1.0, -2.0], [0.0, 3.0]]), np.array([0.5, -1.5])]
    assert_close(student.l2_penalty(weights, 0.25), 4.125, name="l2_penalty(weights, 0.25)")


@check("l2_penalty")
@given(a=arrays((2, 3)), b=arrays((4,)), c=SCALES)
def test_l2_laws(student, a, b, c):
    """Arrays cost what they cost alone, together; weights times c cost c² times as much."""
    of_a, of_b, of_both, of_scaled, dear = (
        as_array(student.l2_penalty(weights, lam), (), "l2_penalty(weights, lam)")
        for weights, lam in (([a], 0.5), ([b], 0.5), ([a, b], 0.5), ([c * a], 0.5), ([a], 1.5))
    )
    assert_close(of_both, of_a + of_b, name="the penalty of [a, b] beside those of [a] and [b]")
    assert_close(of_scaled, c * c * of_a, name=f"the penalty of [{c:g} · a] beside that of [a]")
    assert_close(dear, 3 * of_a, name="the penalty with lam = 3/2 beside that with lam = 1/2")


@check("l2_grad", points=2)
def test_l2_grad_by_hand(student):
    """The slopes of the weights 2, −1/2, 0, 6 are 1, −1/4, 0, 3 with lam = 1/4; with 2, 8 times."""
    weights = [np.array([[2.0, -0.5], [0.0, 6.0]]), np.array([-4.0, 0.5, 0.0]), np.ones((1, 2, 1))]
    expected = [np.array([[1.0, -0.25], [0.0, 3.0]]), np.array([-2.0, 0.25, 0.0])]
    expected.append(np.full((1, 2, 1), 0.5))
    for lam in (0.25, 2.0):
        grads = student.l2_grad(weights, lam)
        assert_unchanged(student)
        slopes = [lam / 0.25 * slope for slope in expected]
        assert_close(grads, slopes, name=f"l2_grad(weights, {lam:g})")


# split


@check("split", points=2)
def test_share_of_validation(student, rng):
    """The rows for validation are N · fraction, rounded; a half either way; also none, or all."""
    sizes = [(10, 0.2), (7, 0.4), (9, 0.25), (10, 0.25), (12, 0.7), (20, 0.325), (100, 0.29)]
    for n, fraction in [*sizes, (5, 0.05), (5, 0.95)]:
        x = np.arange(2.0 * n).reshape(n, 2)
        x_train, _, x_val, _ = divided(student, x, np.arange(float(n)), fraction, seeded(rng))
        if abs(len(x_val) - n * fraction) > 0.5 + 1e-9:
            fail(
                f"of {n} rows, a fraction of {fraction:g} is {n * fraction:.4g}; "
                f"{len(x_val)} went to validation, and {len(x_train)} to training"
            )


@check("split", points=2)
@given(n=st.integers(1, 9), fraction=FRACTIONS, rng=generators())
def test_each_row_is_in_one_part(student, n, fraction, rng):
    """Every row is in exactly one of the two parts, whole and unchanged."""
    x = np.stack([np.arange(n) + 0.5, -np.arange(n) * 2.0, np.ones(n)], axis=1)
    x_train, _, x_val, _ = divided(student, x, np.arange(float(n)), fraction, rng)
    rows = [tuple(row) for row in (*x_train.tolist(), *x_val.tolist())]
    for i, row in enumerate(x.tolist()):
        if rows.count(tuple(row)) != 1:
            fail(f"row {i} of {n} is {rows.count(tuple(row))} times in the two parts together")
    if len(rows) != n:
        fail(f"the two parts have {len(rows)} rows together, x has {n}")


@check("split", points=2)
def test_rows_stay_paired(student, rng):
    """Each row of x keeps its row of y, in both parts, whether y has one axis or two."""
    number = np.arange(12.0)
    x = np.stack([number, number**2], axis=1)
    for y in (10 * number, 10 * number[:, None], np.stack([number + 0.5, -number], axis=1)):
        x_train, y_train, x_val, y_val = divided(student, x, y, 0.25, seeded(rng))
        for rows, answers, name in ((x_train, y_train, "train"), (x_val, y_val, "val")):
            if not np.isin(rows[:, 0], number).all():
                fail(f"x_{name} has a row that is none of x")
            belonging = y[rows[:, 0].astype(int)]
            assert_close(answers, belonging, name=f"y_{name}, beside the y of the rows in x_{name}")


@check("split", points=2)
def test_rows_are_drawn_at_random(student, rng):
    """Every row is as likely as any other to go to validation, and so is every pair of rows."""
    x, y = np.arange(8.0)[:, None], np.arange(8.0)
    seeds = rng.integers(2**32, size=300).tolist()
    calls = [(x, y, 0.375, np.random.default_rng(seed)) for seed in seeds]
    chosen = np.zeros((len(calls), 8), dtype=bool)
    for row, got in zip(chosen, student.split.many(calls), strict=True):
        row[:] = np.isin(y, parts_of(got, x, y)[2])
    # Each of the 8 shares refuses a right answer with probability 2.8e-12.
    for i in range(8):
        what = f"row {i} of 0…7 in the validation part, for a fraction of 0.375"
        assert_share(np.count_nonzero(chosen[:, i]), len(calls), 3 / 8, what)
    # Of 56 ordered pairs 6 + 20 are in the same part. Each of these 28 shares: 1.6e-12.
    for i, j in itertools.combinations(range(8), 2):
        what = f"rows {i} and {j} of 0…7 in the same part, for a fraction of 0.375"
        count = np.count_nonzero(chosen[:, i] == chosen[:, j])
        assert_share(count, len(calls), 26 / 56, what)


@check("split")
def test_generator_decides(student, rng):
    """The generator alone decides: the same state, the same parts; the next call, others."""
    x, y = np.arange(80.0).reshape(40, 2), np.arange(40.0)

    def validation(generator):
        return np.sort(divided(student, x, y, 0.5, generator)[3])

    # Two halves of 40 rows are the same with probability 7e-12.
    seed, other = rng.choice(1024, size=2, replace=False).tolist()
    one = np.random.default_rng(seed)
    first, following = validation(one), validation(one)
    if not np.array_equal(validation(np.random.default_rng(seed)), first):
        fail("two generators in the same state gave different parts")
    if np.array_equal(validation(np.random.default_rng(other)), first):
        fail("generators with different seeds gave the same parts")
    if np.array_equal(following, first):
        fail("the next call with the same generator gave the same parts again")


# EarlyStopping


@check("EarlyStopping", points=2)
def test_patience_is_counted_in_a_row(student):
    """It stops at the patience-th epoch in a row without an improvement, and not before."""
    assert_stops(student.EarlyStopping(patience=1), [4.0, 2.0, 1.0, 1.5], 4)
    assert_stops(student.EarlyStopping(patience=2), [4.0, 5.0, 6.0], 3)
    # An improvement starts the count anew; to be below the epoch before is not one.
    assert_stops(student.EarlyStopping(patience=2), [4.0, 5.0, 3.0, 3.5, 2.0, 2.5, 2.25], 7)
    assert_stops(student.EarlyStopping(patience=3), [8.0, 9.0, 8.5, 4.0, 7.0, 6.0, 5.0], 7)
    # For ever: every second epoch improves.
    assert_stops(student.EarlyStopping(2), [8.0, 9.0, 7.0, 8.0, 6.0, 7.0, 5.0, 6.0, 4.0], None)


@check("EarlyStopping", points=2)
def test_equal_is_no_improvement(student):
    """A loss has to be below best_loss − min_delta, not equal to it; min_delta is 0 by default."""
    assert_stops(student.EarlyStopping(patience=2), [1.0, 1.0, 1.0], 3)
    assert_stops(student.EarlyStopping(1), [1.0, 1.0 - 2.0**-40, 1.0 - 2.0**-39], None)
    stopper = student.EarlyStopping(patience=2, min_delta=0.25)
    assert_stops(stopper, [2.0, 1.5, 1.25, 1.375, 1.375], 4)
    assert_stops(student.EarlyStopping(1, 0.25), [2.0, 1.5, 1.25 - 2.0**-20], None)


@check("EarlyStopping", points=2)
def test_small_steps_add_up(student):
    """The best loss waits for a fall of more than min_delta, so small steps add up to one."""
    stopper = student.EarlyStopping(patience=3, min_delta=0.5)
    # The fourth loss is the first below 1.5; then the best one stays for three epochs.
    assert_stops(stopper, [2.0, 1.625, 1.75, 1.1875, 1.0, 0.875, 0.75], 7)
    assert_close(stopper.best_loss, 1.1875, name="best_loss at the end, with min_delta = 0.5")
    stopper = student.EarlyStopping(patience=3, min_delta=0.5)
    assert_stops(stopper, [2.0, 1.625, 1.75], None)
    assert_close(stopper.best_loss, 2.0, name="best_loss after 2, 1.625, 1.75, min_delta = 0.5")


@check("EarlyStopping", points=2)
def test_best_epoch_is_remembered(student, rng):
    """best_loss, best_params and best_epoch are those of the latest epoch that improved."""
    losses, improve = [2e6, 0.0, 1.0, -3.0, 7.0, -2.0, -4.0, 9.0], [0, 1, 3, 6]
    for pairs in (False, True):
        stopper = student.EarlyStopping(patience=5)
        history, epochs = [], {}
        for t, loss in enumerate(losses):
            w1, b1, w2, b2 = (rng.normal(size=s).round(2) for s in ((2, 3), (3,), (3, 1), (1,)))
            history.append([(w1, b1), (w2, b2)] if pairs else [w1, b1, w2, b2])
            stopper.update(loss, history[t])
            assert_unchanged(student)
            seen = stopper.best_loss, stopper.best_params, stopper.best_epoch
            best = max(epoch for epoch in improve if epoch <= t)
            where = f"after the losses {', '.join(f'{loss:g}' for loss in losses[: t + 1])}"
            assert_close(seen[0], losses[best], name=f"best_loss {where}")
            assert_close(seen[1], history[best], name=f"best_params {where}")
            # Where counting starts is left open, so only differences tell.
            epochs[t] = float(as_array(seen[2], (), f"best_epoch {where}"))
            since = epochs[t] - epochs[0]
            assert_close(since, best, name=f"best_epoch {where}, counted from the first epoch")


@check("EarlyStopping", points=2)
def test_best_params_are_a_deep_copy(student):
    """Training that goes on in place, in the very arrays that update got, leaves best_params."""
    for pairs in (False, True):
        w, b = lent(student, (2, 3), (3,))
        stopper = student.EarlyStopping(patience=3)
        for loss, value in ((1.0, 2.0), (0.5, 3.0)):
            w.fill(value)
            b.fill(value)
            stopper.update(loss, [(w, b)] if pairs else [w, b])
            w.fill(-5.0)
            b.fill(-5.0)
            kept = (np.full((2, 3), value), np.full(3, value))
            what = "a list of (w, b)" if pairs else "a list of arrays"
            name = f"best_params, {what}, after the caller filled its own arrays with −5"
            assert_close(stopper.best_params, [kept] if pairs else list(kept), name=name)


@check("EarlyStopping")
def test_nan_is_no_improvement(student):
    """A loss of NaN does not improve: it uses up patience and never becomes the best."""
    stopper = student.EarlyStopping(patience=3)
    nan = float("nan")
    losses = [1.0, nan, nan, 0.5, nan, nan]
    assert_stops(stopper, losses, None)
    assert_close(stopper.best_loss, 0.5, name="best_loss after 1, NaN, NaN, 0.5, NaN, NaN")
    assert_stops(stopper, [nan, nan], 7, after=losses)
