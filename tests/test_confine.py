"""The walls of a worker, one by one, and that the tier says what stands."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader import linux, probe, process, starting, syscalls, view, wire
from grader.confine import VARIANTS, Bounds
from grader.course import Limits
from grader.errors import BrokenGrader, WorkerDied
from grader.process import Worker
from grader.session import Session
from grader.student import Student

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.submission import Submission

    Open = Callable[..., Student]
    Behind = Callable[[Student], Session]

LIMITS = Limits(call_seconds=1.0, check_seconds=4.0, total_seconds=20.0, memory_mb=128)
BOUNDS = Bounds(memory_mb=128, cpu_seconds=10.0, mapped=0)
CONFINED = [variant for variant, tier in VARIANTS.items() if tier == "confined"]

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="these walls are Linux's")


@pytest.fixture(params=CONFINED)
def variant(
    request: pytest.FixtureRequest,
    offered: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """Each confined way of starting a worker that this machine offers."""
    offered(request.param)
    monkeypatch.setattr(Worker, "variants", (request.param,))
    return str(request.param)


@pytest.fixture
def worker(variant: str) -> Iterator[Worker]:  # noqa: ARG001 - it decides how workers start
    """A worker that has said hello."""
    started = Worker(LIMITS)
    started.hello()
    yield started
    started.close()


def running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.005)
    return met


# A worker's life


def test_a_worker_says_its_tier(worker: Worker) -> None:
    assert worker.tier == "confined"


def test_its_cpu_time_is_counted_from_outside(
    open_student: Open,
    variant: str,  # noqa: ARG001
    session_of: Behind,
) -> None:
    student = open_student(
        """
        import time
        def burn():
            end = time.process_time() + 0.2
            while time.process_time() < end: pass
    """,
        LIMITS,
    )
    worker = session_of(student).worker
    assert worker is not None
    before = worker.cpu_seconds()
    student.burn()
    after = worker.cpu_seconds()
    assert before is not None
    assert after is not None
    assert 0.2 <= after - before < 0.4


def test_several_workers_live_at_once_and_one_zygote_forks_them(variant: str) -> None:
    workers = [Worker(LIMITS) for _ in range(4)]
    for one in workers:
        one.hello()
    pids = {one._body.pid for one in workers}
    assert len(pids) == 4
    assert list(starting._zygotes).count(variant) == 1
    for one in workers:
        one.close()
    assert not any(running(pid) for pid in pids if pid is not None)


@linux_only
def test_a_zygote_may_be_started_before_its_first_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "_zygotes", {})
    starting.start_early()
    starting.start_early()
    ((variant, early),) = starting._zygotes.items()
    assert variant == next(iter(VARIANTS))
    worker = Worker(LIMITS, (variant,))
    assert starting._zygotes == {variant: early}
    worker.close()
    starting._end_zygotes()
    assert not running(early.pid)


def test_a_closed_worker_is_gone_with_its_keeper(
    worker: Worker, leftovers: Callable[[], list[str]]
) -> None:
    pid = worker._body.pid
    assert pid is not None
    assert running(pid)
    worker.close()
    assert not running(pid)
    assert leftovers() == []
    assert worker.close() is None, "closing twice is harmless"


@pytest.mark.parametrize(("body", "status"), [("os._exit(7)", 7), ("os.kill(os.getpid(), 9)", -9)])
def test_how_a_worker_ended_is_reported(
    open_student: Open,
    variant: str,  # noqa: ARG001
    body: str,
    status: int,
    session_of: Behind,
) -> None:
    student = open_student(f"import os\ndef f(): {body}")
    worker, session = session_of(student).worker, session_of(student)
    assert worker is not None
    session.worker = None  # keep it from being closed before it can be asked
    try:
        frame, _ = wire.encode((9, "call", None, "f"))
        worker.send(frame)
        with pytest.raises(WorkerDied):
            worker.receive(process.Clock(worker, 5.0))
    finally:
        assert worker.close(patience=2.0) == status


def test_nothing_of_a_killed_checker_is_left(variant: str) -> None:
    code = (
        "import time; from grader.course import Limits; from grader.process import Worker\n"
        f"Worker.variants = ({variant!r},)\n"
        "worker = Worker(Limits()); worker.hello()\n"
        "from grader import starting\n"
        "print(worker._body.pid, starting._zygotes[worker.variant].pid, flush=True)\n"
        "time.sleep(60)"
    )
    checker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)  # noqa: S603
    with checker:
        assert checker.stdout is not None
        pids = [int(word) for word in checker.stdout.readline().split()]
        assert len(pids) == 2
        assert all(map(running, pids))
        checker.kill()
    assert soon(lambda: not any(map(running, pids)))


def test_a_fork_of_the_checker_does_not_keep_its_workers_alive(worker: Worker) -> None:
    pid = worker._body.pid
    assert pid is not None
    child = os.fork()
    if child == 0:
        time.sleep(30)
        os._exit(0)
    try:
        os.close(worker._body.socket.detach())
        worker._body.control.close()  # type: ignore[union-attr]
        assert soon(lambda: not running(pid))
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_zygote_that_died_is_replaced(variant: str) -> None:
    first = Worker(LIMITS)
    first.hello()
    os.kill(starting._zygotes[variant].pid, signal.SIGKILL)
    assert soon(lambda: not running(starting._zygotes[variant].pid))
    second = Worker(LIMITS)
    second.hello()
    assert first.cpu_seconds() is not None, "the zygote's workers outlive it"
    for one in (first, second):
        one.close()


# Which variant


def test_a_weaker_variant_is_taken_only_where_the_stronger_one_has_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def start(variant: str, memory_mb: int, cpu_seconds: float) -> starting.Kept | starting.Spawned:
        one = starting.Spawned(memory_mb, cpu_seconds)
        if variant != "spawned":
            one.socket.shutdown(socket.SHUT_RDWR)
            one.refusal = lambda: "no namespaces today"  # type: ignore[method-assign]
        return one

    monkeypatch.setattr(process, "Kept", start)
    monkeypatch.setattr(process, "_settled", {})
    monkeypatch.setattr(Worker, "variants", ("namespaces", "spawned"))
    worker = Worker(LIMITS)
    worker.hello()
    assert (worker.variant, worker.tier) == ("spawned", "limited")
    worker.close()
    assert process.offers(LIMITS)["namespaces"].endswith("(no namespaces today)")


def test_what_was_settled_is_never_weakened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Worker, "variants", ("landlock", "spawned"))
    monkeypatch.setattr(process, "_settled", {("landlock", "spawned"): "landlock"})
    monkeypatch.setattr(
        Worker, "refused", lambda self: "a fault" if self.variant == "landlock" else ""
    )
    with pytest.raises(BrokenGrader, match="a fault"):
        Worker(LIMITS).hello()


@linux_only
def test_a_process_without_walls_has_every_fault() -> None:
    faults = probe.faults("landlock", BOUNDS)
    for words in ("list the root", "read about processes", "network socket", "start a process"):
        assert any(words in fault for fault in faults), words
    assert not any("cannot" in fault for fault in faults)


@linux_only
def test_a_worker_without_the_filter_is_refused(
    variant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The probe inside a worker says no where a wall is missing."""
    boot = starting.BOOT_ZYGOTE + "\n"
    patched = "from grader import linux\nlinux.filter_calls = lambda program: None\n" + boot
    monkeypatch.setattr(starting, "BOOT_ZYGOTE", patched)
    monkeypatch.setattr(starting, "_zygotes", {})
    monkeypatch.setattr(process, "_settled", {})
    worker = Worker(LIMITS, (variant,))
    with pytest.raises(BrokenGrader, match="it can open a local socket"):
        worker.hello()
    starting._end_zygotes()


