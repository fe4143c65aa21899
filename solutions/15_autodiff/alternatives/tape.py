"""One tape for the whole module: every operation is written down, and read backwards."""

import math

TAPE = []  # (value, slope, result), in the order of the calculation


class Value:
    """A number; how it was made stands on the tape."""

    __slots__ = ("data", "grad")

    def __init__(self, data):
        self.data, self.grad = float(data), None

    def made(self, data, slope, other=None, other_slope=None):
        result = Value(data)
        TAPE.append((self, slope, result))
        if other is not None:
            TAPE.append((other, other_slope, result))
        return result

    def __add__(self, other):
        if not isinstance(other, Value):
            return self.made(self.data + other, 1)
        return self.made(self.data + other.data, 1, other, 1)

    def __radd__(self, number):
        return self + number

    def __sub__(self, other):
        if not isinstance(other, Value):
            return self.made(self.data - other, 1)
        return self.made(self.data - other.data, 1, other, -1)

    def __rsub__(self, number):
        return self.made(number - self.data, -1)

    def __mul__(self, other):
        if not isinstance(other, Value):
            return self.made(self.data * other, other)
        return self.made(self.data * other.data, other.data, other, self.data)

    def __rmul__(self, number):
        return self * number

    def __truediv__(self, other):
        if not isinstance(other, Value):
            return self.made(self.data / other, 1 / other)
        slope = -self.data / other.data**2
        return self.made(self.data / other.data, 1 / other.data, other, slope)

    def __rtruediv__(self, number):
        return self.made(number / self.data, -number / self.data / self.data)

    def __pow__(self, n):
        return self.made(self.data**n, n * self.data ** (n - 1))

    def exp(self):
        return self.made(math.exp(self.data), math.exp(self.data))

    def log(self):
        return self.made(math.log(self.data), 1 / self.data)

    def tanh(self):
        t = math.tanh(self.data)
        return self.made(t, (1 - t) * (1 + t))

    def relu(self):
        return self.made(self.data, 1) if self.data >= 0 else self.made(0, 0)

    def backward(self):
        for source, _, result in TAPE:
            source.grad = result.grad = 0
        self.grad = 1
        for source, slope, result in reversed(TAPE):
            source.grad += slope * result.grad
