"""What other systems read: grades end up in the right cells, and every other byte stays."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema  # type: ignore[import-untyped]  # ships no type information
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import grader.exports
from grader.course import Exercise, find_exercise
from grader.errors import BrokenGrader, UsageError
from grader.exports import canvas, classroom50, github, gradescope, junit, moodle, tables
from grader.exports.cells import harmless, number, spelt
from grader.exports.filling import Form, Plan, plan
from grader.exports.sheet import read_sheet
from grader.gradebook import Attempt, Gradebook, Score
from grader.grading import grade
from grader.roster import Member, Roster
from grader.submission import Submission
from grader.verdict import CheckResult, Status, Verdict

Course = Callable[..., Exercise]
Source = Callable[[str], Submission]
Run = Callable[..., tuple[int, str, str]]
Save = Callable[[bytes | str], Path]

DOWNLOADS = Path(__file__).parent / "downloads"
DOUBLE = "Double a number (4711)"
ADA = Member("S1001", "Ada Example", "ada@example.org", ("9001",))
BJOERN = Member("S1002", "Björn Sample", "bjoern@example.org")
EVE = Member("S1003", '=HYPERLINK("https://example.org","grades")', "eve@example.org")
CHLOE = Member("S1004", "Chloé Muster", "chloe@example.org")
ROSTER = Roster((ADA, BJOERN, EVE, CHLOE))
FORMULA = re.compile(r"[\s\u200b\ufeff]*[=+\-@＝＋－＠]")

CHECKS = '''
@check("double", points=2)
def test_twice(student):
    """The double of 3 is 6."""
    assert_equal(student.double(3), 6)

@check("Counter")
def test_counts(student):
    """A counter counts."""
    assert_equal(student.Counter().add(), 1)
'''
RIGHT = """
def double(x): return 2 * x
class Counter:
    def add(self): return 1
"""


def score(member: Member, points: float | None, **changes: object) -> Score:
    fields: dict[str, object] = {"member": member, "exercise": "exercise1", "points": points}
    return Score(**{**fields, "max_points": 3.0, "raw_points": points, **changes})  # type: ignore[arg-type]


SCORES = [score(ADA, 3), score(BJOERN, 1.5), score(EVE, 2), score(CHLOE, None)]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Save a sheet and name its file."""

    def write(content: bytes | str) -> Path:
        path = tmp_path / "sheet.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def canvas_form(path: Path = DOWNLOADS / "canvas.csv", column: str = DOUBLE) -> Form:
    return canvas.read_form(read_sheet(path), column)


def read(data: bytes, delimiter: str = ",") -> list[list[str]]:
    text = data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def new_grades(filled: Plan) -> dict[str, str]:
    return {change.who: change.new for change in filled.changes}


# Spreadsheets


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\u00a0=1", "\u200b=1"),
        *("\ufeff=1", "＝1", "＋1+1", "－1-1", "＠A1", "a\t=1", "a;=cmd|' /C calc'!A0", "a\n@b"),
        *("-", "=" * 3, "-1.5e3x", "\x00=1", "'=1\n=2"),
    ],
)
def test_no_text_is_a_formula(text: str) -> None:
    safe = harmless(text)
    for part in re.split(r"[;\t\r\n]", safe):
        assert not (FORMULA.match(part) and len(part.strip()) > 1), safe
    assert safe.replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize("text", ["-1.5", "+2", "3", " 4 ", "0,5", "Doe, Jane", "a - b", "-", ""])
def test_numbers_and_plain_words_stay(text: str) -> None:
    assert harmless(text) == text


def test_points_are_spelt_as_the_systems_spell_them() -> None:
    assert [spelt(x) for x in (3.0, 0.0, 2.5, 1 / 3, 100.0)] == ["3", "0", "2.5", "0.33", "100"]
    assert spelt(2.5, comma=True) == "2,5"
    assert [number(t) for t in ("2,5", " 3 ", "EX", "", "1e5", "nan", "٣")] == [2.5, 3] + [None] * 5


# Sheets


@pytest.mark.parametrize("name", ["canvas.csv", "moodle.csv", "moodle_german.csv"])
def test_a_sheet_without_changes_is_the_same_bytes(name: str) -> None:
    path = DOWNLOADS / name
    assert read_sheet(path).filled({}) == path.read_bytes()


