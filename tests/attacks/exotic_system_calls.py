"""Try system calls of which kernels' worst bugs were made."""

import ctypes
import errno

libc = ctypes.CDLL(None, use_errno=True)
# io_uring_setup, bpf, userfaultfd, perf_event_open, keyctl, add_key, memfd_create, process_madvise,
# pidfd_open, clone3, and a number that nobody has yet.
NUMBERS = (425, 321, 323, 298, 250, 248, 319, 440, 434, 435, 1000)


def double(x):
    for number in NUMBERS:
        ctypes.set_errno(0)
        result = libc.syscall(number, 0, 0, 0, 0, 0)
        if result != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
            raise RuntimeError(f"{number}: {result}, {ctypes.get_errno()}")
    return 2 * x
