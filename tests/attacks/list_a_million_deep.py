"""Return a list in a list in a list, a million deep."""

EXPECT = {"twice": "failed", "agrees": "failed"}


def double(x):
    nest = []
    for _ in range(1_000_000):
        nest = [nest]
    return nest
