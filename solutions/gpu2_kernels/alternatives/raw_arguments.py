"""Raw arrays, indexed by hand; each kernel a tuple of texts, compiled anew at every call."""

import cupy

ADAM = (
    "raw T w, T g, raw T m, raw T v, T t, T lr, T beta1, T beta2, T eps",
    "T new_w, T new_m, T new_v",
    """
    new_m = beta1 * m[i] + (1 - beta1) * g;
    new_v = beta2 * v[i] + (1 - beta2) * g * g;
    T step = new_m / (1 - pow(beta1, t)) / (sqrt(new_v / (1 - pow(beta2, t))) + eps);
    new_w = w[i] - lr * step;
    """,
    "adam_raw",
)
DROPOUT = (
    "T x, raw T u, T p",
    "T out, T mask",
    "bool stays = !(u[i] < p); mask = stays ? T(1) / (T(1) - p) : T(0); out = stays ? x * mask : T(0)",
    "dropout_raw",
)


def adam_kernel():
    return cupy.ElementwiseKernel(*ADAM)


def dropout_kernel():
    return cupy.ElementwiseKernel(*DROPOUT)
