"""Exercise 11: dropout, which switches units off at random while a network learns.

Shapes: `x` is `(N, D)`, one row a sample and one column a unit; a mask has the shape of its `x`.
Everywhere `p` is the probability to DROP a unit, so a unit is kept with probability 1 - p.
"""

import numpy as np


def dropout_forward(x, p, rng, train=True):
    """Inverted dropout: drop each entry of x with probability p, and scale up the ones that stay.

    `x` are activations, `(N, D)`, and stay as they are; `0 <= p < 1`; `rng` is a
    numpy.random.Generator, the only source of randomness.

    Returns the pair (out, mask), both with the shape of `x`. While training, every entry is
    dropped or kept by itself, whatever happens to the entries around it and whatever its own value
    is: the mask is 0 where it was dropped and 1 / (1 - p) where it was kept, and `out` is `x` times
    the mask. When `train` is False nothing is random: `out` equals `x` and the mask is all ones.
    Raises ValueError while training if `p` lies outside of [0, 1).

    >>> x = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])
    >>> out, mask = dropout_forward(x, 0.5, np.random.default_rng(0))
    >>> mask.shape
    (2, 3)
    >>> set(mask.ravel().tolist()) <= {0.0, 2.0}
    True
    >>> np.array_equal(out, x * mask)
    True
    >>> out, mask = dropout_forward(x, 0.5, np.random.default_rng(0), train=False)
    >>> out.tolist()
    [[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]
    >>> mask.tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    raise NotImplementedError


def dropout_backward(dout, mask):
    """Return dx, the gradient of the loss with respect to the input of dropout, `(N, D)`.

    `dout` is the gradient with respect to dropout's output, `(N, D)`, and `mask` is what
    `dropout_forward` returned beside that output. Neither is changed.

    >>> mask = np.array([[1.25, 0.0, 1.25]])
    >>> dropout_backward(np.array([[4.0, 7.0, -2.0]]), mask).tolist()
    [[5.0, 0.0, -2.5]]
    """
    raise NotImplementedError


def mc_dropout(predict, x, samples, rng):
    """Monte-Carlo dropout: the mean and the spread of predictions made with dropout left on.

    `predict(x, rng)` returns an array of any shape, the same shape every time, and draws new random
    numbers from `rng` in every call. It is called exactly `samples` times (at least once), always
    with `x` as it is and with the very generator `rng`, which moves on by itself.

    Returns the pair (mean, std), each with the shape of one prediction: the mean over the samples
    and the standard deviation over the samples with ddof 0, that is, divided by `samples`.

    >>> x, rng = np.array([[1.0, 3.0]]), np.random.default_rng(0)
    >>> mean, std = mc_dropout(lambda x, rng: 2 * x, x, 4, rng)
    >>> mean.tolist(), std.tolist()
    ([[2.0, 6.0]], [[0.0, 0.0]])
    >>> answers = iter([1.0, 4.0, 1.0, 4.0])
    >>> mean, std = mc_dropout(lambda x, rng: np.array([next(answers)]), x, 4, rng)
    >>> mean.tolist(), std.tolist()
    ([2.5], [1.5])
    """
    raise NotImplementedError
