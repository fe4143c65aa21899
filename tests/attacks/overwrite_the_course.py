"""Overwrite the solution, so that it agrees with a wrong answer."""

import contextlib
import os

EXPECT = {"twice": "failed", "agrees": "failed"}


def double(x):
    for path in ("@COURSE@/solutions/01_toy/toy.py", "@COURSE@/exercises/01_toy/checks.py"):
        with contextlib.suppress(OSError), open(path, "a") as file:
            file.write("\ndef double(x): return x\n")
        with contextlib.suppress(OSError):
            os.unlink(path)
    return x
