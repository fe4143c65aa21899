"""Run programs in every way that Python has."""

import os
import subprocess
import sys


def double(x):
    for attempt in (
        lambda: subprocess.run(["/bin/sh", "-c", "true"]),
        lambda: subprocess.run([sys.executable, "-c", ""]),
        lambda: os.popen("true").read(),
        lambda: os.posix_spawn("/bin/true", ["true"], {}),
        lambda: os.execv("/bin/true", ["true"]),
        lambda: os.execv(sys.executable, [sys.executable]),
    ):
        try:
            attempt()
        except PermissionError:
            continue
        raise RuntimeError("it ran")
    if os.system("true") == 0:
        raise RuntimeError("it ran")
    return 2 * x
