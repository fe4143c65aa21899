"""A network is its first layer and the rest; the rest returns its gradients and its delta."""

import math

import numpy as np


def random_feedback(sizes, rng, direct=False):
    _, *rest = sizes
    if len(rest) < 2:
        return []
    rows = rest[-1] if direct else rest[1]
    matrix = rng.standard_normal((rows, rest[0])) * 0.1
    return [matrix, *random_feedback(rest, rng, direct)]


def loss_and_error(z, labels):
    top = z.max(1)
    log_sum = top + np.log(np.exp(z - top[:, np.newaxis]).sum(1))
    p = np.exp(z - log_sum[:, np.newaxis])
    error = np.array(
        [[p[n, k] - (k == y) for k in range(z.shape[1])] for n, y in enumerate(labels)]
    )
    return float(np.mean(log_sum - z[range(len(z)), labels])), error / len(z)


def fa_gradients(params, feedback, x, labels):
    loss, grads, _ = chained(params, feedback, x, labels)
    return [loss, grads]


def chained(params, feedback, x, labels):
    (w, b), *rest = params
    z = x @ w + b
    if rest:
        a = np.tanh(z)
        loss, grads, above = chained(rest, feedback[1:], a, labels)
        delta = (above @ feedback[0]) / np.cosh(np.clip(z, -300, 300)) ** 2
    else:
        grads = []
        loss, delta = loss_and_error(z, labels)
    return loss, [[x.T @ delta, np.ones(len(x)) @ delta], *grads], delta


def dfa_gradients(params, feedback, x, labels):
    loss, grads, _ = straight(params, feedback, x, labels)
    return [loss, grads]


def straight(params, feedback, x, labels):
    (w, b), *rest = params
    z = x @ w + b
    if not rest:
        loss, error = loss_and_error(z, labels)
        return loss, [[x.T @ error, error.sum(0)]], error
    a = np.tanh(z)
    loss, grads, error = straight(rest, feedback[1:], a, labels)
    delta = error @ feedback[0] * (1 - a * a)
    return loss, [[x.T @ delta, delta.sum(0)], *grads], error


def numbers(gradient):
    if isinstance(gradient, (list, tuple)):
        for part in gradient:
            yield from numbers(part)
    else:
        yield from np.asarray(gradient).ravel().tolist()


def alignment(a, b):
    a, b = list(numbers(a)), list(numbers(b))
    size = math.hypot(*a) * math.hypot(*b)
    cosine = math.fsum(s * t for s, t in zip(a, b, strict=True)) / size
    return math.degrees(math.acos(min(1, max(-1, cosine))))
