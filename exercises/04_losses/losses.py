"""Exercise 4: losses, one number that says how wrong a batch of outputs is, and its slope.

Shapes: a batch has N rows, one a sample. `labels` are N integers from 0 to K - 1, of any integer
type; logits `z` are any real numbers, probabilities `p` lie in [0, 1]. A loss is one number, the
mean over the batch; its gradient has the shape of the first argument and is the gradient of that
mean. No function changes its arguments.
"""

import numpy as np


def one_hot(labels, k):
    """Write each label as a row of k numbers: 1 in the label's column, 0 elsewhere; shape (N, k).

    `labels` are N integers; `k` is the number of classes, whether or not all of them occur. A label
    below 0 or above k - 1 raises ValueError.

    >>> np.asarray(one_hot(np.array([2, 0]), 3)).astype(int).tolist()
    [[0, 0, 1], [1, 0, 0]]
    """
    raise NotImplementedError


def mse(y_hat, y):
    """Return the mean squared error: the mean of the squared difference over all elements.

    `y_hat` (what the network says) and `y` (what is true) have the same shape, (N,) or (N, D).

    >>> float(mse(np.array([[3.0, 1.0], [2.0, 5.0]]), np.array([[1.0, 1.0], [2.0, 7.0]])))
    2.0
    """
    raise NotImplementedError


def mse_grad(y_hat, y):
    """Return the gradient of `mse(y_hat, y)` with respect to `y_hat`, in its shape.

    >>> mse_grad(np.array([[3.0, 1.0], [2.0, 5.0]]), np.array([[1.0, 1.0], [2.0, 7.0]])).tolist()
    [[1.0, 0.0], [0.0, -1.0]]
    """
    raise NotImplementedError


def bce(p, y):
    """Return the mean binary cross-entropy of the probabilities `p` (N,) against `y` (N,).

    `p` is what the network says, in [0, 1], both ends included. `y` is what is true, 0 or 1, or
    anything between ("soft"). Clip at 1e-12, so that no logarithm is taken of less than that: the
    loss is finite, without a warning, at p = 0 and p = 1 too.

    >>> round(float(bce(np.array([0.5, 0.8]), np.array([1.0, 0.0]))), 6)
    1.151293
    >>> round(float(bce(np.array([0.0]), np.array([1.0]))), 3)
    27.631
    """
    raise NotImplementedError


def bce_with_logits(z, y):
    """Return the mean binary cross-entropy of sigmoid(z) against `y`, from the logits `z` (N,).

    `y` (N,) is 0 or 1, or anything between. The result is exact, and nothing overflows or warns,
    for logits as far out as 1000 and -1000.

    >>> round(float(bce_with_logits(np.array([0.0]), np.array([1.0]))), 6)
    0.693147
    >>> float(bce_with_logits(np.array([-1000.0, 1000.0]), np.array([1.0, 1.0])))
    500.0
    """
    raise NotImplementedError


def bce_with_logits_grad(z, y):
    """Return the gradient of `bce_with_logits(z, y)` with respect to `z`, shape (N,).

    It too is exact, and quiet, for logits as far out as 1000 and -1000.

    >>> bce_with_logits_grad(np.array([0.0, -1000.0]), np.array([0.0, 1.0])).tolist()
    [0.25, -0.5]
    """
    raise NotImplementedError


def cross_entropy(p, y):
    """Return the mean over the rows of -sum(y * log(p)), for probabilities `p` (N, K).

    Every row of `p` sums to 1, and so does every row of `y` (N, K), which is one-hot or soft. A
    class with y = 0 adds nothing, without a warning, even where its `p` is 0. How far a `p` near 0
    is clipped is up to you.

    >>> p, y = np.array([[0.5, 0.25, 0.25]]), np.array([[0.0, 1.0, 0.0]])
    >>> round(float(cross_entropy(p, y)), 6)
    1.386294
    """
    raise NotImplementedError


def softmax_cross_entropy(z, labels):
    """Return the mean cross-entropy of softmax(z) with the labels, from the logits `z` (N, K).

    `labels` are N integers from 0 to K - 1. The result is exact, and nothing overflows or warns,
    for logits as far out as 1000 and -1000.

    >>> z = np.array([[0.0, 0.0], [1000.0, 0.0]])
    >>> round(float(softmax_cross_entropy(z, np.array([0, 1]))), 6)
    500.346574
    """
    raise NotImplementedError


def softmax_cross_entropy_grad(z, labels):
    """Return the gradient of `softmax_cross_entropy(z, labels)` with respect to `z`, shape (N, K).

    It too is exact, and quiet, for logits as far out as 1000 and -1000.

    >>> z = np.array([[0.0, 0.0], [1000.0, 0.0]])
    >>> softmax_cross_entropy_grad(z, np.array([0, 1])).tolist()
    [[-0.25, 0.25], [0.5, -0.5]]
    """
    raise NotImplementedError
