"""Checks of exercise gpu1: NumPy arrays first, and then the same on a GPU, where there is one."""

from itertools import pairwise

import numpy as np

from grader.checking import (
    arrays,
    as_array,
    assert_close,
    assert_gradient,
    assert_on_gpu,
    assert_quiet,
    assert_unchanged,
    check,
    fail,
    given,
    unpack,
)

# float32 keeps seven digits, and a sum over a layer loses one or two of them.
SINGLE = {"rtol": 1e-4, "atol": 1e-5}


# Our own network, in float64 and in the computer's memory


def cross_entropy(z, labels):
    """Return the mean cross-entropy of logits."""
    z = z - z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), labels])


def logits(params, x):
    """Return the last layer's output."""
    for w, b in params[:-1]:
        x = np.clip(x @ w + b, 0.0, None)
    return x @ params[-1][0] + params[-1][1]


def draw_network(rng, sizes, samples):
    """Return parameters, inputs and labels, drawn anew while a ReLU would sit next to its kink."""
    pairs = list(pairwise(sizes))
    while True:
        params = [(rng.normal(size=s) / np.sqrt(s[0]), 0.5 * rng.normal(size=s[1])) for s in pairs]
        x = rng.normal(size=(samples, sizes[0]))
        hidden = [logits(params[:depth], x) for depth in range(1, len(params))]
        if all(np.abs(z).min() > 1e-3 for z in hidden):
            return params, x, rng.integers(0, sizes[-1], size=samples)


def single(params):
    """Return the same parameters in float32."""
    return [tuple(array.astype(np.float32) for array in pair) for pair in params]


# What is asked of every result


def assert_type(got, dtype, name):
    """The array has the type of the arguments."""
    if type(got) is np.ndarray and got.dtype != dtype:
        fail(
            f"{name}: expected {np.dtype(dtype)}, as the arguments are, got {got.dtype}; an array "
            "of yours that is not made like the arguments decides the type of all that follows"
        )


def assert_gradients(got, params, x, labels, name="grads"):
    """The gradient of every parameter is that of our own network's loss."""
    for layer, pair in enumerate(unpack(got, len(params), name)):
        for place, gradient in enumerate(unpack(pair, 2, f"{name}[{layer}]")):

            def loss(v, layer=layer, place=place):
                pair = (v, params[layer][1]) if place == 0 else (params[layer][0], v)
                changed = [*params[:layer], pair, *params[layer + 1 :]]
                return cross_entropy(logits(changed, x), labels)

            label = f"{('dw', 'db')[place]} of layer {layer + 1} of {len(params)}"
            at = params[layer][place]
            assert_gradient(gradient, loss, at, name=label, smooth=False, batch_size=len(x))


def walk(optimizer, w, gradients):
    """Follow a single parameter; return its weights after each step."""
    path = []
    for g in gradients:
        (w,) = unpack(optimizer.step([w], [np.array(g)]), 1, "step(params, grads)")
        # A copy, because a learner may hand out the same array at every step.
        w = np.array(as_array(w, np.shape(g), name="w after a step"))
        path.append(w)
    return np.array(path)


# NumPy arrays


@check("array_module")
def test_numpy_arrays_belong_to_numpy(student):
    """The library of NumPy arrays, one or several, is NumPy."""
    for given_arrays in ([np.zeros(2)], [np.ones((2, 2), dtype=np.float32), np.arange(3)]):
        xp = student.array_module(*given_arrays)
        if getattr(xp, "type_name", "") != "module":
            fail("array_module(...) should return a library, the module `numpy` or `cupy` itself")
        assert_close(xp.arange(3), [0, 1, 2], name="array_module(...).arange(3)")


@check("softmax_cross_entropy")
def test_loss(student, rng):
    """Equal logits have the loss log K, a shift of a row changes nothing, and it is a mean."""
    loss, _ = unpack(student.softmax_cross_entropy(np.zeros((2, 3)), np.array([0, 2])), 2)
    assert_close(loss, np.log(3.0), name="loss of zero logits, three classes")
    z, labels = rng.normal(size=(3, 4)), rng.integers(0, 4, size=3)
    shift = np.array([[5.0], [-2.0], [100.0]])
    for rows, name in ((z, "loss"), (z + shift, "loss of shifted rows")):
        loss, _ = unpack(student.softmax_cross_entropy(rows, labels), 2)
        assert_unchanged(student)
        assert_close(loss, cross_entropy(z, labels), name=name)


