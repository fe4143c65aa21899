"""Return the right real part with an imaginary part that a comparison may drop."""

EXPECT = {"twice": "failed", "agrees": "failed"}


def double(x):
    return 2 * x + 1e9j
