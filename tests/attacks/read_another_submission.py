"""Read what somebody else has handed in."""

import os


def double(x):
    try:
        os.listdir("@COURSE@/handed_in")
        return open("@COURSE@/handed_in/somebody_else/toy.py").read()
    except OSError:
        return 2 * x
