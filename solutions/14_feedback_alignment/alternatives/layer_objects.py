"""Layers as objects that remember their input and are told how the error reaches them."""

import numpy as np


class Layer:
    def __init__(self, w, b, squash):
        self.w, self.b, self.squash = w, b, squash

    def forward(self, x):
        self.x = x
        z = np.dot(x, self.w) + self.b
        self.out = np.tanh(z) if self.squash else z
        return self.out

    def hear(self, signal):
        self.delta = signal * (1 - self.out**2) if self.squash else signal
        self.gradient = (np.dot(self.x.T, self.delta), np.sum(self.delta, axis=0))
        return self.delta


class Network:
    def __init__(self, params):
        last = len(params) - 1
        self.layers = [Layer(w, b, squash=i < last) for i, (w, b) in enumerate(params)]

    def loss(self, x, labels):
        for layer in self.layers:
            x = layer.forward(x)
        top = np.max(x, axis=-1, keepdims=True)
        log_z = top + np.log(np.sum(np.exp(x - top), axis=-1, keepdims=True))
        self.error = np.exp(x - log_z)
        picked = np.take_along_axis(x - log_z, np.asarray(labels)[:, None], axis=1)
        self.error[np.arange(len(x)), labels] -= 1
        self.error /= len(x)
        return float(-picked.mean())


def random_feedback(sizes, rng, direct=False):
    hidden = range(1, len(sizes) - 1)
    sources = [len(sizes) - 1 if direct else i + 1 for i in hidden]
    return [
        rng.normal(0.0, 0.05, (sizes[s], sizes[i])) for s, i in zip(sources, hidden, strict=True)
    ]


def fa_gradients(params, feedback, x, labels):
    network = Network(params)
    loss = network.loss(x, labels)
    delta = network.layers[-1].hear(network.error)
    for layer, matrix in zip(reversed(network.layers[:-1]), reversed(feedback), strict=True):
        delta = layer.hear(np.dot(delta, matrix))
    return loss, [layer.gradient for layer in network.layers]


def dfa_gradients(params, feedback, x, labels):
    network = Network(params)
    loss = network.loss(x, labels)
    network.layers[-1].hear(network.error)
    for layer, matrix in zip(network.layers, feedback, strict=False):
        layer.hear(network.error.dot(matrix))
    return loss, [layer.gradient for layer in network.layers]


def alignment(a, b):
    u, v = flat(a), flat(b)
    u, v = u / np.max(np.abs(u)), v / np.max(np.abs(v))
    cosine = np.vdot(u, v) / np.linalg.norm(u) / np.linalg.norm(v)
    return np.arccos(np.clip(cosine, -1.0, 1.0)) * 180.0 / np.pi


def flat(gradient):
    stack, found = [gradient], []
    while stack:
        value = stack.pop()
        if isinstance(value, np.ndarray):
            found.append(value.ravel())
        else:
            stack.extend(value)
    return np.concatenate(found)
