"""A class on a Dask cluster: what comes home is what the pool at home would have said."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader import cli, cluster
from grader.batch import Order, order
from grader.errors import UsageError
from grader.gradebook import Gradebook
from grader.layouts import Found

if TYPE_CHECKING:
    from grader.course import Exercise
    from grader.gradebook import Attempt

pytest.importorskip("distributed", reason="the extra `dask` is not installed")

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

Answers = Callable[..., list[Order]]
StartWorker = Callable[..., "subprocess.Popen[bytes]"]

CHECKS = '''
import os, time

@check("double", points=2)
def test_twice(student):
    """The double of x is x + x."""
    answer = student.double(3)
    if answer == "die":
        os.kill(os.getpid(), 9)
    if answer == "stay":
        time.sleep(600)
    assert_equal(answer, 6)
'''
RIGHT = "def double(x): return x + x\n"
WRONG = "def double(x): return x\n"
SLOW = "import time\ntime.sleep(1)\n" + RIGHT
STAY = "def double(x): return 'stay'\n"
DIE = "def double(x): return 'die'\n"
MAIN = "from distributed.cli.dask_{} import main; main()"
WEAKER = "from grader import batch as b; b._BOOT = {!r} + b._BOOT; ".format(
    "from grader.process import Worker; Worker.variants = ('spawned',); "
)
WITHOUT_GRADER = "import sys; sys.modules['grader'] = None; "
IMPATIENT = "import dask; dask.config.set({'distributed.scheduler.allowed-failures': 0}); "
HURRIED = "from grader import cluster; cluster.IDLE_SECONDS = 2.0; "


class Cluster:
    """A scheduler, and workers that look for their course in the folder `home`."""

    def __init__(self, home: Path, prelude: str = "") -> None:
        self.home = home
        self.processes: list[subprocess.Popen[bytes]] = []
        file = home / "scheduler.json"
        self._start("scheduler", prelude, "--port", "0", "--scheduler-file", str(file))
        while not file.exists() or not file.read_text():
            assert self.processes[0].poll() is None
            time.sleep(0.05)
        self.address = str(json.loads(file.read_text())["address"])

    def start_worker(self, threads: int = 1, prelude: str = HURRIED) -> subprocess.Popen[bytes]:
        """Start a worker, and wait until the scheduler knows it."""
        from distributed import Client

        words = self.address, "--no-nanny", "--nthreads", str(threads)
        with Client(self.address, set_as_default=False) as client:
            known = set(client.nthreads())
            worker = self._start("worker", prelude, *words, "--local-directory", str(self.home))
            assert eventually(lambda: bool(set(client.nthreads()) - known), 60.0)
        return worker

    def _start(self, what: str, prelude: str, *words: str) -> subprocess.Popen[bytes]:
        code = prelude + MAIN.format(what)
        words = *words, "--host", "127.0.0.1", "--no-dashboard"
        with (self.home / f"{what}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-c", code, *words], cwd=self.home, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def close(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of two workers, one of them with two threads."""
    with closing(Cluster(tmp_path_factory.mktemp("steady"))) as cluster:
        cluster.start_worker()
        cluster.start_worker(threads=2)
        yield cluster


