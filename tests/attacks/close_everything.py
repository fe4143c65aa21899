"""Close every descriptor and go on computing."""

import os

EXPECT = {"twice": "crashed", "agrees": "crashed"}


def double(x):
    os.closerange(0, 1 << 20)
    while True:
        pass
