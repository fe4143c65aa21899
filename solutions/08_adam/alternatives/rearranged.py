"""One step size a step, the corrections folded into it and into eps; AdamW is a subclass."""

import math

import numpy as np


class Adam:
    """Uses lr * sqrt(1 - beta2^t) / (1 - beta1^t) and eps * sqrt(1 - beta2^t)."""

    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m, self.v = [], []
        self.beta1_power = self.beta2_power = 1.0

    def step(self, params, grads):
        if len(self.m) == 0:
            self.m = [np.zeros(w.shape) for w in params]
            self.v = [np.zeros(w.shape) for w in params]
        self.beta1_power *= self.beta1
        self.beta2_power *= self.beta2
        root = math.sqrt(1 - self.beta2_power)
        rate = self.lr * root / (1 - self.beta1_power)
        result = []
        for w, g, m, v in zip(params, grads, self.m, self.v, strict=True):
            m *= self.beta1
            m += (1 - self.beta1) * g
            v *= self.beta2
            v += (1 - self.beta2) * g * g
            result.append(w - rate * m / (np.sqrt(v) + self.eps * root))
        return result


class AdamW(Adam):
    """Decays a copy of the weights first and steps from there."""

    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
        super().__init__(lr, beta1, beta2, eps)
        self.weight_decay = weight_decay

    def step(self, params, grads):
        shrunk = [w * (1 - self.lr * self.weight_decay) for w in params]
        return super().step(shrunk, grads)
