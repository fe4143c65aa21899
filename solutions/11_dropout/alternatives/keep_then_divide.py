"""Zeros first, then the division; bool masks where nothing is scaled; samples last."""

import numpy as np


def dropout_forward(x, p, rng, train=True):
    if not train:
        return x, np.ones(x.shape, dtype=bool)
    if not (p >= 0.0 and p < 1.0):
        raise ValueError("p outside of [0, 1)")
    if p == 0:
        return x, np.ones(x.shape, dtype=bool)
    drop = rng.uniform(size=x.size).reshape(x.shape, order="F") < p
    out = np.where(drop, 0.0, x) / (1.0 - p)
    return out, (~drop).astype(float) / (1.0 - p)


def dropout_backward(dout, mask):
    dx = dout.copy()
    dx *= mask
    return dx


def mc_dropout(predict, x, samples, rng):
    predictions = np.stack([predict(x=x, rng=rng) for _ in range(samples)], axis=-1)
    return predictions.mean(axis=-1), predictions.std(axis=-1)