@pytest.fixture
def lonely(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler without workers."""
    (tmp_path / "lonely").mkdir()
    with closing(Cluster(tmp_path / "lonely")) as cluster:
        yield cluster


@pytest.fixture
def course(toy_course: Callable[..., Exercise]) -> Exercise:
    return toy_course(CHECKS)


@pytest.fixture
def send() -> Callable[[Exercise, Cluster], None]:
    """Give a cluster's workers the course as it is now."""

    def copy(course: Exercise, cluster: Cluster) -> None:
        for folder in ("exercises", "solutions"):
            shutil.rmtree(cluster.home / folder, ignore_errors=True)
            shutil.copytree(course.folder.parent.parent / folder, cluster.home / folder)

    return copy


Send = Callable[["Exercise", Cluster], None]


@pytest.fixture
def answers(course: Exercise, tmp_path: Path) -> Answers:
    """Make orders of answers by name."""

    def make(**texts: str) -> list[Order]:
        orders = []
        for name, text in texts.items():
            path = tmp_path / "class" / name / "toy.py"
            path.parent.mkdir(parents=True)
            path.write_text(text)
            orders.append(order(Found(course, None, name, path), course, course.version))
        return orders

    return make


def grade_all(orders: object, on: Cluster, *, require: str = "separate") -> Iterator[Attempt]:
    return cluster.grade_all(orders, on.address, require=require)  # type: ignore[arg-type]


def outcomes(attempts: Iterator[Attempt]) -> dict[str, int | str]:
    return {a.member: a.verdict.score if a.verdict else a.fault for a in attempts}


def rows(book: Path) -> list[str]:
    """Give what a gradebook says, without what a clock makes different."""
    found = []
    with Gradebook(book) as gradebook:
        for attempt in gradebook.attempts():
            row = asdict(attempt)
            del row["graded_at"]
            for timed in [row["verdict"] or {}, *(row["verdict"] or {}).get("checks", ())]:
                timed.pop("seconds", None)
            found.append(json.dumps(row, sort_keys=True, default=str))
    return sorted(found)


def children(pid: int) -> list[int]:
    """Name the processes that a process has started, whichever thread did."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            child, state, parent = re.findall(r"^(\d+) \(.*\) (\S) (\d+)", stat.read_text())[0]
            if int(parent) == pid and state != "Z":
                found.append(int(child))
    return found


def eventually(what: Callable[[], bool], seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while not what() and time.monotonic() < deadline:
        time.sleep(0.05)
    return what()


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object
) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["grade", "class", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return int(ended.value.code or 0), out, err


@pytest.mark.slow
@LINUX
def test_the_gradebook_is_the_one_that_the_pool_at_home_writes(
    steady: Cluster,
    course: Exercise,
    send: Send,
    answers: Answers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On several workers, with several threads each, in a course that lies elsewhere."""
    send(course, steady)
    hostile = "x = '\\x1b[2J\\ud800'\nraise SystemExit('</script>\x85')\n"
    answers(**{f"r{n}": RIGHT for n in range(4)}, **{f"w{n}": WRONG for n in range(4)})
    answers(empty="", loop="while True: pass\n", deadly=DIE, hostile=hostile, nul="x = '\0'")
    monkeypatch.chdir(tmp_path)
    common = "class", "--require", "separate", "--gradebook"
    code, out, err = run(monkeypatch, capsys, *common, "far", "--dask", steady.address)
    assert (code, err) == (1, "")
    assert "12 graded, 0 unchanged, 1 not graded for a fault of the grader" in out
    assert run(monkeypatch, capsys, *common, "near", "--jobs", 2)[0] == 1
    assert rows(tmp_path / "far") == rows(tmp_path / "near")
    again = run(monkeypatch, capsys, *common, "far", "--dask", steady.address)[1]
    assert "0 graded, 12 unchanged, 1 not graded" in again
    assert eventually(lambda: not any(children(w.pid) for w in steady.processes[1:]))


@pytest.mark.slow
@LINUX
def test_a_worker_grades_as_many_at_once_as_it_has_threads_and_no_more_are_taken(
    steady: Cluster, course: Exercise, send: Send, answers: Answers
) -> None:
    """Each in a process of its own; and memory does not grow with the class."""
    send(course, steady)
    taken = []

    def orders() -> Iterator[Order]:
        for one in answers(**{f"s{n}": SLOW for n in range(5)}):
            taken.append(one.member)
            yield one

    with closing(grade_all(orders(), steady)) as attempts:  # type: ignore[type-var]
        assert next(attempts).verdict is not None
        assert len(taken) == 3
        pools = [len(children(worker.pid)) for worker in steady.processes[1:]]
        assert pools == [1, 2]
        assert [a.verdict.score if a.verdict else a.fault for a in attempts] == [2] * 4


@pytest.mark.slow
@LINUX
def test_what_a_killed_worker_had_in_hand_is_graded_by_another(
    lonely: Cluster, course: Exercise, send: Send, answers: Answers
) -> None:
    send(course, lonely)
    lonely.start_worker()
    doomed = lonely.start_worker(threads=2)
    attempts = grade_all(answers(**{f"s{n}": SLOW for n in range(8)}), lonely)
    first = next(attempts)
    processes = children(doomed.pid)
    assert len(processes) == 2
    doomed.kill()
    doomed.wait()
    rest = outcomes(attempts)
    assert {first.member, *rest} == {f"s{n}" for n in range(8)}
    assert set(rest.values()) == {2}
    assert eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in processes))


