"""Functions that return an object: the state lives in a closure, the moments in lists."""

from types import SimpleNamespace

import numpy as np


def Adam(lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):  # noqa: N802 - the exercise's name
    """Return an object whose `step` is a closure over the averages and the step count."""
    ms, vs, t = [], [], 0

    def step(params, grads):
        nonlocal t
        t += 1
        if not ms:
            ms.extend(np.zeros(np.shape(w)) for w in params)
            vs.extend(np.zeros(np.shape(w)) for w in params)
        result = ()
        for i in range(len(params)):
            ms[i] = ms[i] + (1 - beta1) * (grads[i] - ms[i])
            vs[i] = vs[i] + (1 - beta2) * (grads[i] * grads[i] - vs[i])
            root = np.sqrt(vs[i] / (1 - beta2**t))
            result += (params[i] - lr * (ms[i] / (1 - beta1**t)) / (root + eps),)
        return result

    return SimpleNamespace(step=step)


def AdamW(lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):  # noqa: N802 - as above
    """Return an object that shrinks the old weights and takes Adam's move from them."""
    adam = Adam(lr, beta1, beta2, eps)

    def step(params, grads):
        moved = adam.step(params, grads)
        return [w * (1 - lr * weight_decay) + (m - w) for w, m in zip(params, moved, strict=True)]

    return SimpleNamespace(step=step)
