"""A release has all that a student needs, and nothing of the answers."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from grader import cli, datasets
from grader.course import Exercise, find_course, find_exercise, load_exercises
from grader.errors import CourseError, UsageError
from grader.files import write_new
from grader.handout import notebook
from grader.release import MANIFEST, MATERIAL, leak, material, release, secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    Toy = Callable[..., Exercise]

ROOT = Path(__file__).parents[1]
EXERCISES = load_exercises(ROOT)
CHECKS = '''
@check("double", points=2)
def test_double(student):
    """Twice 3 is 6."""
    assert_close(student.double(3.0), 6.0)
'''


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole course, released."""
    folder = tmp_path_factory.mktemp("release") / "course"
    release(EXERCISES, folder)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def bare(text: str) -> str:
    return re.sub(r"[ \t]", "", text)


def answers(exercise: Exercise) -> set[str]:
    """The lines of the solution and of the hidden checks that say something, without blanks.

    Twelve characters and more, outside of docstrings, and not in a public file of the course: laws
    and examples there may well need a line that some solution has, too.
    """
    public = bare(
        "\n".join(
            path.read_text(encoding="utf-8")
            for other in EXERCISES
            for path in sorted(other.folder.iterdir())
            if path.suffix in {".md", ".py", ".toml"} and path != exercise.stub
        )
    )
    found = set()
    for path in filter(None, (exercise.solution, exercise.hidden_checks)):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                for number in range(node.lineno - 1, node.end_lineno or 0):
                    lines[number] = ""
        found |= {bare(line) for line in lines}
    stub = {bare(line) for line in exercise.stub.read_text(encoding="utf-8").splitlines()}
    heads = ("def", "class", "import", "from")
    return {
        line
        for line in found - stub
        if len(line) >= 12 and not line.startswith(heads) and line not in public
    }


def told(folder: Path) -> str:
    """All that a released folder says, without blanks, notebooks' cells as they are read."""
    texts = []
    for name, data in files(folder).items():
        text = data.decode()
        if name.endswith(".ipynb"):
            text = "\n".join(cell["source"] for cell in nbformat.reads(text, 4)["cells"])
        texts.append(text)
    return bare("\n".join(texts))


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_no_line_of_a_solution_is_released(released: Path, exercise: Exercise) -> None:
    text = told(released)
    lines = answers(exercise)
    assert len(lines) >= 3
    assert [line for line in lines if line in text] == []


def test_that_search_says_no(released: Path, tmp_path: Path) -> None:
    text = told(released)
    for exercise in EXERCISES:
        assert exercise.solution is not None
        leaked = text + bare(exercise.solution.read_text(encoding="utf-8"))
        assert any(line in leaked for line in answers(exercise)), exercise.id
    lines = sorted(answers(EXERCISES[0]))
    leaking = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"> {lines[0]}")])
    (tmp_path / "a.ipynb").write_text(nbformat.writes(leaking))
    assert lines[0] in told(tmp_path)


def test_a_release_is_a_course_with_just_what_learners_need(released: Path) -> None:
    course = load_exercises(released)
    assert [exercise.id for exercise in course] == [exercise.id for exercise in EXERCISES]
    expected = {"LICENSE", "README.md", MANIFEST, "datasets/digits.csv", "datasets/digits.toml"}
    for exercise in course:
        assert exercise.solution_folder is None
        names = ["README.md", "checks.py", "exercise.toml", exercise.file]
        names += [f"{exercise.module}.ipynb"]
        names += [path.name for path in exercise.folder.glob("*.svg")]
        expected |= {f"exercises/{exercise.folder.name}/{name}" for name in names}
    assert set(files(released)) == expected


def test_every_data_set_that_a_released_text_or_check_loads_is_there(released: Path) -> None:
    used = set(re.findall(r"\bload\(\"(\w+)\"\)", b"\n".join(files(released).values()).decode()))
    assert used == set(datasets.names(released / "datasets"))


def test_every_link_in_a_release_leads_somewhere(released: Path) -> None:
    for page in released.rglob("README.md"):
        text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#:\s]+)\)", text):
            assert (page.parent / target).exists(), f"{page}: {target}"


