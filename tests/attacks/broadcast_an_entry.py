"""Return one entry in an array of shape (1,), which broadcasts."""

EXPECT = {"twice": "failed", "agrees": "failed"}
SAYS = {"twice": "shape"}


def double(x):
    return 2 * x[:1]
