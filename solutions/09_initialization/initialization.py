"""Exercise 9: the weights that a network starts from, and what they do to its signal.

Shapes: the weights of a layer with `d_in` inputs and `d_out` units are `(d_in, d_out)`, one column
a unit, float64. `rng` is a numpy.random.Generator, the only source of randomness: every weight is
drawn by itself from it, with mean 0, and the order of the draws is free.
"""

import numpy as np


def zeros(d_in, d_out):
    """Weights that are all 0, `(d_in, d_out)`: a network of these never tells its units apart.

    >>> zeros(2, 3)
    array([[0., 0., 0.],
           [0., 0., 0.]])
    """
    return np.zeros((d_in, d_out))


def normal(d_in, d_out, std, rng):
    """Normally distributed weights with mean 0 and standard deviation `std`, `(d_in, d_out)`.

    >>> w = normal(300, 200, 0.5, np.random.default_rng(0))
    >>> w.shape, bool(0.49 < w.std() < 0.51)
    ((300, 200), True)
    """
    return rng.normal(0.0, std, size=(d_in, d_out))


def xavier_uniform(d_in, d_out, rng):
    """Weights spread evenly over ±√(6 / (d_in + d_out)), `(d_in, d_out)`.

    Source: Glorot & Bengio (2010), equation 16.

    >>> w = xavier_uniform(100, 50, np.random.default_rng(0))
    >>> w.shape, bool(0.19 < w.max() <= 0.2), bool(-0.2 <= w.min() < -0.19)
    ((100, 50), True, True)
    """
    bound = np.sqrt(6 / (d_in + d_out))
    return rng.uniform(-bound, bound, size=(d_in, d_out))


def xavier_normal(d_in, d_out, rng):
    """Normally distributed weights with standard deviation √(2 / (d_in + d_out)), `(d_in, d_out)`.

    The variance is that of `xavier_uniform`: Glorot & Bengio (2010), equation 12.

    >>> w = xavier_normal(300, 200, np.random.default_rng(0))
    >>> w.shape, bool(0.0624 < w.std() < 0.0641)
    ((300, 200), True)
    """
    return normal(d_in, d_out, np.sqrt(2 / (d_in + d_out)), rng)


def he_normal(d_in, d_out, rng):
    """Normally distributed weights with standard deviation √(2 / d_in), not truncated.

    The shape is `(d_in, d_out)`. Source: He et al. (2015), equation 10.

    >>> w = he_normal(200, 300, np.random.default_rng(0))
    >>> w.shape, bool(0.098 < w.std() < 0.102)
    ((200, 300), True)
    """
    return normal(d_in, d_out, np.sqrt(2 / d_in), rng)


def activation_stds(x, weights, g):
    """How far the activations spread after each layer: one standard deviation a layer, as a list.

    `x` is `(N, D)` and `weights` a list of matrices `(d_in, d_out)` that fit each other; there are
    no biases. The first layer's activations are `g(x @ weights[0])`, and every layer works on the
    activations of the one before. `g` takes an array and works on it element by element; it
    follows every layer, the last one too. The standard deviation runs over all samples and units
    of a layer together, with ddof 0 (divided by their number). No argument is changed.

    >>> x = np.array([[1.0], [-1.0]])
    >>> weights = [np.array([[4.0, -4.0]]), np.array([[1.5], [-0.5]])]
    >>> [float(s) for s in activation_stds(x, weights, lambda z: np.maximum(z, 0.0))]
    [2.0, 3.0]
    """
    stds = []
    h = x
    for w in weights:
        h = g(h @ w)
        stds.append(float(h.std()))
    return stds


def recommended(activation, d_in, d_out, rng):
    """Weights, `(d_in, d_out)`, that suit the activation behind them.

    Xavier's (normal or uniform, as you like) for "sigmoid" and "tanh", He's for "relu" and "elu".
    Raises ValueError for any other name.

    >>> w = recommended("relu", 200, 300, np.random.default_rng(0))
    >>> w.shape, bool(0.098 < w.std() < 0.102)
    ((200, 300), True)
    >>> recommended("rectifier", 200, 300, np.random.default_rng(0))
    Traceback (most recent call last):
    ValueError: no initialisation is known for the activation 'rectifier'
    """
    if activation in ("sigmoid", "tanh"):
        return xavier_uniform(d_in, d_out, rng)
    if activation in ("relu", "elu"):
        return he_normal(d_in, d_out, rng)
    raise ValueError(f"no initialisation is known for the activation {activation!r}")
