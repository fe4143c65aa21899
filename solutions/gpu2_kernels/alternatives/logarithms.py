"""The powers by way of the logarithm, the mask by way of a product."""

import cupy


def adam_kernel():
    text = """
        T gone1 = -expm1((double)t * log((double)beta1));
        T gone2 = -expm1((double)t * log((double)beta2));
        new_m = g * (1 - beta1) + m * beta1;
        new_v = g * g * (1 - beta2) + v * beta2;
        new_w = w - lr * (new_m / gone1) / (eps + sqrt(new_v / gone2));
    """
    return cupy.ElementwiseKernel(
        "T w, T g, T m, T v, T t, T lr, T beta1, T beta2, T eps", "T new_w, T new_m, T new_v", text
    )


def dropout_kernel():
    text = "mask = (1 - (u < p)) * (1 / (1 - p)); out = mask * x"
    return cupy.ElementwiseKernel("T x, T u, T p", "T out, T mask", text)
