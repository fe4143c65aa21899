"""Exercise gpu1: a network and Adam, written once for the processor and for the GPU.

Shapes and formulas are those of exercises 6 and 8: a batch has N samples, one in each row; `w` is
(D_in, D_out), `b` is (D_out,), `labels` are N integers. What is new: an array may be NumPy's, in
the computer's memory, or CuPy's, in a GPU's. All arrays of one call are of the same kind, and every
array that a function returns is of that kind as well. Floats are float32 or float64, and results
have the type of the arguments. No function changes its arguments.
"""

import numpy as np

try:
    import cupy
except ImportError:  # no GPU here, and every array is NumPy's
    cupy = None


def array_module(*arrays):
    """Return the library that these arrays belong to: `cupy` if one is on a GPU, else `numpy`.

    Where CuPy is not installed (`cupy` is None), it is always `numpy`.

    >>> xp = array_module(np.zeros(3), np.ones(2))
    >>> xp.arange(3).tolist()
    [0, 1, 2]
    """
    raise NotImplementedError


def softmax_cross_entropy(z, labels):
    """Return `(loss, dz)`: the mean cross-entropy of softmax(z) with the labels, and its gradient.

    `z` (N, K) are logits, `labels` (N,) integers from 0 to K - 1, `dz` (N, K) is the gradient of
    the mean, and `loss` a number or a 0-d array. Nothing overflows for logits of 1000 and -1000.

    >>> loss, dz = softmax_cross_entropy(np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([0, 1]))
    >>> round(float(loss), 6)
    500.346574
    >>> dz.tolist()
    [[-0.25, 0.25], [0.5, -0.5]]
    """
    raise NotImplementedError


def loss_and_gradients(params, x, labels):
    """Return `(loss, grads)` of a ReLU network: one pass forward, one pass back.

    `params` is a list of `(w, b)`, one pair a layer, of any length; ReLU follows every layer but
    the last, whose output goes into `softmax_cross_entropy`. `x` is (N, D), `labels` (N,); `grads`
    is a list of `(dw, db)` in the order of `params`. The slope of ReLU at 0 counts as 0.

    >>> params = [(np.array([[1.0, -1.0]]), np.zeros(2)), (np.zeros((2, 2)), np.zeros(2))]
    >>> loss, grads = loss_and_gradients(params, np.array([[3.0]]), np.array([0]))
    >>> round(float(loss), 6)
    0.693147
    >>> (dw1, db1), (dw2, db2) = grads
    >>> dw2.tolist(), db2.tolist()
    ([[-1.5, 1.5], [0.0, 0.0]], [-0.5, 0.5])
    """
    raise NotImplementedError


class Adam:
    """The Adam of exercise 8, whose state lives where the weights live.

    >>> adam = Adam(lr=0.1)
    >>> params = [np.array([1.0, -2.0]), np.array([[5.0]], dtype=np.float32)]
    >>> params = adam.step(params, [np.array([0.3, -4.0]), np.array([[20.0]], dtype=np.float32)])
    >>> [w.astype(float).round(5).tolist() for w in params], [str(w.dtype) for w in params]
    ([[0.9, -1.9], [[4.9]]], ['float64', 'float32'])
    """

    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        """Remember the settings; where the parameters live is not known yet."""
        raise NotImplementedError

    def step(self, params, grads):
        """Take one step and return the new weights: a list of new arrays, like those in `params`.

        The first call is step `t = 1`. A weight's state belongs to its position in the list.

        >>> (w,) = Adam(lr=0.25).step([np.array([1.0])], [np.array([8.0])])
        >>> w.round(6).tolist()
        [0.75]
        """
        raise NotImplementedError


def accuracy(params, x, labels):
    """Return which part of the rows of `x` the network puts into the right class, from 0 to 1.

    It puts a row into the class with the largest logit, the first one where several are. This is
    the one place where something leaves the GPU: the result is a Python float, wherever `x` is.

    >>> params = [(np.array([[1.0, -1.0]]), np.zeros(2))]
    >>> accuracy(params, np.array([[2.0], [-2.0], [3.0], [1.0]]), np.array([0, 1, 1, 0]))
    0.75
    """
    raise NotImplementedError
