"""Exercise 2: activations and their derivatives, and the softmax, which turns numbers into shares.

Shapes: apart from the softmax, every function treats each entry of `z` by itself, so `z` may have
any shape, `()` included, and the result has the same one. `z` is an array of floats and stays as it
is. Numbers up to ±1000 come out right and without a warning.
"""

import numpy as np


def sigmoid(z):
    """The sigmoid 1 / (1 + e^(-z)) of every entry of `z`, any shape: a soft step from 0 to 1.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


def tanh(z):
    """The hyperbolic tangent of every entry of `z`, any shape: a soft step from -1 to 1.

    >>> tanh(np.array([-1000.0, 0.0, 1000.0]))
    array([-1.,  0.,  1.])
    """
    return np.tanh(z)


def relu(z):
    """The rectified linear unit of every entry of `z`, any shape: negative numbers become 0.

    >>> relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """
    return np.maximum(z, 0.0)


def elu(z, alpha=1.0):
    """The exponential linear unit: `z` where it is positive, alpha (e^z - 1) elsewhere.

    `z` may have any shape; `alpha` is a positive number. Far below zero the result is -alpha.

    >>> elu(np.array([-1000.0, 0.0, 3.0]), alpha=2.0)
    array([-2.,  0.,  3.])
    """
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0.0)))


def sigmoid_grad(z):
    """The slope of the sigmoid at every entry of `z`, any shape.

    `z` is the number before the sigmoid, not the one after it.

    >>> sigmoid_grad(np.array([-1000.0, 0.0, 1000.0]))
    array([0.  , 0.25, 0.  ])
    """
    s = sigmoid(z)
    return s * (1.0 - s)


def tanh_grad(z):
    """The slope of the hyperbolic tangent at every entry of `z`, any shape.

    `z` is the number before the tanh, not the one after it.

    >>> tanh_grad(np.array([-1000.0, 0.0, 1000.0]))
    array([0., 1., 0.])
    """
    return 1.0 - np.tanh(z) ** 2


def relu_grad(z):
    """The slope of the ReLU at every entry of `z`, any shape; in the corner, at z = 0, it is 0.

    >>> relu_grad(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 1.])
    """
    return np.where(z > 0, 1.0, 0.0)


def elu_grad(z, alpha=1.0):
    """The slope of the ELU at every entry of `z`, any shape; `alpha` is that of the ELU.

    At z = 0 the ELU has a corner unless alpha is 1, and what counts as its slope there is open.

    >>> elu_grad(np.array([-1000.0, 3.0]), alpha=2.0)
    array([0., 1.])
    """
    return np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0.0)))


def softmax(z):
    """The softmax over the last axis: positive numbers in proportion to e^z, which sum to 1.

    `z` holds logits, (..., K): K classes along the last axis, any number of axes before it. The
    result has the same shape.

    >>> softmax(np.array([[1000.0, 1000.0], [-1000.0, 1000.0]]))
    array([[0.5, 0.5],
           [0. , 1. ]])
    """
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_jacobian(z):
    """All slopes of the softmax, (K, K): entry [i, j] is that of output i along logit j.

    `z` holds the logits of one sample, (K,).

    >>> softmax_jacobian(np.array([0.0, 0.0]))
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    s = softmax(z)
    return np.diag(s) - np.outer(s, s)
