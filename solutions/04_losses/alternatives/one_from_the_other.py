"""Each function built from the one before; the two classes of a binary loss are a softmax."""

import numpy as np


def one_hot(labels, k):
    labels = np.asarray(labels)
    allowed = np.isin(labels, np.arange(k))
    if not allowed.all():
        raise ValueError(f"not a class: {labels[~allowed]}")
    out = np.zeros((labels.size, k), dtype=np.int8)
    out[np.arange(labels.size), labels] = 1
    return out


def mse(y_hat, y):
    e = (y_hat - y).ravel()
    return float(e @ e) / e.size


def mse_grad(y_hat, y):
    e = y_hat - y
    return (e + e) / e.size


def bce(p, y):
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return cross_entropy(np.stack([1 - p, p], axis=1), np.stack([1 - y, y], axis=1))


def _two_logits(z):
    return np.stack([np.zeros_like(z), z], axis=1)


def bce_with_logits(z, y):
    log_p = _log_softmax(_two_logits(z))
    return float(np.mean(-y * log_p[:, 1] - (1 - y) * log_p[:, 0]))


def bce_with_logits_grad(z, y):
    return (_softmax(_two_logits(z))[:, 1] - y) / len(y)


def cross_entropy(p, y):
    return float(-np.einsum("nk,nk->", y, np.log(np.clip(p, 1e-12, 1.0))) / len(p))


def _softmax(z):
    e = np.exp(z - np.max(z, axis=-1)[..., None])
    return e / np.sum(e, axis=-1)[..., None]


def _log_softmax(z):
    top = np.max(z, axis=-1)[..., None]
    return z - top - np.log(np.sum(np.exp(z - top), axis=-1))[..., None]


def softmax_cross_entropy(z, labels):
    y = one_hot(labels, z.shape[1])
    return float(-np.sum(y * _log_softmax(z)) / len(z))


def softmax_cross_entropy_grad(z, labels):
    y = one_hot(labels, z.shape[1])
    return _softmax(z) / len(z) - y / len(z)
