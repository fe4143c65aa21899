"""A right answer in small functions that make functions, and a stack of cards."""

import numpy as np


def numerical_gradient(f, x, eps=1e-5):
    def moved(i, by):
        flat = x.flatten()
        flat[i] += by
        return flat.reshape(x.shape)

    gradient = [0.5 * (f(moved(i, eps)) - f(moved(i, -eps))) / eps for i in range(x.size)]
    return np.array(gradient).reshape(x.shape)


def gradient_descent(grad, w0, lr, steps):
    def points():
        w = np.array(w0)
        yield w
        for _ in range(steps):
            w = np.subtract(w, lr * np.asarray(grad(w)))
            yield w

    return np.array(list(points()))


def minibatches(n, batch_size, rng):
    stack = rng.permutation(n).tolist()
    batches = []
    while stack:
        size = min(batch_size, len(stack))
        batches.append(np.array([stack.pop() for _ in range(size)]))
    return batches


def fit_linear(x, y, lr, epochs, batch_size, rng):
    def error(w, b, rows=slice(None)):
        return x[rows].dot(w) + b - y[rows]

    def step(w, b, rows):
        e = error(w, b, rows)
        return w - lr * 2 * np.mean(x[rows].T * e, axis=1), b - lr * 2 * np.mean(e)

    def epoch(w, b):
        for rows in minibatches(y.shape[0], batch_size, rng):
            w, b = step(w, b, rows)
        return w, b, np.mean(error(w, b) ** 2)

    w, b, losses = np.zeros((x.shape[1],)), 0, []
    while len(losses) < epochs:
        w, b, loss = epoch(w, b)
        losses.append(loss)
    return w, b, losses
