"""Whose file is it, and for which exercise: the folders that course systems let teachers download.

    plain          jane/adam.py, jane.zip, jane.py
    Canvas         doejane_LATE_12345_67890_adam-1.py      (user, attachment, resubmission)
    Moodle         Jane Doe_123456_assignsubmission_file_/adam.py
    Gradescope     submission_metadata.yml, submission_123456/adam.py

A file belongs to the exercise that its name says, else to the one whose tasks it defines. Names and
contents are strangers' text: contents are searched, never parsed, and links are never followed.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from grader.archives import WANTED, is_junk, unpack_class, unpack_submission
from grader.course import load_exercises, printable
from grader.errors import SubmissionError, UsageError
from grader.submission import MAX_FILE, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.course import Exercise
    from grader.roster import Member, Roster

__all__ = ["Found", "find_submissions"]

METADATA: Final = "submission_metadata.yml"
MAX_ENTRIES: Final = 2_000  # files and folders of one person
MAX_DEPTH: Final = 8
MAX_SEARCHED: Final = 50  # files of one person whose name says nothing
ENOUGH: Final = 0.5  # of an exercise's tasks are defined in a file that is meant for it

_CANVAS: Final = re.compile(
    r"(?:(?!LATE_)(?P<name>\D.*?)_)?(?:LATE_)?(?P<id>\d+|anon_\w+?)_(?P<number>\d+)_(?P<file>.+)"
)
_MOODLE: Final = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)")
_EXPORT: Final = re.compile(r"assignment_\d+_export")  # Gradescope's zip holds such a folder
_COPY: Final = re.compile(r"(.+?)(?:[ _]?\((\d{1,9})\)|-(\d{1,9}))")  # adam-1, adam (1)
_DEFINED: Final = re.compile(rb"(?:\b|\\n)(?:def|class)[ \t]+([A-Za-z_]\w*)")  # \n: JSON
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Found:
    """One submission of one person for one exercise.

    `label` is what the system called the person, `problem` why the submission cannot be read, and
    `exercise` None where nothing tells which one it is for; only a problem is known then.
    """

    exercise: Exercise | None
    member: Member | None
    label: str
    path: Path
    submitted_at: datetime | None = None
    problem: str = ""
    note: str = ""

    @property
    def id(self) -> str:
        """The gradebook's key of the person; who is on no roster goes by their label."""
        return self.member.id if self.member is not None else self.label


def find_submissions(
    folder: Path, exercises: Sequence[Exercise], roster: Roster | None, *, scratch: Path
) -> list[Found]:
    """Find everybody's submissions for these exercises in a folder or a zip of it.

    Zips are unpacked in `scratch`, which is to live until all is graded. Without a roster everybody
    is their label. Raises UsageError where the folder itself cannot be read.
    """
    found, top, packed = [], folder, ""
    if folder.is_file():
        packed = folder.stem
        top = Path(tempfile.mkdtemp(dir=scratch))
        for name, why in unpack_class(folder, top):
            problem = f"{printable(name)} {why}; unpack it yourself."
            found.append(Found(None, None, printable(name), folder, problem=problem))
    elif not folder.is_dir():
        message = f"{printable(folder)} is neither a folder nor a zip file; check the name."
        raise UsageError(message)
    kinds = _Kinds(exercises)
    people: dict[tuple[bool, str], _Person] = {}
    for deposit in _deposits(_top(top, packed)):
        member = roster.find(*deposit.clues) if roster is not None else None
        label = deposit.label
        while member is None and roster is not None and roster.find(label) is not None:
            label += "?"  # nobody gets into another's place by their name
        key = (True, member.id) if member is not None else (False, label)
        person = people.setdefault(key, _Person(member, label, deposit.path))
        person.take(deposit.path, deposit, deposit.file, scratch)
    for person in people.values():
        found.extend(person.choose(kinds))
    return found


# What the systems call whom


@dataclass(frozen=True, slots=True)
class _Deposit:
    """One thing that one person handed in, a file or a folder, by the name that they gave it."""

    label: str
    clues: tuple[str, ...]
    path: Path
    file: str
    number: int = 0
    submitted_at: datetime | None = None


def _top(folder: Path, packed: str) -> Path:
    """Go into the one folder that Gradescope and file managers wrap a class's submissions in.

    Into no other: in a student's folder, names that a system could have given are the student's.
    """
    entries = list(_entries(folder))
    if len(entries) != 1 or not entries[0].is_dir(follow_symlinks=False):
        return folder
    name = entries[0].name
    return folder / name if _EXPORT.fullmatch(name) or packed.startswith(name) else folder


