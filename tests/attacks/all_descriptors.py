"""Open files until no descriptor is left."""

import contextlib

files = []


def double(x):
    with contextlib.suppress(OSError):
        for _ in range(10_000):
            files.append(open("/dev/null"))
    if len(files) > 64:
        raise RuntimeError(f"{len(files)} files")
    return 2 * x
