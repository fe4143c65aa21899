"""Plain loops over entries and rows; a class with slots that counts its patience down."""

import math

import numpy as np


def l1_penalty(weights, lam):
    total = 0.0
    for w in weights:
        for index in np.ndindex(w.shape):
            total += math.fabs(w[index])
    return float(lam * total)


def l1_grad(weights, lam):
    grads = []
    for w in weights:
        g = np.zeros(w.shape)
        g[w > 0] = lam
        g[w < 0] = -lam
        grads.append(g)
    return grads


def l2_penalty(weights, lam):
    total = 0.0
    for w in weights:
        for index in np.ndindex(w.shape):
            total += w[index] * w[index]
    return float(lam * total)


def l2_grad(weights, lam):
    grads = []
    for w in weights:
        g = np.empty(w.shape)
        for index in np.ndindex(w.shape):
            g[index] = lam * 2 * w[index]
        grads.append(g)
    return grads


def split(x, y, fraction, rng):
    left = list(range(len(x)))
    n_val = math.ceil(len(x) * fraction - 0.5)
    picked = [left.pop(int(rng.integers(len(left)))) for _ in range(n_val)]
    train, val = ([], []), ([], [])
    for rows, (xs, ys) in ((left, train), (picked, val)):
        for row in rows:
            xs.append(x[row])
            ys.append(y[row])
    return tuple(np.array(part) for part in (*train, *val))


class EarlyStopping:
    """No attribute but these; nothing is known before the first epoch."""

    __slots__ = (
        "best_epoch",
        "best_loss",
        "best_params",
        "epoch",
        "left",
        "min_delta",
        "patience",
    )

    def __init__(self, patience, min_delta=0.0):
        self.patience = self.left = patience
        self.min_delta = min_delta
        self.best_loss = self.best_params = self.best_epoch = None
        self.epoch = 0

    def update(self, loss, params):
        self.epoch += 1
        if self.best_loss is None or loss < self.best_loss - self.min_delta:
            self.best_loss, self.best_epoch, self.left = loss, self.epoch, self.patience
            self.best_params = []
            for p in params:
                if isinstance(p, np.ndarray):
                    self.best_params.append(np.copy(p))
                else:
                    w, b = p
                    self.best_params.append([np.copy(w), np.copy(b)])
            return False
        self.left -= 1
        return self.left <= 0
