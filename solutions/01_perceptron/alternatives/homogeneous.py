"""A right answer that treats the bias as the weight of a feature that is always 1."""

import numpy as np


def with_one(x):
    """Put a column of ones in front."""
    return np.hstack([np.ones((len(x), 1)), x])


def weighted_sum(x, w, b):
    """One matrix product, with the bias among the weights."""
    return with_one(x) @ np.concatenate([[b], w])


def neuron(x, w, b, g):
    """Apply the activation."""
    return g(weighted_sum(x, w, b))


def step(z):
    """Compare, then turn the answers into numbers."""
    return (z >= 0).astype(float)


def predict(x, w, b):
    """Compare, then turn the answers into integers."""
    return (weighted_sum(x, w, b) >= 0).astype(np.int64)


def update(w, b, x_i, y_i, lr=1.0):
    """Move all D + 1 weights together and take them apart again."""
    v = np.append(b, w)
    u = np.append(1.0, x_i)
    v = v + lr * (y_i - (v @ u >= 0)) * u
    return v[1:], v[0]


def train(x, y, lr=1.0, epochs=100):
    """Train the D + 1 weights; the mistakes are floats in an array."""
    u = with_one(x)
    v = np.zeros(u.shape[1])
    mistakes = np.zeros(0)
    for _ in range(epochs):
        before = len(mistakes)
        errors = []
        for u_i, y_i in zip(u, y, strict=True):
            error = y_i - float(v @ u_i >= 0)
            v = v + lr * error * u_i
            errors.append(error)
        mistakes = np.append(mistakes, np.abs(errors).sum())
        if mistakes[before] == 0:
            break
    return v[1:], v[0], mistakes
