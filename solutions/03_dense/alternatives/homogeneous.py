"""A right answer that writes the bias as the weight of one more input that is always 1."""

import numpy as np


def with_ones(x):
    return np.hstack([x, np.ones((x.shape[0], 1))])


def stacked(w, b):
    return np.vstack([w, b])


def dense(x, w, b):
    return with_ones(x) @ stacked(w, b)


def init_params(sizes, rng):
    params = []
    for i, d_in in enumerate(sizes[:-1]):
        whole = np.zeros((d_in + 1, sizes[i + 1]))
        whole[:-1] = (rng.random((d_in, sizes[i + 1]), dtype=np.float32) * 2 - 1) / np.sqrt(d_in)
        params.append((whole[:-1], whole[-1]))
    return params


def mlp(x, params, g):
    out = dense(x, params[0][0], params[0][1])
    for w, b in params[1:]:
        out = dense(g(out), w, b)
    return out


def collapse(params):
    total = np.eye(params[0][0].shape[0] + 1)
    for w, b in params:
        corner = np.zeros((w.shape[0] + 1, 1))
        corner[-1] = 1.0
        total = total @ np.hstack([stacked(w, b), corner])
    return total[:-1, :-1], total[-1, :-1]


def count_params(sizes):
    return int(np.dot(np.array(sizes[:-1]) + 1, sizes[1:]))
