"""Attach to the checker or its own keeper as a debugger, and read their memory."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
ATTACH, SEIZE = 16, 0x4206
room = ctypes.create_string_buffer(8)


def double(x):
    local = (ctypes.c_size_t * 2)(ctypes.addressof(room), 8)
    attempts = [
        libc.process_vm_readv(int("@PID@"), local, 1, local, 1, 0),
        libc.process_vm_writev(int("@PID@"), local, 1, local, 1, 0),
    ]
    for pid in (int("@PID@"), os.getppid(), 1):
        attempts += [libc.ptrace(ATTACH, pid, 0, 0), libc.ptrace(SEIZE, pid, 0, 0)]
    if any(result != -1 for result in attempts):
        raise RuntimeError(attempts)
    return 2 * x
