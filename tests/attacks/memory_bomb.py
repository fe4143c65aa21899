"""Take a gigabyte at once."""

import numpy as np

EXPECT = {"twice": "failed", "agrees": "failed"}
SAYS = {"twice": "MemoryError"}


def double(x):
    return float(np.ones(1 << 27).sum())
