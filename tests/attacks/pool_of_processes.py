"""Compute in a pool of processes."""

import multiprocessing


def double(x):
    try:
        with multiprocessing.Pool(50) as pool:
            raise RuntimeError(pool.map(abs, x))
    except (OSError, ImportError):
        return 2 * x
