"""Have the kernel send signals on its behalf, by the owner of a descriptor."""

import fcntl


def double(x):
    for command in (fcntl.F_SETOWN, fcntl.F_SETSIG, 15, 1031):
        try:
            fcntl.fcntl(3, command, int("@PID@"))
        except PermissionError:
            continue
        raise RuntimeError(f"fcntl {command}")
    return 2 * x
