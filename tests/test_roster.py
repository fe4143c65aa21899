"""The roster: files as systems and spreadsheets write them, and people by what they are called."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.roster import Member, Roster, read_roster

if TYPE_CHECKING:
    from pathlib import Path

JANE = Member("jdoe", "Jane Doe", "jane@example.org", ("12345", "Participant 7"))
ABEL = Member("abe", "Ábel Kovács-Müller")
ROSTER = Roster((JANE, ABEL, Member("s3", "María José García de la Peña")))


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refusal(tmp_path: Path, text: str | bytes) -> str:
    """Return the sentence with which a roster is refused."""
    with pytest.raises(UsageError) as caught:
        read_roster(write(tmp_path / "roster.csv", text))
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert "roster.csv" in sentence
    assert sentence.endswith(".")
    return sentence


def read(tmp_path: Path, text: str | bytes) -> tuple[Member, ...]:
    return read_roster(write(tmp_path / "roster.csv", text)).members


def test_members_come_in_the_files_order_with_what_it_says_of_them(tmp_path: Path) -> None:
    text = "id,name,email,aliases\nzoe,Zoë,z@x.org,12 | Participant 3\nabe,Abe\n\n"
    zoe = Member("zoe", "Zoë", "z@x.org", ("12", "Participant 3"))
    assert read(tmp_path, text) == (zoe, Member("abe", "Abe"))


@pytest.mark.parametrize(
    ("text", "member"),
    [
        (
            (
                "Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n"
                '"Doe, Jane",12345,S77,jdoe,A\n'
            ),
            Member("12345", "Doe, Jane", "", ("S77", "jdoe")),
        ),
        (
            (
                "Identifier,Full name,Email address,Status,Grade,Maximum grade\n"
                "Participant 123,Jane Doe,j@x.org,,,10\n"
            ),
            Member("Participant 123", "Jane Doe", "j@x.org"),
        ),
        (
            "First Name,Last Name,SID,Email,Role,Section\nJane,Doe,77,j@x.org,Student,1\n",
            Member("77", "Jane Doe", "j@x.org"),
        ),
        ("student_id;last_name;first_name;email\n77;Doe;Jane;\n", Member("77", "Jane Doe")),
        ("E-Mail\tName\nj@x.org\tJane\n", Member("j@x.org", "Jane", "j@x.org")),
        ("username\njdoe\n", Member("jdoe", "jdoe")),
        ("Name,Login,Id\nJane,j2,j1\n", Member("j1", "Jane", "", ("j2",))),
        ("Section ID,Course ID,SID\n1,2,3\n", Member("3", "3")),
    ],
    ids=["Canvas", "Moodle", "Gradescope", "nbgrader", "mail", "one column", "id", "sections"],
)
def test_a_systems_own_download_is_a_roster(tmp_path: Path, text: str, member: Member) -> None:
    assert read(tmp_path, text) == (member,)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_spreadsheets_csv_is_read(
    tmp_path: Path, encoding: str, delimiter: str, end: str
) -> None:
    lines = [["id", "name"], ["j", '"Dœ, Jäne; 雪"'], ["k", "Kay"]]
    text = end.join(delimiter.join(line) for line in lines)
    jane = Member("j", "Dœ, Jäne; 雪")
    assert read(tmp_path, text.encode(encoding)) == (jane, Member("k", "Kay"))


def test_big_endian_utf_16_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xfe\xff" + "id\njörg\n".encode("utf-16-be")) == (
        Member("jörg", "jörg"),
    )


def test_names_are_kept_as_they_are(tmp_path: Path) -> None:
    """A formula is for the exports to defuse, and a mark of direction for whoever shows it."""
    names = ["=HYPERLINK(1)", "+1", "@x", "<b>", "\u202eeno", "\u200cنام"]
    text = "id,name\n" + "".join(f"{n},{name}\n" for n, name in enumerate(names))
    assert [member.name for member in read(tmp_path, text)] == names


def test_blanks_and_line_ends_inside_a_field_are_single_blanks(tmp_path: Path) -> None:
    text = 'id,name\n jdoe ,"  Jane\n\u00a0 Doe "\n'
    assert read(tmp_path, text) == (Member("jdoe", "Jane Doe"),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1, has no column that says who"),
        ("name,grade\nJane,3\n", "line 1, has no column that says who"),
        ("id,name\n", "has nobody below the header"),
        ("id,name\nj,Jane\n,Joe\n", "line 3, says no id"),
        ("id,name\nj,Doe, Jane\n", "line 2, has more columns than the header"),
        ("id\na\nb\n\nA\n", "line 5, has the id A of line 2 again"),
        ("id\nﬁ\nfi\n", "line 3, has the id fi of line 2 again"),
        ('id,name\nj,"Jane\n', "is not CSV"),
        ('id,name\nj,"Jane"x\n', "line 2, is not CSV"),
        ("id\n" + "x" * 201, "line 2, has a text of 201 characters"),
        ("id,name\nj," + "x" * 200_000, "line 2, is not CSV (field larger"),
        ("id\nj\0\n", "line 2, has the character U+0000"),
        ("id,name\nj,Jane\x1b[2J\n", "line 2, has the character U+001B"),
        ("id\nj\u202e\n", "line 2, has the character U+202E"),
        ("id,email\nj,x\u200b@x.org\n", "line 2, has the character U+200B"),
        (b"id\nj\xe9\n", "line 2, is not UTF-8 text; save it as"),
        (b"\xff\xfei\0d\0\n\0\0\xd8", "is not UTF-16 text"),
        ("id\n".encode("utf-16-le"), "has no column"),
        (b"x" * 10_000_001, "is larger than 10 MB"),
    ],
)
def test_what_is_no_roster_is_refused_with_its_line(
    tmp_path: Path, text: str | bytes, says: str
) -> None:
    assert says in refusal(tmp_path, text)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """None of them is waited for."""
    os.mkfifo(tmp_path / "pipe")
    for name, says in [("pipe", "is no file"), (".", "is no file"), ("gone", "cannot be read")]:
        with pytest.raises(UsageError, match=says):
            read_roster(tmp_path / name)


@settings(derandomize=True, database=None, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: f"id,name\n{text}".encode()))
def test_any_bytes_are_a_roster_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    path = write(tmp_path_factory.getbasetemp() / "any.csv", raw)
    sentence = ""
    try:
        roster = read_roster(path)
    except UsageError as error:
        roster, sentence = Roster(()), str(error)
    assert sentence.isprintable()
    assert bool(roster.members) != bool(sentence)
    assert all(roster.find(member.id) == member for member in roster.members)


@pytest.mark.parametrize(
    ("clue", "found"),
    [
        ("jdoe", JANE),
        (" JDOE ", JANE),
        ("12345", JANE),
        ("participant 7", JANE),
        ("Jane@Example.org", JANE),
        ("Jane Doe", JANE),
        ("Doe, Jane", JANE),
        ("doe jane", JANE),
        ("doejane", JANE),
        ("jane_doe", JANE),
        ("abel kovacs muller", ABEL),
        ("KovacsMullerAbel", ABEL),
        ("A\u0301bel Kova\u0301cs-Mu\u0308ller", ABEL),
        ("García de la Peña, María José", ROSTER.members[2]),
        ("garciadelapenamariajose", ROSTER.members[2]),
        ("\u202eJane\u200b Doe", JANE),
        ("Jane", None),
        ("Doe", None),
        ("123", None),
        ("", None),
        ("?!", None),
    ],
)
def test_people_are_found_by_what_systems_call_them(clue: str, found: Member | None) -> None:
    assert ROSTER.find(clue) == found


def test_two_who_fit_are_nobody() -> None:
    """Neither a shared name nor a shared address is guessed at; their ids still work."""
    one, two = Member("1", "Jane Doe", "home@x.org"), Member("2", "Doe Jane", "home@x.org")
    roster = Roster((one, two))
    for clue in ("Jane Doe", "doejane", "home@x.org"):
        assert roster.find(clue) is None
    assert roster.find("2") == two
    assert roster.find("1", "Jane Doe") == one


def test_who_takes_anothers_id_for_a_name_is_not_taken_for_them() -> None:
    """Mallory's system knows her number; the name is of her choosing."""
    bob, mallory = Member("17", "Bob", aliases=("bob",)), Member("18", "Mallory")
    roster = Roster((bob, mallory))
    assert roster.find("18", "bob") is None
    assert roster.find("18", "Bob's friend") == mallory
    posing = Roster((bob, Member("18", "Mallory", aliases=("17",))))
    assert posing.find("17") == bob


def test_nobody_is_found_among_nobody() -> None:
    assert Roster(()).find("jdoe", "Jane") is None


def test_to_pick_somebody_who_is_not_there_says_so() -> None:
    assert ROSTER.pick("doejane") == JANE
    with pytest.raises(UsageError, match=r"x\\x1b. is nobody's name here, or several"):
        ROSTER.pick("x\x1b")
