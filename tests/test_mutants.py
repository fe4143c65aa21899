"""The mutants that a machine makes: what each operator does, and what is left alone."""

from __future__ import annotations

import ast

import pytest

from grader.mutants import mutants


def edits(source: str) -> list[str]:
    return [mutant.name.partition(": ")[2] for mutant in mutants(source)]


@pytest.mark.parametrize(
    ("source", "edit"),
    [
        ("x = a + b", "a + b → a - b"),
        ("x = a * b", "a * b → a / b"),
        ("x = a ** b", "a ** b → a * b"),
        ("x = a @ b", "a @ b → b @ a"),
        ("x += a", "x += a → x -= a"),
        ("x += a", "x += a → pass"),
        ("x = -a", "-a → a"),
        ("x = not a", "not a → a"),
        ("x = a and b", "a and b → a or b"),
        ("x = a < b", "a < b → a <= b"),
        ("x = a < b", "a < b → a >= b"),
        ("x = a == b", "a == b → a != b"),
        ("x = 3", "3 → 4"),
        ("x = 3", "3 → 2"),
        ("x = 3", "3 → 6"),
        ("x = True", "True → False"),
        ("x = f(a, b)", "f(a, b) → f(b, a)"),
        ("x = f(a, axis=0)", "f(a, axis=0) → f(a, axis=1)"),
        ("x = f(a, axis=0)", "f(a, axis=0) → f(a)"),
        ("x = f(a, keepdims=True)", "f(a, keepdims=True) → f(a)"),
        ("x = a.copy()", "a.copy() → a"),
        ("x = np.array(a)", "np.array(a) → a"),
        ("x = x - a", "x = x - a → x -= a"),
        ("x[0] = a", "x[0] = a → pass"),
        ("f(x)", "f(x) → pass"),
        ("if a: b()", "if a: … → if not a: …"),
        ("while a: b()", "while a: … → while not a: …"),
        ("x = a if b else c", "a if b else c → a if not b else c"),
        ("def f(): return a", "return a → pass"),
        ("def f(): raise a", "raise a → pass"),
        ("def f(a=1): b()", "1 → 2"),
    ],
)
def test_an_operator_makes_its_edit(source: str, edit: str) -> None:
    assert edit in edits(source)


@pytest.mark.parametrize(
    "source",
    [
        '"""A module."""',
        'class A:\n    """A class."""',
        'def f():\n    """A function."""',
        "import numpy as np",
        "def f(x: 3): pass",
        "x = a",
        "x = f'{3}'",
        "x = np.maximum(a, b)",
    ],
)
def test_what_is_no_calculation_is_left_alone(source: str) -> None:
    assert edits(source) == []


def test_mutants_differ_from_the_source_and_from_each_other_and_compile() -> None:
    source = "def f(x):\n    y = x * 1 + 1\n    return y / 1"
    found = mutants(source)
    texts = [mutant.source for mutant in found]
    assert len({mutant.name for mutant in found}) == len(found) == len(set(texts)) > 8
    assert ast.unparse(ast.parse(source)) not in texts
    assert all(compile(text, "mutant", "exec") for text in texts)


def test_a_name_says_where_and_does_not_depend_on_lines() -> None:
    source = "class A:\n    def f(self):\n        return 1 - 1"
    names = [mutant.name for mutant in mutants(source)]
    assert "A.f: 1 - 1 → 1 + 1" in names
    assert {"A.f: 1 → 2", "A.f: 1 → 2 #2"} <= set(names), "equal edits are numbered"
    assert names == [mutant.name for mutant in mutants("\n\n" + source)]
