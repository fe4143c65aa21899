"""Return a whole number of ten million digits, whose text takes for ever."""

EXPECT = {"twice": "failed", "agrees": "failed"}


def double(x):
    return 1 << 33_000_000
