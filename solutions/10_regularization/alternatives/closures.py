"""Flat vectors and norms; early stopping is a function that returns an object with a closure."""

from types import SimpleNamespace

import numpy as np


def flat(weights):
    """Put all entries of all arrays into one vector."""
    return np.concatenate([np.ravel(w) for w in weights])


def l1_penalty(weights, lam):
    return lam * np.linalg.norm(flat(weights), 1)


def l1_grad(weights, lam):
    return [np.where(w > 0, lam, np.where(w < 0, -lam, 0.0)) for w in weights]


def l2_penalty(weights, lam):
    return lam * np.linalg.norm(flat(weights)) ** 2


def l2_grad(weights, lam):
    return tuple(lam * (w + w) for w in weights)


def split(x, y, fraction, rng):
    order = np.argsort(rng.random(len(x)))
    cut = round((1 - fraction) * len(x))
    (x_train, x_val), (y_train, y_val) = (np.split(a[order], [cut]) for a in (x, y))
    return x_train, y_train, x_val, y_val


def EarlyStopping(patience, min_delta=0.0):  # noqa: N802 - the exercise's name
    """Return an object whose `update` renews its attributes; epochs count from 0."""
    watcher = SimpleNamespace(best_loss=float("inf"), best_params=[], best_epoch=-1)
    epoch = -1

    def copied(params):
        if isinstance(params, np.ndarray):
            return np.array(params)
        return type(params)(copied(p) for p in params)

    def update(loss, params):
        nonlocal epoch
        epoch += 1
        if watcher.best_loss - loss > min_delta:
            watcher.best_loss, watcher.best_epoch = loss, epoch
            watcher.best_params = copied(params)
        return epoch - watcher.best_epoch >= patience

    watcher.update = update
    return watcher
