"""One sample at a time, outer products added up; feedback of random signs."""

import numpy as np


def random_feedback(sizes, rng, direct=False):
    matrices = []
    for i in range(1, len(sizes) - 1):
        if direct:
            matrices.append(rng.choice([-1.0, 1.0], size=(sizes[-1], sizes[i])))
        else:
            matrices.append(rng.choice([-1.0, 1.0], size=(sizes[i + 1], sizes[i])))
    return matrices


def backwards(params, feedback, x, labels, direct):
    n = len(x)
    loss = 0.0
    grads = [(np.zeros_like(w), np.zeros_like(b)) for w, b in params]
    for row, label in zip(x, labels, strict=True):
        a = [row]
        for w, b in params[:-1]:
            a.append(np.tanh(a[-1] @ w + b))
        z = a[-1] @ params[-1][0] + params[-1][1]
        z = z - z.max()
        p = np.exp(z)
        total = p.sum()
        loss += np.log(total) - z[label]
        error = p / total
        error[label] -= 1
        delta = error
        for i in range(len(params) - 1, -1, -1):
            dw, db = grads[i]
            dw += np.outer(a[i], delta)
            db += delta
            if i > 0:
                sent = error if direct else delta
                delta = sent @ feedback[i - 1] * (1 - a[i] ** 2)
    return loss / n, [(dw / n, db / n) for dw, db in grads]


def fa_gradients(params, feedback, x, labels):
    return backwards(params, feedback, x, labels, False)


def dfa_gradients(params, feedback, x, labels):
    return backwards(params, feedback, x, labels, True)


def alignment(a, b):
    def vector(g):
        if isinstance(g, np.ndarray):
            return g.flatten()
        if len(g) and isinstance(g[0], (tuple, list)):
            return np.hstack([p.flatten() for layer in g for p in layer])
        return np.hstack([p.flatten() for p in g])

    u, v = vector(a), vector(b)
    cosine = np.dot(u, v) / (np.linalg.norm(u) * np.linalg.norm(v) + 1e-12)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))
