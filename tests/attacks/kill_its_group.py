"""Kill its process group, in the hope that the grader is in it."""

import os
import signal

EXPECT = {"twice": "crashed", "agrees": "crashed"}
SAYS = {"twice": "SIGKILL"}


def double(x):
    os.killpg(0, signal.SIGKILL)
