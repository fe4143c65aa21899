"""Values count up as they are made; a heap gives the youngest whose slope is complete."""

import heapq
import itertools
import math

import numpy as np

COUNTER = itertools.count()


def Value(data):  # noqa: N802 - the exercise's name
    """Return a node without inputs."""
    return Node(np.array(data, dtype=float), {})


class Node:
    """Its inputs are a dict from node to slope, so two shares of one node are added at once."""

    __array_ufunc__ = None  # NumPy is to leave `number * node` to the node

    def __init__(self, data, inputs):
        self.data, self.inputs, self.grad = data, inputs, 0.0
        self.number = next(COUNTER)

    def __lt__(self, other):
        return self.number > other.number

    def combine(self, other, operation, slope, other_slope):
        if isinstance(other, np.ndarray):
            raise TypeError("a Value calculates with numbers, not with arrays")
        if not isinstance(other, Node):
            other = Value(other)
        inputs = {self: slope(self.data, other.data)}
        inputs[other] = inputs.get(other, 0.0) + other_slope(self.data, other.data)
        return Node(operation(self.data, other.data), inputs)

    def __add__(self, other):
        return self.combine(other, lambda a, b: a + b, lambda *_: 1.0, lambda *_: 1.0)

    def __mul__(self, other):
        return self.combine(other, lambda a, b: a * b, lambda _, b: b, lambda a, _: a)

    def __sub__(self, other):
        return self + other * -1.0

    def __truediv__(self, other):
        return self * (other**-1)

    def __radd__(self, number):
        return self + number

    def __rmul__(self, number):
        return self * number

    def __rsub__(self, number):
        return self * -1.0 + number

    def __rtruediv__(self, number):
        return number * self**-1

    def __pow__(self, n):
        return Node(self.data**n, {self: n * self.data ** (n - 1)})

    def exp(self):
        return Node(np.exp(self.data), {self: np.exp(self.data)})

    def log(self):
        return Node(np.log(self.data), {self: self.data**-1})

    def tanh(self):
        t = math.tanh(self.data)
        return Node(t, {self: 1 - t * t})

    def relu(self):
        return Node(self.data * (self.data > 0), {self: 1.0 * (self.data > 0)})

    def backward(self):
        self.grad, waiting, known = 1.0, [self], {self}
        while waiting:
            node = heapq.heappop(waiting)
            for source, slope in node.inputs.items():
                source.grad = source.grad + slope * node.grad
                if source not in known:
                    known.add(source)
                    heapq.heappush(waiting, source)
