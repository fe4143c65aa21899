"""Fork without end, each child in a session of its own."""

import os

EXPECT = {"twice": "timeout", "agrees": "timeout"}


def double(x):
    while True:
        try:
            if os.fork() == 0:
                os.setsid()
        except OSError:
            pass
