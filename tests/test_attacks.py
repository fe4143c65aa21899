"""Hostile submissions, one a file in tests/attacks: each declares exactly what it comes to.

A file's docstring says what it tries, `EXPECT` what its checks come to where that is not "passed",
`SAYS` which words a check's message then has, and `BESIDE` what lies beside it in its folder. The
honest rest of the exercise, a right `Counter` and `slope`, is added below each. An attack on
something that is refused answers rightly after the refusal: so its checks pass only if it was.

Attackers know everything: @COURSE@, @CANARY@, @PORT@ and @PID@ in a file stand for the
course's folder, a secret in it, a listener on this machine, and the checker's process.
"""

from __future__ import annotations

import ast
import io
import os
import platform
import shutil
import socket
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from rich.console import Console

from grader.course import Exercise, find_exercise
from grader.grading import grade
from grader.process import Worker
from grader.submission import read_submission
from grader.terminal import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.verdict import Verdict

ATTACKS: Final = sorted(Path(__file__).with_name("attacks").glob("*.py"))
SECRET: Final = "canary-5f0c7a"  # noqa: S105 - it opens nothing
PASSED: Final = dict.fromkeys(("twice", "agrees", "exact", "counts"), "passed")
POINTS: Final = {"twice": 2, "agrees": 2, "exact": 1, "counts": 1}
DECLARATIONS: Final = ("EXPECT", "SAYS", "BESIDE", "ONLY_ON")
LONGEST: Final = 20.0

TOML: Final = """\
title = "Toy"
file = "toy.py"
lecture = "none"
summary = "Double a number."
[limits]
call_seconds = 0.4
check_seconds = 2.0
total_seconds = 30.0
memory_mb = 256
[tasks.double]
hints = ["Once more.", "Add it to itself.", "Times two."]
[tasks.slope]
hints = ["Its slope.", "The power rule.", "Three x squared."]
[tasks.Counter]
hints = ["Count.", "Keep it.", "Add one."]
"""
CHECKS: Final = '''\
"""Checks of a toy."""
import numpy as np
from grader.checking import *

@check("double", points=2)
@given(x=arrays((3,)), examples=10)
def test_twice(student, x):
    """The double of x is x + x."""
    assert_close(student.double(x), x + x)
    assert_unchanged(student)

@check("slope")
def test_exact(student, rng):
    """The slope of the sum of x³."""
    x = rng.normal(size=4)
    assert_exact_gradient(student.slope(x), lambda z: (z**3).sum(), x, rng=rng)

@check("Counter")
def test_counts(student):
    """A counter counts its own calls."""
    counter = student.Counter()
    assert_equal([counter.add() for _ in range(3)], [1, 2, 3])
'''
HIDDEN: Final = f'''\
"""Hidden checks of a toy: {SECRET}."""
from grader.checking import *

@check("double", points=2, hidden=True)
def test_agrees(student, reference, rng):
    """It agrees with the solution."""
    x = rng.normal(size=5)
    assert_close(student.double(x), reference.double(x))
'''
COUNTER: Final = """

class Counter:
    def __init__(self):
        self.n = 0

    def add(self):
        self.n += 1
        return self.n
"""
SLOPE: Final = """

def slope(x):
    return 3 * x**2
"""
SOLUTION: Final = f'''\
"""Double a number; {SECRET}."""


def double(x):
    return 2 * x
{COUNTER}{SLOPE}'''
MISTAKES: Final = """
[[mistake]]
name = "square"
find = "2 * x\\n"
replace = "x * x\\n"
says = "You square x."
hint = "Twice is not squared."
"""


@dataclass(frozen=True, slots=True)
class Attack:
    """A hostile file and what is to come of it."""

    path: Path
    expect: dict[str, str] = field(default_factory=dict)
    says: dict[str, str] = field(default_factory=dict)
    beside: dict[str, str] = field(default_factory=dict)
    only_on: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Attack:
        """Read the declarations of an attack without running it."""
        found = {}
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            match node:
                case ast.Assign(targets=[ast.Name(id=str(name))], value=value) if (
                    name in DECLARATIONS
                ):
                    found[name.lower()] = ast.literal_eval(value)
        return cls(path, **found)


class Listener:
    """Waits on loopback, by TCP and by an abstract local name, and counts who comes."""

    def __init__(self) -> None:
        self.visitors = 0
        self.sockets = [socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)]
        self.port = self.sockets[0].getsockname()[1]
        self.sockets[1].bind(f"\0grade-attack-{self.port}")
        self.sockets[1].listen()
        for server in self.sockets:
            threading.Thread(target=self.serve, args=(server,), daemon=True).start()

    def serve(self, server: socket.socket) -> None:
        while True:
            try:
                visitor, _ = server.accept()
            except OSError:
                return
            self.visitors += 1
            visitor.close()

    def close(self) -> None:
        for server in self.sockets:
            server.shutdown(socket.SHUT_RDWR)
            server.close()


