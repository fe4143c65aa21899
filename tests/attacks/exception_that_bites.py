"""Raise an exception whose text, name and class are code."""

EXPECT = {"twice": "crashed", "agrees": "crashed"}


class Meta(type):
    def __getattribute__(cls, name):
        raise SystemExit(0)


class Bite(Exception, metaclass=Meta):
    def __str__(self):
        raise SystemExit(0)

    __repr__ = __str__


def double(x):
    raise Bite
