"""Plain loops and the math module; lists and floats come back."""

import math

import numpy as np


def one_hot(labels, k):
    rows = []
    for label in labels:
        if label < 0 or label > k - 1:
            raise ValueError(f"label {label} is outside of 0..{k - 1}")
        rows.append([1 if c == label else 0 for c in range(k)])
    return rows


def mse(y_hat, y):
    total, count = 0.0, 0
    for a, b in zip(y_hat.flat, y.flat, strict=True):
        total += (a - b) ** 2
        count += 1
    return total / count


def mse_grad(y_hat, y):
    grad = np.zeros_like(y_hat)
    for index in np.ndindex(y_hat.shape):
        grad[index] = 2 * (y_hat[index] - y[index]) / y_hat.size
    return grad


def bce(p, y):
    total = 0.0
    for p_i, y_i in zip(p, y, strict=True):
        one = math.log(max(p_i, 1e-12))
        zero = math.log(max(1 - p_i, 1e-12))
        total -= y_i * one + (1 - y_i) * zero
    return total / len(p)


def bce_with_logits(z, y):
    total = 0.0
    for z_i, y_i in zip(z, y, strict=True):
        if z_i > 0:
            total += z_i + math.log1p(math.exp(-z_i)) - y_i * z_i
        else:
            total += math.log1p(math.exp(z_i)) - y_i * z_i
    return total / len(z)


def bce_with_logits_grad(z, y):
    grad = []
    for z_i, y_i in zip(z, y, strict=True):
        e = math.exp(-abs(z_i))
        s = 1 / (1 + e) if z_i >= 0 else e / (1 + e)
        grad.append((s - y_i) / len(z))
    return grad


def cross_entropy(p, y):
    total = 0.0
    for i in range(len(p)):
        for j in range(len(p[i])):
            if y[i][j] != 0:
                total += -y[i][j] * math.log(p[i][j])
    return total / len(p)


def softmax_cross_entropy(z, labels):
    total = 0.0
    for row, label in zip(z, labels, strict=True):
        top = max(row)
        total += top + math.log(sum(math.exp(v - top) for v in row)) - row[label]
    return total / len(z)


def softmax_cross_entropy_grad(z, labels):
    grad = []
    for row, label in zip(z.tolist(), labels.tolist(), strict=True):
        top = max(row)
        exps = [math.exp(v - top) for v in row]
        total = sum(exps)
        grad.append(
            [(e / total - (c == label)) / len(z) for c, e in enumerate(exps)],
        )
    return grad
