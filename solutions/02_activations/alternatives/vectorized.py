"""A right answer that lifts rules for one number, and for one row, to arrays."""

from functools import partial

import numpy as np

tanh = np.tanh


@np.vectorize
def sigmoid(v):
    e = np.exp(-abs(v))
    return 1.0 / (1.0 + e) if v > 0 else e / (1.0 + e)


@np.vectorize
def relu(v):
    return max(v, 0.0)


@np.vectorize
def sigmoid_grad(v):
    return sigmoid(v) * sigmoid(-v)


@np.vectorize
def tanh_grad(v):
    return 1.0 - np.tanh(v) * np.tanh(v)


relu_grad = np.vectorize(lambda v: v > 0)


def elu(z, alpha=1.0):
    return np.vectorize(lambda v: float(v) if v >= 0 else alpha * np.expm1(v))(z)


def elu_grad(z, alpha=1.0):
    return np.vectorize(lambda v: 1.0 if v > 0 else alpha * np.exp(v))(z)


def softmax_of_row(row):
    e = np.exp(row - row.max())
    return e / e.sum()


softmax = partial(np.apply_along_axis, softmax_of_row, -1)


def softmax_jacobian(z):
    s = softmax_of_row(z)
    return np.diagflat(s) - np.einsum("i,j->ij", s, s)
