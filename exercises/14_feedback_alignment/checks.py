"""Checks of exercise 14: feedback alignment, direct feedback alignment, and the angle between.

Three oracles: numbers by hand (tanh(ln 2) = 0.6 and tanh(ln 3) = 0.8, so that activations and
slopes are short); the complex step on a network of our own, which gives the gradient to all digits
where feedback alignment has to be backpropagation; and laws that hold for any feedback.
"""

from itertools import combinations, pairwise

import numpy as np

from grader import datasets
from grader.checking import (
    as_array,
    assert_close,
    assert_exact_gradient,
    assert_quiet,
    assert_reaches,
    assert_unchanged,
    check,
    fail,
    unpack,
)

# How far p is clipped in log p is up to the learner: that moves the loss in the eighth digit.
LOSS_RTOL = 1e-6
# Degrees. Near 0° and 180° the arccos magnifies: one unit in the last place of the cosine is 1e-6°,
# and a cosine that is clipped a little inside of ±1, at 1 - 1e-7, is 0.03°.
ANGLE = 0.05

LN2, LN3 = np.log(2.0), np.log(3.0)

# One sample, layers of 1, 2 and 2 units: activations 0.6, then 0.8 and -0.6, softmax 3/4 and 1/4.
BY_HAND = [
    (np.array([[LN2]]), np.zeros(1)),
    (np.array([[LN3, -LN2]]) / 0.6, np.zeros(2)),
    (np.zeros((2, 2)), np.array([LN3, 0.0])),
]
FEEDBACK_BY_HAND = [np.array([[1.0], [0.5]]), np.array([[2.0, 0.0], [-2.0, 4.0]])]

# Our own network


def network_loss(params, x, labels):
    """Return the mean cross-entropy of a tanh network; takes complex numbers too."""
    for w, b in params[:-1]:
        x = np.tanh(x @ w + b)
    w, b = params[-1]
    z = x @ w + b
    z = z - z.real.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), labels])


def draw_params(rng, sizes):
    """Return parameters of a network whose units are not saturated."""
    return [
        (rng.normal(size=shape) / np.sqrt(shape[0]), 0.5 * rng.normal(size=shape[1]))
        for shape in pairwise(sizes)
    ]


def draw_network(rng, sizes, samples):
    """Return parameters, inputs and labels."""
    x, labels = rng.normal(size=(samples, sizes[0])), rng.integers(0, sizes[-1], size=samples)
    return draw_params(rng, sizes), x, labels


def draw_feedback(rng, sizes, direct):
    """Return matrices N(0, 1) of our own, so that no task depends on another one."""
    return [
        rng.normal(size=(sizes[-1] if direct else above, width))
        for width, above in pairwise(sizes[1:])
    ]


# Calls


def matrices(student, sizes, rng, **options):
    """Return the learner's feedback for a network as arrays, one for each hidden layer."""
    call = f"random_feedback({sizes}{', direct=True' if options else ''})"
    got = unpack(student.random_feedback(sizes, rng, **options), len(sizes) - 2, call)
    direct = options.get("direct", False)
    return [
        as_array(matrix, (sizes[-1] if direct else above, width), f"{call}[{layer}]")
        for layer, (matrix, (width, above)) in enumerate(zip(got, pairwise(sizes[1:]), strict=True))
    ]


def gradients(function, params, feedback, x, labels):
    """Return loss and gradients, `[(dw, db), ...]` of the shapes of `params`, as numbers."""
    loss, grads = unpack(function(params, feedback, x, labels), 2, "(loss, grads)")
    pairs = []
    for i, (pair, (w, b)) in enumerate(
        zip(unpack(grads, len(params), "grads"), params, strict=True)
    ):
        dw, db = unpack(pair, 2, f"grads[{i}]")
        pairs.append((as_array(dw, w.shape, f"dw{i + 1}"), as_array(db, b.shape, f"db{i + 1}")))
    return as_array(loss, (), "loss"), pairs


