"""Write one file without end."""

import contextlib


def double(x):
    written = 0
    with contextlib.suppress(OSError), open("fill", "wb", buffering=0) as file:
        while written < 1 << 30:
            written += file.write(bytes(1 << 20))
    if written > 17 << 20:
        raise RuntimeError(f"{written} bytes")
    return 2 * x