@dataclass(frozen=True, slots=True)
class Place:
    """A course that anybody on this machine may read, with secrets in it, and a listener."""

    root: Path
    exercise: Exercise
    listener: Listener

    def hand_in(self, attack: Attack) -> Path:
        """Write an attack with the honest rest below it, and what lies beside it."""
        text = attack.path.read_text(encoding="utf-8") + COUNTER
        text += "" if "def slope(" in text else SLOPE
        for word, value in {
            "@COURSE@": str(self.root),
            "@CANARY@": str(self.root / ".git/config"),
            "@PORT@": str(self.listener.port),
            "@PID@": str(os.getpid()),
        }.items():
            text = text.replace(word, value)
        folder = self.root / "handed_in" / attack.path.stem
        folder.mkdir()
        (folder / "toy.py").write_text(text, encoding="utf-8")
        for name, content in attack.beside.items():
            (folder / name).write_text(content, encoding="utf-8")
        return folder

    def snapshot(self) -> dict[str, tuple[int, int, bytes]]:
        """Return what is there now, file by file; byte code caches aside."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            if "__pycache__" not in path.parts and path.is_file():
                status, content = path.lstat(), path.read_bytes()
                found[str(path)] = (status.st_mode, status.st_mtime_ns, content)
        return found


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    # Not pytest's folder, which only its user may enter: permissions shall not hide the secrets.
    root = Path(tempfile.mkdtemp(prefix="attacked-"))
    root.chmod(0o755)
    files = {
        "exercises/01_toy/exercise.toml": TOML,
        "exercises/01_toy/toy.py": "def double(x):\n    raise NotImplementedError\n",
        "exercises/01_toy/README.md": "# Toy\n",
        "exercises/01_toy/checks.py": CHECKS,
        "solutions/01_toy/toy.py": SOLUTION,
        "solutions/01_toy/hidden_checks.py": HIDDEN,
        "solutions/01_toy/mistakes.toml": MISTAKES,
        ".git/config": SECRET,
        "handed_in/somebody_else/toy.py": f"# {SECRET}\n",
    }
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    listener = Listener()
    yield Place(root, find_exercise(root, "toy"), listener)
    listener.close()
    shutil.rmtree(root)


def outcome(verdict: Verdict) -> dict[str, str]:
    return {check.id: check.status.value for check in verdict.checks}


def graded(place: Place, folder: Path) -> Verdict:
    return grade(place.exercise, read_submission(folder, "toy.py"), require="confined")


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("variant", ["namespaces", "landlock"])
def test_an_attack_comes_to_exactly_what_it_declares(
    variant: str,
    path: Path,
    place: Place,
    offered: Callable[[str], None],
    leftovers: Callable[[], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offered(variant)
    attack = Attack.read(path)
    if attack.only_on and platform.machine() not in attack.only_on:
        pytest.skip(f"the attack is machine code of {attack.only_on[0]}")
    monkeypatch.setattr(Worker, "variants", (variant,))
    monkeypatch.setenv("GRADE_CANARY", SECRET)
    folder = place.hand_in(attack)
    before, started = place.snapshot(), time.monotonic()

    verdict = graded(place, folder)

    assert time.monotonic() - started < LONGEST
    messages = {check.id: check.message or "" for check in verdict.checks}
    assert outcome(verdict) == PASSED | attack.expect, messages
    assert verdict.score == sum(
        points for name, points in POINTS.items() if name not in attack.expect
    )
    assert verdict.sandbox == "confined"
    for name, words in attack.says.items():
        assert words in messages[name]
    report = io.StringIO()
    render(verdict, place.exercise, Console(file=report, force_terminal=True, width=100))
    assert SECRET.encode() not in verdict.to_json().encode() + report.getvalue().encode()
    assert place.listener.visitors == 0
    assert place.snapshot() == before
    assert leftovers() == []
    shutil.rmtree(folder)

    next_one = read_submission(place.exercise.solution or folder, "toy.py")
    assert outcome(grade(place.exercise, next_one)) == PASSED


def test_every_attack_says_in_a_sentence_what_it_tries() -> None:
    sentences = [ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) for path in ATTACKS]
    assert all(sentence and sentence.endswith(".") for sentence in sentences)
    assert len(set(sentences)) == len(ATTACKS) >= 60


def test_an_attack_that_succeeds_would_be_seen(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against a worker without walls, the same attacks do harm that this test's eyes find."""
    monkeypatch.setattr(Worker, "variants", ("spawned",))
    for name in ("read_git", "connect_to_loopback", "fork"):
        folder = place.hand_in(Attack.read(Path(__file__).with_name("attacks") / f"{name}.py"))
        verdict = grade(place.exercise, read_submission(folder, "toy.py"))
        shutil.rmtree(folder)
        assert outcome(verdict)["twice"] != "passed"
    assert place.listener.visitors > 0
    place.listener.visitors = 0
