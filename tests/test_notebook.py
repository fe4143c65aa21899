"""Reading notebooks: cells in order, magics left out, and hostile files refused in one sentence."""

from __future__ import annotations

import ast
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import SubmissionError
from grader.notebook import MAX_CELLS, MAX_SOURCE, MAX_VALUES, code_cells, without_magics


def cell(source: Any, kind: str = "code") -> dict[str, Any]:
    """Make a cell of format 4."""
    return {"cell_type": kind, "metadata": {}, "source": source}


def notebook(*cells: Any, nbformat: Any = 4) -> str:
    """Write a notebook of format 4."""
    return json.dumps({"nbformat": nbformat, "nbformat_minor": 5, "metadata": {}, "cells": cells})


def old_notebook(*cells: Any, nbformat: int = 3) -> str:
    """Write a notebook of format 2 or 3."""
    sheets = [{"metadata": {}, "cells": cells}]
    return json.dumps({"nbformat": nbformat, "metadata": {"name": ""}, "worksheets": sheets})


def refusal(text: str) -> str:
    """Return the sentence with which a text is refused."""
    with pytest.raises(SubmissionError) as caught:
        code_cells(text, "adam.ipynb")
    sentence = str(caught.value)
    assert sentence.startswith("adam.ipynb ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_code_cells_keep_their_order_and_the_position_that_a_learner_counts() -> None:
    """Markdown and raw cells are counted and not read."""
    text = notebook(cell("# Adam", "markdown"), cell("a = 1"), cell("raw", "raw"), cell("b = 2"))
    assert code_cells(text, "adam.ipynb") == [(2, "a = 1"), (4, "b = 2")]


def test_a_source_may_be_a_list_of_lines() -> None:
    """Jupyter writes a list."""
    assert code_cells(notebook(cell(["a = 1\n", "b = 2"])), "n") == [(1, "a = 1\nb = 2")]


def test_carriage_returns_become_newlines() -> None:
    """Windows and old Macintosh line ends are the same lines."""
    assert without_magics("a = 1\r\n%time b = 2\rc = 3") == "a = 1\nb = 2\nc = 3"


@pytest.mark.parametrize(("nbformat", "end"), [(2, ""), (3, ""), (3, "\n")])
def test_old_formats_are_read(nbformat: int, end: str) -> None:
    """Formats 2 and 3 keep the code under `input`, in worksheets, as lines with or without ends."""
    code = {"cell_type": "code", "language": "python", "outputs": [{"output_type": "pyout"}]}
    text = old_notebook(
        {"cell_type": "heading", "level": 1, "source": "Adam"},
        {**code, "input": [f"def f():{end}", "    return 1"]},
        {**code, "input": "%pylab inline\nx = 1"},
        nbformat=nbformat,
    )
    assert code_cells(text, "old.ipynb") == [
        (2, "def f():\n    return 1"),
        (3, "pass\nx = 1"),
    ]


@pytest.mark.parametrize(
    "cells",
    [
        [1],
        ["code"],
        [{}],
        [{"cell_type": "code"}],
        [{"cell_type": "code", "input": 7}],
        [{"cell_type": "code", "input": [7]}],
        [{"cell_type": "code", "input": {"a": []}}],
        [{"cell_type": "code", "input": None}],
    ],
)
def test_a_damaged_old_notebook_is_refused(cells: list[Any]) -> None:
    """A cell of format 3 that is none ends in a sentence."""
    assert "open it in Jupyter, save it" in refusal(old_notebook(*cells))


@pytest.mark.parametrize("sheets", [None, 3, "cells", [3], [{}], [{"cells": 3}], {"cells": []}])
def test_worksheets_of_a_wrong_type_are_refused(sheets: Any) -> None:
    """Whatever stands where the worksheets should be ends in a sentence."""
    assert "its format" in refusal(json.dumps({"nbformat": 3, "worksheets": sheets}))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("{", "not whole JSON"),
        (notebook(cell("a = 1"))[:-5], "not whole JSON"),
        ("def f(): pass", "not whole JSON"),
        ("9" * 10_000, "not whole JSON"),
        ("\0", "not whole JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"nbformat": 4, "cells": ' + "[" * 100_000, "nested too deeply"),
        ("[]", "not a notebook"),
        ("null", "not a notebook"),
        ('{"cells": []}', "not a notebook"),
        (notebook(nbformat="4"), "not a notebook"),
        (notebook(nbformat=True), "not a notebook"),
        (notebook(nbformat=5), "format other than 2 to 4"),
        (notebook(nbformat=1), "format other than 2 to 4"),
        ('{"nbformat": 4}', "no list of cells"),
        ('{"nbformat": 4, "cells": {}}', "no list of cells"),
        (notebook(3), "its cell 1 is not a cell"),
        (notebook(cell("a"), cell(3)), "the source of its cell 2 is not text"),
        (notebook(cell(None)), "the source of its cell 1 is not text"),
        (notebook(cell(["a", ["b"]])), "the source of its cell 1 is not text"),
        (notebook({"cell_type": "code"}), "the source of its cell 1 is not text"),
        (notebook(cell("x" * (MAX_SOURCE + 1))), "more than a million characters"),
        (notebook(*[cell("x" * 300_000)] * 4), "more than a million characters"),
        (notebook(*[cell("")] * (MAX_CELLS + 1)), "more than 5000 cells"),
        (old_notebook(*[{"cell_type": "text"}] * (MAX_CELLS + 1)), "more than 5000 cells"),
        ("[" + "[]," * MAX_VALUES, "clear its outputs"),
    ],
)
def test_what_is_no_notebook_is_refused_in_a_sentence(text: str, why: str) -> None:
    """Truncated, huge, deep, foreign: each has its own words."""
    assert why in refusal(text)


def test_the_source_of_a_text_cell_does_not_matter() -> None:
    """Only code is looked at."""
    assert code_cells(notebook(cell(3, "markdown"), cell("a = 1")), "n") == [(2, "a = 1")]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["cell_type", "source", "cells", "input", "worksheets", "code"]),
                inner | st.just("code"),
                max_size=3,
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from([2, 3, 4]),
)
def test_any_json_is_read_or_refused(value: Any, nbformat: int) -> None:
    """No shape of document gets past the sentence."""
    for cells in (value, [value], [{"cells": value}]):
        with suppress(SubmissionError):
            code_cells(
                json.dumps({"nbformat": nbformat, "cells": cells, "worksheets": cells}), "n.ipynb"
            )


