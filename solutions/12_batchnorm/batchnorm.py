"""Exercise 12: batch normalisation, a layer that keeps activations at a size that trains well.

Shapes: a batch `x` has N samples in its rows and d features in its columns, all float64. Every
feature is normalised by itself, with statistics taken over the samples of the batch. The formulas
are those of Ioffe & Szegedy (2015), algorithm 1, and of the README.
"""

import numpy as np


class BatchNorm:
    """Batch normalisation of d features, with what it has learned and what it remembers.

    Four plain attributes, arrays of shape (d,) that may be read and set at any time:
    `gamma` (starts at 1) and `beta` (0), the scale and shift that training learns, and
    `running_mean` (0) and `running_var` (1), which stand in for the batch's own statistics in
    evaluation.

    >>> bn = BatchNorm(2)
    >>> bn.gamma.tolist(), bn.beta.tolist(), bn.running_mean.tolist(), bn.running_var.tolist()
    ([1.0, 1.0], [0.0, 0.0], [0.0, 0.0], [1.0, 1.0])
    """

    def __init__(self, d, momentum=0.99, eps=1e-5):
        """Make a layer for d features.

        `momentum` in [0, 1] is how much of a running statistic is *kept* at each training batch;
        `eps` is added to the variance, under the root.
        """
        self.momentum = momentum
        self.eps = eps
        self.gamma = np.ones(d)
        self.beta = np.zeros(d)
        self.running_mean = np.zeros(d)
        self.running_var = np.ones(d)

    def forward(self, x, train=True):
        """Normalise each column of `x` (N, d), then scale it by `gamma` and shift it by `beta`.

        In training, mean and variance are those of this batch (the variance divides by N, so that
        one sample alone has 0), the running statistics move towards them, and what `backward` will
        need is kept. In evaluation the running statistics take their place, and nothing is changed
        or kept. `x` stays as it is. Returns an array (N, d).

        >>> bn = BatchNorm(1, momentum=0.5, eps=0.0)
        >>> bn.forward(np.array([[1.0], [5.0]])).tolist()
        [[-1.0], [1.0]]
        >>> bn.running_mean.tolist(), bn.running_var.tolist()
        ([1.5], [2.5])
        >>> bn.running_var = np.array([4.0])
        >>> bn.forward(np.array([[7.5]]), train=False).tolist()
        [[3.0]]
        """
        if train:
            mean, var = x.mean(axis=0), x.var(axis=0)
            kept, new = self.momentum, 1 - self.momentum
            self.running_mean = kept * self.running_mean + new * mean
            self.running_var = kept * self.running_var + new * var
        else:
            mean, var = self.running_mean, self.running_var
        centred = x - mean
        std = np.sqrt(var + self.eps)
        x_hat = centred / std
        if train:
            self.cache = centred, std, x_hat, self.gamma
        return self.gamma * x_hat + self.beta

    def backward(self, dout):
        """Go back through the last training forward: return `(dx, dgamma, dbeta)`.

        `dout` (N, d) says how fast the loss grows with each entry of that call's output; `dx`
        (N, d), `dgamma` (d,) and `dbeta` (d,) say the same of its input, of `gamma` and of `beta`.
        `dout` stays as it is. An evaluation in between does not matter.

        >>> bn = BatchNorm(1, eps=5.0)
        >>> out = bn.forward(np.array([[1.0], [5.0]]))
        >>> dx, dgamma, dbeta = bn.backward(np.array([[27.0], [0.0]]))
        >>> dx.round(6).tolist(), dgamma.round(6).tolist(), dbeta.round(6).tolist()
        ([[2.5], [-2.5]], [-18.0], [27.0])
        """
        centred, std, x_hat, gamma = self.cache
        n = len(dout)
        dgamma = (dout * x_hat).sum(axis=0)
        dbeta = dout.sum(axis=0)
        dx_hat = dout * gamma
        dmean = -dx_hat.sum(axis=0) / std
        dvar = -0.5 * (dx_hat * centred).sum(axis=0) / std**3
        dx = dx_hat / std + dmean / n + dvar * 2 * centred / n
        return dx, dgamma, dbeta
