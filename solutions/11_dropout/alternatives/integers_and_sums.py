"""Whole numbers as coins, boolean indices; mean and spread from two running sums."""

import numpy as np


def dropout_forward(x, p, rng, train=True):
    if not train:
        return np.array(x), np.ones(np.shape(x))
    if p < 0.0:
        raise ValueError("p is negative")
    if p >= 1.0:
        raise ValueError("p is 1 or more")
    keep = rng.integers(0, 2**53, size=x.shape) * 2.0**-53 >= p
    scale = 1.0 / (1.0 - p)
    out = x.copy()
    out[keep] *= scale
    out[~keep] = 0.0
    return out, keep * scale


def dropout_backward(dout, mask):
    dx = np.zeros_like(dout)
    kept = mask != 0
    dx[kept] = dout[kept] * mask[kept]
    return dx


def mc_dropout(predict, x, samples, rng):
    total, squares = 0.0, 0.0
    for _ in range(samples):
        y = predict(x, rng)
        total = total + y
        squares = squares + y * y
    mean = total / samples
    return mean, np.sqrt(np.maximum(squares / samples - mean * mean, 0.0))
