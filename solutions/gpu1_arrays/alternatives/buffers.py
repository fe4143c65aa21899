"""Work in place on own buffers, as one does where memory is scarce."""

import numpy as np

try:
    import cupy
except ImportError:
    cupy = None


def array_module(*arrays):
    return cupy.get_array_module(*arrays) if cupy else np


def softmax_cross_entropy(z, labels):
    xp = array_module(z)
    work = z.copy()
    work -= work.max(axis=1, keepdims=True)
    rows = xp.arange(work.shape[0])
    right = work[rows, labels]
    xp.exp(work, out=work)
    sums = work.sum(axis=1)
    work /= sums[:, None]
    loss = xp.mean(xp.log(sums) - right)
    work[rows, labels] -= 1
    work *= 1.0 / work.shape[0]
    return loss, work


def loss_and_gradients(params, x, labels):
    xp = array_module(x)
    a, stack = x, []
    for w, b in params:
        stack.append(a)
        a = xp.matmul(a, w)
        a += b
        if len(stack) < len(params):
            xp.maximum(a, 0, out=a)
    loss, d = softmax_cross_entropy(a, labels)
    grads = []
    for (w, b), a in zip(params[::-1], stack[::-1]):
        grads.append((xp.matmul(a.T, d), xp.sum(d, axis=0)))
        d = xp.matmul(d, w.T)
        d *= a > 0
    grads.reverse()
    return loss, grads


class Adam:
    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.t = 0
        self.m, self.v = [], []

    def step(self, params, grads):
        self.t += 1
        while len(self.m) < len(params):
            like = params[len(self.m)]
            self.m.append(array_module(like).zeros_like(like))
            self.v.append(array_module(like).zeros_like(like))
        new = []
        for m, v, w, g in zip(self.m, self.v, params, grads):
            xp = array_module(w)
            m *= self.beta1
            m += (1 - self.beta1) * g
            v *= self.beta2
            v += (1 - self.beta2) * xp.square(g)
            update = xp.sqrt(v / (1 - self.beta2**self.t))
            update += self.eps
            xp.divide(m, update, out=update)
            update *= -self.lr / (1 - self.beta1**self.t)
            update += w
            new.append(update)
        return new


def accuracy(params, x, labels):
    xp = array_module(x)
    for w, b in params[:-1]:
        x = xp.matmul(x, w) + b
        xp.maximum(x, 0, out=x)
    w, b = params[-1]
    return int(xp.count_nonzero(xp.argmax(xp.matmul(x, w) + b, axis=1) == labels)) / x.shape[0]