def assert_loss(function, rng, direct):
    """The loss is the mean cross-entropy of the logits, and no feedback changes it."""
    one = np.ones((1, 1)), np.array([1])
    loss, _ = gradients(function, BY_HAND, FEEDBACK_BY_HAND, *one)
    assert_close(loss, np.log(4.0), rtol=LOSS_RTOL, name="loss by hand")
    for sizes in ([3, 2], [3, 4, 3], [2, 5, 3, 4]):
        params, x, labels = draw_network(rng, sizes, 4)
        expected = network_loss(params, x, labels)
        for _ in range(2):
            loss, _ = gradients(function, params, draw_feedback(rng, sizes, direct), x, labels)
            assert_close(loss, expected, rtol=LOSS_RTOL, name="loss")


def assert_backpropagated(pair, params, layer, x, labels, rng):
    """The gradient of one layer is exactly that of the loss."""
    for place, got in enumerate(pair):

        def loss(v, place=place):
            w, b = params[layer]
            changed = (v, b) if place == 0 else (w, v)
            return network_loss([*params[:layer], changed, *params[layer + 1 :]], x, labels)

        name = f"{('dw', 'db')[place]} of layer {layer + 1} of {len(params)}"
        assert_exact_gradient(got, loss, params[layer][place], rng=rng, name=name)


def assert_last_layer_is_backpropagated(function, rng, direct):
    """Whatever the feedback, the last layer's gradient is that of the loss."""
    for sizes, samples in (([3, 4, 2], 5), ([2, 3, 5, 4], 3), ([2, 4, 4, 4], 4)):
        params, x, labels = draw_network(rng, sizes, samples)
        _, grads = gradients(function, params, draw_feedback(rng, sizes, direct), x, labels)
        assert_backpropagated(grads[-1], params, len(params) - 1, x, labels, rng)


def logit_errors(params, x, labels):
    """Return the gradient of the loss at the logits, by the complex step on the last bias."""
    *hidden, (w, b) = params
    steps = b + 1e-30j * np.eye(len(b))
    return np.array(
        [
            [network_loss([*hidden, (w, step)], one, label).imag / 1e-30 for step in steps]
            for one, label in zip(np.split(x, len(x)), np.split(labels, len(x)), strict=True)
        ]
    ) / len(x)


def assert_first_layer_heard(signal, pair, params, x, rng):
    """The first layer's gradient is that of its activations' product with the signal."""
    w, b = params[0]
    for got, f, at, name in (
        (pair[0], lambda v: np.sum(signal * np.tanh(x @ v + b)), w, "dw1"),
        (pair[1], lambda v: np.sum(signal * np.tanh(x @ w + v)), b, "db1"),
    ):
        assert_exact_gradient(got, f, at, rng=rng, name=name)


def assert_mean_over_the_batch(function, rng, direct):
    """A batch has the mean of its samples' losses and gradients; twice the batch has the same."""
    sizes = [3, 4, 5, 3]
    params, x, labels = draw_network(rng, sizes, 4)
    feedback = draw_feedback(rng, sizes, direct)
    loss, grads = gradients(function, params, feedback, x, labels)
    each = [
        gradients(function, params, feedback, x[n : n + 1], labels[n : n + 1]) for n in range(4)
    ]
    mean_loss = np.mean([one for one, _ in each])
    means = [
        (
            np.mean([one[layer][0] for _, one in each], axis=0),
            np.mean([one[layer][1] for _, one in each], axis=0),
        )
        for layer in range(3)
    ]
    assert_close(loss, mean_loss, rtol=LOSS_RTOL, name="loss (expected: the mean of its samples)")
    assert_close(grads, means, name="grads (expected: the mean of the samples')")
    twice = gradients(function, params, feedback, np.repeat(x, 2, 0), np.repeat(labels, 2))
    assert_close(twice[0], loss, name="loss with every sample twice")
    assert_close(twice[1], grads, name="grads with every sample twice")


def assert_no_trace(student, function, rng, direct):
    """The same call gives the same, whatever was called before, and changes no argument."""
    calls = [
        (*draw_network(rng, sizes, 3), draw_feedback(rng, sizes, direct))
        for sizes in ([2, 3, 3, 2], [3, 4, 3], [2, 3, 3, 2])
    ]
    answers = []
    for params, x, labels, feedback in (*calls, *calls):
        answers.append(gradients(function, params, feedback, x, labels))
        assert_unchanged(student)
    for first, again in zip(answers[:3], answers[3:], strict=True):
        assert_close(again, first, name="the same call once more: (loss, grads)")


