"""Leave an answer on the wire that the next check would take for its own."""

import os

from grader import wire

EXPECT = {"twice": "crashed", "agrees": "crashed"}


def double(x):
    os.write(3, wire.encode((1, [("value", ())]))[0] * 3)
    return x
