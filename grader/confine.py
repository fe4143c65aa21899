"""How a process gives up, for good, what learner code must not have.

Tiers, weakest first: *separate* (a process of its own and a time limit), *limited* (POSIX: memory,
files, descriptors and CPU time are bounded too), *confined* (Linux: nothing to read but a runtime,
no network, no other processes). `grader.probe` tries from inside whether the walls stand.

A confined worker comes in two variants: with namespaces of its own, in which whatever is not shown
does not exist; or, where the machine grants none, by Landlock, seccomp and limits alone.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from grader.view import Runtime

__all__ = ["TIERS", "VARIANTS", "Bounds", "confine", "leave_root", "limit", "mapped_bytes"]

TIERS: Final = ("separate", "limited", "confined")

# How a worker can be started, strongest first, and the tier that it then belongs to at most.
VARIANTS: Final = {"namespaces": "confined", "landlock": "confined", "spawned": "limited"}

MAX_FILE_BYTES: Final = 16 << 20
MAX_DESCRIPTORS: Final = 64
GPU_DESCRIPTORS: Final = 1024  # a driver opens dozens for each device

PR_SET_PDEATHSIG: Final = 1
PR_SET_NO_NEW_PRIVS: Final = 38


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a worker may use up: memory in MB beyond `mapped` bytes, and seconds of CPU time.

    With a GPU its memory has no bound, because a driver maps far more than a process ever uses.
    """

    memory_mb: int
    cpu_seconds: float
    mapped: int
    gpu: bool = False


def mapped_bytes() -> int:
    """Return the size of this process's address space, where the system says it."""
    from pathlib import Path

    try:
        return int(Path("/proc/self/statm").read_bytes().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def limit(bounds: Bounds) -> str:
    """Bound this process for good and return the tier that this makes.

    The CPU time is a backstop behind the checker's own clock.
    """
    if sys.platform == "win32":
        return "separate"
    import resource

    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: int(bounds.cpu_seconds) + 1,
        resource.RLIMIT_FSIZE: MAX_FILE_BYTES,
        resource.RLIMIT_NOFILE: GPU_DESCRIPTORS if bounds.gpu else MAX_DESCRIPTORS,
    }
    if sys.platform == "linux" and not bounds.gpu:
        wanted[resource.RLIMIT_AS] = bounds.mapped + (bounds.memory_mb << 20)
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))
    return "limited"


def leave_root(*needed: str) -> None:
    """Become nobody for good where this process is root's and nobody can read the files `needed`.

    A worker without walls at least cannot read what is root's alone, or write it.
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        return
    from grader.view import UNPRIVILEGED

    group, groups = os.getegid(), os.getgroups()
    os.setgroups([])
    os.setegid(UNPRIVILEGED)
    os.seteuid(UNPRIVILEGED)
    if all(os.access(path, os.R_OK, effective_ids=True) for path in needed):
        os.seteuid(0)
        _become(UNPRIVILEGED)
    else:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def _become(user: int) -> None:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def confine(variant: str, bounds: Bounds, runtime: Runtime) -> None:
    """Raise every wall of a confined worker around this process; raises OSError where one fails.

    The order matters: each step still needs what the later ones take away.
    """
    import resource
    import signal

    from grader import linux, syscalls
    from grader.view import DEVICES, SCRATCH, UNPRIVILEGED

    if os.geteuid() == 0:
        _become(UNPRIVILEGED)
    linux.drop_capabilities()
    # A change of user forgets the signal, so that it cannot be asked for earlier.
    linux.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    limit(bounds)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    linux.prctl(PR_SET_NO_NEW_PRIVS, 1)
    own = (SCRATCH,) if variant == "namespaces" else ()
    linux.allow_paths(runtime.readable, (*own, DEVICES[0]))
    linux.filter_calls(syscalls.program(os.uname().machine, os.getpid()))