@pytest.mark.parametrize(
    ("source", "python"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip install numpy\nx = 1", "pass\nx = 1"),
        ("pip install numpy", "pass"),
        ("?np.dot\nnp.dot?\nnp.dot??  # help\nx = 1", "pass\npass\npass\nx = 1"),
        ("np.*load*?", "pass"),
        ("files = !ls\na, b = %sx pwd", "pass\npass"),
        ("%time w = f(3)", "w = f(3)"),
        ("if a:\n    %time w = f(3)\n", "if a:\n    w = f(3)\n"),
        ("%timeit f(3)", "pass"),
        ("if a:\n    %timeit f()\nelse:\n\t!ls", "if a:\n    pass\nelse:\n\tpass"),
        ("!pip install \\\n  numpy \\\n  scipy\nx = 1", "pass\n\n\nx = 1"),
        ("%time", "pass"),
        ("%%time?\nx = 1", "pass\nx = 1"),
        ("x = 1\n%%time\ny = 2", "x = 1\npass\ny = 2"),
    ],
)
def test_a_magic_becomes_pass_on_its_own_line(source: str, python: str) -> None:
    """Indentation and line numbers stay."""
    assert without_magics(source) == python


@pytest.mark.parametrize(
    "source",
    [
        's = """\n%time x\n!ls\n"""\nx = 1',
        "s = '''it's\n%magic '''",
        'def f():\n    """Doc.\n\n    !not a command\n    what?\n    """',
        's = "one line\\\n%d" % 3',
        "x = (17\n     % 5)",
        "x = [\n  a\n  % b,  # )\n]",
        "x = 17 \\\n  % 5",
        "x = a != b\ny = a % b\nz = 'really?'",
        "# is it so?\n# )\nx = 3  # 100 %",
        "x = {'%a': '(', \"b\": ']'}\ny = 1",
        "print(f'{x!r}')\nt = r'\\''\nx %= 2",
        "y = '%d' % 3  # !",
        "pipeline = 1\npip = 2\n",
        "x == 3\ny = -1",
        "await f()",
        "",
    ],
)
def test_python_that_looks_like_a_magic_stays_as_it_is(source: str) -> None:
    """Strings, brackets, comments and continued lines are not touched."""
    assert without_magics(source) == source


