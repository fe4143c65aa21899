"""A right answer with np.vectorize, a batch of one and a generator of epochs."""

import numpy as np


def weighted_sum(x, w, b):
    """A column of weights, and the column of results laid flat again."""
    return (x @ w.reshape(-1, 1) + b).ravel()


def neuron(x, w, b, g):
    """The activation of the dot product."""
    return g(np.dot(x, w) + b)


def step(z):
    """Lift a rule for one number to arrays."""
    return np.vectorize(lambda value: 0.0 if value < 0 else 1.0, otypes=[float])(z)


def predict(x, w, b):
    """Round the step to integers."""
    return np.rint(neuron(x, w, b, step)).astype(np.int32)


def update(w, b, x_i, y_i, lr=1.0):
    """Use the difference of label and prediction as the direction."""
    direction = np.subtract(y_i, predict(np.atleast_2d(x_i), w, b)).item()
    return w + x_i * (direction * lr), b + direction * lr


def epoch(x, y, w, b, lr):
    """One pass over the rows: new weights, new bias, number of updates."""
    right = 0
    for x_i, y_i in zip(x, y, strict=True):
        right += predict(x_i.reshape(1, -1), w, b).item() == y_i
        w, b = update(w, b, x_i, y_i, lr)
    return w, b, len(y) - right


def train(x, y, lr=1.0, epochs=100):
    """Run epochs until one is free of updates."""
    w, b, mistakes = np.zeros(x.shape[1]), 0.0, []
    while len(mistakes) < epochs:
        w, b, count = epoch(x, y, w, b, lr)
        mistakes.append(count)
        if count < 1:
            break
    return w, b, mistakes
