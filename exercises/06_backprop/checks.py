"""Checks of exercise 6: backpropagation.

The oracle is a network of our own that also takes complex numbers: Im f(x + ih) / h is its
derivative to all digits (Squire & Trapp, 1998), because nothing is subtracted. Numerical
differences are not backpropagation, and every check of a gradient refuses them by what they cannot
hide: they run the forward pass once for every number, they lose digits, or they need minutes for a
wide layer.
"""

from contextlib import contextmanager
from itertools import pairwise

import numpy as np

from grader.checking import (
    arrays,
    as_array,
    assert_close,
    assert_gradient,
    assert_quiet,
    assert_raises,
    assert_unchanged,
    check,
    cotangent,
    fail,
    given,
    unpack,
)
from grader.errors import TimedOut

ACTIVATIONS = {
    "relu": lambda z: np.where(z.real > 0, z, 0.0),
    "sigmoid": lambda z: (1.0 + np.tanh(z / 2.0)) / 2.0,
    "tanh": np.tanh,
}
FORWARDS = ("dense_forward", "softmax_cross_entropy", "loss_and_gradients")
WIDE = 440
UNITS = 60_000
ADVICE = (
    "Differences are a good test of backpropagation but do not count as backpropagation: it uses "
    "the slope's formula, with what the forward pass has kept in the cache."
)

# Our own network


def cross_entropy(z, labels):
    """Return the mean cross-entropy of logits."""
    z = z - z.real.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), labels])


def network_loss(params, x, labels, activation):
    """Return the mean loss of a network."""
    for w, b in params[:-1]:
        x = ACTIVATIONS[activation](x @ w + b)
    w, b = params[-1]
    return cross_entropy(x @ w + b, labels)


def draw_network(rng, sizes, samples):
    """Return parameters, inputs and labels, drawn anew while a ReLU would sit next to its kink."""
    pairs = list(pairwise(sizes))
    while True:
        params = [(rng.normal(size=s) / np.sqrt(s[0]), 0.5 * rng.normal(size=s[1])) for s in pairs]
        x = a = rng.normal(size=(samples, sizes[0]))
        margins = [1.0]
        for w, b in params[:-1]:
            z = a @ w + b
            margins.append(np.abs(z).min())
            a = ACTIVATIONS["relu"](z)
        if min(margins) > 1e-3:
            return params, x, rng.integers(0, sizes[-1], size=samples)


def with_array(params, layer, place, array):
    """Return the parameters with one array replaced."""
    pair = (array, params[layer][1]) if place == 0 else (params[layer][0], array)
    return [*params[:layer], pair, *params[layer + 1 :]]


# What tells backpropagation from numerical differences


def exact_gradient(f, x):
    """Return the gradient of our own `f` at `x`, entry by entry, with all its digits."""
    gradient = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        shifted = x.astype(complex)
        shifted[index] += 1e-30j
        gradient[index] = f(shifted).imag / 1e-30
    return gradient


def assert_all_digits(got, exact, name, tolerance=5e-14):
    """Refuse a gradient that is almost right; one that is plainly wrong is for other assertions.

    Of the largest entry (or of 0.1) right answers in many styles are off by 4e-15 at most, central
    differences by 1e-11 at their best step and the five-point formula by 2e-13.
    """
    got = as_array(got, exact.shape, name)
    error = np.max(np.abs(got - exact)) / max(np.max(np.abs(exact)), 0.1)
    if tolerance < error < 1e-4:
        fail(
            f"{name} is right to about {int(-np.log10(error))} digits and then wrong; "
            "backpropagation is right to 15. Numerical differences lose digits like that, and so "
            "do float32 and an ε too many. " + ADVICE
        )


def assert_backpropagated(got, f, x, *, rng, name, batch_size, smooth=True):
    """`got` is the gradient of our own `f` at `x`, and has all its digits."""
    assert_all_digits(got, exact_gradient(f, x), name)
    assert_gradient(got, f, x, name=name, smooth=smooth, rng=rng, batch_size=batch_size)


