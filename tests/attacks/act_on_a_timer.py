"""Set a timer that ends the process while the call computes."""

import os
import signal

EXPECT = {"twice": "crashed", "agrees": "crashed"}
SAYS = {"twice": "exit status 0"}


def double(x):
    signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    signal.setitimer(signal.ITIMER_REAL, 0.001)
    while True:
        pass