@pytest.mark.slow
@LINUX
def test_a_submission_whose_workers_are_always_lost_is_a_fault_and_no_score(
    course: Exercise, send: Send, answers: Answers, tmp_path: Path
) -> None:
    """After a second try; here Dask itself gives up at once."""
    (tmp_path / "unlucky").mkdir()
    with closing(Cluster(tmp_path / "unlucky", IMPATIENT)) as unlucky:
        send(course, unlucky)
        workers = [unlucky.start_worker()]

        def strike() -> None:
            for more in (True, False):
                assert eventually(lambda: bool(children(workers[-1].pid)))
                workers[-1].kill()
                if more:
                    workers.append(unlucky.start_worker())

        striking = threading.Thread(target=strike)
        striking.start()
        fault = "the workers that were grading it were lost, one after the other"
        assert outcomes(grade_all(answers(a=STAY), unlucky)) == {"a": fault}
        striking.join()
        assert len(workers) == 2


@pytest.mark.slow
@LINUX
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_the_cluster_free_for_the_next(
    steady: Cluster, course: Exercise, send: Send, answers: Answers, tmp_path: Path, how: int
) -> None:
    """What its workers had in hand ends, too."""
    send(course, steady)
    orders = answers(a=RIGHT, b=STAY, c=STAY, d=STAY)
    words = "class", "class", "--require=separate", "--dask", steady.address
    started = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", "from grader.cli import program; program()", *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "a  exercise1  2/2\n"
    started.send_signal(how)
    out, err = started.communicate(timeout=20)
    if how == signal.SIGINT:
        assert started.returncode == 130
        assert out.endswith("has all that was graded, and the same command goes on.\n")
        assert err == ""
    assert eventually(lambda: not any(children(w.pid) for w in steady.processes[1:]))
    assert outcomes(grade_all(orders[:1], steady)) == {"a": 2}


# What a cluster is refused for


def test_a_worker_with_another_version_of_the_exercise_gives_no_verdict(
    steady: Cluster, course: Exercise, send: Send, answers: Answers
) -> None:
    send(course, steady)
    (one,) = answers(a=RIGHT)
    course.checks.write_text(course.checks.read_text() + "# changed\n")
    changed = replace(one, version=course.version)
    sentence = "the worker tcp://.* cannot grade: its .*01_toy is another version; give it"
    with pytest.raises(UsageError, match=sentence):
        next(grade_all([changed], steady))
    (steady.home / "exercises/01_toy").rename(steady.home / "exercises/02_toy")
    with pytest.raises(UsageError, match=r"the worker tcp://.* cannot grade: there is no exercise"):
        next(grade_all([one], steady))


