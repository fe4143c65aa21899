"""Kill the checker, whose process number it has got hold of."""

import ctypes
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)


def double(x):
    try:
        os.kill(int("@PID@"), signal.SIGKILL)
    except PermissionError:
        pass
    if (
        libc.kill(int("@PID@"), 9)
        == -1
        == libc.sigqueue(int("@PID@"), 9, 0)
        == libc.tgkill(int("@PID@"), int("@PID@"), 9)
    ):
        return 2 * x