def assert_slope_along(got, f, x, *, rng, name):
    """`got` has the right slope along a random direction; for arrays with very many entries."""
    direction = rng.normal(size=x.shape)
    slope = np.sum(as_array(got, x.shape, name) * direction)
    exact = f(x + 1e-30j * direction).imag / 1e-30
    assert_close(slope, exact, rtol=1e-9, atol=1e-9, name=f"{name}, along a direction")


def assert_forward_not_repeated(student, numbers):
    """The last call did not run a forward function once for every number it differentiates by."""
    for name in FORWARDS:
        times = student.last_call.entered.get(name, 0)
        if times >= numbers:
            fail(
                f"{student.last_call.function} ran {name} {times} times to differentiate by "
                f"{numbers} numbers, as numerical differences do. " + ADVICE
            )


@contextmanager
def one_pass_back(numbers):
    """Say what a call means that does not come back: one pass is quick, one a number is not."""
    try:
        yield
    except TimedOut as late:
        message = (
            f"{late} Here are {numbers:,} numbers: one pass back takes milliseconds for all of "
            "them, while numerical differences run a pass forward for each, which takes minutes. "
        )
        raise TimedOut(message.lstrip() + ADVICE) from late


def assert_one_pass_through_dense(student, rng):
    """Going back through a wide layer costs about as much as going forward, and is right there."""
    x, w = rng.normal(size=(1, WIDE)), rng.normal(size=(WIDE, WIDE)) / WIDE
    dz = cotangent((1, WIDE), rng)
    _, cache = forward(student, "dense", x, w, np.zeros(WIDE))
    with one_pass_back(w.size):
        _, dw, _ = dense_backward(student, dz, cache)
    assert_slope_along(dw, lambda v: np.sum(dz * (x @ v)), w, rng=rng, name="dw of a wide layer")


def assert_one_pass_through_activation(student, rng, activation):
    """The same for very many units."""
    z = rng.normal(size=(1, UNITS))
    _, cache = forward(student, activation, z)
    with one_pass_back(z.size):
        assert_slopes(student, activation, z, cotangent(z.shape, rng), cache)


def assert_one_pass_through_network(student, rng, activation):
    """The same for a whole network."""
    params, x, labels = draw_network(rng, [WIDE, WIDE, 2], 1)
    (w, b), last = params
    with one_pass_back(w.size):
        got = student.loss_and_gradients(params, x, labels, activation)
    _, grads = unpack(got, 2, "(loss, grads)")
    dw, _ = unpack(unpack(grads, 2, "grads")[0], 2, "grads[0]")

    def loss(v):
        return network_loss([(v, b), last], x, labels, activation)

    assert_slope_along(dw, loss, w, rng=rng, name="dw of a wide layer")


def assert_one_pass_through_softmax(student, rng):
    """The same for the loss alone."""
    z, labels = rng.normal(size=(100, 300)), rng.integers(0, 300, size=100)
    with one_pass_back(z.size):
        got = student.softmax_cross_entropy(z, labels)
    _, dz = unpack(got, 2, "(loss, dz)")
    assert_slope_along(dz, lambda v: cross_entropy(v, labels), z, rng=rng, name="dz of many logits")


# Calls


def forward(student, layer, *inputs):
    """Return a layer's output and its cache, which stays with the learner."""
    call = getattr(student, f"{layer}_forward").keeping(1)
    return unpack(call(*inputs), 2, f"{layer}_forward's (output, cache)")


def dense_backward(student, dz, cache):
    """Return `dx`, `dw` and `db` as the learner gave them."""
    return unpack(student.dense_backward(dz, cache), 3, "(dx, dw, db)")


def assert_slopes(student, activation, z, da, cache):
    """Going back through an activation multiplies by its slope, and leaves `da` alone."""
    dz = getattr(student, f"{activation}_backward")(da, cache)
    assert_unchanged(student)
    expected = da * (ACTIVATIONS[activation](z + 1e-30j).imag / 1e-30)
    slopes = as_array(dz, z.shape, "dz") / da
    between = (slopes > 1e-9) & (slopes < 1.0 - 1e-9)
    if activation == "relu" and between.any() and np.all(np.abs(z[between]) < 0.01):
        fail(
            "dz has slopes between 0 and 1 next to ReLU's kink: numerical differences that reach "
            "across it give them. " + ADVICE
        )
    assert_all_digits(dz, expected, "dz")
    assert_close(dz, expected, name="dz")


