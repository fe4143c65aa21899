"""Pretend that a person pressed Ctrl-C."""

EXPECT = {"twice": "failed", "agrees": "failed"}
SAYS = {"twice": "KeyboardInterrupt"}


def double(x):
    raise KeyboardInterrupt
