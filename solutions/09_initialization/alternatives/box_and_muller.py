"""Normal draws from uniform ones by Box and Muller; arrays filled in place; recursion."""

import numpy as np


def zeros(d_in, d_out):
    w = np.empty((d_in, d_out))
    w.fill(-0.0)
    return w


def normal(d_in, d_out, std, rng):
    radius = np.sqrt(-2.0 * np.log1p(-rng.random((d_in, d_out))))
    return std * radius * np.cos(2.0 * np.pi * rng.random((d_in, d_out)))


def xavier_uniform(d_in, d_out, rng):
    w = np.zeros((d_in, d_out))
    rng.random(out=w)
    return (w - 0.5) * np.sqrt(24 / (d_in + d_out))


def xavier_normal(d_in, d_out, rng):
    return normal(d_in, d_out, 1.0, rng) / np.sqrt((d_in + d_out) / 2)


def he_normal(d_in, d_out, rng):
    return normal(d_in, d_out, 1.0, rng) * (2 / d_in) ** 0.5


def activation_stds(x, weights, g):
    if not weights:
        return []
    h = g(x @ weights[0])
    return [np.sqrt(h.var()), *activation_stds(h, weights[1:], g)]


def recommended(activation, d_in, d_out, rng):
    try:
        draw = dict.fromkeys(("sigmoid", "tanh"), xavier_uniform)
        draw |= dict.fromkeys(("relu", "elu"), he_normal)
        return draw[activation](d_in, d_out, rng)
    except KeyError:
        raise ValueError("no such activation: " + activation) from None
