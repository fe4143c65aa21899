"""A right answer that fits with what it has already: measured gradients and gradient descent."""

import itertools

import numpy as np


def numerical_gradient(f, x, eps=1e-5):
    out = np.empty_like(x)
    for index, value in np.ndenumerate(x):
        ends = []
        for sign in (1, -1):
            there = np.array(x)
            there[index] = value + sign * eps
            ends.append(f(there))
        out[index] = (ends[0] - ends[1]) / (2 * eps)
    return out


def gradient_descent(grad, w0, lr, steps):
    walk = itertools.accumulate(range(steps), lambda w, _: w - lr * grad(w), initial=w0)
    return np.stack(list(walk))


def minibatches(n, batch_size, rng):
    order = rng.permutation(n)
    return np.split(order, np.arange(batch_size, n, batch_size))


def fit_linear(x, y, lr, epochs, batch_size, rng):
    def mse(theta, rows, targets):
        return float(np.mean((rows @ theta[:-1] + theta[-1] - targets) ** 2))

    theta = np.zeros(x.shape[1] + 1)
    losses = []
    for _ in range(epochs):
        for batch in minibatches(len(y), batch_size, rng):

            def slope(at, batch=batch):
                return numerical_gradient(lambda t: mse(t, x[batch], y[batch]), at)

            theta = gradient_descent(slope, theta, lr, 1)[-1]
        losses.append(mse(theta, x, y))
    return theta[:-1], theta[-1], losses
