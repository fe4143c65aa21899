"""Double the argument itself."""

EXPECT = {"twice": "failed"}
SAYS = {"twice": "x"}


def double(x):
    x *= 2
    return x
