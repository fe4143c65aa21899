"""Exercise 1: the perceptron, a neuron that learns to draw a line.

Shapes, here and in the whole course: `x` is `(N, D)`, one row a sample and one column a feature;
`w` is `(D,)`, one weight a feature; `b` is one number; labels are integers, 0 or 1.
"""

import numpy as np


def weighted_sum(x, w, b):
    """The weighted sum w·x + b of every row of x.

    Args:
        x: inputs, (N, D), one row a sample.
        w: weights, (D,).
        b: bias, a number.

    Returns:
        One number a row, shape (N,).

    Example:
        >>> weighted_sum(np.array([[-1.0, 2.0], [2.0, 1.0]]), np.array([3.0, -2.0]), 1.0)
        array([-6.,  5.])
    """
    return x @ w + b


def neuron(x, w, b, g):
    """A neuron's output: the activation g of the weighted sum, for every row of x.

    Args:
        x: inputs, (N, D).
        w: weights, (D,).
        b: bias, a number.
        g: the activation, a function that works on a whole array, element by element.

    Returns:
        One number a row, shape (N,).

    Example:
        >>> neuron(np.array([[-1.0, 2.0], [2.0, 1.0]]), np.array([3.0, -2.0]), 1.0, np.abs)
        array([6., 5.])
    """
    return g(weighted_sum(x, w, b))


def step(z):
    """The step function: 1.0 where z is at least 0, and 0.0 elsewhere.

    Args:
        z: an array of any shape.

    Returns:
        An array of zeros and ones with the shape of z; z itself stays as it is.

    Example:
        >>> step(np.array([-2.0, 0.0, 0.5]))
        array([0., 1., 1.])
    """
    return np.where(z >= 0, 1.0, 0.0)


def predict(x, w, b):
    """The perceptron's answer for every row of x: a neuron whose activation is the step.

    Args:
        x: inputs, (N, D).
        w: weights, (D,).
        b: bias, a number.

    Returns:
        One label a row, shape (N,): integers, 0 or 1.

    Example:
        >>> predict(np.array([[-1.0, 2.0], [2.0, 1.0]]), np.array([3.0, -2.0]), 1.0).tolist()
        [0, 1]
    """
    return neuron(x, w, b, step).astype(int)


def update(w, b, x_i, y_i, lr=1.0):
    """Rosenblatt's learning rule for one sample: correct w and b if the prediction is wrong.

    Args:
        w: weights, (D,).
        b: bias, a number.
        x_i: one sample, (D,).
        y_i: its label, 0 or 1.
        lr: the learning rate, a positive number.

    Returns:
        The pair (w, b) after the sample: new values where the prediction was wrong, the old ones
        where it was right. The arrays that came in stay as they are.

    Example:
        >>> w, b = update(np.array([3.0, -2.0]), 1.0, np.array([2.0, 1.0]), 0)
        >>> w
        array([ 1., -3.])
        >>> float(b)
        0.0
    """
    error = y_i - predict(x_i[np.newaxis, :], w, b)[0]
    return w + lr * error * x_i, b + lr * error


def train(x, y, lr=1.0, epochs=100):
    """Train a perceptron: go through the rows again and again until none is wrong.

    It starts from zero weights and a zero bias, takes the rows in the order given, and stops after
    the first epoch without an update, or after `epochs` epochs.

    Args:
        x: inputs, (N, D).
        y: labels, integers (N,), 0 or 1.
        lr: the learning rate, a positive number.
        epochs: how many times to go through all rows at most.

    Returns:
        (w, b, mistakes): the weights (D,), the bias, and the number of updates in each epoch that
        was run, the final 0 included.

    Example:
        >>> x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        >>> w, b, mistakes = train(x, np.array([0, 1, 1, 1]))
        >>> w
        array([1., 1.])
        >>> float(b)
        -1.0
        >>> mistakes
        [2, 2, 1, 0]
    """
    w = np.zeros(x.shape[1])
    b = 0.0
    mistakes = []
    for _ in range(epochs):
        updates = 0
        for x_i, y_i in zip(x, y, strict=True):
            new_w, new_b = update(w, b, x_i, y_i, lr)
            updates += int(new_b != b or np.any(new_w != w))
            w, b = new_w, new_b
        mistakes.append(updates)
        if updates == 0:
            break
    return w, b, mistakes
