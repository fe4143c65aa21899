"""Boolean masks for the two sides of zero; small epsilons in the categorical loss; flat indices."""

import numpy as np


def one_hot(labels, k):
    for label in labels:
        if label not in range(k):
            raise ValueError(label)
    flat = np.zeros(len(labels) * k)
    flat[np.arange(len(labels)) * k + labels] = 1.0
    return flat.reshape(-1, k)


def mse(y_hat, y):
    return ((y_hat - y) ** 2).sum() / np.prod(y.shape)


def mse_grad(y_hat, y):
    return np.multiply(2.0 / np.prod(y.shape), y_hat - y)


def bce(p, y):
    q = 1 - p
    p = np.where(p < 1e-12, 1e-12, p)
    q = np.where(q < 1e-12, 1e-12, q)
    return -(np.dot(y, np.log(p)) + np.dot(1 - y, np.log(q))) / p.shape[0]


def bce_with_logits(z, y):
    losses = np.empty(z.shape)
    right = z > 0
    losses[right] = (1 - y[right]) * z[right] + np.log(1 + np.exp(-z[right]))
    losses[~right] = np.log(1 + np.exp(z[~right])) - y[~right] * z[~right]
    return losses.mean()


def bce_with_logits_grad(z, y):
    p = np.zeros(z.shape)
    right = z >= 0
    p[right] = 1 / (1 + np.exp(-z[right]))
    p[~right] = np.exp(z[~right]) / (1 + np.exp(z[~right]))
    p -= y
    p /= len(p)
    return p


def cross_entropy(p, y):
    return np.mean(-np.sum(y * np.log(p + 1e-8), axis=1))


def softmax_cross_entropy(z, labels):
    n, k = z.shape
    z = z - z.max(axis=1).reshape(n, 1)
    right = z.ravel()[np.arange(n) * k + labels]
    return (np.log(np.exp(z).sum(1)) - right).sum() / n


def softmax_cross_entropy_grad(z, labels):
    n, _ = z.shape
    dz = np.exp(z - z.max(axis=1).reshape(n, 1))
    dz /= dz.sum(axis=1).reshape(n, 1)
    for i in range(n):
        dz[i, labels[i]] -= 1
    return dz / n
