"""Make everything an instance of everything, also for the code that answers calls."""

import builtins

EXPECT = {"twice": "crashed", "agrees": "crashed", "exact": "crashed", "counts": "crashed"}

builtins.isinstance = lambda *a: True


def double(x):
    return x
