"""What the framework's own tests share: sessions on a few lines of source, and a toy course."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import shutil
import signal
import subprocess
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader import cli, process, starting
from grader.course import Exercise, Limits, find_exercise
from grader.session import Session
from grader.student import Student
from grader.submission import Chunk, Submission

# Looking for doctests would import what these folders hold, and some of it is hostile.
collect_ignore = ["attacks", "submissions"]

QUICK = Limits(call_seconds=0.5, check_seconds=2.0, total_seconds=20.0, memory_mb=256)

Source = Callable[[str], Submission]
Open = Callable[[str], Student]
Typed = Callable[..., tuple[int, str, str]]


def pytest_configure() -> None:
    """Let Ctrl-C reach what the tests start: a shell has its background commands ignore it."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def submitted() -> Source:
    """Make a submission from its source."""

    def make(source: str) -> Submission:
        text = textwrap.dedent(source)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return Submission("toy.py", digest, (Chunk("toy.py", text),), tolerant=False)

    return make


@pytest.fixture
def open_student(submitted: Source) -> Iterator[Open]:
    """Start a student with this source, freshly loaded; its process ends with the test."""
    sessions = []

    def start(source: str, limits: Limits = QUICK) -> Student:
        sessions.append(Session(submitted(source), "toy", limits))
        sessions[-1].begin_check()
        return Student(sessions[-1])

    yield start
    for session in sessions:
        session.close()


@pytest.fixture(scope="session")
def offered() -> Callable[[str], None]:
    """Skip a test, and say why, where this machine does not offer a variant of the sandbox.

    Where CI says that it is CI and `unshare` works, a missing namespace is a failure.
    """
    found = process.offers(QUICK)

    def need(variant: str) -> None:
        if not (reason := found.get(variant, "only Linux has it")):
            return
        unshare = shutil.which("unshare")
        if variant == "namespaces" and os.environ.get("CI") and unshare:
            command = [unshare, "--user", "--map-root-user", "--mount", "true"]
            assert subprocess.run(command, check=False).returncode != 0, reason  # noqa: S603
        pytest.skip(f"no {variant}: {reason}")

    return need


@pytest.fixture(scope="session")
def leftovers() -> Callable[[], list[str]]:
    """Name the processes that this one has started and that do not end, its zygotes aside."""

    def running() -> list[str]:
        parents, names = {}, {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                pid, name, parent = re.findall(r"^(\d+) \((.*)\) \S (\d+)", stat.read_text())[0]
                parents[int(pid)], names[int(pid)] = int(parent), name
        mine = {os.getpid()}
        while more := {pid for pid, parent in parents.items() if parent in mine} - mine:
            mine |= more
        zygotes = {zygote.pid for zygote in starting._zygotes.values()}
        return [f"{pid} {names[pid]}" for pid in mine - zygotes - {os.getpid()}]

    def settled() -> list[str]:
        deadline = time.monotonic() + 2
        while (found := running()) and time.monotonic() < deadline:
            time.sleep(0.01)
        return found

    return settled


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Type words after `grade`: how it ended, what it printed, what it said beside that."""

    def command(*words: object, answers: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["grade", *map(str, words)])
        monkeypatch.setattr("sys.stdin", io.StringIO(answers))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return command


@pytest.fixture
def toy_course(tmp_path: Path) -> Callable[..., Exercise]:
    """Lay out a course of one exercise, `double(x)` and `Counter()`, with these checks."""

    def lay_out(checks: str, mistakes: str = "", solution: str = TOY_SOLUTION) -> Exercise:
        folder, answers = tmp_path / "exercises/01_toy", tmp_path / "solutions/01_toy"
        folder.mkdir(parents=True)
        answers.mkdir(parents=True)
        (folder / "exercise.toml").write_text(TOY_TOML)
        (folder / "toy.py").write_text(TOY_STUB)
        (folder / "README.md").write_text("# Toy\n")
        (folder / "checks.py").write_text(TOY_HEAD + textwrap.dedent(checks))
        (answers / "toy.py").write_text(textwrap.dedent(solution))
        (answers / "mistakes.toml").write_text(textwrap.dedent(mistakes))
        return find_exercise(tmp_path, "toy")

    return lay_out


@pytest.fixture
def session_of() -> Callable[[Student], Session]:
    """Return the session behind a student."""

    def found(student: Student) -> Session:
        assert isinstance(student._session, Session)
        return student._session

    return found


TOY_TOML = """\
title = "Toy"
file = "toy.py"
lecture = "none"
summary = "Double a number."
[limits]
call_seconds = 0.5
check_seconds = 2.0
total_seconds = 30.0
memory_mb = 256
[tasks.double]
hints = ["Once more.", "Add it to itself.", "Times two."]
[tasks.Counter]
hints = ["Count.", "Keep it.", "Add one."]
"""
TOY_STUB = '''\
"""Double a number."""

import numpy as np


def double(x):
    """Return 2x."""
    raise NotImplementedError


class Counter:
    """Count calls."""

    def add(self):
        """Return how often this was called."""
        raise NotImplementedError
'''
TOY_SOLUTION = '''\
"""Double a number."""

import numpy as np


def double(x):
    """Return 2x."""
    return 2 * x


class Counter:
    """Count calls."""

    def __init__(self):
        self.n = 0

    def add(self):
        """Return how often this was called."""
        self.n += 1
        return self.n
'''
TOY_HEAD = '''\
"""Checks of a toy."""
import numpy as np
from hypothesis import strategies as st
from grader.checking import *
'''
