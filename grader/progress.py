"""What a learner has reached, kept in one small file of the course's folder.

It is plain JSON with a version and no absolute names, so it moves with the folder. A new one is
written beside it, flushed to the disk, and takes its place under a lock: a crash leaves the old or
the new one. A file that cannot be understood is put aside under another name, never overwritten.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from grader.course import printable
from grader.verdict import Status

if TYPE_CHECKING:
    from pathlib import Path

    from grader.course import Exercise
    from grader.verdict import Verdict

__all__ = ["FILE", "Progress", "Standing", "own_file", "read_progress", "update_progress", "work"]

FILE: Final = ".grade-progress.json"
SCHEMA: Final = "grader/progress/v1"
MAX_BYTES: Final = 50_000_000

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a learner stands in one exercise.

    `score` of `max_score` is the best so far, `failing` the checks that the last verdict did not
    pass, each with its task, `hints` the stages shown a task, `solved` the last text that got full
    marks, `file` where in the course's folder the last graded one is, "" for the stub.

    >>> Standing(3, 3).done, Standing(2, 3).done, Standing().done
    (True, False, False)
    """

    score: int = 0
    max_score: int = 0
    failing: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, int] = field(default_factory=dict)
    solved: str | None = None
    file: str = ""

    @property
    def done(self) -> bool:
        """Whether it has once got full marks."""
        return 0 < self.score == self.max_score

    def after(self, verdict: Verdict, text: str, file: str = "") -> Standing:
        """Return the standing once `text` of `file` got this verdict.

        A broken grader's changes nothing.
        """
        if verdict.broken or not verdict.max_score:
            return self
        passed = {Status.PASSED, Status.SKIPPED}
        open_ = [check for check in verdict.checks if check.status not in passed]
        # The report of a failure shows its task's first hint.
        wrong = [check.task for check in open_ if check.status is not Status.NOT_IMPLEMENTED]
        hints = {**dict.fromkeys(wrong, 1), **self.hints}
        # As a share, because the points to win differ where a check could not be graded.
        best = verdict.score * max(self.max_score, 1) >= self.score * verdict.max_score
        return replace(
            self,
            score=verdict.score if best else self.score,
            max_score=verdict.max_score if best else self.max_score,
            failing={check.id: check.task for check in open_},
            hints=hints,
            solved=text if verdict.exit_code == 0 else self.solved,
            file=file,
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """The standings by the exercises' ids; `last` is the id of the one that was graded last."""

    standings: Mapping[str, Standing] = field(default_factory=dict)
    last: str = ""

    def of(self, exercise: Exercise) -> Standing:
        """Return the standing in an exercise, a blank one where it was never graded."""
        return self.standings.get(exercise.id, Standing())

    def current(self, exercises: Sequence[Exercise]) -> Exercise | None:
        """Return the exercise to work on: the last one, or the next that is not done, if any.

        An optional one is next only to who has been graded in it last.
        """
        ids = [exercise.id for exercise in exercises]
        start = ids.index(self.last) if self.last in ids else 0
        ahead = (*exercises[start:], *exercises[:start])
        return next((exercise for exercise in ahead if self._open(exercise)), None)

    def _open(self, exercise: Exercise) -> bool:
        standing = self.of(exercise)
        begun = exercise.id == self.last and standing.max_score > 0
        return not standing.done and (begun or not exercise.optional)


def own_file(path: Path, exercise: Exercise) -> str | None:
    """Return what a standing calls this file, None where it is not the learner's own.

    Their own are the stub and a notebook of its name, beside it or in the course's folder.
    """
    root, notebook = exercise.folder.parent.parent.resolve(), f"{exercise.module}.ipynb"
    path = path.resolve()
    if path == exercise.stub.resolve():
        return ""
    own = path in (exercise.folder.resolve() / notebook, root / notebook)
    return path.relative_to(root).as_posix() if own else None


def work(exercise: Exercise, standing: Standing) -> Path:
    """Return the file that the learner works in: the one that was graded last, if it is there."""
    path = exercise.folder.parent.parent / standing.file
    return path if path.is_file() and own_file(path, exercise) else exercise.stub


def read_progress(root: Path, tell: Tell) -> Progress:
    """Read a course's progress; `tell` gets a sentence where it had to be put aside."""
    path = root / FILE
    try:
        return _read(path, tell)
    except OSError as error:
        tell(f"{printable(path)} cannot be read ({error.strerror}); your progress is not shown.")
    return Progress()


def update_progress(
    root: Path, exercise: Exercise, change: Callable[[Standing], Standing], tell: Tell
) -> Progress:
    """Change one standing and return it with the others; `tell` hears where it cannot be kept."""
    after = Progress({exercise.id: change(Standing())}, exercise.id)
    try:
        with _locked(root):
            before = _read(root / FILE, tell)
            changed = change(before.of(exercise))
            after = Progress({**before.standings, exercise.id: changed}, exercise.id)
            _write(root, after)
    except OSError as error:
        tell(f"your progress could not be kept in {printable(root / FILE)} ({error.strerror}).")
    return after


def _read(path: Path, tell: Tell) -> Progress:
    """Read the file, or put it aside; raises OSError where it can be neither."""
    try:
        return _parsed(path)
    except FileNotFoundError:
        return Progress()
    except (ValueError, RecursionError) as error:
        why = str(error) if type(error) is ValueError else "it is no JSON document"
    number = 1
    while (aside := path.with_name(f".grade-progress-{number}.kept.json")).exists():
        number += 1
    path.rename(aside)
    tell(
        f"{printable(path)} could not be understood: {why}; it is kept as {aside.name}, and a new "
        "one begins."
    )
    return Progress()


def _parsed(path: Path) -> Progress:
    """Read the file; raises ValueError, with its reason where it is not JSON's."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is not a file")  # a pipe would never end
    if path.stat().st_size > MAX_BYTES:
        raise ValueError("it is far too large")
    document = json.loads(path.read_bytes())
    match document:
        case {"schema": str(schema)} if schema != SCHEMA and schema.startswith("grader/progress/"):
            raise ValueError("a newer version of `grade` wrote it")
        case {"schema": schema, "last": str(last), "exercises": dict(entries)} if schema == SCHEMA:
            return Progress({id_: _standing(entry) for id_, entry in entries.items()}, last)
    raise ValueError("it is not a learner's progress")


def _standing(entry: object) -> Standing:
    match entry:
        case {
            "score": int(score),
            "max_score": int(max_score),
            "failing": dict(failing),
            "hints": dict(hints),
            "solved": (str() | None) as solved,
            **others,
        } if (
            0 <= score <= max_score
            and all(isinstance(task, str) for task in failing.values())
            and all(isinstance(stage, int) for stage in hints.values())
            and isinstance(file := others.get("file", ""), str)
        ):
            return Standing(score, max_score, failing, hints, solved, file)
    raise ValueError("one of its entries is damaged")


def _write(root: Path, progress: Progress) -> None:
    path, new = root / FILE, root / f"{FILE}.new"
    entries: dict[str, Any] = {
        id_: {
            "score": standing.score,
            "max_score": standing.max_score,
            "failing": dict(standing.failing),
            "hints": dict(standing.hints),
            "solved": standing.solved,
            "file": standing.file,
        }
        for id_, standing in progress.standings.items()
    }
    document = {"schema": SCHEMA, "last": progress.last, "exercises": entries}
    with new.open("w", encoding="ascii") as file:
        file.write(json.dumps(document, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Keep other processes from writing meanwhile; a lock on the folder leaves no file behind."""
    import fcntl

    folder = os.open(root, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
        os.fsync(folder)
    finally:
        os.close(folder)
