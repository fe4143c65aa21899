"""Layers as objects; the optimiser keeps a record a parameter."""

from dataclasses import dataclass
from typing import Any

import numpy as np

try:
    import cupy
except ImportError:
    cupy = None


def array_module(*arrays):
    return np if cupy is None else cupy.get_array_module(*arrays)


def softmax_cross_entropy(z, labels):
    xp = array_module(z, labels)
    z = z - xp.amax(z, axis=1, keepdims=True)
    log_p = z - xp.log(xp.sum(xp.exp(z), axis=1, keepdims=True))
    hit = xp.zeros_like(z)
    hit[xp.arange(len(labels)), labels] = 1
    loss = -(log_p * hit).sum() / len(labels)
    return loss, (xp.exp(log_p) - hit) / len(labels)


class Dense:
    def __init__(self, w, b, active):
        self.w, self.b, self.active = w, b, active

    def forward(self, x):
        self.x = x
        z = x @ self.w + self.b
        self.mask = (z > 0) if self.active else None
        return z * self.mask if self.active else z

    def backward(self, d):
        if self.active:
            d = d * self.mask
        self.grads = self.x.T @ d, d.sum(axis=0)
        return d @ self.w.T


def _layers(params):
    last = len(params) - 1
    return [Dense(w, b, i < last) for i, (w, b) in enumerate(params)]


def loss_and_gradients(params, x, labels):
    layers = _layers(params)
    for layer in layers:
        x = layer.forward(x)
    loss, d = softmax_cross_entropy(x, labels)
    for layer in reversed(layers):
        d = layer.backward(d)
    return loss, [layer.grads for layer in layers]


@dataclass
class Slot:
    m: Any = 0.0
    v: Any = 0.0
    t: int = 0


class Adam:
    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.betas, self.eps = lr, (beta1, beta2), eps
        self.slots = []

    def step(self, params, grads):
        self.slots += [Slot() for _ in params[len(self.slots) :]]
        return list(map(self.move, self.slots, params, grads))

    def move(self, slot, w, g):
        (b1, b2), slot.t = self.betas, slot.t + 1
        slot.m = slot.m * b1 + g * (1 - b1)
        slot.v = slot.v * b2 + g * g * (1 - b2)
        root = array_module(w).sqrt(slot.v / (1 - b2**slot.t))
        return w - self.lr * (slot.m / (1 - b1**slot.t)) / (root + self.eps)


def accuracy(params, x, labels):
    for layer in _layers(params):
        x = layer.forward(x)
    return float((x.argmax(axis=1) == labels).mean())