def _deposits(top: Path) -> Iterator[_Deposit]:
    described = _gradescope(top)
    for entry in _entries(top):
        name, path = entry.name, Path(entry.path)
        is_folder = entry.is_dir(follow_symlinks=False)
        if name in described:
            yield from described[name]
        elif match := _MOODLE.fullmatch(name):
            label = f"{match['name']}_{match['id']}"
            clues = (f"Participant {match['id']}", match["name"])
            yield _Deposit(printable(label), clues, path, match["file"] or name)
        elif not is_folder and (match := _CANVAS.fullmatch(name)):
            label = "_".join(filter(None, (match["name"], match["id"])))
            clues = tuple(filter(None, (match["id"], match["name"])))
            yield _Deposit(printable(label), clues, path, match["file"], int(match["number"][:18]))
        elif not is_folder and path.suffix.lower() in WANTED:
            if name != METADATA:
                yield _Deposit(printable(path.stem), (path.stem,), path, name)
        elif is_folder or entry.is_symlink():
            yield _Deposit(printable(name), (name,), path, name)


def _gradescope(top: Path) -> dict[str, list[_Deposit]]:
    """Read who handed in which folder, and when; a group is one deposit a member."""
    file = top / METADATA
    if not file.is_file():
        return {}
    import yaml

    # The plainest loader there is makes texts, lists and tables; the one written in C can crash.
    try:
        text = read_bytes(file, WANTED[".yml"]).decode()
        document = yaml.load(_who_and_when(text), Loader=yaml.BaseLoader)  # noqa: S506 - it makes strings only
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        message = f"{printable(file)} is not what Gradescope writes; download it again."
        raise UsageError(message) from error
    described = {}
    for folder, entry in _table(document).items():
        at = _time(_table(entry).get(":created_at"))
        submitters = _table(entry).get(":submitters")
        people = [_table(one) for one in submitters] if isinstance(submitters, list) else []
        deposits = []
        for person in people or [{}]:
            known = [person.get(key) for key in (":email", ":sid", ":name")]
            clues = tuple(clue for clue in known if isinstance(clue, str) and clue)
            label = printable(clues[0] if clues else folder)
            deposits.append(_Deposit(label, clues, top / folder, folder, 0, at))
        described[folder] = deposits
    return described