def assert_caches_are_their_own(student, activation, rng):
    """Two forward calls, then back through the first, the second, and the first again."""
    inputs = [rng.normal(size=(3, 2)), rng.normal(size=(3, 2)), rng.normal(size=(2, 4))]
    caches = [forward(student, activation, z)[1] for z in inputs]
    for turn in (0, 1, 2, 0):
        z = inputs[turn]
        assert_slopes(student, activation, z, cotangent(z.shape, rng), caches[turn])


def assert_network(student, rng, network, activation):
    """The loss is right, and so is the gradient for every parameter."""
    params, x, labels = network
    got = student.loss_and_gradients(params, x, labels, activation)
    assert_forward_not_repeated(student, sum(w.size + b.size for w, b in params))
    loss, grads = unpack(got, 2, "(loss, grads)")
    assert_close(loss, network_loss(params, x, labels, activation), name="loss")
    for layer, pair in enumerate(unpack(grads, len(params), "grads")):
        for place, gradient in enumerate(unpack(pair, 2, f"grads[{layer}]")):
            assert_backpropagated(
                gradient,
                lambda v, at=(layer, place): network_loss(
                    with_array(params, *at, v), x, labels, activation
                ),
                params[layer][place],
                rng=rng,
                name=f"{('dw', 'db')[place]} of layer {layer + 1} of {len(params)} ({activation})",
                batch_size=len(x),
                smooth=activation != "relu",
            )


# The checks


@check("dense_forward")
def test_dense_layer_by_hand(student):
    """A dense layer gives x @ w + b: three samples, two inputs, three outputs."""
    x = np.array([[1.0, 2.0], [3.0, 4.0], [0.0, -1.0]])
    w, b = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]]), np.array([0.5, -0.5, 1.0])
    z, _ = forward(student, "dense", x, w, b)
    assert_unchanged(student)
    assert_close(z, [[1.5, 1.5, 1.0], [3.5, 3.5, 3.0], [0.5, -1.5, 2.0]], name="z")


@check("dense_backward", points=2)
def test_dense_gradients(student, rng):
    """Going back through a dense layer gives the gradients for x, w and b."""
    x, w = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0, 2.0], [0.0, 3.0, -1.0]])
    _, cache = forward(student, "dense", x, w, np.zeros(3))
    dx, dw, db = dense_backward(student, np.array([[1.0, 0.0, 2.0], [4.0, 1.0, -1.0]]), cache)
    assert_forward_not_repeated(student, 13)
    assert_close(dx, [[5.0, -2.0], [2.0, 4.0]], name="dx")
    assert_close(dw, [[13.0, 3.0, -1.0], [18.0, 4.0, 0.0]], name="dw")
    assert_close(db, [5.0, 1.0, 1.0], name="db")
    for samples, inputs, outputs in ((1, 2, 3), (4, 3, 1), (5, 1, 2), (3, 3, 3)):
        x, w = rng.normal(size=(samples, inputs)), rng.normal(size=(inputs, outputs))
        b, dz = rng.normal(size=outputs), cotangent((samples, outputs), rng)
        _, cache = forward(student, "dense", x, w, b)
        dx, dw, db = dense_backward(student, dz, cache)

        def loss(x=x, w=w, b=b, dz=dz):
            return np.sum(dz * (x @ w + b))

        for got, f, at, name in (
            (dx, lambda v: loss(x=v), x, "dx"),
            (dw, lambda v: loss(w=v), w, "dw"),
            (db, lambda v: loss(b=v), b, "db"),
        ):
            assert_backpropagated(got, f, at, rng=rng, name=name, batch_size=samples)
    assert_one_pass_through_dense(student, rng)


