"""Exercise 10: what keeps a network from learning its training set by heart.

Shapes: `weights` is a list of float64 arrays of any shapes, as w1, b1, w2, b2 of a network; `x` is
`(N, D)`, one row a sample, and `y` has one row a sample too: `(N,)` or `(N, K)`.
"""

import numpy as np


def l1_penalty(weights, lam):
    """Return lam times the sum of the absolute values of all entries of all arrays, a number.

    >>> float(l1_penalty([np.array([[1.0, -2.0], [0.0, 4.0]]), np.array([-1.0])], 0.5))
    4.0
    """
    return lam * sum(np.sum(np.abs(w)) for w in weights)


def l1_grad(weights, lam):
    """Return the gradient of `l1_penalty`: a list of new arrays, shaped like those in `weights`.

    |w| has a kink at 0, where every slope from -1 to 1 would do. Here it is 0: a weight that is
    zero stays where it is. The arrays in `weights` are left unchanged.

    >>> [g.tolist() for g in l1_grad([np.array([[3.0, -0.5]]), np.array([0.0])], 0.25)]
    [[[0.25, -0.25]], [0.0]]
    """
    return [lam * np.sign(w) for w in weights]


def l2_penalty(weights, lam):
    """Return lam times the sum of the squares of all entries of all arrays, a number.

    There is no 1/2 in front and no root around it.

    >>> float(l2_penalty([np.array([[1.0, -2.0], [0.0, 4.0]]), np.array([-1.0])], 0.5))
    11.0
    """
    return lam * sum(np.sum(w**2) for w in weights)


def l2_grad(weights, lam):
    """Return the gradient of `l2_penalty`: a list of new arrays, shaped like those in `weights`.

    The arrays in `weights` are left unchanged.

    >>> [g.tolist() for g in l2_grad([np.array([[3.0, -0.5]]), np.array([0.0])], 0.25)]
    [[[1.5, -0.25]], [0.0]]
    """
    return [2 * lam * w for w in weights]


def split(x, y, fraction, rng):
    """Divide the samples at random into a training and a validation part.

    Returns (x_train, y_train, x_val, y_val). `len(x) * fraction` rows, rounded to the nearest whole
    number (a half either way), go to validation, and all others to training; that may leave a part
    empty. `rng`, a numpy.random.Generator, draws which rows these are, all choices equally likely.
    Their order within a part is left open. Every row is in exactly one part, and each row of `x`
    keeps its row of `y`. Neither array is changed.

    >>> x, y = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]), np.arange(4)
    >>> x_train, y_train, x_val, y_val = split(x, y, 0.25, np.random.default_rng(0))
    >>> x_train.shape, y_train.shape, x_val.shape, y_val.shape
    ((3, 2), (3,), (1, 2), (1,))
    >>> np.array_equal(x_val, x[y_val])
    True
    """
    n_val = round(len(x) * fraction)
    order = rng.permutation(len(x))
    val, train = order[:n_val], order[n_val:]
    return x[train], y[train], x[val], y[val]


class EarlyStopping:
    """Watch the validation loss, keep the best parameters, and say when to stop.

    Three attributes can be read after an update: `best_loss`, `best_params` and `best_epoch`, which
    are those of the latest epoch that improved. Epochs may be counted from 0 or from 1.

    >>> stopper = EarlyStopping(patience=2)
    >>> [bool(stopper.update(loss, [np.array([loss])])) for loss in (0.5, 0.25, 0.75, 0.375)]
    [False, False, False, True]
    >>> float(stopper.best_loss), [w.tolist() for w in stopper.best_params]
    (0.25, [[0.25]])
    """

    def __init__(self, patience, min_delta=0.0):
        """Remember the settings; no epoch has been seen yet.

        `patience`, at least 1, is how many epochs in a row may pass without an improvement;
        `min_delta`, at least 0, is by how much the loss has to fall to count as one.
        """
        self.patience = patience
        self.min_delta = min_delta
        self.best_loss = np.inf
        self.best_params = None
        self.best_epoch = None
        self.epoch = 0
        self.waited = 0

    def update(self, loss, params):
        """Take in one epoch and return whether to stop now: True or False.

        `loss` is the validation loss after the epoch and `params` the parameters at that moment: a
        list of arrays or a list of pairs `(w, b)`. The epoch improves when
        `loss < best_loss - min_delta`, so a NaN never does and the first loss always does; what a
        first loss of NaN or inf does is left open. The answer is True at the `patience`-th epoch in
        a row that does not.

        `best_params` has the form of `params`, and is a copy with arrays of its own: the caller may
        go on training in place.

        >>> stopper = EarlyStopping(patience=1, min_delta=0.5)
        >>> w = np.array([1.0, 2.0])
        >>> bool(stopper.update(3.0, [w]))
        False
        >>> w += 10.0
        >>> bool(stopper.update(2.75, [w])), stopper.best_params[0].tolist()
        (True, [1.0, 2.0])
        """
        self.epoch += 1
        if loss < self.best_loss - self.min_delta:
            self.best_loss = loss
            self.best_epoch = self.epoch
            self.best_params = [
                tuple(w.copy() for w in p) if isinstance(p, tuple) else p.copy() for p in params
            ]
            self.waited = 0
        else:
            self.waited += 1
        return self.waited >= self.patience
