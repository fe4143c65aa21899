"""Both kinds are one loop that differs in where the error starts; positive feedback."""

import numpy as np


def random_feedback(sizes, rng, direct=False):
    return [
        rng.random((sizes[-1] if direct else sizes[i + 1], sizes[i])) / 4
        for i in range(1, len(sizes) - 1)
    ]


def _gradients(params, feedback, x, labels, start):
    h = [np.asarray(x, dtype=np.float64)]
    for i in range(len(params) - 1):
        w, b = params[i]
        h += [np.tanh(np.matmul(h[i], w) + b)]
    w, b = params[-1]
    logits = np.matmul(h[-1], w) + b
    logits -= np.amax(logits, 1, keepdims=True)
    p = np.exp(logits)
    p /= p.sum(1, keepdims=True)
    n = np.arange(p.shape[0])
    loss = -np.log(p[n, labels] + 1e-12).sum() / n.size
    p[n, labels] -= 1.0
    deltas = {len(params) - 1: p / n.size}
    for i in reversed(range(len(params) - 1)):
        source = deltas[start(i)]
        deltas[i] = np.matmul(source, feedback[i]) * (1.0 - np.square(h[i + 1]))
    grads = []
    for i in range(len(params)):
        grads.append((np.matmul(h[i].transpose(), deltas[i]), np.sum(deltas[i], 0)))  # noqa: PERF401
    return np.float64(loss), grads


def fa_gradients(params, feedback, x, labels):
    return _gradients(params, feedback, x, labels, lambda i: i + 1)


def dfa_gradients(params, feedback, x, labels):
    return _gradients(params, feedback, x, labels, lambda _: len(params) - 1)


def alignment(a, b):
    def items(g):
        if not isinstance(g, (list, tuple)):
            return [g]
        return [array for part in g for array in items(part)]

    pairs = list(zip(items(a), items(b), strict=True))
    dot = sum(float((s * t).sum()) for s, t in pairs)
    size = np.prod([sum(float((q[k] ** 2).sum()) for q in pairs) for k in (0, 1)]) ** 0.5
    return float(np.degrees(np.arccos(np.clip(dot / size, -1, 1))))
