"""Match a regular expression that takes a time of 2ⁿ."""

import re

EXPECT = {"twice": "timeout", "agrees": "timeout"}


def double(x):
    return re.match("(a+)+$", "a" * 60 + "b")
