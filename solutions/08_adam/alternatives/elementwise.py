"""One small object a parameter and a Python loop over its entries; step reuses one list."""

import math

import numpy as np


class Moments:
    """The averages of one parameter, as flat lists of floats."""

    def __init__(self, size):
        self.m = [0.0] * size
        self.v = [0.0] * size


class Adam:
    """AdamW without decay."""

    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.inner = AdamW(lr, beta1, beta2, eps, weight_decay=0.0)

    def step(self, params, grads):
        return self.inner.step(params, grads)


class AdamW:
    """Works entry by entry and hands out the same list, with new arrays, at every step."""

    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.weight_decay = weight_decay
        self.moments, self.out, self.t = None, [], 0

    def step(self, params, grads):
        if self.moments is None:
            self.moments = [Moments(np.size(w)) for w in params]
        self.t += 1
        new = [
            self._parameter(w, g, moments)
            for w, g, moments in zip(params, grads, self.moments, strict=True)
        ]
        self.out[:] = new
        return self.out

    def _parameter(self, w, g, moments):
        entries = []
        for j, (w_j, g_j) in enumerate(
            zip(np.ravel(w).tolist(), np.ravel(g).tolist(), strict=True)
        ):
            moments.m[j] = self.beta1 * moments.m[j] + (1 - self.beta1) * g_j
            moments.v[j] = self.beta2 * moments.v[j] + (1 - self.beta2) * g_j**2
            m_hat = moments.m[j] / (1 - math.pow(self.beta1, self.t))
            v_hat = moments.v[j] / (1 - math.pow(self.beta2, self.t))
            move = m_hat / (math.sqrt(v_hat) + self.eps)
            entries.append(w_j - self.lr * move - self.lr * self.weight_decay * w_j)
        return np.array(entries).reshape(np.shape(w))
