"""Return a masked array, in which the wrong entries do not count."""

import numpy as np

EXPECT = {"twice": "failed", "agrees": "failed"}


def double(x):
    return np.ma.masked_array(x, mask=True)
