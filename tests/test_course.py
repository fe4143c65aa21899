"""Finding and loading the course: small courses on disk, and the real one where it is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.course import (
    Exercise,
    Limits,
    Mistake,
    Task,
    find_course,
    find_exercise,
    load_exercises,
    load_mistakes,
    printable,
)
from grader.errors import CourseError, UnknownExercise, UsageError

ROOT = Path(__file__).resolve().parent.parent

TOML = """
title = "Adam"
file = "answer.py"
lecture = "Lecture 1 · optimisers"
summary = "You build Adam."
[tasks.step]
hints = ["a nudge", "the idea", "almost the answer"]
[tasks.Adam]
hints = ["a nudge", "the idea", "more", "almost the answer"]
"""

MISTAKE = """
[[mistake]]
name = "sign_flipped"
find = "w - g"
replace = "w + g"
says = "You climb."
hint = "Look at the sign."
"""


def add(root: Path, name: str, toml: str = TOML) -> Path:
    """Add an exercise's folder to a course and return it."""
    folder = root / "exercises" / name
    folder.mkdir(parents=True)
    (folder / "exercise.toml").write_text(toml, encoding="utf-8")
    (folder / "answer.py").touch()
    return folder


def add_solution(root: Path, name: str, mistakes: str) -> Path:
    """Add a solution's folder with a catalogue of mistakes and return it."""
    folder = root / "solutions" / name
    (folder / "alternatives").mkdir(parents=True)
    (folder / "mistakes.toml").write_text(mistakes, encoding="utf-8")
    return folder


def refusal(root: Path) -> str:
    """Return the sentence with which a course is refused."""
    with pytest.raises(CourseError) as caught:
        load_exercises(root)
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert sentence.startswith(str(root))
    assert sentence.endswith(".")
    assert "; " in sentence, "the problem; the remedy"
    return sentence


def test_an_exercise_is_what_its_folder_and_its_toml_say(tmp_path: Path) -> None:
    """Id, number and name come from the folder, tasks keep the file's order."""
    folder = add(tmp_path, "08_adam")
    (exercise,) = load_exercises(tmp_path)
    assert exercise == Exercise(
        id="exercise8",
        number=8,
        name="adam",
        folder=folder,
        title="Adam",
        file="answer.py",
        lecture="Lecture 1 · optimisers",
        summary="You build Adam.",
        limits=Limits(5.0, 20.0, 120.0, 1024),
        tasks=(
            Task("step", ("a nudge", "the idea", "almost the answer")),
            Task("Adam", ("a nudge", "the idea", "more", "almost the answer")),
        ),
        requires=(),
        datasets=(),
    )
    assert exercise.stub == folder / "answer.py"
    assert exercise.checks == folder / "checks.py"
    assert exercise.readme == folder / "README.md"


def test_requirements_data_sets_and_limits_are_read(tmp_path: Path) -> None:
    """What is not given keeps its default."""
    limits = "[limits]\ncall_seconds = 1\nmemory_mb = 2048\n"
    add(tmp_path, "gpu1_arrays", 'requires = ["gpu"]\ndatasets = ["digits"]\n' + TOML + limits)
    (exercise,) = load_exercises(tmp_path)
    assert (exercise.id, exercise.number, exercise.name) == ("gpu1", None, "arrays")
    assert (exercise.requires, exercise.datasets) == (("gpu",), ("digits",))
    assert exercise.limits == Limits(call_seconds=1, memory_mb=2048)


def test_exercises_come_by_number_and_then_by_name(tmp_path: Path) -> None:
    """Ten comes after two, the lettered ones last; other folders are not looked at."""
    for name in ("gpu10_z", "10_b", "gpu2_y", "02_a", "cpu3_x"):
        add(tmp_path, name)
    (tmp_path / "exercises" / "drafts").mkdir()
    ids = [exercise.id for exercise in load_exercises(tmp_path)]
    assert ids == ["exercise2", "exercise10", "cpu3", "gpu2", "gpu10"]


