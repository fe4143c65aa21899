"""A learner alone at a laptop: where they are, hints, a fresh start, the solution, what changed."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pexpect  # type: ignore[import-untyped]  # it ships no type information
import pytest
from nbformat import v4

from grader.course import Exercise, load_exercises
from grader.progress import FILE, read_progress
from grader.stubs import stub_of

ROOT = Path(__file__).parents[1]
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
WRONG = RIGHT.replace("x + x", "x * 3")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def toy(toy_course: Callable[..., Exercise]) -> Exercise:
    return toy_course(CHECKS)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, typed: Run, toy: Exercise) -> Run:
    """Run the command with these words in the toy course, with these answers."""
    monkeypatch.chdir(toy.folder.parent.parent)

    def command(*words: str, answers: str = "") -> tuple[int, str, str]:
        code, out, err = typed(*words, answers=answers)
        assert "Traceback" not in out + err
        if not answers and "--json" not in words:
            assert max(map(len, out.splitlines()), default=0) <= 80
        return code, out, err

    return command


def written(path: Path, *cells: str) -> Path:
    """Write a notebook of these cells."""
    path.write_text(nbformat.writes(v4.new_notebook(cells=[*map(v4.new_code_cell, cells)])))
    return path


# Where they are


def test_grade_alone_welcomes_and_says_how_to_begin(run: Run) -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    assert "Welcome" in out
    assert "exercises/01_toy/README.md" in out
    assert "exercises/01_toy/toy.py" in out


def test_grade_alone_names_the_score_and_the_task_to_fix(run: Run, toy: Exercise) -> None:
    toy.stub.write_text(WRONG)
    run("toy")
    _, out, _ = run()
    assert "best score 3/5" in out
    assert "fix `double` in exercises/01_toy/toy.py: 1 check fails" in out


def test_grade_alone_says_when_all_is_done(run: Run, toy: Exercise) -> None:
    toy.stub.write_text(RIGHT)
    assert "last of all" in run("toy")[1]
    assert "All 1 exercises are done" in run()[1]


def test_the_map_marks_what_is_done(run: Run, toy: Exercise) -> None:
    assert "▸ exercise1 · Toy  toy" in run("list")[1]
    toy.stub.write_text(RIGHT)
    run("toy")
    (line,) = (line for line in run("list")[1].splitlines() if "exercise1" in line)
    assert line.startswith("✓")
    assert line.endswith("5/5")
    assert "Double a number." in run("list")[1]


def test_a_verdict_on_another_file_is_not_the_learners_own(
    run: Run, toy: Exercise, tmp_path: Path
) -> None:
    (tmp_path / "other.py").write_text(RIGHT)
    assert run("toy", "other.py")[0] == 0
    assert not (tmp_path / FILE).exists()
    run("toy", str(toy.stub))
    assert (tmp_path / FILE).exists()


def test_a_notebook_beside_the_stub_is_the_learners_own(
    run: Run, toy: Exercise, tmp_path: Path
) -> None:
    """Its verdict counts, and what is said next is about it, until the stub is graded again."""
    path = str(written(toy.folder / "toy.ipynb", "train = 3", WRONG, "double(2)"))
    run("toy", path)
    assert "best score 3/5" in run()[1]
    assert "fix `double` in exercises/01_toy/toy.ipynb: 1 check fails" in run()[1]
    assert "grade exercise1 exercises/01_toy/toy.ipynb" in " ".join(run()[1].split())
    assert "✓" not in run("list")[1]
    written(toy.folder / "toy.ipynb", RIGHT, "double(5)")
    assert run("toy", path)[0] == 0
    assert "✓ exercise1" in run("list")[1]
    assert "toy.ipynb is as it was" in run("diff", "toy")[1]
    written(toy.folder / "toy.ipynb", "double(7)", WRONG)
    assert "-    return x + x\n+    return x * 3\n" in run("diff", "toy")[1]
    run("toy")
    assert read_progress(tmp_path, print).of(toy).file == ""
    assert read_progress(tmp_path, print).of(toy).score == 5


def test_a_notebook_in_the_courses_folder_counts_and_others_do_not(
    run: Run, toy: Exercise, tmp_path: Path
) -> None:
    """There `grade notebook` puts it."""
    (tmp_path / "elsewhere").mkdir()
    for name in ("other.ipynb", "elsewhere/toy.ipynb"):
        run("toy", str(written(tmp_path / name, RIGHT)))
        assert not (tmp_path / FILE).exists()
    assert run("notebook", "toy")[0] == 0
    run("toy", "toy.ipynb")
    assert read_progress(tmp_path, print).of(toy).file == "toy.ipynb"
    (tmp_path / "toy.ipynb").unlink()
    assert "exercises/01_toy/toy.py" in run()[1]


def test_a_json_document_is_alone_on_its_stream(run: Run, toy: Exercise) -> None:
    toy.stub.write_text(WRONG)
    assert run("toy", "--json")[1].rstrip().endswith("}")
    assert "best score 3/5" in run()[1]


def test_a_damaged_progress_costs_one_sentence_and_no_verdict(
    run: Run, toy: Exercise, tmp_path: Path
) -> None:
    (tmp_path / FILE).write_text("{")
    toy.stub.write_text(RIGHT)
    code, out, err = run("toy")
    assert code == 0
    assert "5/5" in out
    assert err.count("\n") == 1
    assert "kept as" in err


# Hints


def test_hints_come_one_by_one_and_the_last_repeats(run: Run) -> None:
    first, second, third, fourth = (run("hint")[1] for _ in range(4))
    assert "1 of 3  Once more." in first
    assert "Add it" not in first
    assert "2 of 3  Add it to itself." in second
    assert "Times two" not in second
    assert "3 of 3  Times two." in third
    assert "grade solution exercise1" in third
    assert fourth == third


def test_hints_are_for_the_task_that_fails(run: Run, toy: Exercise) -> None:
    toy.stub.write_text(RIGHT.replace("+= 1", "+= 2"))
    _, report, _ = run("toy")
    assert "Hint: Count." in report
    assert "`grade hint exercise1` shows hint 2 of 3 for `Counter`" in report
    _, out, _ = run("hint")
    assert "2 of 3  Keep it." in out


def test_hints_can_be_asked_for_by_task(run: Run) -> None:
    assert "Count." in run("hint", "toy", "counter")[1]
    code, _, err = run("hint", "toy", "tripel\x1b")
    assert code == 2
    assert "double, Counter" in err
    assert "\x1b" not in err


# A fresh start


def test_reset_asks_and_a_no_changes_nothing(run: Run, toy: Exercise, tmp_path: Path) -> None:
    toy.stub.write_text(WRONG)
    assert "Nothing was changed" in run("reset", "toy", answers="n\n")[1]
    assert run("reset", "toy", answers="")[0] == 130
    assert toy.stub.read_text() == WRONG
    assert not (tmp_path / ".grade-history").exists()


def test_reset_keeps_the_file_and_says_where(run: Run, toy: Exercise, tmp_path: Path) -> None:
    toy.stub.write_text(WRONG)
    run("toy")
    _, out, _ = run("reset", "toy", answers="y\n")
    assert toy.solution is not None
    assert toy.stub.read_text() == stub_of(toy.solution.read_text())
    (kept,) = (tmp_path / ".grade-history").iterdir()
    assert kept.read_text() == WRONG
    assert str(kept.relative_to(tmp_path)) in out
    standing = read_progress(tmp_path, print).of(toy)
    assert (standing.score, standing.hints, standing.failing) == (3, {}, {})


def test_reset_without_a_solution_changes_nothing(run: Run, toy: Exercise) -> None:
    assert toy.solution is not None
    toy.solution.unlink()
    toy.stub.write_text(WRONG)
    code, _, err = run("reset", "toy", answers="y\n")
    assert code == 2
    assert "cannot be made anew" in err
    assert toy.stub.read_text() == WRONG


@pytest.mark.parametrize("exercise", load_exercises(ROOT), ids=lambda exercise: exercise.id)
def test_a_stub_can_be_made_from_its_solution(exercise: Exercise) -> None:
    def without_imports(text: str) -> list[str]:
        lines = {
            number
            for node in ast.parse(text).body
            if isinstance(node, ast.Import | ast.ImportFrom)
            for number in range(node.lineno, (node.end_lineno or 0) + 1)
        }
        kept = (line for number, line in enumerate(text.splitlines(), 1) if number not in lines)
        return [line for line in kept if line]

    assert exercise.solution is not None
    made = stub_of(exercise.solution.read_text(encoding="utf-8"))
    assert without_imports(made) == without_imports(exercise.stub.read_text(encoding="utf-8"))


# The solution


def test_the_solution_is_shown_once_it_is_solved(run: Run, toy: Exercise) -> None:
    assert toy.solution is not None
    toy.stub.write_text(RIGHT)
    run("toy")
    code, out, err = run("solution", "toy")
    assert (code, err) == (0, "")
    assert out == toy.solution.read_text()


def test_the_solution_before_that_takes_a_yes(run: Run) -> None:
    assert "2 * x" not in "".join(run("solution", "toy", answers="n\n")[1:])
    assert run("solution", "toy", answers="")[0] == 130
    assert "return 2 * x" in run("solution", "toy", answers="y\n")[1]


def test_a_course_without_solutions_says_so(run: Run, toy: Exercise) -> None:
    assert toy.solution is not None
    toy.solution.unlink()
    assert run("solution", "toy")[0] == 2


# What changed


def test_diff_shows_what_changed_since_full_marks(run: Run, toy: Exercise) -> None:
    code, _, err = run("diff", "toy")
    assert code == 2
    assert "has not had full marks yet" in err
    toy.stub.write_text(RIGHT)
    run("toy")
    assert "as it was" in run("diff", "toy")[1]
    toy.stub.write_text(WRONG + "# \x1b[2J\n")
    code, out, _ = run("diff", "toy")
    assert code == 0
    assert "-    return x + x\n+    return x * 3\n" in out
    assert "\x1b" not in out


# A debugger


def test_debugging_says_aloud_that_nothing_is_confined_and_keeps_nothing(
    run: Run, toy: Exercise, tmp_path: Path
) -> None:
    toy.stub.write_text(RIGHT.replace("    return x", "    print('x is', x)\n    return x", 1))
    code, out, err = run("toy", "--debug")
    assert code == 0
    assert "not confined" in err
    assert "sandbox: none" in out
    assert "x is 2.0" in out
    assert not (tmp_path / FILE).exists()


def test_debugging_finds_the_same(run: Run, toy: Exercise) -> None:
    toy.stub.write_text(WRONG)
    code, out, _ = run("toy", "--debug")
    assert code == 1
    confined = run("toy")[1]
    # What follows in the report of the learner's own file is where to find help.
    assert out.splitlines()[1:] == confined.splitlines()[1:-1]


@pytest.mark.parametrize("words", [["--json"], ["--require", "confined"]])
def test_debugging_goes_with_no_promise(run: Run, words: list[str]) -> None:
    code, out, err = run("toy", "--debug", *words)
    assert (code, out) == (2, "")
    assert "leave out" in err


def test_a_breakpoint_opens_the_debugger_in_the_learners_lines(run: Run, toy: Exercise) -> None:
    assert run("list")[0] == 0
    toy.stub.write_text(RIGHT.replace("    return x", "    breakpoint()\n    return x", 1))
    command = [sys.executable, "-c", "from grader.cli import program; program()", "toy", "--debug"]
    with pexpect.spawn(command[0], command[1:], encoding="utf-8", timeout=30) as terminal:
        terminal.expect(r"toy\.py\(3\)double\(\).*return x \+ x.*\(Pdb\)")
        terminal.sendline("p x * 100")
        terminal.expect("200.0")
        terminal.sendline("c")
        terminal.expect("Score: 5/5")
    with pexpect.spawn(command[0], command[1:], encoding="utf-8", timeout=30) as terminal:
        terminal.expect(r"\(Pdb\)")
        terminal.sendline("q")
        terminal.expect(pexpect.EOF)
        assert "Traceback" not in terminal.before
        assert "Score" not in terminal.before


# What a shell completes


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("grade exerc", "exercise1"),
        ("grade to", "toy"),
        ("grade wat", "watch"),
        ("grade hint t", "toy"),
        ("grade reset e", "exercise1"),
        ("grade notebook t", "toy"),
    ],
)
def test_a_shell_completes_commands_and_exercises(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: str, found: str
) -> None:
    monkeypatch.setenv("_GRADE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    assert f"plain,{found}" in run()[1].splitlines()


@pytest.mark.parametrize("word", ["list", "hint", "watch", "reset", "solution", "diff", "notebook"])
def test_every_command_explains_itself(run: Run, word: str) -> None:
    code, out, _ = run(word, "--help")
    assert code == 0
    assert f"grade {word}" in out
    assert word in run("--help")[1]