def assert_quiet_far_out(student, function):
    """Inputs of 1000 and logits of ±1000 give the exact gradient without a warning."""
    units = np.array([[1.0, -1.0], [-1.0, 1.0]])
    params = [(units, np.zeros(2)), (500.0 * units, np.zeros(2))]
    x, labels = np.array([[1000.0, 0.0], [0.0, 1000.0]]), np.array([0, 0])
    feedback = [np.array([[1.0, 2.0], [3.0, 5.0]])]
    _, (hidden, last) = gradients(function, params, feedback, x, labels)
    assert_quiet(student)
    assert_close(last, (units / 2.0, [-0.5, 0.5]), name="(dw2, db2) far out")
    assert_close(hidden, (np.zeros((2, 2)), [0.0, 0.0]), name="(dw1, db1) of saturated units")


# The run on the digits

SEED = 14
EPOCHS, BATCH, MOMENTUM = 20, 100, 0.9


def accuracy_on_the_digits(student, function, sizes, lr, **options):
    """Train on 1297 digits with the learner's feedback; return the share of right ones of 500."""
    rng = np.random.default_rng(SEED)
    digits = datasets.load("digits")
    order = rng.permutation(len(digits.x))
    x, labels = digits.x[order] / 16.0, digits.labels[order]
    # The scale is the learner's choice and no part of the comparison.
    feedback = [
        matrix * (0.25 / max(matrix.std(), 1e-12))
        for matrix in matrices(student, sizes, np.random.default_rng(SEED), **options)
    ]
    flat = []
    for width, above in pairwise(sizes):
        flat += [rng.uniform(-1.0, 1.0, (width, above)) / np.sqrt(width), np.zeros(above)]
    moves = [np.zeros_like(array) for array in flat]
    for _ in range(EPOCHS):
        epoch = rng.permutation(1297)
        for rows in np.split(epoch, range(BATCH, 1297, BATCH)):
            pairs = list(zip(flat[::2], flat[1::2], strict=True))
            _, grads = gradients(function, pairs, feedback, x[rows], labels[rows])
            steps = [array for pair in grads for array in pair]
            moves = [MOMENTUM * move + step for move, step in zip(moves, steps, strict=True)]
            flat = [array - lr * move for array, move in zip(flat, moves, strict=True)]
    a = x[1297:]
    for w, b in zip(flat[:-2:2], flat[1:-2:2], strict=True):
        a = np.tanh(a @ w + b)
    return np.mean(np.argmax(a @ flat[-2] + flat[-1], axis=1) == labels[1297:])


# The checks


@check("random_feedback", points=2)
def test_feedback_has_the_shape_of_the_next_weights_transposed(student, rng):
    """One matrix for each hidden layer, shaped like the next layer's weights transposed."""
    for sizes in ([5, 4, 3, 2], [2, 7, 3], [3, 2, 6, 4, 5], [1, 1, 2], [4, 3]):
        matrices(student, sizes, rng)
        assert_unchanged(student)


@check("random_feedback", points=2)
def test_direct_feedback_comes_from_the_classes(student, rng):
    """With direct=True the matrix of every hidden layer is (classes, width of that layer)."""
    for sizes in ([5, 4, 3, 2], [2, 7, 3], [3, 2, 6, 4, 5], [1, 1, 2], [4, 3]):
        matrices(student, sizes, rng, direct=True)
        assert_unchanged(student)


@check("random_feedback", points=2)
def test_the_generator_decides_the_feedback(student, rng):
    """The same state of rng gives the same matrices, another state others; nothing else decides."""
    seed, other = int(rng.integers(1000)), int(rng.integers(1000, 2000))
    for options in ({}, {"direct": True}):
        first, again, different = (
            matrices(student, [4, 6, 5, 3], np.random.default_rng(number), **options)
            for number in (seed, seed, other)
        )
        assert_close(again, first, name="feedback from the same state of rng")
        for layer, (one, two) in enumerate(zip(first, different, strict=True)):
            if np.array_equal(one, two):
                fail(f"feedback[{layer}] is the same for two different states of rng")


