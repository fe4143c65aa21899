"""The coins are binomial counts of one toss."""

import numpy as np


def dropout_forward(x, p, rng, train=True):
    if not train:
        return x, np.ones_like(x)
    if p < 0 or p >= 1:
        raise ValueError("p")
    mask = rng.binomial(1, 1 - p, size=x.shape) / (1 - p)
    return x * mask, mask


def dropout_backward(dout, mask):
    return np.multiply(dout, mask)


def mc_dropout(predict, x, samples, rng):
    predictions = np.array([predict(x, rng) for _ in range(samples)])
    return np.mean(predictions, axis=0), np.std(predictions, axis=0)
