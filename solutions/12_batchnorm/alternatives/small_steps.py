"""One elementary operation after the other, and each of them back again; updates in place."""

import numpy as np


class BatchNorm:
    def __init__(self, d, momentum=0.99, eps=1e-5):
        self.momentum = momentum
        self.eps = eps
        self.gamma = np.ones(d)
        self.beta = np.zeros(d)
        self.running_mean = np.zeros(d)
        self.running_var = np.ones(d)

    def forward(self, x, train=True):
        if not train:
            out = x - self.running_mean
            out /= np.sqrt(self.running_var + self.eps)
            out *= self.gamma
            out += self.beta
            return out
        mean = x.sum(axis=0) / x.shape[0]
        deviation = x - mean
        square = deviation**2
        var = square.sum(axis=0) / x.shape[0]
        root = np.sqrt(var + self.eps)
        inverse = 1.0 / root
        x_hat = deviation * inverse
        self.running_mean *= self.momentum
        self.running_mean += (1.0 - self.momentum) * mean
        self.running_var *= self.momentum
        self.running_var += (1.0 - self.momentum) * var
        self.saved = (deviation, root, inverse, x_hat, self.gamma.copy())
        return self.gamma * x_hat + self.beta

    def backward(self, dout):
        deviation, root, inverse, x_hat, gamma = self.saved
        n = dout.shape[0]
        dbeta = dout.sum(axis=0)
        dgamma = (dout * x_hat).sum(axis=0)
        dx_hat = dout * gamma
        dinverse = (dx_hat * deviation).sum(axis=0)
        ddeviation = dx_hat * inverse
        droot = -dinverse / root**2
        dvar = 0.5 * droot / root
        dsquare = np.ones_like(dout) * dvar / n
        ddeviation += 2.0 * deviation * dsquare
        dmean = -ddeviation.sum(axis=0)
        dx = ddeviation + np.ones_like(dout) * dmean / n
        return dx, dgamma, dbeta
