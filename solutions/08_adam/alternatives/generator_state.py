"""All parameters in one flat vector; a generator holds the state between steps."""

import numpy as np


def moves(beta1, beta2, eps):
    """Receive flat gradients with `send` and yield the direction of each step."""
    m = v = 0.0
    product1 = product2 = 1.0
    direction = None
    while True:
        g = yield direction
        product1, product2 = product1 * beta1, product2 * beta2
        m, v = beta1 * m + (1.0 - beta1) * g, beta2 * v + (1.0 - beta2) * g**2
        direction = m / (1.0 - product1) / (np.sqrt(v / (1.0 - product2)) + eps)


class Adam:
    """Flattens, moves, and cuts the vector into the old shapes."""

    weight_decay = 0.0

    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr = lr
        self.moves = moves(beta1, beta2, eps)
        next(self.moves)

    def step(self, params, grads):
        flat_w = np.concatenate([np.ravel(w) for w in params])
        flat_g = np.concatenate([np.ravel(g) for g in grads])
        flat_w -= self.lr * (self.moves.send(flat_g) + self.weight_decay * flat_w)
        ends = np.cumsum([np.size(w) for w in params])[:-1]
        pieces = np.split(flat_w, ends)
        return [piece.reshape(np.shape(w)) for piece, w in zip(pieces, params, strict=True)]


class AdamW(Adam):
    """Only sets the decay."""

    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
        super().__init__(lr, beta1, beta2, eps)
        self.weight_decay = weight_decay
