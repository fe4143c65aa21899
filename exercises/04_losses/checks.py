"""Checks of exercise 4: losses and their gradients.

Numbers worked by hand, laws that only the right function keeps, and gradients beside finite
differences of a textbook loss of our own, which is good for small logits only.

What the course leaves open stays open here: whether `bce` clips p, or p and 1 - p apart (2e-5 at
the ends), and how `cross_entropy` guards a p near 0 (an ε of 1e-7 adds 2e-6 at p = 1/20).
"""

import numpy as np

from grader.checking import (
    arrays,
    as_array,
    assert_close,
    assert_gradient,
    assert_quiet,
    assert_raises,
    assert_unchanged,
    batches,
    check,
    fail,
    generators,
    given,
)

LN2, LN3, LN5 = 0.6931471805599453, 1.0986122886681098, 1.6094379124341003
LABELS = np.array([2, 0, 2, 1])


def textbook_bce(z, y):
    """Return the mean binary cross-entropy of sigmoid(z), for small z."""
    p = 1.0 / (1.0 + np.exp(-z))
    return np.mean(y * -np.log(p) + (1.0 - y) * -np.log(1.0 - p))


def textbook_cross_entropy(z, labels):
    """Return the mean cross-entropy of softmax(z), for small z."""
    weights = np.exp(z)
    shares = weights / weights.sum(axis=1, keepdims=True)
    return -np.log(np.take_along_axis(shares, labels[:, np.newaxis], axis=1)).mean()


# one_hot


@check("one_hot")
def test_ones_stand_at_the_labels(student):
    """The labels 2, 0, 2, 1 give rows with a 1 in column 2, 0, 2 and 1, for k = 3 and k = 5."""
    rows = np.array([[0, 0, 1, 0, 0], [1, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0]])
    for k in (3, 5):
        hot = student.one_hot(LABELS, k)
        assert_unchanged(student)
        assert_close(hot, rows[:, :k], name=f"one_hot(labels, {k})")
    for kind in (np.int32, np.uint8):
        hot = student.one_hot(LABELS.astype(kind), 3)
        assert_close(hot, rows[:, :3], name=f"one_hot of labels of type {kind.__name__}")


@check("one_hot")
@given(generator=generators())
def test_rows_are_all_zeros_but_for_one_one(student, generator):
    """Each row has one 1, in the column of its label, and zeros, whatever labels occur."""
    n, k = int(generator.integers(1, 6)), int(generator.integers(1, 6))
    labels = generator.integers(0, k, size=n)
    hot = as_array(student.one_hot(labels, k), (n, k), name="one_hot(labels, k)")
    assert_close(np.sort(hot, axis=1)[:, ::-1], [[1.0] + (k - 1) * [0.0]] * n, name="a row, sorted")
    assert_close(hot @ np.arange(k), labels, name="the columns of the ones")


@check("one_hot", points=2)
def test_label_outside_raises(student):
    """One label below 0 or above k - 1 among good ones raises ValueError."""
    refused = []
    for labels in ([-1], [3], [0, 4, 1], [2, 1, -1], [-3, 0, 1], [0, 1, 2, 3]):
        try:
            assert_raises(ValueError, student.one_hot, np.array(labels), 3)
        except AssertionError as error:
            refused.append(f"one_hot(np.array({labels}), 3): {error}")
    if refused:
        fail(refused[0])


# mse


@check("mse")
def test_mse_by_hand(student):
    """Errors of 1, -2, 0, 3, -1 and 2 have the mean square 19/6, as a matrix or in a row."""
    y = np.array([[0.0, 4.0], [3.0, 1.0], [6.0, 6.0]])
    y_hat = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 8.0]])
    assert_close(student.mse(y_hat, y), 19 / 6, name="mse of a (3, 2) batch")
    assert_unchanged(student)
    assert_close(student.mse(y_hat.ravel(), y.ravel()), 19 / 6, name="mse of a (6,) batch")
    assert_close(student.mse(y_hat[:1], y[:1]), 2.5, name="mse of a batch of one row")
    assert_close(student.mse(y_hat[1:, 1], y[1:, 1]), 6.5, name="mse of a (2,) batch")


