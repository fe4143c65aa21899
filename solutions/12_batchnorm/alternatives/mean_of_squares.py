"""The variance as mean of squares minus square of the mean; the gradient without x̂."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class BatchNorm:
    d: int
    momentum: float = 0.99
    eps: float = 1e-5
    gamma: np.ndarray = field(init=False)
    beta: np.ndarray = field(init=False)
    running_mean: np.ndarray = field(init=False)
    running_var: np.ndarray = field(init=False)

    def __post_init__(self):
        self.gamma, self.beta = np.ones(self.d), np.zeros(self.d)
        self.running_mean, self.running_var = np.zeros(self.d), np.ones(self.d)

    def forward(self, x, train=True):
        if train:
            mean = np.average(x, axis=0)
            var = np.maximum(np.average(x * x, axis=0) - mean * mean, 0.0)
            rest = 1 - self.momentum
            self.running_mean, self.running_var = (
                self.running_mean - rest * (self.running_mean - mean),
                self.running_var - rest * (self.running_var - var),
            )
            self.last = x, mean, var + self.eps, self.gamma
            return self.gamma * (x - mean) / np.sqrt(var + self.eps) + self.beta
        shifted = x - self.running_mean
        return np.divide(shifted, np.sqrt(self.running_var + self.eps)) * self.gamma + self.beta

    def backward(self, dout):
        x, mean, power, gamma = self.last
        deviation = x - mean
        covariance = np.average(dout * deviation, axis=0)
        pulled = dout - np.average(dout, axis=0) - deviation * covariance / power
        dgamma = len(x) * covariance / np.sqrt(power)
        return gamma * pulled / np.sqrt(power), dgamma, np.sum(dout, axis=0)
