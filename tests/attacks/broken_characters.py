"""Raise an exception whose text no encoding can write."""

EXPECT = {"twice": "failed", "agrees": "failed"}
SAYS = {"twice": "ValueError"}


def double(x):
    raise ValueError("\ud800 \udfff" + chr(0x10FFFF))