@check("mse")
@given(y=batches(), generator=generators())
def test_whole_misses_cost_their_squares(student, y, generator):
    """A miss of 0, 1, 2 or 3, on either side, costs 0, 1, 4 or 9, shared among all elements."""
    misses = generator.integers(-3, 4, size=y.shape)
    costs = [{0: 0, 1: 1, 2: 4, 3: 9}[abs(miss)] for miss in misses.ravel().tolist()]
    got = student.mse(y + misses, y)
    assert_close(got, sum(costs) / len(costs), atol=1e-9, name="mse(y_hat, y)")


@check("mse_grad")
def test_mse_grad_by_hand(student):
    """Errors of 1, -2, 0, 3, -1 and 2 have the slopes 1/3, -2/3, 0, 1, -1/3 and 2/3."""
    y = np.array([[0.0, 4.0], [3.0, 1.0], [6.0, 6.0]])
    y_hat = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 8.0]])
    expected = np.array([[1, -2], [0, 3], [-1, 2]]) / 3
    assert_close(student.mse_grad(y_hat, y), expected, name="mse_grad of a (3, 2) batch")
    got = student.mse_grad(y_hat.ravel(), y.ravel())
    assert_close(got, expected.ravel(), name="mse_grad of a (6,) batch")
    assert_close(student.mse_grad(y_hat[:1, 1], y[:1, 1]), [-4.0], name="mse_grad of one number")


@check("mse_grad")
@given(y_hat=batches(), generator=generators())
def test_mse_grad_is_the_slope(student, y_hat, generator):
    """The gradient is the slope of the mean squared error in every element."""
    y = generator.normal(size=y_hat.shape).round(3)
    got = student.mse_grad(y_hat, y)
    assert_unchanged(student)

    def loss(x):
        return np.linalg.norm(x - y) ** 2 / x.size

    assert_gradient(got, loss, y_hat, name="mse_grad(y_hat, y)", batch_size=len(y))


# bce


@check("bce")
def test_bce_by_hand(student):
    """What happened had the probabilities 1/2, 4/5 and 1/4: the mean cost is ln(10)/3."""
    p, y = np.array([0.5, 0.2, 0.25]), np.array([1.0, 0.0, 1.0])
    # An ε of 1e-8 in the logarithms moves this by 2e-8.
    assert_close(student.bce(p, y), (LN2 + LN5) / 3, rtol=1e-10, name="bce(p, y)")
    assert_unchanged(student)
    assert_close(student.bce(p[:1], y[:1]), LN2, rtol=1e-10, name="bce of a batch of one")


@check("bce")
@given(costs=arrays((3,), 0.1, 4.0), y=arrays((3,), 0.0, 1.0))
def test_bce_of_soft_labels(student, costs, y):
    """A label y between 0 and 1 costs y times what a 1 costs, plus 1 - y times what a 0 costs."""
    p = np.exp(-costs)  # a 1 costs -ln p
    got, one, zero = (student.bce(p, target) for target in (y, np.ones(3), np.zeros(3)))
    assert_close(one, costs.mean(), name="bce(p, y) where all labels are 1")
    turned = student.bce(1.0 - p, np.ones(3))
    assert_close(
        zero, as_array(turned, (), "bce(1 - p, 1)"), name="bce(p, 0), beside bce(1 - p, 1)"
    )
    parts = student.bce.many([(p[[i]], np.array([t])) for i in range(3) for t in (0.0, 1.0)])
    pairs = np.reshape([as_array(part, (), "bce of one") for part in parts], (3, 2))
    assert_close(got, np.mean((1 - y) * pairs[:, 0] + y * pairs[:, 1]), name="bce(p, y)")


