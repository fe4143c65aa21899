"""Checks of exercise 1: the perceptron, from the weighted sum to a trained line.

Where a weighted sum could come to exactly 0 the numbers are small multiples of 1/8: every sum of
such numbers is exact in floating point, so a tie is a tie in whatever order a learner adds.
"""

import numpy as np

from grader.checking import (
    arrays,
    as_array,
    assert_close,
    assert_integers,
    assert_quiet,
    assert_unchanged,
    check,
    fail,
    given,
    labels,
    show_boundary,
    unpack,
)

W, B = np.array([3.0, -2.0]), 1.0
ROWS = np.array([[-1.0, 2.0], [2.0, 1.0], [1.0, 2.0]])  # weighted sums -6, 5 and 0
GATE = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])

# w and b after each epoch of learning AND, worked by hand; the sixth epoch changes nothing.
LINES_OF_AND = [((1, 1), 0), ((2, 1), -1), ((2, 1), -2), ((2, 2), -2), ((2, 1), -3)]


def eighths(values):
    """Round to multiples of 1/8."""
    return np.round(8 * values) / 8


def updated(student, w, b, x_i, y_i, **lr):
    """The learner's update as an array (D,) and a number, once its arguments proved untouched."""
    got = student.update(w, b, x_i, y_i, **lr)
    assert_unchanged(student)
    new_w, new_b = unpack(got, 2, name="(w, b)")
    return as_array(new_w, w.shape, name="w"), float(as_array(new_b, (), name="b"))


def trained(student, x, y, **settings):
    """The learner's run as an array (D,), a number and the mistakes, its arguments untouched."""
    got = student.train(x, y, **settings)
    assert_unchanged(student)
    w, b, mistakes = unpack(got, 3, name="(w, b, mistakes)")
    w = as_array(w, x.shape[1:], name="w")
    mistakes = as_array(mistakes, name="mistakes")
    if mistakes.ndim != 1:
        fail("mistakes should be a list with one number for each epoch that was run")
    return w, float(as_array(b, (), name="b")), mistakes


def assert_mistakes(mistakes, expected):
    """The run made these numbers of updates, epoch by epoch."""
    if len(mistakes) != len(expected):
        begin = ", ".join(f"{n:g}" for n in mistakes[:8])
        fail(
            f"mistakes should be {expected}, one number an epoch; "
            f"yours has length {len(mistakes)}" + (f" and begins with {begin}" if begin else "")
        )
    assert_close(mistakes, expected, name="mistakes")


# weighted_sum


@check("weighted_sum")
def test_lectures_neuron_sums_to_minus_six(student):
    """The lecture's neuron, w = (3, -2) and b = 1, has the weighted sum -6 at x = (-1, 2)."""
    z = student.weighted_sum(ROWS[:1], W, B)
    assert_close(z, [-6.0], name="weighted_sum(x, w, b)")


@check("weighted_sum")
def test_every_row_has_its_own_sum(student):
    """Three rows give three weighted sums, and a batch of one row gives an array of one."""
    together = student.weighted_sum(ROWS, W, B)
    assert_unchanged(student)
    assert_close(together, [-6.0, 5.0, 0.0], name="weighted_sum of three rows")
    for i, z in enumerate((-6.0, 5.0, 0.0)):
        alone = student.weighted_sum(ROWS[i : i + 1], W, B)
        assert_close(alone, [z], name="weighted_sum of one row")


@check("weighted_sum")
@given(w=arrays((3,)), b=arrays(()), size=arrays((), 0.5, 3.0))
def test_single_features_read_off_the_weights(student, w, b, size):
    """A row of zeros gives b, and a row with one feature s gives s times its weight, plus b."""
    x = np.vstack([np.zeros(3), float(size) * np.eye(3)])
    z = student.weighted_sum(x, w, float(b))
    expected = np.append(0.0, float(size) * w) + float(b)
    assert_close(z, expected, atol=1e-9, name="weighted_sum(x, w, b)")


# neuron


@check("neuron")
def test_neuron_applies_g_to_the_weighted_sum(student):
    """The lecture's neuron with a sigmoid gives 0.00247 at x = (-1, 2), which is g(-6)."""
    a = student.neuron(ROWS, W, B, lambda z: 1.0 / (1.0 + np.exp(-np.asarray(z))))
    assert_unchanged(student)
    expected = [0.0024726231566347743, 0.9933071490757153, 0.5]
    assert_close(a, expected, name="neuron(x, w, b, sigmoid)")


