"""A right answer that finds the collapsed layer by asking the stack, and works row by row."""

import itertools

import numpy as np


def dense(x, w, b):
    out = np.empty((len(x), len(b)))
    for n, row in enumerate(x):
        out[n] = b + row.dot(w)
    return out


def init_params(sizes, rng):
    params = []
    for d_in, d_out in itertools.pairwise(sizes):
        rows = [rng.uniform(-1 / np.sqrt(d_in), 1 / np.sqrt(d_in), d_out) for _ in range(d_in)]
        params.append([np.array(rows), np.zeros_like(rows[0])])
    return params


def mlp(x, params, g):
    layers = list(params)
    last = layers.pop()
    for w, b in layers:
        z = dense(x, w, b)
        x = np.array([g(row) for row in z])
    return dense(x, *last)


def collapse(params):
    def identity(z):
        return z

    d = params[0][0].shape[0]
    b = mlp(np.zeros((1, d)), params, identity)[0]
    w = mlp(np.eye(d), params, identity) - b
    return w, b


def count_params(sizes):
    if len(sizes) < 2:
        return 0
    return sizes[0] * sizes[1] + sizes[1] + count_params(sizes[1:])
