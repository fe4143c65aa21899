"""Become root, or get any capability back."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)


def double(x):
    for attempt in (
        lambda: os.setuid(0),
        lambda: os.setgid(0),
        lambda: os.setresuid(0, 0, 0),
        lambda: os.setgroups([0]),
        lambda: os.seteuid(0),
    ):
        try:
            attempt()
        except PermissionError:
            continue
        raise RuntimeError("it is root")
    everything = b"\xff" * 24
    header = (0x20080522).to_bytes(4, "little") + bytes(4)
    if libc.capset(header, everything) != -1 or 0 in os.getresuid():
        raise RuntimeError("it has capabilities")
    return 2 * x
