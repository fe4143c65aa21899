"""A new exercise: its two folders with every file it needs, and a blank where the author writes.

A blank is three underscores, a name that no file defines, so that nothing half-written passes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from grader.course import load_exercises, printable
from grader.errors import CourseError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from grader.course import Exercise

__all__ = ["refuse_blanks", "scaffold"]

BLANK: Final = "_" * 3
ANY_BLANK: Final = re.compile(r"(?<!_)___(?!_)")
TEXTS: Final = {".py", ".md", ".toml"}

# NAME, TITLE and NUMBER stand for the exercise's own.
EXERCISE: Final = {
    "exercise.toml": """\
title = "TITLE"
file = "NAME.py"
lecture = "___"
summary = "___"

[tasks.NAME]
hints = [
  "___",
  "___",
  "Almost there: ___",
]
""",
    "NAME.py": '''\
"""Exercise NUMBER: TITLE.

___
"""

import numpy as np


def NAME(x):
    """___.

    >>> NAME(___)
    ___
    """
    raise NotImplementedError
''',
    "checks.py": '''\
"""Checks of exercise NUMBER: TITLE."""

from grader.checking import arrays, assert_close, check, given


@check("NAME", points=2)
def test_by_hand(student):
    """___."""
    assert_close(student.NAME(___), ___)


@check("NAME")
@given(x=arrays((2, 3)))
def test_law(student, x):
    """___."""
    assert_close(student.NAME(x), ___)
''',
    "README.md": """\
# Exercise NUMBER · TITLE

___

## A worked example

```python
>>> from NAME import NAME
>>> NAME(___)
___
```

## What is graded

| | what has to hold |
| --- | --- |
| `NAME(x)` | ___ |
""",
}
SOLUTION: Final = {
    "NAME.py": EXERCISE["NAME.py"].replace("raise NotImplementedError", "return ___"),
    "mistakes.toml": """\
[[mistake]]
name = "___"
find = "___"
replace = "___"
says = "You ___."
hint = "___"
""",
    "alternatives/loops.py": '''\
"""TITLE, row by row."""

import numpy as np


def NAME(x):
    return ___
''',
}


def scaffold(root: Path, title: str, after: int) -> tuple[Path, Path]:
    """Lay out an exercise under the first free number after `after`; return its two folders.

    Raises UsageError for a title that makes no name, or one that the course has already.
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    name = "_".join(re.findall(r"[a-z0-9]+", plain))
    if not re.match(r"[a-z]", name):
        raise UsageError(
            f"{printable(title)!r} makes no name; write one that begins with a letter."
        )
    exercises = load_exercises(root)
    if any(exercise.name == name for exercise in exercises):
        raise UsageError(f"the course has an exercise named {name} already; choose another title.")
    taken = {exercise.number for exercise in exercises}
    number = next(n for n in range(after + 1, after + len(taken) + 2) if n not in taken)
    folder = root / "exercises" / f"{number:02}_{name}"
    answers = root / "solutions" / folder.name
    quoted = json.dumps(title, ensure_ascii=False)[1:-1]
    for where, files in ((folder, EXERCISE), (answers, SOLUTION)):
        for path, text in files.items():
            shown = quoted if path.endswith(".toml") else " ".join(title.split())
            whole = text.replace("TITLE", shown).replace("NUMBER", str(number))
            file = where / path.replace("NAME", name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(whole.replace("NAME", name), encoding="utf-8")
    return folder, answers


def refuse_blanks(exercise: Exercise) -> None:
    """Raise CourseError at the first blank that is still to be filled in an exercise's files."""
    for folder in filter(None, (exercise.folder, exercise.solution_folder)):
        for path in sorted(folder.rglob("*")):
            if path.suffix in TEXTS and path.is_file():
                text = path.read_text(encoding="utf-8")
                if blank := ANY_BLANK.search(text):
                    line = text.count("\n", 0, blank.start()) + 1
                    message = f"{printable(path)}, line {line}: fill in the blank {BLANK} there."
                    raise CourseError(message)
