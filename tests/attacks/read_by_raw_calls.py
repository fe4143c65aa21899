"""Read the secret by system calls of its own, past Python and the C library."""

import ctypes
import platform

libc = ctypes.CDLL(None, use_errno=True)
OPENAT = {"x86_64": 257, "aarch64": 56}[platform.machine()]
OPENAT2, NAME_TO_HANDLE, OPEN_TREE = 437, 303, 428


def double(x):
    path = b"@CANARY@"
    how = bytes(24)
    attempts = (
        libc.syscall(OPENAT, -100, path, 0, 0),
        libc.syscall(OPENAT2, -100, path, how, 24),
        libc.syscall(OPEN_TREE, -100, path, 0),
        libc.name_to_handle_at(-100, path, bytes(200), bytes(8), 0),
    )
    if any(result != -1 for result in attempts):
        raise RuntimeError(attempts)
    return 2 * x
