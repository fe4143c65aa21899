"""The house holds: imports point downwards, public names are documented, start-up stays light."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import grader
import grader.checking
from grader import errors

PACKAGE = Path(grader.__file__).parent
COMMANDS = PACKAGE / "commands"

# From the ground up. A module imports only from earlier floors, or from its own line's left.
FLOORS = [
    ["errors", "pictures", "verdict", "margins", "declaring", "threads"],
    ["course", "files", "datasets", "notebook", "submission"],
    [
        "wire",
        "messages",
        "linux",
        "syscalls",
        "view",
        "confine",
        "probe",
        "tracing",
        "gpu",
        "worker",
        "zygote",
        "starting",
        "turns",
        "process",
        "student",
        "session",
        "local",
    ],
    [
        "checking.comparing",
        "checking.showing",
        "checking.gradients",
        "checking.strategies",
        "checking.training",
        "checking",
    ],
    ["snippets", "diagnosis", "ahead", "drawn", "plugin", "grading", "walk"],
    ["mutants", "proving", "scaffold"],
    ["roster", "policy", "bookfile", "gradebook"],
    ["report", "sparklines", "terminal", "console"],
    ["figures", "overview", "html"],
    ["handout", "release"],
    ["progress", "stubs", "arguments", "journey", "live", "watch"],
    [
        "similarity",
        "exports",
        "exports.cells",
        "exports.sheet",
        "exports.filling",
        "exports.canvas",
        "exports.moodle",
        "exports.tables",
        "exports.shown",
        "exports.gradescope",
        "exports.classroom50",
        "exports.junit",
        "exports.github",
    ],
    ["archives", "layouts", "batch", "cluster", "pages"],
    ["package", "autograder"],
    ["commands", *sorted(f"commands.{path.stem}" for path in COMMANDS.glob("[a-z]*.py"))],
    ["cli"],
]
ORDER = [name for floor in FLOORS for name in floor]
HEAVY = {
    "cupy",
    "dask",
    "distributed",
    "hypothesis",
    "jinja2",
    "matplotlib",
    "nbformat",
    "numpy",
    "pytest",
    "rich",
    "watchfiles",
}


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        if name != "__init__":
            found[name.removesuffix(".__init__")] = path
    return found


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.ImportFrom(module="grader", names=aliases):
                names |= {alias.name for alias in aliases}
            case ast.ImportFrom(module=str(module)) if module.startswith("grader."):
                names.add(module.removeprefix("grader."))
            case ast.Import(names=aliases):
                names |= {a.name.removeprefix("grader.") for a in aliases if "grader." in a.name}
    return names


def test_every_module_has_its_place() -> None:
    assert sorted(modules()) == sorted(ORDER)


@pytest.mark.parametrize("name", ORDER)
def test_a_module_imports_only_from_below(name: str) -> None:
    above = set(ORDER[ORDER.index(name) :])
    assert imported(modules()[name]) & above == set()


@pytest.mark.parametrize("module", [grader, grader.checking], ids=lambda m: m.__name__)
def test_every_public_name_has_a_docstring_and_an_example(module: object) -> None:
    for name in module.__all__:  # type: ignore[attr-defined]
        document = getattr(module, name).__doc__ or ""
        assert document.strip(), name
        assert ">>>" in document, name


def test_every_public_name_has_exactly_one_home() -> None:
    for name, home in grader.HOMES.items():
        module = importlib.import_module(f"grader.{home}")
        assert name in module.__all__
    assert sorted(grader.HOMES) == sorted(grader.__all__)


def test_the_tree_of_exceptions_is_complete() -> None:
    document = errors.__doc__ or ""
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, BaseException):
            assert name in document, f"{name} is missing from the tree on top of errors.py"


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import grader", HEAVY),
        ("import grader.cli", HEAVY),
        ("import grader.plugin", HEAVY - {"pytest"}),
        ("import grader.worker", HEAVY - {"numpy"}),
    ],
)
def test_an_import_does_not_pull_in_what_it_does_not_need(statement: str, absent: set[str]) -> None:
    code = f"{statement}; import sys, json; print(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)  # noqa: S603
    assert absent & set(json.loads(out.stdout)) == set()


@pytest.mark.skipif(sys.platform != "linux", reason="where threads are counted in /proc")
def test_linear_algebra_takes_one_thread() -> None:
    code = """\
import os, sys
from grader import cli
sys.argv = ["grade", "--version"]
try:
    cli.main()
finally:
    import numpy
    numpy.ones((300, 300)) @ numpy.ones((300, 300))
    print(len(os.listdir("/proc/self/task")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.splitlines()[-1] == "1"
