"""A right answer that draws all numbers at once, last layer first, and uses einsum."""

import itertools

import numpy as np


def dense(x, w, b):
    return np.einsum("nd,dk->nk", x, w) + b[None, :]


def init_params(sizes, rng):
    shapes = list(itertools.pairwise(sizes))
    numbers = rng.uniform(-1.0, 1.0, size=sum(rows * columns for rows, columns in shapes))
    params = []
    for rows, columns in reversed(shapes):
        w, numbers = numbers[: rows * columns], numbers[rows * columns :]
        params.insert(0, (w.reshape(columns, rows).T / rows**0.5, np.zeros(columns)))
    return params


def mlp(x, params, g):
    activations = [g] * (len(params) - 1) + [lambda z: z]
    for (w, b), activation in zip(params, activations, strict=True):
        x = activation(dense(x, w, b))
    return x


def collapse(params):
    w, b = params[-1]
    for earlier_w, earlier_b in params[-2::-1]:
        b = earlier_b @ w + b
        w = earlier_w @ w
    return w, b


def count_params(sizes):
    weights = sum(a * b for a, b in itertools.pairwise(sizes))
    return weights + sum(sizes[1:])
