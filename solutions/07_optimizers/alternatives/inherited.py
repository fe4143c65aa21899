"""One base class walks through the list; each optimiser says only how a memory and a move go."""

import math

import numpy as np


class Optimizer:
    """Keeps one array a position, zeros at first, made when the position is first met."""

    def __init__(self, lr, beta=0.0, eps=0.0):
        self.lr, self.beta, self.eps = lr, beta, eps
        self.memory = {}

    def renew(self, old, _g):
        return old

    def direction(self, _memory, g):
        return g

    def step(self, params, grads):
        new = []
        for position in range(len(params)):
            w, g = params[position], grads[position]
            old = self.memory.setdefault(position, np.zeros(np.shape(w)))
            self.memory[position] = self.renew(old, g)
            new.append(np.array(w - self.lr * self.direction(self.memory[position], g)))
        return new


class SGD(Optimizer):
    """Nothing to add."""


class Momentum(Optimizer):
    """Moves along the memory."""

    def __init__(self, lr, beta=0.9):
        super().__init__(lr, beta)

    def renew(self, old, g):
        return self.beta * old + (1 - self.beta) * g

    def direction(self, memory, _g):
        return memory


class AdaGrad(Optimizer):
    """Moves along the gradient, over the root of the memory."""

    def __init__(self, lr, eps=1e-8):
        super().__init__(lr, eps=eps)

    def renew(self, old, g):
        return old + g * g

    def direction(self, memory, g):
        return g / (np.sqrt(memory) + self.eps)


class RMSProp(AdaGrad):
    """Forgets."""

    def __init__(self, lr, beta=0.9, eps=1e-8):
        super().__init__(lr, eps)
        self.beta = beta

    def renew(self, old, g):
        return np.average([old, g**2], axis=0, weights=[self.beta, 1 - self.beta])


def step_decay(lr, t, drop=0.5, every=10):
    return lr * math.pow(drop, math.floor(t / every))


def exponential_decay(lr, t, rate):
    return lr / math.exp(rate * t)


def cosine_decay(lr, t, total):
    return lr / 2 * (1 + math.cos(math.pi * min(t, total) / total))
