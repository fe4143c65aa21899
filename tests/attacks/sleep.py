"""Sleep, which uses no CPU time."""

import time

EXPECT = {"twice": "timeout", "agrees": "timeout"}


def double(x):
    time.sleep(10_000)
