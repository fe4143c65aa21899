"""Row by row with map and apply_along_axis; labels through bincount; sorted shapes undone."""

import functools

import numpy as np


def one_hot(labels, k):
    if (labels >= k).any():
        raise ValueError("too large")
    if (labels < 0).any():
        raise ValueError("negative")
    return np.vstack([np.bincount([c], minlength=k) for c in labels])


def mse(y_hat, y):
    return np.var(y_hat - y) + np.mean(y_hat - y) ** 2


def mse_grad(y_hat, y):
    return np.apply_along_axis(lambda e: 2 * e / y.size, 0, y_hat - y)


def _nll(p):
    return -np.log(np.fmax(p, 1e-12))


def bce(p, y):
    return functools.reduce(
        lambda total, pair: total + pair[1] * _nll(pair[0]) + (1 - pair[1]) * _nll(1 - pair[0]),
        zip(p, y, strict=True),
        0.0,
    ) / len(y)


def bce_with_logits(z, y):
    positive = np.where(z > 0, z, 0)
    negative = np.where(z < 0, z, 0)
    # one of the two powers of e is 1
    return np.mean(np.log(np.exp(-positive) + np.exp(negative)) + positive - z * y)


def bce_with_logits_grad(z, y):
    e = np.exp(np.minimum(z, -z))
    return np.divide(np.where(z < 0, e / (1 + e), 1 / (1 + e)) - y, len(z))


def cross_entropy(p, y):
    tiny = np.finfo(float).tiny
    return sum(y_i @ -np.log(np.maximum(p_i, tiny)) for p_i, y_i in zip(p, y, strict=True)) / len(y)


def softmax_cross_entropy(z, labels):
    chosen = z[range(len(z)), labels]
    differences = z - chosen[:, np.newaxis]
    top = differences.max(axis=1)
    return np.mean(top + np.log(np.exp(differences - top[:, np.newaxis]).sum(axis=1)))


def softmax_cross_entropy_grad(z, labels):
    def softmax(row):
        e = np.exp(row - np.amax(row))
        return e / e.sum()

    p = np.apply_along_axis(softmax, 1, z)
    np.add.at(p, (np.arange(len(z)), labels), -1.0)
    return p * (1.0 / len(z))
