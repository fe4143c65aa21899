"""Exercise 8: Adam and AdamW, the optimisers that most networks are trained with.

Shapes: `params` and `grads` are lists of float64 arrays of any shape, 0-d included, and `grads[i]`
is the gradient for `params[i]`. The notation is that of Kingma & Ba (2015), algorithm 1.
"""

import numpy as np


class Adam:
    """Gradient descent whose step is scaled, weight by weight, to what that weight has seen.

    For every weight it keeps two running averages, `m` of the gradient and `v` of the squared
    gradient, both from 0, and `t`, the number of steps. What it keeps belongs to the object and to
    the position in the list: the first array in `params` is the same parameter at every step.

    >>> adam = Adam(lr=0.1)
    >>> params = [np.array([1.0, -2.0]), np.array(5.0)]
    >>> params = adam.step(params, [np.array([0.3, -4.0]), np.array(20.0)])
    >>> [w.round(6).tolist() for w in params]
    [[0.9, -1.9], 4.9]
    """

    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        """Remember the settings; nothing is known about the parameters yet.

        `lr` is the learning rate, `beta1` and `beta2` in [0, 1) are how much of `m` and of `v` is
        kept at each step, and `eps` is added to the root in the denominator.
        """
        raise NotImplementedError

    def step(self, params, grads):
        """Take one step and return the new weights: a list of new arrays, shaped like `params`.

        Neither `params` nor `grads` is changed. The first call is step `t = 1`.

        >>> adam = Adam(lr=0.25)
        >>> (w,) = adam.step([np.array([1.0])], [np.array([8.0])])
        >>> w.round(6).tolist()
        [0.75]
        >>> (w,) = adam.step([w], [np.array([8.0])])
        >>> w.round(6).tolist()
        [0.5]
        """
        raise NotImplementedError


class AdamW:
    """Adam with weight decay that stays out of the two averages (Loshchilov & Hutter, 2019).

    Each step takes two things from the same old weight: Adam's step, which only the gradients
    decide, and `lr * weight_decay` times the weight. Every parameter decays, biases too.

    >>> adamw = AdamW(lr=0.1, weight_decay=0.5)
    >>> (w,) = adamw.step([np.array([10.0, -10.0])], [np.array([3.0, 3.0])])
    >>> w.round(6).tolist()
    [9.4, -9.6]
    """

    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
        """Remember the settings: those of `Adam`, and how strongly the weights decay."""
        raise NotImplementedError

    def step(self, params, grads):
        """Take one step and return the new weights: a list of new arrays, shaped like `params`.

        Neither `params` nor `grads` is changed.

        >>> (w,) = AdamW(lr=0.1, weight_decay=0.5).step([np.array([4.0])], [np.array([0.0])])
        >>> w.round(6).tolist()
        [3.8]
        """
        raise NotImplementedError
