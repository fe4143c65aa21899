"""Adam as one set of slides prints it."""

import numpy as np


class Adam:
    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.t = 0
        self.averages = {}

    def step(self, params, grads):
        self.t += 1
        stepped = []
        for i, (w, g) in enumerate(zip(params, grads)):
            m, v = self.averages.get(i, (0.0, 0.0))
            m = self.beta1 * m + (1 - self.beta1) * g
            v = self.beta2 * v + (1 - self.beta2) * g**2
            self.averages[i] = (m, v)
            m_hat = m / (1 - self.beta1) ** self.t
            v_hat = v / (1 - self.beta2) ** self.t
            stepped.append(w - self.lr * m_hat / (np.sqrt(v_hat) + self.eps))
        return stepped
