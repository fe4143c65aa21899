"""A right answer that fills fresh arrays through masks, like much of the code for older courses."""

import numpy as np


def sigmoid(z):
    out = np.empty_like(z)
    positive = z >= 0
    out[positive] = 1 / (1 + np.exp(-z[positive]))
    e = np.exp(z[~positive])
    out[~positive] = e / (1 + e)
    return out


def tanh(z):
    out = np.zeros_like(z)
    e = np.exp(-2 * z[z > 0])
    out[z > 0] = (1 - e) / (1 + e)
    e = np.exp(2 * z[z < 0])
    out[z < 0] = (e - 1) / (e + 1)
    return out


def relu(z):
    a = z.copy()
    a[a < 0] = 0
    return a


def elu(z, alpha=1.0):
    a = z.copy()
    a[z <= 0] = alpha * (np.exp(z[z <= 0]) - 1)
    return a


def sigmoid_grad(z):
    a = sigmoid(z)
    return a - a**2


def tanh_grad(z):
    return 1 - np.square(tanh(z))


def relu_grad(z):
    grad = np.ones_like(z)
    grad[z <= 0] = 0
    return grad


def elu_grad(z, alpha=1.0):
    grad = np.ones_like(z)
    grad[z < 0] = elu(z, alpha)[z < 0] + alpha
    return grad


def softmax(z):
    out = z - np.max(z, axis=-1)[..., np.newaxis]
    np.exp(out, out=out)
    out /= np.sum(out, axis=-1)[..., np.newaxis]
    return out


def softmax_jacobian(z):
    s = softmax(z).reshape(-1, 1)
    jacobian = -s @ s.T
    jacobian[np.diag_indices(len(s))] += s[:, 0]
    return jacobian
