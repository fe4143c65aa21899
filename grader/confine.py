"""What a worker may use: the limits that it puts on itself before learner code is loaded.

Tiers, weakest first: *separate* (a process of its own and a time limit) and *limited* (POSIX:
memory, files, descriptors and CPU time are bounded too). `confine` returns the tier in force.
"""

from __future__ import annotations

import sys
from typing import Final

__all__ = ["TIERS", "confine"]

TIERS: Final = ("separate", "limited", "confined")

MAX_FILE_BYTES: Final = 16 << 20
MAX_DESCRIPTORS: Final = 64


def confine(memory_mb: int, cpu_seconds: float) -> str:
    """Limit this process for good and return the tier in force.

    `memory_mb` comes on top of what the interpreter has mapped already; `cpu_seconds` is a backstop
    behind the checker's own clock.
    """
    if sys.platform == "win32":
        return "separate"
    import resource

    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: int(cpu_seconds) + 1,
        resource.RLIMIT_FSIZE: MAX_FILE_BYTES,
        resource.RLIMIT_NOFILE: MAX_DESCRIPTORS,
    }
    if sys.platform == "linux":
        wanted[resource.RLIMIT_AS] = _mapped_bytes() + (memory_mb << 20)
    for limit, value in wanted.items():
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, value))
    return "limited"


def _mapped_bytes() -> int:
    """Return the size of this process's address space."""
    import resource
    from pathlib import Path

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()
