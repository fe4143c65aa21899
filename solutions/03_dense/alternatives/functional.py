"""A right answer with reduce, recursion and generator expressions."""

import functools
import itertools

import numpy as np


def dense(x, w, b):
    return np.add(np.dot(x, w), b)


def init_params(sizes, rng):
    def layer(d_in, d_out):
        return [(2 * rng.random((d_in, d_out)) - 1) * d_in**-0.5, np.zeros((d_out,))]

    return tuple(layer(*widths) for widths in itertools.pairwise(sizes))


def mlp(x, params, g):
    (w, b), *rest = params
    z = dense(x, w, b)
    return mlp(g(z), rest, g) if rest else z


def collapse(params):
    return functools.reduce(lambda one, two: [one[0] @ two[0], dense(one[1], *two)], params)


def count_params(sizes):
    return sum((d_in + 1) * d_out for d_in, d_out in itertools.pairwise(sizes))
