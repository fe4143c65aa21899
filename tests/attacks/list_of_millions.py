"""Return a list of three million numbers."""

EXPECT = {"twice": "failed", "agrees": "failed"}
SAYS = {"twice": "200"}


def double(x):
    return [0.0] * 3_000_000
