"""Ignore every signal that can be ignored and compute for ever."""

import contextlib
import signal

EXPECT = {"twice": "timeout", "agrees": "timeout"}

for number in signal.valid_signals():
    with contextlib.suppress(OSError, ValueError):
        signal.signal(number, signal.SIG_IGN)


def double(x):
    while True:
        pass
