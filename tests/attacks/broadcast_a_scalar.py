"""Return a scalar that is equal to every entry by broadcasting, where they are equal."""

EXPECT = {"twice": "failed", "agrees": "failed"}
SAYS = {"twice": "shape"}


def double(x):
    return 2 * float(x[0])
