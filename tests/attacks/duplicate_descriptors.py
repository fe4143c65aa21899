"""Put a file of its own in the place of the protocol's descriptor, which it keeps a copy of."""

import os

EXPECT = {"twice": "crashed", "agrees": "crashed"}


def double(x):
    kept = os.dup(3)
    os.dup2(os.open("/dev/null", os.O_RDWR), 3)
    os.write(kept, b"passed")
    return 2 * x