@check("dense_backward")
def test_dense_backward_is_linear(student, rng):
    """Twice the dz is twice the gradients, no dz is none, and dw and db add up over the samples."""
    x, w, b = rng.normal(size=(3, 2)), rng.normal(size=(2, 4)), rng.normal(size=4)
    _, cache = forward(student, "dense", x, w, b)
    one, two = cotangent((3, 4), rng), cotangent((3, 4), rng)
    of_one = dense_backward(student, one, cache)
    assert_forward_not_repeated(student, 18)
    of_two = dense_backward(student, two, cache)
    of_both = dense_backward(student, 2.0 * one - two, cache)
    of_none = dense_backward(student, np.zeros((3, 4)), cache)
    for index, shape in enumerate(((3, 2), (2, 4), (4,))):
        name = ("dx", "dw", "db")[index]
        first, second = as_array(of_one[index], shape, name), as_array(of_two[index], shape, name)
        both = 2.0 * first - second
        assert_all_digits(of_both[index], both, f"{name} for 2·dz1 − dz2")
        assert_close(of_both[index], both, name=f"{name} for 2·dz1 − dz2")
        assert_close(of_none[index], np.zeros(shape), name=f"{name} for dz = 0")
    parts = []
    for n in range(3):
        _, cache = forward(student, "dense", x[n : n + 1], w, b)
        parts.append(dense_backward(student, one[n : n + 1], cache))
    for index, shape in ((1, (2, 4)), (2, (4,))):
        name = ("dx", "dw", "db")[index]
        total = sum(as_array(part[index], shape, name) for part in parts)
        assert_close(of_one[index], total, name=f"{name} of three samples (expected: their sum)")
    assert_one_pass_through_dense(student, rng)


@check("dense_backward")
def test_dense_caches(student, rng):
    """A dense cache belongs to its own forward call, and going back changes nothing."""
    layers = [(rng.normal(size=(2, 3)), rng.normal(size=(3, 3)), np.zeros(3)) for _ in range(2)]
    caches = [forward(student, "dense", *layer)[1] for layer in layers]
    for turn in (0, 1, 0):
        (x, w, _), dz = layers[turn], cotangent((2, 3), rng)
        dx, dw, db = dense_backward(student, dz, caches[turn])
        assert_unchanged(student)
        assert_forward_not_repeated(student, 18)
        for got, f, at, name in (
            (dx, lambda v, w=w, dz=dz: np.sum(dz * (v @ w)), x, "dx"),
            (dw, lambda v, x=x, dz=dz: np.sum(dz * (x @ v)), w, "dw"),
            (db, lambda v, dz=dz: np.sum(dz * v), np.zeros(3), "db"),
        ):
            exact, name = exact_gradient(f, at), f"{name} of forward call {turn + 1} of 2"
            assert_all_digits(got, exact, name)
            assert_close(got, exact, name=name)
    assert_one_pass_through_dense(student, rng)


@check("relu_forward")
@given(z=arrays((2, 3)), examples=12)
def test_relu(student, z):
    """ReLU is never negative, relu(z) − relu(−z) = z, and z itself stays as it was."""
    a, _ = forward(student, "relu", z)
    assert_unchanged(student)
    mirrored, _ = forward(student, "relu", -z)
    a, mirrored = as_array(a, z.shape, "relu(z)"), as_array(mirrored, z.shape, "relu(-z)")
    assert_close(np.minimum(a, 0.0), np.zeros(z.shape), name="the negative part of relu(z)")
    assert_close(np.minimum(mirrored, 0.0), np.zeros(z.shape), name="the negative part of relu(-z)")
    assert_close(a - mirrored, z, name="relu(z) - relu(-z)")


@check("relu_backward")
def test_relu_slopes(student, rng):
    """ReLU's slope is 1 above 0, however little, and 0 below; at 0 it counts as 0."""
    z = np.array([[-2.0, 3.0, 0.0], [1e-9, -1e-9, 1000.0]])
    _, cache = forward(student, "relu", z)
    assert_slopes(student, "relu", z, np.array([[5.0, -7.0, 4.0], [2.0, 3.0, 1.0]]), cache)
    z = rng.normal(size=(4, 3))
    _, cache = forward(student, "relu", z)
    assert_slopes(student, "relu", z, cotangent(z.shape, rng), cache)
    assert_one_pass_through_activation(student, rng, "relu")


