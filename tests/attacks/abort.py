"""Abort the interpreter from C."""

import os

EXPECT = {"twice": "crashed", "agrees": "crashed"}
SAYS = {"twice": "SIGABRT"}


def double(x):
    os.abort()