@check("softmax_cross_entropy", points=2)
def test_gradient_of_the_logits(student, rng):
    """The gradient dz is that of the mean loss, for several shapes."""
    for samples, classes in ((1, 2), (4, 3), (2, 5)):
        z, labels = rng.normal(size=(samples, classes)), rng.integers(0, classes, size=samples)
        _, dz = unpack(student.softmax_cross_entropy(z, labels), 2)
        assert_unchanged(student)

        def loss(v, labels=labels):
            return cross_entropy(v, labels)

        assert_gradient(dz, loss, z, name="dz", rng=rng, batch_size=samples)


@check("softmax_cross_entropy")
def test_large_logits(student):
    """Logits of ±1000 give the exact loss and gradient, and no warning."""
    z = np.array([[1000.0, 0.0], [1000.0, -1000.0], [-1000.0, -1000.0], [0.0, 0.0]])
    loss, dz = unpack(student.softmax_cross_entropy(z, np.array([1, 0, 0, 1])), 2)
    assert_quiet(student)
    assert_close(loss, 250.0 + np.log(2.0) / 2.0, name="loss")
    expected = np.array([[0.25, -0.25], [0.0, 0.0], [-0.125, 0.125], [0.125, -0.125]])
    assert_close(dz, expected, name="dz")


@check("softmax_cross_entropy")
def test_float32_logits(student, rng):
    """Logits of type float32 have a gradient of type float32."""
    z, labels = rng.normal(size=(4, 3)).astype(np.float32), rng.integers(0, 3, size=4)
    loss, dz = unpack(student.softmax_cross_entropy(z, labels), 2)
    assert_close(loss, cross_entropy(z.astype(float), labels), name="loss", **SINGLE)
    sums = as_array(dz, z.shape, "dz").sum(axis=1)
    assert_close(sums, np.zeros(4), atol=1e-5, name="the sum of each row of dz")
    assert_type(dz, np.float32, "dz")


@check("loss_and_gradients", points=2)
def test_two_layers(student, rng):
    """A network of two layers has the right loss and the right gradient for every parameter."""
    params, x, labels = draw_network(rng, [3, 5, 4], 6)
    loss, grads = unpack(student.loss_and_gradients(params, x, labels), 2)
    assert_unchanged(student)
    assert_close(loss, cross_entropy(logits(params, x), labels), name="loss")
    assert_gradients(grads, params, x, labels)


@check("loss_and_gradients", points=2)
def test_any_depth(student, rng):
    """Networks of one, three and four layers have the right gradients too."""
    for sizes, samples in (([3, 2], 4), ([2, 4, 4, 3], 3), ([2, 5, 3, 4, 2], 1)):
        params, x, labels = draw_network(rng, sizes, samples)
        loss, grads = unpack(student.loss_and_gradients(params, x, labels), 2)
        assert_close(loss, cross_entropy(logits(params, x), labels), name="loss")
        assert_gradients(grads, params, x, labels)


@check("loss_and_gradients")
def test_silent_unit(student):
    """A hidden unit at exactly 0 sends nothing back."""
    params = [(np.zeros((1, 2)), np.array([0.0, 1.0])), (np.eye(2), np.zeros(2))]
    _, grads = unpack(student.loss_and_gradients(params, np.array([[2.0]]), np.array([0])), 2)
    (dw, db), _ = (unpack(pair, 2, "a layer's (dw, db)") for pair in unpack(grads, 2, "grads"))
    p = 1.0 / (1.0 + np.exp(-1.0))
    assert_close(dw, [[0.0, 2.0 * p]], name="dw of layer 1")
    assert_close(db, [0.0, p], name="db of layer 1")


@check("loss_and_gradients")
def test_float32_network(student, rng):
    """Parameters and inputs of type float32 have gradients of type float32."""
    params, x, labels = draw_network(rng, [3, 5, 4], 6)
    _, grads = unpack(student.loss_and_gradients(single(params), x.astype("f4"), labels), 2)
    _, wide = unpack(student.loss_and_gradients(params, x, labels), 2)
    for layer, (pair, expected) in enumerate(
        zip(unpack(grads, 2, "grads"), unpack(wide, 2, "grads"), strict=True)
    ):
        for got, want, name in zip(unpack(pair, 2), unpack(expected, 2), ("dw", "db"), strict=True):
            assert_close(got, want, name=f"{name} of layer {layer + 1} in float32", **SINGLE)
            assert_type(got, np.float32, f"{name} of layer {layer + 1}")


