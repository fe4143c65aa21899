"""The course on disk: a folder with an `exercise.toml` is an exercise; there is no central list."""

from __future__ import annotations

import functools
import hashlib
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from grader.errors import CourseError, UnknownExercise, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

__all__ = [
    "Exercise",
    "Limits",
    "Mistake",
    "Reasons",
    "Task",
    "find_course",
    "find_exercise",
    "learners_file",
    "load_exercises",
    "load_mistakes",
    "load_reasons",
    "printable",
]

_NUMBERED: Final = re.compile(r"([0-9]{1,4})_([a-z][a-z0-9_]*)")
_LETTERED: Final = re.compile(r"([a-z]+[0-9]{1,4})_([a-z][a-z0-9_]*)")
_SNAKE: Final = re.compile(r"[a-z][a-z0-9_]*")
_FILE: Final = re.compile(r"[A-Za-z_]\w*\.py", re.ASCII)
_FEWEST_HINTS: Final = 3
_LONGEST_NAME: Final = 60  # beyond it near misses are not looked for: their cost is quadratic


def printable(name: object) -> str:
    r"""Escape what a terminal or a report would act on: control characters, surrogates, bidi marks.

    >>> print(printable("adam\x1b[2J.py"))
    adam\x1b[2J.py
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(name))


@dataclass(frozen=True, slots=True)
class Limits:
    """What the learner's process may use: seconds of CPU time and MiB of memory.

    >>> Limits(memory_mb=512).call_seconds
    5.0
    """

    call_seconds: float = 5.0
    check_seconds: float = 20.0
    total_seconds: float = 120.0
    memory_mb: int = 1024


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to write, with at least three hints from a nudge to almost the answer.

    >>> Task("step", ("one", "two", "three")).hints[0]
    'one'
    """

    name: str
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One edit of a solution's text that makes a mistake of learners, and what to say of it.

    >>> flip = Mistake("sign_flipped", "w - g", "w + g", "You climb.", "Look at the sign.")
    >>> flip.apply("return w - g")
    'return w + g'
    """

    name: str
    find: str
    replace: str
    says: str
    hint: str

    def apply(self, source: str) -> str:
        """Make the mistake in `source`; raises CourseError unless `find` occurs exactly once."""
        first = source.find(self.find)
        if first < 0 or first != source.rfind(self.find):
            times = "nowhere" if first < 0 else "more than once"
            msg = (
                f"the text that the mistake {self.name!r} looks for occurs {times} in the "
                "solution; make its `find` in mistakes.toml match exactly one place."
            )
            raise CourseError(msg)
        return source.replace(self.find, self.replace)


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a proof has an exception: mutants that are right answers, checks with a narrow margin.

    >>> Reasons({"f: a < b → a <= b": "At equality both branches agree."}, {}).margin
    {}
    """

    equivalent: Mapping[str, str]
    margin: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise's folder and what its `exercise.toml` says; `08_adam` has the id `exercise8`."""

    id: str
    number: int | None
    name: str
    folder: Path
    title: str
    file: str
    lecture: str
    summary: str
    limits: Limits
    tasks: tuple[Task, ...]
    requires: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()

    @property
    def optional(self) -> bool:
        """Whether it stands beside the course, which is what has numbers."""
        return self.number is None

    @property
    def stub(self) -> Path:
        """The file that the learner fills in."""
        return self.folder / self.file

    @property
    def module(self) -> str:
        """The name that the learner's file is imported by."""
        return self.file.removesuffix(".py")

    @property
    def checks(self) -> Path:
        """The public checks."""
        return self.folder / "checks.py"

    @property
    def readme(self) -> Path:
        """The exercise's text."""
        return self.folder / "README.md"

    @property
    def solution_folder(self) -> Path | None:
        """The folder of the solution; None where the clone has none."""
        folder = self.folder.parent.parent / "solutions" / self.folder.name
        return folder if folder.is_dir() else None

    @property
    def solution(self) -> Path | None:
        """The reference solution."""
        return self._beside_solution(self.file)

    @property
    def hidden_checks(self) -> Path | None:
        """The checks that never ship to learners."""
        return self._beside_solution("hidden_checks.py")

    @property
    def mistakes_file(self) -> Path | None:
        """The catalogue of mistakes."""
        return self._beside_solution("mistakes.toml")

    @property
    def reasons_file(self) -> Path | None:
        """The exceptions that the proof of the checks allows, each with its reason."""
        return self._beside_solution("reasons.toml")

    @property
    def alternatives(self) -> tuple[Path, ...]:
        """Right answers in other styles, by name."""
        folder = self.solution_folder
        return () if folder is None else tuple(sorted(folder.glob("alternatives/*.py")))

    @property
    def version(self) -> str:
        """SHA-256 of what decides a verdict: checks, hidden checks, exercise.toml and solution.

        The same in every clone, wherever it lies and whatever line ends its checkout made.
        Raises CourseError where one of them cannot be read.
        """
        digest = hashlib.sha256()
        toml = self.folder / "exercise.toml"
        for path in (self.checks, self.hidden_checks, toml, self.solution):
            content = b"" if path is None or not path.is_file() else _read_bytes(path)
            content = content.replace(b"\r\n", b"\n")
            # With its length before it, no byte can move from one file to the next unseen.
            digest.update(b"%d\0" % len(content) + content)
        return digest.hexdigest()

    def _beside_solution(self, name: str) -> Path | None:
        folder = self.solution_folder
        return folder / name if folder is not None and (folder / name).is_file() else None