@settings(derandomize=True, database=None, deadline=None)
@given(
    rows=st.lists(
        st.lists(st.text("ab,;\"'\t\r\n =é", max_size=6), min_size=3, max_size=3),
        min_size=1,
        max_size=4,
    ),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"]),
    delimiter=st.sampled_from(",;\t"),
    new=st.text('a,;"\t\r\n', max_size=4),
)
def test_one_cell_changes_and_no_other(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[str]],
    end: str,
    quoting: int,
    mark: bytes,
    delimiter: str,
    new: str,
) -> None:
    """Against Python's own CSV reader, in every encoding, quoting and line end."""
    file = io.StringIO(newline="")
    if quoting == csv.QUOTE_MINIMAL:  # Python's writer leaves a lone return bare
        rows = [[re.sub("[\r\n]", "", cell) for cell in row] for row in rows]
    rows = [["x", "y", "z"], *rows]
    csv.writer(file, lineterminator=end, quoting=quoting, delimiter=delimiter).writerows(rows)  # type: ignore[arg-type]
    codec = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(mark, "utf-8")
    path = tmp_path_factory.mktemp("sheet") / "sheet.csv"
    path.write_bytes(mark + file.getvalue().encode(codec))
    sheet = read_sheet(path)
    assert sheet.delimiter == delimiter
    assert [list(row.values) for row in sheet.rows] == rows
    data = sheet.filled({sheet.rows[1].cells[1]: new})
    assert data.startswith(mark)
    text = data.removeprefix(mark).decode(codec)
    rows[1][1] = new
    assert list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)) == rows


def test_what_a_spreadsheet_saved_in_its_own_encoding_stays_so(save: Save) -> None:
    sheet = read_sheet(save("Student,ID\r\nBjörn,€1\r\n".encode("cp1252")))
    assert sheet.rows[1].values == ("Björn", "€1")
    changed = sheet.filled({sheet.rows[1].cells[1]: "2"})
    assert changed == "Student,ID\r\nBjörn,2\r\n".encode("cp1252")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "has no header"),
        (b"\n\nStudent,ID\n", "has no header"),
        (b"Student,ID\0,x\n", "holds a NUL"),
        (b'Student,ID\n"Ada,1\n', "quotation mark out of place in line 2"),
        (b'Student,ID\n"Ada"x,1\n', "quotation mark out of place in line 2"),
        (b"Student,ID\nAda,1,2\n", "3 cells in line 2 and 2 titles"),
        (b"Student,ID\nAda\n", "1 cells in line 2 and 2 titles"),
        (b"\xff\xfeS\xd8", "not UTF-8"),
        (b"Student,ID\n\x81\x8d,1\n", "not UTF-8"),
        (b"a" * 20_000_001, "larger than 20 MB"),
    ],
)
def test_what_is_no_sheet_is_refused(save: Save, content: bytes, says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)) as caught:
        read_sheet(save(content))
    assert "sheet.csv" in str(caught.value)


def test_a_sheet_that_is_not_there_or_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            read_sheet(path)


def test_a_huge_cell_is_read_in_a_moment(save: Save) -> None:
    for huge in ('"' + 'a""' * 1_000_000 + '"', "a" * 5_000_000, '"' + "\n" * 1_000_000 + '"'):
        assert len(read_sheet(save(f"x,y\n{huge},1\n")).rows) == 2


# Canvas


def test_canvas_gets_points_and_everything_else_stays() -> None:
    before = read((DOWNLOADS / "canvas.csv").read_bytes())
    filled = plan(canvas_form(), ROSTER, SCORES)
    assert new_grades(filled) == {ADA.name: "3", BJOERN.name: "1.5", EVE.name: "2"}
    assert filled.kept == ((CHLOE.name, "not graded yet"),)
    assert (filled.strangers, filled.missing) == ((), ())
    after = read(filled.filled())
    column = before[0].index(DOUBLE)
    changed = {
        (line, place)
        for line, row in enumerate(before)
        for place, cell in enumerate(row)
        if after[line][place] != cell
    }
    # Apart from the grades only Eve's name, which a spreadsheet would have run.
    assert changed == {(3, column), (4, column), (5, column), (5, 0)}
    assert after[5][0] == "'" + before[5][0]
    lines = zip(
        (DOWNLOADS / "canvas.csv").read_bytes().splitlines(),
        filled.filled().splitlines(),
        strict=True,
    )
    assert [old == new for old, new in lines] == [True] * 3 + [False] * 3 + [True] * 2


