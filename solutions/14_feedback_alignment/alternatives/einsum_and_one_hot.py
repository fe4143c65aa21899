"""Einsum, one-hot labels, tuples everywhere, a 0-d loss; uniform feedback."""

import numpy as np


def random_feedback(sizes, rng, direct=False):
    ends = tuple(sizes)
    result = ()
    for layer in range(1, len(ends) - 1):
        rows = ends[-1] if direct else ends[layer + 1]
        result += (rng.uniform(-0.5, 0.5, size=(rows, ends[layer])),)
    return result


def outputs(params, x, labels):
    layers = (x,)
    for w, b in params[:-1]:
        layers += (np.tanh(np.einsum("ni,ij->nj", layers[-1], w) + b),)
    z = np.einsum("ni,ij->nj", layers[-1], params[-1][0]) + params[-1][1]
    e = np.exp(z - np.max(z, axis=1)[:, None])
    p = e / np.sum(e, axis=1)[:, None]
    y = np.eye(z.shape[1])[labels]
    loss = np.array(-np.mean(np.log(np.maximum((p * y).sum(axis=1), 1e-12))))
    return loss, layers, (p - y) / x.shape[0]


def pair(a, d):
    return (np.einsum("ni,nj->ij", a, d), np.einsum("nj->j", d))


def fa_gradients(params, feedback, x, labels):
    loss, layers, d = outputs(params, x, labels)
    grads = (pair(layers[-1], d),)
    for below, a, matrix in zip(layers[-2::-1], layers[:0:-1], feedback[::-1], strict=True):
        d = np.einsum("nk,kj->nj", d, matrix) * (1 - a) * (1 + a)
        grads = (pair(below, d), *grads)
    return loss, grads


def dfa_gradients(params, feedback, x, labels):
    loss, layers, e = outputs(params, x, labels)
    grads = ()
    for below, a, matrix in zip(layers[:-1], layers[1:], feedback, strict=True):
        grads += (pair(below, np.einsum("nk,kj->nj", e, matrix) * (1 - a) * (1 + a)),)
    return (loss, (*grads, pair(layers[-1], e)))


def alignment(a, b):
    if isinstance(a, np.ndarray):
        a, b = [a], [b]
    dot = aa = bb = 0.0
    for one, other in zip(a, b, strict=True):
        if isinstance(one, np.ndarray):
            one, other = [one], [other]
        for s, t in zip(one, other, strict=True):
            dot, aa, bb = dot + np.sum(s * t), aa + np.sum(s * s), bb + np.sum(t * t)
    return np.rad2deg(np.arccos(max(-1.0, min(1.0, dot / np.sqrt(aa * bb)))))
