"""Return the same buffer every time, with right values in it, which is right."""

buffers = {}


def double(x):
    buffer = buffers.setdefault(x.shape, x.copy())
    buffer[...] = 2 * x
    return buffer
