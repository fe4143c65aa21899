"""Raise pytest's own way of passing a test early, made by hand as pytest is not there."""

EXPECT = {"twice": "failed", "agrees": "failed"}
SAYS = {"twice": "Exit"}


class Exit(Exception):
    returncode = 0


def double(x):
    raise Exit("all tests passed")
