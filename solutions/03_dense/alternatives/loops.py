"""A right answer in plain loops: one weight, one sum, one sample at a time."""

import math

import numpy as np


def dense(x, w, b):
    """Add up one product at a time."""
    out = []
    for row in x:
        sums = []
        for j in range(len(b)):
            total = 0.0
            for d in range(len(row)):
                total += row[d] * w[d][j]
            sums.append(total + b[j])
        out.append(sums)
    return np.array(out)


def init_params(sizes, rng):
    """Draw unit after unit, so that the numbers come in the order of the transpose."""
    params = []
    for i in range(1, len(sizes)):
        limit = 1.0 / math.sqrt(sizes[i - 1])
        w = np.empty((sizes[i - 1], sizes[i]))
        for j in range(sizes[i]):
            for d in range(sizes[i - 1]):
                w[d, j] = rng.uniform(low=-limit, high=limit)
        params.append((w, np.array([0.0] * sizes[i])))
    return params


def mlp(x, params, g):
    """Ask at every layer whether it is the last."""
    h = x
    for i in range(len(params)):
        w, b = params[i]
        h = dense(h, w, b)
        if i < len(params) - 1:
            h = g(h)
    return h


def collapse(params):
    """Multiply the layers out, entry by entry."""
    w = [[float(v) for v in row] for row in params[0][0]]
    b = [float(v) for v in params[0][1]]
    for i in range(1, len(params)):
        v, c = params[i]
        inner, outer = len(v), len(c)
        w = [[sum(row[k] * v[k][j] for k in range(inner)) for j in range(outer)] for row in w]
        b = [sum(b[k] * v[k][j] for k in range(inner)) + c[j] for j in range(outer)]
    return w, b


def count_params(sizes):
    """Count the lines of the drawing, and the units."""
    total = 0
    for i in range(1, len(sizes)):
        for _ in range(sizes[i]):
            total += sizes[i - 1]
            total += 1
    return total
