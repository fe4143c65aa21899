"""Exercise 13: training in practice, from the first loss to the search for good settings.

Shapes: `x` is (N, D) float64, one row a sample; `labels` are N integers; `params` is a list of
`(w, b)`, one pair a layer. Random numbers come from `rng`, a numpy.random.Generator, alone. No
function changes its arguments.
"""

import numpy as np


def initial_loss(k):
    """The softmax cross-entropy to expect of a network for `k` classes that is not yet trained.

    It has no reason to prefer any class, so it gives each the same probability.

    >>> round(float(initial_loss(4)), 4)
    1.3863
    """
    raise NotImplementedError


def train(params, x, labels, loss_and_gradients, step, epochs, batch_size, rng):
    """Train a network with mini-batches, shuffled every epoch: return `(params, losses)`.

    `loss_and_gradients(params, x, labels)` returns `(loss, grads)` for the rows it is given, with
    `params` and `grads` as lists of `(w, b)`, like yours of exercise 6. `step(params, grads)`
    returns the new parameters, like that of an optimiser of exercise 7 or 8: all three are flat
    lists of arrays, `[w1, b1, w2, b2, ...]`.

    An epoch meets every row exactly once, with its label, in batches of `batch_size` single rows
    (only the last may be short) that are drawn anew with `rng`; each batch makes one step. The
    result is the list of `(w, b)` after the last step, and a list of `epochs` numbers: for each
    epoch the mean of its batch losses, as they were met along the way.

    >>> def loss_and_gradients(params, x, labels):
    ...     ((w, b),) = params
    ...     error = x @ w + b - labels[:, np.newaxis]
    ...     return np.mean(error**2) / 2, [(x.T @ error / len(x), error.mean(axis=0))]
    >>> def step(params, grads):
    ...     return [p - 0.5 * g for p, g in zip(params, grads)]
    >>> params = [(np.array([[0.0]]), np.array([0.0]))]
    >>> x, labels = np.array([[1.0], [-1.0]]), np.array([4, 0])
    >>> rng = np.random.default_rng(0)
    >>> params, losses = train(params, x, labels, loss_and_gradients, step, 2, 2, rng)
    >>> [(w.tolist(), b.tolist()) for w, b in params]
    [([[1.5]], [1.5])]
    >>> [float(loss) for loss in losses]
    [4.0, 1.0]
    """
    raise NotImplementedError


def accuracy(params, x, labels, predict):
    """The share of rows whose label is predicted right, from 0 to 1.

    `predict(params, x)` returns one label for each row of `x`.

    >>> def predict(params, x):
    ...     return np.argmax(x, axis=1)
    >>> x = np.array([[5.0, 1.0], [2.0, 3.0], [4.0, 0.0], [1.0, 0.0]])
    >>> float(accuracy([], x, np.array([0, 1, 1, 0]), predict))
    0.75
    """
    raise NotImplementedError


def lr_sweep(train_once, lrs):
    """Try each learning rate of the list `lrs`: return `(best_lr, losses)`.

    `train_once(lr)` trains from scratch and returns a loss, and smaller is better; a run that
    diverged returns NaN, inf or -inf, and never is the best one. `losses` has one number for each
    rate, in the order of `lrs`. Which rate wins a tie, or where all runs diverge, is left open.

    >>> def train_once(lr):
    ...     return {0.01: 1.5, 0.1: 0.25, 1.0: np.nan}[lr]
    >>> lr_sweep(train_once, [0.01, 0.1, 1.0])
    (0.1, [1.5, 0.25, nan])
    """
    raise NotImplementedError


def grid_search(evaluate, grid):
    """Evaluate every combination of the values in `grid`: return `(best, score)`.

    `grid` is a dict of lists, from a setting's name to the values to try. `evaluate` takes one
    dict, from each name to one of its values, and returns a score: larger is better, and NaN never
    is the best. `best` is the dict with the best score, `score` that score. Which one wins a tie,
    or where all scores are NaN, is left open.

    >>> def evaluate(settings):
    ...     return -abs(settings["lr"] - 0.1) - settings["decay"]
    >>> grid_search(evaluate, {"lr": [0.01, 0.1, 1.0], "decay": [0.5, 0.25]})
    ({'lr': 0.1, 'decay': 0.25}, -0.25)
    """
    raise NotImplementedError


def random_search(evaluate, space, trials, rng):
    """Evaluate `trials` random settings from `space`: return `(best, score)`.

    `space` is a dict, from a setting's name to its range `(low, high)` with 0 < low < high. Every
    trial draws every setting anew and independently, log-uniformly: its logarithm is uniform
    between those of `low` and `high`. `evaluate`, `best` and `score` are those of `grid_search`.

    >>> def evaluate(settings):
    ...     return -abs(np.log10(settings["lr"]) + 2)
    >>> rng = np.random.default_rng(0)
    >>> best, score = random_search(evaluate, {"lr": (1e-5, 1.0)}, 200, rng)
    >>> bool(0.009 < best["lr"] < 0.011), bool(score == evaluate(best))
    (True, True)
    """
    raise NotImplementedError
