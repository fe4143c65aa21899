"""A snippet repeats a failing call beside the learner's file, with all that bears on it."""

from __future__ import annotations

import contextlib
import io
import sys
import types
from collections.abc import Callable

import numpy as np
import pytest

from grader.session import Session
from grader.snippets import snippet
from grader.student import Student

Open = Callable[..., Student]
Behind = Callable[[Student], Session]

SOURCE = """
class Value:
    def __init__(self, data): self.data, self.grad, self.parents = data, 0.0, ()
    def __mul__(self, other):
        out = Value(self.data * other.data)
        out.parents = ((self, other.data), (other, self.data))
        return out
    def backward(self):
        for parent, slope in self.parents: parent.grad += slope

def scaled(x, rng, g=abs): return g(x) * rng.random()
def parts(n): return [n, {"n": n}]
def use(cache, k): return cache["n"] * k
"""


def run(text: str, source: str = SOURCE) -> str:
    """Execute a snippet where the learner's file can be imported, and return what it prints."""
    module = types.ModuleType("toy")
    exec(source, module.__dict__)  # noqa: S102 - this test's own source
    sys.modules["toy"] = module
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(text, {})  # noqa: S102 - the snippet is what is tested
    finally:
        del sys.modules["toy"]
    return printed.getvalue().strip()


def made(student: Student) -> str:
    session = student._session
    assert isinstance(session, Session)
    text = snippet("toy", session.log, session.callables)
    assert text is not None
    return text


def test_arrays_with_gaps_are_written_with_gaps(open_student: Open) -> None:
    source = "def f(x, n): return x.strides, x.tolist(), str(x.dtype)"
    student = open_student(source)
    got = student.f.strided(np.array([[1, 2], [3, 4]], dtype=np.float32), 5)
    assert got == ((16, 8), [[1.0, 2.0], [3.0, 4.0]], "float32")
    assert run(made(student), source) == str(got)


def test_on_a_gpu_arrays_are_written_for_cupy(open_student: Open, session_of: Behind) -> None:
    student = open_student("def f(x): return 0")
    student.f(np.ones((0, 2), dtype=np.float32))
    log, callables = session_of(student).log, session_of(student).callables
    text = snippet("toy", log, callables, on_gpu=True)
    assert text is not None
    assert text.startswith("import cupy as cp\nimport numpy as np\n")
    assert "f(cp.zeros((0, 2), dtype=np.float32))" in text


def test_arrays_generators_and_functions_are_written_out(open_student: Open) -> None:
    def g(x: np.ndarray) -> np.ndarray:
        return x**2

    student = open_student(SOURCE)
    rng = np.random.default_rng([7, 8])
    rng.random()
    value = student.scaled(np.array([1.5, -2.0, 0.1]), rng, g=g)
    text = made(student)
    assert "def g(x" in text
    assert run(text.replace("np.ndarray", "object")) == str(value)


def test_a_kept_item_is_named_where_it_is_used(open_student: Open) -> None:
    student = open_student(SOURCE)
    _, cache = student.parts.keeping(1)(4)
    assert run(made(student)) == "[4, {'n': 4}]"
    assert student.use(cache, 3) == 12
    assert run(made(student)) == "12"


def test_a_call_on_a_related_object_is_not_left_out(open_student: Open) -> None:
    student = open_student(SOURCE)
    a, b = student.Value(2.0), student.Value(5.0)
    student.Value(9.0)
    (a * b).backward()
    assert a.grad == 5.0
    text = made(student)
    assert "9.0" not in text
    assert run(text) == "5.0"


@pytest.mark.parametrize("size", [10_000, 700])
def test_what_would_be_unreadably_long_is_left_out(
    open_student: Open, size: int, session_of: Behind
) -> None:
    student = open_student(SOURCE)
    student.scaled(np.arange(float(size)), np.random.default_rng(0), g=np.abs)
    assert snippet("toy", session_of(student).log, session_of(student).callables) is None
