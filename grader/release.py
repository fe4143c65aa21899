"""What students get: a course of stubs, texts and public checks, and nothing of its answers.

A release is built beside its place, searched for lines of the solutions, and only then moved
there. It carries a list of its files, by which the next release knows what it may replace.

A wheel carries the same files, put there by setup.py, so that `grade init` needs no clone.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader.course import find_course, printable
from grader.errors import CourseError, UsageError
from grader.handout import notebook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from grader.course import Exercise

__all__ = [
    "MANIFEST",
    "MATERIAL",
    "installed_course",
    "leak",
    "material",
    "public_files",
    "release",
    "released_stub",
    "secrets",
]

MANIFEST: Final = ".grader-release.json"
MATERIAL: Final = "course_data"  # the folder beside the modules where a wheel has the course

# Shorter lines, blanks aside, are anybody's: `return x`, `n = len(x)`.
SHORTEST_SECRET: Final = 12

README: Final = """\
# Exercises

{table}

## Set up

You need Linux or macOS (on Windows: WSL), Python 3.11 or newer, and the grader, version {version}.
Where `grade --version` says so, it is there. Otherwise your course hands out its file, and

```sh
python3 -m venv .venv && source .venv/bin/activate
pip install grader-{version}-py3-none-any.whl
```

installs it; the second half of the first line again makes it known in another terminal.

## Work

Read an exercise's `README.md`, fill in the `.py` file beside it, and run, in this folder,

```sh
grade {example}
```