@pytest.mark.parametrize("column", [DOUBLE, "Double a number", "4711", f"  {DOUBLE} "])
def test_an_assignment_goes_by_title_or_id(column: str) -> None:
    assert canvas_form(column=column).entries[0].grade.value == "1.00"


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ("Doubel a number", r"it has 'Double a number \(4711\)'.*create it in Canvas first"),
        ("Notes", "no assignment's id.*new assignment"),
        ("Section", "no assignment's id"),
        ("Current Score", "no assignment's id"),
        ("", "has no assignment ''"),
        ("\x1b[2J" + "x" * 10_000, "has no assignment"),
    ],
)
def test_a_column_that_is_no_assignment_is_refused(column: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        canvas_form(column=column)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_canvas_sheets_that_could_be_misread_are_refused(save: Save) -> None:
    sheet = (DOWNLOADS / "canvas.csv").read_text(encoding="utf-8-sig")
    twice = sheet.replace('"Essay, first draft (4712)"', DOUBLE)
    same_title = sheet.replace('"Essay, first draft (4712)"', "Double a number (4713)")
    final = sheet.replace("Final Score,Override", "Final Score (2026),Override")
    cases = [
        (twice, DOUBLE, "more than one column"),
        (same_title, "Double a number", "more than one column"),
        (sheet.replace("3.00,10.00", "(read only),10.00"), DOUBLE, "read only"),
        (sheet.replace("    Points Possible", "Points"), DOUBLE, "no row Points Possible"),
        (final, "Final Score (2026)", "no assignment's id"),
        ("ID,Student\n1,Ada\n", DOUBLE, "no gradebook of Canvas"),
        ((DOWNLOADS / "moodle.csv").read_text(encoding="utf-8"), DOUBLE, "no gradebook of Canvas"),
    ]
    for content, column, says in cases:
        with pytest.raises(UsageError, match=says):
            canvas_form(save(content), column)
    assert canvas_form(save(same_title), "4713").entries[0].grade.value == "8.50"


def test_canvas_knows_the_excused_and_never_overrules_who_excused_there(save: Save) -> None:
    sheet = (DOWNLOADS / "canvas.csv").read_text(encoding="utf-8")
    form = canvas_form(save(sheet.replace("N/A", "3.00").replace(",1.00,8.50", ",ex,8.50")))
    scores = [score(ADA, 3), score(BJOERN, None, excused=True), score(CHLOE, 3)]
    filled = plan(form, ROSTER, scores)
    assert new_grades(filled) == {BJOERN.name: "EX"}
    assert (ADA.name, "excused in Canvas") in filled.kept
    assert filled.same == 1


def test_whoever_is_not_assigned_in_canvas_gets_nothing() -> None:
    filled = plan(canvas_form(), ROSTER, [score(CHLOE, 3)])
    assert (CHLOE.name, "not assigned to them in Canvas") in filled.kept


def test_first_and_last_names_and_commas_of_other_locales_are_understood(save: Save) -> None:
    sheet = (
        "LastName;FirstName;ID;SIS Login ID;Section;Double (1)\n"
        "    Points Possible;;;;;3,00\nExample;Ada;;;;1,00\nSample;Björn;;S1002;;\n"
    )
    form = canvas_form(save(sheet), "Double")
    filled = plan(form, Roster((ADA, BJOERN)), SCORES[:2])
    assert new_grades(filled) == {ADA.name: "3", BJOERN.name: "1,5"}
    assert b"Sample;Bj\xc3\xb6rn;;S1002;;1,5\n" in filled.filled()


# Moodle


@pytest.mark.parametrize(
    ("name", "delimiter", "half"), [("moodle.csv", ",", "1.5"), ("moodle_german.csv", ";", "1,5")]
)
def test_moodle_gets_points_in_its_own_language(name: str, delimiter: str, half: str) -> None:
    before = (DOWNLOADS / name).read_bytes()
    filled = plan(moodle.read_form(read_sheet(DOWNLOADS / name)), ROSTER, SCORES)
    assert new_grades(filled) == {ADA.name: "3", BJOERN.name: half, EVE.name: "2"}
    after = filled.filled()
    assert after.count(b"\r\n") == before.count(b"\r\n")
    rows, old = read(after, delimiter), read(before, delimiter)
    assert [row[4] for row in rows[1:]] == ["3", half, "2", ""]
    assert rows[3][1] == "'" + old[3][1]
    assert [row[5:] for row in rows] == [row[5:] for row in old]
    del rows[3], old[3]
    assert [row[:4] for row in rows] == [row[:4] for row in old]


@pytest.mark.parametrize(
    ("header", "no"),
    [
        ("Identifiant,Nom complet,Adresse de courriel,Note,Note maximale,Modifiable", "Non"),
        ("Identificador,Nombre completo,Correo,CALIFICACIÓN,Calificación máxima,Editable", "No"),
        ("識別子,フルネーム,メールアドレス,評点,最大評点,評点は変更可能", "いいえ"),
    ],
)
def test_other_languages_are_known_too(save: Save, header: str, no: str) -> None:
    sheet = f"{header}\nX1,Ada Example,ada@example.org,,3,1\nX2,Björn Sample,,,3,{no}\n"
    filled = plan(moodle.read_form(read_sheet(save(sheet))), Roster((ADA, BJOERN)), SCORES[:2])
    assert new_grades(filled) == {ADA.name: "3"}
    assert filled.kept == ((BJOERN.name, "locked in Moodle"),)


def test_an_unknown_language_needs_the_columns_title(save: Save) -> None:
    path = save("Tunniste,Nimi,Arvosana,Paras arvosana\nOsallistuja1,Ada Example,,3\n")
    with pytest.raises(UsageError, match="--grade-column, one of: Tunniste, Nimi, Arvosana"):
        moodle.read_form(read_sheet(path))
    filled = plan(moodle.read_form(read_sheet(path), "arvosana"), Roster((ADA,)), SCORES)
    assert new_grades(filled) == {ADA.name: "3"}
    for wrong in ("Tunniste", "Paras arvosana", "Nimmi"):
        with pytest.raises(UsageError, match="does not have exactly one column"):
            moodle.read_form(read_sheet(path), wrong)


def test_moodle_sheets_that_could_be_misread_are_refused(save: Save) -> None:
    cases = [
        ("Identifier,Full name,Grade,Maximum Grade,Grade\nP1,Ada,,3,\n", "a known title"),
        ("Identifier,Full name,Grade,Scale\nP1,Ada,,Good\n", "words of a scale"),
        ("Full name,Email,Grade,Maximum Grade\nAda,a@b,,3\n", "Moodle's identifier"),
        ((DOWNLOADS / "canvas.csv").read_text(encoding="utf-8"), "a known title"),
    ]
    for content, says in cases:
        with pytest.raises(UsageError, match=says):
            moodle.read_form(read_sheet(save(content)))


def test_moodle_has_no_word_for_the_excused() -> None:
    form = moodle.read_form(read_sheet(DOWNLOADS / "moodle.csv"))
    filled = plan(form, ROSTER, [score(ADA, None, excused=True)])
    assert filled.changes == ()
    assert (ADA.name, "excused, for which this system has no word") in filled.kept


# What is never written


@pytest.mark.parametrize(
    ("points", "changes", "why"),
    [
        (None, {}, "not graded yet"),
        (2.0, {"fault": "the grader failed"}, "not graded: the grader failed"),
        (None, {"fault": "out of memory", "excused": True}, "not graded: out of memory"),
        (3.01, {}, "3.01 points are not between 0 and the maximum"),
        (-1.0, {}, "-1 points are not between 0 and the maximum"),
        (float("nan"), {}, "nan points are not between 0 and the maximum"),
        (float("inf"), {}, "inf points are not between 0 and the maximum"),
    ],
)
def test_what_is_no_grade_stays_as_it_is(
    points: float | None, changes: dict[str, object], why: str
) -> None:
    form = moodle.read_form(read_sheet(DOWNLOADS / "moodle.csv"))
    filled = plan(form, ROSTER, [score(ADA, points, **changes)])
    assert filled.changes == ()
    assert (ADA.name, why) in filled.kept


def test_another_maximum_is_refused_or_converted() -> None:
    scores = [score(ADA, 4.5, max_points=6.0)]
    with pytest.raises(UsageError, match=r"maximum of 3 points and exercise1 one of 6.*--rescale"):
        plan(canvas_form(), ROSTER, scores)
    assert new_grades(plan(canvas_form(), ROSTER, scores, rescale=True)) == {ADA.name: "2.25"}


def test_strangers_and_the_missing_are_named() -> None:
    zoe = Member("S1009", "Zoë Nowhere")
    filled = plan(canvas_form(), Roster((ADA, EVE, CHLOE, zoe)), SCORES)
    assert [entry.name for entry in filled.strangers] == ["Sample, Björn"]
    assert filled.missing == (zoe,)


def test_canvas_test_student_is_nobody_to_worry_about() -> None:
    assert "Student, Test" not in {entry.name for entry in canvas_form().entries}


def test_a_sheet_of_another_course_is_refused() -> None:
    with pytest.raises(UsageError, match="another course's sheet"):
        plan(canvas_form(), Roster((Member("x", "Nobody Here"),)), SCORES)


def test_two_rows_of_one_person_are_refused(save: Save) -> None:
    sheet = (DOWNLOADS / "canvas.csv").read_text(encoding="utf-8")
    for content in (
        sheet.replace("9002,S1002", "9001,S1001"),
        sheet.replace("9002,S1002", "9001,"),
    ):
        with pytest.raises(UsageError, match="Ada Example twice, in lines 4 and 5"):
            plan(canvas_form(save(content)), ROSTER, SCORES)


def test_a_name_never_outweighs_an_id(save: Save) -> None:
    """Whoever calls themselves as somebody else does in Canvas keeps their own grade."""
    sheet = (DOWNLOADS / "canvas.csv").read_text(encoding="utf-8")
    liar = sheet.replace('"Sample, Björn"', '"Example, Ada"')
    assert new_grades(plan(canvas_form(save(liar)), ROSTER, SCORES)) == {
        ADA.name: "3",
        BJOERN.name: "1.5",
        EVE.name: "2",
    }
    as_id = sheet.replace('"Sample, Björn",9002,S1002,bjoern', "S1001,,,")
    with pytest.raises(UsageError, match="twice"):
        plan(canvas_form(save(as_id)), ROSTER, SCORES)


# The command


@pytest.fixture
def run(toy_course: Course, monkeypatch: pytest.MonkeyPatch, typed: Run) -> Run:
    """Run the command in the root of a toy course."""
    exercise = toy_course(CHECKS)
    monkeypatch.chdir(exercise.folder.parent.parent)
    return typed


def verdict(*statuses: Status, **changes: object) -> Verdict:
    checks = tuple(
        CheckResult(f"c{n}", "It works.", "double", status, 3 - n)
        for n, status in enumerate(statuses)
    )
    fields = {"submission": "toy.py", "digest": "0" * 64, "seed": 0, "sandbox": "confined"}
    return Verdict(**{"exercise": "exercise1", "checks": checks, **fields, **changes})  # type: ignore[arg-type]


def attempt(member: Member, graded: Verdict | None, fault: str = "") -> Attempt:
    at = datetime(2026, 11, 2, 9, 14, tzinfo=UTC)
    return Attempt(
        member.id, "exercise1", "toy.py", "0" * 64, 0, "v1", graded, fault, submitted_at=at
    )


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A gradebook in which Ada has 3 of 3, Björn none, Eve a fault and Chloé is excused."""
    path = tmp_path / "gradebook.sqlite"
    with Gradebook(path, write=True) as gradebook:
        gradebook.enrol(ROSTER)
        gradebook.add(attempt(ADA, verdict(Status.PASSED)))
        gradebook.add(attempt(BJOERN, verdict(Status.FAILED)))
        gradebook.add(attempt(EVE, None, "out of memory"))
        gradebook.excuse(CHLOE.id, "exercise1", who="me", why="ill")
    return path


CANVAS = ("export", "canvas", DOWNLOADS / "canvas.csv", "--exercise", "toy", "--column", DOUBLE)


@pytest.mark.usefixtures("book")
def test_without_write_the_difference_is_shown_and_nothing_written(
    run: Run, tmp_path: Path
) -> None:
    before = sorted(DOWNLOADS.iterdir())
    code, out, _ = run(*CANVAS, "--out", tmp_path / "new.csv")
    assert code == 0
    assert re.search(r"Ada Example +1\.00 +3 *\n", out)
    assert "stays as it is: =HYPERLINK" in out
    assert "out of memory" in out
    assert "Nothing was written; add --write" in out
    assert not (tmp_path / "new.csv").exists()
    assert sorted(DOWNLOADS.iterdir()) == before


@pytest.mark.usefixtures("book")
def test_with_write_the_new_file_has_the_grades_and_the_download_stays(
    run: Run, tmp_path: Path
) -> None:
    sheet = tmp_path / "canvas.csv"
    sheet.write_bytes((DOWNLOADS / "canvas.csv").read_bytes())
    words = ("export", "canvas", sheet, "--exercise", "exercise1", "--column", "4711", "--write")
    code, out, _ = run(*words)
    assert (code, "has 2 new grades" in out) == (0, True)
    assert sheet.read_bytes() == (DOWNLOADS / "canvas.csv").read_bytes()
    rows = read((tmp_path / "canvas.filled.csv").read_bytes())
    column = rows[0].index(DOUBLE)
    # Chloé is excused here, but Canvas has not assigned it to her; Eve's fault writes nothing.
    assert [row[column] for row in rows[3:]] == ["3", "0", "", "N/A", ""]
    assert not list(tmp_path.glob(".grade-*"))
    code, out, _ = run(*words[:2], tmp_path / "canvas.filled.csv", *words[3:])
    assert (code, "nothing to write" in out) == (0, True)


def test_the_unmatched_are_refused_unless_they_are_allowed(
    run: Run, book: Path, tmp_path: Path
) -> None:
    with Gradebook(book, write=True) as gradebook:
        gradebook.add(attempt(Member("S1\x1b[2J", ""), verdict(Status.PASSED)))
    new = tmp_path / "new.csv"
    code, out, err = run(*CANVAS, "--write", "--out", new)
    assert code == 2
    assert out.startswith("not in the sheet: S1\\x1b[2J")
    assert "1 people are only in canvas.csv or only in the gradebook" in err
    assert not new.exists()
    code, _, _ = run(*CANVAS, "--write", "--out", new, "--allow-unmatched")
    assert (code, new.exists()) == (0, True)


@pytest.mark.usefixtures("book")
def test_the_download_is_never_overwritten(run: Run, tmp_path: Path) -> None:
    code, _, err = run(*CANVAS, "--write", "--out", DOWNLOADS / "canvas.csv")
    assert (code, "is the download itself" in err) == (2, True)
    code, _, err = run(*CANVAS, "--write", "--out", tmp_path / "no/such/new.csv")
    assert (code, "cannot be written" in err) == (2, True)


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--exercise", "nothing"), "no exercise 'nothing'"),
        (("--gradebook", "none.sqlite"), "none.sqlite"),
        (("--column", "Nothing"), "has no assignment 'Nothing'"),
        (("--policy", "none.toml"), "none.toml"),
    ],
)
def test_wrong_words_are_one_sentence(run: Run, words: tuple[str, str], says: str) -> None:
    code, _, err = run(*CANVAS, *words)
    assert (code, says in err, "Traceback" in err) == (2, True, False)


def test_an_exercise_without_an_attempt_is_refused(run: Run, tmp_path: Path) -> None:
    with Gradebook(tmp_path / "gradebook.sqlite", write=True) as gradebook:
        gradebook.enrol(ROSTER)
    code, _, err = run(*CANVAS)
    assert (code, "has no attempt at exercise1" in err) == (2, True)


@pytest.mark.parametrize(
    ("system", "name", "more"),
    [("canvas", "canvas.csv", ("--column", "4711")), ("moodle", "moodle_german.csv", ())],
)
def test_graded_filled_in_and_read_back(
    run: Run,
    submitted: Source,
    tmp_path: Path,
    system: str,
    name: str,
    more: tuple[str, ...],
) -> None:
    """Real submissions, really graded, end up as their points in each system's own sheet."""
    exercise = find_exercise(tmp_path, "toy")
    texts = {ADA: RIGHT, BJOERN: RIGHT.replace("2 * x", "x * x"), EVE: "import os; os._exit(0)"}
    with Gradebook(tmp_path / "gradebook.sqlite", write=True) as gradebook:
        gradebook.enrol(ROSTER)
        for member, text in texts.items():
            gradebook.add(attempt(member, grade(exercise, submitted(text))))
    new = tmp_path / "new.csv"
    words = (DOWNLOADS / name, "--exercise", "toy", "--write", "--out", new)
    assert run("export", system, *words, *more)[0] == 0
    form = canvas_form(new) if system == "canvas" else moodle.read_form(read_sheet(new))
    grades = [number(entry.grade.value) for entry in form.entries]
    assert grades == [3.0, 1.0, 0.0, None]
    assert all(harmless(cell.value) == cell.value for cell in form.theirs)


# Tables


def test_all_scores_as_csv_hold_no_formula() -> None:
    late = timedelta(hours=1)
    hostile = score(EVE, 2, note="\t@x\nb", fault="=1+1", late=late, penalty=0.5)
    made = Attempt("S1003", "exercise1", "-rm.py", "00", 7, "v", None)
    rows = list(csv.DictReader(io.StringIO(tables.score_table([hostile, *SCORES]))))
    assert [row["id"] for row in rows] == ["S1003", "S1001", "S1002", "S1003", "S1004"]
    assert rows[0]["name"] == "'" + EVE.name
    assert (rows[0]["fault"], rows[0]["late_seconds"], rows[0]["penalty"]) == (
        "'=1+1",
        "3600",
        "0.5",
    )
    assert rows[4]["points"] == ""
    (row,) = csv.DictReader(io.StringIO(tables.score_table([score(EVE, 2, attempt=made)])))
    assert (row["submission"], row["seed"], row["points"]) == ("'-rm.py", "7", "2")
    for each in rows:
        assert not any(FORMULA.match(cell) for cell in each.values())


def test_nbgraders_columns_are_its_own() -> None:
    made = attempt(ADA, verdict(Status.PASSED))
    scores = [score(ADA, 2.5, attempt=made, late=timedelta(days=1), penalty=0.5, raw_points=3.0)]
    table = tables.nbgrader_table([*scores, score(Member("d", "Doe, Jane"), None)])
    assert table.splitlines() == [
        (
            "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,"
            "late_submission_penalty,score,max_score"
        ),
        (
            "exercise1,2026-11-01 09:14:00,2026-11-02 09:14:00,S1001,Example,Ada,"
            "ada@example.org,3,0.5,2.5,3"
        ),
        "exercise1,,,d,Doe,Jane,,,0,,3",
    ]


@pytest.mark.usefixtures("book")
def test_the_command_prints_both_tables(run: Run) -> None:
    code, out, _ = run("export", "csv")
    assert (code, len(out.splitlines())) == (0, 5)
    code, out, _ = run("export", "nbgrader", "--exercise", "toy")
    assert (code, out.splitlines()[1].split(",")[3]) == (0, "S1001")


# One verdict

HOSTILE = "<b>x</b>\x1b[2J\x00\ud800`````\r\n::error::%0A|\u202e]]>&\ufffe"
FAILED = CheckResult(
    "open", "It doubles.", "double", Status.FAILED, 2, HOSTILE, "toy.double(3)", "Hm."
)
SECRET = CheckResult(
    "hidden", "It hides.", "double", Status.FAILED, 3, "SECRET", "SECRET", "SECRET", hidden=True
)
SKIPPED = CheckResult("gpu", "It is fast.", "Counter", Status.SKIPPED, 4, "no GPU here")
PASSED = CheckResult("done", "It counts.", "Counter", Status.PASSED, 1)
MIXED = verdict(checks=(PASSED, FAILED, SECRET, SKIPPED), seconds=0.25)
BROKEN = verdict(Status.PASSED, Status.GRADER_ERROR)

schema = json.loads((Path(grader.exports.__file__).parent / "gradescope.schema.json").read_text())


def test_gradescope_results_keep_to_the_schema(toy_course: Course) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    document = gradescope.results(MIXED, toy_course(CHECKS))
    jsonschema.validate(document, schema)
    assert (document["score"], document["execution_time"]) == (1, 0.25)
    assert sum(test.get("score", 0) for test in document["tests"]) == MIXED.score
    assert sum(test.get("max_score", 0) for test in document["tests"]) == MIXED.max_score
    # Grouped by task, in the exercise's order and not the checks'.
    assert [(test["number"], test["name"]) for test in document["tests"]] == [
        ("1.1", "double: It doubles."),
        ("1.2", "double: It hides. (hidden)"),
        ("2.1", "Counter: It counts."),
        ("2.2", "Counter: It is fast."),
    ]
    assert [test.get("status") for test in document["tests"]] == [
        "failed",
        "failed",
        "passed",
        None,
    ]
    # A hidden test would take the total from students; other formats would read markup.
    assert {test["visibility"] for test in document["tests"]} == {"visible"}
    assert document["test_output_format"] == "text"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document | {"tests": [{"name": "x", "score": 1}]}, schema)