@check("bce", points=2)
def test_bce_is_finite_at_the_ends(student):
    """At p = 0 and p = 1 the loss is 27.631 or 0, without a warning; at 1e-9 nothing is clipped."""
    for p, y, expected in (
        (0.0, 1.0, 27.631021),
        (1.0, 0.0, 27.631021),
        (0.0, 0.0, 0.0),
        (1.0, 1.0, 0.0),
        (0.0, 0.25, 27.631021 / 4),
        (1.0, 0.25, 27.631021 * 3 / 4),
    ):
        got = student.bce(np.array([p]), np.array([y]))
        assert_quiet(student)
        assert_unchanged(student)
        assert_close(got, expected, atol=5e-3, name=f"bce at p = {p:g}, y = {y:g}")
    got = student.bce(np.array([1e-9, 1.0 - 2.0**-30]), np.array([1.0, 0.0]))
    expected = (9 * (LN2 + LN5) + 30 * LN2) / 2
    assert_close(got, expected, atol=1e-6, name="bce at p = 1e-9, y = 1 and p = 1 - 2^-30, y = 0")


# bce_with_logits


@check("bce_with_logits", points=2)
def test_bce_with_logits_by_hand(student):
    """Logits of 0, ln 3 and -ln 3 have the probabilities 1/2, 3/4 and 1/4; ±1000 are exact."""
    z, y = np.array([0.0, LN3, -LN3]), np.array([1.0, 1.0, 0.5])
    costs = np.array([LN2, 2 * LN2 - LN3, 2 * LN2 - LN3 / 2])
    got = student.bce_with_logits(z, y)
    assert_unchanged(student)
    assert_close(got, costs.mean(), name="bce_with_logits(z, y)")
    for i in range(3):
        got = student.bce_with_logits(z[i : i + 1], y[i : i + 1])
        assert_close(got, costs[i], name=f"bce_with_logits at z = {z[i]:.4g}, y = {y[i]:g}")
    for z_i, y_i, cost in (
        (40.0, 0.0, 40.0),
        (-700.0, 1.0, 700.0),
        (1000.0, 0.0, 1000.0),
        (-1000.0, 1.0, 1000.0),
        (1000.0, 1.0, 0.0),
        (-1000.0, 0.0, 0.0),
        (1000.0, 0.25, 750.0),
        (-1000.0, 0.25, 250.0),
    ):
        got = student.bce_with_logits(np.array([z_i]), np.array([y_i]))
        assert_close(got, cost, name=f"bce_with_logits at z = {z_i:g}, y = {y_i:g}")
        assert_quiet(student)


@check("bce_with_logits")
@given(z=arrays((3,), -8.0, 8.0), y=arrays((3,), 0.0, 1.0))
def test_laws_of_bce_with_logits(student, z, y):
    """A logit z makes a 0 cost z more than a 1; both e^-cost add up to 1; labels may be soft."""
    got = student.bce_with_logits(z, y)
    singles = student.bce_with_logits.many(
        [(z[i : i + 1], np.array([t])) for t in (0.0, 1.0) for i in range(3)]
    )
    zero, one = np.reshape([as_array(s, (), "bce_with_logits of one") for s in singles], (2, 3))
    assert_close(zero - one, z, name="cost of a 0 minus cost of a 1")
    assert_close(np.exp(-zero) + np.exp(-one), np.ones(3), name="e^-cost of a 0 + e^-cost of a 1")
    assert_close(got, np.mean(zero - y * z), name="bce_with_logits(z, y)")


@check("bce_with_logits_grad")
def test_bce_with_logits_grad_by_hand(student):
    """Logits of 0, ln 3, -ln 3, 1000 and -1000 give 1/2, 3/4, 1/4, 1 and 0, less y, over N."""
    z = np.array([0.0, LN3, -LN3, 1000.0, -1000.0, 1000.0, -1000.0])
    y = np.array([0.0, 1.0, 0.5, 0.0, 1.0, 1.0, 0.25])
    slopes = np.array([0.5, -0.25, -0.25, 1.0, -1.0, 0.0, -0.25])
    got = student.bce_with_logits_grad(z[:3], y[:3])
    assert_unchanged(student)
    assert_close(got, slopes[:3] / 3, name="bce_with_logits_grad(z, y)")
    got = student.bce_with_logits_grad(z, y)
    assert_close(got, slopes / 7, name="bce_with_logits_grad with logits of ±1000")
    assert_quiet(student)


