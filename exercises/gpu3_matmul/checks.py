"""Checks of exercise gpu3: kernels whose threads share; all of them need a GPU."""

import numpy as np

from grader.checking import as_array, assert_close, assert_on_gpu, assert_unchanged, check, fail

# float32 keeps seven digits, and a sum of a hundred terms loses one or two of them.
SINGLE = {"rtol": 1e-4, "atol": 1e-6}
TYPES = ((np.float64, {}), (np.float32, SINGLE))
RUNS = 20


def product(rng, m, k, n, dtype):
    """Return two factors of that type, and their product in float64."""
    a, b = rng.normal(size=(m, k)).astype(dtype), rng.normal(size=(k, n)).astype(dtype)
    return a, b, a.astype(float) @ b.astype(float)


def softmax(z):
    """Return the softmax of each row in float64."""
    z = z.astype(float)
    e = np.exp(z - z.max(axis=1, keepdims=True, initial=-np.inf))
    return e / e.sum(axis=1, keepdims=True)


def assert_result(gpu, got, expected, dtype, name, close):
    """The result is right, on the GPU, of the right type, and a kernel of the learner's made it."""
    assert_on_gpu(gpu)
    assert_unchanged(gpu)
    assert_close(got, expected, name=name, **close)
    if got.dtype != dtype:
        fail(f"{name}: expected {np.dtype(dtype)}, as the arguments are, got {got.dtype}")
    call = gpu.last_call
    if expected.size and not call.entered.get("RawKernel"):
        fail(f"{call.function} launched no cupy.RawKernel; the kernel is to be your own")
    if expected.size and not call.entered.get("shared memory"):
        fail(
            f"{call.function} launched kernels without shared memory; its threads are to fetch "
            "together what they all need"
        )


def assert_same_every_time(function, expected, *args):
    """A launch repeated gives the same bits, as it does unless threads overtake each other."""
    first, *others = function.many([args] * RUNS)
    first = as_array(first, expected.shape, name="the first run")
    for run, other in enumerate(others, start=2):
        different = np.count_nonzero(as_array(other, first.shape, f"run {run}") != first)
        if different:
            fail(
                f"run {run} of {RUNS} with the same arguments differs from the first one in "
                f"{different} of {first.size} entries: a thread reads shared memory before another "
                "has written it, or writes it before another has read it"
            )
    assert_close(first, expected, name="the first run", **SINGLE)


@check("matmul", points=2)
def test_product_by_hand(gpu):
    """A product of small matrices is right, in float64 and in float32."""
    a, b = np.array([[1.0, 2.0, 0.0], [3.0, 4.0, -1.0]]), np.array([[5.0], [6.0], [7.0]])
    for dtype, close in TYPES:
        got = gpu.matmul(a.astype(dtype), b.astype(dtype))
        assert_result(gpu, got, np.array([[17.0], [32.0]]), dtype, "matmul(a, b)", close)


@check("matmul", points=3)
def test_sizes_of_a_product(gpu, rng):
    """Sizes that are no multiple of a tile: smaller, larger by one, long and thin."""
    for m, k, n in ((1, 1, 1), (16, 16, 16), (17, 33, 5), (3, 100, 2), (65, 1, 40), (31, 64, 97)):
        for dtype, close in TYPES:
            a, b, expected = product(rng, m, k, n, dtype)
            name = f"({m}, {k}) times ({k}, {n})"
            assert_result(gpu, gpu.matmul(a, b), expected, dtype, name, close)


@check("matmul")
def test_empty_products(gpu):
    """Matrices without rows or columns: the product is empty, or all zeros where K is 0."""
    for m, k, n in ((0, 3, 2), (3, 2, 0), (0, 0, 0), (2, 0, 3)):
        got = gpu.matmul(np.ones((m, k)), np.ones((k, n)))
        assert_on_gpu(gpu)
        assert_close(got, np.zeros((m, n)), name=f"({m}, {k}) times ({k}, {n})")


@check("matmul")
def test_product_of_arrays_with_gaps(gpu, rng):
    """Arrays with gaps between their entries, as slices have, have the same product."""
    for dtype, close in TYPES:
        a, b, expected = product(rng, 18, 21, 19, dtype)
        got = gpu.matmul.strided(a, b)
        assert_result(gpu, got, expected, dtype, "product of arrays with gaps", close)


@check("matmul", points=2)
def test_product_is_the_same_every_time(gpu, rng):
    """A larger product, twenty times over, is right and the same to the last bit."""
    a, b, expected = product(rng, 70, 250, 90, np.float32)
    assert_same_every_time(gpu.matmul, expected, a, b)


@check("softmax_rows", points=2)
def test_softmax_by_hand(gpu):
    """Rows of equal entries are uniform, and odds of 1 : 3 come out as 1/4 and 3/4."""
    z = np.array([[0.0, 0.0], [0.0, np.log(3.0)], [-2.0, -2.0]])
    expected = np.array([[0.5, 0.5], [0.25, 0.75], [0.5, 0.5]])
    for dtype, close in TYPES:
        got = gpu.softmax_rows(z.astype(dtype))
        assert_result(gpu, got, expected, dtype, "softmax_rows(z)", close)


@check("softmax_rows", points=3)
def test_sizes_of_softmax(gpu, rng):
    """Rows that are shorter, as long as, and longer than a block, and no multiple of it."""
    for rows, columns in ((1, 1), (5, 2), (3, 31), (2, 256), (4, 257), (3, 1000), (70, 3)):
        for dtype, close in TYPES:
            z = rng.normal(scale=3.0, size=(rows, columns)).astype(dtype)
            name = f"softmax of shape ({rows}, {columns})"
            assert_result(gpu, gpu.softmax_rows(z), softmax(z), dtype, name, close)


@check("softmax_rows")
def test_large_entries(gpu):
    """Entries of ±1000 neither overflow nor vanish, wherever in a row the largest is."""
    z = np.full((3, 700), -1000.0)
    z[0, 0], z[1, 699], z[2, :] = 1000.0, 1000.0, 1000.0
    for dtype, close in TYPES:
        got = gpu.softmax_rows(z.astype(dtype))
        assert_result(gpu, got, softmax(z), dtype, "softmax of ±1000", close)


@check("softmax_rows")
def test_empty_rows(gpu):
    """Arrays without rows or without columns have a softmax that is empty too."""
    for shape in ((0, 3), (3, 0), (0, 0)):
        got = gpu.softmax_rows(np.ones(shape))
        assert_on_gpu(gpu)
        assert_close(got, np.ones(shape), name=f"softmax of shape {shape}")


@check("softmax_rows")
def test_softmax_of_arrays_with_gaps(gpu, rng):
    """Arrays with gaps between their entries, as slices have, have the same softmax."""
    for dtype, close in TYPES:
        z = rng.normal(size=(5, 300)).astype(dtype)
        got = gpu.softmax_rows.strided(z)
        assert_result(gpu, got, softmax(z), dtype, "softmax of an array with gaps", close)


@check("softmax_rows", points=2)
def test_softmax_is_the_same_every_time(gpu, rng):
    """A larger softmax, twenty times over, is right and the same to the last bit."""
    z = rng.normal(size=(200, 700)).astype(np.float32)
    assert_same_every_time(gpu.softmax_rows, softmax(z), z)
