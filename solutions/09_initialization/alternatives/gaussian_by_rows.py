"""Rows of draws stacked, signs drawn apart from sizes, He's weights in uniform bounds for elu."""

import numpy as np


def zeros(d_in, d_out):
    return np.tile(0.0, (d_in, d_out))


def normal(d_in, d_out, std, rng):
    sizes = np.abs(rng.normal(0.0, std, (d_in, d_out)))
    return sizes * rng.choice([-1.0, 1.0], size=(d_in, d_out))


def xavier_uniform(d_in, d_out, rng):
    bound = np.sqrt(6 / (d_in + d_out))
    return np.vstack([rng.uniform(-bound, bound, d_out) for _ in range(d_in)])


def xavier_normal(d_in, d_out, rng):
    return np.sqrt(2 / (d_in + d_out)) * np.array([rng.standard_normal(d_out) for _ in range(d_in)])


def he_normal(d_in, d_out, rng):
    w = rng.normal(0.0, np.sqrt(2 / d_in), size=d_in * d_out)
    return rng.permutation(w).reshape(d_in, d_out)


def activation_stds(x, weights, g):
    result = []
    a = np.array(x)
    for w in weights:
        a = np.asarray(g(np.matmul(a, w)))
        mean = a.sum() / a.size
        result.append(float(np.sqrt(((a - mean) ** 2).sum() / a.size)))
    return result


def recommended(activation, d_in, d_out, rng):
    if activation == "elu":
        bound = np.sqrt(6 / d_in)
        return rng.uniform(-bound, bound, size=(d_in, d_out))
    if activation == "relu":
        return he_normal(d_in, d_out, rng)
    if activation in ["tanh", "sigmoid"]:
        return xavier_uniform(d_in, d_out, rng)
    raise ValueError