@check("neuron")
@given(slope=arrays((), 1.0, 3.0), shift=arrays((), 1.0, 3.0))
def test_neuron_takes_any_activation(student, slope, shift):
    """With g(z) = c z + d in place of the sigmoid, the weighted sum z becomes c z + d."""
    c, d = float(slope), float(shift)
    a = student.neuron(ROWS, W, B, lambda z: c * np.asarray(z) + d)
    expected = [-6.0 * c + d, 5.0 * c + d, d]
    assert_close(a, expected, atol=1e-9, name="neuron(x, w, b, g)")


# step


@check("step")
def test_step_is_one_from_zero_on(student):
    """The step is 0 below zero, and 1 at zero and above, however close to zero z is."""
    z = np.array([-1000.0, -2.0, -1e-300, 0.0, 1e-300, 0.5, 1000.0])
    ones = student.step(z)
    assert_quiet(student)
    assert_close(ones, [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0], name="step(z)")


@check("step")
@given(z=arrays((2, 3)))
def test_step_keeps_the_shape_and_the_argument(student, z):
    """The step of a matrix is a matrix, of a single number a single number; z is not written to."""
    ones = student.step(z)
    assert_unchanged(student)
    assert_close(ones, [[float(v >= 0) for v in row] for row in z], name="step(z)")
    corner = z[0, 0]
    assert_close(student.step(np.array(corner)), float(corner >= 0), name="step of one number")


# predict


@check("predict")
def test_predictions_are_integers(student):
    """The weighted sums -6, 5, 0, 0.25 and 0.75 are predicted as the integers 0, 1, 1, 1 and 1."""
    x = np.vstack([ROWS, [0.0, 0.375], [0.0, 0.125]])
    got = assert_integers(student.predict(x, W, B), "predict(x, w, b)")
    assert_unchanged(student)
    assert_close(got, [0, 1, 1, 1, 1], name="predict(x, w, b)")


@check("predict")
@given(x=arrays((4, 3)), w=arrays((3,)), b=arrays(()), examples=20)
def test_only_the_side_of_the_line_counts(student, x, w, b):
    """Weights and bias a hundred times smaller predict the same; turned round, the opposite."""
    x, w, b = eighths(x), eighths(w), float(eighths(b))
    first = as_array(student.predict(x, w, b), (4,), name="predict(x, w, b)")
    scaled = student.predict(x, w / 128.0, b / 128.0)
    assert_close(scaled, first, name="predict with w and b divided by 128")
    turned = student.predict(x, 0.0 - w, 0.0 - b)  # 0.0 - w, as -w would show zeros as -0.0
    on_the_line = np.sum(x * w, axis=1) + b == 0
    assert_close(turned, np.where(on_the_line, 1.0, 1.0 - first), name="predict with -w and -b")


# update


@check("update")
def test_a_false_alarm_is_corrected(student):
    """Label 0, but predicted 1: x = (2, 1) turns w = (3, -2), b = 1 into w = (1, -3), b = 0."""
    w, b = updated(student, W, B, ROWS[1], 0)
    assert_close(w, [1.0, -3.0], name="w")
    assert_close(b, 0.0, name="b")


@check("update")
def test_zero_counts_as_predicted_one(student):
    """At x = (1, 2) the sum is 0, the prediction 1: only with the label 0 is there an update."""
    for x_i, y_i, new_w, new_b in (
        (ROWS[1], 1, W, B),  # sums of 5, beyond any doubt
        (ROWS[1], 0, [1.0, -3.0], 0.0),
        (ROWS[2], 1, W, B),  # sums of 0
        (ROWS[2], 0, [2.0, -4.0], 0.0),
    ):
        w, b = updated(student, W, B, x_i, y_i)
        assert_close(w, new_w, name=f"w with the label {y_i}")
        assert_close(b, new_b, name=f"b with the label {y_i}")


@check("update")
def test_a_miss_is_corrected(student):
    """Label 1, but predicted 0: with lr = 0.25, x = (-1, 2) makes it w = (2.75, -1.5), b = 1.25."""
    w, b = updated(student, W, B, ROWS[0], 1, lr=0.25)
    assert_close(w, [2.75, -1.5], name="w")
    assert_close(b, 1.25, name="b")


@check("update")
def test_a_right_prediction_changes_nothing(student):
    """Where the prediction is right, w and b stay as they are."""
    for row, label in ((0, 0), (1, 1)):
        w, b = updated(student, W, B, ROWS[row], label)
        assert_close(w, W, name="w")
        assert_close(b, B, name="b")