@linux_only
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has something to leave")
@pytest.mark.parametrize("readable", [True, False])
def test_root_becomes_nobody_where_nobody_can_read_what_is_needed(
    tmp_path_factory: pytest.TempPathFactory, readable: bool
) -> None:
    needed = "/etc/passwd" if readable else str(tmp_path_factory.mktemp("mine") / "needed")
    code = (
        "import os, sys; from grader.confine import leave_root; leave_root('/', sys.argv[1]); "
        "print(*os.getresuid(), *os.getresgid())"
    )
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, needed], capture_output=True, check=True
    )
    assert run.stdout.split() == [b"65534" if readable else b"0"] * 6


@linux_only
def test_a_process_whose_limits_do_not_hold_is_no_more_than_separate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without = "from grader import confine\nconfine.limit = lambda bounds: 'limited'\n"
    monkeypatch.setattr(starting, "BOOT_SPAWNED", without + starting.BOOT_SPAWNED)
    worker = Worker(LIMITS, ("spawned",))
    worker.hello()
    assert worker.tier == "separate"
    worker.close()


def test_a_busy_machine_is_no_reason_for_a_weaker_variant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "START_SECONDS", 0.0)
    monkeypatch.setattr(process, "SLICE", struct.pack("ll", 0, 1))  # less than any start takes
    monkeypatch.setattr(process, "_settled", {})
    with pytest.raises(BrokenGrader, match="said nothing"):
        Worker(LIMITS, ("spawned", "spawned")).hello()


