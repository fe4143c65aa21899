"""Settings in double, whatever the arrays are; the correction as a factor of the step."""

import cupy

_ADAM = cupy.ElementwiseKernel(
    in_params="T w, T g, T m, T v, int64 t, float64 lr, float64 b1, float64 b2, float64 eps",
    out_params="T w_out, T m_out, T v_out",
    operation="""
    double mm = b1 * m + (1.0 - b1) * g;
    double vv = b2 * v + (1.0 - b2) * (double)g * g;
    double c1 = 1.0 - pow(b1, (double)t), c2 = 1.0 - pow(b2, (double)t);
    w_out = w - lr / c1 * mm / (sqrt(vv / c2) + eps);
    m_out = mm;
    v_out = vv;
    """,
    name="adam_in_double",
)
_DROPOUT = cupy.ElementwiseKernel(
    "T x, T u, float64 p",
    "T out, T mask",
    """
    if (u < (T)p) { mask = 0; } else { mask = 1.0 / (1.0 - p); }
    out = mask * x;
    """,
    "dropout_in_double",
)


def adam_kernel():
    return _ADAM


def dropout_kernel():
    return _DROPOUT
