"""Loops, column by column, one draw at a time; Welford's running mean and variance."""

import numpy as np


def dropout_forward(x, p, rng, train=True):
    if train and not 0 <= p < 1:
        raise ValueError("p must lie in [0, 1)")
    out = np.zeros(x.shape)
    mask = np.zeros(x.shape)
    for column in range(x.shape[1]):
        for row in range(x.shape[0]):
            if not train:
                mask[row, column] = 1.0
            elif rng.uniform(0.0, 1.0) > p:
                mask[row, column] = 1.0 / (1.0 - p)
            out[row, column] = x[row, column] * mask[row, column]
    return out, mask


def dropout_backward(dout, mask):
    dx = np.empty(dout.shape)
    for index in np.ndindex(dout.shape):
        dx[index] = dout[index] * mask[index]
    return dx


def mc_dropout(predict, x, samples, rng):
    count, mean, squares = 0, 0.0, 0.0
    for _ in range(samples):
        y = predict(x, rng)
        count += 1
        delta = y - mean
        mean = mean + delta / count
        squares = squares + delta * (y - mean)
    return mean, np.sqrt(squares / count)