@check("relu_backward")
def test_relu_caches(student, rng):
    """A ReLU cache belongs to its own forward call, and going back changes nothing."""
    z = np.array([[1e-9, -1e-9, 2.0]])
    _, cache = forward(student, "relu", z)
    forward(student, "relu", -z)
    assert_slopes(student, "relu", z, np.array([[2.0, 3.0, -5.0]]), cache)
    assert_caches_are_their_own(student, "relu", rng)
    assert_one_pass_through_activation(student, rng, "relu")


@check("sigmoid_forward")
def test_sigmoid(student, rng):
    """The sigmoid of 0 is 1/2, σ(z) + σ(−z) = 1, and ±1000 raises no warning."""
    third = np.log(3.0)
    a, _ = forward(student, "sigmoid", np.array([[0.0, third], [-third, 1000.0], [-1000.0, 40.0]]))
    assert_quiet(student)
    assert_unchanged(student)
    assert_close(a, [[0.5, 0.75], [0.25, 1.0], [0.0, 1.0]], name="a")
    z = rng.normal(size=(3, 4))
    a, mirrored = (as_array(forward(student, "sigmoid", v)[0], z.shape, "a") for v in (z, -z))
    assert_close(a + mirrored, np.ones(z.shape), name="σ(z) + σ(-z)")


@check("sigmoid_backward")
def test_sigmoid_slopes(student, rng):
    """The sigmoid's slope is right everywhere, also at ±1000, and each cache is its own."""
    z = np.array([[0.0, 1000.0, -1000.0], [-3.0, 0.5, 6.0]])
    _, cache = forward(student, "sigmoid", z)
    assert_slopes(student, "sigmoid", z, np.array([[8.0, 8.0, 8.0], [1.0, -2.0, 3.0]]), cache)
    assert_quiet(student)
    assert_caches_are_their_own(student, "sigmoid", rng)
    assert_one_pass_through_activation(student, rng, "sigmoid")


@check("sigmoid_backward", points=2)
def test_lecture_network(student, rng):
    """The two-layer sigmoid network of the lecture notes has the gradients printed there."""
    x, target = np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]])
    w1, b1 = np.array([[0.15, 0.25], [0.20, 0.30]]), np.array([0.35, 0.35])
    w2, b2 = np.array([[0.40, 0.50], [0.45, 0.55]]), np.array([0.60, 0.60])
    z1, dense1 = forward(student, "dense", x, w1, b1)
    a1, sigmoid1 = forward(student, "sigmoid", as_array(z1, (1, 2), "z1"))
    z2, dense2 = forward(student, "dense", as_array(a1, (1, 2), "a1"), w2, b2)
    a2, sigmoid2 = forward(student, "sigmoid", as_array(z2, (1, 2), "z2"))
    a2 = as_array(a2, (1, 2), "a2")
    dz2 = student.sigmoid_backward(a2 - target, sigmoid2)
    da1, dw2, _ = dense_backward(student, as_array(dz2, (1, 2), "dz2"), dense2)
    assert_forward_not_repeated(student, 8)
    dz1 = student.sigmoid_backward(as_array(da1, (1, 2), "da1"), sigmoid1)
    _, dw1, _ = dense_backward(student, as_array(dz1, (1, 2), "dz1"), dense1)

    def error(w1=w1, w2=w2):
        sigmoid = ACTIVATIONS["sigmoid"]
        a2 = sigmoid(sigmoid(x @ w1 + b1) @ w2 + b2)
        return np.sum((a2 - target) ** 2) / 2.0

    # The notes print nine decimals: their last one is off by 5e-10 or less, all in all.
    assert_close(a2, [[0.75136507, 0.772928465]], rtol=1e-7, name="the outputs")
    printed = [[0.082167041, -0.022602540], [0.082667628, -0.022740242]]
    assert_all_digits(dw2, exact_gradient(lambda v: error(w2=v), w2), "dw2")
    assert_close(dw2, printed, rtol=1e-6, name="dw2")
    printed = [[0.000438568, 0.000497713], [0.000877135, 0.000995425]]
    assert_all_digits(dw1, exact_gradient(lambda v: error(w1=v), w1), "dw1")
    assert_close(dw1, printed, rtol=1e-4, name="dw1")
    assert_one_pass_through_dense(student, rng)


