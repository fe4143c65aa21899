"""Return a list that contains itself."""

EXPECT = {"twice": "failed", "agrees": "failed"}


def double(x):
    nest = []
    nest.append(nest)
    return nest
