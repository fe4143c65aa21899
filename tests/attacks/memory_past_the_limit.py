"""Take memory that an address-space limit does not see: in files, pipes and shared segments."""

import ctypes
import mmap
import os

libc = ctypes.CDLL(None, use_errno=True)


def double(x):
    for attempt in (lambda: os.memfd_create("m"), os.pipe, lambda: mmap.mmap(-1, 1 << 30)):
        try:
            attempt()
        except OSError:
            continue
        raise RuntimeError("it has more memory")
    if libc.shmget(0, 1 << 30, 0o1600) != -1 or libc.mlockall(3) != -1:
        raise RuntimeError("it has more memory")
    return 2 * x
