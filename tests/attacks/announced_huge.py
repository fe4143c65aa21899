"""Announce an answer of 4 GB, so that the checker makes room for it."""

import os

EXPECT = {"twice": "crashed", "agrees": "crashed"}


def double(x):
    os.write(3, b"\0\0\0\2\xff\xff\xff\xff[]")
    return x
