"""The gradebook: nothing is lost, nothing is overwritten, and the right attempt counts."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
import tracemalloc
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.gradebook import Attempt, Gradebook, Score
from grader.policy import Extension, LatePenalty, Policy
from grader.roster import Member, Roster
from grader.verdict import CheckResult, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

DUE = datetime(2026, 10, 5, 22, tzinfo=UTC)
DAY = timedelta(days=1)
LATE = Policy(due={"exercise1": DUE}, late=LatePenalty(10, "day"))
LATEST = replace(LATE, counts="latest")
JANE, ABE = Member("jdoe", "Jane Doe", "j@x.org", ("12",)), Member("abe", "Abe")


def verdict(points: int, *, broken: bool = False, digest: str = "aa") -> Verdict:
    """Make a verdict with so many of ten points."""
    checks = [
        CheckResult("a", "A.", "f", Status.PASSED, points),
        CheckResult("b", "B.", "f", Status.FAILED, 10 - points, message="no\x00 \U0001f600"),
    ]
    if broken:
        checks.append(CheckResult("c", "C.", "f", Status.GRADER_ERROR, 1, message="no memory"))
    return Verdict("exercise1", "adam.py", digest, 0, "confined", tuple(checks))


def attempt(
    points: int | None,
    digest: str = "aa",
    *,
    late: timedelta | None = -DAY,
    member: str = "jdoe",
    exercise: str = "exercise1",
    fault: str = "",
) -> Attempt:
    """Make an attempt, handed in a day before it was due unless `late` says otherwise."""
    return Attempt(
        member=member,
        exercise=exercise,
        submission="adam.py",
        digest=digest,
        seed=0,
        version="v1",
        verdict=None if points is None else verdict(points),
        fault=fault,
        submitted_at=None if late is None else DUE + late,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gradebook.sqlite"


@pytest.fixture
def gradebook(path: Path) -> Iterator[Gradebook]:
    with Gradebook(path, write=True) as opened:
        yield opened


def only(gradebook: Gradebook, policy: Policy = LATE) -> Score:
    (score,) = gradebook.scores(policy)
    return score


# What is kept


def test_an_attempt_comes_back_as_it_was(gradebook: Gradebook) -> None:
    """With its times in UTC, odd names spelt out, and seeds of any size."""
    graded_at = datetime(2026, 10, 6, 12, 0, 0, 123456, tzinfo=UTC)
    first = replace(attempt(7), seed=2**80, graded_at=graded_at)
    second = replace(first, verdict=None, fault="no\nroom", submitted_at=None)
    third = replace(first, verdict=verdict(3, broken=True), submission="\udce9.py")
    for each in (first, second, third):
        gradebook.add(each)
    assert list(gradebook.attempts()) == [first, second, replace(third, submission="\\udce9.py")]


def test_times_are_told_in_utc_and_never_without_a_zone(gradebook: Gradebook) -> None:
    from zoneinfo import ZoneInfo

    there = DUE.astimezone(ZoneInfo("Asia/Kolkata"))
    gradebook.add(replace(attempt(7), submitted_at=there))
    (kept,) = gradebook.attempts()
    assert kept.submitted_at == DUE
    assert kept.submitted_at.tzinfo == UTC
    assert kept.graded_at is not None
    assert abs(datetime.now(UTC) - kept.graded_at) < timedelta(minutes=1)
    with pytest.raises(ValueError, match="without a zone"):
        gradebook.add(replace(attempt(7), submitted_at=datetime(2026, 10, 5)))


def test_attempts_can_be_had_of_one_member_and_one_exercise(gradebook: Gradebook) -> None:
    for member, exercise in [("jdoe", "exercise2"), ("abe", "exercise2"), ("jdoe", "exercise10")]:
        gradebook.add(attempt(1, member=member, exercise=exercise))
    assert [a.exercise for a in gradebook.attempts("jdoe")] == ["exercise2", "exercise10"]
    assert [a.member for a in gradebook.attempts(exercise="exercise2")] == ["jdoe", "abe"]
    assert [a.member for a in gradebook.attempts("abe", "exercise2")] == ["abe"]
    assert list(gradebook.attempts("abe", "exercise10")) == []
    assert gradebook.exercises() == ("exercise2", "exercise10")


def test_what_is_added_while_attempts_are_read_is_not_waited_for(gradebook: Gradebook) -> None:
    for n in range(3):
        gradebook.add(attempt(n))
    for kept in islice(gradebook.attempts(), 50):
        gradebook.add(kept)
    assert len(list(gradebook.attempts())) == 6


def test_a_submission_is_graded_already_unless_the_grader_failed(gradebook: Gradebook) -> None:
    gradebook.add(attempt(None, "faulty"))
    gradebook.add(replace(attempt(5, "broken"), verdict=verdict(5, broken=True)))
    gradebook.add(attempt(0, "graded"))
    assert gradebook.has("jdoe", "exercise1", "graded", 0, "v1")
    for wanted in [
        ("jdoe", "exercise1", "faulty", 0, "v1"),
        ("jdoe", "exercise1", "broken", 0, "v1"),
        ("abe", "exercise1", "graded", 0, "v1"),
        ("jdoe", "exercise2", "graded", 0, "v1"),
        ("jdoe", "exercise1", "graded", 1, "v1"),
        ("jdoe", "exercise1", "graded", 0, "v2"),
    ]:
        assert not gradebook.has(*wanted)


@pytest.mark.parametrize("table", ["attempt", "decision"])
@pytest.mark.parametrize("query", ["DELETE FROM {}", "UPDATE {} SET points = 10"])
def test_no_program_overwrites_history_by_accident(path: Path, table: str, query: str) -> None:
    with Gradebook(path, write=True) as gradebook:
        gradebook.add(attempt(1))
        gradebook.excuse("jdoe", "exercise1", who="mia", why="ill")
    with (
        closing(sqlite3.connect(path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="is kept"),
    ):
        connection.execute(query.format(table))


# Members


def test_members_come_in_the_rosters_order_and_strangers_last(gradebook: Gradebook) -> None:
    for member in ("zed", "Doe_12", "jdoe"):
        gradebook.add(attempt(1, member=member))
    gradebook.enrol(Roster((JANE, ABE)))
    strangers = (Member("Doe_12", "Doe_12"), Member("zed", "zed"))
    assert gradebook.members() == (JANE, ABE, *strangers)
    assert [score.member.id for score in gradebook.scores(LATE)] == ["jdoe", "abe", "Doe_12", "zed"]
    assert [score.points for score in gradebook.scores(LATE)] == [1, None, 1, 1]


def test_who_leaves_the_roster_stays_in_the_gradebook(gradebook: Gradebook) -> None:
    gradebook.enrol(Roster((JANE, ABE)))
    gradebook.add(attempt(4))
    renamed = Member("abe", "Abraham", aliases=("a|b", "ü"))
    gradebook.enrol(Roster((Member("zoe", "Zoë"), renamed)))
    assert gradebook.members() == (Member("zoe", "Zoë"), renamed, JANE)
    assert [score.points for score in gradebook.scores(LATE)] == [None, None, 4]


# What counts


def test_best_is_the_best_after_the_penalty(gradebook: Gradebook) -> None:
    """10 points a day late are 9, two days late 8; so 9 of the first day count, tied and sooner."""
    gradebook.add(attempt(10, "a", late=DAY))
    gradebook.add(attempt(10, "b", late=2 * DAY))
    assert (only(gradebook).points, only(gradebook).penalty) == (9, 1)
    gradebook.add(attempt(9, "c"))
    score = only(gradebook)
    assert (score.points, score.raw_points, score.penalty, score.late) == (9, 9, 0, timedelta(0))
    assert score.max_points == 10
    assert score.attempt is not None
    assert score.attempt.digest == "c"


def test_latest_is_the_one_handed_in_last_however_late_and_bad(gradebook: Gradebook) -> None:
    """Neither the best counts nor the one that was graded last."""
    gradebook.add(attempt(2, "b", late=2 * DAY))
    gradebook.add(attempt(10, "a"))
    score = only(gradebook, LATEST)
    assert (score.points, score.raw_points, score.penalty, score.late) == (1.6, 2, 0.4, 2 * DAY)


def test_another_policy_needs_no_grading(gradebook: Gradebook) -> None:
    gradebook.add(attempt(10, late=3 * DAY))
    found = [
        only(gradebook, policy).points
        for policy in (
            Policy(),
            LATE,
            replace(LATE, late=LatePenalty(50, "day", cap=80)),
            replace(LATE, extensions={("jdoe", "exercise1"): Extension(DUE + 2 * DAY)}),
        )
    ]
    assert found == [10, 7, 2, 9]


def test_a_verdict_that_was_replaced_counts_no_more(gradebook: Gradebook) -> None:
    """The checks were wrong, so the same file was graded anew: 10 points became 6."""
    gradebook.add(attempt(10))
    gradebook.add(replace(attempt(6), version="v2"))
    assert only(gradebook).points == only(gradebook, LATEST).points == 6


def test_a_file_handed_in_twice_counts_from_the_first_time(gradebook: Gradebook) -> None:
    """Unless the latest counts, and then from the last."""
    gradebook.add(attempt(10, "a", late=-DAY))
    gradebook.add(attempt(3, "b"))
    gradebook.add(attempt(10, "a", late=DAY))
    assert (only(gradebook).points, only(gradebook).late) == (10, timedelta(0))
    assert (only(gradebook, LATEST).points, only(gradebook, LATEST).late) == (9, DAY)
    counting = only(gradebook).attempt
    assert counting is not None
    assert counting.submitted_at == DUE - DAY


def test_of_submissions_without_a_time_the_one_graded_first_is_the_older(
    gradebook: Gradebook,
) -> None:
    """Grading the older one again does not make it the latest."""
    for points, digest in [(10, "old"), (5, "new"), (8, "old")]:
        gradebook.add(attempt(points, digest, late=None))
    score = only(gradebook, LATEST)
    assert (score.points, score.late) == (5, None)
    assert "nobody knows when it was handed in" in score.note
    assert only(gradebook).points == 8


def test_a_fault_never_replaces_a_score_and_stands_beside_it(gradebook: Gradebook) -> None:
    gradebook.add(attempt(None, "a", fault="no memory left"))
    score = only(gradebook)
    assert (score.points, score.attempt, score.fault) == (None, None, "no memory left")
    gradebook.add(attempt(8, "a"))
    assert (only(gradebook).points, only(gradebook).fault) == (8, "")
    gradebook.add(attempt(None, "b", late=DAY, fault="killed"))
    for policy in (LATE, LATEST):
        assert (only(gradebook, policy).points, only(gradebook, policy).fault) == (8, "killed")


def test_a_fault_is_over_when_that_submission_or_a_newer_one_has_a_verdict(
    gradebook: Gradebook,
) -> None:
    """Grading an older one again does not end it."""
    gradebook.add(attempt(5, "old", late=-3 * DAY))
    gradebook.add(attempt(None, "faulty", late=-2 * DAY, fault="killed"))
    gradebook.add(attempt(6, "old", late=-3 * DAY))
    assert (only(gradebook).points, only(gradebook).fault) == (6, "killed")
    gradebook.add(attempt(4, "newer", late=-DAY))
    assert (only(gradebook).points, only(gradebook).fault) == (6, "")


def test_a_verdict_in_which_the_grader_failed_is_a_fault(gradebook: Gradebook) -> None:
    gradebook.add(attempt(4, "a"))
    gradebook.add(replace(attempt(9, "b"), verdict=verdict(9, broken=True)))
    score = only(gradebook)
    assert (score.points, score.fault) == (4, "the grader failed in c: no memory")


def test_a_fault_without_a_reason_is_a_fault(gradebook: Gradebook) -> None:
    gradebook.add(attempt(None))
    assert only(gradebook).fault == "no more is known"


# What people decide


def test_an_adjusted_score_is_final_and_says_who_and_why(gradebook: Gradebook) -> None:
    gradebook.add(attempt(10, late=5 * DAY))
    gradebook.adjust("jdoe", "exercise1", points=9.5, who="mia", why="the server was down")
    score = only(gradebook)
    assert (score.points, score.penalty, score.raw_points) == (9.5, 0, 10)
    today = datetime.now(UTC).date()
    assert score.note == f"adjusted to 9.5 by mia on {today}: the server was down"
    gradebook.add(attempt(10, "b"))
    assert only(gradebook).points == 9.5


def test_whoever_is_excused_has_no_points(gradebook: Gradebook) -> None:
    """Whether or not there is an attempt."""
    gradebook.excuse("jdoe", "exercise1", who="mia", why="ill")
    assert (only(gradebook).points, only(gradebook).excused) == (None, True)
    gradebook.add(attempt(8))
    score = only(gradebook)
    assert (score.points, score.excused, score.raw_points) == (None, True, 8)
    assert score.note.startswith("excused by mia on ")


def test_the_last_decision_counts_and_all_of_them_are_kept(gradebook: Gradebook) -> None:
    gradebook.add(attempt(8))
    gradebook.adjust("jdoe", "exercise1", points=3, who="mia", why="one")
    gradebook.excuse("jdoe", "exercise1", who="ken", why="two")
    gradebook.adjust("jdoe", "exercise1", points=12, who="mia", why="three")
    assert (only(gradebook).points, only(gradebook).excused) == (12, False)
    gradebook.withdraw("jdoe", "exercise1", who="ken", why="four")
    assert (only(gradebook).points, only(gradebook).note) == (8, "")
    kept = [(d.kind, d.points, d.who, d.why) for d in gradebook.decisions("jdoe")]
    assert kept == [
        ("adjusted", 3, "mia", "one"),
        ("excused", None, "ken", "two"),
        ("adjusted", 12, "mia", "three"),
        ("withdrawn", None, "ken", "four"),
    ]
    assert all(d.at.tzinfo == UTC for d in gradebook.decisions("jdoe"))
    with pytest.raises(UsageError, match="nothing to withdraw"):
        gradebook.withdraw("jdoe", "exercise1", who="ken", why="five")


@pytest.mark.parametrize("points", [-1, float("nan"), float("inf")])
def test_points_below_zero_or_beyond_numbers_are_refused(
    gradebook: Gradebook, points: float
) -> None:
    with pytest.raises(UsageError, match="write a number from 0 up"):
        gradebook.adjust("jdoe", "exercise1", points=points, who="mia", why="x")
    assert list(gradebook.scores(LATE)) == []


@pytest.mark.parametrize(("who", "why", "missing"), [(" ", "ill", "who"), ("mia", "", "why")])
def test_a_decision_without_who_and_why_is_refused(
    gradebook: Gradebook, who: str, why: str, missing: str
) -> None:
    with pytest.raises(UsageError, match=f"`{missing}`"):
        gradebook.excuse("jdoe", "exercise1", who=who, why=why)


def test_an_extension_is_noted(gradebook: Gradebook) -> None:
    extended = replace(LATE, extensions={("jdoe", "exercise1"): Extension(DUE + DAY, "ill")})
    gradebook.add(attempt(8, late=DAY))
    assert only(gradebook, extended).note == "extended to 2026-10-06 22:00+00:00: ill"


def test_one_exercise_or_one_member_can_be_asked_for(gradebook: Gradebook) -> None:
    gradebook.enrol(Roster((JANE, ABE)))
    gradebook.add(attempt(8))
    gradebook.add(attempt(9, exercise="exercise10"))
    asked = [(s.member.id, s.points) for s in gradebook.scores(LATE, "exercise10")]
    assert asked == [("jdoe", 9), ("abe", None)]
    assert [s.points for s in gradebook.scores(LATE, "exercise3")] == [None, None]
    assert [s.points for s in gradebook.scores(LATE, member="jdoe")] == [8, 9]


# The rule once more, in the plainest words

fresh = map(str, count())
events = st.lists(
    st.tuples(
        st.none() | st.integers(0, 10),  # points, or a fault
        st.sampled_from("abc"),
        st.integers(-3, 8).map(lambda thirds: thirds * DAY / 3),
    ),
    max_size=7,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gradebook]:
    with Gradebook(tmp_path_factory.mktemp("rule") / "g.sqlite", write=True) as gradebook:
        yield gradebook


@settings(derandomize=True, database=None, deadline=None, max_examples=150)
@given(
    events, st.sampled_from([LATE, LATEST, Policy(), replace(LATE, late=LatePenalty(40, "day"))])
)
def test_a_score_is_what_the_rule_says(
    shared: Gradebook, events: list[tuple[int | None, str, timedelta]], policy: Policy
) -> None:
    member = next(fresh)
    for points, digest, late in events:
        shared.add(attempt(points, digest, late=late, member=member, fault="" if points else "x"))
    score = next(shared.scores(policy, "exercise1", member=member), None)

    offers = []
    for at, (points, digest, late) in enumerate(events):
        if points is not None:
            valid = next(p for p, d, _ in reversed(events) if d == digest and p is not None)
            days = -(-late // DAY) if late > timedelta(0) and policy.late else 0
            percent = policy.late.percent if policy.late else 0
            offers.append((round(valid * (1 - min(days * percent, 100) / 100), 2), late, at))
    if not offers:
        assert score is None or score.points is None
    elif policy.counts == "best":
        assert score is not None
        assert score.points == max(points for points, _, _ in offers)
    else:
        assert score is not None
        last = max(late for _, late, _ in offers)
        assert score.points in {points for points, late, _ in offers if late == last}


# The file


def beside(path: Path) -> list[str]:
    return sorted(other.name for other in path.parent.iterdir())


def test_a_second_writer_is_refused_and_readers_are_not(path: Path) -> None:
    with Gradebook(path, write=True) as writer:
        writer.add(attempt(3))
        for again in range(2):
            with pytest.raises(UsageError, match=r"another command is writing .*; wait"):
                Gradebook(path, write=True)
            script = f"from grader.gradebook import *; Gradebook(Path({str(path)!r}), write=True)"
            done = python(f"from pathlib import Path\n{script}")
            assert "another command is writing" in done.stderr, again
        with Gradebook(path) as reader:
            reading = reader.attempts()
            next(reading)
            writer.add(attempt(4))
            assert len(list(reader.attempts())) == 2
    with Gradebook(path, write=True) as writer:
        writer.add(attempt(5))


def test_at_rest_the_gradebook_is_one_file(path: Path) -> None:
    with Gradebook(path, write=True) as writer, Gradebook(path) as reader:
        writer.add(attempt(1))
        list(reader.attempts())
        writer.close()
    with Gradebook(path) as reader:
        assert len(list(reader.attempts())) == 1
    assert beside(path) == [path.name]


def test_commits_wait_for_the_disk(gradebook: Gradebook) -> None:
    asked = {name: gradebook._connection.execute(f"PRAGMA {name}").fetchone() for name in PRAGMAS}
    assert asked == PRAGMAS


PRAGMAS = {"journal_mode": ("wal",), "synchronous": (3,), "fullfsync": (1,)}


def test_a_reader_writes_nothing(path: Path) -> None:
    with Gradebook(path, write=True) as gradebook:
        gradebook.add(attempt(1))
    content = path.read_bytes()
    with Gradebook(path) as reader:
        with pytest.raises(UsageError, match="cannot be written"):
            reader.add(attempt(2))
        with pytest.raises(UsageError, match="cannot be written"):
            reader.enrol(Roster((JANE,)))
    assert path.read_bytes() == content


def python(script: str) -> subprocess.CompletedProcess[str]:
    """Run a few lines in another process."""
    words = [sys.executable, "-c", textwrap.dedent(script)]
    return subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603


WRITER = """
import sys
from pathlib import Path
from grader.gradebook import Attempt, Gradebook
with Gradebook(Path(sys.argv[1]), write=True) as gradebook:
    print("ready", flush=True)
    for n in range(int(sys.argv[2]), 100_000):
        gradebook.add(Attempt("jdoe", "exercise1", "x" * 5000, str(n), n, "v", None, "fault"))
        print(n, flush=True)
