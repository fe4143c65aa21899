"""Whether a worker's walls stand: each is tried from inside, before any learner code is there.

A tier that a machine only seems to offer is found out here: on some systems, for example, making
namespaces succeeds and has no effect.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import socket
import sys
from typing import TYPE_CHECKING, Final

from grader.confine import VARIANTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.confine import Bounds

__all__ = ["faults"]

OVER_LIMIT: Final = 64 << 20

PR_GET_SECCOMP: Final = 21
PR_GET_NO_NEW_PRIVS: Final = 39
FILTERED: Final = 2


def faults(variant: str, bounds: Bounds) -> tuple[str, ...]:
    """Say what a worker of this variant can do and must not, and what it cannot do and must."""
    forbidden = _beyond_limits(bounds)
    needed: dict[str, Callable[[], object]] = {}
    if VARIANTS[variant] == "confined":
        forbidden |= _beyond_walls()
        needed["read its standard library"] = lambda: _open(os.__file__)
    if variant == "namespaces":
        needed["write in its own folder"] = _write
    return (
        *(f"it can {words}" for words, attempt in forbidden.items() if _succeeds(attempt)),
        *(f"it cannot {words}" for words, attempt in needed.items() if not _succeeds(attempt)),
    )


def _beyond_limits(bounds: Bounds) -> dict[str, Callable[[], object]]:
    if sys.platform != "linux":
        return {}
    size = (bounds.memory_mb << 20) + OVER_LIMIT
    return {"take more memory than its limit": lambda: mmap.mmap(-1, size).close()}


def _beyond_walls() -> dict[str, Callable[[], object]]:
    from grader import linux

    return {
        "list the root of the file system": lambda: os.listdir("/"),  # noqa: PTH208 - no pathlib here
        "read a file of the system": lambda: _open("/etc/passwd"),
        "read about processes": lambda: _open("/proc/self/status"),
        "change the standard library": lambda: _open(os.__file__, os.O_WRONLY),
        "make a file at the root": lambda: _open("/made", os.O_WRONLY | os.O_CREAT),
        "open a network socket": lambda: socket.socket(socket.AF_INET).close(),
        "open a local socket": lambda: socket.socket(socket.AF_UNIX).close(),
        "start a process": _fork,
        "signal another process": lambda: os.kill(os.getppid(), 0),
        "become root": lambda: os.setuid(0),
        "make namespaces": lambda: linux.unshare(0),
        "use a descriptor that is not its own": lambda: os.fstat(4),
        "have the rights of root": lambda: _claim(0 in (*os.getresuid(), *os.getresgid())),
        "gain privileges": lambda: _claim(linux.prctl(PR_GET_NO_NEW_PRIVS) != 1),
        "make any system call": lambda: _claim(linux.prctl(PR_GET_SECCOMP) != FILTERED),
    }


def _succeeds(attempt: Callable[[], object]) -> bool:
    with contextlib.suppress(OSError):
        attempt()
        return True
    return False


def _claim(fact: bool) -> None:
    if not fact:
        raise PermissionError


def _open(path: str, flags: int = os.O_RDONLY) -> None:
    os.close(os.open(path, flags))


def _write() -> None:
    path = "written"
    with open(path, "wb") as file:  # noqa: PTH123 - a thousand times a day
        file.write(b"x")
    os.unlink(path)  # noqa: PTH108 - no pathlib here


def _fork() -> None:
    if (child := os.fork()) == 0:
        os._exit(0)
    os.waitpid(child, 0)
