"""A right answer with less known parts of NumPy: select, piecewise, heaviside, ufunc methods."""

import numpy as np


def sigmoid(z):
    return np.reciprocal(1.0 + np.exp(np.negative(np.maximum(z, -700.0))))


def tanh(z):
    return 2.0 * sigmoid(2.0 * z) - 1.0


def relu(z):
    return np.clip(z, 0.0, None)


def elu(z, alpha=1.0):
    return np.piecewise(z, [z > 0], [lambda v: v, lambda v: alpha * np.expm1(v)])


def sigmoid_grad(z):
    e = np.exp(-np.abs(z))
    return e / (1.0 + e) ** 2


def tanh_grad(z):
    return 4.0 * sigmoid_grad(2.0 * z)


def relu_grad(z):
    return np.heaviside(z, 0.0)


def elu_grad(z, alpha=1.0):
    return np.select([z > 0, z <= 0], [np.ones_like(z), alpha * np.exp(np.fmin(z, 0.0))])


def softmax(z):
    shifted = np.moveaxis(z, -1, 0) - np.maximum.reduce(z, axis=-1)
    e = np.exp(shifted)
    return np.moveaxis(np.divide(e, np.add.reduce(e, axis=0)), 0, -1)


def softmax_jacobian(z):
    s = softmax(z)
    return np.multiply.outer(s, np.ones_like(s)) * np.identity(len(s)) - np.multiply.outer(s, s)
