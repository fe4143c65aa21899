"""What a learner hands in, as text: a .py file, a notebook, or a folder that has one of them.

Nothing is parsed or compiled here; that happens in the worker, where a hostile text can only hurt
itself. Every byte read counts against a limit, and nothing but a plain file is ever opened.

Symbolic links are refused: in a class's folder one could point the grader, which may read more than
a learner, at a solution or at somebody else's answer, and the feedback quotes lines of the source.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grader.course import printable
from grader.errors import SubmissionError
from grader.notebook import code_cells

__all__ = ["MAX_FILE", "Chunk", "Submission", "read_bytes", "read_submission"]

MAX_FILE: Final = {
    ".py": 1_000_000,
    ".ipynb": 20_000_000,
}  # bytes; a notebook's are mostly pictures

_CODING: Final = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")  # PEP 263
_BLANK: Final = re.compile(rb"[ \t\f]*(?:#.*)?")
# A closed list: some of Python's codecs take quadratic time, or are no encodings of text.
_ENCODINGS: Final = {
    "ascii": "ascii",
    "cp1252": "cp1252",
    "iso-8859-1": "latin-1",
    "iso-8859-15": "iso-8859-15",
    "latin-1": "latin-1",
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "windows-1252": "cp1252",
}
_WIDE_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_UNFIT: Final = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of source that is compiled as one: "adam.py", or "adam.ipynb cell 3" counted from 1.

    >>> Chunk("adam.py", "x = 1").name
    'adam.py'
    """

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Submission:
    """One file's source; `digest` is the SHA-256 of its bytes.

    `tolerant` is true of a notebook: a statement of it that fails is skipped, not the whole file.

    >>> Submission("adam.py", "00", (Chunk("adam.py", ""),), tolerant=False).tolerant
    False
    """

    name: str
    digest: str
    chunks: tuple[Chunk, ...]
    tolerant: bool


def read_submission(path: Path, exercise_file: str) -> Submission:
    """Read a .py file, a notebook, or the one in a folder that is meant for `exercise_file`.

    Raises SubmissionError, one sentence with the file and the remedy, for anything else.

    >>> read_submission(Path("perceptron.txt"), "perceptron.py")
    Traceback (most recent call last):
    grader.errors.SubmissionError: perceptron.txt does not exist; check the name.
    """
    if stat.S_ISDIR(_mode(path)):
        path = _pick(path, exercise_file)
    shown, kind = printable(path), path.suffix.lower()
    if kind not in MAX_FILE:
        raise _refusal(shown, "is neither a .py file nor a notebook", f"hand in {exercise_file}")
    raw = read_bytes(path, MAX_FILE[kind])
    name = printable(path.name)
    if kind == ".py":
        chunks = [Chunk(name, _newlines(_decoded(raw, shown, _encoding(raw, shown))))]
    else:
        cells = code_cells(_decoded(raw, shown, "utf-8-sig"), shown)
        chunks = [Chunk(f"{name} cell {position}", text) for position, text in cells]
        if not chunks:
            raise _refusal(shown, "has no cell with Python code", "write your answer in code cells")
    for chunk in chunks:
        if unfit := _UNFIT.search(chunk.text):
            line = chunk.text.count("\n", 0, unfit.start()) + 1
            where = f"has a character that no source may have (line {line} of {chunk.name})"
            raise _refusal(shown, where, "delete it and save the file as UTF-8")
    return Submission(name, hashlib.sha256(raw).hexdigest(), tuple(chunks), tolerant=kind != ".py")


def _pick(folder: Path, exercise_file: str) -> Path:
    """Pick the file in a folder that is meant: by its name, else the only one of its kind."""
    wanted = {exercise_file, f"{Path(exercise_file).stem}.ipynb"}
    named: list[str] = []
    others: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name in wanted:
                    named.append(entry.name)
                elif (
                    len(others) <= 1  # two are too many already, a million would be no worse
                    and not entry.name.startswith(".")
                    and Path(entry.name).suffix.lower() in MAX_FILE
                    and not entry.is_dir(follow_symlinks=False)
                ):
                    others.append(entry.name)
    except OSError as error:
        raise _unreadable(folder, error) from error
    shown, found = printable(folder), named or others
    if not found:
        raise _refusal(
            shown, f"is a folder without {exercise_file}", f"put your {exercise_file} there"
        )
    if len(found) > 1:
        both = " and ".join(printable(name) for name in sorted(found))
        problem = f"is a folder in which {both} could be meant"
        raise _refusal(shown, problem, f"name the file itself or leave only {exercise_file}")
    return folder / found[0]


def read_bytes(path: Path, most: int) -> bytes:
    """Read a plain file of at most so many bytes, following no link; raises SubmissionError."""
    mode, shown = _mode(path), printable(path)
    if stat.S_ISDIR(mode):
        raise _refusal(shown, "is a folder and not a file", "put the file itself there")
    if not stat.S_ISREG(mode):
        raise _refusal(shown, "is a pipe, socket or device and not a file", "hand in a plain file")
    try:
        with open(path, "rb", opener=_opener) as file:
            raw = file.read(most + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(raw) > most:
        remedy = (
            "clear its outputs and save it" if path.suffix.lower() == ".ipynb" else "shorten it"
        )
        raise _refusal(shown, f"is larger than {most // 1_000_000} MB", remedy)
    return raw


def _opener(name: str, flags: int) -> int:
    # Should a link or a pipe take the file's place after the look at its mode, neither is followed
    # nor waited for. Windows knows none of the two flags.
    return os.open(name, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _mode(path: Path) -> int:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError as error:
        raise _refusal(printable(path), "does not exist", "check the name") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise _unreadable(path, error) from error
    if stat.S_ISLNK(mode):
        raise _refusal(printable(path), "is a symbolic link", "hand in what it points to")
    return mode


def _encoding(raw: bytes, shown: str) -> str:
    if raw.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    for line in re.split(rb"\r\n?|\n", raw, maxsplit=2)[:2]:
        if declared := _CODING.match(line):
            name = declared[1].decode("ascii", "replace").lower().replace("_", "-")
            if name not in _ENCODINGS:
                problem = f"declares the encoding {printable(name[:40])}"
                raise _refusal(shown, problem, "delete that line and save the file as UTF-8")
            return _ENCODINGS[name]
        if not _BLANK.fullmatch(line):
            break
    return "utf-8-sig"


def _decoded(raw: bytes, shown: str, encoding: str) -> str:
    if raw.startswith(_WIDE_MARKS):
        raise _refusal(shown, "is saved as UTF-16 or UTF-32", "save it as UTF-8")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line, byte = raw.count(b"\n", 0, error.start) + 1, raw[error.start]
        known = encoding.removesuffix("-sig").upper()
        problem = f"is not {known} text (byte 0x{byte:02X} in line {line})"
        raise _refusal(shown, problem, "save it as UTF-8") from error


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _unreadable(path: Path, error: Exception) -> SubmissionError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return _refusal(printable(path), f"cannot be read ({reason})", "check its name and permissions")


def _refusal(shown: str, problem: str, remedy: str) -> SubmissionError:
    return SubmissionError(f"{shown} {problem}; {remedy}.")