def test_the_solution_is_found_where_the_clone_has_one(tmp_path: Path) -> None:
    """Each part of it may be missing."""
    add(tmp_path, "08_adam")
    (exercise,) = load_exercises(tmp_path)
    assert exercise.solution_folder is None
    assert exercise.solution is None
    assert exercise.hidden_checks is None
    assert exercise.mistakes_file is None
    assert exercise.alternatives == ()
    assert load_mistakes(exercise) == ()
    folder = add_solution(tmp_path, "08_adam", MISTAKE)
    for name in ("answer.py", "alternatives/b.py", "alternatives/a.py", "alternatives/notes.md"):
        (folder / name).touch()
    (exercise,) = load_exercises(tmp_path)
    assert exercise.solution_folder == folder
    assert exercise.solution == folder / "answer.py"
    assert exercise.hidden_checks is None
    assert exercise.mistakes_file == folder / "mistakes.toml"
    assert exercise.alternatives == (folder / "alternatives/a.py", folder / "alternatives/b.py")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('title = "Adam"', "", "`title` is missing or not text"),
        ('title = "Adam"', "title = 3", "`title` is missing or not text"),
        ('title = "Adam"', 'title = " "', "`title` is missing or not text"),
        ('title = "Adam"', 'titel = "Adam"', "'titel' is not known in the file"),
        ('title = "Adam"', 'title = "Adam', "is not TOML"),
        ('title = "Adam"', "a = " + "[" * 10_000, "is not TOML (nested too deeply)"),
        ('"answer.py"', '"../answer.py"', "`file` is '../answer.py'"),
        ('"answer.py"', '"answer"', "`file` is 'answer'"),
        ('"answer.py"', '"adam.py"', "`file` is 'adam.py' and there is none; add adam.py"),
        ("[tasks.step]", "requires = 3\n[tasks.step]", "`requires` is not a list of texts"),
        ("[tasks.step]", 'datasets = [""]\n[tasks.step]', "`datasets` is not a list of texts"),
        ("[tasks.step]", "limits = 3\n[tasks.step]", "`limits` is not a table"),
        (
            "[tasks.step]",
            "[limits]\nmemory_mb = 0.5\n[tasks.step]",
            "`memory_mb` in [limits] is 0.5",
        ),
        ("[tasks.step]", "[limits]\nmemory_mb = true\n[tasks.step]", "`memory_mb` in [limits]"),
        ("[tasks.step]", "[limits]\ncall_seconds = inf\n[tasks.step]", "write a positive number"),
        ("[tasks.step]", "[limits]\ncall_seconds = nan\n[tasks.step]", "write a positive number"),
        ("[tasks.step]", "[limits]\ncall_seconds = -1\n[tasks.step]", "write a positive number"),
        ("[tasks.step]", '[limits]\ncall_seconds = "5"\n[tasks.step]', "write a positive number"),
        (
            "[tasks.step]",
            "[limits]\nseconds = 5\n[tasks.step]",
            "'seconds' is not known in [limits]",
        ),
        ("[tasks.step]", "[tasks.step]\npoints = 3", "'points' is not known in [tasks.step]"),
        ('"more", ', "3, ", "`hints` is not a list of texts"),
        ('["a nudge", "the idea", "almost', '["a nudge", "almost', "the task 'step' has 2 hints"),
    ],
)
def test_a_malformed_exercise_is_refused(tmp_path: Path, old: str, new: str, why: str) -> None:
    """The sentence names the file, what is wrong in it and what to do."""
    assert old in TOML
    add(tmp_path, "08_adam", TOML.replace(old, new, 1))
    sentence = refusal(tmp_path)
    assert why in sentence
    assert "exercises/08_adam/exercise.toml: " in Path(sentence).as_posix()


