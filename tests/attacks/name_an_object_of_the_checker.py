"""Return a reference to an object of the checker's that it was never given."""

from grader import wire

EXPECT = {"twice": "crashed", "agrees": "crashed"}
SAYS = {"twice": "not given"}


def double(x):
    return wire.Ref("checker", 0, "function")
