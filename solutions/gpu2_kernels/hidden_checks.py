"""Hidden checks of exercise gpu2: twenty steps beside float64 on the processor."""

import numpy as np

from grader.checking import assert_close, assert_on_gpu, check, unpack

SETTINGS = [(0.05, 0.7, 0.9, 1e-2), (0.5, 0.95, 0.5, 1e-6), (1e-3, 0.9, 0.999, 1e-8)]


@check("adam_kernel", points=3, hidden=True)
def test_twenty_steps(gpu, rng):
    """The kernel follows Adam on the processor for twenty steps, in float64 and in float32."""
    kernel = gpu.adam_kernel()
    for dtype, rtol in ((np.float64, 1e-9), (np.float32, 1e-2)):
        for settings in SETTINGS:
            lr, beta1, beta2, eps = settings
            start = rng.normal(size=1003).astype(dtype)
            state = [start, np.zeros(1003, dtype), np.zeros(1003, dtype)]
            w, m, v = (array.astype(float) for array in state)
            for t in range(1, 21):
                g = (10 ** rng.uniform(-3, 2) * rng.normal(size=1003)).astype(dtype)
                m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g.astype(float) ** 2
                w = w - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
                state = unpack(kernel(state[0], g, state[1], state[2], t, *settings), 3, "w, m, v")
                assert_on_gpu(gpu)
                got = np.asarray(state[0], float) - start
                assert_close(got, w - start, rtol=rtol, atol=1e-6 * lr, name=f"way by step {t}")
