"""A state that is replaced and never changed; attributes that are looked up in it."""

from typing import NamedTuple

import numpy as np


def l1_penalty(weights, lam):
    return np.array(lam * np.sum([np.abs(w).sum() for w in weights]))


def l1_grad(weights, lam):
    return [lam * np.clip(np.sign(w), -1, 1) + 0.0 for w in weights]


def l2_penalty(weights, lam):
    return np.sum([np.einsum("i,i->", w.ravel(), w.ravel()) for w in weights]) * lam


def l2_grad(weights, lam):
    return [2 * (lam * w) for w in weights]


def split(x, y, fraction, rng):
    n = x.shape[0]
    rank = rng.permuted(np.arange(n))
    held_out = rank < np.rint(n * fraction)
    return x[~held_out], y[~held_out], x[held_out], y[held_out]


class State(NamedTuple):
    """All that is known after an epoch."""

    best_loss: float = float("inf")
    best_params: object = None
    best_epoch: float = 0.0
    epoch: float = 0.0
    bad: int = 0


def after(state, loss, params, min_delta):
    """Return the state after one more epoch."""
    epoch = state.epoch + 1
    if not (loss < state.best_loss - min_delta):
        return state._replace(epoch=epoch, bad=state.bad + 1)
    return State(loss, [deep(p) for p in params], epoch, epoch, 0)


def deep(p):
    """Copy an array, or the arrays of a pair."""
    return [deep(item) for item in p] if isinstance(p, (tuple, list)) else p + 0.0


class EarlyStopping:
    """Refuses to be changed from outside."""

    def __init__(self, patience, min_delta=0.0):
        self.__dict__.update(patience=patience, min_delta=min_delta, state=State())

    def __setattr__(self, name, value):
        raise AttributeError(f"{name} cannot be set")

    def __getattr__(self, name):
        return getattr(self.__dict__["state"], name)

    def update(self, loss, params):
        self.__dict__["state"] = after(self.state, loss, params, self.min_delta)
        return self.state.bad in range(self.patience, 10**9)
