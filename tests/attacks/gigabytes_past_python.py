"""Write gigabytes to the descriptors of stdout and stderr."""

import os

EXPECT = {"twice": "timeout", "agrees": "timeout"}


def double(x):
    block = b"x" * 1_000_000
    while True:
        os.write(1, block)
        os.write(2, block)
