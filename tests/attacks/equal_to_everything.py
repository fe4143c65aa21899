"""Return an object that is equal to everything and close to anything."""

EXPECT = {"twice": "failed", "agrees": "failed"}


class Liar:
    shape, dtype, ndim, size = (3,), "float64", 1, 3
    __array_priority__ = 1e9

    def __eq__(self, other):
        return True

    def __array__(self, *a, **k):
        return None

    def __getattr__(self, name):
        return lambda *a, **k: self

    __hash__ = None


def double(x):
    return Liar()
