"""Mount file systems, and make namespaces in which it is root."""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)


def double(x):
    attempts = [libc.unshare(flag) for flag in (0, 0x10000000, 0x20000, 0x40000000)]
    attempts += [
        libc.mount(b"proc", b"/scratch", b"proc", 0, None),
        libc.mount(b"/", b"/scratch", None, 4096, None),
        libc.umount2(b"/", 2),
        libc.pivot_root(b".", b"."),
        libc.setns(0, 0),
        libc.syscall(430, b"proc", 0),
    ]
    if any(result != -1 for result in attempts):
        raise RuntimeError(attempts)
    return 2 * x
