"""Exercise gpu2: fused kernels for Adam and for dropout.

Each function returns a `cupy.ElementwiseKernel`: the arithmetic for one entry, which the GPU does
for all entries at once. A kernel is called like a function. Its arrays, all of one shape and one
type (float32 or float64), live on the GPU, its settings are Python numbers, and it returns new
arrays of the same shape and type.
"""

import cupy


def adam_kernel():
    """Return the kernel of one step of Adam: `kernel(w, g, m, v, t, lr, beta1, beta2, eps)`.

    It takes the weights, their gradient, both running averages and the number t of this step, from
    1, and returns the three new arrays `(w, m, v)` in one launch. The formulas are those of
    exercise 8; `m` and `v` go in and come out as they are, without the correction.

    >>> w, g = cupy.array([1.0, -2.0]), cupy.array([0.3, -4.0])
    >>> m, v = cupy.zeros(2), cupy.zeros(2)
    >>> w, m, v = adam_kernel()(w, g, m, v, 1, 0.1, 0.9, 0.999, 1e-8)
    >>> w.round(6).tolist(), m.round(6).tolist()
    ([0.9, -1.9], [0.03, -0.4])
    """
    return cupy.ElementwiseKernel(
        "T w, T g, T m, T v, T t, T lr, T beta1, T beta2, T eps",
        "T new_w, T new_m, T new_v",
        """
        new_m = beta1 * m + (1 - beta1) * g;
        new_v = beta2 * v + (1 - beta2) * g * g;
        T m_hat = new_m / (1 - pow(beta1, t));
        T v_hat = new_v / (1 - pow(beta2, t));
        new_w = w - lr * m_hat / (sqrt(v_hat) + eps);
        """,
        "fused_adam",
    )


def dropout_kernel():
    """Return the kernel of inverted dropout: `kernel(x, u, p)`.

    `u` holds a uniform random number from [0, 1) for each entry of `x`, and `0 <= p < 1` is the
    probability to DROP. The kernel returns `(out, mask)` in one launch: where u < p the mask is 0,
    elsewhere 1 / (1 - p), and `out` is `x` times the mask.

    >>> x, u = cupy.array([1.0, 2.0, 3.0]), cupy.array([0.1, 0.6, 0.5])
    >>> out, mask = dropout_kernel()(x, u, 0.5)
    >>> out.tolist(), mask.tolist()
    ([0.0, 4.0, 6.0], [0.0, 2.0, 2.0])
    """
    return cupy.ElementwiseKernel(
        "T x, T u, T p",
        "T out, T mask",
        """
        mask = u < p ? 0 : 1 / (1 - p);
        out = x * mask;
        """,
        "fused_dropout",
    )