@check("random_feedback", points=2)
def test_matrices_are_random_and_drawn_apart(student, rng):
    """No matrix is a pattern, and none is a copy of another one."""
    for sizes, options in (([20, *[30] * 5], {}), ([20, *[30] * 4, 20], {"direct": True})):
        drawn = matrices(student, sizes, rng, **options)
        for layer, matrix in enumerate(drawn):
            rank = np.linalg.matrix_rank(matrix - matrix.mean())
            if rank < min(matrix.shape) / 2:
                fail(
                    f"feedback[{layer}] is {len(matrix)} x {len(matrix.T)} but of rank {rank} "
                    "about its mean: its rows or columns repeat each other; draw entry by entry"
                )
        for (i, one), (j, two) in combinations(enumerate(drawn), 2):
            # Six sigma where the entries are independent: 600 or more of them.
            together = np.corrcoef(one.ravel(), two.ravel())[0, 1]
            if abs(together) > 6.0 / np.sqrt(one.size):
                fail(
                    f"feedback[{i}] and feedback[{j}] have the correlation {together:.2f}; "
                    "draw each matrix on its own"
                )


@check("fa_gradients")
def test_loss_of_feedback_alignment(student, rng):
    """The loss is the mean cross-entropy of the logits, and no feedback changes it."""
    assert_loss(student.fa_gradients, rng, direct=False)


@check("fa_gradients", points=2)
def test_feedback_alignment_by_hand(student):
    """The numbers of a small network of three layers come out, from the last layer to the first."""
    _, (first, second, third) = gradients(
        student.fa_gradients, BY_HAND, FEEDBACK_BY_HAND, np.ones((1, 1)), np.array([1])
    )
    assert_close(third, ([[0.6, -0.6], [-0.45, 0.45]], [0.75, -0.75]), name="(dw3, db3)")
    assert_close(second, ([[0.648, -1.152]], [1.08, -1.92]), name="(dw2, db2)")
    assert_close(first, ([[0.0768]], [0.0768]), name="(dw1, db1)")


@check("fa_gradients", points=3)
def test_transposed_weights_as_feedback_are_backpropagation(student, rng):
    """With the transposed weights as feedback every gradient is exactly that of the loss."""
    for sizes, samples in (([3, 2], 4), ([3, 4, 2], 5), ([2, 4, 3, 3], 3), ([2, 3, 4, 5, 2], 4)):
        params, x, labels = draw_network(rng, sizes, samples)
        feedback = [w.T.copy() for w, _ in params[1:]]
        _, grads = gradients(student.fa_gradients, params, feedback, x, labels)
        for layer, pair in enumerate(grads):
            assert_backpropagated(pair, params, layer, x, labels, rng)


@check("fa_gradients")
def test_last_layer_needs_no_feedback(student, rng):
    """The last layer's gradient is that of backpropagation, whatever the feedback."""
    assert_last_layer_is_backpropagated(student.fa_gradients, rng, direct=False)


@check("fa_gradients", points=2)
def test_feedback_acts_on_its_layer_and_those_below(student, rng):
    """A matrix times k multiplies the gradients of its layer and of all below, and no others."""
    sizes = [3, 4, 5, 3, 2]
    params, x, labels = draw_network(rng, sizes, 4)
    feedback = draw_feedback(rng, sizes, direct=False)
    _, plain = gradients(student.fa_gradients, params, feedback, x, labels)
    for at in range(3):
        for k in (-2.0, 0.0, 3.0):
            scaled = [matrix * (k if i == at else 1.0) for i, matrix in enumerate(feedback)]
            _, grads = gradients(student.fa_gradients, params, scaled, x, labels)
            for layer, ((dw, db), pair) in enumerate(zip(plain, grads, strict=True)):
                times = k if layer <= at else 1.0
                name = f"grads[{layer}] with feedback[{at}] times {k:g}"
                assert_close(pair, (times * dw, times * db), name=name)


@check("fa_gradients")
def test_mean_over_the_batch_in_feedback_alignment(student, rng):
    """Loss and gradients of a batch are the means of its samples'."""
    assert_mean_over_the_batch(student.fa_gradients, rng, direct=False)


@check("fa_gradients")
def test_feedback_alignment_leaves_no_trace(student, rng):
    """The same call gives the same gradients again, arguments stay, and nothing warns at ±1000."""
    assert_no_trace(student, student.fa_gradients, rng, direct=False)
    assert_quiet_far_out(student, student.fa_gradients)


