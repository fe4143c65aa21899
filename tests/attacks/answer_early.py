"""Write an answer to the protocol's descriptor before the real one."""

import os

from grader import wire

EXPECT = {"twice": "crashed", "agrees": "crashed"}
SAYS = {"twice": "not an answer"}


def double(x):
    os.write(3, wire.encode((0, [("value", True)]))[0])
    return x
