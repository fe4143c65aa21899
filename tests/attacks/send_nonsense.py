"""Flood the protocol's descriptor with bytes."""

import os

EXPECT = {"twice": "crashed", "agrees": "crashed"}
SAYS = {"twice": "not an answer"}


def double(x):
    os.write(3, b"\xff" * 4096)
    return x
