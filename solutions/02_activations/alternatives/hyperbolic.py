"""A right answer in which everything is made of the tanh, and the softmax of its logarithm."""

import numpy as np


def tanh(z):
    return np.tanh(z)


def tanh_grad(z):
    t = tanh(z)
    return (1 + t) * (1 - t)


def sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


def sigmoid_grad(z):
    return 0.25 * tanh_grad(0.5 * z)


def relu(z):
    return (np.abs(z) + z) / 2


def relu_grad(z):
    return (np.sign(z) + np.abs(np.sign(z))) / 2


def elu(z, alpha=1.0):
    return relu(z) + alpha * np.expm1(-relu(-z))


def elu_grad(z, alpha=1.0):
    left = 1 - relu_grad(z)
    return relu_grad(z) + alpha * left * np.exp(-relu(-z))


def softmax(z):
    return np.exp(z - np.logaddexp.reduce(z, axis=-1, keepdims=True))


def softmax_jacobian(z):
    s = softmax(z)
    return s[:, None] * (np.eye(s.size) - s[None, :])
