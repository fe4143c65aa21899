"""One worker process: how it is started, heard, timed and ended.

The checker waits for frames in short slices, and between them looks at two clocks: CPU time, which
is fair on a busy machine, and a generous wall clock above it, for those who sleep.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader import wire
from grader.errors import BrokenGrader, ProtocolError, UsageError, WorkerDied

if TYPE_CHECKING:
    from grader.course import Limits

__all__ = ["WALL_PER_CPU", "Clock", "Worker", "ending"]

WALL_PER_CPU: Final = 4.0
SLICE_SECONDS: Final = 0.2
START_SECONDS: Final = 60.0

BOOT: Final = """\
import socket, sys
from grader.worker import main
main(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]), float(sys.argv[3]))
"""


class Worker:
    """One running process and the socket to it."""

    def __init__(self, limits: Limits) -> None:
        if sys.platform == "win32":
            message = "grading needs Linux or macOS; on Windows, run it inside WSL"
            raise UsageError(message)
        self.folder = tempfile.mkdtemp(prefix="grade-")
        self.socket, theirs = socket.socketpair()
        self.tier = ""
        cpu_seconds = limits.total_seconds * WALL_PER_CPU
        arguments = [str(theirs.fileno()), str(limits.memory_mb), str(cpu_seconds)]
        one_thread = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own text
                [sys.executable, "-P", "-s", "-B", "-c", BOOT, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self.folder,
                env={
                    "HOME": self.folder,
                    "LANG": "C.UTF-8",
                    "PYTHONHASHSEED": "0",
                    **dict.fromkeys(one_thread, "1"),
                },
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )

    def hello(self) -> None:
        """Wait until the worker has confined itself and says in which tier."""
        clock = Clock(self, START_SECONDS)
        try:
            self.tier = str(wire.decode(self.receive(clock)).value["tier"])
        except (ProtocolError, WorkerDied, TimeoutError, TypeError, KeyError) as error:
            self.close()
            raise BrokenGrader(f"a worker process did not start ({error!r})") from None

    def send(self, frame: bytes) -> None:
        """Send a frame; raises WorkerDied where nobody reads it."""
        self.socket.settimeout(START_SECONDS)
        try:
            self.socket.sendall(frame)
        except OSError:
            raise WorkerDied from None

    def receive(self, clock: Clock) -> bytes:
        """Return the next frame; raises TimeoutError when the clock has run out."""
        head = self._read(wire.HEAD.size, clock)
        return head + self._read(wire.frame_size(head), clock)

    def _read(self, count: int, clock: Clock) -> bytes:
        parts: list[bytes] = []
        self.socket.settimeout(SLICE_SECONDS)
        while count:
            try:
                part = self.socket.recv(min(count, 1 << 20))
            except TimeoutError:
                clock.check()
                continue
            except OSError:
                raise WorkerDied from None
            if not part:
                raise WorkerDied
            parts.append(part)
            count -= len(part)
            if count:
                clock.check()
        return b"".join(parts)

    def cpu_seconds(self) -> float | None:
        """Return the CPU time that the process has used, None where the system does not say."""
        try:
            text = Path(f"/proc/{self.process.pid}/stat").read_bytes()
        except OSError:
            return None
        user, system = text.rpartition(b")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def close(self, patience: float = 0.0) -> int | None:
        """End the process and its group; return the exit status it had by itself by then."""
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


class Clock:
    """CPU time with a generous wall clock above it; `check` raises TimeoutError at the end."""

    def __init__(self, worker: Worker, seconds: float) -> None:
        self.worker = worker
        self.seconds = seconds
        self.started = time.monotonic()
        self.cpu_before: float | None = None

    @property
    def wall(self) -> float:
        """Seconds since the clock started."""
        return time.monotonic() - self.started

    def check(self) -> None:
        """Raise TimeoutError once the CPU time or the wall-clock time is used up."""
        wall, cpu = self.wall, self.worker.cpu_seconds()
        if self.cpu_before is None:
            self.cpu_before = cpu
        used = wall if cpu is None or self.cpu_before is None else cpu - self.cpu_before
        if used >= self.seconds or wall >= self.seconds * WALL_PER_CPU:
            raise TimeoutError


def ending(status: int) -> str:
    """Say how a process ended."""
    if status < 0:
        with contextlib.suppress(ValueError):
            return f"signal {signal.Signals(-status).name}"
        return f"signal {-status}"
    return f"exit status {status}"