@check("update")
@given(
    w=arrays((3,)),
    b=arrays(()),
    x_i=arrays((3,)),
    lr=arrays((), 0.25, 2.0),
    y=labels(1, 2),
    examples=30,
)
def test_an_update_turns_the_neuron_towards_the_label(student, w, b, x_i, lr, y):
    """A wrong sample's weighted sum moves by lr (x·x + 1) the right way; a right one's stays."""
    w, b, x_i, lr = eighths(w), float(eighths(b)), eighths(x_i), float(eighths(lr))
    y_i = int(y[0])
    new_w, new_b = updated(student, w, b, x_i, y_i, lr=lr)
    before = np.sum(w * x_i) + b
    after = np.sum(new_w * x_i) + new_b
    wrong = (before >= 0) != (y_i == 1)
    way = (1.0 if y_i == 1 else -1.0) if wrong else 0.0
    expected = before + way * lr * (np.sum(x_i * x_i) + 1.0)
    assert_close(after, expected, atol=1e-9, name="the sample's weighted sum after the update")


# train


@check("train", points=2)
def test_and_is_learned_step_by_step(student):
    """AND takes 2, 3, 3, 2, 1 and 0 updates, and ends at w = (2, 1), b = -3."""
    labels_of_and = np.array([0, 0, 0, 1])
    lines = [trained(student, GATE, labels_of_and, epochs=n)[:2] for n in range(1, 6)]
    show_boundary("AND", GATE, labels_of_and, lines, LINES_OF_AND)
    w, b, mistakes = trained(student, GATE, labels_of_and)
    assert_mistakes(mistakes, [2, 3, 3, 2, 1, 0])
    assert_close(w, [2.0, 1.0], name="w")
    assert_close(b, -3.0, name="b")


@check("train")
def test_xor_is_never_learned(student):
    """No line separates XOR: every epoch has a mistake, and training ends after `epochs` epochs."""
    xor = np.array([0, 1, 1, 0])
    for settings, epochs in (({"epochs": 7}, 7), ({}, 100)):
        _, _, mistakes = trained(student, GATE, xor, **settings)
        if mistakes.shape != (epochs,):
            fail(f"mistakes should have {epochs} numbers, one an epoch, but has {len(mistakes)}")
        if np.any(mistakes < 1) or np.any(mistakes > 4):
            fail("on XOR each epoch makes at least 1 mistake, and at most 4, one a row")


@check("train")
def test_training_starts_from_zeros(student):
    """Zero weights predict 1 everywhere: labels that are all 1 need no update at all."""
    w, b, mistakes = trained(student, ROWS, np.array([1, 1, 1]))
    assert_mistakes(mistakes, [0])
    assert_close(w, [0.0, 0.0], name="w")
    assert_close(b, 0.0, name="b")


@check("train")
@given(x=arrays((6, 2)), y=labels(6, 2))
def test_updates_stay_under_novikoffs_bound(student, x, y):
    """On separable data training ends without mistakes, within Novikoff's (R/γ)² updates."""
    signs = 2.0 * y - 1.0
    x = np.column_stack([eighths(x), signs])  # the last column alone separates, with γ = 1
    w, b, mistakes = trained(student, x, y)
    if len(mistakes) == 0 or mistakes[-1] != 0:
        fail("a line separates these rows, so the last number in mistakes should be 0")
    wrong = [i for i in range(6) if (np.sum(x[i] * w) + b >= 0) != (y[i] == 1)]
    if wrong:
        fail(f"a line separates these rows, yet the trained w and b get row {wrong[0]} wrong")
    bound = np.max(np.sum(x * x, axis=1)) + 1.0
    if np.sum(mistakes) > bound:
        fail(f"{np.sum(mistakes):g} updates are more than Novikoff's bound of {bound:g}")


@check("train")
@given(x=arrays((4, 3)), y=labels(4, 2))
def test_learning_rate_only_scales(student, x, y):
    """From zeros, a learning rate of 1/4 makes w and b a quarter, with the same mistakes."""
    x = np.vstack([[1.0, 2.0, -1.0], eighths(x)])
    y = np.append(0, y)  # so that the first row is wrong, and w and b move in every run
    w, b, mistakes = trained(student, x, y, epochs=10)
    small_w, small_b, same = trained(student, x, y, lr=0.25, epochs=10)
    assert_close(same, mistakes, name="mistakes with lr = 0.25")
    assert_close(small_w, 0.25 * w, name="w with lr = 0.25")
    assert_close(small_b, 0.25 * b, name="b with lr = 0.25")


@check("train")
@given(x=arrays((4, 3)), y=labels(4, 2))
def test_features_may_come_in_any_order(student, x, y):
    """Features in another order give the same weights in that order."""
    x = eighths(x)
    order = [2, 0, 1]
    w, b, mistakes = trained(student, x, y, epochs=10)
    other_w, other_b, same = trained(student, x[:, order], y, epochs=10)
    assert_close(same, mistakes, name="mistakes with the features reordered")
    assert_close(other_w, w[order], name="w with the features reordered")
    assert_close(other_b, b, name="b with the features reordered")