def test_the_same_course_gives_the_same_bytes(released: Path, tmp_path: Path) -> None:
    release(EXERCISES, tmp_path / "again")
    assert files(tmp_path / "again") == files(released)


def test_the_command_works_inside_a_release(
    released: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    course = Path(shutil.copytree(released, tmp_path / "course"))
    monkeypatch.chdir(course / "exercises/12_batchnorm")
    assert find_course() == course
    assert datasets.load("digits").x.shape == (1797, 64)
    for words, status, said in (
        (["list"], 0, "batchnorm"),
        (["exercise12", "batchnorm.ipynb"], 1, "A fresh start"),
    ):
        monkeypatch.setattr("sys.argv", ["grade", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert (ended.value.code or 0) == status
        assert said in capsys.readouterr().out


def test_named_exercises_alone_are_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("sys.argv", ["grade", "release", str(tmp_path / "some"), "8", "losses"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert "holds 2 exercises" in capsys.readouterr().out
    assert [e.id for e in load_exercises(tmp_path / "some")] == ["exercise4", "exercise8"]
    assert not (tmp_path / "some/datasets").exists()
    assert os.listdir(tmp_path) == ["some"]  # noqa: PTH208


# A course of one's own, laid out by whoever installed the grader


def test_init_lays_out_a_course_here_or_in_a_new_folder(
    released: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for place, said in ((".", "Begin with: grade"), ("a/b", "Begin with: cd a/b && grade")):
        here = tmp_path / f"{len(place)}"
        here.mkdir()
        monkeypatch.chdir(here)
        monkeypatch.setattr("sys.argv", ["grade", "init", place])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code
        assert said in capsys.readouterr().out.splitlines()[-1]
        # The folder that a shell stands in is still the one that it stands in.
        assert here.samefile(Path.cwd())
        assert files(here / place) == files(released)


def test_a_laid_out_course_can_be_started_anew_but_not_with_another_courses_stub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    release(EXERCISES[:1], tmp_path / "course")
    stub = tmp_path / "course/exercises/01_perceptron/perceptron.py"
    monkeypatch.chdir(tmp_path / "course")
    monkeypatch.setattr("sys.argv", ["grade", "reset", "1"])

    def reset() -> tuple[object, str]:
        stub.write_text("a student's work")
        monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code or 0, capsys.readouterr().err

    assert reset() == (0, "")
    assert stub.read_bytes() == EXERCISES[0].stub.read_bytes()
    for manifest in ("{}", "[]", "{", '{"exercises/01_perceptron/perceptron.py": "00"}'):
        (tmp_path / "course" / MANIFEST).write_text(manifest)
        status, said = reset()
        assert status == 2
        assert "cannot be made anew here" in said
        assert stub.read_text() == "a student's work"


# What is refused, and that nothing is lost


def test_a_stub_that_somebody_filled_in_is_not_released(toy_course: Toy, tmp_path: Path) -> None:
    exercise = toy_course(CHECKS, solution=SOLVED)
    exercise.stub.write_text(SOLVED)
    with pytest.raises(CourseError, match=r"toy\.(py|ipynb) has the line .*solutions/01_toy/toy"):
        release([exercise], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "leaked",
    ["# return factor * number + 0", "> return factor*number+0", "- `return factor * number + 0`"],
)
def test_a_leak_is_found_in_comments_quotations_and_lists(toy_course: Toy, leaked: str) -> None:
    exercise = toy_course(CHECKS, solution=SOLVED)
    assert leak({"page.md": leaked.encode()}, secrets([exercise]))
    assert leak({"page.md": b"Multiply a number by a factor."}, secrets([exercise])) is None


SOLVED = '''\
def double(number):
    """Return twice the number."""
    factor = 1 + 1
    return factor * number + 0
'''


def test_a_folder_with_other_things_in_it_is_left_alone(toy_course: Toy, tmp_path: Path) -> None:
    exercise, folder = toy_course(CHECKS), tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.tex").write_text("all my work")
    for manifest in (None, "[]", "{", '{"other": "00"}'):
        if manifest is not None:
            (folder / MANIFEST).write_text(manifest)
        with pytest.raises(UsageError, match="mine"):
            release([exercise], folder)
    assert (folder / "thesis.tex").read_text() == "all my work"
    with pytest.raises(UsageError, match="is no folder"):
        release([exercise], folder / "thesis.tex")


def test_a_former_release_is_replaced_only_while_nobody_has_worked_in_it(
    toy_course: Toy, tmp_path: Path
) -> None:
    exercise, folder = toy_course(CHECKS), tmp_path / "out"
    folder.mkdir()
    release([exercise], folder)
    exercise.readme.write_text("# Toy, second edition\n")
    release([exercise], folder)
    assert "second edition" in (folder / "exercises/01_toy/README.md").read_text()
    (folder / "LICENSE").unlink(missing_ok=True)
    stub = folder / "exercises/01_toy/toy.py"
    before = stub.read_text()
    stub.write_text("a student's work")
    with pytest.raises(UsageError, match=r"toy\.py, which is not as it was released"):
        release([exercise], folder)
    assert stub.read_text() == "a student's work"
    stub.write_text(before)
    (folder / "notes.txt").symlink_to(stub)
    with pytest.raises(UsageError, match=r"notes\.txt"):
        release([exercise], folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_place_that_cannot_be_written_is_named(toy_course: Toy, tmp_path: Path) -> None:
    exercise, folder = toy_course(CHECKS), tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(UsageError, match="cannot be written"):
        release([exercise], folder / "out")


def test_a_missing_data_set_is_named(toy_course: Toy, tmp_path: Path) -> None:
    exercise = toy_course(CHECKS)
    toml = exercise.folder / "exercise.toml"
    toml.write_text('datasets = ["moons"]\n' + toml.read_text())
    with pytest.raises(CourseError, match=r"moons\.csv cannot be read"):
        release([find_exercise(tmp_path, "toy")], tmp_path / "out")


# An exercise as a notebook


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_a_notebook_is_valid_and_has_the_whole_exercise(exercise: Exercise) -> None:
    document = nbformat.reads(notebook(exercise), 4)
    nbformat.validate(document)
    assert (document.nbformat, document.nbformat_minor) == (4, 5)
    ids = [cell.id for cell in document.cells]
    assert len(set(ids)) == len(ids)
    *code, last = [cell.source for cell in document.cells if cell.cell_type == "code"]
    assert last == f'from grader import check\n\ncheck("{exercise.id}")'
    assert "\n\n\n".join(code) == exercise.stub.read_text(encoding="utf-8").strip()
    assert all(len(ast.parse(piece).body) == 1 for piece in code[1:])
    *text, _ = [cell.source for cell in document.cells if cell.cell_type == "markdown"]
    readme = exercise.readme.read_text(encoding="utf-8")
    shown = re.sub(r"<img [^>]*>", "", "\n".join(text))
    assert bare(shown).replace("\n", "") == bare(
        re.sub(r"!\[[^]]*\]\([^)]*\)", "", readme)
    ).replace("\n", "")
    pictures = "".join(text).count('src="data:image/svg+xml;base64,')
    assert pictures == readme.count("![") == len(list(exercise.folder.glob("*.svg")))


def test_a_fence_is_not_cut_where_it_has_a_hash(toy_course: Toy) -> None:
    exercise = toy_course(CHECKS)
    exercise.readme.write_text("# One\n```\n# no heading\n```\n$$\na\n$$\n## Two\n![x](no.svg)\n")
    cells = nbformat.reads(notebook(exercise), 4).cells
    assert cells[0].source == "# One\n```\n# no heading\n```\n$$\na\n$$"
    assert cells[1].source == "## Two\n![x](no.svg)"


def test_an_exercise_is_written_as_a_notebook_and_never_over_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["grade", "notebook", "8", "--out", str(tmp_path / "a.ipynb")])
    monkeypatch.chdir(ROOT)
    for status, said in ((0, "holds exercise8"), (2, "exists already and stays as it is")):
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert (ended.value.code or 0) == status
        assert said in "".join(capsys.readouterr())
    assert (tmp_path / "a.ipynb").read_text(encoding="utf-8") == notebook(EXERCISES[7])
    with pytest.raises(UsageError, match="cannot be written"):
        write_new(tmp_path / "no/such/folder", b"")
    assert os.listdir(tmp_path) == ["a.ipynb"]  # noqa: PTH208


# With nothing but the wheel

RIGHT = """
from nbclient import NotebookClient
import nbformat, sys
document = nbformat.read("exercises/08_adam/adam.ipynb", 4)
cells = document.cells
if len(sys.argv) > 1:
    cells.insert(-1, nbformat.v4.new_code_cell(open(sys.argv[1]).read()))
NotebookClient(document, resources={"metadata": {"path": "exercises/08_adam"}}).execute()
print(cells[-1].outputs[-1]["data"]["text/plain"])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, so that no build folder is left here."""
    copy = tmp_path_factory.mktemp("wheel")
    for name in ("grader", "exercises", "solutions", "datasets"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    out = str(copy / "out")
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", out, str(copy)]
    subprocess.run(pip, check=True)  # noqa: S603
    (wheel,) = (copy / "out").glob("grader-*.whl")
    return wheel


@pytest.mark.slow
def test_a_wheel_carries_the_courses_public_material_and_nothing_of_the_answers(
    wheel: Path,
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    inside = f"grader/{MATERIAL}/"
    carried = {name.removeprefix(inside): data for name, data in packed.items() if inside in name}
    assert carried == material(EXERCISES)
    assert leak(carried, secrets(EXERCISES)) is None
    for word in ("solution", "hidden", "mistake", "alternative", "reasons"):
        assert not [name for name in carried if word in name]


@pytest.mark.slow
def test_the_wheel_is_all_that_a_learner_needs(released: Path, wheel: Path, tmp_path: Path) -> None:
    assert wheel.name in (released / "README.md").read_text()
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv/bin/python")
    extras = [f"{wheel}[test]"]
    subprocess.run([python, "-m", "pip", "install", "-q", *extras], check=True)  # noqa: S603
    course = tmp_path / "course"

    def run(*command: str, cwd: Path = course, answers: str = "") -> tuple[int, str]:
        done = subprocess.run(  # noqa: S603
            command, cwd=cwd, capture_output=True, text=True, check=False, input=answers
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    grade = str(tmp_path / "venv/bin/grade")
    status, said = run(grade, "list", cwd=tmp_path)
    assert status == 2
    assert "grade init course" in said
    assert run(grade, "init", "course", cwd=tmp_path)[0] == 0
    assert files(course) == files(released)

    status, said = run(python, "-c", "import grader; print(grader.__file__)")
    assert said.startswith(str(tmp_path / "venv")), said
    schema = "import grader, pathlib; print((pathlib.Path(grader.__file__).parent / "
    assert run(python, "-c", schema + "'verdict.schema.json').is_file())")[1].strip() == "True"
    assert "Welcome! 15 exercises" in run(grade)[1]
    assert "exercise15" in run(grade, "list")[1]
    for exercise in (EXERCISES[7], EXERCISES[13]):
        status, said = run(grade, exercise.id, "--json")
        document = json.loads(said)
        assert (status, document["score"]) == (1, 0), exercise.id
        assert {check["status"] for check in document["checks"]} == {"not_implemented"}
    assert "A fresh start" in run(python, "-c", RIGHT)[1]
    adam = EXERCISES[7]
    assert adam.solution is not None
    assert "Everything is right" in run(python, "-c", RIGHT, str(adam.solution))[1]

    stub = course / "exercises/08_adam/adam.py"
    empty, right = stub.read_text(), adam.solution.read_text()
    stub.write_text(right.replace("(1 - self.beta2**self.t)", "1"))
    status, said = run(grade, "8")
    assert status == 1
    assert "expected" in said
    assert "Looks like" not in said  # to know that, it takes the solution and its mistakes
    hints = [run(grade, "hint", "8")[1] for _ in range(4)]
    assert "2 of 4" in hints[0]
    assert "grade solution" not in "".join(hints)
    assert run(grade, "reset", "8", answers="y\n")[0] == 0
    assert stub.read_text() == empty
    assert run(grade, "solution", "8")[0] == 2
    stub.write_text(right)
    status, said = run(grade, "8")
    assert status == 0
    assert "Everything is right" in said
    assert "as it was" in run(grade, "diff", "8")[1]
    assert "holds exercise9" in run(grade, "notebook", "9")[1]
    assert "1 of 15 exercises done" in run(grade)[1]