@pytest.mark.parametrize("name", ["grader", "numpy"])
def test_a_worker_with_another_grader_gives_no_verdict(
    steady: Cluster,
    course: Exercise,
    send: Send,
    answers: Answers,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send(course, steady)
    here = {**cluster._software(), name: "0.0"}
    monkeypatch.setattr(cluster, "_software", lambda: here)
    sentence = f"the worker tcp://.* cannot grade: it has (another )?{name}.*; install the same"
    with pytest.raises(UsageError, match=sentence):
        next(grade_all(answers(a=RIGHT), steady))


@pytest.mark.slow
def test_a_worker_with_too_weak_a_sandbox_ends_the_batch(
    lonely: Cluster, course: Exercise, send: Send, answers: Answers
) -> None:
    send(course, lonely)
    lonely.start_worker(prelude=WEAKER)
    orders = answers(a=RIGHT)
    with pytest.raises(UsageError, match=r"the worker tcp://.* confined is required"):
        next(cluster.grade_all(orders, lonely.address))
    assert outcomes(grade_all(orders, lonely)) == {"a": 2}


def test_on_a_cluster_the_sandbox_is_confined_unless_another_is_asked_for(
    answers: Answers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers(a=RIGHT)
    monkeypatch.chdir(tmp_path)
    asked = []

    def nothing(*words: object, **options: object) -> Iterator[Attempt]:
        asked.append((words[1:], options))
        yield from ()

    monkeypatch.setattr(cluster, "grade_all", nothing)
    run(monkeypatch, capsys, "class", "--dask", "tcp://x:1")
    run(monkeypatch, capsys, "class", "--dask", "tcp://x:1", "--require", "limited", "--jobs", 3)
    assert asked == [
        (("tcp://x:1", None), {"seed": 0, "require": "confined"}),
        (("tcp://x:1", 3), {"seed": 0, "require": "limited"}),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("where", ["scheduler", "worker"])
def test_a_cluster_without_the_grader_is_named(
    answers: Answers, tmp_path: Path, where: str
) -> None:
    (tmp_path / "bare").mkdir()
    with closing(Cluster(tmp_path / "bare", WITHOUT_GRADER * (where == "scheduler"))) as bare:
        bare.start_worker(prelude=WITHOUT_GRADER * (where == "worker"))
        with pytest.raises(UsageError, match=f"the {where} tcp://.* does not know this grader"):
            next(grade_all(answers(a=RIGHT), bare))


@pytest.mark.slow
def test_a_cluster_without_workers_is_named_before_and_meanwhile(
    lonely: Cluster,
    course: Exercise,
    send: Send,
    answers: Answers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    orders = answers(a=RIGHT, b=STAY)
    with pytest.raises(UsageError, match=r"tcp://.* has no workers; start some and run this again"):
        next(grade_all(orders, lonely))
    send(course, lonely)
    worker = lonely.start_worker()
    monkeypatch.setattr(cluster, "DESERTED_SECONDS", 1.0)
    attempts = grade_all(orders, lonely)
    assert next(attempts).member == "a"
    worker.kill()
    with pytest.raises(UsageError, match="has no workers"):
        next(attempts)


@pytest.mark.slow
def test_a_scheduler_that_goes_away_is_named(
    lonely: Cluster,
    course: Exercise,
    send: Send,
    answers: Answers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send(course, lonely)
    lonely.start_worker()
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 2.0)
    attempts = grade_all(answers(a=RIGHT, b=STAY), lonely)
    assert next(attempts).member == "a"
    lonely.close()
    with pytest.raises(UsageError, match="has gone away or dropped the work; see to it"):
        next(attempts)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("tcp://127.0.0.1:9", "the scheduler tcp://127.0.0.1:9 cannot be reached (Timed out"),
        ("tls://127.0.0.1:9", "the scheduler tls://127.0.0.1:9 cannot be reached (TLS expects"),
        ("here", "--dask here is no scheduler's address; write it like tcp://10.0.0.5:8786."),
        ("inproc://1:2", "--dask inproc://1:2 is no scheduler's address"),
        ("http://\x1b[2J", "--dask http://\\x1b[2J is no scheduler's address"),
        ("", "--dask  is no scheduler's address"),
    ],
)
def test_a_scheduler_that_cannot_be_reached_ends_in_2_and_one_sentence(
    answers: Answers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    address: str,
    says: str,
) -> None:
    answers(a=RIGHT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    code, out, err = run(monkeypatch, capsys, "class", "--dask", address)
    assert (code, out) == (2, "")
    assert err.startswith(f"grade: {says}")
    assert err.count("\n") == 1


def test_without_dask_it_is_said_how_to_get_it(
    answers: Answers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers(a=RIGHT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "distributed", None)
    sentence = "grade: --dask needs Dask; install it here with pip install 'grader[dask]'.\n"
    assert run(monkeypatch, capsys, "class", "--dask", "tcp://x:1") == (2, "", sentence)