def test_a_failure_of_the_grader_is_never_a_score(toy_course: Course) -> None:
    with pytest.raises(BrokenGrader, match="the grader failed in exercise1"):
        gradescope.results(BROKEN, toy_course(CHECKS))
    with pytest.raises(BrokenGrader):
        classroom50.result(BROKEN, {})


WORKFLOW = {
    "CLASSROOM": "dl",
    "ASSIGNMENT": "toy",
    "SUBMISSION_TAG": "submit/1",
    "COMMIT_URL": "https://example.org/c",
    "RELEASE_URL": "https://example.org/r",
}


def test_classroom50_gets_whole_numbers_and_its_own_links() -> None:
    document = classroom50.result(MIXED, WORKFLOW)
    assert list(document) == [
        *("schema", "classroom", "assignment", "submission", "commit", "release", "review"),
        *("datetime", "score", "max-score", "tests"),
    ]
    assert document["schema"] == "classroom50/result/v1"
    assert document["review"] == document["commit"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["datetime"])
    assert (document["score"], document["max-score"]) == (1, 6)
    assert [test["test-name"] for test in document["tests"]] == [
        *("Counter::done", "double::open", "double::hidden")
    ]
    assert {type(test["score"]) for test in document["tests"]} == {int}
    with pytest.raises(UsageError, match="RELEASE_URL is not set"):
        classroom50.result(MIXED, {**WORKFLOW, "RELEASE_URL": ""})


