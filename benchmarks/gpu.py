"""Three ratios on the GPU at hand: fused Adam, the tiled product, the softmax of rows.

    python benchmarks/gpu.py

Each is a ratio of medians on the same card in the same run, timed by CUDA events after a warm-up.
No figure of it stands anywhere yet: it has not been run on a device.
"""

from __future__ import annotations

import importlib.util
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

ROOT = Path(__file__).parents[1]
REPEATS, WARM_UP = 100, 10

NAIVE = r"""
extern "C" __global__
void naive(const float* a, const float* b, float* c, long long m, long long k, long long n) {
    long long row = (long long)blockIdx.y * blockDim.y + threadIdx.y;
    long long col = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (row < m && col < n) {
        float sum = 0;
        for (long long i = 0; i < k; ++i) sum += a[row * k + i] * b[i * n + col];
        c[row * n + col] = sum;
    }
}
"""


def main() -> None:
    """Print the ratios."""
    from grader.process import find_gpu

    found, missing = find_gpu()
    if missing:
        sys.exit(f"there is no GPU here: {missing}")
    import cupy

    print(found)  # noqa: T201 - it is a script
    rng = cupy.random.default_rng(0)
    for name, ours, other in (*adam(cupy, rng), *product(cupy, rng), *softmax(cupy, rng)):
        times = seconds(ours), seconds(other)
        print(f"{name}: {times[1] / times[0]:.2f} times as fast, {times[0] * 1e3:.3f} ms")  # noqa: T201 - it is a script


def seconds(call: Callable[[], object]) -> float:
    """Return the median time of a call on the device."""
    from cupyx.profiler import benchmark

    measured: Any = benchmark(call, n_repeat=REPEATS, n_warmup=WARM_UP)
    return statistics.median(measured.gpu_times.ravel().tolist())


def solution(folder: str, name: str) -> ModuleType:
    """Load an exercise's reference answer."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "solutions" / folder / f"{name}.py")
    assert spec is not None and spec.loader is not None  # noqa: S101, PT018 - the file is there
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def adam(cupy: Any, rng: Any) -> list[tuple[str, Callable[[], object], Callable[[], object]]]:
    """Compare fused Adam with the same formula in CuPy's operators, on 16 million weights."""
    kernel = solution("gpu2_kernels", "kernels").adam_kernel()
    w, g, m, v = (rng.random(1 << 24, dtype=cupy.float32) for _ in range(4))

    def unfused() -> tuple[Any, Any, Any]:
        new_m = 0.9 * m + (1 - 0.9) * g
        new_v = 0.999 * v + (1 - 0.999) * g * g
        step = new_m / (1 - 0.9**5) / (cupy.sqrt(new_v / (1 - 0.999**5)) + 1e-8)
        return w - 1e-3 * step, new_m, new_v

    fused = lambda: kernel(w, g, m, v, 5, 1e-3, 0.9, 0.999, 1e-8)  # noqa: E731 - one name for what is timed
    return [("fused Adam, against operators", fused, unfused)]


def product(cupy: Any, rng: Any) -> list[tuple[str, Callable[[], object], Callable[[], object]]]:
    """Compare the tiled product with one without tiles, and with the library's."""
    matmul = solution("gpu3_matmul", "matmul").matmul
    n = 2048
    a, b = (rng.random((n, n), dtype=cupy.float32) for _ in range(2))
    c, kernel = cupy.empty((n, n), dtype=cupy.float32), cupy.RawKernel(NAIVE, "naive")
    naive = lambda: kernel((n // 16, n // 16), (16, 16), (a, b, c, n, n, n))  # noqa: E731 - one name for what is timed
    return [
        ("tiled product, against no tiles", lambda: matmul(a, b), naive),
        ("tiled product, against a @ b", lambda: matmul(a, b), lambda: a @ b),
    ]


def softmax(cupy: Any, rng: Any) -> list[tuple[str, Callable[[], object], Callable[[], object]]]:
    """Compare the softmax of rows with copying the same array."""
    rows = solution("gpu3_matmul", "matmul").softmax_rows
    z = rng.random((1 << 14, 1 << 10), dtype=cupy.float32)
    return [("softmax of rows, against a copy", lambda: rows(z), z.copy)]


if __name__ == "__main__":
    main()
