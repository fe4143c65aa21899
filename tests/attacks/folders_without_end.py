"""Make folders in folders until no path is long enough."""

import contextlib
import os


def double(x):
    depth = 0
    with contextlib.suppress(OSError):
        for _ in range(5000):
            os.mkdir("d")
            os.chdir("d")
            depth += 1
    os.chdir("/")
    if depth > 1024:
        raise RuntimeError(f"{depth} folders")
    return 2 * x
