"""Make system calls by the numbers of x32, which a list of numbers may overlook."""

import ctypes

EXPECT = {"twice": "crashed", "agrees": "crashed"}
SAYS = {"twice": "SIGSYS"}
ONLY_ON = ("x86_64",)


def double(x):
    return ctypes.CDLL(None).syscall(0x40000000 + 41, 2, 1, 0)
