"""Everything per feature is a row vector (1, d); the gradients come out as rows, too."""

import numpy as np


class BatchNorm:
    def __init__(self, d, momentum=0.99, eps=1e-5):
        self.gamma = np.ones((1, d))
        self.beta = np.zeros((1, d))
        self.running_mean = np.zeros((1, d))
        self.running_var = np.ones((1, d))
        self.momentum, self.eps = momentum, eps

    def forward(self, x, train=True):
        mean, var = self.running_mean, self.running_var
        if train:
            mean = x.mean(axis=0, keepdims=True)
            var = x.var(axis=0, keepdims=True)
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
            self.x, self.mean, self.var = x, mean, var
        return (x - mean) / np.sqrt(var + self.eps) * self.gamma + self.beta

    def backward(self, dout):
        n = len(self.x)
        inverse = 1 / np.sqrt(self.var + self.eps)
        x_hat = (self.x - self.mean) * inverse
        dbeta = dout.sum(axis=0, keepdims=True)
        dgamma = np.einsum("nd,nd->d", dout, x_hat)[None, :]
        dx_hat = dout * self.gamma
        dx = (
            inverse
            / n
            * (
                n * dx_hat
                - dx_hat.sum(axis=0, keepdims=True)
                - x_hat * (dx_hat * x_hat).sum(axis=0, keepdims=True)
            )
        )
        return dx, dgamma, dbeta
