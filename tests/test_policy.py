"""The policy: numbers worked out by hand, and every file that is refused."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.policy import Extension, LatePenalty, Policy, read_policy

if TYPE_CHECKING:
    from pathlib import Path

ZURICH = ZoneInfo("Europe/Zurich")
DUE = datetime(2026, 10, 5, 23, 59, tzinfo=ZURICH)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)

TOML = """
counts = "latest"
timezone = "Europe/Zurich"
[due]
exercise1 = 2026-10-05T23:59:00
exercise2 = 2026-10-05T23:59:00-05:00
gpu1 = 2026-10-05T23:59:00Z
[late]
percent = 10
per = "hour"
grace_minutes = 15
cap = 50
[[extension]]
member = "jdoe"
exercise = "exercise1"
until = 2026-10-09T12:00:00
why = "ill"
"""


def policy(per: str = "day", due: datetime = DUE, **late: float) -> Policy:
    grace = timedelta(minutes=late.pop("grace", 0))
    return Policy(
        due={"e1": due}, late=LatePenalty(late.get("percent", 10), per, grace, late.get("cap", 100))
    )


def lost(policy: Policy, late: timedelta, points: float = 20) -> float:
    """Return what an attempt loses that comes so long after its due date."""
    due = policy.due["e1"]
    return policy.penalty(points, "jdoe", "e1", due.astimezone(UTC) + late)


@pytest.mark.parametrize(
    ("per", "late", "penalty"),
    [
        ("day", -DAY, 0),
        ("day", 0 * SECOND, 0),
        ("day", timedelta(microseconds=1), 2),
        ("day", DAY, 2),
        ("day", DAY + SECOND, 4),
        ("day", 9 * DAY, 18),
        ("day", 10 * DAY, 20),
        ("day", 400 * DAY, 20),
        ("hour", 0 * SECOND, 0),
        ("hour", SECOND, 2),
        ("hour", HOUR, 2),
        ("hour", HOUR + SECOND, 4),
        ("hour", DAY, 20),
    ],
)
def test_each_unit_that_has_begun_costs_ten_percent(
    per: str, late: timedelta, penalty: float
) -> None:
    assert lost(policy(per), late) == penalty


@pytest.mark.parametrize(
    ("minutes", "penalty"), [(0, 0), (14, 0), (15, 0), (15.001, 2), (60, 2), (61, 4)]
)
def test_grace_forgives_a_little_and_nothing_of_more(minutes: float, penalty: float) -> None:
    """Beyond it, lateness counts from the due date itself."""
    assert lost(policy("hour", grace=15), timedelta(minutes=minutes)) == penalty


def test_a_grace_longer_than_a_unit_ends_in_a_step() -> None:
    """Up to 150 minutes free, then three hours begun."""
    assert lost(policy("hour", grace=150), 150 * 60 * SECOND) == 0
    assert lost(policy("hour", grace=150), 150 * 60 * SECOND + SECOND) == 6


@pytest.mark.parametrize(("days", "penalty"), [(4, 8), (5, 9), (6, 9), (100, 9)])
def test_the_penalty_never_exceeds_its_cap(days: int, penalty: float) -> None:
    assert lost(policy(cap=45), days * DAY) == penalty


def test_a_penalty_is_of_the_attempts_own_points_and_has_two_decimals() -> None:
    """7 · 3.3 % = 0.231 and 1 · 12.5 % = 0.125, a tie that goes to the even 0.12."""
    assert lost(policy(percent=3.3), SECOND, points=7) == 0.23
    assert lost(policy(percent=12.5), SECOND, points=1) == 0.12
    assert lost(policy(), SECOND, points=0) == 0


@pytest.mark.parametrize(
    ("due", "elapsed"),
    [
        (datetime(2026, 10, 24, 23, 59, tzinfo=ZURICH), 25 * HOUR),
        (datetime(2026, 3, 28, 23, 59, tzinfo=ZURICH), 23 * HOUR),
        (datetime(2026, 6, 1, 23, 59, tzinfo=ZURICH), 24 * HOUR),
    ],
    ids=["clocks go back", "clocks go forward", "an ordinary night"],
)
def test_a_day_ends_at_the_due_dates_time_of_day(due: datetime, elapsed: timedelta) -> None:
    """At 23:59 of the next day one day has begun, a second later two, however long the night."""
    assert lost(policy(due=due), elapsed) == 2
    assert lost(policy(due=due), elapsed + SECOND) == 4
    assert lost(policy(due=due), elapsed + DAY) == 4
    assert lost(policy(due=due), elapsed + DAY + SECOND) == 6


def test_an_hour_is_an_hour_when_clocks_change() -> None:
    """02:30 comes twice: half an hour, and one and a half, after 02:00."""
    due = datetime(2026, 10, 25, 2, 0, tzinfo=ZURICH)
    first, second = (datetime(2026, 10, 25, 2, 30, tzinfo=ZURICH, fold=fold) for fold in (0, 1))
    hourly = policy("hour", due=due)
    assert hourly.lateness("jdoe", "e1", first) == HOUR / 2
    assert hourly.lateness("jdoe", "e1", second) == 1.5 * HOUR
    assert hourly.penalty(20, "jdoe", "e1", first) == 2
    assert hourly.penalty(20, "jdoe", "e1", second) == 4
    assert policy("day", due=due).penalty(20, "jdoe", "e1", second) == 2


def test_it_makes_no_difference_in_which_zone_a_time_is_told() -> None:
    """The same moment in three zones."""
    moment = DUE.astimezone(UTC) + 30 * HOUR
    for zone in (UTC, ZURICH, ZoneInfo("Asia/Kolkata")):
        assert policy().penalty(20, "jdoe", "e1", moment.astimezone(zone)) == 4


def test_nobody_is_late_where_nothing_is_due_or_no_time_is_known() -> None:
    late = DUE + DAY
    assert policy().lateness("jdoe", "other", late) is None
    assert policy().penalty(20, "jdoe", "other", late) == 0
    assert policy().lateness("jdoe", "e1", None) is None
    assert policy().penalty(20, "jdoe", "e1", None) == 0
    assert Policy(due={"e1": DUE}).lateness("jdoe", "e1", late) == DAY
    assert Policy(due={"e1": DUE}).penalty(20, "jdoe", "e1", late) == 0
    assert policy().lateness("jdoe", "e1", DUE - DAY) == timedelta(0)


def test_an_extension_is_for_one_member_and_exercise() -> None:
    extended = Policy(
        due={"e1": DUE, "e2": DUE},
        extensions={("jdoe", "e1"): Extension(DUE + DAY)},
        late=LatePenalty(10, "day"),
    )
    moment = DUE + DAY + SECOND
    assert extended.penalty(20, "jdoe", "e1", moment) == 2
    assert extended.penalty(20, "jdoe", "e2", moment) == 4
    assert extended.penalty(20, "abe", "e1", moment) == 4


@settings(derandomize=True, database=None, deadline=None)
@given(
    per=st.sampled_from(["day", "hour"]),
    due=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    minutes=st.lists(st.integers(-2000, 20_000), min_size=2, max_size=2).map(sorted),
    percent=st.integers(0, 100),
    cap=st.integers(0, 100),
)
def test_later_never_costs_less_nor_more_than_the_cap(
    per: str, due: datetime, minutes: list[int], percent: int, cap: int
) -> None:
    late = policy(per, due.replace(tzinfo=ZURICH), percent=percent, cap=cap)
    sooner, later = (lost(late, timedelta(minutes=m)) for m in minutes)
    assert 0 <= sooner <= later <= 20 * cap / 100


def read(tmp_path: Path, text: str) -> Policy:
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return read_policy(path)


def test_a_file_says_all_of_it(tmp_path: Path) -> None:
    assert read(tmp_path, TOML) == Policy(
        counts="latest",
        due={
            "exercise1": DUE,
            "exercise2": datetime(2026, 10, 6, 4, 59, tzinfo=UTC),
            "gpu1": datetime(2026, 10, 5, 23, 59, tzinfo=UTC),
        },
        extensions={
            ("jdoe", "exercise1"): Extension(datetime(2026, 10, 9, 12, tzinfo=ZURICH), "ill")
        },
        late=LatePenalty(10, "hour", timedelta(minutes=15), 50),
    )


def test_all_of_a_file_is_optional(tmp_path: Path) -> None:
    assert read_policy(None) == read(tmp_path, "") == Policy()
    assert read(tmp_path, '[late]\npercent = 5\nper = "day"').late == LatePenalty(5, "day")


def test_the_example_on_top_of_the_module_is_a_policy(tmp_path: Path) -> None:
    from grader import policy as module

    example = (module.__doc__ or "").partition("\n\n")[2].rpartition("\n\n")[0]
    assert len(read(tmp_path, example).due) == 2


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"latest"', '"last"', '`counts` is \'last\'; write "best" or "latest"'),
        ("counts", "count", "'count' is not known in the file"),
        ('timezone = "Europe/Zurich"', "", "the due date of exercise1 says no time zone; add"),
        ("Europe/Zurich", "Europe/Zürich", "which nobody knows here"),
        ("Europe/Zurich", "../../etc/passwd", "which nobody knows here"),
        ("Europe/Zurich", "Europe", "which nobody knows here"),
        ("Europe/Zurich", "", "which nobody knows here"),
        ('"Europe/Zurich"', "1", "which nobody knows here"),
        ("2026-10-05T23:59:00\n", "2026-10-05\n", "the due date of exercise1 has no time of day"),
        ("2026-10-05T23:59:00\n", '"2026-10-05T23:59:00"\n', "is no date; write it without quotes"),
        ("2026-10-05T23:59:00\n", "2026-13-05T23:59:00\n", "is not TOML"),
        ("2026-10-05T23:59:00\n", "0001-01-01T00:00:00\n", "is in the year 1;"),
        ("2026-10-05T23:59:00\n", "9999-12-31T00:00:00-05:00\n", "is in the year 9999"),
        ("exercise2", '"8"', "'8' in [due] is no exercise's id"),
        ("exercise2", "backprop", "such as exercise8"),
        ("percent = 10", "", "`percent` in [late] is missing"),
        ("percent = 10", "percent = 101", "`percent` in [late] is 101; write a number from 0"),
        ("percent = 10", "percent = -1", "write a number from 0 to 100"),
        ("percent = 10", "percent = nan", "write a number from 0 to 100"),
        ("percent = 10", "percent = true", "write a number from 0 to 100"),
        ("cap = 50", 'cap = "50"', "`cap` in [late]"),
        ("grace_minutes = 15", "grace_minutes = inf", "`grace_minutes` in [late]"),
        ("grace_minutes", "grace", "'grace' is not known in [late]"),
        ('"hour"', '"week"', "`per` in [late] is missing or unknown"),
        ('"hour"', "[]", "`per` in [late] is missing or unknown"),
        ("[late]\n", "[[late]]\n", "`late` is not a table"),
        ("[[extension]]", "[extension]", "`extension` is no list"),
        ('member = "jdoe"', "", "extension 1 names no member"),
        ('member = "jdoe"', "member = 5", "extension 1 names no member"),
        ('why = "ill"', "why = 5", "extension 1 names no member"),
        ('exercise = "exercise1"', 'exercise = "exercise9"', "which has no due date"),
        ('exercise = "exercise1"', "exercise = []", "which has no due date"),
        ("until = 2026-10-09T12:00:00", "", "`until` of extension 1 is no date"),
        ("2026-10-09T12:00:00", "2026-10-01T12:00:00", "ends before exercise1 is due"),
        (TOML, TOML + TOML[TOML.index("[[") :], "extension 2 is the second for 'jdoe'"),
        (TOML, "a = " + "[" * 10_000, "nested too deeply"),
    ],
)
def test_a_malformed_policy_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in TOML
    with pytest.raises(UsageError) as caught:
        read(tmp_path, TOML.replace(old, new, 1))
    sentence = str(caught.value)
    assert says in sentence
    assert sentence.startswith(str(tmp_path / "policy.toml"))
    assert sentence.endswith(".")
    assert sentence.isprintable()


def test_what_is_no_text_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'counts = "\xe9"')
    os.mkfifo(tmp_path / "pipe")
    for name, says in [("latin", "UTF-8"), ("gone", "cannot be read"), (".", "is no file")]:
        with pytest.raises(UsageError, match=says):
            read_policy(tmp_path / name)
    with pytest.raises(UsageError, match="is no file"):
        read_policy(tmp_path / "pipe")
