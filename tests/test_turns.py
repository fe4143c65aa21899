"""Checker and worker share a CPU while a check runs, and leave each other's CPU when it is over."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from grader import turns
from grader.course import Limits
from grader.session import Session
from grader.student import Student
from grader.submission import read_submission

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    len(turns.CPUS) < 2, reason="there is one CPU here, or none that can be chosen"
)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    file = tmp_path / "learner.py"
    file.write_text("def twice(x):\n    return 2 * x\n", encoding="utf-8")
    session = Session(read_submission(file, file.name), "learner", Limits())
    yield session
    session.close()


def test_a_check_runs_on_one_cpu_and_the_next_thing_on_any(session: Session) -> None:
    session.begin_check()
    assert session.worker is not None
    assert session.worker.pid is not None
    here = os.sched_getaffinity(0)
    assert len(here) == 1
    assert os.sched_getaffinity(session.worker.pid) == here
    assert Student(session).twice(2) == 4
    session.close()
    assert os.sched_getaffinity(0) == turns.CPUS


def test_another_check_may_run_on_another_cpu(session: Session) -> None:
    seen = []

    class Watched(Session):
        def request(self, label: str, *request: object) -> object:
            seen.append(os.sched_getaffinity(0))
            return super().request(label, *request)

    session.__class__ = Watched
    session.begin_check()
    session.begin_check()
    assert seen == [turns.CPUS, turns.CPUS]


def test_a_process_that_is_gone_or_not_ours_to_move_is_left_alone() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for process in (gone.pid, None):
        with turns.taking_turns(process):
            pass
        turns.anywhere()
        assert os.sched_getaffinity(0) == turns.CPUS


WITHIN = """\
import os
os.sched_setaffinity(0, {CPU})
from grader import turns
with turns.taking_turns(os.getpid()):
    pass
turns.anywhere()
print(os.sched_getaffinity(0))
"""


def test_cpus_that_this_process_was_kept_from_stay_out_of_reach() -> None:
    one = str(min(turns.CPUS))
    said = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", WITHIN.replace("CPU", one)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.strip() == f"{{{one}}}"
