"""BatchNorm is a function; the layer that it returns is a namespace of closures."""

from types import SimpleNamespace

import numpy as np


def BatchNorm(d, momentum=0.99, eps=1e-5):  # noqa: N802
    layer = SimpleNamespace(
        gamma=np.ones(d), beta=np.zeros(d), running_mean=np.zeros(d), running_var=np.ones(d)
    )

    def apply(x, mean, var):
        return layer.gamma * (x - mean) / np.sqrt(var + eps) + layer.beta

    def forward(x, train=True):
        if not train:
            return apply(x, layer.running_mean, layer.running_var)
        mean, var = x.mean(0), x.var(0)
        layer.running_mean = layer.running_mean + (1 - momentum) * (mean - layer.running_mean)
        layer.running_var = layer.running_var + (1 - momentum) * (var - layer.running_var)
        gamma, std = layer.gamma, np.sqrt(var + eps)

        def backward(dout):
            x_hat = (x - mean) / std
            along_mean = dout.mean(0)
            along_x_hat = x_hat * (dout * x_hat).mean(0)
            dx = gamma / std * (dout - along_mean - along_x_hat)
            return [dx, (dout * x_hat).sum(0), dout.sum(0)]

        layer.last_backward = backward
        return apply(x, mean, var)

    layer.forward = forward
    layer.backward = lambda dout: layer.last_backward(dout)
    return layer
