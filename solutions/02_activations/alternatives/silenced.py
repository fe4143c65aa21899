"""A right answer with the textbook formulas: clipped, or with NumPy's warnings switched off."""

import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-np.clip(z, -500.0, 500.0)))


def tanh(z):
    z = np.clip(z, -300.0, 300.0)
    return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))


def relu(z):
    return z * (z > 0)


def elu(z, alpha=1.0):
    with np.errstate(over="ignore"):
        return np.where(z < 0, alpha * (np.exp(z) - 1), z)


def sigmoid_grad(z):
    return sigmoid(z) * (1 - sigmoid(z))


def tanh_grad(z):
    with np.errstate(over="ignore"):
        return 1 / np.cosh(z) ** 2


def relu_grad(z):
    return z > 0


def elu_grad(z, alpha=1.0):
    with np.errstate(over="ignore"):
        return np.where(z < 0, alpha * np.exp(z), 1)


def softmax(z):
    flat = z.reshape(-1, z.shape[-1])
    e = np.exp(flat.T - flat.max(axis=1)).T
    return (e.T / e.sum(axis=1)).T.reshape(z.shape)


def softmax_jacobian(z):
    s = softmax(z)
    jacobian = np.zeros((len(z), len(z)))
    for k, unit in enumerate(np.eye(len(z))):
        jacobian[:, k] = s * (unit - s[k])
    return jacobian
