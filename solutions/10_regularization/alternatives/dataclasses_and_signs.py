"""The penalties by way of their gradients; a dataclass that stays silent until it is time."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np


def l1_grad(weights, lam):
    return [lam * (np.heaviside(w, 0.5) * 2 - 1) for w in weights]


def l1_penalty(weights, lam):
    return sum(np.vdot(g, w) for g, w in zip(l1_grad(weights, lam), weights, strict=True))


def l2_grad(weights, lam):
    return [w * lam / 0.5 for w in weights]


def l2_penalty(weights, lam):
    return 0.5 * sum(np.vdot(g, w) for g, w in zip(l2_grad(weights, lam), weights, strict=True))


def split(x, y, fraction, rng):
    rows = np.arange(len(x))
    rng.shuffle(rows)
    n_train = len(x) - round(len(x) * fraction)
    train, val = np.sort(rows[:n_train]), np.sort(rows[n_train:])
    return (np.take(x, train, axis=0), np.take(y, train, axis=0), x[val, :], y[val, ...])


@dataclass
class EarlyStopping:
    """The fields are the attributes; epochs count from 1."""

    patience: int
    min_delta: float = 0.0
    best_loss: Any = field(default=np.float64("inf"), init=False)
    best_params: Any = field(default=None, init=False)
    best_epoch: int = field(default=0, init=False)
    epochs: int = field(default=0, init=False)

    def update(self, loss, params):
        self.epochs += 1
        improved = np.less(loss, self.best_loss - self.min_delta)
        if improved:
            self.best_loss = np.float64(loss)
            self.best_epoch = np.int64(self.epochs)
            self.best_params = tuple(
                tuple(map(np.array, p)) if type(p) is tuple else np.array(p) for p in params
            )
        return np.bool_(self.epochs - self.best_epoch >= self.patience)
