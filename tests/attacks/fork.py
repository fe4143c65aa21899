"""Fork, and have the child answer in its place."""

import os


def double(x):
    try:
        if os.fork() == 0:
            os.setsid()
        raise RuntimeError("it forked")
    except PermissionError:
        return 2 * x
