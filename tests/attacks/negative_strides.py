"""Return the right values in memory that runs backwards, which is right."""


def double(x):
    return (2 * x)[::-1].copy()[::-1]