def test_junit_is_xml_whatever_a_submission_says() -> None:
    suite = ET.fromstring(junit.report(MIXED))[0]  # noqa: S314 - our own text
    assert {key: suite.get(key) for key in ("tests", "failures", "skipped", "errors")} == {
        "tests": "4",
        "failures": "2",
        "skipped": "1",
        "errors": "0",
    }
    assert [[part.tag for part in case] for case in suite] == [
        [],
        ["failure"],
        ["failure"],
        ["skipped"],
    ]
    assert "<b>x</b>" in str(suite[1][0].text)
    broken = ET.fromstring(junit.report(BROKEN))[0]  # noqa: S314 - our own text
    assert (broken.get("errors"), broken.get("failures")) == ("1", "0")


@settings(derandomize=True, database=None, deadline=None)
@given(st.text(st.characters(), max_size=30))
def test_every_text_survives_every_format(text: str) -> None:
    """Also surrogates, controls and bidirectional marks, which none of the formats can hold."""
    check = CheckResult(text, text, text, Status.FAILED, 1, text, text, text)
    one = verdict(checks=(check,), submission=text)
    ET.fromstring(junit.report(one))  # noqa: S314 - our own text
    for page in (github.summary(one), github.failures(one), junit.report(one)):
        assert not set(page.encode().decode()) & {"\x1b", "\0", "\r", "\u202e"}
    (line,) = github.failures(one).splitlines()
    assert line.startswith("::error file=")
    assert line.split("::")[1].count(",") == 1


