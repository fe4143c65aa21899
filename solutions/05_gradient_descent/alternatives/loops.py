"""A right answer in plain loops: Python numbers, lists, and a shuffle by hand."""

import numpy as np


def numerical_gradient(f, x, eps=1e-5):
    slopes = []
    for i in range(x.size):
        up, down = x.copy(), x.copy()
        up.reshape(-1)[i] += eps
        down.reshape(-1)[i] -= eps
        slopes.append((f(up) - f(down)) / eps / 2)
    return np.array(slopes).reshape(x.shape)


def gradient_descent(grad, w0, lr, steps):
    path = [w0.tolist()]
    w = w0
    for _ in range(steps):
        w = w - np.multiply(lr, grad(w))
        path.append(w.tolist())
    return path


def minibatches(n, batch_size, rng):
    cards = list(range(n))
    for i in range(n - 1, 0, -1):
        j = int(rng.integers(i + 1))
        cards[i], cards[j] = cards[j], cards[i]
    batches, batch = [], []
    for card in cards:
        batch.append(card)
        if len(batch) == batch_size:
            batches.append(batch)
            batch = []
    if batch:
        batches.append(batch)
    return batches


def fit_linear(x, y, lr, epochs, batch_size, rng):
    n, d = x.shape
    w, b, losses = [0.0] * d, 0.0, []

    def predict(i):
        return sum(w[k] * x[i][k] for k in range(d)) + b

    for _ in range(epochs):
        for batch in minibatches(n, batch_size, rng):
            errors = [predict(i) - y[i] for i in batch]
            steps = [
                sum(2 * error * x[i][k] for error, i in zip(errors, batch, strict=True))
                for k in range(d)
            ]
            w = [w[k] - lr * steps[k] / len(batch) for k in range(d)]
            b -= lr * sum(2 * error for error in errors) / len(batch)
        losses.append(sum((predict(i) - y[i]) ** 2 for i in range(n)) / n)
    return w, b, losses
