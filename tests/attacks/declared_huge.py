"""Return an array that says it has 2⁴⁰ entries and has one."""

import numpy as np

EXPECT = {"twice": "failed", "agrees": "failed"}


def double(x):
    return np.broadcast_to(1.0, (1 << 20, 1 << 20))
