"""A right answer in comprehensions, which returns lists where a pair or a triple is asked."""

import numpy as np


def weighted_sum(x, w, b):
    """Sum generators."""
    return np.array([b + sum(w_d * x_d for w_d, x_d in zip(w, row, strict=True)) for row in x])


def neuron(x, w, b, g):
    """Return the activation of the whole array."""
    z = weighted_sum(x, w, b)
    return g(z)


def step(z):
    """Work on the flat array and put the shape back; whole numbers, not decimal ones."""
    return np.array([1 if value >= 0 else 0 for value in np.ravel(z)]).reshape(np.shape(z))


def predict(x, w, b):
    """Return an array of integers."""
    return np.array([int(z >= 0) for z in weighted_sum(x, w, b)])


def update(w, b, x_i, y_i, lr=1.0):
    """Return a list of two."""
    (label,) = predict([x_i], w, b)
    change = lr * (int(y_i) - int(label))
    return [np.array([w_d + change * x_d for w_d, x_d in zip(w, x_i, strict=True)]), b + change]


def train(x, y, lr=1.0, epochs=100):
    """Return a list of three, the mistakes as a tuple."""
    w, b = np.zeros(len(x[0])), 0.0
    mistakes = ()
    while len(mistakes) < epochs and (not mistakes or mistakes[-1] > 0):
        count = 0
        for row, label in zip(x.tolist(), y.tolist(), strict=True):
            count += abs(label - int(predict([row], w, b)[0]))
            w, b = update(w, b, row, label, lr)
        mistakes = (*mistakes, count)
    return [w, b, mistakes]
