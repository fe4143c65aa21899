"""Averages moved towards the gradient; the mask as a comparison."""

import cupy as cp


def adam_kernel():
    lines = [
        "new_m = m + (1 - beta1) * (g - m)",
        "new_v = v + (1 - beta2) * (g * g - v)",
        "const T rate = lr * sqrt(1 - pow(beta2, t)) / (1 - pow(beta1, t))",
        "new_w = w - rate * new_m / (sqrt(new_v) + eps * sqrt(1 - pow(beta2, t)))",
    ]
    return cp.ElementwiseKernel(
        "T w, T g, T m, T v, T t, T lr, T beta1, T beta2, T eps",
        "T new_w, T new_m, T new_v",
        ";\n".join(lines),
        "adam_towards",
    )


def dropout_kernel():
    return cp.ElementwiseKernel(
        "T x, T u, T p", "T out, T mask", "mask = T(u >= p) / (1 - p); out = x * mask", "drop"
    )
