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
        raise NotImplementedError

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
        raise NotImplementedError

    def __add__(self, other):
        """Return `self + other`."""
        raise NotImplementedError

    def __sub__(self, other):
        """Return `self - other`."""
        raise NotImplementedError

    def __mul__(self, other):
        """Return `self * other`."""
        raise NotImplementedError

    def __truediv__(self, other):
        """Return `self / other`."""
        raise NotImplementedError

    def __radd__(self, number):
        """Return `number + self`, for a Python number on the left."""
        raise NotImplementedError

    def __rsub__(self, number):
        """Return `number - self`, for a Python number on the left."""
        raise NotImplementedError

    def __rmul__(self, number):
        """Return `number * self`, for a Python number on the left."""
        raise NotImplementedError

    def __rtruediv__(self, number):
        """Return `number / self`, for a Python number on the left."""
        raise NotImplementedError

    def __pow__(self, exponent):
        """Return `self ** exponent`; the exponent is a Python number: 3, -1, 0.5, ..."""
        raise NotImplementedError

    def exp(self):
        """Return e to the power of this value.

        >>> Value(0.0).exp().data
        1.0
        """
        raise NotImplementedError

    def log(self):
        """Return the natural logarithm of this value, which is above 0.

        >>> Value(1.0).log().data
        0.0
        """
        raise NotImplementedError

    def tanh(self):
        """Return the hyperbolic tangent of this value.

        >>> Value(0.0).tanh().data
        0.0
        """
        raise NotImplementedError

    def relu(self):
        """Return this value where it is above 0, else 0.

        >>> Value(-2.0).relu().data, Value(3.0).relu().data
        (0.0, 3.0)
        """
        raise NotImplementedError
