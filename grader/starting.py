"""The ways in which a worker process comes to be and ends: spawned, or forked and kept by a keeper.

On Linux a worker is forked from a zygote, which every checker process starts once, at its first
worker, and which ends with it. Elsewhere, and where no wall can be raised, it is spawned.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Final

from grader.threads import ONE_THREAD

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Kept", "Spawned", "start_early"]

START_SECONDS: Final = 60.0
MAX_REPORT: Final = 4096

ENVIRONMENT: Final = {
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    **ONE_THREAD,
}
# Where a GPU's libraries lie, and which GPU to use: containers and clusters say it so.
GPU_VARIABLES: Final = ("CUDA_HOME", "CUDA_PATH", "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH")
INTERPRETER: Final = ("-P", "-s", "-B", "-c")
BOOT_ZYGOTE: Final = """\
import sys
from grader.zygote import main
main(sys.argv[1])
"""
BOOT_SPAWNED: Final = """\
import os, socket, sys
from grader import confine, probe, worker
on_gpu = sys.argv[4] == "gpu"
def enclose():
    confine.leave_root(os.__file__, worker.np.__file__)
    mapped = confine.mapped_bytes()
    bounds = confine.Bounds(int(sys.argv[2]), float(sys.argv[3]), mapped, on_gpu)
    tier = confine.limit(bounds)
    return {"tier": "separate" if probe.faults("spawned", bounds) else tier, "faults": ()}
worker.main(socket.socket(fileno=int(sys.argv[1])), enclose, on_gpu=on_gpu)
"""


class Spawned:
    """A worker that is a child of this process: limits, and nothing more.

    One for the `gpu` knows where its libraries are, and its memory is not bounded.
    """

    def __init__(self, memory_mb: int, cpu_seconds: float, *, gpu: bool = False) -> None:
        self.folder = tempfile.mkdtemp(prefix="grade-")
        if sys.platform == "linux" and os.geteuid() == 0:
            from grader.view import UNPRIVILEGED

            os.chown(self.folder, UNPRIVILEGED, UNPRIVILEGED)
        self.socket, theirs = socket.socketpair()
        arguments = map(str, (theirs.fileno(), memory_mb, cpu_seconds, "gpu" if gpu else ""))
        there = {key: os.environ[key] for key in GPU_VARIABLES if gpu and key in os.environ}
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own text
                [sys.executable, *INTERPRETER, BOOT_SPAWNED, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self.folder,
                env={**ENVIRONMENT, **there, "HOME": self.folder},
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self.pid: int | None = self.process.pid
        _bodies.add(self)

    def let_go(self) -> None:
        self.socket.close()

    def refusal(self) -> str:
        return ""

    def end(self, patience: float) -> int | None:
        self.socket.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(patience)
        ended = self.process.returncode
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        return ended


class Kept:
    """A worker that a keeper of the zygote's looks after, and the socket to that keeper.

    The keeper sends a report when the worker has ended, and hangs up when nothing of it is left.
    """

    def __init__(self, variant: str, memory_mb: int, cpu_seconds: float) -> None:
        order = json.dumps({"memory_mb": memory_mb, "cpu_seconds": cpu_seconds}).encode()
        self.socket, wire_end = socket.socketpair()
        self.control, keeper_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._pid: int | None = None
        with wire_end, keeper_end:
            _send_order(variant, order, [wire_end.fileno(), keeper_end.fileno()])
        _bodies.add(self)

    @property
    def pid(self) -> int | None:
        """The process id of the worker as this process knows it."""
        if self._pid is None:
            next(self._reports(0.0), None)
        return self._pid

    def let_go(self) -> None:
        self.socket.close()
        self.control.close()

    def refusal(self) -> str:
        """Return why the worker could not be started, where somebody said it."""
        failed = (report["failed"] for report in self._reports(START_SECONDS) if "failed" in report)
        return str(next(failed, ""))

    def end(self, patience: float) -> int | None:
        if self.socket.fileno() < 0:
            return None
        self.socket.close()
        ended = (report["ended"] for report in self._reports(patience) if "ended" in report)
        status: int | None = next(ended, None)
        with contextlib.suppress(OSError), self.control:
            self.control.shutdown(socket.SHUT_WR)
            for _ in self._reports(START_SECONDS):
                pass
        return status

    def _reports(self, seconds: float) -> Iterator[dict[str, Any]]:
        """Yield what the keeper says within this time, until it hangs up."""
        deadline = time.monotonic() + seconds
        while True:
            self.control.settimeout(max(0.0, deadline - time.monotonic()))
            try:
                data, extra, _, _ = self.control.recvmsg(MAX_REPORT, socket.CMSG_SPACE(12))
            except OSError:
                return
            if not data:
                return
            report: dict[str, Any] = json.loads(data)
            if not report:
                self._pid = struct.unpack("3i", extra[0][2])[0]
            yield report


class _Zygote:
    """The process that forks the workers of one variant; see `grader.zygote`."""

    def __init__(self, variant: str) -> None:
        self.orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        null = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]
        with theirs:
            self.pid = os.posix_spawn(
                sys.executable,
                [sys.executable, *INTERPRETER, BOOT_ZYGOTE, variant],
                {**ENVIRONMENT, "HOME": "/scratch", "TMPDIR": "/scratch"},
                file_actions=[(os.POSIX_SPAWN_DUP2, theirs.fileno(), 3), *null],
                setsid=True,
            )

    def end(self) -> None:
        """End it; the workers that it has forked go on."""
        self.orders.close()
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


_zygotes: dict[str, _Zygote] = {}
_bodies: weakref.WeakSet[Kept | Spawned] = weakref.WeakSet()
_one_at_a_time = threading.Lock()


def _send_order(variant: str, order: bytes, descriptors: list[int]) -> None:
    """Have a worker forked, by a new zygote where there is none or no more."""
    with _one_at_a_time:
        if variant in _zygotes:
            with contextlib.suppress(OSError):
                socket.send_fds(_zygotes[variant].orders, [order], descriptors)
                return
            _zygotes.pop(variant).end()
        _zygotes[variant] = _Zygote(variant)
        socket.send_fds(_zygotes[variant].orders, [order], descriptors)


def start_early() -> None:
    """Start the first zygote while this process still loads its own libraries."""
    if sys.platform == "linux":
        from grader.confine import VARIANTS

        variant = next(iter(VARIANTS))
        with _one_at_a_time:
            if variant not in _zygotes:
                _zygotes[variant] = _Zygote(variant)


def _end_zygotes() -> None:
    while _zygotes:
        _zygotes.popitem()[1].end()


def _disown() -> None:
    """Let go, in a fork of this process, of what would keep its workers alive after it."""
    global _one_at_a_time
    _one_at_a_time = threading.Lock()
    for zygote in _zygotes.values():
        zygote.orders.close()
    for body in _bodies:
        body.let_go()
    _zygotes.clear()


atexit.register(_end_zygotes)
if sys.platform != "win32":
    os.register_at_fork(after_in_child=_disown)
