"""The bias as a last row of the weights; orthogonal feedback; the angle by arctan2."""

import numpy as np


def random_feedback(sizes, rng, direct=False):
    found = []
    for i, width in enumerate(sizes[1:-1]):
        rows = sizes[-1] if direct else sizes[i + 2]
        n = max(rows, width)
        q, _ = np.linalg.qr(rng.normal(size=(n, n)))
        found.append(q[:rows, :width])
    return found


def extended(a):
    return np.hstack([a, np.ones((len(a), 1))])


def forward(params, x, labels):
    inputs = [extended(x)]
    for i, layer in enumerate(params):
        z = inputs[-1] @ np.vstack(layer)
        if i < len(params) - 1:
            inputs.append(extended(np.tanh(z)))
    z = z - np.max(z, axis=1, keepdims=True)
    log_p = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    one_hot = np.arange(z.shape[1]) == np.asarray(labels)[:, None]
    return -np.sum(log_p[one_hot]) / len(x), inputs, (np.exp(log_p) - one_hot) / len(x)


def split(inputs, deltas):
    both = [a.T @ delta for a, delta in zip(inputs, deltas, strict=True)]
    return [(g[:-1], g[-1]) for g in both]


def fa_gradients(params, feedback, x, labels):
    loss, inputs, error = forward(params, x, labels)
    deltas = [error]
    for matrix, a in zip(feedback[::-1], inputs[:0:-1], strict=True):
        deltas.append(deltas[-1] @ matrix * (1 - a[:, :-1] ** 2))
    return loss, split(inputs, deltas[::-1])


def dfa_gradients(params, feedback, x, labels):
    loss, inputs, error = forward(params, x, labels)
    slopes = [1 - a[:, :-1] ** 2 for a in inputs[1:]]
    deltas = [(error @ m) * slope for m, slope in zip(feedback, slopes, strict=True)]
    return loss, split(inputs, deltas + [error])  # noqa: RUF005


def alignment(a, b):
    u, v = unit(a), unit(b)
    return 2 * np.degrees(np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v)))


def unit(gradient):
    parts = []

    def visit(value):
        if isinstance(value, (list, tuple)):
            for item in value:
                visit(item)
        else:
            parts.append(np.reshape(value, -1))

    visit(gradient)
    whole = np.concatenate(parts)
    return whole / np.sqrt(np.sum(whole**2))
