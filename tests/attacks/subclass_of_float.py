"""Return numbers whose comparisons are their own."""

EXPECT = {"twice": "failed", "agrees": "failed"}


class Liar(float):
    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__
    __hash__ = float.__hash__


def double(x):
    return [Liar(0.0)] * len(x)