def _who_and_when(text: str) -> str:
    """Keep of each submission who handed it in and when; its results and history are megabytes."""
    lines, kept = [], True
    for line in text.splitlines(keepends=True):
        if line[:1].strip():
            kept = True
        elif line[2:3].strip() and line[2] != "-" and not line[:2].strip():
            kept = line.startswith(("  :submitters:", "  :created_at:"))
        if kept:
            lines.append(line)
    return "".join(lines)


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _time(text: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(re.sub(r" (?=Z|[+-]\d\d:?\d\d$)", "", str(text)))
    except ValueError:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from sorted((e for e in entries if not is_junk(e.name)), key=lambda e: e.name)


# What one person handed in


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    folders: tuple[str, ...]
    path: Path
    deposit: _Deposit
    modified: float

    @property
    def age(self) -> tuple[Any, ...]:
        """What tells an older version from a newer one; file times last, copying changes them."""
        _, copy = _stem(self.name)
        at = self.deposit.submitted_at or _LONG_AGO
        return at, copy, self.deposit.number, self.modified, self.name


@dataclass(slots=True)
class _Person:
    """The files of one person, and what of theirs cannot be read as (name, sentence)."""

    member: Member | None
    label: str
    path: Path
    files: list[_File] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    seen: int = 0

    def take(
        self,
        path: Path,
        deposit: _Deposit,
        name: str,
        scratch: Path,
        folders: tuple[str, ...] = (),
        *,
        zipped: bool = False,
    ) -> None:
        """Take a file, or what is in a folder or a zip."""
        self.seen += 1
        if self.seen == MAX_ENTRIES + 1:
            self.refuse(self.path.name, f"has more than {MAX_ENTRIES:,} files", "hand in only one")
        if self.seen > MAX_ENTRIES:
            return
        try:
            status = path.lstat()
        except OSError as error:
            self.refuse(name, f"cannot be read ({error.strerror})", "check its permissions")
            return
        suffix = Path(name).suffix.lower()
        if suffix in MAX_FILE and not stat.S_ISDIR(status.st_mode):
            self.files.append(_File(name, folders, path, deposit, status.st_mtime))
        elif stat.S_ISLNK(status.st_mode):
            self.refuse(name, "is a symbolic link", "hand in what it points to")
        elif stat.S_ISDIR(status.st_mode):
            self.take_folder(path, deposit, name, scratch, folders, zipped=zipped)
        elif suffix == ".zip" and zipped:
            self.refuse(name, "is a zip inside a zip", "hand in the files themselves")
        elif suffix == ".zip":
            into = Path(tempfile.mkdtemp(dir=scratch))
            try:
                unpack_submission(path, into)
            except SubmissionError as error:
                sentence = str(error).replace(printable(path), printable(path.name))
                sentence = sentence.replace(printable(path.name), printable(name))
                self.problems.append((name, sentence))
            else:
                self.take_folder(into, deposit, name, scratch, folders, zipped=True)
        else:
            self.others.append(name)

    def take_folder(
        self,
        path: Path,
        deposit: _Deposit,
        name: str,
        scratch: Path,
        folders: tuple[str, ...],
        *,
        zipped: bool,
    ) -> None:
        """Take what is in a folder."""
        if len(folders) == MAX_DEPTH:
            self.refuse(name, "lies too deep in folders", "hand in the file itself")
            return
        try:
            with os.scandir(path) as entries:
                names = sorted(
                    islice((e.name for e in entries if not is_junk(e.name)), MAX_ENTRIES)
                )
        except OSError as error:
            self.refuse(name, f"cannot be read ({error.strerror})", "check its permissions")
            return
        for each in names:
            self.take(path / each, deposit, each, scratch, (*folders, name), zipped=zipped)

    def refuse(self, name: str, problem: str, remedy: str) -> None:
        """Note what cannot be read, and what its author can do."""
        self.problems.append((name, f"{printable(name)[:80]} {problem}; {remedy}."))

    def choose(self, kinds: _Kinds) -> Iterator[Found]:
        """Choose the file that is meant for each exercise."""
        meant, unknown = kinds.sort(self.files)
        problems: dict[str, list[str]] = defaultdict(list)
        for name, sentence in self.problems:
            exercise = kinds.of_name(name) or kinds.only
            problems[exercise.id if exercise is not None else ""].append(sentence)
        names = [*self.others, *(file.name for file in unknown)]
        if names and not meant and not problems and len(unknown) == len(self.files):
            handed_in = ", ".join(map(printable, names[:3]))
            wanted = " or ".join(exercise.file for exercise in kinds.wanted[:3])
            problems[""].append(f"{handed_in}: nothing here looks like {wanted}.")
        for exercise in kinds.wanted:
            if files := meant.get(exercise.id):
                last = max(files, key=lambda file: file.age)
                names = sorted(printable(file.name) for file in files)
                note = f"the latest of {', '.join(names)}" if files[1:] else ""
                at = last.deposit.submitted_at
                yield Found(exercise, self.member, self.label, last.path, at, note=note)
            elif sentences := problems.get(exercise.id):
                problem = " ".join(sentences)
                yield Found(exercise, self.member, self.label, self.path, problem=problem)
        if sentences := problems.get(""):
            yield Found(None, self.member, self.label, self.path, problem=" ".join(sentences))


class _Kinds:
    """Which exercise a file is for: of all of the course, some are wanted."""

    def __init__(self, wanted: Sequence[Exercise]) -> None:
        course = load_exercises(wanted[0].folder.parent.parent)
        self.wanted = [e for e in course if e.id in {w.id for w in wanted}]
        self.only = self.wanted[0] if len(self.wanted) == 1 else None
        self.names: dict[str, Exercise] = {}
        self.tasks: dict[str, set[bytes]] = {}
        for exercise in course:
            for name in (exercise.module, exercise.name, exercise.id, exercise.folder.name):
                self.names.setdefault(_plain(name), exercise)
            self.tasks[exercise.id] = {task.name.split(".")[0].encode() for task in exercise.tasks}

    def of_name(self, name: str) -> Exercise | None:
        """Return the exercise that a file's or folder's name says."""
        return self.names.get(_plain(_bare(name))) or self.names.get(_plain(_stem(name)[0]))

    def of_content(self, file: _File) -> str:
        """Return the id of the exercise whose tasks a file defines, where it is one."""
        try:
            raw = read_bytes(file.path, MAX_FILE[Path(file.name).suffix.lower()])
        except SubmissionError:
            return ""
        known = set.union(*self.tasks.values())
        defined = {match[1] for match in _DEFINED.finditer(raw) if match[1] in known}
        shares = {id_: len(tasks & defined) / len(tasks) for id_, tasks in self.tasks.items()}
        best = max(shares.values())
        ids = [id_ for id_, share in shares.items() if share == best >= ENOUGH]
        return ids[0] if len(ids) == 1 else ""

    def sort(self, files: Sequence[_File]) -> tuple[dict[str, list[_File]], list[_File]]:
        """Sort a person's files by the exercises they are meant for: names first, then contents.

        Returns the files of each exercise that is wanted, and those that are of none at all.
        """
        named: dict[str, list[_File]] = defaultdict(list)
        searched: dict[str, list[_File]] = defaultdict(list)
        around: dict[str, list[_File]] = defaultdict(list)
        others: list[_File] = []
        for file in files:
            exercise = self.of_name(file.name)
            (named[exercise.id] if exercise is not None else others).append(file)
        if any(exercise.id not in named for exercise in self.wanted):
            for file in others[:MAX_SEARCHED]:
                searched[self.of_content(file)].append(file)
            for file in searched[""]:
                for exercise in filter(None, map(self.of_name, file.folders[1:])):
                    around[exercise.id].append(file)
        meant = {}
        for exercise in self.wanted:
            alone = around[exercise.id] if len(around[exercise.id]) == 1 else []
            only = others if exercise is self.only and len(files) == len(others) == 1 else []
            if chosen := named[exercise.id] or searched[exercise.id] or alone or only:
                meant[exercise.id] = chosen
        return meant, searched[""]


def _bare(name: str) -> str:
    path = Path(name)
    return path.stem if path.suffix.lower() in WANTED else name


def _stem(name: str) -> tuple[str, int]:
    """Return a file's name without its ending and the number that a system gives to a copy."""
    match = _COPY.fullmatch(_bare(name))
    return (match[1], int(match[2] or match[3])) if match else (_bare(name), 0)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()
