"""The course's data sets: plain CSV files with a TOML file beside each that says where it is from.

>>> moons = load("moons")
>>> moons.x.shape, moons.labels.shape, moons.classes
((300, 2), (300,), ('upper', 'lower'))
"""

from __future__ import annotations

import hashlib
import tomllib
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from grader.course import find_course, printable
from grader.errors import CourseError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["Dataset", "load", "names", "of_course"]

_COURSE: Final[ContextVar[Path | None]] = ContextVar("_COURSE", default=None)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """One data set: `x` is `(N, D)` float64, a row a sample; `labels` are `(N,)` integers.

    `source`, `licence` and, for a generated one, `seed` say where it comes from.

    >>> load("will_i_pass").columns
    ('lectures', 'hours')
    """

    name: str
    x: npt.NDArray[np.float64]
    labels: npt.NDArray[np.int64]
    columns: tuple[str, ...]
    classes: tuple[str, ...]
    title: str
    summary: str
    source: str
    licence: str
    seed: int | None


@contextmanager
def of_course(root: Path) -> Iterator[None]:
    """Load data sets from this course, wherever the current folder is."""
    token = _COURSE.set(root)
    try:
        yield
    finally:
        _COURSE.reset(token)


def names(folder: Path | None = None) -> tuple[str, ...]:
    """List the data sets of a folder, by default the course's own.

    >>> "digits" in names()
    True
    """
    return tuple(sorted(path.stem for path in _folder(folder).glob("*.toml")))


def load(name: str, folder: Path | None = None) -> Dataset:
    """Load a data set by its name, every time the same rows in the same order.

    Raises UsageError for an unknown name and CourseError for a file that is not the one described.

    >>> load("digits").x.max()
    np.float64(16.0)
    """
    known = names(folder)
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}."
        raise UsageError(f"there is no data set {printable(repr(name))}; {hint}")
    path = _folder(folder) / f"{name}.csv"
    about: dict[str, Any] = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != about["sha256"]:
        message = f"{path} is not the file that {name}.toml describes; restore both from the course"
        raise CourseError(message)
    header, _, body = data.decode("ascii").partition("\n")
    table = np.loadtxt(body.splitlines(), delimiter=",", ndmin=2)
    return Dataset(
        name=name,
        x=table[:, :-1].copy(),
        labels=table[:, -1].astype(np.int64),
        columns=tuple(header.split(",")[:-1]),
        classes=tuple(about["classes"]),
        title=about["title"],
        summary=about["summary"],
        source=about["source"],
        licence=about["licence"],
        seed=about.get("seed"),
    )


def _folder(folder: Path | None) -> Path:
    return (_COURSE.get() or find_course()) / "datasets" if folder is None else folder
