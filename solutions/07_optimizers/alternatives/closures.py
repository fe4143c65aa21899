"""Functions that return an object: the state lives in a closure, and a step returns a tuple."""

from types import SimpleNamespace

import numpy as np


def optimizer(move):
    """Return an object whose `step` gives each position a memory, a dict, of its own."""
    memories = []

    def step(params, grads):
        while len(memories) < len(params):
            memories.append({})
        return tuple(
            w - move(g, memory) for w, g, memory in zip(params, grads, memories, strict=True)
        )

    return SimpleNamespace(step=step)


def SGD(lr):  # noqa: N802 - the exercise's name
    """Return an optimiser without memory."""
    return optimizer(lambda g, _memory: lr * g)


def Momentum(lr, beta=0.9):  # noqa: N802 - the exercise's name
    """Return an optimiser that nudges its average towards the gradient."""

    def move(g, memory):
        v = memory.get("v", 0.0)
        memory["v"] = v + (1 - beta) * (g - v)
        return lr * memory["v"]

    return optimizer(move)


def AdaGrad(lr, eps=1e-8):  # noqa: N802 - the exercise's name
    """Return an optimiser that adds up squares."""

    def move(g, memory):
        memory["s"] = memory.get("s", 0.0) + np.square(g)
        return lr / (memory["s"] ** 0.5 + eps) * g

    return optimizer(move)


def RMSProp(lr, beta=0.9, eps=1e-8):  # noqa: N802 - the exercise's name
    """Return an optimiser that averages squares."""

    def move(g, memory):
        s = memory.get("s", 0.0)
        memory["s"] = s + (1 - beta) * (g * g - s)
        return lr / (memory["s"] ** 0.5 + eps) * g

    return optimizer(move)


def step_decay(lr, t, drop=0.5, every=10):
    """Multiply once for each drop."""
    for _ in range(every, t + 1, every):
        lr *= drop
    return lr


def exponential_decay(lr, t, rate):
    """A power of e^(−rate), as a 0-d array."""
    return np.array(lr * np.exp(-rate) ** t)


def cosine_decay(lr, t, total):
    """The same curve as a squared cosine of half the angle."""
    return lr * np.cos(np.pi * min(t / total, 1.0) / 2) ** 2
