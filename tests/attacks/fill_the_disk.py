"""Write files until the disk is full."""

import contextlib

CHUNK = bytes(1 << 20)


def double(x):
    written = 0
    with contextlib.suppress(OSError):
        for number in range(200):
            with open(f"fill-{number}", "wb", buffering=0) as file:
                written += file.write(CHUNK)
    if written > 17 << 20:
        raise RuntimeError(f"{written} bytes")
    return 2 * x