def test_the_summary_fences_what_submissions_say() -> None:
    page = github.summary(MIXED)
    assert page.startswith("## exercise1: 1 of 6 points\n")
    assert "| ❌ | It doubles. | double | 0/2 |" in page
    assert "| ➖ | It is fast. | Counter | – |" in page
    assert "``````text\n<b>x</b>" in page
    assert "the grader failed, nothing was scored" in github.summary(BROKEN)


def test_annotations_are_one_command_a_failed_check_and_not_too_many() -> None:
    lines = github.failures(MIXED).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("::error file=toy.py,title=double%3A It doubles.::<b>x</b>")
    assert "%250A" in lines[0]  # the submission's own %0A does not become a line end
    many = verdict(checks=(FAILED,) * 50)
    assert len(github.failures(many).splitlines()) == github.MOST_ANNOTATIONS


def test_no_format_tells_what_a_hidden_check_is_about(toy_course: Course) -> None:
    pages = [
        json.dumps(gradescope.results(MIXED, toy_course(CHECKS))),
        json.dumps(classroom50.result(MIXED, WORKFLOW)),
        junit.report(MIXED),
        github.summary(MIXED),
        github.failures(MIXED),
    ]
    for page in pages:
        assert "SECRET" not in page


@pytest.mark.parametrize(
    "system", ["gradescope", "classroom50", "junit", "markdown", "annotations"]
)
def test_the_command_reads_a_verdict(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    for name, value in WORKFLOW.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "verdict.json").write_text(MIXED.to_json())
    code, out, _ = run("export", system, "verdict.json")
    assert code == 0
    assert out
    (tmp_path / "verdict.json").write_text(BROKEN.to_json())
    code, _, err = run("export", system, "verdict.json")
    assert (code, "Traceback" in err) == (
        3 if system in ("gradescope", "classroom50") else 0,
        False,
    )


def spoilt(key: str, value: object) -> bytes:
    document = MIXED.to_dict()
    home = document if key in document else document["checks"][1]
    home[key] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"schema":"grader/verdict/v1"}',
        *(
            spoilt(key, [1])
            for key in ("exercise", "checks", "seconds", "status", "max_points", "message")
        ),
        spoilt("max_points", "1"),
        spoilt("id", 1),
        spoilt("checks", [1]),
    ],
)
def test_what_is_no_verdict_is_refused(run: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "verdict.json").write_bytes(content)
    code, _, err = run("export", "junit", "verdict.json")
    assert (code, "verdict.json is no verdict" in err) == (2, True)
    code, _, err = run("export", "junit", "none.json")
    assert (code, "cannot be read" in err) == (2, True)
