"""Python loops over single weights, flat lists as state, and one list handed out at every step."""

import math

import numpy as np


class PerWeight:
    """Gives `move` one gradient and one slot of state at a time."""

    def __init__(self):
        self.slots, self.out = {}, []

    def step(self, params, grads):
        new = []
        for i, (w, g) in enumerate(zip(params, grads, strict=True)):
            entries = []
            for j, (w_j, g_j) in enumerate(
                zip(np.ravel(w).tolist(), np.ravel(g).tolist(), strict=True)
            ):
                self.slots[i, j], move = self.move(self.slots.get((i, j), 0.0), g_j)
                entries.append(w_j - move)
            new.append(np.reshape(entries, np.shape(w)))
        self.out[:] = new
        return self.out


class SGD(PerWeight):
    """No state."""

    def __init__(self, lr):
        super().__init__()
        self.lr = lr

    def move(self, slot, g):
        return slot, self.lr * g


class Momentum(PerWeight):
    """The slot holds lr·v."""

    def __init__(self, lr, beta=0.9):
        super().__init__()
        self.lr, self.beta = lr, beta

    def move(self, slot, g):
        slot = self.beta * slot + self.lr * (1 - self.beta) * g
        return slot, slot


class AdaGrad(PerWeight):
    """The slot holds the root of s."""

    def __init__(self, lr, eps=1e-8):
        super().__init__()
        self.lr, self.eps = lr, eps

    def move(self, slot, g):
        slot = math.hypot(slot, g)
        return slot, self.lr * g / (slot + self.eps)


class RMSProp(PerWeight):
    """The slot holds the root of s."""

    def __init__(self, lr, beta=0.9, eps=1e-8):
        super().__init__()
        self.lr, self.beta, self.eps = lr, beta, eps

    def move(self, slot, g):
        slot = math.hypot(math.sqrt(self.beta) * slot, math.sqrt(1 - self.beta) * g)
        return slot, self.lr * g / (slot + self.eps)


def step_decay(lr, t, drop=0.5, every=10):
    return float(lr * np.prod([drop] * (t // every)))


def exponential_decay(lr, t, rate):
    return lr * math.exp(-rate * t)


def cosine_decay(lr, t, total):
    return max(0.0, lr * (1 + math.cos(math.pi * min(1, t / total))) / 2)