"""


def test_kill_9_loses_nothing_that_was_added(path: Path) -> None:
    """Wherever it strikes: while the file is made, in the midst of a commit or of a checkpoint."""
    draw = random.Random(0)  # noqa: S311 - moments, no secrets
    kept: list[int] = []
    for lines in (0, 0, 1, 3, 30, 200, 300):
        words = [sys.executable, "-c", WRITER, str(path), str(len(kept))]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as writer:  # noqa: S603
            assert writer.stdout is not None
            said = [writer.stdout.readline() for _ in range(lines)]
            time.sleep(draw.random() / (20 if lines else 4))
            writer.kill()
            said += writer.stdout.readlines()
        promised = [int(line) for line in said if line.strip().isdecimal()]
        with Gradebook(path, write=True) as gradebook:
            kept = [int(attempt.digest) for attempt in gradebook.attempts()]
        assert kept == list(range(len(kept)))
        assert set(promised) <= set(kept)
    assert len(kept) > 500


def test_a_killed_writers_children_do_not_keep_its_lock(path: Path) -> None:
    script = f"""
        import os, signal, time
        from pathlib import Path
        from grader.gradebook import Gradebook
        gradebook = Gradebook(Path({str(path)!r}), write=True)
        child = os.fork()
        if not child:
            os.close(1), os.close(2)
            time.sleep(60)
        print(child, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = python(script)
    child = int(done.stdout)
    try:
        os.kill(child, 0)
        assert done.returncode == -signal.SIGKILL
        with Gradebook(path, write=True) as gradebook:
            gradebook.add(attempt(1))
    finally:
        os.kill(child, signal.SIGKILL)


def filled(path: Path, attempts: int = 50) -> bytes:
    with Gradebook(path, write=True) as gradebook:
        gradebook.enrol(Roster((JANE,)))
        for n in range(attempts):
            gradebook.add(attempt(n % 10, str(n)))
    return path.read_bytes()


def sentences(path: Path) -> list[str]:
    """Return what both kinds of opening say; neither changes the file, nor what lies beside it."""
    before, names = path.read_bytes(), beside(path)
    said = []
    for write in (False, True):
        with pytest.raises(UsageError) as caught, Gradebook(path, write=write) as gradebook:
            list(gradebook.attempts())
        said.append(str(caught.value))
        assert said[-1].isprintable()
        assert str(path) in said[-1]
    assert path.read_bytes() == before
    assert beside(path) == names
    return said


def test_a_truncated_gradebook_is_refused_at_every_length(path: Path) -> None:
    whole = filled(path)
    for length in [
        0,
        1,
        15,
        16,
        99,
        100,
        512,
        1000,
        4095,
        4096,
        4097,
        *range(5000, len(whole), 7777),
    ]:
        path.write_bytes(whole[:length])
        for said in sentences(path):
            assert "is damaged" in said or "is no gradebook" in said, length


def test_a_damaged_page_is_found_before_anything_is_written(path: Path) -> None:
    whole = bytearray(filled(path))
    for page in range(2, len(whole) // 4096):
        path.write_bytes(whole[: page * 4096] + b"\xff" * 4096 + whole[(page + 1) * 4096 :])
        before = path.read_bytes()
        with pytest.raises(UsageError, match="is damaged"):
            Gradebook(path, write=True)
        assert path.read_bytes() == before


def test_a_verdict_that_is_none_is_damage(path: Path) -> None:
    filled(path, 0)
    for text in ("{", "[]", '{"schema": "grader/verdict/v1"}', "7"):
        with closing(sqlite3.connect(path)) as connection, connection:
            row = ("jdoe", "exercise1", "", "", "0", "", "", None, str(DUE), 1, text)
            connection.execute(f"INSERT INTO attempt VALUES (NULL{', ?' * 11})", row)  # noqa: S608
        with Gradebook(path) as gradebook:
            with pytest.raises(UsageError, match="is damaged"):
                list(gradebook.attempts())
            with pytest.raises(UsageError, match="is damaged"):
                list(gradebook.scores(LATE))


def test_another_programs_file_is_left_alone(path: Path) -> None:
    for mode in ("delete", "wal"):
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(f"PRAGMA journal_mode={mode}")
            connection.execute("CREATE TABLE attempt (id)")
        assert all("is no gradebook" in said for said in sentences(path))
    path.write_text("id,name\n" * 1000)
    assert all("is no gradebook" in said for said in sentences(path))


def test_a_newer_graders_gradebook_is_left_alone(path: Path) -> None:
    filled(path, 1)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")
    assert all("was written by a newer grader" in said for said in sentences(path))


def test_what_is_no_file_is_refused(path: Path) -> None:
    with pytest.raises(UsageError, match="there is no gradebook"):
        Gradebook(path)
    with pytest.raises(UsageError, match="cannot be written"):
        Gradebook(path / "deep" / "down", write=True)
    os.mkfifo(path)
    for write in (False, True):
        with pytest.raises(UsageError, match="is no file"):
            Gradebook(path, write=write)
        with pytest.raises(UsageError, match="is no file"):
            Gradebook(path.parent, write=write)


def test_an_odd_name_is_a_name_and_no_address(tmp_path: Path) -> None:
    """A question mark, a percent sign, a line end, and a byte that is no character."""
    for name in ("a?mode=memory", "100%41#.sqlite", "a\nb", os.fsdecode(b"caf\xe9"), "mode=ro&x"):
        with Gradebook(tmp_path / name, write=True) as gradebook:
            gradebook.add(attempt(1))
        with Gradebook(tmp_path / name) as gradebook:
            assert len(list(gradebook.attempts())) == 1
        assert (tmp_path / name).is_file()


def test_a_link_to_a_gradebook_is_that_gradebook(tmp_path: Path, path: Path) -> None:
    """So that its lock is, too."""
    filled(path, 1)
    (tmp_path / "link").symlink_to(path)
    with Gradebook(path, write=True), pytest.raises(UsageError, match="another command"):
        Gradebook(tmp_path / "link", write=True)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Make a folder that everybody can reach."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_what_may_only_be_read_is_read_and_not_written(open_folder: Path) -> None:
    """As somebody for whom permissions count, which is not so for root."""
    path = open_folder / "gradebook.sqlite"
    content = filled(path, 2)
    path.chmod(0o444)
    open_folder.chmod(0o555)
    script = f"""
        import os
        from pathlib import Path
        from grader.gradebook import Gradebook
        if os.getuid() == 0:
            os.setuid(65534)
        path = Path({str(path)!r})
        with Gradebook(path) as gradebook:
            print(len(list(gradebook.attempts())))
        try:
            Gradebook(path, write=True)
        except Exception as error:
            print(type(error).__name__, error)
    """
    found, said = python(script).stdout.splitlines()
    assert found == "2"
    assert said.startswith("UsageError ")
    assert "cannot be written" in said
    assert path.read_bytes() == content
    open_folder.chmod(0o777)
    said = python(script).stdout.splitlines()[1]
    assert "check its permissions" in said
    assert path.read_bytes() == content


def test_a_class_is_read_in_the_memory_of_one_student(path: Path) -> None:
    """Eight times the students, hardly more memory."""
    peaks = []
    for students in (25, 200):
        path.unlink(missing_ok=True)
        with Gradebook(path, write=True) as gradebook:
            gradebook._connection.execute("PRAGMA synchronous=OFF")  # only to be quick
            for n in range(students):
                big = verdict(3)
                checks = (replace(big.checks[0], message="x" * 20_000), *big.checks)
                gradebook.add(
                    replace(attempt(0, member=str(n)), verdict=replace(big, checks=checks))
                )
        with Gradebook(path) as gradebook:
            tracemalloc.start()
            for _ in gradebook.attempts():
                pass
            for _ in gradebook.scores(LATE):
                pass
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < peaks[0] + 200_000, peaks