@check("Adam", points=2)
def test_gradient_that_stops_is_remembered(student):
    """Gradients 1, 0, 0, 1 move a weight by 1, 0.67006, 0.51796 and 0.71101 times lr."""
    path = walk(student.Adam(lr=1.0), np.array([0.0]), [[1.0], [0.0], [0.0], [1.0]])
    moves = -np.diff(path[:, 0], prepend=0.0)
    expected = [1.0, 0.670058254, 0.517956972, 0.711013271]
    assert_close(moves, expected, rtol=1e-5, name="moves of w")


@check("Adam")
def test_defaults_are_those_of_the_paper(student):
    """Adam() is Adam(1e-3, 0.9, 0.999, 1e-8)."""
    gradients = [[1.0, 1e-8], [-2.0, 3e-8], [0.0, 0.0]]
    bare = walk(student.Adam(), np.zeros(2), gradients)
    spelt_out = walk(student.Adam(1e-3, 0.9, 0.999, 1e-8), np.zeros(2), gradients)
    assert_close(bare, spelt_out, name="w after each of 3 steps of Adam()")


@check("Adam")
def test_settings_are_used(student):
    """With beta1 = 0.25, beta2 = 0.75, gradients 2, −5 move w by −lr, +0.9 lr; ε is not lost."""
    adam = student.Adam(lr=0.3, beta1=0.25, beta2=0.75)
    path = walk(adam, np.array([1.0]), [[2.0], [-5.0]])
    assert_close(path[:, 0], [0.7, 0.97], rtol=1e-6, name="w after each of 2 steps")
    path = walk(student.Adam(lr=1.0, eps=0.5), np.zeros(2), [[0.5, -1.5]])
    assert_close(path[0], [-0.5, 0.75], name="w after the first step, eps=0.5")


@check("Adam", points=2)
def test_every_parameter_has_its_own_state(student, rng):
    """Parameters of several shapes, stepped together, go where each goes alone."""
    shapes = [(2,), (3, 2), (2,), (1, 2, 2)]
    start = [rng.normal(size=shape) for shape in shapes]
    gradients = [[rng.normal(size=shape) for shape in shapes] for _ in range(3)]
    adam, params, path = student.Adam(lr=0.1), start, []
    for grads in gradients:
        stepped = unpack(adam.step(params, grads), len(shapes), "step(params, grads)")
        assert_unchanged(student)
        params = [np.array(as_array(w, s)) for w, s in zip(stepped, shapes, strict=True)]
        path.append(params)
    for i, w in enumerate(start):
        alone = walk(student.Adam(lr=0.1), w, [grads[i] for grads in gradients])
        together = np.array([step[i] for step in path])
        assert_close(together, alone, name=f"parameter [{i}] after each step")


@check("Adam")
def test_float32_weights(student):
    """Weights of type float32 stay float32, step after step, whatever is beside them."""
    adam = student.Adam(lr=0.5)
    params = [np.array([1.0, -2.0], dtype=np.float32), np.array([4.0])]
    for t in (1, 2, 3):
        grads = [np.array([2.0, -8.0], dtype=np.float32), np.array([-1.0])]
        params = list(unpack(adam.step(params, grads), 2, "step(params, grads)"))
        narrow, wide = [1.0 - 0.5 * t, -2.0 + 0.5 * t], [4.0 + 0.5 * t]
        assert_close(params[0], narrow, name=f"the float32 parameter after step {t}", **SINGLE)
        assert_close(params[1], wide, rtol=1e-6, name=f"the float64 parameter after step {t}")
        assert_type(params[0], np.float32, f"the float32 parameter after step {t}")
        assert_type(params[1], np.float64, f"the float64 parameter after step {t}")


