"""State in a dictionary by position, made when a position is first met; AdamW stands alone."""

import numpy as np


class Adam:
    """Keeps, for each position, the pair of averages."""

    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.betas, self.eps = lr, (beta1, beta2), eps
        self.state = {}
        self.steps = 0

    def step(self, params, grads):
        self.steps += 1
        return [self._move(i, params[i], grads[i]) for i in range(len(params))]

    def _move(self, i, w, g):
        beta1, beta2 = self.betas
        m, v = self.state.get(i, (0.0, 0.0))
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * np.square(g)
        self.state[i] = (m, v)
        m, v = m / (1 - beta1**self.steps), v / (1 - beta2**self.steps)
        return w - self.lr * m / (v**0.5 + self.eps)


class AdamW:
    """Adam once more, with the decay in the same line."""

    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.weight_decay = weight_decay
        self.m, self.v, self.t = {}, {}, 0

    def step(self, params, grads):
        self.t += 1
        new = []
        for i, (w, g) in enumerate(zip(params, grads, strict=True)):
            self.m[i] = self.beta1 * self.m.get(i, 0) + (1 - self.beta1) * g
            self.v[i] = self.beta2 * self.v.get(i, 0) + (1 - self.beta2) * g * g
            m_hat = self.m[i] / (1 - self.beta1**self.t)
            v_hat = self.v[i] / (1 - self.beta2**self.t)
            adam_part = m_hat / (np.sqrt(v_hat) + self.eps)
            new.append(w - self.lr * (adam_part + self.weight_decay * w))
        return new
