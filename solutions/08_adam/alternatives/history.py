"""The averages as weighted means of all gradients so far, which is what bias correction makes them.

m / (1 - beta^t) is the mean of the gradients with weights 1, beta, beta^2, ... from the last.
"""

import numpy as np


def weighted_mean(values, beta):
    """Return the mean over the first axis, the last entry with weight 1, the one before beta."""
    return np.average(values, axis=0, weights=[beta**k for k in range(len(values))][::-1])


class Adam:
    """Remembers every gradient."""

    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.history = []

    def directions(self, grads):
        self.history.append([np.array(g) for g in grads])
        for past in zip(*self.history, strict=True):
            m = weighted_mean(past, self.beta1)
            v = weighted_mean(np.square(past), self.beta2)
            yield m / (np.sqrt(v) + self.eps)

    def step(self, params, grads):
        moves = self.directions(grads)
        return [w - self.lr * u for w, u in zip(params, moves, strict=True)]


class AdamW(Adam):
    """Adds the decay to the direction."""

    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
        Adam.__init__(self, lr, beta1, beta2, eps)
        self.weight_decay = weight_decay

    def step(self, params, grads):
        return [
            w - self.lr * u - self.lr * self.weight_decay * w
            for w, u in zip(params, self.directions(grads), strict=True)
        ]