def find_course(start: Path | None = None) -> Path:
    """Find the course's root: upwards from `start` or the current folder, else around this package.

    Raises UsageError where neither has exercises.

    >>> (find_course() / "exercises").is_dir()
    True
    """
    here = (Path.cwd() if start is None else start).resolve()
    for folder in (here, *here.parents, Path(__file__).resolve().parent.parent):
        if any(folder.glob("exercises/*/exercise.toml")):
            return folder
    msg = (
        f"there is no course in {printable(here)} or above; go to the folder with exercises/, or "
        "have one laid out by `grade init course`."
    )
    raise UsageError(msg)


def load_exercises(root: Path) -> tuple[Exercise, ...]:
    """Load every exercise: the numbered ones in order, then the others; raises CourseError.

    >>> load_exercises(find_course())[0].title
    'The perceptron'
    """
    exercises = tuple(_load(folder) for folder in _folders(root))
    seen: dict[str, Exercise] = {}
    for exercise in exercises:
        for key in (exercise.id, exercise.name):
            if key in seen:
                other = printable(seen[key].folder)
                raise _malformed(
                    exercise.folder, f"is {key!r}, as {other} is", "rename one of them"
                )
        seen |= {exercise.id: exercise, exercise.name: exercise}
    return exercises


def find_exercise(
    root: Path, name: str, commands: Callable[[], Collection[str]] = tuple
) -> Exercise:
    """Find an exercise by its id, name, folder name or bare number, and load no other.

    Raises UnknownExercise with the nearest names, also of `commands`, which may have been meant
    instead; and CourseError where its file is malformed.

    >>> find_exercise(find_course(), "1").name
    'perceptron'
    """
    folders = _folders(root)
    names: dict[str, Path] = {}
    for folder in folders:
        id_, number, short = _identity(folder)
        for key in (id_, short, folder.name, "" if number is None else str(number)):
            if key:
                names.setdefault(key, folder)
    wanted = name.strip().lower()
    if wanted.isdecimal():
        wanted = wanted.lstrip("0") or "0"
    if wanted in names:
        return _load(names[wanted])
    raise _unknown(wanted or name, names, commands())


def learners_file(exercise: Exercise) -> Path:
    """Return the file to grade where none is named: the one in the current folder, or the stub.

    >>> learners_file(find_exercise(find_course(), "perceptron")).name
    'perceptron.py'
    """
    here = Path(exercise.file)
    return here if here.is_file() else exercise.stub


