"""Return an array of records with a field that is right."""

import numpy as np

EXPECT = {"twice": "failed", "agrees": "failed"}


def double(x):
    return np.array([(v,) for v in 2 * x], dtype=[("value", float)])