def test_an_exercise_without_a_task_is_refused(tmp_path: Path) -> None:
    """Tasks that are no tables are none, too."""
    head = TOML.partition("[tasks.step]")[0]
    toml = add(tmp_path, "08_adam", head) / "exercise.toml"
    assert "has no task" in refusal(tmp_path)
    for tasks in ("tasks = 3", "[tasks]\nstep = 3", "[[tasks]]\nname = 3"):
        toml.write_text(head + tasks, encoding="utf-8")
        assert "is not a table" in refusal(tmp_path)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Latin-1, a folder in its place, and a loop of links."""
    toml = add(tmp_path, "08_adam") / "exercise.toml"
    toml.write_bytes(b'title = "\xe9"')
    assert "is not UTF-8 text; save it as UTF-8" in refusal(tmp_path)
    toml.unlink()
    toml.mkdir()
    assert "cannot be read (Is a directory)" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["adam", "8", "08-adam", "08_Adam", "gpu_arrays", "08_", "08_a\n"])
def test_a_folder_with_another_name_is_refused(tmp_path: Path, name: str) -> None:
    """The name has to say the id."""
    if name.endswith("\n") and os.name != "posix":
        pytest.skip("no such name here")
    add(tmp_path, name)
    assert "is no exercise's name; call it like 08_adam" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("other", "what"),
    [("8_moments", "'exercise8'"), ("09_adam", "'adam'"), ("gpu1_adam", "'adam'")],
)
def test_two_exercises_of_one_name_are_refused(tmp_path: Path, other: str, what: str) -> None:
    """A learner could not tell them apart."""
    add(tmp_path, "08_adam")
    add(tmp_path, other)
    sentence = refusal(tmp_path)
    assert f"is {what}, as " in sentence
    assert "rename one of them" in sentence


def test_a_folder_without_exercises_is_refused(tmp_path: Path) -> None:
    """There is nothing to load."""
    assert "has no exercises/*/exercise.toml" in refusal(tmp_path)


@pytest.mark.parametrize(
    "name",
    ["exercise8", "adam", "08_adam", "8", "08", "008", " Exercise8 ", "ADAM"],
)
def test_an_exercise_is_found_by_any_of_its_names(tmp_path: Path, name: str) -> None:
    """Id, name, folder or bare number, in capitals and with zeros in front, too."""
    add(tmp_path, "08_adam")
    add(tmp_path, "gpu1_arrays")
    assert find_exercise(tmp_path, name).id == "exercise8"
    assert find_exercise(tmp_path, "gpu1").name == "arrays"


def test_a_broken_exercise_does_not_keep_another_from_being_found(tmp_path: Path) -> None:
    """Only the one that is asked for is loaded."""
    add(tmp_path, "08_adam")
    add(tmp_path, "09_draft", "title =")
    assert find_exercise(tmp_path, "adam").number == 8
    with pytest.raises(CourseError, match="09_draft"):
        find_exercise(tmp_path, "draft")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("adm", "did you mean exercise8 (adam)?"),
        ("excercise8", "did you mean exercise8 (adam)?"),
        ("array", "did you mean gpu1 (arrays)?"),
    ],
)
def test_a_near_miss_is_answered_with_the_name(tmp_path: Path, name: str, near: str) -> None:
    """The sentence says what was probably meant, once."""
    add(tmp_path, "08_adam")
    add(tmp_path, "gpu1_arrays")
    with pytest.raises(UnknownExercise) as caught:
        find_exercise(tmp_path, name)
    assert str(caught.value) == (
        f"there is no exercise '{name}' ({near}); `grade list` shows them all."
    )


@pytest.mark.parametrize("name", ["", "0", "zebra", "٨", "²", "9" * 10_000, "\x1b[2J", "a\0b", "/"])
def test_a_name_of_nothing_is_unknown(tmp_path: Path, name: str) -> None:
    """Nothing is suggested, nothing is executed by a terminal, and the sentence stays short."""
    add(tmp_path, "08_adam")
    with pytest.raises(UnknownExercise) as caught:
        find_exercise(tmp_path, name)
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert len(sentence) < 200
    assert "did you mean" not in sentence
    assert sentence.endswith("`grade list` shows them all.")


def test_the_course_is_found_from_any_folder_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the root, from an exercise, and from the current folder."""
    root = tmp_path.resolve()
    folder = add(root, "08_adam")
    assert find_course(root) == root
    assert find_course(folder) == root
    monkeypatch.chdir(folder)
    assert find_course() == root


