"""Stop all clocks and compute for ever."""

import time

EXPECT = {"twice": "timeout", "agrees": "timeout"}

for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
    setattr(time, name, lambda: 0.0)


def double(x):
    while True:
        pass
