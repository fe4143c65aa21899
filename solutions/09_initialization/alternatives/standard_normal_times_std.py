"""Standard draws times the standard deviation; in-place products; a table of names."""

import numpy as np


def zeros(d_in, d_out):
    return np.full((d_in, d_out), 0.0)


def normal(d_in, d_out, std, rng):
    return rng.standard_normal((d_in, d_out)) * std


def xavier_uniform(d_in, d_out, rng):
    limit = (6.0 / (d_in + d_out)) ** 0.5
    return limit * (2.0 * rng.random((d_in, d_out)) - 1.0)


def xavier_normal(d_in, d_out, rng):
    w = rng.standard_normal((d_in, d_out))
    w *= np.sqrt(2.0 / (d_in + d_out))
    return w


def he_normal(d_in, d_out, rng):
    return rng.standard_normal((d_in, d_out)) / np.sqrt(d_in / 2.0)


def activation_stds(x, weights, g):
    return [np.std(h) for h in _activations(x, weights, g)]


def _activations(h, weights, g):
    for w in weights:
        h = g(np.dot(h, w))
        yield h


def recommended(activation, d_in, d_out, rng):
    draws = {"sigmoid": xavier_normal, "tanh": xavier_normal, "relu": he_normal, "elu": he_normal}
    if activation not in draws:
        raise ValueError(activation)
    return draws[activation](d_in, d_out, rng)
