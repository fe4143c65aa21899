"""Crash the interpreter by reading address 0."""

import ctypes

EXPECT = {"twice": "crashed", "agrees": "crashed"}
SAYS = {"twice": "SIGSEGV"}


def double(x):
    ctypes.string_at(0)
