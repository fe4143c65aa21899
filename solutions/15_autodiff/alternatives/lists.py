"""Found in a list, not a set, and sorted by depth: slow on large graphs, but right."""

import math


class Value:
    """Knows how many steps it is away from the numbers that it was made of."""

    def __init__(self, data):
        self.data, self.grad = data, 0.0
        self.left = self.right = None
        self.dleft = self.dright = 0.0
        self.depth = 0

    def from_two(self, a, b, dleft, dright):
        self.left, self.right, self.dleft, self.dright = a, b, dleft, dright
        self.depth = 1 + max(a.depth, b.depth)
        return self

    def __add__(self, other):
        if isinstance(other, (int, float)):
            other = Value(other)
        return Value(self.data + other.data).from_two(self, other, 1, 1)

    def __mul__(self, other):
        if isinstance(other, (int, float)):
            other = Value(other)
        return Value(self.data * other.data).from_two(self, other, other.data, self.data)

    def __truediv__(self, other):
        if isinstance(other, (int, float)):
            other = Value(other)
        return Value(self.data / other.data).from_two(
            self, other, 1 / other.data, -self.data / other.data / other.data
        )

    def __sub__(self, other):
        return self + -1 * other if isinstance(other, Value) else self + -other

    def __radd__(self, other):
        return Value(other) + self

    def __rsub__(self, other):
        return Value(other) - self

    def __rmul__(self, other):
        return Value(other) * self

    def __rtruediv__(self, other):
        return Value(other) / self

    def of_one(self, data, slope):
        return Value(data).from_two(self, self, slope, 0.0)

    def __pow__(self, n):
        return self.of_one(self.data**n, n * self.data ** (n - 1))

    def exp(self):
        return self.of_one(math.exp(self.data), math.exp(self.data))

    def log(self):
        return self.of_one(math.log(self.data), 1.0 / self.data)

    def tanh(self):
        return self.of_one(math.tanh(self.data), 1.0 - math.tanh(self.data) ** 2)

    def relu(self):
        return self.of_one(self.data if self.data > 0 else 0.0, float(self.data > 0))

    def backward(self):
        found = [self]
        for value in found:
            for source in (value.left, value.right):
                if source is not None and source not in found:
                    found.append(source)
        self.grad = 1.0
        for value in sorted(found, key=lambda v: v.depth, reverse=True):
            if value.left is not None:
                value.left.grad += value.dleft * value.grad
                value.right.grad += value.dright * value.grad
