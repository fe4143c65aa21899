"""Loops over the samples: each goes forward and back alone, and the gradients are added up."""

import math

import numpy as np


def dense_forward(x, w, b):
    z = np.zeros((len(x), len(b)))
    for n in range(len(x)):
        z[n] = b + sum(x[n, i] * w[i] for i in range(len(w)))
    return z, [x, w]


def dense_backward(dz, cache):
    x, w = cache
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(w.shape[1])
    for n in range(len(x)):
        for i in range(w.shape[0]):
            dx[n, i] = np.dot(dz[n], w[i])
            dw[i] += x[n, i] * dz[n]
        db += dz[n]
    return dx, dw, db


def relu_forward(z):
    a = np.array([[max(v, 0.0) for v in row] for row in z])
    return a, a


def relu_backward(da, cache):
    dz = np.zeros(da.shape)
    for n in range(len(da)):
        for j in range(da.shape[1]):
            if cache[n, j] > 0:
                dz[n, j] = da[n, j]
    return dz


def sigma(v):
    return 1 / (1 + math.exp(-v)) if v >= 0 else math.exp(v) / (1 + math.exp(v))


def sigmoid_forward(z):
    return np.array([[sigma(v) for v in row] for row in z]), z


def sigmoid_backward(da, cache):
    dz = np.zeros(da.shape)
    for n in range(len(da)):
        for j in range(da.shape[1]):
            dz[n, j] = da[n, j] * sigma(cache[n, j]) * sigma(-cache[n, j])
    return dz


def tanh_forward(z):
    return np.array([[math.tanh(v) for v in row] for row in z]), z


def tanh_backward(da, cache):
    dz = da.copy()
    for n in range(len(da)):
        for j in range(da.shape[1]):
            dz[n, j] *= 1 - math.tanh(cache[n, j]) ** 2
    return dz


def softmax_cross_entropy(z, labels):
    loss = 0
    dz = np.zeros(z.shape)
    for n, label in enumerate(labels):
        top = max(z[n])
        total = sum(math.exp(v - top) for v in z[n])
        loss += top + math.log(total) - z[n, label]
        for k in range(z.shape[1]):
            dz[n, k] = (math.exp(z[n, k] - top) / total - (k == label)) / len(z)
    return loss / len(z), dz


def loss_and_gradients(params, x, labels, activation="relu"):
    if activation not in ("relu", "sigmoid", "tanh"):
        raise ValueError(f"no activation {activation}")
    forward = globals()[activation + "_forward"]
    backward = globals()[activation + "_backward"]
    grads = [(np.zeros(w.shape), np.zeros(b.shape)) for w, b in params]
    total = 0.0
    for n in range(len(x)):
        a, caches = x[n : n + 1], []
        for layer, (w, b) in enumerate(params):
            a, dense_cache = dense_forward(a, w, b)
            activation_cache = None
            if layer + 1 < len(params):
                a, activation_cache = forward(a)
            caches.append((dense_cache, activation_cache))
        loss, d = softmax_cross_entropy(a, labels[n : n + 1])
        total += loss / len(x)
        d = d / len(x)
        for layer in reversed(range(len(params))):
            dense_cache, activation_cache = caches[layer]
            if activation_cache is not None:
                d = backward(d, activation_cache)
            d, dw, db = dense_backward(d, dense_cache)
            grads[layer][0][...] += dw
            grads[layer][1][...] += db
    return total, grads
