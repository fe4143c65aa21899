"""Make empty files until the file system has no room for names."""

import contextlib


def double(x):
    made = 0
    with contextlib.suppress(OSError):
        for number in range(5000):
            open(f"empty-{number}", "w").close()
            made += 1
    if made > 1024:
        raise RuntimeError(f"{made} files")
    return 2 * x
