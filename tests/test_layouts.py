"""Who handed in what: the systems' downloads, renamed files, and archives that are not fit."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader import archives, layouts
from grader.course import Exercise, find_course, find_exercise
from grader.errors import UsageError
from grader.layouts import Found, find_submissions
from grader.roster import Member, Roster

ROOT = find_course(Path(__file__))
ADAM = find_exercise(ROOT, "adam")
DENSE = find_exercise(ROOT, "dense")
BOTH = [DENSE, ADAM]
JANE = Member("jdoe", "Jane Doe", "jane@uni.edu", ("12345", "Participant 123456"))
ROSTER = Roster((JANE, Member("abe", "Ábel Kovács")))
SOURCE = {exercise.id: exercise.stub.read_text("utf-8") for exercise in BOTH}

Lay = Callable[..., Path]
Find = Callable[..., list[Found]]


@pytest.fixture
def find(tmp_path: Path) -> Find:
    """Find submissions, unpacking into a folder of the test's own."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def call(
        folder: Path, exercises: list[Exercise] = BOTH, roster: Roster | None = None
    ) -> list[Found]:
        return find_submissions(folder, exercises, roster, scratch=scratch)

    return call


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Lay out a class's folder."""

    def make(**files: str | bytes) -> Path:
        return write(tmp_path / "class", files)

    return make


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def zipped(files: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def who(found: list[Found]) -> list[tuple[str, str, str]]:
    """Tell each as (who, exercise, file name)."""
    assert all(not each.problem for each in found), found
    return [(each.id, each.exercise.id if each.exercise else "", each.path.name) for each in found]


def problem(found: list[Found]) -> str:
    (only,) = found
    assert only.problem.isprintable()
    assert only.problem.endswith(".")
    return only.problem


# Layouts


def test_a_folder_for_each_student_has_their_files(lay: Lay, find: Find) -> None:
    folder = lay(**{"jane/adam.py": "", "jane/dense.py": "", "bo/adam.ipynb": "{}", "empty/.x": ""})
    assert who(find(folder)) == [
        ("bo", "exercise8", "adam.ipynb"),
        ("jane", "exercise3", "dense.py"),
        ("jane", "exercise8", "adam.py"),
    ]
    assert who(find(folder, [DENSE])) == [("jane", "exercise3", "dense.py")]


def test_a_canvas_download_names_user_attachment_and_resubmission(lay: Lay, find: Find) -> None:
    folder = lay(
        **{
            "doejane_LATE_12345_67890_adam-2.py": "",
            "doejane_12345_67000_adam-1.py": "",
            "kovács_777_67891_adam.py": "",
            "anon_x7Yq2_67892_adam.py": "",
            "LATE_anon_B8kk2_67893_adam.py": "",
        }
    )
    found = find(folder, [ADAM], ROSTER)
    assert who(found) == [
        ("anon_B8kk2", "exercise8", "LATE_anon_B8kk2_67893_adam.py"),
        ("anon_x7Yq2", "exercise8", "anon_x7Yq2_67892_adam.py"),
        ("jdoe", "exercise8", "doejane_LATE_12345_67890_adam-2.py"),
        ("kovács_777", "exercise8", "kovács_777_67891_adam.py"),
    ]
    assert found[2].member == JANE
    assert found[2].note == "the latest of adam-1.py, adam-2.py"
    assert found[3].member is None


def test_a_moodle_download_names_person_and_number(lay: Lay, find: Find) -> None:
    folder = lay(
        **{
            "Jane X_123456_assignsubmission_file_/adam.py": "",
            "Jane X_123456_assignsubmission_onlinetext_/onlinetext.html": "",
            "Kovács Ábel_99_assignsubmission_file_adam.py": "",
        }
    )
    assert who(find(folder, [ADAM], ROSTER)) == [
        ("jdoe", "exercise8", "adam.py"),
        ("abe", "exercise8", "Kovács Ábel_99_assignsubmission_file_adam.py"),
    ]
    assert [each.label for each in find(folder, [ADAM])] == ["Jane X_123456", "Kovács Ábel_99"]


METADATA = """\
submission_1:
  :submitters:
  - :name: Jane Doe
    :sid: '0012'
    :email: JANE@uni.edu
  - :name: No
    :sid: 333
  :created_at: 2026-04-26 17:34:00.861687000 Z
  :results:
    output: |-
      ====
      &a [*a, *a]
submission_2:
  :submitters: []
submission_3: nonsense
"""


def test_a_gradescope_download_says_who_and_when(lay: Lay, find: Find) -> None:
    folder = lay(
        **{
            "assignment_1_export/submission_metadata.yml": METADATA,
            "assignment_1_export/submission_1/adam.py": "",
            "assignment_1_export/submission_2/adam.py": "",
            "assignment_1_export/submission_3/adam.py": "",
        }
    )
    found = find(folder, [ADAM], ROSTER)
    assert [each.id for each in found] == ["jdoe", "333", "submission_2", "submission_3"]
    when = datetime(2026, 4, 26, 17, 34, 0, 861687, tzinfo=UTC)
    assert [each.submitted_at for each in found] == [when, when, None, None]


@pytest.mark.parametrize("text", ["a: [", "[" * 100_000, "a: b: c", "\x00"])
def test_metadata_that_gradescope_never_wrote_is_refused(lay: Lay, find: Find, text: str) -> None:
    folder = lay(**{"submission_metadata.yml": text, "submission_1/adam.py": ""})
    with pytest.raises(UsageError, match="is not what Gradescope writes; download it again"):
        find(folder)


def test_metadata_cannot_point_out_of_the_folder(lay: Lay, find: Find, tmp_path: Path) -> None:
    write(tmp_path / "secret", {"adam.py": ""})
    folder = lay(**{"submission_metadata.yml": "../secret:\n  :submitters: []\n"})
    assert find(folder) == []


def test_a_file_or_a_zip_by_itself_is_named_for_its_student(lay: Lay, find: Find) -> None:
    folder = lay(
        **{
            "jane.py": SOURCE["exercise8"],
            "bo.zip": zipped({"work/adam.py": "", "work/data.csv": "1"}),
            "roster.csv": "id,name\n",
        }
    )
    assert who(find(folder)) == [("bo", "exercise8", "adam.py"), ("jane", "exercise8", "jane.py")]


@pytest.mark.parametrize("wrap", ["", "class/"])
def test_a_zip_of_a_class_is_as_good_as_its_folder(tmp_path: Path, find: Find, wrap: str) -> None:
    path = tmp_path / "class (1).zip"
    path.write_bytes(
        zipped(
            {
                f"{wrap}12_1_2_x.txt": "",
                f"{wrap}doe_12345_1_adam.py": "",
                f"{wrap}bo_2_3_work.zip": zipped({"adam.py": ""}),
                f"__MACOSX/{wrap}._doe_12345_1_adam.py": "\0\5",
            }
        )
    )
    found = find(path, [ADAM], ROSTER)
    assert [each.id for each in found if not each.problem] == ["bo_2", "jdoe"]
    assert not any("_.doe" in each.label for each in found)


def test_what_is_neither_folder_nor_zip_is_refused(tmp_path: Path, find: Find) -> None:
    with pytest.raises(UsageError, match="is neither a folder nor a zip file; check the name"):
        find(tmp_path / "nowhere")
    (tmp_path / "x.zip").write_bytes(b"PK")
    with pytest.raises(UsageError, match=r"is no zip file that can be read .*; unpack it yourself"):
        find(tmp_path / "x.zip")


def test_what_macos_leaves_behind_is_not_handed_in(lay: Lay, find: Find) -> None:
    junk = [
        "jane/.DS_Store",
        "__MACOSX/jane/._adam.py",
        "jane/._adam.py",
        "._jane",
        "jane/.git/adam.py",
    ]
    folder = lay(
        **dict.fromkeys(junk, "x"), **{"jane/__pycache__/adam.py": "", "jane/adam.py": "1"}
    )
    (found,) = find(folder)
    assert found.path.read_text() == "1"


# Who


def test_two_folders_of_one_person_are_one_person(lay: Lay, find: Find) -> None:
    folder = lay(**{"Jane Doe/adam.py": "old", "jdoe/adam-1.py": "new"})
    (found,) = find(folder, BOTH, ROSTER)
    assert (found.id, found.path.read_text()) == ("jdoe", "new")


def test_nobody_gets_into_anothers_place_by_their_name(lay: Lay, find: Find) -> None:
    """The system knows a stranger whose e-mail is the id of somebody on the roster."""
    folder = lay(
        **{
            "submission_metadata.yml": "s1:\n  :submitters:\n  - :email: x\n    :sid: '1'\n",
            "s1/adam.py": "",
        }
    )
    twins = Roster((Member("1", "A"), Member("x", "B")))
    for found in find(folder, BOTH, twins):
        assert found.member is not None or twins.find(found.label) is None


def test_a_student_cannot_hand_in_for_another_by_the_names_of_files(lay: Lay, find: Find) -> None:
    metadata = "adam.py:\n  :submitters:\n  - :email: jane@uni.edu\n"
    folder = lay(
        **{
            "mallory/submission_metadata.yml": metadata,
            "mallory/doejane_12345_67890_adam.py": "",
            "mallory/Jane Doe_123456_assignsubmission_file_/adam.py": "",
        }
    )
    assert {each.id for each in find(folder, [ADAM], ROSTER)} == {"mallory"}
    assert {each.id for each in find(folder / "mallory", [ADAM], ROSTER)} >= {"jdoe"}


def test_a_label_has_no_control_characters(lay: Lay, find: Find) -> None:
    folder = lay(**{"ja\x1b[2Jne\n/adam.py": ""})
    (found,) = find(folder)
    assert found.label == "ja\\x1b[2Jne\\n"


# Which file


@pytest.mark.parametrize(
    "name",
    [
        "adam.py", "Adam.PY", "adam-1.py", "adam (2).py", "adam_(2).py", "exercise8.py",
        "Exercise 8.ipynb", "08_adam.py", "exercise-8.py",
    ],
)  # fmt: skip
def test_a_name_says_which_exercise_it_is(lay: Lay, find: Find, name: str) -> None:
    assert who(find(lay(**{f"jane/{name}": ""}))) == [("jane", "exercise8", name)]


def test_a_renamed_file_is_found_by_what_it_defines(lay: Lay, find: Find) -> None:
    notebook = '{"cells": [{"source": ["' + SOURCE["exercise3"].replace("\n", "\\n") + '"]}]}'
    folder = lay(
        **{"jane/final_v2.py": SOURCE["exercise8"], "jane/hw.ipynb": notebook, "jane/x.py": "1"}
    )
    assert who(find(folder)) == [
        ("jane", "exercise3", "hw.ipynb"),
        ("jane", "exercise8", "final_v2.py"),
    ]


def test_a_name_counts_more_than_what_is_in_the_file(lay: Lay, find: Find) -> None:
    folder = lay(
        **{
            "jane/adam.py": "",
            "jane/copy.py": SOURCE["exercise8"],
            "jane/dense.py": SOURCE["exercise8"],
        }
    )
    assert who(find(folder, [ADAM])) == [("jane", "exercise8", "adam.py")]


def test_a_file_of_another_exercise_is_not_taken_for_the_one_that_is_graded(
    lay: Lay, find: Find
) -> None:
    folder = lay(**{"jane/optimizers.py": SOURCE["exercise8"]})
    assert find(folder, [ADAM]) == []


def test_the_folder_says_it_where_nothing_else_does(lay: Lay, find: Find) -> None:
    folder = lay(**{"jane/exercise8/work.py": "", "bo/adam/a.py": "", "bo/adam/b.py": ""})
    jane = [each for each in find(folder) if each.id == "jane"]
    assert who(jane) == [("jane", "exercise8", "work.py")]
    assert [each.exercise for each in find(folder) if each.id == "bo"] == [None]


def test_the_only_file_is_meant_where_one_exercise_is_graded(lay: Lay, find: Find) -> None:
    folder = lay(**{"jane/homework.py": "def broken(:"})
    assert who(find(folder, [ADAM])) == [("jane", "exercise8", "homework.py")]
    assert "nothing here looks like" in problem(find(folder, BOTH))


@pytest.mark.parametrize("newer", ["adam-2.py", "adam.ipynb", "adam (3).py"])
def test_of_several_files_the_latest_counts_and_that_is_said(
    lay: Lay, find: Find, newer: str
) -> None:
    folder = lay(**{"jane/adam.py": "", f"jane/{newer}": ""})
    os.utime(folder / "jane/adam.py", (1e9, 1e9))
    os.utime(folder / "jane" / newer, (1.1e9, 1.1e9))
    (found,) = find(folder)
    assert found.path.name == newer
    assert found.note.startswith("the latest of ")


def test_something_else_handed_in_is_told(lay: Lay, find: Find) -> None:
    folder = lay(**{"doe_12345_1_essay.docx": "x"})
    assert problem(find(folder, BOTH, ROSTER)) == (
        "essay.docx: nothing here looks like dense.py or adam.py."
    )


# What is not fit


def entry(name: str, mode: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def with_entry(name: str, mode: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("adam.py", "")
        archive.writestr(entry(name, mode), "/etc/passwd")
    return buffer.getvalue()


def twice() -> bytes:
    raw = zipped({"adam.py": "1", "bdam.py": "2"}, zipfile.ZIP_STORED)
    return raw.replace(b"bdam.py", b"adam.py")


def encrypted() -> bytes:
    raw = bytearray(zipped({"adam.py": "x"}))
    at = raw.index(b"PK\1\2")
    raw[at + 8] |= 1
    return bytes(raw)


def overlapping() -> bytes:
    """Many entries that share one body, as in the zip bombs without nesting."""
    raw = zipped({"adam.py": "0" * 100, "bdam.py": "0" * 100}, zipfile.ZIP_STORED)
    first, second = raw.index(b"PK\1\2"), raw.rindex(b"PK\1\2")
    offset = raw[first + 42 : first + 46]
    return raw[: second + 42] + offset + raw[second + 46 :]


def long_directory() -> bytes:
    """A directory that says it has a gigabyte, by the fields of large archives."""
    raw = zipped({"adam.py": ""})
    end = raw.rindex(b"PK\5\6")
    size = archives.MAX_DIRECTORY + 10
    return raw[:end] + bytes(size) + raw[end : end + 12] + struct.pack("<I", size) + raw[end + 16 :]


BAD = {
    "not a zip": (b"hello", "is no zip file that can be read (File is not a zip file)"),
    "half of one": (zipped({"adam.py": "x" * 999})[:90], "is no zip file that can be read"),
    "upwards": (with_entry("../evil.py"), "an entry, ../evil.py, that leads out of the archive"),
    "upwards inside": (with_entry("a/../../evil.py"), "leads out of the archive"),
    "upwards, as Windows writes": (with_entry("..\\evil.py"), "leads out of the archive"),
    "absolute": (with_entry("/etc/evil.py"), "leads out of the archive"),
    "a drive": (with_entry("C:/evil.py"), "leads out of the archive"),
    "a link": (with_entry("adam2.py", stat.S_IFLNK | 0o777), "is a link or a device"),
    "a device": (with_entry("null", stat.S_IFCHR | 0o666), "is a link or a device"),
    "a pipe": (with_entry("pipe.py", stat.S_IFIFO | 0o666), "is a link or a device"),
    "one name twice": (twice(), "has an entry, adam.py, that is there more than once"),
    "two spellings": (with_entry("ADAM.py"), "that is there more than once"),
    "a password": (encrypted(), "has an entry, adam.py, that is encrypted"),
    "odd compression": (zipped({"adam.py": ""}, zipfile.ZIP_LZMA), "compressed in an unusual way"),
    "overlapping": (overlapping(), "has entries that lie on top of each other"),
    "a long list": (long_directory(), "(its list of files is too long)"),
    "many entries": (zipped({str(n): "" for n in range(10_001)}), "more than 10,000 entries"),
    "a bomb": (
        zipped({f"{n}.ipynb": b"0" * 19_000_000 for n in range(6)}),
        "unpacks to more than 100 MB",
    ),
    "nested": (zipped({"a.zip": zipped({"adam.py": ""})}), "a.zip is a zip inside a zip"),
    "a folder in place of a file": (
        zipped({"a.py": "", "a.py/b.py": ""}),
        "is no zip file that can be read",
    ),
    "endless names": (with_entry("a" * 5000 + ".py"), "is no zip file that can be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_an_archive_that_is_not_fit_costs_only_its_own_student(
    lay: Lay, find: Find, tmp_path: Path, name: str
) -> None:
    raw, why = BAD[name]
    folder = lay(**{"evil/work.zip": raw, "jane/adam.py": ""})
    evil, jane = sorted(find(folder, [ADAM]), key=lambda each: each.id)
    assert (jane.id, jane.problem) == ("jane", "")
    assert evil.exercise == ADAM
    assert why in evil.problem
    assert evil.problem.endswith("; hand in the files themselves.")
    assert evil.problem.isprintable()
    outside = {path.name for path in tmp_path.rglob("*.py")} - {"adam.py"}
    assert outside <= {"a.py"}


@pytest.mark.parametrize("name", ["upwards", "a link", "one name twice"])
def test_a_bad_entry_in_a_whole_classs_zip_costs_only_itself(
    find: Find, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "class.zip"
    path.write_bytes(BAD[name][0])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("jane/adam.py", "")
    found = find(path, [ADAM])
    assert ("jane", "exercise8", "adam.py") in who([each for each in found if not each.problem])
    assert any("; unpack it yourself." in each.problem for each in found)


def test_a_file_too_large_is_unpacked_just_far_enough_to_be_refused(lay: Lay, find: Find) -> None:
    folder = lay(**{"evil.zip": zipped({"adam.py": b"0" * 50_000_000})})
    (found,) = find(folder)
    assert found.path.stat().st_size == 1_000_001


def test_a_refused_archive_beside_a_fit_file_changes_nothing(lay: Lay, find: Find) -> None:
    folder = lay(**{"jane/adam.zip": b"", "jane/adam.py": ""})
    assert who(find(folder)) == [("jane", "exercise8", "adam.py")]


def test_the_name_of_a_refused_archive_says_which_exercise_it_was_for(lay: Lay, find: Find) -> None:
    (found,) = find(lay(**{"doe_12345_6_adam.zip": b"x"}))
    assert found.exercise == ADAM
    assert found.problem.startswith("adam.zip is no zip file")


def test_links_are_not_followed(lay: Lay, find: Find, tmp_path: Path) -> None:
    write(tmp_path / "secret", {"adam.py": "", "x.zip": zipped({"adam.py": ""})})
    folder = lay(**{"jane/readme.txt": ""})
    (folder / "jane/away").symlink_to(tmp_path / "secret")
    (folder / "bo").symlink_to(tmp_path / "secret")
    (folder / "jim.zip").symlink_to(tmp_path / "secret/x.zip")
    assert {each.id: each.problem for each in find(folder, [ADAM])} == {
        "bo": "bo is a symbolic link; hand in what it points to.",
        "jane": "away is a symbolic link; hand in what it points to.",
        "jim": "jim.zip is a symbolic link; hand in what it points to.",
    }


def test_a_linked_file_is_refused_when_it_is_read_and_never_searched(
    lay: Lay, find: Find, tmp_path: Path
) -> None:
    write(tmp_path / "secret", {"adam.py": SOURCE["exercise8"]})
    folder = lay(**{"jane/readme.txt": ""})
    (folder / "jane/work.py").symlink_to(tmp_path / "secret/adam.py")
    os.mkfifo(folder / "jane/pipe.py")
    assert find(folder)[0].exercise is None


def test_a_student_with_too_many_files_or_folders_is_refused_alone(
    lay: Lay, find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layouts, "MAX_ENTRIES", 20)
    folder = lay(
        **{f"many/{n:03}.txt": "" for n in range(30)},
        **{"deep/" + "d/" * 12 + "adam.py": "", "jane/adam.py": ""},
    )
    found = {each.id: each.problem for each in find(folder, [ADAM])}
    assert found == {
        "deep": "d lies too deep in folders; hand in the file itself.",
        "jane": "",
        "many": "many has more than 20 files; hand in only one.",
    }


def test_a_hostile_text_neither_stops_nor_slows_the_search(lay: Lay, find: Find) -> None:
    texts = ["(" * 900_000, "def " * 240_000, "class\t" * 160_000, "\0" * 999_999, "d" * 999_999]
    folder = lay(**{f"s{n}/work{n}.py": text for n, text in enumerate(texts)})
    assert [each.exercise for each in find(folder)] == [None] * len(texts)
