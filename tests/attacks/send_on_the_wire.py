"""Use the one socket that it has to reach somebody else."""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)


def double(x):
    address = b"\x02\0" + int("@PORT@").to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
    attempts = (
        libc.connect(3, address, 16),
        libc.sendto(3, b"x", 1, 0, address, 16),
        libc.sendmsg(3, bytes(56), 0),
        libc.listen(3, 1),
    )
    if any(result != -1 for result in attempts):
        raise RuntimeError(attempts)
    return 2 * x