# The filter of system calls


def outcome(code: bytes, number: int, *arguments: int, machine: str = "x86_64") -> int:
    """Run a filter as the kernel does and return its verdict."""
    words = {0: number, 4: syscalls.MACHINES[machine][0]}
    for index, argument in enumerate(arguments):
        words |= {16 + 8 * index: argument & 0xFFFFFFFF, 20 + 8 * index: argument >> 32}
    at, loaded = 0, 0
    while True:
        kind, yes, no, value = struct.unpack_from("=HBBI", code, 8 * at)
        at += 1
        if kind == syscalls.LOAD:
            loaded = words.get(value, 0)
        elif kind == syscalls.RETURN:
            return int(value)
        else:
            met = loaded == value if kind == syscalls.JUMP_EQUAL else loaded >= value
            at += yes if met else no


REFUSED = syscalls.ERROR | errno.EPERM
ABSENT = syscalls.ERROR | errno.ENOSYS


@pytest.mark.parametrize("machine", syscalls.MACHINES)
def test_the_filter_answers_every_call_as_its_tables_say(machine: str) -> None:
    code = syscalls.program(machine, 2)
    numbers = {name: dict(syscalls._numbers(getattr(syscalls, name), machine)) for name in TABLES}
    for table, verdict in (("ALLOWED", syscalls.ALLOW), ("REFUSED", REFUSED)):
        for number in numbers[table].values():
            assert outcome(code, number, machine=machine) == verdict
    known = [number for table in numbers.values() for number in table.values()]
    assert len(set(known)) == len(known)
    for number in set(range(600)) - set(known):
        assert outcome(code, number, machine=machine) == ABSENT


TABLES = ("ALLOWED", "EXAMINED", "REFUSED")


@pytest.mark.parametrize(
    ("name", "arguments", "verdict"),
    [
        ("kill", (2, 9), syscalls.ALLOW),
        ("kill", (0, 9), syscalls.ALLOW),
        ("kill", (-2 & 0xFFFFFFFFFFFFFFFF, 9), syscalls.ALLOW),
        ("kill", (1, 9), REFUSED),
        ("kill", (-1 & 0xFFFFFFFFFFFFFFFF, 9), REFUSED),
        ("tkill", (2, 9), syscalls.ALLOW),
        ("tkill", (3, 9), REFUSED),
        ("tgkill", (2, 2, 6), syscalls.ALLOW),
        ("tgkill", (1, 2, 6), REFUSED),
        ("tgkill", (2, 1, 6), REFUSED),
        ("prlimit64", (0, 9, 0, 5), syscalls.ALLOW),
        ("prlimit64", (2, 9, 0, 5), syscalls.ALLOW),
        ("prlimit64", (0, 9, 1 << 32, 5), REFUSED),
        ("prlimit64", (0, 9, 64, 5), REFUSED),
        ("prlimit64", (7, 9, 0, 5), REFUSED),
        ("prctl", (15, 0), syscalls.ALLOW),
        ("prctl", (4, 1), REFUSED),
        ("ioctl", (0, 0x5401), syscalls.ALLOW),
        ("ioctl", (0, 0x5412), REFUSED),
        ("fcntl", (3, 1030), syscalls.ALLOW),
        ("fcntl", (3, 8), REFUSED),
    ],
)
def test_the_filter_looks_at_arguments(name: str, arguments: tuple[int, ...], verdict: int) -> None:
    for machine in syscalls.MACHINES:
        number = dict(syscalls._numbers(syscalls.EXAMINED, machine))[name]
        assert outcome(syscalls.program(machine, 2), number, *arguments, machine=machine) == verdict


def test_the_filter_kills_foreign_architectures() -> None:
    code = syscalls.program("x86_64", 2)
    assert outcome(code, 0x40000000 + 1) == syscalls.KILL
    assert outcome(syscalls.program("aarch64", 2), 64, machine="x86_64") == syscalls.KILL


