"""Exercise 14: learning without backpropagation, by feedback alignment, plain and direct.

Shapes: a batch has N samples, one in each row of `x` (N, D), and `labels` are N integers. A network
is a list `params` of `(w, b)`, one pair a layer, `w` (D_in, D_out) and `b` (D_out,); tanh follows
every layer but the last, whose output is the logits of a softmax. `sizes` lists its widths from the
inputs to the classes. `feedback` is a list of matrices, one for each hidden layer, the first hidden
layer's first. All arrays are float64, and no function changes its arguments.
"""

import numpy as np


def random_feedback(sizes, rng, direct=False):
    """Draw the fixed matrices that bring the error to the hidden layers: a list, one for each.

    `sizes` is (inputs, hidden widths from the first to the last, classes), and `rng` a
    `numpy.random.Generator`, the only source of randomness. A row of the error times the matrix is
    the signal that reaches the layer. For feedback alignment the error comes from the next layer,
    so the matrix has the shape of the next layer's weights transposed; with `direct=True` it comes
    from the classes, (sizes[-1], width of the layer). Every matrix is drawn on its own, around 0;
    how widely is up to you.

    >>> rng = np.random.default_rng(0)
    >>> [matrix.shape for matrix in random_feedback([64, 30, 20, 10], rng)]
    [(20, 30), (10, 20)]
    >>> [matrix.shape for matrix in random_feedback([64, 30, 20, 10], rng, direct=True)]
    [(10, 30), (10, 20)]
    """
    raise NotImplementedError


def fa_gradients(params, feedback, x, labels):
    """Return `(loss, grads)` by feedback alignment: fixed matrices in place of transposed weights.

    `loss` is the mean cross-entropy over the batch, and `grads` a list of `(dw, db)` in the order
    of `params`. The forward pass and the last layer's gradient are those of backpropagation. On the
    way back `feedback[0]` stands in for the transpose of `params[1]`'s weights, `feedback[1]` for
    that of `params[2]`'s, and so on (Lillicrap et al., 2016).

    >>> params = [(np.zeros((1, 2)), np.zeros(2)), (np.zeros((2, 2)), np.zeros(2))]
    >>> feedback = [np.array([[1.0, 2.0], [3.0, 7.0]])]
    >>> loss, grads = fa_gradients(params, feedback, np.array([[10.0]]), np.array([0]))
    >>> round(float(loss), 6)
    0.693147
    >>> (dw1, db1), (dw2, db2) = grads
    >>> db2.tolist(), dw1.tolist()
    ([-0.5, 0.5], [[10.0, 25.0]])
    """
    raise NotImplementedError


def dfa_gradients(params, feedback, x, labels):
    """Return `(loss, grads)` by direct feedback alignment: the error goes straight to every layer.

    Arguments and result are those of `fa_gradients`, but each matrix of `feedback` takes the error
    at the logits, not the one of the next layer, to its hidden layer (Nøkland, 2016).

    >>> params = [(np.zeros((1, 1)), np.zeros(1)) for _ in range(2)]
    >>> params.append((np.zeros((1, 2)), np.zeros(2)))
    >>> feedback = [np.array([[1.0], [3.0]]), np.array([[5.0], [1.0]])]
    >>> loss, grads = dfa_gradients(params, feedback, np.array([[10.0]]), np.array([0]))
    >>> [db.tolist() for dw, db in grads]
    [[1.0], [-2.0], [-0.5, 0.5]]
    """
    raise NotImplementedError


def alignment(a, b):
    """Return the angle between two gradients in degrees, a float from 0 to 180.

    `a` and `b` are two arrays of one shape, or two lists of arrays or of `(w, b)`. Lists count as
    one long vector: everything in them, end to end. What it gives for a gradient of zeros, which
    has no direction, is up to you.

    >>> round(alignment(np.array([1.0, 0.0]), np.array([3.0, 3.0])), 6)
    45.0
    >>> one = [(np.array([[1.0]]), np.array([0.0]))]
    >>> other = [(np.array([[0.0]]), np.array([5.0]))]
    >>> round(alignment(one, other), 6)
    90.0
    """
    raise NotImplementedError
