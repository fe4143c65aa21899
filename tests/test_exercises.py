"""What holds for every exercise; that its checks tell right from wrong, `grade verify` proves."""

from __future__ import annotations

import ast
import doctest
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.course import Exercise, load_exercises, load_mistakes
from grader.grading import grade
from grader.process import find_gpu
from grader.submission import read_submission
from grader.verdict import Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Need = Callable[[Exercise], None]

ROOT = Path(__file__).parents[1]
EXERCISES = load_exercises(ROOT)
LEAST_MISTAKES = 15
LEAST_ALTERNATIVES = 5

each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)


def solution(exercise: Exercise) -> Path:
    assert exercise.solution is not None, f"{exercise.id} has no solution"
    return exercise.solution


def failures(verdict: Verdict) -> dict[str, str]:
    return {
        check.id: f"{check.status}: {check.message}"
        for check in verdict.checks
        if check.status not in (Status.PASSED, Status.SKIPPED)
    }


@pytest.fixture(scope="session")
def graded_here() -> Callable[[Exercise], None]:
    """Skip a test, and say why, where this machine cannot grade any of the exercise."""
    _, missing = find_gpu()

    def need(exercise: Exercise) -> None:
        if missing and "gpu" in exercise.requires:
            pytest.skip(f"{exercise.id} is not graded here: {missing}")

    return need


# Right answers pass


@each_exercise
def test_the_solution_gets_full_marks(exercise: Exercise, graded_here: Need) -> None:
    graded_here(exercise)
    verdict = grade(exercise, read_submission(solution(exercise), exercise.file))
    assert failures(verdict) == {}
    assert verdict.score == verdict.max_score > 0


@each_exercise
def test_there_are_right_answers_in_several_styles(exercise: Exercise) -> None:
    assert len(exercise.alternatives) >= LEAST_ALTERNATIVES


# Wrong answers fail


@each_exercise
def test_the_stub_gets_nothing_and_every_check_says_that_it_is_not_written(
    exercise: Exercise, graded_here: Need
) -> None:
    graded_here(exercise)
    verdict = grade(exercise, read_submission(exercise.stub, exercise.file))
    assert verdict.score == 0
    statuses = {check.status for check in verdict.checks} - {Status.SKIPPED}
    assert statuses == {Status.NOT_IMPLEMENTED}


@each_exercise
def test_the_catalogue_has_enough_mistakes(exercise: Exercise) -> None:
    assert len(load_mistakes(exercise)) >= LEAST_MISTAKES


# Stub and solution are one interface


def outline(path: Path) -> list[tuple[str, str, str | None]]:
    """List the functions, classes and methods of a file: name, signature, docstring."""
    found: list[tuple[str, str, str | None]] = []

    def visit(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                found.append((prefix + node.name, "", ast.get_docstring(node)))
                visit(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                found.append((prefix + node.name, ast.unparse(node.args), ast.get_docstring(node)))
            elif isinstance(node, ast.FunctionDef) and node.name == "__init__":
                found.append((f"{prefix}__init__", ast.unparse(node.args), ast.get_docstring(node)))

    tree = ast.parse(path.read_text(encoding="utf-8"))
    found.append(("", "", ast.get_docstring(tree)))
    visit(tree.body, "")
    return found


@each_exercise
def test_stub_and_solution_have_the_same_names_order_signatures_and_docstrings(
    exercise: Exercise,
) -> None:
    assert outline(exercise.stub) == outline(solution(exercise))


@each_exercise
def test_the_tasks_are_names_of_the_stub_and_every_check_belongs_to_one(exercise: Exercise) -> None:
    verdict = grade(exercise, read_submission(exercise.stub, exercise.file))
    tasks = [task.name for task in exercise.tasks]
    assert {check.task for check in verdict.checks} == set(tasks)
    assert {task.split(".")[0] for task in tasks} <= {name for name, _, _ in outline(exercise.stub)}


@each_exercise
def test_a_learner_needs_numpy_only_and_cupy_on_a_gpu(exercise: Exercise) -> None:
    libraries = {"numpy", "cupy"} if exercise.id.startswith("gpu") else {"numpy"}
    for path in (exercise.stub, solution(exercise), *exercise.alternatives):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Import(names=names):
                    modules = {alias.name.split(".")[0] for alias in names}
                case ast.ImportFrom(module=str(module)):
                    modules = {module.split(".")[0]}
                case _:
                    continue
            assert modules <= libraries | sys.stdlib_module_names, path


@each_exercise
def test_there_is_no_stray_file(exercise: Exercise) -> None:
    def files(folder: Path) -> set[str]:
        return {path.name for path in folder.iterdir() if path.name != "__pycache__"}

    allowed = {"README.md", "checks.py", "exercise.toml", exercise.file}
    assert {name for name in files(exercise.folder) - allowed if not name.endswith(".svg")} == set()
    assert exercise.solution_folder is not None
    known = {exercise.file, "mistakes.toml", "reasons.toml", "hidden_checks.py", "alternatives"}
    assert files(exercise.solution_folder) <= known


# What learners read


@each_exercise
def test_the_worked_numbers_of_the_readme_are_right(
    exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert exercise.solution_folder is not None
    monkeypatch.syspath_prepend(exercise.solution_folder)
    monkeypatch.delitem(sys.modules, exercise.module, raising=False)
    text = exercise.readme.read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    test = doctest.DocTestParser().get_doctest(blocks, {}, exercise.id, str(exercise.readme), 0)
    assert test.examples, "a README has at least one worked example that runs"
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    assert runner.run(test).failed == 0
    monkeypatch.delitem(sys.modules, exercise.module, raising=False)


def links(text: str) -> Iterator[str]:
    yield from re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)


@pytest.mark.parametrize(
    "page",
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("exercises/*/README.md")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_link_of_a_page_resolves_inside_the_repository(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = [
        link for link in links(text) if "://" not in link and not (page.parent / link).exists()
    ]
    assert missing == []
    assert text.count("$$") % 2 == 0, "a formula is not closed"


@each_exercise
def test_the_docstrings_of_the_solution_have_examples_that_run(
    exercise: Exercise, graded_here: Need, monkeypatch: pytest.MonkeyPatch
) -> None:
    graded_here(exercise)
    assert exercise.solution_folder is not None
    monkeypatch.syspath_prepend(exercise.solution_folder)
    monkeypatch.delitem(sys.modules, exercise.module, raising=False)
    module = __import__(exercise.module)
    assert doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0
    monkeypatch.delitem(sys.modules, exercise.module, raising=False)
