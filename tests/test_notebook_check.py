"""`check("exercise6")` grades what a notebook's cells have defined, and nothing else of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from nbclient import NotebookClient
from nbformat import v4

import grader
from grader.errors import UsageError
from grader.live import check, definitions
from grader.progress import read_progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.course import Exercise

CHECKS = '''
@check("double", points=2)
def test_double(student):
    """Twice 3 is 6."""
    assert_close(student.double(3.0), 6.0)

@check("Counter")
def test_counter(student):
    """It counts."""
    assert_close(student.Counter().add(), 1)
'''
CHECK = 'from grader import check\ncheck("toy")'
COUNTER = "class Counter:\n    def add(self):\n        return 1"


def run(exercise: Exercise, *cells: str) -> list[dict[str, str]]:
    """Execute cells in one kernel of this interpreter; return what each showed, by its kind."""
    document = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
    folder = exercise.folder.parent.parent
    client = NotebookClient(
        document, allow_errors=True, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    shown = []
    for cell in document.cells:
        kinds: dict[str, str] = {}
        for output in cell.outputs:
            if output.output_type == "error":
                kinds["error"] = "\n".join(output.traceback)
            elif output.output_type == "stream":
                kinds[output.name] = output.text
            else:
                kinds |= output.data
        shown.append(kinds)
    return shown


@pytest.mark.slow
def test_the_cells_of_a_kernel_are_graded_as_they_stand(
    toy_course: Callable[..., Exercise],
) -> None:
    exercise = toy_course(CHECKS)
    shown = run(
        exercise,
        "import sys, grader; print(sys.executable, grader.__file__)",
        "import numpy as np\nfactor = 3\nnp.seterr(all='raise')",
        "def double(x):\n    raise NotImplementedError",
        CHECK,
        "def double(x):\n    return factor * x",
        CHECK,
        "# a line\ndef double(x):\n    raise ValueError('<script>alert(1)</script>')",
        CHECK,
        f"factor = 2\ndef double(x):\n    return factor * x\n{COUNTER}",
        "n = open('trained', 'a').write('once ')",
        CHECK,
        "del double",
        CHECK,
        'check("exercise99")',
    )
    assert shown[0]["stdout"].split() == [sys.executable, grader.__file__]
    assert "A fresh start: 3 points to win." in shown[3]["text/plain"]
    assert "Score: 0/3" in shown[5]["text/plain"]
    assert "    print(double(3.0))" in shown[5]["text/plain"]
    assert "from toy import" not in shown[5]["text/plain"]
    assert "then run this cell again" in shown[5]["text/plain"]
    assert "notebook.ipynb cell 7, line 3" in shown[7]["text/plain"]
    assert "&amp;lt;script&amp;gt;" in shown[7]["text/html"]
    assert "<script" not in shown[7]["text/html"]
    assert "Score: 3/3" in shown[10]["text/plain"]
    assert (exercise.folder.parent.parent / "trained").read_text() == "once "
    assert "does not define double" in shown[12]["text/plain"]
    standing = read_progress(exercise.folder.parent.parent, print).of(exercise)
    assert (standing.score, standing.max_score, list(standing.failing)) == (3, 3, ["double"])
    assert standing.solved is not None
    assert standing.solved.endswith(f"factor = 2\ndef double(x):\n    return factor * x\n{COUNTER}")
    assert standing.solved.count("def double") == 1
    assert shown[13]["error"].startswith("there is no exercise 'exercise99'")
    assert "\n" not in shown[13]["error"]


def test_outside_of_a_notebook_there_is_nothing_to_check() -> None:
    with pytest.raises(UsageError, match="run `grade"):
        check("exercise1")


KEPT = [
    ("a function and the constant that it uses", ["k = 2\nx = 3", "def f(x):\n    return k * x"]),
    ("what a function of a function uses", ["import math", "def g(): return math.e\ndef f(): g()"]),
    ("a decorator", ["def twice(f): return f", "@twice\ndef f(): pass"]),
    ("a name given by a star", ["from math import *", "def f(): return e"]),
    ("a method given later", ["class f: pass", "def step(self): pass", "f.step = step"]),
    ("a table filled later", ["table = {}", "table['a'] = 1", "def f(): return table"]),
    ("a base class", ["class Base: pass", "class f(Base): pass"]),
    ("every definition, in order", ["def f(): return 1", "def f(): return 2"]),
    ("a default value", ["k = 1", "def f(x=k): pass"]),
    ("a definition under a condition", ["if True:\n    def f(): pass"]),
    ("a comprehension's source", ["sizes = [1]", "f = [s for s in sizes]"]),
]


@pytest.mark.parametrize("cells", [c for _, c in KEPT], ids=[name for name, _ in KEPT])
def test_what_a_definition_needs_is_kept(cells: list[str]) -> None:
    kept = definitions(cells, {"f"})
    assert [text.replace("\nx = 3", "") for text in cells] == kept


DROPPED = [
    ("a call", "train(f)"),
    ("a loop", "for step in range(100):\n    losses.append(f())"),
    ("a value that nothing needs", "losses = f()"),
    ("a local name's namesake", "x = train(f)"),
    ("the check itself", 'from grader import check\ncheck("exercise1")'),
    ("what does not parse", "def f(:\n    pass"),
    ("what is nested too deeply", "f = " + "(" * 5_000),
    ("another language", "%%bash\nf = 1"),
    ("a magic", "%timeit f()"),
    ("a NUL", "f = 1\0"),
]


@pytest.mark.parametrize("text", [t for _, t in DROPPED], ids=[name for name, _ in DROPPED])
def test_what_no_definition_needs_is_dropped(text: str) -> None:
    cell = "def f():\n    x = 1\n    return x"
    assert definitions([cell, text], {"f"}) == [cell, ""]


def test_lines_keep_their_numbers() -> None:
    assert definitions(["train()\n\ny = 1\nf = 2\ntrain()"], {"f"}) == ["\n\n\nf = 2"]
