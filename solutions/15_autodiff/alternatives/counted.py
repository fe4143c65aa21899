"""Kahn's way: count how often each value is used in this result, pass on when all have reported."""

import math
from collections import Counter, deque


class Value:
    """Holds its number, and a list of [input, slope]; data may be any Python number."""

    def __init__(self, data=0.0, edges=None):
        self.data = data
        self.grad = 0
        self.edges = edges if edges is not None else []

    @staticmethod
    def wrap(x):
        return x if isinstance(x, Value) else Value(x)

    def __add__(self, other):
        other = Value.wrap(other)
        return Value(self.data + other.data, [[self, 1], [other, 1]])

    def __radd__(self, other):
        return Value.wrap(other).__add__(self)

    def __sub__(self, other):
        other = Value.wrap(other)
        return Value(self.data - other.data, [[self, 1], [other, -1]])

    def __rsub__(self, other):
        return Value.wrap(other).__sub__(self)

    def __mul__(self, other):
        other = Value.wrap(other)
        return Value(self.data * other.data, [[self, other.data], [other, self.data]])

    def __rmul__(self, other):
        return Value.wrap(other).__mul__(self)

    def __truediv__(self, other):
        return self * Value.wrap(other) ** -1

    def __rtruediv__(self, other):
        return Value.wrap(other).__truediv__(self)

    def __pow__(self, n):
        if not isinstance(n, int | float):
            raise TypeError("the exponent has to be a number")
        return Value(self.data**n, [[self, n and n * self.data ** (n - 1)]])

    def exp(self):
        return Value(math.e**self.data, [[self, math.e**self.data]])

    def log(self):
        return Value(math.log(self.data), [[self, 1 / self.data]])

    def tanh(self):
        e = math.exp(-2 * abs(self.data))
        size = (1 - e) / (1 + e)
        return Value(math.copysign(size, self.data), [[self, 4 * e / (1 + e) ** 2]])

    def relu(self):
        return self * (self.data > 0)

    def backward(self):
        uses, found, queue = Counter(), {self}, deque([self])
        while queue:
            for source, _ in queue.popleft().edges:
                uses[source] += 1
                if source not in found:
                    found.add(source)
                    queue.append(source)
        slope_of = dict.fromkeys(found, 0.0)
        slope_of[self] = 1.0
        queue.append(self)
        while queue:
            value = queue.popleft()
            value.grad += slope_of[value]
            for source, slope in value.edges:
                slope_of[source] += slope * slope_of[value]
                uses[source] -= 1
                if not uses[source]:
                    queue.append(source)
