"""Exercise 7: optimisers with a memory, and learning rates that fall over time.

Shapes: `params` and `grads` are lists of float64 arrays of any shape, 0-d included, and `grads[i]`
is the gradient for `params[i]`. Every optimiser has a method `step(params, grads)`, which returns
the new weights as a list of new arrays and changes neither of its arguments. What an optimiser
remembers belongs to the object and to the position in the list: the first array in `params` is the
same parameter at every step.
"""

import numpy as np


class SGD:
    """Plain gradient descent: every step is `lr` times the gradient, downhill.

    >>> sgd = SGD(lr=0.5)
    >>> w, b = np.array([1.0, 2.0]), np.array(3.0)
    >>> params = sgd.step([w, b], [np.array([2.0, -2.0]), np.array(0.0)])
    >>> [w.tolist() for w in params]
    [[0.0, 3.0], 3.0]
    """

    def __init__(self, lr):
        """Remember the learning rate `lr`."""
        self.lr = lr

    def step(self, params, grads):
        """Return the new weights `w - lr * g`: a list of new arrays, shaped like `params`."""
        return [w - self.lr * g for w, g in zip(params, grads, strict=True)]


class Momentum:
    """Gradient descent along `v`, a running average of the gradients.

    For every weight `v` starts from 0 and becomes `beta * v + (1 - beta) * g` at each step.

    >>> momentum = Momentum(lr=1.0, beta=0.75)
    >>> (w,) = momentum.step([np.array([10.0])], [np.array([4.0])])
    >>> w.tolist()
    [9.0]
    >>> (w,) = momentum.step([w], [np.array([0.0])])
    >>> w.tolist()
    [8.25]
    """

    def __init__(self, lr, beta=0.9):
        """Remember the settings; `beta` in [0, 1) is how much of `v` is kept at each step."""
        self.lr = lr
        self.beta = beta
        self.velocities = None

    def step(self, params, grads):
        """Renew every `v` and return the new weights `w - lr * v`: a list of new arrays."""
        if self.velocities is None:
            self.velocities = [np.zeros_like(w) for w in params]
        stepped = []
        for i, (w, g) in enumerate(zip(params, grads, strict=True)):
            v = self.beta * self.velocities[i] + (1 - self.beta) * g
            self.velocities[i] = v
            stepped.append(w - self.lr * v)
        return stepped


class AdaGrad:
    """Gradient descent that divides by the root of all squared gradients so far, weight by weight.

    For every weight `s` starts from 0 and grows by `g ** 2` at each step.

    >>> adagrad = AdaGrad(lr=1.0)
    >>> (w,) = adagrad.step([np.array([10.0])], [np.array([3.0])])
    >>> w.round(6).tolist()
    [9.0]
    >>> (w,) = adagrad.step([w], [np.array([4.0])])
    >>> w.round(6).tolist()
    [8.2]
    """

    def __init__(self, lr, eps=1e-8):
        """Remember the settings; `eps` is added to the root in the denominator."""
        self.lr = lr
        self.eps = eps
        self.sums = None

    def step(self, params, grads):
        """Renew every `s` and return `w - lr * g / (sqrt(s) + eps)`: a list of new arrays."""
        if self.sums is None:
            self.sums = [np.zeros_like(w) for w in params]
        stepped = []
        for i, (w, g) in enumerate(zip(params, grads, strict=True)):
            s = self.sums[i] + g**2
            self.sums[i] = s
            stepped.append(w - self.lr * g / (np.sqrt(s) + self.eps))
        return stepped


class RMSProp:
    """AdaGrad that forgets: it divides by the root of a running average of squared gradients.

    For every weight `s` starts from 0 and becomes `beta * s + (1 - beta) * g ** 2` at each step.

    >>> rmsprop = RMSProp(lr=1.0, beta=0.75)
    >>> (w,) = rmsprop.step([np.array([10.0])], [np.array([-6.0])])
    >>> w.round(6).tolist()
    [12.0]
    """

    def __init__(self, lr, beta=0.9, eps=1e-8):
        """Remember the settings: `beta` in [0, 1) is how much of `s` is kept at each step."""
        self.lr = lr
        self.beta = beta
        self.eps = eps
        self.averages = None

    def step(self, params, grads):
        """Renew every `s` and return `w - lr * g / (sqrt(s) + eps)`: a list of new arrays."""
        if self.averages is None:
            self.averages = [np.zeros_like(w) for w in params]
        stepped = []
        for i, (w, g) in enumerate(zip(params, grads, strict=True)):
            s = self.beta * self.averages[i] + (1 - self.beta) * g**2
            self.averages[i] = s
            stepped.append(w - self.lr * g / (np.sqrt(s) + self.eps))
        return stepped


def step_decay(lr, t, drop=0.5, every=10):
    """Return the learning rate at time `t`, which is multiplied by `drop` after each `every`.

    `t` counts from 0, in steps or epochs, and is an integer.

    >>> [step_decay(0.8, t) for t in (0, 9, 10, 20)]
    [0.8, 0.8, 0.4, 0.2]
    """
    return lr * drop ** (t // every)


def exponential_decay(lr, t, rate):
    """Return the learning rate `lr * e ** (-rate * t)` at time `t`, an integer from 0 on.

    >>> round(float(exponential_decay(0.8, 3, rate=0.1)), 6)
    0.592655
    """
    return lr * np.exp(-rate * t)


def cosine_decay(lr, t, total):
    """Return the learning rate at time `t`: half a cosine wave from `lr` down to 0 at `total`.

    It is `lr * (1 + cos(pi * t / total)) / 2`, and stays 0 after `total`.

    >>> [round(float(cosine_decay(0.8, t, total=100)), 6) for t in (0, 50, 100, 150)]
    [0.8, 0.4, 0.0, 0.0]
    """
    if t >= total:
        return 0.0
    return lr * (1 + np.cos(np.pi * t / total)) / 2
