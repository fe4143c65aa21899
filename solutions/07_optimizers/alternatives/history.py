"""No state but the list of all gradients: each step works v or s out from the beginning."""

import numpy as np


class Remembering:
    """Appends the gradients of each step and hands the whole past of a position to `move`."""

    def __init__(self, lr, beta=0.9, eps=1e-8):
        self.lr, self.beta, self.eps, self.past = lr, beta, eps, []

    def step(self, params, grads):
        self.past.append([np.array(g) for g in grads])
        pasts = (np.stack(past) for past in zip(*self.past, strict=True))
        return [w - self.lr * self.move(past) for w, past in zip(params, pasts, strict=True)]

    def decaying_sum(self, values):
        weights = self.beta ** np.arange(len(values))[::-1]
        return (1 - self.beta) * np.tensordot(weights, values, axes=1)


class SGD(Remembering):
    """Only the last."""

    def move(self, past):
        return past[-1]


class Momentum(Remembering):
    """The decaying sum of gradients."""

    def move(self, past):
        return self.decaying_sum(past)


class AdaGrad(Remembering):
    """The norm of the past."""

    def __init__(self, lr, eps=1e-8):
        super().__init__(lr, eps=eps)

    def move(self, past):
        return past[-1] / (np.linalg.norm(past, axis=0) + self.eps)


class RMSProp(Remembering):
    """The root of the decaying sum of squares."""

    def move(self, past):
        return past[-1] / (np.sqrt(self.decaying_sum(past**2)) + self.eps)


def step_decay(lr, t, drop=0.5, every=10):
    return lr if t < every else drop * step_decay(lr, t - every, drop, every)


def exponential_decay(lr, t, rate):
    return lr * np.e ** -(rate * t)


def cosine_decay(lr, t, total):
    return 0 if t > total else 0.5 * lr * (1.0 + np.cos(t / total * np.pi))
