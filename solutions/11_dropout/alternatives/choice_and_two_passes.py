"""The mask is chosen from its two values; mean first, spread in a second pass; a list returned."""

import numpy as np


def dropout_forward(x, p, rng, train=True):
    if not train:
        return (x, np.ones(x.shape))
    if p >= 1 or p < 0:
        raise ValueError(f"cannot drop with probability {p}")
    mask = rng.choice([0.0, 1.0 / (1.0 - p)], size=x.shape, p=[p, 1.0 - p])
    return (x * mask, mask)


def dropout_backward(dout, mask):
    return mask * dout


def mc_dropout(predict, x, samples, rng):
    predictions = [predict(x, rng) for _ in range(samples)]
    mean = sum(predictions) / samples
    variance = sum((y - mean) ** 2 for y in predictions) / samples
    return [mean, np.sqrt(variance)]
