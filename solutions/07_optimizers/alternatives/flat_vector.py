"""All parameters in one flat vector, its state changed in place; RMSProp in terms of Momentum."""

import numpy as np


class SGD:
    """Flattens, moves, and cuts the vector into the old shapes."""

    def __init__(self, lr):
        self.lr = lr

    def direction(self, g):
        return g

    def step(self, params, grads):
        flat = np.concatenate([np.ravel(w) for w in params])
        flat -= self.lr * self.direction(np.concatenate([np.ravel(g) for g in grads]))
        pieces = np.split(flat, np.cumsum([np.size(w) for w in params])[:-1])
        return [piece.reshape(np.shape(w)) for piece, w in zip(pieces, params, strict=True)]


class Momentum(SGD):
    """Keeps the average of what it is given."""

    def __init__(self, lr, beta=0.9):
        super().__init__(lr)
        self.beta, self.v = beta, None

    def direction(self, g):
        if self.v is None:
            self.v = np.zeros(g.size)
        self.v *= self.beta
        self.v += (1.0 - self.beta) * g
        return self.v


class AdaGrad(SGD):
    """Keeps the sum of squares."""

    def __init__(self, lr, eps=1e-8):
        super().__init__(lr)
        self.eps, self.s = eps, 0.0

    def direction(self, g):
        self.s = self.s + np.power(g, 2)
        return np.divide(g, np.sqrt(self.s) + self.eps)


class RMSProp(SGD):
    """Lets a Momentum average the squares."""

    def __init__(self, lr, beta=0.9, eps=1e-8):
        super().__init__(lr)
        self.eps, self.average = eps, Momentum(1.0, beta)

    def direction(self, g):
        return g / (self.average.direction(g * g) ** 0.5 + self.eps)


def step_decay(lr, t, drop=0.5, every=10):
    return lr * np.power(drop, np.floor_divide(t, every))


def exponential_decay(lr, t, rate):
    return np.float64(lr) * np.exp(-np.float64(rate * t))


def cosine_decay(lr, t, total):
    return np.where(t < total, lr * (1 + np.cos(np.pi * t / total)) / 2, 0.0)
