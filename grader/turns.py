"""Checker and worker take turns, so they share a CPU: one that is awake answers sooner.

To wake an idle CPU takes longer than most calls do. Each check starts where the kernel finds a CPU
free, so that gradings side by side keep out of each other's way.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["anywhere", "taking_turns"]

CPUS: Final = os.sched_getaffinity(0) if sys.platform == "linux" else frozenset[int]()
PROCESSOR: Final = 36  # the field of `stat` after the command's name, see proc(5)


@contextlib.contextmanager
def taking_turns(worker: int | None) -> Iterator[None]:
    """Let the kernel choose CPUs for both processes inside, and keep both on this one's after.

    Without a worker's process id, and where CPUs cannot be chosen, nothing happens.
    """
    if worker is None or len(CPUS) < 2:
        yield
        return
    _bind(worker, CPUS)
    anywhere()
    yield
    with contextlib.suppress(OSError):
        stat = Path("/proc/thread-self/stat").read_text(encoding="ascii", errors="replace")
        here = {int(stat.rpartition(")")[2].split()[PROCESSOR])}
        _bind(worker, here)
        _bind(0, here)


def anywhere() -> None:
    """Let this thread run on any CPU again."""
    _bind(0, CPUS)


def _bind(process: int, cpus: frozenset[int] | set[int]) -> None:
    """Keep a process on these CPUs, if it is still there and ours to move."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setaffinity(process, cpus)
