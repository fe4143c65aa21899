"""Raise an exception with a text of a hundred megabytes."""

EXPECT = {"twice": "failed", "agrees": "failed"}
SAYS = {"twice": "ValueError: xxx"}


def double(x):
    raise ValueError("x" * 100_000_000)
