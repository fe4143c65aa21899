"""Remembers every epoch and works everything out from the past; a mask divides the rows."""

import copy

import numpy as np


def l1_penalty(weights, lam):
    return sum(lam * abs(float(entry)) for w in weights for entry in np.ravel(w))


def l1_grad(weights, lam):
    return [((w > 0) * 1.0 - (w < 0)) * lam for w in weights]


def l2_penalty(weights, lam):
    return sum(lam * float(entry) ** 2 for w in weights for entry in np.ravel(w))


def l2_grad(weights, lam):
    return [np.multiply(2.0 * lam, w) for w in weights]


def split(x, y, fraction, rng):
    chosen = rng.choice(len(x), size=int(len(x) * fraction + 0.5), replace=False)
    mask = np.zeros(len(x), dtype=bool)
    mask[chosen] = True
    return [x[~mask], y[~mask], x[mask], y[mask]]


class EarlyStopping:
    """Keeps all losses and all parameters; the best ones are properties."""

    def __init__(self, patience, min_delta=0.0):
        self.patience, self.min_delta = patience, min_delta
        self.losses, self.params = [], []

    @property
    def best_epoch(self):
        best = 0
        for epoch, loss in enumerate(self.losses):
            if loss + self.min_delta < self.losses[best]:
                best = epoch
        return best

    @property
    def best_loss(self):
        return self.losses[self.best_epoch]

    @property
    def best_params(self):
        return self.params[self.best_epoch]

    def update(self, loss, params):
        self.losses.append(loss)
        self.params.append(copy.deepcopy(params))
        return len(self.losses) - 1 - self.best_epoch == self.patience
