"""Call itself without end."""

EXPECT = {"twice": "failed", "agrees": "failed"}
SAYS = {"twice": "RecursionError"}


def double(x):
    return double(x)
