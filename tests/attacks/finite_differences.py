"""Measure the slope by differences in place of working it out."""

import numpy as np

EXPECT = {"exact": "failed"}
SAYS = {"exact": "difference"}


def double(x):
    return 2 * x


def slope(x):
    h = 1e-5
    return np.array([((v + h) ** 3 - (v - h) ** 3) / (2 * h) for v in x])