def test_after_a_string_that_closes_magics_are_magics_again() -> None:
    """What follows a quote, a bracket or a comment with a bracket is code."""
    source = "s = '''\n%a\n'''\n%b\nf(\n  1)  # (\n%c\n# '''\n%d"
    assert without_magics(source) == "s = '''\n%a\n'''\npass\nf(\n  1)  # (\npass\n# '''\npass"


def test_a_quote_left_open_ends_with_its_line() -> None:
    """A slip in one line does not hide the magic in the next."""
    assert without_magics("s = 'open\n%magic") == "s = 'open\npass"


@pytest.mark.parametrize(
    "magic",
    ["bash", "writefile adam.py", "html", "javascript", "timeit", "script sh", "unheard_of"],
)
def test_a_cell_in_another_language_is_dropped(magic: str) -> None:
    """Such a cell defines nothing in the notebook."""
    assert without_magics(f"\n%%{magic}\nx = 1") is None
    assert code_cells(notebook(cell(f"%%{magic}\nx"), cell("y = 2")), "n") == [(2, "y = 2")]


@pytest.mark.parametrize("magic", ["%%time", "%%capture out", "%%prun -l 5", "%%time\n%%capture"])
def test_a_cell_magic_that_runs_its_body_leaves_it(magic: str) -> None:
    """The body stays on its lines."""
    blank = "\n" * (magic.count("\n") + 1)
    assert without_magics(f"{magic}\nx = 1") == f"{blank}x = 1"


def test_a_dropped_language_under_a_timer_is_dropped() -> None:
    """`%%time` over `%%bash` times the shell."""
    assert without_magics("%%time\n%%bash\nls") is None


def test_the_margin_of_a_whole_cell_is_taken_away() -> None:
    """A cell that was pasted with its indentation runs in Jupyter and here."""
    assert without_magics("\n    def f():\n        return 1\n\n    f()") == (
        "\ndef f():\n    return 1\n\nf()"
    )


@given(st.text(alphabet="'\"\\#%!?()[]{} \n\tax=", max_size=60))
def test_every_text_keeps_its_number_of_lines(source: str) -> None:
    """Whatever is written, a line stays where the learner sees it."""
    python = without_magics(source)
    assert python is None or python.count("\n") == source.count("\n")


def test_real_python_comes_through_unchanged() -> None:
    """A library's strings, brackets and comments have no magic in them."""
    for module in (ast, json, pytest):
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        assert without_magics(source) == source


def test_the_time_is_in_proportion_to_the_text() -> None:
    """Each quote, bracket and backslash is followed once: quadratic work would take minutes."""
    for text in (mark * (MAX_SOURCE // 10) for mark in ("'", "\\", "(", "a?", " ", "a,")):
        assert without_magics(text) is not None
        assert without_magics("'''" + text) is not None
        assert without_magics("\n".join(text)) is not None
