"""A right answer that goes down the axes by recursion and returns nested lists."""

import numpy as np


def deep(f, z):
    return f(float(z)) if np.ndim(z) == 0 else [deep(f, part) for part in z]


def sigmoid(z):
    return deep(lambda v: float(np.exp(-np.logaddexp(0.0, -v))), z)


def tanh(z):
    return deep(lambda v: float(np.tanh(v)), z)


def relu(z):
    return deep(lambda v: v * (v > 0), z)


def elu(z, alpha=1.0):
    return deep(lambda v: v if v > 0 else alpha * (float(np.exp(v)) - 1.0), z)


def sigmoid_grad(z):
    return deep(lambda v: float(np.exp(-np.logaddexp(0.0, v) - np.logaddexp(0.0, -v))), z)


def tanh_grad(z):
    return deep(lambda v: 1.0 - float(np.tanh(v)) ** 2, z)


def relu_grad(z):
    return deep(lambda v: int(v > 0), z)


def elu_grad(z, alpha=1.0):
    return deep(lambda v: 1.0 if v > 0 else alpha * float(np.exp(v)), z)


def softmax(z):
    if z.ndim > 1:
        return [softmax(part) for part in z]
    weights = [float(np.exp(v - max(z))) for v in z]
    return [w / sum(weights) for w in weights]


def softmax_jacobian(z):
    s = softmax(z)
    return [[si * ((i == j) - sj) for j, sj in enumerate(s)] for i, si in enumerate(s)]
