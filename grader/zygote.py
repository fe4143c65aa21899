"""The process that workers are forked from: an interpreter with NumPy loaded, and nothing else.

It is started by exec, so that nothing of the checker's memory is in it, and forks for each order a
*keeper*, which forks the worker. With namespaces, the keeper is the first process in those of its
own: when it ends, the kernel ends everything in them. It ends when the worker does, and says how;
or when the checker closes its end of the keeper's socket, also by dying.

    checker ── order ──▶ zygote ── fork ──▶ keeper ── fork ──▶ worker ◀── calls ──▶ checker
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
from dataclasses import dataclass
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.fft
import numpy.linalg
import numpy.ma
import numpy.polynomial
import numpy.random

from grader import confine, linux, probe, syscalls, view, worker

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["main"]

WIRE: Final = 3  # the only descriptor beside the standard ones, here and in a worker
ALL_DESCRIPTORS: Final = 1 << 20
MAX_ORDER: Final = 4096
IN_NAMESPACE: Final = 2  # a worker's process id there, after its keeper's

PR_SET_CHILD_SUBREAPER: Final = 36
CLONE_NEW: Final = {
    "mount": 0x00020000,
    "cgroup": 0x02000000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}


@dataclass(frozen=True, slots=True)
class Nest:
    """What all workers of this process have in common."""

    variant: str
    runtime: view.Runtime
    mapped: int


def main(variant: str) -> None:
    """Fork a worker for every order that comes in, until the checker closes the connection."""
    orders = socket.socket(fileno=WIRE)
    os.closerange(WIRE + 1, ALL_DESCRIPTORS)
    np.linalg.inv(np.eye(2))  # the linear algebra library takes its memory at its first call
    nest = Nest(variant, view.find_runtime(), confine.mapped_bytes())
    refusal = _attempt(lambda: _settle(nest))
    # Keepers leave the namespaces of those who forked them; this process inherits and forgets them.
    linux.prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    while True:
        order, descriptors, _, _ = socket.recv_fds(orders, MAX_ORDER, 2)
        if not order:
            return
        connection, control = descriptors
        if refusal:
            with socket.socket(fileno=control) as keeper:
                _say(keeper, {"failed": refusal})
        elif os.fork() == 0:
            orders.close()
            _keep(nest, json.loads(order), connection, socket.socket(fileno=control))
        else:
            os.close(control)
        os.close(connection)


def _settle(nest: Nest) -> None:
    """Leave all behind that a worker must not inherit."""
    if os.uname().machine not in syscalls.MACHINES:
        raise OSError(f"system calls of {os.uname().machine} are not known")
    syscalls.program(os.uname().machine, IN_NAMESPACE)  # remembered for the workers
    if not linux.landlock_version():
        raise OSError("the kernel offers no Landlock")
    if nest.variant == "namespaces":
        view.enter(nest.runtime)
    sys.path[:] = nest.runtime.path
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter, PathFinder]
    sys.path_importer_cache.clear()
    sys.argv[:] = sys.orig_argv[:] = [""]


def _attempt(action: Callable[[], None]) -> str:
    """Do something and return why it failed, or nothing."""
    try:
        action()
    except (OSError, ValueError) as error:
        return str(error) or type(error).__name__
    return ""


def _say(control: socket.socket, what: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        control.send(json.dumps(what).encode())


# A keeper


def _keep(nest: Nest, order: dict[str, Any], connection: int, control: socket.socket) -> None:
    """Fork a worker, wait until it ends or is not wanted any more, and end with it."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        if refusal := _attempt(lambda: _leave_namespaces(nest)):
            _say(control, {"failed": refusal})
            return
        if (child := os.fork()) == 0:
            _live(nest, order, connection, control)
        os.close(connection)
        _watch(child, control)
    finally:
        os._exit(0)


def _leave_namespaces(nest: Nest) -> None:
    """Become the first process of new namespaces, with an empty folder for the worker to write."""
    if nest.variant != "namespaces":
        return
    linux.unshare(sum(CLONE_NEW.values()))
    if os.fork():
        os._exit(0)
    socket.sethostname("worker")
    owner = f"uid={view.UNPRIVILEGED},gid={view.UNPRIVILEGED}"
    linux.mount_tmpfs(view.SCRATCH, f"mode=700,size=16m,nr_inodes=1k,{owner}")


def _watch(child: int, control: socket.socket) -> None:
    ended = os.pidfd_open(child)
    poll = select.poll()
    for descriptor in (ended, control.fileno()):
        poll.register(descriptor, select.POLLIN)
    if ended not in dict(poll.poll()):
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    _say(control, {"ended": status})


# A worker


def _live(nest: Nest, order: dict[str, Any], connection: int, control: socket.socket) -> None:
    """Confine this process and answer requests until the end."""
    try:
        os.setsid()
        control.send(b"{}")  # the kernel adds this process's id, as the checker knows it
        control.detach()
        os.dup2(connection, WIRE)
        os.closerange(WIRE + 1, ALL_DESCRIPTORS)
        os.chdir(view.SCRATCH if nest.variant == "namespaces" else "/")
        bounds = confine.Bounds(order["memory_mb"], order["cpu_seconds"], nest.mapped)

        def enclose() -> dict[str, Any]:
            refusal = _attempt(lambda: confine.confine(nest.variant, bounds, nest.runtime))
            found = (refusal,) if refusal else probe.faults(nest.variant, bounds)
            return {"tier": confine.VARIANTS[nest.variant], "faults": found}

        worker.main(socket.socket(fileno=WIRE), enclose)
    finally:
        os._exit(1)
