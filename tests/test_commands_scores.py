"""`grade scores` and `grade adjust`: what a person types, and what comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from grader.gradebook import Attempt, Gradebook
from grader.roster import Member, Roster
from grader.verdict import CheckResult, Status, Verdict

if TYPE_CHECKING:
    from pathlib import Path

Run = Callable[..., tuple[int, str, str]]
DUE = datetime(2026, 10, 5, 22, tzinfo=UTC)
POLICY = """
[due]
exercise1 = 2026-10-05T22:00:00Z
[late]
percent = 10
per = "day"
[[extension]]
member = "gone"
exercise = "exercise1"
until = 2026-10-09T22:00:00Z
"""


def attempt(member: str, points: int, exercise: str = "exercise1") -> Attempt:
    checks = (
        CheckResult("a", "A.", "f", Status.PASSED, points),
        CheckResult("b", "B.", "f", Status.FAILED, 10 - points),
    )
    verdict = Verdict(exercise, "a.py", "00", 0, "confined", checks)
    return Attempt(member, exercise, "a.py", "00", 0, "deadbeefcafe", verdict, submitted_at=DUE)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, typed: Run, tmp_path: Path) -> Run:
    """Run the command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return typed


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Make a gradebook of four people and two exercises."""
    path = tmp_path / "gradebook.sqlite"
    with Gradebook(path, write=True) as gradebook:
        people = [Member("zoe", "Zoë\x1b[2J [b]"), Member("jdoe", "Jane Doe"), Member("abe", "Abe")]
        gradebook.enrol(Roster(tuple(people)))
        gradebook.add(replace(attempt("zoe", 8), submitted_at=DUE + timedelta(hours=1)))
        gradebook.add(attempt("jdoe", 10))
        gradebook.add(attempt("jdoe", 9, "exercise10"))
        failed = replace(attempt("jdoe", 0), verdict=None, fault="no\nroom \x1b[2J", digest="01")
        gradebook.add(failed)
        gradebook.add(attempt("stranger", 1))
        gradebook.excuse("abe", "exercise10", who="mia", why="ill")
    return path


def rows(out: str) -> list[list[str]]:
    """Split the table's lines where there is more than one blank."""
    return [re.split(r"\s{2,}", line.strip()) for line in out.splitlines()]


@pytest.mark.usefixtures("filled")
def test_scores_are_a_table_of_students_and_exercises(run: Run) -> None:
    code, out, err = run("scores")
    assert (code, err) == (0, "")
    table = rows(out)
    assert table[0] == ["student", "id", "1", "10", "total"]
    assert table[2:6] == [
        [r"Zoë\x1b[2J [b]", "zoe", "8", "-", "8"],
        ["Jane Doe", "jdoe", "10 FAULT", "9", "19"],
        ["Abe", "abe", "-", "EX *", "0"],
        ["stranger", "stranger", "1", "-", "1"],
    ]
    assert r"FAULT exercise1, Jane Doe (jdoe): no room \x1b[2J" in out
    assert "\x1b" not in out


def test_a_policy_is_taken_from_the_folder_or_from_where_it_is_said_to_be(
    run: Run, filled: Path
) -> None:
    filled.with_name("policy.toml").write_text(POLICY)
    _, out, _ = run("scores")
    assert rows(out)[2][2:] == ["7.2 L", "-", "7.2"]
    assert "The extension of exercise1 for gone is nobody's here." in out
    filled.with_name("mild.toml").write_text(POLICY.replace("10\n", "5\n"))
    _, out, _ = run("scores", "--policy", "mild.toml", "--gradebook", str(filled))
    assert rows(out)[2][2:] == ["7.6 L", "-", "7.6"]


