"""`grade class`: a class's folder in, a gradebook out, and nothing lost on the way."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.gradebook import Gradebook
from grader.pages import page_name

if TYPE_CHECKING:
    from grader.course import Exercise

CHECKS = '''
@check("double", points=2)
def test_twice(student):
    """The double of x is x + x."""
    assert_equal(student.double(3), 6)
'''
RIGHT = "def double(x): return x + x\n"
WRONG = "def double(x): return x\n"
SLOW = "import time\ntime.sleep(1.5)\n"

Run = Callable[..., tuple[int, str, str]]
LayClass = Callable[..., Path]


@pytest.fixture
def course(toy_course: Callable[..., Exercise]) -> Exercise:
    return toy_course(CHECKS)


@pytest.fixture
def run(course: Exercise, monkeypatch: pytest.MonkeyPatch, typed: Run) -> Run:
    """Run `grade class` with these words, in the course's root."""
    monkeypatch.chdir(course.folder.parent.parent)

    def command(*words: object) -> tuple[int, str, str]:
        code, out, err = typed("class", "--jobs=2", *words)
        assert "Traceback" not in out + err
        return code, out, err

    return command


@pytest.fixture
def lay(tmp_path: Path) -> LayClass:
    """Lay out a folder for each student with this answer."""

    def make(**answers: str) -> Path:
        for name, text in answers.items():
            path = tmp_path / "class" / name / "toy.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "class"

    return make


def book(tmp_path: Path) -> list[tuple[str, str, int | str]]:
    """Give the gradebook's attempts, without what a clock makes different."""
    with Gradebook(tmp_path / "gradebook.sqlite") as gradebook:
        return sorted(
            (a.member, a.exercise, a.verdict.score if a.verdict else a.fault)
            for a in gradebook.attempts()
        )


@pytest.mark.slow
def test_everybody_is_graded_and_the_same_again_grades_nobody(
    run: Run, lay: LayClass, tmp_path: Path
) -> None:
    folder = lay(jane=RIGHT, bo=WRONG)
    code, out, _ = run(folder, "toy", "--report", "report")
    assert code == 0
    assert sorted(out.splitlines()) == [
        "2 graded, 0 unchanged.",
        "bo  exercise1  0/2",
        "jane  exercise1  2/2",
        "report has index.html and 2 pages of feedback.",
    ]
    assert book(tmp_path) == [("bo", "exercise1", 0), ("jane", "exercise1", 2)]
    pages = {str(path.relative_to(tmp_path)) for path in tmp_path.glob("report/**/*.html")}
    assert pages == {"report/index.html", "report/feedback/bo.html", "report/feedback/jane.html"}

    assert run(folder) == (0, "0 graded, 2 unchanged.\n", "")
    lay(bo=RIGHT)
    assert run(folder)[1] == "bo  exercise1  2/2\n1 graded, 1 unchanged.\n"
    assert run(folder, "--regrade", "jane")[1] == "jane  exercise1  2/2\n1 graded, 1 unchanged.\n"
    assert run(folder, "--seed", "1")[1].endswith("2 graded, 0 unchanged.\n")


def test_strangers_and_what_cannot_be_read_are_named(
    run: Run, lay: LayClass, tmp_path: Path
) -> None:
    folder = lay(**{"Doe, Jane": RIGHT, "mallory\x1b[2J": "x = '\0'"})
    (tmp_path / "roster.csv").write_text("id,name\njdoe,Jane Doe\nbo,Bo\n")
    (folder / "zoe.zip").write_text("no zip")
    (folder / "kim").mkdir()
    (folder / "kim/essay.docx").touch()
    code, out, err = run(folder, "toy", "--roster", "roster.csv")
    assert code == 1
    assert out.startswith("Not on roster.csv, and graded under the names that the download has:\n")
    strangers, rest = out.split("\n\n", 1)
    assert strangers.splitlines()[1:] == ["  kim", "  mallory\\x1b[2J", "  zoe"]
    assert rest.startswith("Not graded: kim: essay.docx: nothing here looks like toy.py.\n")
    assert "Cannot be read, 0 points: zoe exercise1: zoe.zip is no zip file" in rest
    assert "\x1b" not in out + err
    assert book(tmp_path) == [
        ("jdoe", "exercise1", 2),
        ("mallory\\x1b[2J", "exercise1", 0),
        ("zoe", "exercise1", 0),
    ]


