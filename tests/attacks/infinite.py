"""Return infinity, against which every error is relative."""

import numpy as np

EXPECT = {"twice": "failed", "agrees": "failed"}


def double(x):
    return np.full(x.shape, np.inf)
