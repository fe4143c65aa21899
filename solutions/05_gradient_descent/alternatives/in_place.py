"""A right answer that moves x and puts it back by adding and subtracting, and fills arrays."""

import numpy as np


def numerical_gradient(f, x, eps=1e-5):
    grad = np.zeros(x.shape)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        i = it.multi_index
        x[i] += eps
        above = f(x)
        x[i] -= 2 * eps
        below = f(x)
        x[i] += eps
        grad[i] = (above - below) / (2.0 * eps)
        it.iternext()
    return grad


def gradient_descent(grad, w0, lr, steps):
    w = w0.copy()
    path = [w.copy()]
    for _ in range(steps):
        w -= lr * grad(w)
        path.append(w.copy())
    return np.array(path)


def minibatches(n, batch_size, rng):
    order = np.arange(n)
    rng.shuffle(order)
    batches = []
    while len(order) > batch_size:
        batches.append(order[:batch_size])
        order = order[batch_size:]
    return [*batches, order]


def fit_linear(x, y, lr, epochs, batch_size, rng):
    x, y = x.copy(), y.copy()
    w, b, losses = np.zeros(x.shape[1]), np.zeros(()), []
    for _ in range(epochs):
        order = rng.permutation(len(x))
        x, y = x[order], y[order]
        for start in range(0, len(x), batch_size):
            rows, targets = x[start : start + batch_size], y[start : start + batch_size]
            error = rows @ w + b - targets
            step_w = np.mean(2 * error[:, None] * rows, axis=0)
            step_b = np.mean(2 * error)
            w -= lr * step_w
            b -= lr * step_b
        losses.append(((y - b - x @ w) ** 2).mean())
    return w, b, losses