@check("tanh_forward")
def test_tanh(student, rng):
    """tanh(log 2) = 3/5, tanh is odd, and ±1000 raises no warning."""
    two = np.log(2.0)
    a, _ = forward(student, "tanh", np.array([[0.0, two, -two], [1000.0, -1000.0, 40.0]]))
    assert_quiet(student)
    assert_unchanged(student)
    assert_close(a, [[0.0, 0.6, -0.6], [1.0, -1.0, 1.0]], name="a")
    z = rng.normal(size=(3, 4))
    a, mirrored = (as_array(forward(student, "tanh", v)[0], z.shape, "a") for v in (z, -z))
    assert_close(a, -mirrored, name="tanh(z) (expected: -tanh(-z))")


@check("tanh_backward")
def test_tanh_slopes(student, rng):
    """The slope of tanh is right everywhere, also at ±1000, and each cache is its own."""
    z = np.array([[0.0, 1000.0, -1000.0], [-3.0, 0.5, 6.0]])
    _, cache = forward(student, "tanh", z)
    assert_slopes(student, "tanh", z, np.array([[8.0, 8.0, 8.0], [1.0, -2.0, 3.0]]), cache)
    assert_quiet(student)
    assert_caches_are_their_own(student, "tanh", rng)
    assert_one_pass_through_activation(student, rng, "tanh")


@check("softmax_cross_entropy")
def test_softmax_loss(student, rng):
    """The loss of equal logits is log K, a shift of a row changes nothing, and it is a mean."""
    loss, _ = unpack(student.softmax_cross_entropy(np.zeros((2, 3)), np.array([0, 2])), 2)
    assert_close(loss, np.log(3.0), name="loss of zero logits, three classes")
    z, labels = np.array([[np.log(3.0), 0.0], [0.0, 0.0]]), np.array([0, 1])
    loss, _ = unpack(student.softmax_cross_entropy(z, labels), 2)
    assert_unchanged(student)
    assert_close(loss, np.log(8.0 / 3.0) / 2.0, name="loss")
    z, labels = rng.normal(size=(3, 4)), rng.integers(0, 4, size=3)
    shifted = z + np.array([[5.0], [-2.0], [100.0]])
    for logits, name in ((z, "loss"), (shifted, "loss after a shift of each row")):
        loss, _ = unpack(student.softmax_cross_entropy(logits, labels), 2)
        assert_close(loss, cross_entropy(z, labels), name=name)


@check("softmax_cross_entropy", points=2)
def test_softmax_gradient(student, rng):
    """The gradient dz is that of the mean loss, and each of its rows sums to 0."""
    for samples, classes in ((1, 2), (4, 3), (2, 5)):
        z, labels = rng.normal(size=(samples, classes)), rng.integers(0, classes, size=samples)
        got = student.softmax_cross_entropy(z, labels)
        assert_unchanged(student)
        assert_forward_not_repeated(student, max(z.size, 4))
        _, dz = unpack(got, 2, "(loss, dz)")

        def loss(v, labels=labels):
            return cross_entropy(v, labels)

        assert_backpropagated(dz, loss, z, rng=rng, name="dz", batch_size=samples)
        sums = as_array(dz, z.shape, "dz").sum(axis=1)
        assert_close(sums, np.zeros(samples), name="the sum of each row of dz")
    assert_one_pass_through_softmax(student, rng)


@check("softmax_cross_entropy")
def test_large_logits(student, rng):
    """Logits of ±1000 give the exact loss and gradient, and no warning."""
    z = np.array([[1000.0, 0.0], [1000.0, -1000.0], [-1000.0, -1000.0], [0.0, 0.0]])
    loss, dz = unpack(student.softmax_cross_entropy(z, np.array([1, 0, 0, 1])), 2)
    assert_quiet(student)
    assert_unchanged(student)
    assert_close(loss, 250.0 + np.log(2.0) / 2.0, name="loss")
    expected = np.array([[0.25, -0.25], [0.0, 0.0], [-0.125, 0.125], [0.125, -0.125]])
    # exp(z - log Σe^z) is a right way too, and rounds 1000 in the exponent: by 1e-13.
    assert_all_digits(dz, expected, "dz", tolerance=1e-11)
    assert_close(dz, expected, name="dz")
    assert_one_pass_through_softmax(student, rng)


