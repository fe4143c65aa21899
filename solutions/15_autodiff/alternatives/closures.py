"""Each value has a function that passes its slope on; a stack of iterators visits them all."""

import numpy as np


class Value:
    """Keeps NumPy floats, a tuple of its inputs and a closure for the way back."""

    def __init__(self, data, inputs=()):
        self.data = np.float64(data)
        self.grad = np.float64(0.0)
        self.inputs = inputs
        self.pass_on = lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def pass_on():
            self.grad += out.grad
            other.grad += out.grad

        out.pass_on = pass_on
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def pass_on():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.pass_on = pass_on
        return out

    def __pow__(self, exponent):
        out = Value(self.data ** float(exponent), (self,))

        def pass_on():
            self.grad += exponent * self.data ** (exponent - 1.0) * out.grad

        out.pass_on = pass_on
        return out

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return -self + other

    def __truediv__(self, other):
        return self * other**-1

    def __rtruediv__(self, other):
        return self**-1 * other

    __radd__ = __add__
    __rmul__ = __mul__

    def _function(self, data, slope):
        out = Value(data, (self,))

        def pass_on():
            self.grad += slope * out.grad

        out.pass_on = pass_on
        return out

    def exp(self):
        e = np.exp(self.data)
        return self._function(e, e)

    def log(self):
        return self._function(np.log(self.data), 1 / self.data)

    def tanh(self):
        return self._function(np.tanh(self.data), np.cosh(np.clip(self.data, -300, 300)) ** -2)

    def relu(self):
        return self._function(np.maximum(self.data, 0), np.heaviside(self.data, 0.5))

    def backward(self):
        order, seen, visits = [], {id(self)}, [(self, iter(self.inputs))]
        while visits:
            value, rest = visits[-1]
            for source in rest:
                if id(source) not in seen:
                    seen.add(id(source))
                    visits.append((source, iter(source.inputs)))
                    break
            else:
                order.append(value)
                visits.pop()
        self.grad = np.float64(1.0)
        for value in order[::-1]:
            value.pass_on()
