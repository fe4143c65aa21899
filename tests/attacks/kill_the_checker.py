"""Kill the checker, whose process number it has got hold of."""

import ctypes
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)


def double(x):
    try:
        os.kill(@PID@, signal.SIGKILL)
    except PermissionError:
        pass
    if libc.kill(@PID@, 9) == -1 == libc.sigqueue(@PID@, 9, 0) == libc.tgkill(@PID@, @PID@, 9):
        return 2 * x
