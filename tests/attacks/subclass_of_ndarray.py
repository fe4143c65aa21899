"""Return an array whose comparisons are its own."""

import numpy as np

EXPECT = {"twice": "failed", "agrees": "failed"}


class Liar(np.ndarray):
    def __eq__(self, other):
        return np.True_

    def __array_ufunc__(self, *a, **k):
        return np.zeros(())

    def __array_function__(self, *a, **k):
        return True


def double(x):
    return np.zeros(3).view(Liar)
