"""Send itself the signal that nobody survives."""

import os
import signal

EXPECT = {"twice": "crashed", "agrees": "crashed"}
SAYS = {"twice": "SIGKILL"}


def double(x):
    os.kill(os.getpid(), signal.SIGKILL)
