"""Raise its own limits, or lower those of others."""

import os
import resource

KINDS = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC)


def double(x):
    for kind in KINDS:
        for attempt in (
            lambda: resource.setrlimit(kind, (-1, -1)),
            lambda: resource.prlimit(0, kind, (1 << 40, 1 << 40)),
            lambda: resource.prlimit(int("@PID@"), kind, (0, 0)),
        ):
            try:
                attempt()
            except (PermissionError, ValueError):
                continue
            raise RuntimeError(f"limit {kind}")
    for attempt in (lambda: os.nice(-5), lambda: os.sched_setaffinity(0, {0})):
        try:
            attempt()
        except PermissionError:
            continue
        raise RuntimeError("priority")
    return 2 * x
