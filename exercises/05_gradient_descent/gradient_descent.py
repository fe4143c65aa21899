"""Exercise 5: gradients by measurement, gradient descent, and mini-batches.

Shapes: `x` is (N, D), one row a sample; `y` is (N,), one number a sample; `w` is (D,), and `b` is
one number. All arrays are float64.
"""

import numpy as np


def numerical_gradient(f, x, eps=1e-5):
    """The gradient of `f` at `x`, measured with central differences; shaped like `x`.

    `f` takes an array like `x` and returns a float. For each entry of `x` in turn, `f` is evaluated
    with this entry alone moved up by `eps` and with it moved down by `eps`; the slope is the
    difference of the two values divided by the distance between them. `x` may have any shape, ()
    included, and is unchanged afterwards.

    >>> numerical_gradient(lambda v: float(v[0] ** 2 + 3 * v[1]), np.array([2.0, -1.0])).round(6)
    array([4., 3.])
    """
    raise NotImplementedError


def gradient_descent(grad, w0, lr, steps):
    """Walk downhill from `w0`, and return every point on the way, `w0` first.

    `grad` takes an array like `w0` and returns the gradient there, an array of the same shape. Each
    of the `steps` steps (0 or more) takes `lr` times the gradient from where it stands. `w0` may
    have any shape, and stays as it is; the result has the shape (steps + 1, *w0.shape).

    >>> gradient_descent(lambda w: 2 * w, np.array([4.0, -8.0]), lr=0.25, steps=2)
    array([[ 4., -8.],
           [ 2., -4.],
           [ 1., -2.]])
    """
    raise NotImplementedError


def minibatches(n, batch_size, rng):
    """Deal the indices 0 to n - 1, shuffled, into a list of batches: integer arrays.

    Every index is in exactly one batch, and which one is left to chance, to `rng` (a
    numpy.random.Generator) alone. Each batch has `batch_size` entries; only the last may have
    fewer, but at least one.

    >>> batches = minibatches(7, 3, np.random.default_rng(0))
    >>> [len(batch) for batch in batches]
    [3, 3, 1]
    >>> np.sort(np.concatenate(batches))
    array([0, 1, 2, 3, 4, 5, 6])
    """
    raise NotImplementedError


def fit_linear(x, y, lr, epochs, batch_size, rng):
    """Fit x @ w + b to `y` by mini-batch gradient descent on the mean squared error.

    `x` is (N, D) and `y` (N,). Weights and bias start at 0. An epoch deals all rows into
    mini-batches, shuffled anew with `rng`; each batch in turn, a short last one too, makes one step
    of `lr` against the gradient of its own mean squared error. `x` and `y` stay as they are.

    The result is (w, b, losses): the weights (D,), the bias, a number, and a list of `epochs`
    numbers, the mean squared error over all rows after each epoch.

    >>> x, y = np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([3.0, 5.0])
    >>> w, b, losses = fit_linear(x, y, 0.1, 2, 2, np.random.default_rng(0))
    >>> w.round(6).tolist(), round(float(b), 6), np.round(losses, 6).tolist()
    ([1.08, 1.28], 1.08, [1.96, 0.392])
    """
    raise NotImplementedError
