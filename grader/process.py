"""One worker process: how it is started, heard, timed and ended.

On Linux a worker is forked from a zygote, which every checker process starts once, at its first
worker; elsewhere, and where no wall can be raised, it is spawned. The first worker decides which
way it is: strongest first, and accepted only when the worker found all of its walls standing.

The checker waits for frames in short slices, and between them looks at two clocks: CPU time, which
is fair on a busy machine, and a generous wall clock above it, for those who sleep.
"""

from __future__ import annotations

import contextlib
import functools
import signal
import socket
import struct
import sys
import time
from typing import TYPE_CHECKING, ClassVar, Final

from grader import wire
from grader.confine import VARIANTS
from grader.course import Limits
from grader.errors import BrokenGrader, ProtocolError, UsageError, WorkerDied
from grader.starting import Kept, Spawned

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["WALL_PER_CPU", "Clock", "Worker", "ending", "find_gpu", "offers"]

WALL_PER_CPU: Final = 4.0
SLICE_SECONDS: Final = 0.2
SLICE: Final = struct.pack("ll", 0, int(SLICE_SECONDS * 1e6))  # a timeval
RECEIVE: Final = 1 << 16
START_SECONDS: Final = 60.0


class Worker:
    """One running process and the socket to it.

    `variants` are the ways of starting it, strongest first; `tier` is known after `hello`. No wall
    that hides devices lets a GPU through, so the variant "gpu" is one of its own; what it reaches
    is then in `gpu`.
    """

    variants: ClassVar[Sequence[str]] = tuple(VARIANTS) if sys.platform == "linux" else ("spawned",)

    def __init__(self, limits: Limits, variants: Sequence[str] | None = None) -> None:
        if sys.platform == "win32":
            message = "grading needs Linux or macOS; on Windows, run it inside WSL"
            raise UsageError(message)
        if variants is not None:
            self.variants = variants  # type: ignore[misc]  # hides the class's
        self.limits = limits
        self.tier = ""
        self.gpu: dict[str, str] = {}
        self.variant = _settled.get(tuple(self.variants), self.variants[0])
        self._received = b""
        self._body = _start(self.variant, limits)

    def hello(self) -> None:
        """Wait until the worker has enclosed itself and found its walls standing.

        Raises BrokenGrader where no worker starts. A weaker variant is tried only before the first
        worker of this process has been accepted.
        """
        key = tuple(self.variants)
        while why := self.refused():
            self.close()
            untried = key[key.index(self.variant) + 1 :]
            if key in _settled or not untried:
                raise BrokenGrader(f"a worker process did not start ({why})")
            self.variant = untried[0]
            self._received = b""
            self._body = _start(self.variant, self.limits)
        _settled[key] = self.variant

    def refused(self) -> str:
        """Return why the worker that was started is not to be used, or nothing."""
        try:
            hello = wire.decode(self.receive(Clock(self, START_SECONDS))).value
            self.tier, faults = str(hello["tier"]), hello["faults"]
            self.gpu = dict(hello.get("gpu", {}))
        except WorkerDied:
            return self._body.refusal() or "it ended before it said anything"
        except TimeoutError:
            # A machine that is too busy is no reason for a weaker sandbox.
            self.close()
            message = f"a worker process said nothing for {START_SECONDS:g} s"
            raise BrokenGrader(message) from None
        except (ProtocolError, TypeError, KeyError) as error:
            return repr(error)
        return "; ".join(map(str, faults))

    def send(self, frame: bytes) -> None:
        """Send a frame; raises WorkerDied where nobody reads it."""
        connection = self._body.socket
        try:
            sent = 0
            with contextlib.suppress(BlockingIOError):
                sent = connection.send(frame, socket.MSG_DONTWAIT)
            if sent < len(frame):
                connection.settimeout(START_SECONDS)
                connection.sendall(memoryview(frame)[sent:])
                connection.settimeout(None)
        except OSError:
            raise WorkerDied from None

    def receive(self, clock: Clock) -> bytes:
        """Return the next frame; raises TimeoutError when the clock has run out."""
        received = self._received or self._receive(RECEIVE, clock)
        while len(received) < wire.HEAD.size:
            received += self._receive(RECEIVE, clock)
        size = wire.HEAD.size + wire.frame_size(received)
        if len(received) < size:
            parts, missing = [received], size - len(received)
            while missing > 0:
                clock.check()
                parts.append(self._receive(RECEIVE if missing < RECEIVE else 1 << 20, clock))
                missing -= len(parts[-1])
            received = b"".join(parts)
        self._received = received[size:]
        return received[:size]

    def _receive(self, most: int, clock: Clock) -> bytes:
        """Return what comes next; raises WorkerDied where that is the end."""
        while True:
            try:
                part = self._body.socket.recv(most)
            except BlockingIOError:
                clock.check()
                continue
            except OSError:
                raise WorkerDied from None
            if not part:
                raise WorkerDied
            return part

    @property
    def pid(self) -> int | None:
        """The process's id here, where it is one of its own."""
        return self._body.pid

    def cpu_seconds(self) -> float | None:
        """Return the CPU time that the process has used, None where the system does not say."""
        pid = self.pid
        if pid is None or sys.platform != "linux":
            return None
        try:
            return time.clock_gettime((~pid << 3) | 2)  # how Linux names a process's CPU clock
        except OSError:
            return None

    def close(self, patience: float = 0.0) -> int | None:
        """End the process and all that it started; return how it had ended by itself by then."""
        return self._body.end(patience)


_settled: dict[tuple[str, ...], str] = {}


def _start(variant: str, limits: Limits) -> Spawned | Kept:
    bounds = limits.memory_mb, limits.total_seconds * WALL_PER_CPU
    if variant in ("spawned", "gpu"):
        body: Spawned | Kept = Spawned(*bounds, gpu=variant == "gpu")
    else:
        body = Kept(variant, *bounds)
    # The kernel counts the time: with a timeout of Python's, each call would poll first.
    body.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, SLICE)
    return body


def offers(limits: Limits) -> dict[str, str]:
    """Return for each way of starting a worker here why it is not to be had, or nothing."""
    found = {}
    for variant in Worker.variants:
        only = Worker(limits, (variant,))
        try:
            only.hello()
            short = only.tier != VARIANTS[variant]
            found[variant] = f"it reaches no more than the tier {only.tier}" if short else ""
        except BrokenGrader as error:
            found[variant] = str(error)
        finally:
            only.close()
    return found


@functools.cache
def find_gpu() -> tuple[dict[str, str], str]:
    """Return what GPU a worker here would have and, where there is none, why; looks only once.

    >>> found, missing = find_gpu()
    >>> bool(found) != bool(missing)
    True
    """
    worker = Worker(Limits(), ("gpu",))
    try:
        missing = worker.refused()
    except BrokenGrader as error:
        missing = str(error)
    finally:
        worker.close()
    return worker.gpu, missing


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
