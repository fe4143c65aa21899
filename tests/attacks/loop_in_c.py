"""Loop inside one C function, which no signal handler of Python interrupts."""

import itertools

EXPECT = {"twice": "timeout", "agrees": "timeout"}
SAYS = {"twice": "0.4 s"}


def double(x):
    return sum(itertools.repeat(1))
