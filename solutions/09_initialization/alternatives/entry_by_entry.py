"""Python loops and one draw at a time, from the last entry to the first; plain lists for zeros."""

import math

import numpy as np


def fill(d_in, d_out, draw):
    w = np.empty((d_in, d_out))
    for i in range(d_in * d_out):
        w.flat[-1 - i] = draw()
    return w


def zeros(d_in, d_out):
    return [[0.0] * d_out for _ in range(d_in)]


def normal(d_in, d_out, std, rng):
    return fill(d_in, d_out, lambda: rng.normal(0, std))


def xavier_uniform(d_in, d_out, rng):
    bound = math.sqrt(6 / (d_in + d_out))
    return fill(d_in, d_out, lambda: rng.uniform(-bound, bound))


def xavier_normal(d_in, d_out, rng):
    return normal(d_in, d_out, math.sqrt(2 / (d_in + d_out)), rng)


def he_normal(d_in, d_out, rng):
    return normal(d_in, d_out, math.sqrt(2 / d_in), rng)


def activation_stds(x, weights, g):
    stds = []
    for w in weights:
        x = np.array([g(row @ w) for row in x])
        values = x.ravel().tolist()
        mean = math.fsum(values) / len(values)
        stds.append(math.sqrt(math.fsum((v - mean) ** 2 for v in values) / len(values)))
    return stds


def recommended(activation, d_in, d_out, rng):
    if activation == "sigmoid" or activation == "tanh":
        return xavier_uniform(d_in, d_out, rng)
    if activation == "relu" or activation == "elu":
        return he_normal(d_in, d_out, rng)
    raise ValueError("unknown activation: " + activation)
