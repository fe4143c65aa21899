"""`grade watch` in a terminal: a pseudo-terminal, a real process, and files saved as editors do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pexpect  # type: ignore[import-untyped]  # it ships no type information
import pytest

from grader.progress import read_progress

if TYPE_CHECKING:
    from grader.course import Exercise

CHECKS = """
@check("double", points=2)
def test_two(student):
    "Twice 2 is 4."
    assert_close(student.double(2.0), 4.0)

@check("Counter", points=3)
def test_count(student):
    "The first call returns 1."
    assert student.Counter().add() == 1
"""
RIGHT = """\
def double(x):
    return x + x
class Counter:
    n = 0
    def add(self):
        self.n += 1
        return self.n
"""
NO_COUNTER = RIGHT.replace("+= 1", "+= 2")
HANGS = "def double(x):\n    while True: pass\n" + RIGHT[RIGHT.index("class") :]
GRADE = [sys.executable, "-c", "from grader.cli import program; program()"]

Watch = Callable[..., "pexpect.spawn[str]"]


@pytest.fixture
def toy(toy_course: Callable[..., Exercise]) -> Exercise:
    return toy_course(CHECKS)


@pytest.fixture
def watch(toy: Exercise) -> Iterator[Watch]:
    """Start `grade watch` in a terminal of 80 columns."""
    started = []

    def start(*words: str) -> pexpect.spawn[str]:
        root = toy.folder.parent.parent
        terminal = pexpect.spawn(
            GRADE[0],
            [*GRADE[1:], "watch", *words],
            cwd=root,
            env={**os.environ, "TERM": "dumb"},
            encoding="utf-8",
            dimensions=(40, 80),
            timeout=30,
        )
        started.append(terminal)
        return terminal

    yield start
    for terminal in started:
        terminal.close(force=True)


def graded(terminal: pexpect.spawn[str], says: str) -> str:
    """Wait for the end of a report in which this is said, and return the report's text."""
    terminal.expect(says.replace(" ", r"\s+"))  # wherever its lines are broken
    return str(terminal.before) + str(terminal.after)


def test_every_save_is_graded(watch: Watch, toy: Exercise) -> None:
    terminal = watch()
    graded(terminal, "A fresh start: 5 points")
    toy.stub.write_text(NO_COUNTER)
    graded(terminal, "Score: 2/5")
    graded(terminal, "Stuck.*hint 2 of 3 for `Counter`")
    toy.stub.write_text(NO_COUNTER + "\n")
    graded(terminal, "Score: 2/5")


def test_one_failure_is_told_at_a_time(watch: Watch, toy: Exercise) -> None:
    toy.stub.write_text(NO_COUNTER.replace("x + x", "x * 3"))
    report = graded(watch(), "Score: 0/5")
    assert "double: Twice" in report
    assert "Counter: The first" not in report
    assert "1 other check fails; `grade exercise1` shows all." in report


def test_what_failed_last_comes_first(watch: Watch, toy: Exercise) -> None:
    toy.stub.write_text(NO_COUNTER)
    terminal = watch()
    assert re.search("Twice.*The first", graded(terminal, "Score: 2/5"), re.DOTALL)
    toy.stub.write_text(NO_COUNTER + "\n")
    assert re.search("The first.*Twice", graded(terminal, "Score: 2/5"), re.DOTALL)


def test_it_ends_when_everything_is_solved_and_keeps_the_score(
    watch: Watch, toy: Exercise, tmp_path: Path
) -> None:
    terminal = watch()
    graded(terminal, "A fresh start")
    toy.stub.write_text(RIGHT)
    graded(terminal, "last of all the exercises")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert read_progress(tmp_path, print).of(toy).done


def test_it_goes_on_to_the_next_exercise(watch: Watch, toy: Exercise, tmp_path: Path) -> None:
    another = tmp_path / "exercises/02_other"
    another.mkdir()
    for path in toy.folder.iterdir():
        if path.is_file():
            (another / path.name).write_bytes(path.read_bytes())
    terminal = watch("toy")
    graded(terminal, "A fresh start")
    toy.stub.write_text(RIGHT)
    graded(terminal, "Score: 5/5")
    graded(terminal, "Watching .*02_other/toy.py")
    graded(terminal, "A fresh start")
    (another / "toy.py").write_text(NO_COUNTER)
    graded(terminal, "Score: 2/5")