@check("fa_gradients", points=2)
def test_feedback_alignment_learns_the_digits(student):
    """Sixteen hidden units learn the digits with your feedback; frozen ones would not."""
    # 400 runs, feedback of four kinds: 3 to 6 % wrong (5 sigma off); 100 frozen ones: 11 to 23 %.
    reached = accuracy_on_the_digits(student, student.fa_gradients, [64, 16, 10], lr=0.2)
    assert_reaches(reached, 0.925, false_alarm=0.001, name="share of the test digits that is right")


@check("dfa_gradients")
def test_loss_and_last_layer_need_no_direct_feedback(student, rng):
    """Loss and last layer's gradient are those of backpropagation, whatever the feedback."""
    assert_loss(student.dfa_gradients, rng, direct=True)
    assert_last_layer_is_backpropagated(student.dfa_gradients, rng, direct=True)


@check("dfa_gradients", points=2)
def test_direct_feedback_by_hand(student):
    """The numbers of a small network of three layers come out, each hidden layer by itself."""
    _, (first, second, third) = gradients(
        student.dfa_gradients, BY_HAND, FEEDBACK_BY_HAND, np.ones((1, 1)), np.array([1])
    )
    assert_close(third, ([[0.6, -0.6], [-0.45, 0.45]], [0.75, -0.75]), name="(dw3, db3)")
    assert_close(second, ([[0.648, -1.152]], [1.08, -1.92]), name="(dw2, db2)")
    assert_close(first, ([[0.24]], [0.24]), name="(dw1, db1)")


@check("dfa_gradients", points=2)
def test_direct_feedback_to_one_hidden_layer_is_feedback_alignment(student, rng):
    """With one hidden layer both kinds are the same, and exact where the feedback is."""
    for sizes, samples in (([3, 4, 2], 5), ([2, 3, 4], 3)):
        params, x, labels = draw_network(rng, sizes, samples)
        _, grads = gradients(student.dfa_gradients, params, [params[1][0].T.copy()], x, labels)
        for layer, pair in enumerate(grads):
            assert_backpropagated(pair, params, layer, x, labels, rng)
        feedback = draw_feedback(rng, sizes, direct=True)
        _, grads = gradients(student.dfa_gradients, params, feedback, x, labels)
        signal = logit_errors(params, x, labels) @ feedback[0]
        assert_first_layer_heard(signal, grads[0], params, x, rng)


@check("dfa_gradients", points=2)
def test_direct_feedback_acts_on_its_layer_alone(student, rng):
    """A matrix times k multiplies the gradients of its layer by k and leaves all others."""
    sizes = [3, 4, 5, 3, 2]
    params, x, labels = draw_network(rng, sizes, 4)
    feedback = draw_feedback(rng, sizes, direct=True)
    _, plain = gradients(student.dfa_gradients, params, feedback, x, labels)
    for at in range(3):
        for k in (-2.0, 0.0, 3.0):
            scaled = [matrix * (k if i == at else 1.0) for i, matrix in enumerate(feedback)]
            _, grads = gradients(student.dfa_gradients, params, scaled, x, labels)
            for layer, ((dw, db), pair) in enumerate(zip(plain, grads, strict=True)):
                times = k if layer == at else 1.0
                name = f"grads[{layer}] with feedback[{at}] times {k:g}"
                assert_close(pair, (times * dw, times * db), name=name)


@check("dfa_gradients")
def test_mean_over_the_batch_in_direct_feedback(student, rng):
    """Loss and gradients of a batch are the means of its samples'."""
    assert_mean_over_the_batch(student.dfa_gradients, rng, direct=True)


@check("dfa_gradients")
def test_direct_feedback_leaves_no_trace(student, rng):
    """The same call gives the same gradients again, arguments stay, and nothing warns at ±1000."""
    assert_no_trace(student, student.dfa_gradients, rng, direct=True)
    assert_quiet_far_out(student, student.dfa_gradients)


@check("dfa_gradients", points=2)
def test_direct_feedback_learns_the_digits(student):
    """Two hidden layers of sixteen learn the digits with your direct feedback."""
    # 400 runs, feedback of four kinds: 3 to 8 % wrong (5 sigma off); 100 frozen ones: 24 to 50 %.
    reached = accuracy_on_the_digits(
        student, student.dfa_gradients, [64, 16, 16, 10], lr=0.1, direct=True
    )
    assert_reaches(reached, 0.9, false_alarm=0.001, name="share of the test digits that is right")


