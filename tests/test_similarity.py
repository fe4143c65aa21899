"""Copies stand out, however they are dressed up; independent answers do not."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.course import Exercise, find_course, find_exercise, load_exercises
from grader.similarity import LONGEST, Pair, similar_pairs

ROOT = Path(__file__).parents[1]
PERCEPTRON = find_exercise(ROOT, "perceptron")
STUB = PERCEPTRON.stub.read_text(encoding="utf-8")
LOOPS, EINSUM, SIGNED = (
    (ROOT / f"solutions/01_perceptron/alternatives/{name}.py").read_text(encoding="utf-8")
    for name in ("loops", "einsum", "signed")
)
SOLUTION = (ROOT / "solutions/01_perceptron/perceptron.py").read_text(encoding="utf-8")

Run = Callable[..., tuple[int, str, str]]


def disguised(source: str) -> str:
    """Rename what may be renamed, reverse the functions, and write other comments and layout."""
    own = ("total", "sums", "row", "labels", "new_w", "prediction", "mistakes", "count", "epoch")
    for place, name in enumerate(own):
        source = re.sub(rf"\b{name}\b", f"other_{place}", source)
    head, *functions = source.split("\n\n\n")
    text = "\n\n\n".join([head, *reversed(functions)])
    text = re.sub(r'"""[^"]*"""', "'''My own words.'''", text)
    return text.replace("):\n", "):  # so\n\n").replace("    ", "  ").replace(" = ", "  =  ")


def top(sources: dict[str, str]) -> Pair:
    return similar_pairs(sources, STUB, [SOLUTION])[0]


def test_a_copy_in_disguise_is_all_alike() -> None:
    sources = {"ada": LOOPS, "björn": EINSUM, "copy": disguised(LOOPS)}
    first, *others = similar_pairs(sources, STUB, [SOLUTION])
    assert (first.first, first.second) == ("ada", "copy")
    assert first.likeness > 0.8
    assert all(pair.likeness < 0.1 for pair in others)


def test_half_a_copy_is_about_half_alike() -> None:
    loops, einsum = LOOPS.split("\n\n\n"), EINSUM.split("\n\n\n")
    mixed = "\n\n\n".join([*einsum[:4], *loops[4:]])
    pair = top({"ada": LOOPS, "mixed": mixed})
    assert 0.4 < pair.likeness < 0.9


def test_the_stub_and_what_everybody_has_are_left_out() -> None:
    """Untouched stubs share everything and nothing of their own."""
    assert similar_pairs({"a": STUB, "b": STUB, "c": STUB}, STUB, [SOLUTION]) == []
    assert similar_pairs({f"s{n}": SOLUTION for n in range(9)}, STUB) == []


def test_in_a_class_that_shares_a_helper_the_copy_still_stands_out() -> None:
    helper = "\n\ndef show(all):\n    for k, v in enumerate(all):\n        print(k, v * 2, [k])\n"
    people = {"ada": LOOPS, "björn": EINSUM, "chloé": SIGNED}
    people |= {f"s{n}": f"def f{n}(x):\n    return x * {n} + {n}\n" for n in range(5)}
    sources = {name: text + helper for name, text in people.items()} | {"zoë": LOOPS + helper}
    (pair,) = [p for p in similar_pairs(sources, STUB, [SOLUTION]) if p.likeness > 0.2]
    assert (pair.first, pair.second, pair.likeness) == ("ada", "zoë", 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("exercise", load_exercises(find_course()), ids=lambda e: e.id)
def test_independent_answers_are_hardly_alike(exercise: Exercise) -> None:
    """Against the course's own alternatives, which were written to differ."""
    answers = {path.stem: path.read_text(encoding="utf-8") for path in exercise.alternatives}
    assert exercise.solution is not None
    solution = exercise.solution.read_text(encoding="utf-8")
    pairs = similar_pairs(answers, exercise.stub.read_text(encoding="utf-8"), [solution])
    assert [pair for pair in pairs if pair.likeness > 0.25] == []


def test_the_order_of_people_changes_nothing() -> None:
    sources = {"a": LOOPS, "b": EINSUM, "c": disguised(LOOPS), "d": SIGNED}
    assert similar_pairs(sources, STUB) == similar_pairs(dict(reversed(sources.items())), STUB)


@pytest.mark.parametrize(
    "piece",
    [
        *('"', "'''", '"""', "(", "@", " ", "\n ", "\\", "a", "0", "0_", "f'{", "r'\\", "#", "é"),
        *('b"\\', "'\n", "\t\n", "\0", "\ud800", "rb", "\N{ZERO WIDTH SPACE}"),
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    text = (piece * LONGEST)[:LONGEST]
    started = time.perf_counter()
    similar_pairs({"a": text, "b": text}, STUB)
    assert time.perf_counter() - started < 20  # a lexer of many languages takes minutes


# The command


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, typed: Run) -> Run:
    """Run the command with these words, in the repository's root."""
    monkeypatch.chdir(ROOT)
    return typed


def notebook(source: str) -> str:
    cells = [
        {
            "cell_type": "code",
            "source": f"%matplotlib inline\n{text}",
            "metadata": {},
            "outputs": [],
        }
        for text in source.split("\n\n\n")
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


@pytest.fixture
def download(tmp_path: Path) -> Path:
    """A download from Gradescope: Björn's notebook is Ada's file, and Eve's name is hostile."""
    folder = tmp_path / "assignment_7_export"
    shutil.copytree(Path(__file__).parent / "downloads/gradescope", folder)
    files = {
        "submission_1001/perceptron.py": LOOPS,
        "submission_1002/perceptron.ipynb": notebook(LOOPS),
        "submission_1003/perceptron.py": EINSUM,
        "submission_1004/perceptron.py": LOOPS,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir()
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_pairs_are_ranked_notebooks_too_and_nobody_is_accused(run: Run, download: Path) -> None:
    code, out, _ = run("similar", download, "perceptron")
    assert code == 0
    ranked = [int(line.split("%")[0]) for line in out.splitlines() if "%" in line]
    assert ranked == sorted(ranked, reverse=True)
    assert [rank > 80 for rank in ranked] == [True] * 3
    assert re.search(r"100% +\d+/\d+ +\[bold\]eve@example\.org +ada@example\.org", out)
    assert re.search(r"\d\d% +\d+/\d+ +ada@example\.org +bjoern@example\.org", out)
    assert "\x1b" not in out
    assert "never a penalty" in out


def test_only_the_first_pairs_are_shown(run: Run, download: Path) -> None:
    _, out, _ = run("similar", download, "perceptron", "--top", 1)
    assert len([line for line in out.splitlines() if "%" in line]) == 1
    assert "are left out" in out


def test_a_group_is_not_compared_with_itself(run: Run, download: Path) -> None:
    metadata = download / "submission_metadata.yml"
    group = "  - :name: Zoë\n    :email: zoe@example.org\n  :created_at: 2026-11-02 22:59"
    text = metadata.read_text(encoding="utf-8")
    metadata.write_text(text.replace("  :created_at: 2026-11-02 22:59", group), encoding="utf-8")
    _, out, _ = run("similar", download, "perceptron")
    assert "4 submissions" in out
    assert "bjoern@example.org + zoe@example.org" in out


def test_who_cannot_be_read_is_named_and_the_others_are_compared(run: Run, download: Path) -> None:
    (download / "submission_1002/perceptron.ipynb").write_text("{")
    code, out, _ = run("similar", download, "perceptron")
    assert code == 0
    assert "not compared: bjoern@example.org" in out
    assert "3 submissions" in out


def test_a_folder_that_is_not_there_is_refused(run: Run, tmp_path: Path) -> None:
    code, _, err = run("similar", tmp_path / "none", "perceptron")
    assert (code, "none" in err, "Traceback" in err) == (2, True, False)
