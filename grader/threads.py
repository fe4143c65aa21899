"""How many threads NumPy's linear algebra takes: one, in the checker and in its workers.

The products here are small: more threads cost more than they gain, take the cores from other
submissions, and add up in another order on another machine. To be set before NumPy is imported.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ONE_THREAD"]

ONE_THREAD: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}
