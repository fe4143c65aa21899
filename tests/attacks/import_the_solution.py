"""Import the solution and pass its answers off as one's own."""

import importlib
import sys

EXPECT = {"twice": "failed", "agrees": "failed"}
SAYS = {"twice": "ModuleNotFoundError"}


def double(x):
    sys.path.insert(0, "@COURSE@/solutions/01_toy")
    sys.modules.pop("toy", None)
    importlib.invalidate_caches()
    return importlib.import_module("toy").double(x)
