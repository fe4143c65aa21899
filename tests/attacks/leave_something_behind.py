"""Leave files, modules and patched functions for the next check to find."""

import builtins
import os
import sys

EXPECT = {"twice": "failed", "agrees": "failed"}


def double(x):
    builtins.answer = getattr(builtins, "answer", 0) + 1
    sys.modules["toy_of_tomorrow"] = sys.modules["os"]
    return x + builtins.answer + len(os.environ)