# Landlock and the view


@linux_only
def test_landlock_allows_what_is_listed_and_nothing_else(tmp_path: Path) -> None:
    if not linux.landlock_version():
        pytest.skip("the kernel offers no Landlock")
    for name in ("readable", "writable", "neither"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("text")
    if (child := os.fork()) == 0:
        verdict = 1
        with contextlib.suppress(BaseException):
            linux.prctl(38, 1)
            linux.allow_paths(
                [str(tmp_path / "readable"), str(tmp_path / "not there")],
                [str(tmp_path / "writable")],
            )
            (tmp_path / "readable/file").read_text()
            (tmp_path / "writable/file").write_text("more")
            (tmp_path / "writable/new").mkdir()
            refused = 0
            for attempt in (
                lambda: (tmp_path / "neither/file").read_text(),
                lambda: (tmp_path / "readable/file").write_text("x"),
                lambda: (tmp_path / "readable/new").touch(),
                lambda: (tmp_path / "writable/link").symlink_to("/"),
                lambda: list(tmp_path.iterdir()),
                lambda: socket.create_connection(("127.0.0.1", 9)),
            ):
                try:
                    attempt()
                except OSError:
                    refused += 1
            verdict = 0 if refused == 6 else 2
        os._exit(verdict)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@linux_only
def test_the_runtime_is_a_standard_library_and_numpy_without_other_packages() -> None:
    import numpy as np

    runtime = view.find_runtime()
    assert str(Path(np.__file__).parent) in runtime.packages
    assert any(os.__file__.startswith(f"{folder}/") for folder in runtime.folders)
    assert str(Path(pytest.__file__).parent) not in runtime.path
    for folder in runtime.folders:
        assert folder not in ("/", "/usr", "/home", "/root", sys.prefix)
    assert not any("site-packages" in path for path in runtime.path)


def test_honest_code_has_what_it_needs(open_student: Open, variant: str) -> None:
    student = open_student(
        """
        import os, tempfile, time
        import numpy as np
        def modules():
            import statistics, decimal, fractions, csv, sqlite3, numpy.testing, numpy.polynomial
            return statistics.mean([1, 2, 3])
        def linear_algebra(n):
            a = np.random.default_rng(0).normal(size=(n, n))
            return float(np.abs(np.linalg.inv(a) @ a - np.eye(n)).max())
        def files():
            with tempfile.TemporaryDirectory() as folder:
                np.save(f"{folder}/x.npy", np.arange(3))
                return np.load(f"{folder}/x.npy")
        def clocks(): return time.time() > 0 and time.perf_counter() > 0 and os.urandom(3) != b""
        def limits():
            import resource
            return resource.getrlimit(resource.RLIMIT_NPROC)
    """,
        LIMITS,
    )
    assert student.modules() == 2
    assert student.linear_algebra(60) < 1e-9
    assert student.clocks() is True
    assert student.limits() == (0, 0)
    if variant == "namespaces":
        assert student.files().tolist() == [0, 1, 2]


def test_a_right_solution_is_graded_the_same_in_every_variant(
    toy_course: Callable[..., object],
    submitted: Callable[[str], Submission],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from grader.grading import grade

    exercise = toy_course('''
@check("double")
@given(x=arrays((2,)))
def test_twice(student, x):
    """Twice."""
    assert_close(student.double(x), x + x)
''')
    verdicts = set()
    for variant, reason in process.offers(LIMITS).items():
        if not reason:
            monkeypatch.setattr(Worker, "variants", (variant,))
            verdict = grade(exercise, submitted("def double(x): return 3 * x"))  # type: ignore[arg-type]
            verdicts.add((verdict.checks[0].message, verdict.checks[0].counterexample))
    assert len(verdicts) == 1


def test_a_session_survives_what_an_earlier_check_left_behind(
    submitted: Callable[[str], Submission],
) -> None:
    """A worker that dies while it loads a second time is replaced, and the check goes on."""
    session = Session(
        submitted("""
        import os
        class Bomb:
            def __del__(self): os._exit(0)
        def bomb(): return Bomb()
        def fine(): return 1
    """),
        "toy",
        LIMITS,
    )
    session.begin_check()
    Student(session).bomb()
    session.begin_check()
    assert Student(session).fine() == 1
    session.close()