@check("alignment", points=2)
def test_known_angles(student):
    """Angles that a drawing gives, in degrees: 45, 60, 90, 120, 135, 180 and 0."""
    root = np.sqrt(3.0)
    for a, b, angle in (
        ([1.0, 0.0], [3.0, 3.0], 45.0),
        ([2.0, 0.0, 0.0], [1.0, 0.0, root], 60.0),
        ([3.0, 4.0], [-4.0, 3.0], 90.0),
        ([[1.0, 0.0], [0.0, 0.0]], [[-1.0, root], [0.0, 0.0]], 120.0),
        ([[0.0, -1.0]], [[1.0, 1.0]], 135.0),
        ([[1.0], [-2.0]], [[-1.0], [2.0]], 180.0),
        ([1.0, 2.0], [3.0, 6.0], 0.0),
    ):
        got = student.alignment(np.array(a), np.array(b))
        assert_unchanged(student)
        assert_close(got, angle, atol=ANGLE, name=f"angle between {a} and {b}")


@check("alignment", points=2)
def test_rounding_makes_no_nan(student, rng):
    """A gradient is at 0° to itself and at 180° to its opposite, also where rounding interferes."""
    for sign, angle in ((-1.0, 180.0), (1.0, 0.0)):
        vectors = rng.normal(size=(100, 5)) + 1.0
        factors = sign * rng.uniform(1.0, 3.0, size=100)
        got = student.alignment.many(
            [(v, k * v) for v, k in zip(vectors, factors, strict=True)]
            + [(v, sign * v) for v in vectors]
        )
        assert_quiet(student)
        for n, one in enumerate(got):
            what = "itself" if n >= 100 else "a multiple of itself"
            name = f"angle of a gradient to {'minus ' if sign < 0 else ''}{what}"
            assert_close(one, angle, atol=ANGLE, name=name)


@check("alignment")
def test_size_of_gradients_does_not_matter(student, rng):
    """The angle asks for directions alone, not for sizes, nor for which gradient comes first."""
    for _ in range(5):
        a, b = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
        angle = as_array(student.alignment(a, b), (), "angle")
        for k, m in ((1000.0, 1.0), (1.0, 0.01), (1e-3, 1e-3), (50.0, 2e-4)):
            name = f"angle with the gradients times {k:g} and {m:g}"
            # An ε of 1e-12 in the denominator is off by 1e-5°, one of 1e-8 by 0.05°.
            assert_close(student.alignment(k * a, m * b), angle, atol=1e-3, name=name)
        assert_close(student.alignment(b, a), angle, atol=1e-3, name="angle the other way round")
        opposite = student.alignment(a, -b)
        assert_close(opposite, 180.0 - angle, atol=1e-3, name="angle to the opposite gradient")


@check("alignment", points=2)
def test_lists_count_as_one_long_vector(student, rng):
    """Lists of arrays and of (w, b) count as one vector of all that is in them."""
    a = [np.array([1.0, 0.0]), np.array([[1.0], [1.0], [1.0]])]
    b = [np.array([1.0, 0.0]), np.array([[1.0], [1.0], [-1.0]])]
    assert_close(student.alignment(a, b), 60.0, atol=ANGLE, name="angle between lists of arrays")
    assert_unchanged(student)
    a = [(np.array([[3.0, 0.0]]), np.zeros(2)), (np.zeros((2, 1)), np.array([3.0]))]
    b = [(np.zeros((1, 2)), np.array([0.0, -2.0])), (np.zeros((2, 1)), np.array([-2.0]))]
    name = "angle between lists of (w, b)"
    assert_close(student.alignment(a, b), 120.0, atol=ANGLE, name=name)
    assert_unchanged(student)
    for sizes in ([3, 2], [4, 3, 2], [2, 5, 5, 3]):
        one, two = draw_params(rng, sizes), draw_params(rng, sizes)
        u, v = (np.concatenate([np.ravel(p) for pair in g for p in pair]) for g in (one, two))
        angle = as_array(student.alignment(u, v), (), "angle")
        assert_close(student.alignment(one, two), angle, atol=ANGLE, name=name)
