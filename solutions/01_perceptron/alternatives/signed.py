"""A right answer with labels of ±1 inside, as most textbooks write the rule."""

import numpy as np


def weighted_sum(x, w, b):
    """Multiply, then add up each row."""
    return np.sum(x * w, axis=1) + b


def neuron(x, w, b, g):
    """Name the weighted sum first."""
    z = np.sum(x * w, axis=-1) + b
    return g(z)


def step(z):
    """Halve the distance between the signs; 0 counts as positive."""
    sign = np.where(z < 0, -1.0, 1.0)
    return (sign + 1.0) / 2.0


def predict(x, w, b):
    """Translate the signs back to labels 0 and 1."""
    sign = np.where(weighted_sum(x, w, b) < 0, -1, 1)
    return (sign + 1) // 2


def update(w, b, x_i, y_i, lr=1.0):
    """Compare signs, and move by the sign of the label."""
    target = 1 if y_i == 1 else -1
    sign = -1 if np.dot(w, x_i) + b < 0 else 1
    if target == sign:
        return w, b
    return w + lr * target * x_i, b + lr * target


def train(x, y, lr=1.0, epochs=100):
    """Update only the samples on the wrong side."""
    w = np.zeros(x.shape[1])
    b = 0.0
    mistakes = []
    targets = 2 * y - 1
    for _ in range(epochs):
        wrong = 0
        for x_i, target in zip(x, targets, strict=True):
            z = w.dot(x_i) + b
            if target * z < 0 or (z == 0 and target < 0):
                w = w + lr * target * x_i
                b = b + lr * target
                wrong += 1
        mistakes.append(wrong)
        if not wrong:
            break
    return w, b, mistakes
