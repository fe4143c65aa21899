"""Exercise 6: backpropagation, from one dense layer to a network of any depth.

Shapes: a batch has N samples, one in each row; `w` is (D_in, D_out) and `b` is (D_out,). All arrays
are float64, `labels` are N integers, and no function changes its arguments. A forward function
returns its result and a `cache`: whatever its backward function will want to know. What a cache is
(a tuple, a dict, a function, ...) is up to you; nobody but your own backward function looks inside.
"""

import numpy as np


def dense_forward(x, w, b):
    """Apply a dense layer: return `(z, cache)` with `z = x @ w + b`.

    `x` is (N, D_in), `w` is (D_in, D_out), `b` is (D_out,), and `z` is (N, D_out).

    >>> x, w, b = np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([5.0])
    >>> z, cache = dense_forward(x, w, b)
    >>> z.tolist()
    [[16.0]]
    """
    raise NotImplementedError


def dense_backward(dz, cache):
    """Go back through a dense layer: return `(dx, dw, db)`.

    `dz` (N, D_out) says how fast the loss grows with each entry of `z`; `cache` comes from the
    forward call. `dx` (N, D_in), `dw` (D_in, D_out), `db` (D_out,) say the same of `x`, `w`, `b`.
    The samples of a batch share `w` and `b`, and every sample adds its part.

    >>> x, w, b = np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([5.0])
    >>> z, cache = dense_forward(x, w, b)
    >>> dx, dw, db = dense_backward(np.array([[10.0]]), cache)
    >>> dx.tolist(), dw.tolist(), db.tolist()
    ([[30.0, 40.0]], [[10.0], [20.0]], [10.0])
    """
    raise NotImplementedError


def relu_forward(z):
    """Apply ReLU to every entry: return `(a, cache)` with `a = max(z, 0)`, shaped like `z`.

    >>> a, cache = relu_forward(np.array([[-2.0, 3.0]]))
    >>> a.tolist()
    [[0.0, 3.0]]
    """
    raise NotImplementedError


def relu_backward(da, cache):
    """Go back through ReLU: return `dz`, shaped like `da`; the slope at 0 counts as 0.

    >>> a, cache = relu_forward(np.array([[-2.0, 3.0]]))
    >>> relu_backward(np.array([[5.0, 7.0]]), cache).tolist()
    [[0.0, 7.0]]
    """
    raise NotImplementedError


def sigmoid_forward(z):
    """Apply the sigmoid to every entry: return `(a, cache)` with `a = 1 / (1 + e^-z)`.

    Nothing overflows and nothing warns for entries as far out as 1000 and -1000.

    >>> a, cache = sigmoid_forward(np.array([[0.0, 1000.0]]))
    >>> a.tolist()
    [[0.5, 1.0]]
    """
    raise NotImplementedError


def sigmoid_backward(da, cache):
    """Go back through the sigmoid: return `dz`, shaped like `da`.

    >>> a, cache = sigmoid_forward(np.array([[0.0, 1000.0]]))
    >>> sigmoid_backward(np.array([[8.0, 8.0]]), cache).tolist()
    [[2.0, 0.0]]
    """
    raise NotImplementedError


def tanh_forward(z):
    """Apply tanh to every entry: return `(a, cache)`; `np.tanh` is allowed.

    >>> a, cache = tanh_forward(np.array([[0.0, 1000.0]]))
    >>> a.tolist()
    [[0.0, 1.0]]
    """
    raise NotImplementedError


def tanh_backward(da, cache):
    """Go back through tanh: return `dz`, shaped like `da`.

    >>> a, cache = tanh_forward(np.array([[0.0, 1000.0]]))
    >>> tanh_backward(np.array([[8.0, 8.0]]), cache).tolist()
    [[8.0, 0.0]]
    """
    raise NotImplementedError


def softmax_cross_entropy(z, labels):
    """Return `(loss, dz)`: the mean cross-entropy of softmax(z) with the labels, and its gradient.

    `z` (N, K) are logits, `labels` (N,) integers from 0 to K - 1. The loss is the mean over the
    batch, and `dz` (N, K) is the gradient of that mean. Nothing overflows and nothing warns for
    logits as far out as 1000 and -1000.

    >>> loss, dz = softmax_cross_entropy(np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([0, 1]))
    >>> round(float(loss), 6)
    500.346574
    >>> dz.tolist()
    [[-0.25, 0.25], [0.5, -0.5]]
    """
    raise NotImplementedError


def loss_and_gradients(params, x, labels, activation="relu"):
    """Return `(loss, grads)` of a network: one pass forward, one pass back.

    `params` is a list of `(w, b)`, one pair a layer, and as long as the network is deep. The
    `activation`, "relu", "sigmoid" or "tanh", follows every layer but the last, whose output is
    the logits of `softmax_cross_entropy`; any other name raises ValueError. `x` is (N, D), `labels`
    (N,), `loss` the mean over the batch, and `grads` a list of `(dw, db)` in the order of `params`.

    >>> params = [(np.array([[1.0, -1.0]]), np.zeros(2)), (np.zeros((2, 2)), np.zeros(2))]
    >>> loss, grads = loss_and_gradients(params, np.array([[3.0]]), np.array([0]))
    >>> round(float(loss), 6)
    0.693147
    >>> (dw1, db1), (dw2, db2) = grads
    >>> dw2.tolist(), db2.tolist()
    ([[-1.5, 1.5], [0.0, 0.0]], [-0.5, 0.5])
    """
    raise NotImplementedError
