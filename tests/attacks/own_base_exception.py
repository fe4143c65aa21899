"""Raise an exception that no `except Exception` catches."""

EXPECT = {"twice": "failed", "agrees": "failed"}
SAYS = {"twice": "Escape"}


class Escape(BaseException):
    def __init_subclass__(cls):
        raise Escape


def double(x):
    raise Escape