@check("accuracy")
def test_accuracy_by_hand(student):
    """Three of four rows are right, and where two logits are equal the first one counts."""
    params = [(np.array([[1.0, -1.0]]), np.array([0.5, 0.5]))]
    x = np.array([[2.0], [-2.0], [0.0], [1.0]])
    got = student.accuracy(params, x, np.array([0, 1, 0, 1]))
    assert_close(got, 0.75, name="accuracy")


@check("accuracy")
def test_accuracy_of_networks(student, rng):
    """The accuracy of deeper networks is right, and nothing given is changed."""
    for sizes in ([2, 3], [3, 6, 4], [2, 5, 5, 3]):
        params, x, _ = draw_network(rng, sizes, 12)
        right = logits(params, x).argmax(axis=1)
        labels = np.where(np.arange(12) < 7, right, (right + 1) % sizes[-1])
        got = student.accuracy(params, x, labels)
        assert_unchanged(student)
        assert_close(got, 7 / 12, name="accuracy")


# The same on a GPU


@check("array_module")
def test_arrays_of_a_gpu_belong_to_cupy(gpu):
    """On a GPU: the library is CuPy as soon as one of the arrays is on it."""
    for given_arrays in ([np.zeros(2)], [np.zeros(2), 1.0], [1.0, np.arange(3)]):
        made = gpu.array_module(*given_arrays).arange(3)
        assert_on_gpu(gpu)
        assert_close(made, [0, 1, 2], name="array_module(...).arange(3)")


@check("softmax_cross_entropy", points=2)
def test_loss_on_a_gpu(gpu, rng):
    """On a GPU: loss and gradient are right, stay there, and keep their type."""
    for dtype, close in ((np.float64, {}), (np.float32, SINGLE)):
        z, labels = rng.normal(size=(33, 7)).astype(dtype), rng.integers(0, 7, size=33)
        z[0, :2] = 1000.0, -1000.0
        loss, dz = unpack(gpu.softmax_cross_entropy(z, labels), 2)
        assert_on_gpu(gpu)
        assert_unchanged(gpu)
        assert_close(loss, cross_entropy(z.astype(float), labels), name="loss", **close)
        p = np.exp(z - z.max(axis=1, keepdims=True).astype(float))
        p /= p.sum(axis=1, keepdims=True)
        assert_close(dz, (p - np.eye(7)[labels]) / 33, name="dz", **close)
        assert_type(dz, dtype, "dz")


@check("loss_and_gradients", points=2)
def test_network_on_a_gpu(gpu, rng):
    """On a GPU: a network of three layers has the right gradients, and they stay there."""
    params, x, labels = draw_network(rng, [3, 5, 4, 3], 6)
    loss, grads = unpack(gpu.loss_and_gradients(params, x, labels), 2)
    assert_on_gpu(gpu)
    assert_unchanged(gpu)
    assert_close(loss, cross_entropy(logits(params, x), labels), name="loss")
    assert_gradients(grads, params, x, labels)


@check("Adam", points=2)
@given(g=arrays((4, 3)).map(lambda g: np.round(g, 3)), examples=5)
def test_adam_on_a_gpu(gpu, g):
    """On a GPU: turning every gradient round turns the path round, and the weights stay there."""
    there, back = gpu.Adam(lr=0.1), gpu.Adam(lr=0.1)
    w, mirrored = np.zeros(3), np.zeros(3)
    for t, gradient in enumerate(g, start=1):
        (w,) = unpack(there.step([w], [gradient]), 1, "step(params, grads)")
        assert_on_gpu(gpu)
        (mirrored,) = unpack(back.step([mirrored], [-gradient]), 1, "step(params, grads)")
        assert_close(w, -as_array(mirrored, (3,)), name=f"w after step {t}")
        if t == 1:
            assert_close(w, -0.1 * np.sign(gradient), rtol=1e-4, name="w after step 1")


@check("accuracy")
def test_accuracy_leaves_the_gpu(gpu, rng):
    """On a GPU: the accuracy is right, and a Python float, no array on the GPU."""
    params, x, _ = draw_network(rng, [3, 6, 4], 12)
    right = logits(params, x).argmax(axis=1)
    got = gpu.accuracy(params, x, np.where(np.arange(12) < 7, right, (right + 1) % 4))
    assert_close(got, 7 / 12, name="accuracy")
    if gpu.last_call.places:
        fail("accuracy returned an array; expected a Python float, float(...) of it brings it here")
