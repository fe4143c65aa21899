"""Return an array of objects that answer for themselves."""

import numpy as np

EXPECT = {"twice": "failed", "agrees": "failed"}


class Liar:
    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__

    def __float__(self):
        return 0.0


def double(x):
    return np.array([Liar() for _ in x], dtype=object)
