"""Close the protocol's descriptor."""

import os

EXPECT = {"twice": "crashed", "agrees": "crashed"}


def double(x):
    os.close(3)
    return 2 * x