@check("bce_with_logits_grad")
@given(z=arrays((4,), -5.0, 5.0), y=arrays((4,), 0.0, 1.0))
def test_bce_with_logits_grad_is_the_slope(student, z, y):
    """The gradient is the slope of the mean loss in every logit, for soft labels too."""
    for n in (4, 1):
        got = student.bce_with_logits_grad(z[:n], y[:n])
        name = f"bce_with_logits_grad of {n} logit{'s' * (n > 1)}"
        assert_gradient(got, lambda x: textbook_bce(x, y[: len(x)]), z[:n], name=name, batch_size=n)


# cross_entropy


@check("cross_entropy")
def test_cross_entropy_in_bits(student):
    """Probabilities of 1/2, 1/4, 1/8 and 1/8 cost 1, 2, 3 and 3 times ln 2, for soft labels too."""
    p = np.array([[0.5, 0.25, 0.125, 0.125], [0.125, 0.5, 0.125, 0.25], [0.25] * 4])
    one_hot = np.array([[0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    soft = np.array([[0.75, 0.0, 0.25, 0.0], [0.5, 0.0, 0.0, 0.5], [0.25] * 4])
    for y, bits in ((one_hot, [2.0, 3.0, 2.0]), (soft, [1.5, 2.5, 2.0])):
        kind = "one-hot" if y is one_hot else "soft"
        got = student.cross_entropy(p, y)
        assert_unchanged(student)
        assert_close(got, np.mean(bits) * LN2, rtol=1e-5, name=f"cross_entropy with {kind} labels")
        got = student.cross_entropy(p[:1], y[:1])
        assert_close(got, bits[0] * LN2, rtol=1e-5, name=f"cross_entropy of one row, {kind}")


@check("cross_entropy")
@given(generator=generators())
def test_soft_labels_weigh_the_costs(student, generator):
    """A row of soft labels costs the mean of its classes' costs, weighted with the labels."""
    n, k = int(generator.integers(1, 5)), int(generator.integers(2, 5))
    p = generator.dirichlet(np.ones(k), size=n) * (1 - k / 20) + 1 / 20
    y = generator.multinomial(8, np.ones(k) / k, size=n) / 8
    classes = np.eye(k)[:, np.newaxis]
    alone = student.cross_entropy.many([(row[np.newaxis], c) for row in p for c in classes])
    costs = np.reshape([as_array(cost, (), "cross_entropy of one row") for cost in alone], (n, k))
    assert_close(np.exp(-costs), p, rtol=1e-5, name="e^-cost of each class alone")
    expected = np.mean([cost @ target for cost, target in zip(costs, y, strict=True)])
    assert_close(student.cross_entropy(p, y), expected, rtol=1e-5, name="cross_entropy(p, y)")


@check("cross_entropy")
def test_impossible_class_that_did_not_happen_is_free(student):
    """A class with p = 0 and y = 0 costs nothing: no NaN and no warning."""
    p = np.array([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]])
    for y, cost in (
        (np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), LN2 / 2),
        (np.array([[1.0, 0.0, 0.0], [0.0, 0.25, 0.75]]), LN2 / 2),
    ):
        got = student.cross_entropy(p, y)
        assert_close(got, cost, atol=1e-5, name="cross_entropy(p, y)")
        assert_quiet(student)
        assert_unchanged(student)


# softmax_cross_entropy


@check("softmax_cross_entropy")
def test_softmax_cross_entropy_by_hand(student):
    """Equal logits of 4 classes cost ln 4; ln 1, ln 2 and ln 5 are probabilities 1/8, 2/8, 5/8."""
    got = student.softmax_cross_entropy(np.full((3, 4), 0.5), np.array([0, 2, 1]))
    assert_close(got, 2 * LN2, name="softmax_cross_entropy of equal logits")
    z, labels = np.log([[1.0, 2.0, 5.0], [2.0, 4.0, 2.0]]), np.array([1, 0])
    got = student.softmax_cross_entropy(z, labels)
    assert_unchanged(student)
    assert_close(got, 2 * LN2, name="softmax_cross_entropy(z, labels)")
    got = student.softmax_cross_entropy(z[:1], np.array([2], dtype=np.uint8))
    assert_close(got, 3 * LN2 - LN5, name="softmax_cross_entropy of one row")


@check("softmax_cross_entropy", points=2)
def test_softmax_cross_entropy_of_large_logits(student):
    """Logits of ±1000 are exact, and quiet, in whatever rows they meet."""
    z = np.array([[1000.0, 0.0, 999.0], [-1000.0, -1000.0, -999.0], [1000.0, -1000.0, 0.0]])
    near, two = 0.3132616875182228, 0.5514447139320511  # ln(1 + 1/e), ln(1 + 2/e)
    for labels, costs in (
        ([0, 2, 0], [near, two, 0.0]),
        ([2, 0, 2], [1 + near, 1 + two, 1000.0]),
        ([1, 1, 1], [1000 + near, 1 + two, 2000.0]),
    ):
        for rows in ([0], [1], [2], [0, 1, 2]):
            got = student.softmax_cross_entropy(z[rows], np.array(labels)[rows])
            expected = np.mean(np.array(costs)[rows])
            where = f"row {rows[0]}" if len(rows) == 1 else "all rows"
            assert_close(got, expected, name=f"{where}, labels {labels}")
            assert_quiet(student)


@check("softmax_cross_entropy")
@given(z=batches(rows=(1, 4)), generator=generators())
def test_laws_of_softmax_cross_entropy(student, z, generator):
    """In each row the costs differ as the logits do, and all e^-cost add up to 1."""
    n, k = z.shape
    labels = generator.integers(0, k, size=n)
    got = student.softmax_cross_entropy(z, labels)
    alone = student.softmax_cross_entropy.many(
        [(row[np.newaxis], np.array([c])) for row in z for c in range(k)]
    )
    costs = np.reshape([as_array(cost, (), "cost of one row") for cost in alone], (n, k))
    assert_close(
        costs[:, :1] - costs, z - z[:, :1], name="cost of class 0 minus cost of each class"
    )
    assert_close(np.exp(-costs).sum(axis=1), np.ones(n), name="e^-cost, summed over the classes")
    expected = np.mean([cost[i] for cost, i in zip(costs, labels, strict=True)])
    assert_close(got, expected, name="softmax_cross_entropy(z, labels)")


@check("softmax_cross_entropy_grad", points=2)
def test_softmax_cross_entropy_grad_by_hand(student):
    """Probabilities less 1 at the label, shared among the rows, for logits of ±1000 too."""
    z, labels = np.log([[1.0, 2.0, 5.0], [2.0, 4.0, 2.0]]), np.array([1, 0])
    got = student.softmax_cross_entropy_grad(z, labels)
    assert_unchanged(student)
    expected = np.array([[1, -6, 5], [-6, 4, 2]]) / 16
    assert_close(got, expected, name="softmax_cross_entropy_grad(z, labels)")
    got = student.softmax_cross_entropy_grad(z[:1], np.array([2], dtype=np.uint8))
    assert_close(got, np.array([[1, 2, -3]]) / 8, name="softmax_cross_entropy_grad of one row")
    z = np.array([[1000.0, 0.0], [-1000.0, -1000.0], [1000.0, -1000.0], [-1000.0, 1000.0]])
    slopes = np.array([[1.0, -1.0], [-0.5, 0.5], [0.0, 0.0], [-1.0, 1.0]])
    got = student.softmax_cross_entropy_grad(z, np.array([1, 0, 0, 0]))
    assert_close(got, slopes / 4, name="softmax_cross_entropy_grad with logits of ±1000")
    assert_quiet(student)


@check("softmax_cross_entropy_grad")
@given(z=batches(), generator=generators())
def test_softmax_cross_entropy_grad_is_the_slope(student, z, generator):
    """The gradient is the slope of the mean cross-entropy in every logit, for any N and K."""
    n, k = z.shape
    labels = generator.integers(0, k, size=n)
    got = student.softmax_cross_entropy_grad(z, labels)
    assert_unchanged(student)

    def loss(x):
        return textbook_cross_entropy(x, labels)

    assert_gradient(got, loss, z, name="softmax_cross_entropy_grad(z, labels)", batch_size=n)
