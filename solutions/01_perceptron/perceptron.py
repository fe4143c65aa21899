"""Exercise 1: the perceptron, a neuron that learns to draw a line.

Shapes, here and in the whole course: `x` is `(N, D)`, one row a sample and one column a feature;
`w` is `(D,)`, one weight a feature; `b` is one number; labels are integers, 0 or 1.
"""

import numpy as np


def weighted_sum(x, w, b):
    """The weighted sum w·x + b of every row of `x`: shape (N,), one number a row.

    `x` is (N, D), one row a sample; `w` is (D,), one weight a feature; `b` is one number.

    >>> weighted_sum(np.array([[-1.0, 2.0], [2.0, 1.0]]), np.array([3.0, -2.0]), 1.0)
    array([-6.,  5.])
    """
    return x @ w + b


def neuron(x, w, b, g):
    """The output of a neuron with the activation `g`, for every row of `x`: shape (N,).

    `x`, `w` and `b` are those of `weighted_sum`. `g` is a function that takes an array of weighted
    sums and gives an array of outputs, element by element.

    >>> neuron(np.array([[-1.0, 2.0], [2.0, 1.0]]), np.array([3.0, -2.0]), 1.0, np.abs)
    array([6., 5.])
    """
    return g(weighted_sum(x, w, b))


def step(z):
    """The step function: 1.0 where `z` is at least 0, and 0.0 elsewhere.

    `z` is an array of any shape. The result is a new array of that shape; `z` stays as it is.

    >>> step(np.array([-2.0, 0.0, 0.5]))
    array([0., 1., 1.])
    """
    return np.where(z >= 0, 1.0, 0.0)


def predict(x, w, b):
    """The perceptron's label for every row of `x`: shape (N,), integers, 0 or 1.

    `x`, `w` and `b` are those of `weighted_sum`. The label is 1 where the sum is at least 0.

    >>> predict(np.array([[-1.0, 2.0], [2.0, 1.0]]), np.array([3.0, -2.0]), 1.0).tolist()
    [0, 1]
    """
    return neuron(x, w, b, step).astype(int)


def update(w, b, x_i, y_i, lr=1.0):
    """Rosenblatt's rule for one sample: the pair (w, b), corrected if the prediction is wrong.

    `w` is (D,) and `b` a number; `x_i` is one sample, (D,), and `y_i` its label, 0 or 1; `lr` is
    the learning rate. Where the prediction is right, the values that come back are the old ones.
    The array `w` that came in stays as it is.

    >>> w, b = update(np.array([3.0, -2.0]), 1.0, np.array([2.0, 1.0]), 0)
    >>> w
    array([ 1., -3.])
    >>> float(b)
    0.0
    """
    error = y_i - predict(x_i[np.newaxis, :], w, b)[0]
    return w + lr * error * x_i, b + lr * error


def train(x, y, lr=1.0, epochs=100):
    """Train a perceptron from zeros: go through the rows until none of them is wrong.

    `x` is (N, D) and `y` its labels, integers (N,), 0 or 1. Weights and bias start at 0. One epoch
    goes once through the rows, in the order given, with an update for each. Training stops after
    the first epoch in which nothing was wrong, and after `epochs` epochs at the latest.

    The result is (w, b, mistakes): the weights (D,), the bias, and a list with the number of wrong
    predictions, each of them an update, in every epoch that was run, the final 0 included.

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
