"""A right answer in plain loops: Python numbers, and lists in place of arrays."""

import numpy as np


def weighted_sum(x, w, b):
    """Add up one product at a time."""
    sums = []
    for row in x:
        total = b
        for d in range(len(w)):
            total += row[d] * w[d]
        sums.append(total)
    return sums


def neuron(x, w, b, g):
    """Call the activation once a row."""
    out = np.empty(len(x))
    for i, z in enumerate(weighted_sum(x, w, b)):
        out[i] = g(z)
    return out


def step(z):
    """Fill zeros with ones, one index at a time."""
    out = np.zeros(z.shape)
    for index in np.ndindex(z.shape):
        if z[index] >= 0:
            out[index] = 1.0
    return out


def predict(x, w, b):
    """Return a list of Python integers."""
    labels = []
    for z in weighted_sum(x, w, b):
        if z < 0:
            labels.append(0)
        else:
            labels.append(1)
    return labels


def update(w, b, x_i, y_i, lr=1.0):
    """Return the weights as a list."""
    prediction = predict([x_i], w, b)[0]
    if prediction == y_i:
        return w, b
    new_w = []
    for d in range(len(w)):
        if y_i == 1:
            new_w.append(w[d] + lr * x_i[d])
        else:
            new_w.append(w[d] - lr * x_i[d])
    return new_w, b + lr if y_i == 1 else b - lr


def train(x, y, lr=1.0, epochs=100):
    """Keep the weights in a list, and start from the integers 0."""
    w, b, mistakes = [0] * x.shape[1], 0, []
    epoch = 0
    while epoch < epochs:
        count = 0
        for i in range(len(x)):
            if predict([x[i]], w, b)[0] != y[i]:
                count += 1
                w, b = update(w, b, x[i], y[i], lr)
        mistakes.append(count)
        epoch += 1
        if count == 0:
            return w, b, mistakes
    return w, b, mistakes
