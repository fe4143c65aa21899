"""A right answer entry by entry, with the math module and Python's own numbers."""

import math

import numpy as np


def entry_by_entry(f, z):
    out = np.zeros(z.shape)
    for index in np.ndindex(z.shape):
        out[index] = f(float(z[index]))
    return out


def sigmoid_of_number(v):
    if v >= 0:
        return 1 / (1 + math.exp(-v))
    return math.exp(v) / (1 + math.exp(v))


def sigmoid(z):
    return entry_by_entry(sigmoid_of_number, z)


def tanh(z):
    return entry_by_entry(math.tanh, z)


def relu(z):
    return entry_by_entry(lambda v: max(0, v), z)


def elu(z, alpha=1.0):
    return entry_by_entry(lambda v: v if v > 0 else alpha * (math.exp(v) - 1), z)


def sigmoid_grad(z):
    return entry_by_entry(lambda v: sigmoid_of_number(v) * sigmoid_of_number(-v), z)


def tanh_grad(z):
    return entry_by_entry(lambda v: (1 - math.tanh(v)) * (1 + math.tanh(v)), z)


def relu_grad(z):
    return entry_by_entry(lambda v: 1 if v > 0 else 0, z)


def elu_grad(z, alpha=1.0):
    return entry_by_entry(lambda v: 1 if v >= 0 else alpha * math.exp(v), z)


def softmax(z):
    out = np.zeros(z.shape)
    for index in np.ndindex(z.shape[:-1]):
        row = z[index]
        top = max(row)
        exponentials = [math.exp(v - top) for v in row]
        total = sum(exponentials)
        for k, e in enumerate(exponentials):
            out[(*index, k)] = e / total
    return out


def softmax_jacobian(z):
    s = softmax(z)
    jacobian = []
    for i in range(len(s)):
        row = []
        for j in range(len(s)):
            if i == j:
                row.append(s[i] * (1 - s[i]))
            else:
                row.append(-s[i] * s[j])
        jacobian.append(row)
    return jacobian
