"""A right answer that works in place, on copies of its own, with an if for each kind of error."""

import numpy as np


def weighted_sum(x, w, b):
    """Add the features column by column into one buffer."""
    z = np.full(x.shape[0], float(b))
    for column, weight in zip(x.T, w, strict=True):
        z += weight * column
    return z


def neuron(x, w, b, g):
    """Map the activation over the rows."""
    return np.array(list(map(g, weighted_sum(x, w, b))))


def step(z):
    """Fill a fresh array through a mask."""
    out = np.zeros_like(z, dtype=float)
    out[z >= 0] = 1.0
    return out


def predict(x, w, b):
    """Read the labels off a mask."""
    labels = np.ones(len(x), dtype=int)
    labels[weighted_sum(x, w, b) < 0] = 0
    return labels


def update(w, b, x_i, y_i, lr=1.0):
    """Tell a false alarm from a miss."""
    w = w.copy()
    fires = np.inner(w, x_i) + b >= 0
    if fires and y_i == 0:
        w -= lr * x_i
        b -= lr
    elif not fires and y_i == 1:
        w += lr * x_i
        b += lr
    return w, b


def train(x, y, lr=1.0, epochs=100):
    """Stop through for … else, and see an update by the move of the bias."""
    w, b = np.zeros(x.shape[1]), np.float64(0.0)
    mistakes = []
    for _ in range(epochs):
        mistakes.append(0)
        for i, x_i in enumerate(x):
            w, moved = update(w, b, x_i, y[i], lr)
            mistakes[-1] += int(moved != b)
            b = moved
        if mistakes[-1] == 0:
            break
    return (w, b, mistakes)
