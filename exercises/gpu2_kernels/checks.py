"""Checks of exercise gpu2: fused kernels; all of them need a GPU."""

import numpy as np

from grader.checking import (
    as_array,
    assert_close,
    assert_on_gpu,
    assert_unchanged,
    check,
    fail,
    unpack,
)

# 1 − β₂ᵗ is a difference of numbers near 1: of float32's seven digits three are lost there.
SINGLE = {"rtol": 1e-3, "atol": 1e-6}
SETTINGS = (0.1, 0.9, 0.999, 1e-8)


def kernel_of(gpu, name):
    """Return the kernel that one of the learner's functions returns, which stays with them."""
    kernel = getattr(gpu, name)()
    kind = getattr(kernel, "type_name", type(kernel).__name__)
    if kind != "ElementwiseKernel":
        fail(f"{name}() should return a cupy.ElementwiseKernel, got an object of type {kind}")
    return kernel


def launch(gpu, kernel, outputs, *args):
    """Launch a kernel and return its arrays, which must be on the GPU and of the right type."""
    got = unpack(kernel(*args), len(outputs.split(", ")), outputs)
    assert_on_gpu(gpu)
    assert_unchanged(gpu)
    for array, name in zip(got, outputs.split(", "), strict=True):
        as_array(array, args[0].shape, name)
        if array.dtype != args[0].dtype:
            fail(f"{name}: expected {args[0].dtype}, as the arguments are, got {array.dtype}")
    return got


def walk(gpu, kernel, gradients, dtype=np.float64, settings=SETTINGS):
    """Follow weights that start at 0; return them after each step."""
    w, m, v = (np.zeros(np.shape(gradients[0]), dtype) for _ in range(3))
    path = []
    for t, g in enumerate(gradients, start=1):
        w, m, v = launch(gpu, kernel, "w, m, v", w, np.array(g, dtype), m, v, t, *settings)
        path.append(w)
    return np.array(path)


@check("adam_kernel", points=2)
def test_first_step_is_lr_against_the_sign(gpu):
    """The first step moves every weight by lr against the sign of its gradient."""
    for dtype, close in ((np.float64, {"rtol": 1e-5}), (np.float32, SINGLE)):
        gradient = [0.5, -7.0, 900.0, 0.0]
        (w,) = walk(gpu, kernel_of(gpu, "adam_kernel"), [gradient], dtype)
        assert_close(w, [-0.1, 0.1, -0.1, 0.0], name=f"w after the first step, {dtype}", **close)


@check("adam_kernel", points=2)
def test_gradient_that_stops_is_remembered(gpu):
    """Gradients 1, 0, 0, 1 move a weight by 1, 0.67006, 0.51796 and 0.71101 times lr."""
    for dtype, close in ((np.float64, {"rtol": 1e-5}), (np.float32, SINGLE)):
        kernel = kernel_of(gpu, "adam_kernel")
        path = walk(gpu, kernel, [[1.0], [0.0], [0.0], [1.0]], dtype, (1.0, *SETTINGS[1:]))
        moves = -np.diff(path[:, 0], prepend=0.0)
        expected = [1.0, 0.670058254, 0.517956972, 0.711013271]
        assert_close(moves, expected, name=f"moves of w, {dtype}", **close)


@check("adam_kernel")
def test_averages_are_returned_uncorrected(gpu):
    """The averages m and v come out as they are: β of the old one and 1 − β of the new."""
    ones = np.ones(3)
    kernel = kernel_of(gpu, "adam_kernel")
    args = (ones, np.array([2.0, -4.0, 0.0]), 8 * ones, 16 * ones, 5, 0.1, 0.75, 0.5, 1e-8)
    _, m, v = launch(gpu, kernel, "w, m, v", *args)
    assert_close(m, [6.5, 5.0, 6.0], name="m")
    assert_close(v, [10.0, 16.0, 8.0], name="v")


@check("adam_kernel")
def test_settings_are_used(gpu):
    """With beta1 = 0.25, beta2 = 0.75, gradients 2, −5 move w by −lr, +0.9 lr; ε is not lost."""
    kernel = kernel_of(gpu, "adam_kernel")
    path = walk(gpu, kernel, [[2.0], [-5.0]], settings=(0.3, 0.25, 0.75, 1e-8))
    assert_close(path[:, 0], [-0.3, -0.03], rtol=1e-6, name="w after each of 2 steps")
    (w,) = walk(gpu, kernel, [[1.0, -3.0, 0.0, 99.0]], settings=(1.0, 0.9, 0.999, 1.0))
    assert_close(w, [-0.5, 0.75, 0.0, -0.99], name="w after the first step, eps=1")


@check("adam_kernel")
def test_any_shape(gpu, rng):
    """Empty arrays, a single entry, and sizes that are no multiple of a block."""
    kernel = kernel_of(gpu, "adam_kernel")
    for shape in ((0,), (1,), (), (3, 5), (127,), (257,), (33, 0), (2, 3, 171)):
        g = np.array(rng.choice([-2.0, 5.0], size=shape))
        (w,) = walk(gpu, kernel, [g])
        assert_close(w, -0.1 * np.sign(g), rtol=1e-6, name=f"w of shape {shape}")


@check("dropout_kernel", points=2)
def test_mask_by_hand(gpu):
    """An entry is dropped where u < p, and else scaled by 1 / (1 − p)."""
    u = np.array([0.0, 0.125, 0.25, 0.5, 0.875])
    x = np.array([1.0, -2.0, 3.0, -4.0, 0.0])
    for dtype in (np.float64, np.float32):
        kernel = kernel_of(gpu, "dropout_kernel")
        for p, mask in ((0.25, [0, 0, 4 / 3, 4 / 3, 4 / 3]), (0.5, [0, 0, 0, 2, 2])):
            got = launch(gpu, kernel, "out, mask", x.astype(dtype), u.astype(dtype), p)
            assert_close(got[1], mask, rtol=1e-5, name=f"mask for p = {p}, {dtype}")
            assert_close(got[0], x * mask, rtol=1e-5, name=f"out for p = {p}, {dtype}")


@check("dropout_kernel")
def test_nothing_is_dropped_at_p_0(gpu, rng):
    """With p = 0 every entry stays as it is, that of u = 0 too."""
    x, u = rng.normal(size=(3, 4)), rng.random((3, 4))
    u[0, 0] = 0.0
    out, mask = launch(gpu, kernel_of(gpu, "dropout_kernel"), "out, mask", x, u, 0.0)
    assert_close(mask, np.ones((3, 4)), name="mask")
    assert_close(out, x, name="out")


@check("dropout_kernel")
def test_sizes_of_dropout(gpu, rng):
    """Empty arrays, a single entry, and sizes that are no multiple of a block."""
    kernel = kernel_of(gpu, "dropout_kernel")
    for shape in ((0,), (1,), (), (129,), (7, 37), (2, 3, 171)):
        x, u = np.array(rng.normal(size=shape)), np.array(rng.random(shape))
        out, mask = launch(gpu, kernel, "out, mask", x, u, 0.75)
        expected = np.where(u < 0.75, 0.0, 4.0)
        assert_close(mask, expected, name=f"mask of shape {shape}")
        assert_close(out, x * expected, name=f"out of shape {shape}")