def test_a_narrow_terminal_or_a_poor_encoding_loses_no_number(
    run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Gradebook(filled, write=True) as gradebook:
        for n in range(30):
            gradebook.add(attempt("abe", n % 10, f"exercise{n + 20}"))
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    _, out, _ = run("scores")
    heads, abe = rows(out)[0], rows(out)[4]
    assert heads[2:] == ["1", "10", *map(str, range(20, 50)), "total"]
    assert abe[4:] == [*(f"{n % 10}" for n in range(30)), "135"]


@pytest.mark.usefixtures("filled")
def test_a_students_history_is_all_of_it(run: Run) -> None:
    run("adjust", "doejane", "1", "--points", "12", "--why", "by hand", "--who", "mia")
    code, out, _ = run("scores", "--attempts", "Doe, Jane")
    assert code == 0
    assert "Jane Doe (jdoe)" in out
    assert len(re.findall(r"exercise1 +a\.py +10 of 10 .* 0 +deadbeef", out)) == 1
    assert r"FAULT no room \x1b[2J" in out
    assert "exercise1 adjusted to 12 by mia: by hand" in out
    assert re.search(r"exercise1 counts 12; adjusted to 12 by mia on .*: by hand; FAULT no", out)
    assert "exercise10 counts 9" in out
    assert "stranger" not in out


def test_how_late_and_what_it_costs_is_part_of_the_history(run: Run, filled: Path) -> None:
    filled.with_name("policy.toml").write_text(POLICY)
    _, out, _ = run("scores", "--attempts", "zoe")
    assert "exercise1 counts 7.2; handed in 0 d 1 h 0 min late, which costs 0.8" in out
    assert "exercise10 counts nothing yet" in out
    _, out, _ = run("scores", "--attempts", "abe")
    assert "exercise10 counts nothing, being excused; excused by mia" in out


def test_an_empty_gradebook_says_so(run: Run, tmp_path: Path) -> None:
    Gradebook(tmp_path / "gradebook.sqlite", write=True).close()
    assert run("scores")[1] == "Nothing is graded yet.\n"


def test_a_score_is_adjusted_excused_and_given_back(run: Run, filled: Path) -> None:
    why = ("--why", "because")
    code, out, _ = run("adjust", "zoe", "exercise1", "--points", "9.5", *why)
    assert (code, out) == (0, "Zoë\\x1b[2J [b] (zoe), exercise1: 9.5 points.\n")
    assert rows(run("scores")[1])[2][2:] == ["9.5 *", "-", "9.5"]
    assert run("adjust", "zoe", "exercise1", "--excuse", *why)[0] == 0
    assert rows(run("scores")[1])[2][2:] == ["EX *", "-", "0"]
    _, out, _ = run("adjust", "zoe", "exercise1", "--withdraw", *why)
    assert out.endswith("exercise1: what was graded counts again.\n")
    assert rows(run("scores")[1])[2][2:] == ["8", "-", "8"]
    with Gradebook(filled) as gradebook:
        kinds = [decision.kind for decision in gradebook.decisions("zoe")]
    assert kinds == ["adjusted", "excused", "withdrawn"]


def test_who_decides_is_the_login_name_unless_said(
    run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ken")
    run("adjust", "abe", "adam", "--excuse", "--why", "ill")
    run("adjust", "abe", "adam", "--excuse", "--why", "ill", "--who", "Mia Ó")
    with Gradebook(filled) as gradebook:
        found = [(decision.exercise, decision.who) for decision in gradebook.decisions("abe")]
    assert found == [("exercise10", "mia"), ("exercise8", "ken"), ("exercise8", "Mia Ó")]


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["scores", "--gradebook", "gone.sqlite"], "there is no gradebook"),
        (["scores", "--policy", "gone.toml"], "cannot be read"),
        (["scores", "--attempts", "J"], "nobody's name here, or several people's; give an id"),
        (["scores", "extra"], "unexpected extra argument"),
        (["adjust", "nobody", "1", "--excuse", "--why", "x"], "nobody's name here"),
        (["adjust", "zoe", "adm", "--excuse", "--why", "x"], "did you mean exercise8"),
        (["adjust", "zoe", "1", "--why", "x"], "Say one of --points, --excuse and --withdraw"),
        (["adjust", "zoe", "1", "--excuse", "--points", "1", "--why", "x"], "Say one of"),
        (["adjust", "zoe", "1", "--excuse"], "Missing option '--why'"),
        (["adjust", "zoe", "1", "--excuse", "--why", " "], "needs its `why`"),
        (["adjust", "zoe", "1", "--points", "-3", "--why", "x"], "write a number from 0 up"),
        (["adjust", "zoe", "1", "--points", "nan", "--why", "x"], "write a number from 0 up"),
        (["adjust", "zoe", "1", "--points", "ten", "--why", "x"], "is not a valid float"),
        (["adjust", "zoe", "1", "--withdraw", "--why", "x"], "nothing to withdraw"),
        (["adjust", "a", "1", "--excuse", "--why", "x", "--gradebook", "new"], "no gradebook"),
    ],
)
def test_the_impossible_is_one_sentence_and_exit_2(
    run: Run, tmp_path: Path, words: list[str], says: str
) -> None:
    before = sorted(path.name for path in tmp_path.iterdir())
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_second_writer_waits_for_the_first(run: Run, filled: Path) -> None:
    with Gradebook(filled, write=True):
        code, _, err = run("adjust", "zoe", "1", "--excuse", "--why", "ill")
        assert (code, run("scores")[0]) == (2, 0)
    assert "another command is writing" in err