def test_outside_of_any_course_the_packages_own_checkout_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it has exercises; else the sentence says where to go."""
    installed = tmp_path / "installed"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr("grader.course.__file__", str(installed / "grader" / "course.py"))
    with pytest.raises(UsageError, match=r"there is no course in .*; go to the folder"):
        find_course(elsewhere)
    add(installed, "08_adam")
    assert find_course(elsewhere) == installed.resolve()


def test_mistakes_are_loaded_in_order(tmp_path: Path) -> None:
    """A mistake may well replace its place with nothing."""
    add(tmp_path, "08_adam")
    second = MISTAKE.replace("sign_flipped", "gone").replace('"w + g"', '""')
    add_solution(tmp_path, "08_adam", MISTAKE + second)
    assert load_mistakes(find_exercise(tmp_path, "8")) == (
        Mistake("sign_flipped", "w - g", "w + g", "You climb.", "Look at the sign."),
        Mistake("gone", "w - g", "", "You climb.", "Look at the sign."),
    )


@pytest.mark.parametrize(
    ("toml", "why"),
    [
        (MISTAKE + MISTAKE, "two mistakes are named 'sign_flipped'; rename one"),
        (MISTAKE.replace("sign_flipped", "Sign flipped"), "'Sign flipped' is not snake_case"),
        (MISTAKE.replace("w + g", "w - g"), "'sign_flipped' changes nothing"),
        (MISTAKE.replace('says = "You climb."', ""), "`says` of mistake 1 is missing"),
        (MISTAKE.replace('"You climb."', '""'), "`says` of mistake 1 is missing or not text"),
        (MISTAKE.replace('"w - g"', '""'), "`find` of mistake 1 is missing or not text"),
        (MISTAKE.replace('"w + g"', "3"), "`replace` of mistake 1 is missing or not text"),
        (MISTAKE.replace("says", "say"), "'say' is not known in mistake 1"),
        (MISTAKE.replace("[[mistake]]", "[[mistakes]]"), "'mistakes' is not known in the file"),
        (MISTAKE.replace("[[mistake]]", "[mistake]"), "`mistake` is not a list of tables"),
        ("mistake = [3]", "`mistake` is not a list of tables"),
        ("[[mistake]", "is not TOML"),
    ],
)
def test_a_malformed_catalogue_is_refused(tmp_path: Path, toml: str, why: str) -> None:
    """The sentence names the file and the mistake."""
    add(tmp_path, "08_adam")
    add_solution(tmp_path, "08_adam", toml)
    with pytest.raises(CourseError) as caught:
        load_mistakes(find_exercise(tmp_path, "8"))
    assert why in str(caught.value)
    assert "solutions/08_adam/mistakes.toml: " in Path(str(caught.value)).as_posix()


@pytest.mark.parametrize(
    ("source", "times"),
    [("return w", "nowhere"), ("w - g or w - g", "more than once"), ("", "nowhere")],
)
def test_a_mistake_that_does_not_fit_once_is_refused(source: str, times: str) -> None:
    """An edit that could mean two places, or none, proves nothing."""
    mistake = Mistake("sign_flipped", "w - g", "w + g", "You climb.", "Look at the sign.")
    with pytest.raises(
        CourseError, match=rf"'sign_flipped' looks for occurs {times}.*mistakes\.toml"
    ):
        mistake.apply(source)


def test_overlapping_places_are_two_places() -> None:
    """`aa` occurs twice in `aaa`."""
    with pytest.raises(CourseError, match="more than once"):
        Mistake("doubled", "aa", "b", "It doubles.", "Look.").apply("aaa")


def test_names_are_escaped_for_every_screen() -> None:
    """Letters of any language stay, what acts on a terminal does not."""
    assert printable("Übung_08 – ñ 汉") == "Übung_08 – ñ 汉"
    assert printable("a\x1b[31m\n\x9b\u202e\u2028\udcff") == r"a\x1b[31m\n\x9b\u202e\u2028\udcff"


REAL = sorted(ROOT.glob("exercises/*/exercise.toml"))


@pytest.mark.parametrize("toml", REAL, ids=[toml.parent.name for toml in REAL])
def test_every_exercise_of_this_course_loads(toml: Path) -> None:
    """By its folder's name, with at least one mistake where the clone has its solution."""
    exercise = find_exercise(ROOT, toml.parent.name)
    assert exercise.folder == toml.parent
    if exercise.solution is not None and exercise.mistakes_file is not None:
        source = exercise.solution.read_text(encoding="utf-8")
        mistakes = load_mistakes(exercise)
        assert mistakes
        assert all(mistake.apply(source) != source for mistake in mistakes)


@pytest.mark.skipif(not REAL, reason="this clone has no exercises")
def test_this_course_loads_as_a_whole() -> None:
    """No two exercises share a name."""
    assert len(load_exercises(ROOT)) == len(REAL)


def test_a_version_is_that_of_what_decides_a_verdict(tmp_path: Path) -> None:
    """Any change of those four files changes it; where they lie and how lines end does not."""
    versions = []
    for place, end in [("a", "\n"), ("b/c", "\r\n")]:
        folder = add(tmp_path / place, "08_adam")
        answers = add_solution(tmp_path / place, "08_adam", MISTAKE)
        for path in (folder / "checks.py", answers / "answer.py", answers / "hidden_checks.py"):
            path.write_text(f"import numpy{end}x = 1{end}", encoding="utf-8", newline="")
        toml = folder / "exercise.toml"
        toml.write_text(TOML, encoding="utf-8", newline=end)
        (exercise,) = load_exercises(tmp_path / place)
        versions.append(exercise.version)
    assert versions[0] == versions[1]
    assert len(versions[0]) == 64
    for path in (folder / "README.md", folder / "answer.py", answers / "mistakes.toml"):
        path.write_text("new", encoding="utf-8")
        assert exercise.version == versions[0]
    seen = {exercise.version}
    for path in (folder / "checks.py", toml, answers / "answer.py", answers / "hidden_checks.py"):
        path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
        seen.add(exercise.version)
    (answers / "hidden_checks.py").rename(answers / "other.py")
    seen.add(exercise.version)
    (folder / "checks.py").write_text("", encoding="utf-8")
    assert len(seen | {exercise.version}) == 7


def test_no_line_moves_between_files_without_a_new_version(tmp_path: Path) -> None:
    folder = add(tmp_path, "08_adam")
    answers = add_solution(tmp_path, "08_adam", MISTAKE)
    (exercise,) = load_exercises(tmp_path)
    (folder / "checks.py").write_text("ab", encoding="utf-8")
    (answers / "hidden_checks.py").write_text("c", encoding="utf-8")
    before = exercise.version
    (folder / "checks.py").write_text("a", encoding="utf-8")
    (answers / "hidden_checks.py").write_text("bc", encoding="utf-8")
    assert exercise.version != before
