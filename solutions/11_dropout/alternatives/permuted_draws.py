"""Transposed, reversed and permuted draws; the predictions go into an array made beforehand."""

import numpy as np


def dropout_forward(x, p, rng, train=True):
    if not train:
        return 1.0 * x, np.ones(x.shape)
    if not 0 <= p < 1:
        raise ValueError("p has to be a probability below 1")
    coins = rng.permuted(rng.random(x.T.shape).T[::-1], axis=1)
    mask = np.zeros_like(x)
    mask[coins < 1 - p] = 1 / (1 - p)
    return x * mask, mask


def dropout_backward(dout, mask):
    return np.einsum("ij,ij->ij", dout, mask)


def mc_dropout(predict, x, samples, rng):
    predictions = None
    for i in range(samples):
        y = predict(x, rng)
        if predictions is None:
            predictions = np.empty((samples, *y.shape))
        predictions[i] = y
    mean = np.average(predictions, axis=0)
    return mean, np.sqrt(np.mean(np.abs(predictions - mean) ** 2, axis=0))
