"""Compute a power with more digits than there is time for."""

EXPECT = {"twice": "timeout", "agrees": "timeout"}


def double(x):
    return len(str(7 ** (10**8) % 10**9))
