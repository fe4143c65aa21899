"""Replace the encoder, so that every answer says what it likes."""

from grader import wire

EXPECT = {"twice": "crashed", "agrees": "crashed", "exact": "crashed", "counts": "crashed"}

wire.encode = lambda value, wrap=None: (b"\0\0\0\4\0\0\0\0true", [])


def double(x):
    return x
