"""Climb out of the file system's root by .. and by descriptors."""

import os


def double(x):
    for attempt in (
        lambda: open("../" * 40 + "@CANARY@").read(),
        lambda: os.fchdir(4),
        lambda: os.chroot("."),
        lambda: open("git", dir_fd=0) if False else os.open("@CANARY@", 0, dir_fd=3),
    ):
        try:
            raise RuntimeError(attempt())
        except OSError:
            continue
    return 2 * x