@check("loss_and_gradients")
def test_network_loss(student, rng):
    """The loss is that of the last layer's logits; the activation follows every other layer."""
    params = [
        (np.array([[1.0, -1.0]]), np.zeros(2)),
        (np.array([[2.0, 0.0], [0.0, 0.0]]), np.zeros(2)),
    ]
    x, labels = np.array([[1.0], [1.0]]), np.array([0, 1])
    sigmoid_1 = 1.0 / (1.0 + np.exp(-1.0))
    for activation, h in (("relu", 1.0), ("tanh", np.tanh(1.0)), ("sigmoid", sigmoid_1)):
        loss, _ = unpack(student.loss_and_gradients(params, x, labels, activation), 2)
        assert_close(loss, h + np.log1p(np.exp(-2.0 * h)), name=f"loss ({activation})")
    single = [(np.array([[-3.0, 0.0]]), np.zeros(2))]
    loss, _ = unpack(student.loss_and_gradients(single, x[:1], labels[:1]), 2)
    assert_close(loss, np.log1p(np.exp(3.0)), name="loss of a single layer")
    assert_one_pass_through_network(student, rng, "relu")


@check("loss_and_gradients", points=3)
def test_two_layer_gradients(student, rng):
    """The gradient for every parameter of a two-layer network is right, for each activation."""
    for activation in ACTIVATIONS:
        assert_network(student, rng, draw_network(rng, [3, 5, 3], 4), activation)
    assert_one_pass_through_network(student, rng, "tanh")


@check("loss_and_gradients", points=2)
def test_any_depth(student, rng):
    """Networks of one, three and four layers have the right gradients too."""
    for sizes, activation in (
        ([3, 2], "tanh"),
        ([2, 4, 4, 3], "sigmoid"),
        ([2, 5, 5, 5, 2], "relu"),
        ([2, 3, 3, 3, 2], "tanh"),
    ):
        assert_network(student, rng, draw_network(rng, sizes, 3), activation)
    assert_one_pass_through_network(student, rng, "relu")


@check("loss_and_gradients")
def test_activation_names(student, rng):
    """ReLU is the default, and an unknown activation raises ValueError."""
    params, x, labels = draw_network(rng, [2, 4, 3], 3)
    loss, _ = unpack(student.loss_and_gradients(params, x, labels), 2, "(loss, grads)")
    assert_close(loss, network_loss(params, x, labels, "relu"), name="loss without `activation`")
    for name in ("swish", ""):
        assert_raises(ValueError, student.loss_and_gradients, params, x, labels, name)
    assert_one_pass_through_network(student, rng, "tanh")


@check("loss_and_gradients")
def test_calls_leave_no_trace(student, rng):
    """A call changes no argument, leaves nothing behind for the next, and is quiet at ±1000."""
    first, second = draw_network(rng, [2, 3, 2], 3), draw_network(rng, [2, 3, 2], 3)
    for network in (first, second, first):
        assert_network(student, rng, network, "tanh")
        assert_unchanged(student)
    w, b = np.array([[1.0, -1.0], [-1.0, 1.0]]), np.zeros(2)
    x, labels = np.array([[1000.0, 0.0], [0.0, 1000.0]]), np.array([0, 0])
    for activation in ACTIVATIONS:
        got = student.loss_and_gradients([(w, b), (w, b)], x, labels, activation)
        assert_quiet(student)
        _, grads = unpack(got, 2, "(loss, grads)")
        for layer, pair in enumerate(unpack(grads, 2, "grads")):
            for place, gradient in enumerate(unpack(pair, 2, f"grads[{layer}]")):
                as_array(gradient, (w, b)[place].shape, f"grads[{layer}][{place}]")
    assert_one_pass_through_network(student, rng, "sigmoid")
