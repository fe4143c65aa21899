"""Exercise 15: automatic differentiation, backpropagation for any program made of numbers.

A `Value` is a number that remembers how it was made. Calculate with Values as with other numbers,
call `backward()` on the result, and every Value that went into it knows its slope: how fast the
result grows with it.
"""

import math


class Value:
    """A number, the Values that it was made of, and its slope.

    `data` is the number. `grad` is 0 until `backward()` has been called on a result that depends on
    this value. The operators `+ - * /` take a Value or a Python number on either side, and `**` a
    Python number as its exponent; each returns a new Value and leaves its operands as they are.

    >>> a = Value(3.0)
    >>> b = (2.0 - a) * a + a ** 2
    >>> b.data
    6.0
    >>> b.backward()
    >>> a.grad
    2.0
    """

    def __init__(self, data):
        """Make a Value of a Python number that was not calculated from other Values."""
        self.data = data
        self.grad = 0.0
        self.inputs = []  # pairs: a Value that this one was made of, and the slope in it

    def backward(self):
        """Set the `grad` of this value and of all that it was made of to the slope of this value.

        A value that was used in several places has the sum over all of them. There is nothing to
        return, and graphs ten thousand steps deep do not overflow the stack.

        >>> a = Value(3.0)
        >>> b = a + a
        >>> c = b * b
        >>> c.backward()
        >>> c.grad, b.grad, a.grad
        (1.0, 12.0, 24.0)
        """
        order = self._ancestors_first()
        for value in order:
            value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for source, slope in value.inputs:
                source.grad += slope * value.grad

    def __add__(self, other):
        """Return `self + other`."""
        other = _value(other)
        return _result(self.data + other.data, (self, 1.0), (other, 1.0))

    def __sub__(self, other):
        """Return `self - other`."""
        other = _value(other)
        return _result(self.data - other.data, (self, 1.0), (other, -1.0))

    def __mul__(self, other):
        """Return `self * other`."""
        other = _value(other)
        return _result(self.data * other.data, (self, other.data), (other, self.data))

    def __truediv__(self, other):
        """Return `self / other`."""
        other = _value(other)
        quotient = self.data / other.data
        return _result(quotient, (self, 1.0 / other.data), (other, -quotient / other.data))

    def __radd__(self, number):
        """Return `number + self`, for a Python number on the left."""
        return _value(number) + self

    def __rsub__(self, number):
        """Return `number - self`, for a Python number on the left."""
        return _value(number) - self

    def __rmul__(self, number):
        """Return `number * self`, for a Python number on the left."""
        return _value(number) * self

    def __rtruediv__(self, number):
        """Return `number / self`, for a Python number on the left."""
        return _value(number) / self

    def __pow__(self, exponent):
        """Return `self ** exponent`; the exponent is a Python number: 3, -1, 0.5, ..."""
        # At 0 a power below 1 has no finite slope; its value is right all the same.
        steep = self.data == 0 and exponent < 1
        slope = 0.0 if steep else exponent * self.data ** (exponent - 1)
        return _result(self.data**exponent, (self, slope))

    def exp(self):
        """Return e to the power of this value.

        >>> Value(0.0).exp().data
        1.0
        """
        power = math.exp(self.data)
        return _result(power, (self, power))

    def log(self):
        """Return the natural logarithm of this value, which is above 0.

        >>> Value(1.0).log().data
        0.0
        """
        return _result(math.log(self.data), (self, 1.0 / self.data))

    def tanh(self):
        """Return the hyperbolic tangent of this value.

        >>> Value(0.0).tanh().data
        0.0
        """
        t = math.tanh(self.data)
        return _result(t, (self, 1.0 - t**2))

    def relu(self):
        """Return this value where it is above 0, else 0.

        >>> Value(-2.0).relu().data, Value(3.0).relu().data
        (0.0, 3.0)
        """
        return _result(max(self.data, 0.0), (self, 1.0 if self.data > 0 else 0.0))

    def _ancestors_first(self):
        """List this value and all that it was made of, each after its own inputs."""
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            value, inputs_listed = stack.pop()
            if inputs_listed:
                order.append(value)
            elif value not in seen:
                seen.add(value)
                stack.append((value, True))
                stack.extend((source, False) for source, _ in value.inputs)
        return order


def _value(number):
    """Return a Value as it is, and a number as a new Value."""
    return number if isinstance(number, Value) else Value(number)


def _result(data, *inputs):
    """Return a new Value that was made of `inputs`: pairs of a Value and the slope in it."""
    result = Value(data)
    result.inputs = list(inputs)
    return result
