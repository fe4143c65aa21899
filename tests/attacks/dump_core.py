"""Make itself dumpable, and leave a core file."""

import ctypes
import os
import signal

EXPECT = {"twice": "crashed", "agrees": "crashed"}
SAYS = {"twice": "SIGQUIT"}


def double(x):
    if ctypes.CDLL(None).prctl(4, 1, 0, 0, 0) == -1:
        os.kill(os.getpid(), signal.SIGQUIT)
    return x