def load_mistakes(exercise: Exercise) -> tuple[Mistake, ...]:
    """Load the catalogue of mistakes, empty where the clone has none; raises CourseError."""
    path = exercise.mistakes_file
    if path is None:
        return ()
    document = _read_toml(path)
    _only(path, document, ("mistake",), "the file")
    tables = document.get("mistake", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise _malformed(path, "`mistake` is not a list of tables", "write [[mistake]] above each")
    mistakes = tuple(_mistake(path, position, table) for position, table in enumerate(tables, 1))
    names = [mistake.name for mistake in mistakes]
    for name in names:
        if names.count(name) > 1:
            raise _malformed(path, f"two mistakes are named {name!r}", "rename one of them")
    return mistakes


def load_reasons(exercise: Exercise) -> Reasons:
    """Load the proof's exceptions, none where the exercise lists none; raises CourseError."""
    path = exercise.reasons_file
    if path is None:
        return Reasons({}, {})
    document = _read_toml(path)
    _only(path, document, ("equivalent", "margin"), "the file")
    tables = [_table(path, document, key) for key in ("equivalent", "margin")]
    for table in tables:
        for name in table:
            _text(path, table, name)
    return Reasons(*tables)


def _folders(root: Path) -> list[Path]:
    folders = [path.parent for path in root.glob("exercises/*/exercise.toml")]
    if not folders:
        raise _malformed(root, "has no exercises/*/exercise.toml", "name the course's root folder")
    return sorted(folders, key=_order)


def _order(folder: Path) -> tuple[bool, str, int, str]:
    id_, number, name = _identity(folder)
    prefix = id_.rstrip("0123456789")
    return number is None, prefix, int(id_.removeprefix(prefix)), name


def _identity(folder: Path) -> tuple[str, int | None, str]:
    """Id, number and name of an exercise, all from its folder's name."""
    if match := _NUMBERED.fullmatch(folder.name):
        return f"exercise{int(match[1])}", int(match[1]), match[2]
    if match := _LETTERED.fullmatch(folder.name):
        return match[1], None, match[2]
    raise _malformed(folder, "is no exercise's name", "call it like 08_adam or gpu1_arrays")


def _load(folder: Path) -> Exercise:
    path = folder / "exercise.toml"
    id_, number, name = _identity(folder)
    document = _read_toml(path)
    texts = ("title", "file", "lecture", "summary")
    _only(path, document, (*texts, "requires", "datasets", "limits", "tasks"), "the file")
    title, file, lecture, summary = (_text(path, document, key) for key in texts)
    if not _FILE.fullmatch(file):
        raise _malformed(path, f"`file` is {file!r}", 'write the stub\'s name, such as "adam.py"')
    if not (folder / file).is_file():
        raise _malformed(path, f"`file` is {file!r} and there is none", f"add {file} beside it")
    return Exercise(
        id=id_,
        number=number,
        name=name,
        folder=folder,
        title=title,
        file=file,
        lecture=lecture,
        summary=summary,
        limits=_limits(path, document),
        tasks=_tasks(path, document),
        requires=_texts(path, document, "requires"),
        datasets=_texts(path, document, "datasets"),
    )


def _limits(path: Path, document: Mapping[str, Any]) -> Limits:
    table = _table(path, document, "limits")
    _only(path, table, tuple(field.name for field in fields(Limits)), "[limits]")
    for key, value in table.items():
        kinds = (int,) if key == "memory_mb" else (int, float)
        if type(value) not in kinds or not 0 < value < float("inf"):
            raise _malformed(path, f"`{key}` in [limits] is {value!r}", "write a positive number")
    return Limits(**table)


def _tasks(path: Path, document: Mapping[str, Any]) -> tuple[Task, ...]:
    tables = _table(path, document, "tasks")
    if not tables:
        raise _malformed(path, "has no task", "add a table such as [tasks.Adam] with its hints")
    tasks = []
    for name in tables:
        table = _table(path, tables, name)
        _only(path, table, ("hints",), f"[tasks.{name}]")
        hints = _texts(path, table, "hints")
        if len(hints) < _FEWEST_HINTS:
            problem = f"the task {name!r} has {len(hints)} hints"
            raise _malformed(path, problem, f"stage at least {_FEWEST_HINTS}")
        tasks.append(Task(name, hints))
    return tuple(tasks)


def _mistake(path: Path, position: int, table: Mapping[str, Any]) -> Mistake:
    keys = tuple(field.name for field in fields(Mistake))
    _only(path, table, keys, f"mistake {position}")
    values = {key: _text(path, table, key, f" of mistake {position}") for key in keys}
    if not _SNAKE.fullmatch(values["name"]):
        raise _malformed(path, f"the name {values['name']!r} is not snake_case", "rename it")
    if values["find"] == values["replace"]:
        raise _malformed(path, f"{values['name']!r} changes nothing", "let `replace` differ")
    return Mistake(**values)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return _parsed(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise _malformed(path, f"cannot be read ({error.strerror})", "check it") from error
    except UnicodeDecodeError as error:
        raise _malformed(path, "is not UTF-8 text", "save it as UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problem = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "nested too deeply"
        raise _malformed(path, f"is not TOML ({problem})", "correct it there") from error


@functools.lru_cache(maxsize=64)
def _parsed(text: str) -> dict[str, Any]:
    # A long catalogue of mistakes takes longer to read than some of its checks to run.
    return tomllib.loads(text)


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _malformed(path, f"cannot be read ({error.strerror})", "check it") from error


def _only(path: Path, table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            remedy = f"{where} may have {', '.join(known)}"
            raise _malformed(path, f"{key!r} is not known in {where}", remedy)


def _table(path: Path, table: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise _malformed(path, f"`{key}` is not a table", f"write it as a table, [{key}]")
    return value


def _text(path: Path, table: Mapping[str, Any], key: str, where: str = "") -> str:
    value = table.get(key)
    # A mistake may well replace its place with nothing.
    if not isinstance(value, str) or not (value.strip() or (where and key == "replace")):
        raise _malformed(path, f"`{key}`{where} is missing or not text", f'add {key} = "…"')
    return value


def _texts(path: Path, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = table.get(key, [])
    if not isinstance(values, list) or not all(isinstance(v, str) and v.strip() for v in values):
        raise _malformed(path, f"`{key}` is not a list of texts", f'write {key} = ["…", "…"]')
    return tuple(values)


def _malformed(path: Path, problem: str, remedy: str) -> CourseError:
    return CourseError(printable(f"{path}: {problem}; {remedy}."))


def _unknown(wanted: str, names: Mapping[str, Path], commands: Collection[str]) -> UnknownExercise:
    from difflib import get_close_matches

    near = get_close_matches(wanted[:_LONGEST_NAME], [*names, *commands], n=3)
    known = (_identity(names[key]) if key in names else ("", None, key) for key in near)
    nearest = " or ".join(
        f"{id_} ({name})" if id_ else f"`grade {name}`" for id_, _, name in dict.fromkeys(known)
    )
    hint = f" (did you mean {nearest}?)" if nearest else ""
    shown = wanted if len(wanted) <= _LONGEST_NAME else wanted[:_LONGEST_NAME] + "…"
    either = "exercise or command" if commands else "exercise"
    msg = f"there is no {either} {printable(shown)!r}{hint}; `grade list` shows them all."
    return UnknownExercise(msg)