def test_a_fault_ends_in_1_and_is_tried_again_next_time(
    run: Run, lay: LayClass, course: Exercise
) -> None:
    folder = lay(jane=RIGHT)
    good = course.checks.read_text()
    course.checks.write_text(good + "nonsense")
    code, out, _ = run(folder)
    assert code == 1
    assert "jane  exercise1  fault: BrokenGrader: the checks of exercise1 could not run" in out
    assert out.endswith(
        "0 graded, 0 unchanged, 1 not graded for a fault of the grader; run this again.\n"
    )
    course.checks.write_text(good)
    assert run(folder)[:2] == (0, "jane  exercise1  2/2\n1 graded, 0 unchanged.\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere"], "nowhere is neither a folder nor a zip file; check the name."),
        (["class", "adamm"], "there is no exercise 'adamm'"),
        (["class", "--roster", "gone.csv"], "gone.csv"),
        (["class", "--regrade", "x\x1b"], "--regrade: x\\x1b handed in nothing here; check"),
        (["class", "--jobs", "0"], "Invalid value for '--jobs'"),
        (["class", "--gradebook", "class/jane/toy.py"], "toy.py"),
    ],
)
def test_wrong_usage_ends_in_2_and_one_sentence(
    run: Run, lay: LayClass, words: list[str], says: str
) -> None:
    lay(jane=RIGHT)
    code, out, err = run(*words)
    assert code == 2
    assert out == ""
    assert says in err


def test_the_name_of_a_page_is_plain_and_nobody_elses() -> None:
    ids = [
        "jdoe",
        "JDoe",
        "../../etc/passwd",
        "a/b",
        "a-b",
        "a b",
        "",
        "\x1b",
        "é",
        "x" * 300,
        "con",
    ]
    names = [page_name(id_) for id_ in ids]
    assert len(set(names)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9-]{1,70}", name) for name in names)


# A run that ends early


def start(root: Path, *words: object) -> subprocess.Popen[str]:
    code = "import sys; from grader.cli import main; main()"
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", code, "class", *map(str, words), "--jobs=2"],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def descendants(root: int) -> set[int]:
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            pid, parent = re.findall(r"^(\d+) \(.*\) \S (\d+)", stat.read_text())[0]
            parents[int(pid)] = int(parent)
    mine = {root}
    while more := {pid for pid, parent in parents.items() if parent in mine} - mine:
        mine |= more
    return mine - {root}


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_no_process_and_the_next_one_goes_on(
    run: Run, lay: LayClass, tmp_path: Path, how: signal.Signals
) -> None:
    folder = lay(**{f"s{n}": (RIGHT if n < 1 else SLOW + RIGHT) for n in range(4)})
    started = start(tmp_path, folder)
    assert started.stdout is not None
    assert started.stdout.readline() == "s0  exercise1  2/2\n"
    processes = descendants(started.pid)
    assert len(processes) >= 2
    started.send_signal(how)
    out, err = started.communicate(timeout=20)
    deadline = time.monotonic() + 8
    while (left := [pid for pid in processes if alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []
    assert "Traceback" not in err
    if how == signal.SIGINT:
        assert started.returncode == 130
        assert out.endswith(
            "Stopped; gradebook.sqlite has all that was graded, and the same command goes on.\n"
        )
    code, out, _ = run(folder)
    assert code == 0
    assert not out.startswith("s0 ")
    assert book(tmp_path) == [(f"s{n}", "exercise1", 2) for n in range(4)]
