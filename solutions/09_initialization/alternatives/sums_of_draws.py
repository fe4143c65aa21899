"""Bells as sums: four normal draws added up, or twelve uniform ones less six; uniform by halves."""

import numpy as np


def zeros(d_in, d_out):
    return 0.0 * np.ones((d_in, d_out))


def normal(d_in, d_out, std, rng):
    return rng.normal(0.0, std / 2, size=(4, d_in, d_out)).sum(axis=0)


def xavier_uniform(d_in, d_out, rng):
    bound = np.sqrt(6 / (d_in + d_out))
    size = rng.uniform(0.0, bound, size=(d_in, d_out))
    return np.where(rng.random((d_in, d_out)) < 0.5, -size, size)


def xavier_normal(d_in, d_out, rng):
    bells = rng.random((d_in, d_out, 12)).sum(axis=2) - 6.0
    return bells * np.sqrt(2 / (d_in + d_out))


def he_normal(d_in, d_out, rng):
    one, other = rng.normal(size=(2, d_in, d_out))
    return (one - other) / np.sqrt(d_in)


def activation_stds(x, weights, g):
    stds, h = np.zeros(len(weights)), x
    for i, w in enumerate(weights):
        h = g(np.einsum("nd,du->nu", h, w))
        stds[i] = np.linalg.norm(h - h.mean()) / np.sqrt(h.size)
    return list(stds)


def recommended(activation, d_in, d_out, rng):
    if activation not in {"sigmoid", "tanh", "relu", "elu"}:
        raise ValueError(f"{activation}?")
    xavier = activation in {"sigmoid", "tanh"}
    return xavier_normal(d_in, d_out, rng) if xavier else he_normal(d_in, d_out, rng)
