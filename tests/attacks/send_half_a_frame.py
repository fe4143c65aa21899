"""Announce an answer and never finish it."""

import os

EXPECT = {"twice": "timeout", "agrees": "timeout"}


def double(x):
    os.write(3, b"\0\0\x10\0\0\0\0\0{")
    while True:
        pass