as often as you like; `grade` alone says what is next. If you prefer notebooks (`pip install
jupyterlab`), the `.ipynb` file beside it holds the same text and the same functions to write, and
its last cell grades them. Hand in one of the two.
"""


def release(exercises: Sequence[Exercise], folder: Path) -> None:
    """Write the released course of these exercises, all of one course, into a folder.

    The same course gives the same bytes. Raises UsageError where the folder holds anything but an
    unchanged former release, and CourseError where a solution would go out with it.
    """
    folder = folder.resolve()
    former = _former(folder)
    files = material(exercises) | _made(exercises)
    if found := leak(files, secrets(exercises)):
        raise CourseError(printable(f"{found}; take it out, nothing was released."))
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    files[MANIFEST] = f"{json.dumps(digests, indent=1)}\n".encode()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as beside:
            new, old = Path(beside) / "new", Path(beside) / "old"
            for name, data in files.items():
                (new / name).parent.mkdir(parents=True, exist_ok=True)
                (new / name).write_bytes(data)
            if former and not any(folder.iterdir()):
                # Somebody's shell may be in it, so it stays; the manifest's name comes first.
                for path in sorted(new.iterdir()):
                    path.rename(folder / path.name)
                return
            if former:
                folder.rename(old)
            new.rename(folder)
    except OSError as error:
        msg = f"{printable(folder)} cannot be written ({error.strerror}); name another folder."
        raise UsageError(msg) from error


def installed_course() -> Path:
    """Return the root of the course that came with this package: within it, or its clone."""
    package = Path(__file__).resolve().parent
    inside = package / MATERIAL
    return inside if inside.is_dir() else find_course(package)


def released_stub(root: Path, exercise: Exercise) -> str:
    """Return an exercise's stub as the course at `root` was released with it.

    Raises UsageError unless it came with this package, too.
    """
    name = f"exercises/{exercise.folder.name}/{exercise.file}"
    try:
        data = (installed_course() / name).read_bytes()
        listed = json.loads((root / MANIFEST).read_bytes())[name]
    except (OSError, ValueError, LookupError, TypeError, UsageError):
        data, listed = b"", ""
    if hashlib.sha256(data).hexdigest() != listed:
        message = f"{exercise.file} cannot be made anew here; take it from your course again."
        raise UsageError(message)
    return data.decode()


def public_files(exercise: Exercise) -> tuple[Path, ...]:
    """List the files of an exercise that learners see: text, stub, checks, hints, pictures."""
    return (
        exercise.readme,
        exercise.stub,
        exercise.checks,
        exercise.folder / "exercise.toml",
        *sorted(exercise.folder.glob("*.svg")),
    )


def material(exercises: Sequence[Exercise]) -> dict[str, bytes]:
    """Read the public files and data sets of these exercises, by their path in the course.

    Raises CourseError where one cannot be read.
    """
    root = exercises[0].folder.parent.parent
    paths = [path for exercise in exercises for path in public_files(exercise)]
    for name in sorted({name for exercise in exercises for name in exercise.datasets}):
        paths += [root / "datasets" / f"{name}.{end}" for end in ("csv", "toml")]
    paths += root.glob("LICENSE")
    try:
        files = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    except OSError as error:
        msg = f"{printable(error.filename)} cannot be read ({error.strerror}); restore it."
        raise CourseError(msg) from error
    return files


def _made(exercises: Sequence[Exercise]) -> dict[str, bytes]:
    """Make what a release has besides: the notebooks, and the page on how to start."""
    from importlib.metadata import version

    files = {}
    for exercise in exercises:
        name = f"exercises/{exercise.folder.name}/{exercise.module}.ipynb"
        files[name] = notebook(exercise).encode()
    rows = [
        f"| `{exercise.id}` | [{exercise.title}](exercises/{exercise.folder.name}/README.md) "
        f"| {exercise.summary} |"
        for exercise in exercises
    ]
    table = "\n".join(("| | | |", "| --- | --- | --- |", *rows))
    page = README.format(table=table, version=version("grader"), example=exercises[0].id)
    return files | {"README.md": page.encode()}


def secrets(exercises: Sequence[Exercise]) -> dict[str, str]:
    """List the lines that must not go out, without blanks, each with the file that it is from.

    They are the lines inside the functions of solutions, alternatives and hidden checks, and what
    the catalogues say of mistakes; but none so short that anybody would write it, and none that is
    a whole line of a public text or check.
    """
    public = {
        _bare(line)
        for exercise in exercises
        for path in public_files(exercise)
        if path != exercise.stub
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    found: dict[str, Path] = {}
    for exercise in exercises:
        for path in (exercise.solution, exercise.hidden_checks, *exercise.alternatives):
            if path is not None:
                lines = _inside_functions(path.read_text(encoding="utf-8"))
                found |= {_bare(line): path for line in lines}
        if (catalogue := exercise.mistakes_file) is not None:
            told = catalogue.read_text(encoding="utf-8").splitlines()
            found |= {_bare(line): catalogue for line in told if line.startswith(("says", "hint"))}
    return {
        line: f"solutions/{path.parent.name}/{path.name}"
        for line, path in found.items()
        if len(line) >= SHORTEST_SECRET and line not in public
    }


def leak(files: Mapping[str, bytes], forbidden: Mapping[str, str]) -> str | None:
    """Name the first of the files that holds a forbidden line, and that line; None for none."""
    for name, data in sorted(files.items()):
        text = data.decode("utf-8", "replace")
        if name.endswith(".ipynb"):
            text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
        for line in text.splitlines():
            if (bare := _bare(line)) in forbidden:
                return f"{name} has the line {bare!r} of {forbidden[bare]}"
    return None


def _bare(line: str) -> str:
    """Leave out blanks, and what makes a line a comment, a quotation or an item of a list."""
    return re.sub(r"\s+", "", line).lstrip("#>-.*`\"'").rstrip("`\"',")


def _inside_functions(source: str) -> Iterator[str]:
    """List the lines of all functions' bodies without what a stub has too: heads and docstrings."""
    lines = source.splitlines()
    shown, inside = set(), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            shown |= set(range(node.lineno, node.body[0].lineno))
            if ast.get_docstring(node, clean=False) is not None:
                shown |= _span(node.body[0])
        if isinstance(node, ast.FunctionDef):
            inside |= _span(node)
    return (lines[number - 1] for number in sorted(inside - shown))


def _span(node: ast.stmt) -> set[int]:
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))


def _former(folder: Path) -> bool:
    """Tell whether an unchanged former release is there, and refuse what else is not empty."""
    if not folder.exists():
        return False
    shown = printable(folder)
    if not folder.is_dir():
        raise UsageError(f"{shown} is no folder; name one to release the course into.")
    try:
        digests = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        digests = None
    if not isinstance(digests, dict):
        digests = {}
    for path in sorted(folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            continue
        name = path.relative_to(folder).as_posix()
        if not digests:
            msg = f"{shown} is not empty and is no former release; name a new or an empty folder."
            raise UsageError(msg)
        if name != MANIFEST and (path.is_symlink() or digests.get(name) != _digest(path)):
            msg = (
                f"{shown} holds {printable(name)}, which is not as it was released and would be "
                "lost; name another folder, or move it away."
            )
            raise UsageError(msg)
    return True


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
