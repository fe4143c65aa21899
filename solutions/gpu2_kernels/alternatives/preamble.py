"""Functions in the preamble."""

import functools

import cupy

PREAMBLE = r"""
template <typename T> __device__ T blend(T beta, T old, T now) { return beta * old + (1 - beta) * now; }
template <typename T> __device__ T corrected(T x, T beta, T t) { return x / (1 - pow(beta, t)); }
template <typename T> __device__ T scale(T u, T p) { return u < p ? T(0) : T(1) / (1 - p); }
"""


@functools.cache
def adam_kernel():
    return cupy.ElementwiseKernel(
        "T w, T g, T m, T v, T t, T lr, T b1, T b2, T eps",
        "T w1, T m1, T v1",
        """
        m1 = blend<T>(b1, m, g);
        v1 = blend<T>(b2, v, g * g);
        w1 = w - lr * corrected<T>(m1, b1, t) / (sqrt(corrected<T>(v1, b2, t)) + eps);
        """,
        "adam_with_preamble",
        preamble=PREAMBLE,
    )


@functools.cache
def dropout_kernel():
    return cupy.ElementwiseKernel(
        "T x, T u, T p",
        "T out, T mask",
        "mask = scale<T>(u, p); out = x * mask;",
        "dropout_with_preamble",
        preamble=PREAMBLE,
    )
