"""A right answer with einsum, heaviside and NumPy scalars; the mistakes are an integer array."""

import numpy as np


def weighted_sum(x, w, b):
    """Contract the features."""
    return np.einsum("nd,d->n", x, w) + b


def neuron(x, w, b, g):
    """Apply the activation to the contraction."""
    return g(np.einsum("nd,d->n", x, w) + b)


def step(z):
    """Use the Heaviside function, whose second argument is its value at 0."""
    return np.heaviside(z, 1.0)


def predict(x, w, b):
    """Return small integers."""
    return neuron(x, w, b, step).astype(np.int8)


def update(w, b, x_i, y_i, lr=1.0):
    """Return the bias as a 0-d array."""
    error = y_i - step(np.einsum("d,d->", x_i, w) + b)
    return np.add(w, lr * error * x_i), np.asarray(b + lr * error)


def train(x, y, lr=1.0, epochs=100):
    """Count the updates in an integer array and cut it to the epochs that were run."""
    w = np.zeros_like(x[0])
    b = np.array(0.0)
    mistakes = np.zeros(epochs, dtype=np.int64)
    for epoch in range(epochs):
        for i in range(x.shape[0]):
            mistakes[epoch] += np.count_nonzero(predict(x[i : i + 1], w, b) != y[i])
            w, b = update(w, b, x[i], y[i], lr=lr)
        if mistakes[epoch] == 0:
            return w, b, mistakes[: epoch + 1]
    return w, b, mistakes
