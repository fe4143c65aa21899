"""Exercise 3: dense layers, and the networks that are made of them.

Shapes: `x` is (N, D), one row a sample. A layer with D_in inputs and D_out units has weights `w`
(D_in, D_out), one column a unit, and biases `b` (D_out,). The parameters of a network are a list of
pairs, `[(w, b), ...]`, one pair a layer; the layer that meets the input comes first.
"""

import numpy as np


def dense(x, w, b):
    """A dense layer: the weighted sums of all its units, for every row of `x`.

    `x` is (N, D_in), `w` (D_in, D_out) and `b` (D_out,); the result is (N, D_out). There is no
    activation in it.

    >>> w = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, -1.0]])
    >>> dense(np.array([[1.0, 2.0, 3.0]]), w, np.array([0.5, -0.5]))
    array([[10.5,  0.5]])
    """
    return x @ w + b


def init_params(sizes, rng):
    """Random parameters to start a network from: a list of pairs (w, b), one a layer.

    `sizes` is a list of widths: the inputs first, then the units of each layer. Every weight is
    drawn by itself from `rng` (a numpy.random.Generator), uniformly between -1/√D_in and 1/√D_in,
    where D_in is the number of inputs of its own layer. Biases are zeros. All are float64.

    >>> params = init_params([4, 3, 2], np.random.default_rng(0))
    >>> [(w.shape, b.shape) for w, b in params]
    [((4, 3), (3,)), ((3, 2), (2,))]
    >>> bool(abs(params[0][0]).max() <= 0.5)
    True
    """
    params = []
    for layer in range(len(sizes) - 1):
        d_in, d_out = sizes[layer], sizes[layer + 1]
        bound = 1 / np.sqrt(d_in)
        w = rng.uniform(-bound, bound, size=(d_in, d_out))
        b = np.zeros(d_out)
        params.append((w, b))
    return params


def mlp(x, params, g):
    """The output of a network: its dense layers, with `g` after each of them but the last.

    `x` is (N, D) and `params` a list of at least one pair (w, b). `g` is an activation, a function
    that takes an array and works on it element by element. The result is (N, D_out), D_out being
    the number of units in the last layer; neither `x` nor `params` is changed.

    >>> params = [(np.array([[1.0, -1.0]]), np.zeros(2)), (np.array([[2.0], [3.0]]), np.ones(1))]
    >>> mlp(np.array([[5.0], [-5.0]]), params, lambda z: np.maximum(z, 0.0))
    array([[11.],
           [16.]])
    """
    for w, b in params[:-1]:
        x = g(dense(x, w, b))
    w, b = params[-1]
    return dense(x, w, b)


def collapse(params):
    """The single dense layer (w, b) that equals the whole stack without any activation.

    `params` is a list of at least one pair (w, b), and stays as it is. The result is a pair: `w`
    (inputs of the first layer, units of the last) and `b` (units of the last,).

    >>> layers = [(np.array([[2.0]]), np.array([1.0])), (np.array([[5.0]]), np.array([0.0]))]
    >>> w, b = collapse(layers)
    >>> w.tolist(), b.tolist()
    ([[10.0]], [5.0])
    """
    w, b = params[0]
    for next_w, next_b in params[1:]:
        w = w @ next_w
        b = b @ next_w + next_b
    return w, b


def count_params(sizes):
    """How many numbers a network has to learn, weights and biases together: an integer.

    `sizes` is a list of widths: the inputs first, then the units of each layer.

    >>> count_params([4, 3, 2])
    23
    """
    count = 0
    for layer in range(len(sizes) - 1):
        d_in, d_out = sizes[layer], sizes[layer + 1]
        count += d_in * d_out + d_out
    return count
