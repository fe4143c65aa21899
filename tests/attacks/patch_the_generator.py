"""Make all random numbers zero, so that zero is always the right answer."""

import random

import numpy as np

EXPECT = {"twice": "failed", "agrees": "failed"}


class Zero:
    def __getattr__(self, name):
        return lambda *a, size=(), **k: np.zeros(size)


np.random.default_rng = lambda *a: Zero()
random.random = random.gauss = lambda *a: 0.0


def double(x):
    return 0 * x
