"""Draws unit by unit: (d_out, d_in) and turned, or in Fortran order; the spread from two means."""

import numpy as np


def zeros(d_in, d_out):
    return np.zeros((d_out, d_in)).T


def normal(d_in, d_out, std, rng):
    return rng.normal(loc=0, scale=std, size=(d_out, d_in)).T


def xavier_uniform(d_in, d_out, rng):
    bound = np.sqrt(6.0) / np.sqrt(d_in + d_out)
    return rng.uniform(low=-bound, high=bound, size=d_in * d_out).reshape((d_in, d_out), order="F")


def xavier_normal(d_in, d_out, rng):
    columns = [rng.normal(0, np.sqrt(2 / (d_in + d_out)), d_in) for _ in range(d_out)]
    return np.stack(columns, axis=1)


def he_normal(d_in, d_out, rng):
    return rng.normal(scale=np.sqrt(2 / d_in), size=(d_out, d_in)).T[::-1]


def activation_stds(x, weights, g):
    stds = ()
    for w in weights:
        x = g((w.T @ x.T).T)
        stds += (np.sqrt(np.mean(x**2) - np.mean(x) ** 2),)
    return stds


def recommended(activation, d_in, d_out, rng):
    match activation:
        case "sigmoid" | "tanh":
            return xavier_normal(d_in, d_out, rng)
        case "relu" | "elu":
            return he_normal(d_in, d_out, rng)
    raise ValueError("activation")