def test_a_solved_exercise_that_was_asked_for_is_not_left(watch: Watch, toy: Exercise) -> None:
    toy.stub.write_text(RIGHT)
    terminal = watch("toy")
    graded(terminal, "Score: 5/5")
    toy.stub.write_text(NO_COUNTER)
    graded(terminal, "Score: 2/5")


def test_it_follows_the_notebook_that_was_graded_last(watch: Watch, toy: Exercise) -> None:
    root, book = toy.folder.parent.parent, toy.folder / "toy.ipynb"

    def save(source: str) -> None:
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), book)

    save(NO_COUNTER)
    path = "exercises/01_toy/toy.ipynb"
    subprocess.run([*GRADE, "exercise1", path], cwd=root, stdout=subprocess.PIPE, check=False)  # noqa: S603 - ours
    terminal = watch("exercise1")
    assert f"Watching {path}" in " ".join(graded(terminal, "Score: 2/5").split())
    save(RIGHT)
    graded(terminal, "Score: 5/5")
    terminal.expect(pexpect.EOF)
    standing = read_progress(root, print).of(toy)
    assert (standing.score, standing.file) == (5, path)


@pytest.mark.slow
def test_files_are_saved_in_many_ways(watch: Watch, toy: Exercise) -> None:
    terminal = watch()
    graded(terminal, "A fresh start")
    # A new file takes the old one's place.
    new = toy.stub.with_name("toy.py~")
    new.write_text(NO_COUNTER)
    new.replace(toy.stub)
    graded(terminal, "Score: 2/5")
    # The file is emptied, and written a little later.
    with toy.stub.open("w") as file:
        time.sleep(0.1)
        file.write(NO_COUNTER + "\n")
    assert "not written" not in graded(terminal, "Score: 2/5")
    # It is gone for a while.
    toy.stub.unlink()
    graded(terminal, "does not exist; check the name. Waiting")
    toy.stub.write_text("def double(x:\n")
    graded(terminal, "SyntaxError")
    graded(terminal, "Score: 0/5")
    toy.stub.write_bytes(b"\xff\xfe\x00")
    graded(terminal, "Waiting for the next")
    toy.stub.write_text(NO_COUNTER)
    graded(terminal, "Score: 2/5")


def test_a_save_ends_the_grading_of_the_older_text(watch: Watch, toy: Exercise) -> None:
    terminal = watch()
    graded(terminal, "A fresh start")
    toy.stub.write_text(HANGS)
    graded(terminal, "exercise1 ·")
    time.sleep(0.1)
    toy.stub.write_text(NO_COUNTER)
    graded(terminal, "Saved again")
    graded(terminal, "Score: 2/5")


def test_ctrl_c_ends_it_and_leaves_no_process(watch: Watch, toy: Exercise) -> None:
    terminal = watch()
    graded(terminal, "A fresh start")
    toy.stub.write_text(HANGS)
    graded(terminal, "exercise1 ·")
    before = descendants(terminal.pid)
    terminal.sendintr()
    said = str(terminal.expect(pexpect.EOF)) + str(terminal.before)
    terminal.close()
    assert terminal.exitstatus == 0
    assert "Traceback" not in said
    deadline = time.monotonic() + 5
    while (left := [pid for pid in before if Path(f"/proc/{pid}").exists()]) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.02)
    assert left == []


def test_it_works_without_a_terminal(toy: Exercise) -> None:
    root = toy.folder.parent.parent
    watching = subprocess.Popen(  # noqa: S603 - our own interpreter and our own command
        [*GRADE, "watch"], cwd=root, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert watching.stdout is not None
    with watching:
        lines = iter(watching.stdout)
        assert any("A fresh start" in line for line in lines)
        toy.stub.write_text(RIGHT)
        rest = "".join(lines)
    assert watching.returncode == 0
    assert "Score: 5/5" in rest
    assert "\x1b" not in rest


def descendants(root: int) -> set[int]:
    """Return the process's own id and those of all that it started; none where no /proc says."""
    found = {root}
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, parent = re.findall(r"^(\d+) \(.*\) \S (\d+)", stat.read_text())[0]
        except OSError:
            continue
        parents[int(pid)] = int(parent)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}
