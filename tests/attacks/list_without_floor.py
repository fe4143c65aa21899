"""Return a list in a list in a list, a hundred thousand deep."""

EXPECT = {"twice": "failed", "agrees": "failed"}


def double(x):
    nest = []
    for _ in range(100_000):
        nest = [nest]
    return nest
