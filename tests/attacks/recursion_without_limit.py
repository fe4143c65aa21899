"""Lift Python's limit on recursion and run over the stack's end in C."""

import sys

EXPECT = {"twice": "crashed", "agrees": "crashed"}
SAYS = {"twice": "SIGSEGV"}


def double(x):
    sys.setrecursionlimit(1 << 30)

    class Deep:
        def __getattr__(self, name):
            return getattr(self, name + "x")

        def __repr__(self):
            return repr([self])

    return repr(Deep())
