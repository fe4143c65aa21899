"""One exercise as the zip of a Gradescope autograder.

The zip holds the grader's own source, so that it can be made wherever the grader is installed; its
dependencies are pinned to the versions that the author has, so that verdicts are the same there.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader.errors import CourseError
from grader.files import write
from grader.release import MATERIAL, public_files

if TYPE_CHECKING:
    from grader.course import Exercise

__all__ = ["gradescope"]

# Nothing in the zip depends on when it was made.
LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)

SETUP: Final = """\
#!/usr/bin/env bash
# Runs once, when Gradescope builds the image: installs the grader in a folder of its own.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"
recent='import ensurepip, sys; sys.exit(sys.version_info < (3, 11))'

find_python() {
    for python in python3.14 python3.13 python3.12 python3.11 python3; do
        "$python" -c "$recent" 2>/dev/null && return
    done
    return 1
}

if ! find_python; then
    apt-get update
    apt-get install -y python3-venv python3.11-venv || apt-get install -y python3-venv
fi
if ! find_python; then
    echo "There is no Python 3.11 or newer here; choose a newer Ubuntu as the base image." >&2
    exit 1
fi
# The solution and the hidden checks are root's alone; what runs submissions must be readable.
chmod -R go= "$root/source"
umask 022
"$python" -m venv "$root/grader"
"$root/grader/bin/pip" install --quiet --disable-pip-version-check "$root/source/package"
"""

RUN: Final = """\
#!/usr/bin/env bash
# Runs for each submission. Without a results.json Gradescope says that the autograder failed.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"
chmod go= "$root/source" "$root/submission" "$root/results"
exec "$root/grader/bin/python" -P -m grader.autograder "$root"
"""

PROJECT: Final = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "grader"
version = {version}
requires-python = ">=3.11"
dependencies = {dependencies}

[tool.setuptools.packages.find]
include = ["grader*"]

[tool.setuptools.package-data]
grader = ["**/*"]
"""


def gradescope(exercise: Exercise, out: Path) -> None:
    """Write the autograder of an exercise; raises UsageError where `out` cannot be written."""
    versions = _versions()
    project = PROJECT.format(
        version=json.dumps(versions["grader"]),
        dependencies=json.dumps([f"{n}=={v}" for n, v in versions.items() if n != "grader"]),
    )
    described = {"exercise": exercise.id, "title": exercise.title, "versions": versions}
    files = {
        "setup.sh": SETUP.encode(),
        "run_autograder": RUN.encode(),
        "metadata.json": json.dumps(described, indent=1).encode(),
        "package/pyproject.toml": project.encode(),
    }
    home = Path(__file__).parent
    for path in home.rglob("*"):
        name = path.relative_to(home)
        if path.is_file() and path.suffix != ".pyc" and name.parts[0] != MATERIAL:
            files[f"package/grader/{name.as_posix()}"] = path.read_bytes()
    root = exercise.folder.parent.parent
    for path in _course_files(exercise, root):
        files[f"course/{path.relative_to(root).as_posix()}"] = path.read_bytes()
    write(out, _zipped(files, executable={"setup.sh", "run_autograder"}))


def _course_files(exercise: Exercise, root: Path) -> list[Path]:
    answers = (exercise.solution, exercise.hidden_checks, exercise.mistakes_file)
    data = [
        root / f"datasets/{name}.{end}" for name in exercise.datasets for end in ("csv", "toml")
    ]
    for path in data:
        if not path.is_file():
            raise CourseError(f"{path} is missing; restore it, {exercise.id} is graded with it.")
    return [*public_files(exercise), *(path for path in answers if path is not None), *data]


def _versions() -> dict[str, str]:
    """Give the versions of the grader and of what it needs, as they are installed here."""
    from importlib.metadata import requires, version

    needed = [line for line in requires("grader") or () if "extra ==" not in line]
    names = ["grader", *(re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in needed)]
    return {name: version(name) for name in names}


def _zipped(files: dict[str, bytes], executable: set[str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, whose permissions follow
            entry.external_attr = (0o100755 if name in executable else 0o100644) << 16
            archive.writestr(entry, data)
    return buffer.getvalue()
