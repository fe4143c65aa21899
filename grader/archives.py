"""Zip files from strangers: what grading may need is unpacked, and the rest is left inside.

An archive is judged by its list of files before a byte of it is unpacked, and whatever is unpacked
counts against a limit. Nothing but plain files and folders is ever made.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import unicodedata
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, LargeZipFile, ZipFile, ZipInfo

from grader.course import printable
from grader.errors import SubmissionError
from grader.submission import MAX_FILE, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["WANTED", "is_junk", "unpack_class", "unpack_submission"]

MAX_ARCHIVE: Final = 50_000_000  # bytes of one that a student hands in
MAX_DIRECTORY: Final = 4_000_000  # bytes of its list of files, which is read in one piece
# One byte more than may be read is unpacked, so that a file too large is refused as that.
WANTED: Final = {**MAX_FILE, ".zip": MAX_ARCHIVE, ".yml": 50_000_000}

_JUNK: Final = {"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini"}
_DAMAGED: Final = (
    BadZipFile,
    EOFError,
    LargeZipFile,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class _Most:
    entries: int
    unpacked: int
    remedy: str


_OF_A_STUDENT: Final = _Most(10_000, 100_000_000, "hand in the files themselves")
_OF_A_CLASS: Final = _Most(1_000_000, 8_000_000_000, "unpack it yourself and name the folder")


class _Bounded(io.BytesIO):
    """A file that is not read in large pieces: a list of a million files fits into a small one."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_DIRECTORY:
            raise BadZipFile("its list of files is too long")
        return super().read(size)


def is_junk(name: str) -> bool:
    """Tell what systems leave behind, and hidden files, from what a person hands in."""
    return name.startswith(".") or name in _JUNK


def unpack_submission(path: Path, into: Path) -> None:
    """Unpack what one person handed in; raises SubmissionError for an archive that is not fit."""
    raw = read_bytes(path, MAX_ARCHIVE)
    if refused := _unpack(path, _Bounded(raw), into, _OF_A_STUDENT):
        name, why = refused[0]
        problem = f"has an entry, {printable(name)[:80]}, that {why}"
        raise _refusal(path, problem, _OF_A_STUDENT)


def unpack_class(path: Path, into: Path) -> list[tuple[str, str]]:
    """Unpack a whole class's download; return the entries left out as (name, why).

    Raises SubmissionError where the archive itself cannot be read.
    """
    with path.open("rb") as file:
        return _unpack(path, file, into, _OF_A_CLASS)


def _unpack(
    path: Path, file: io.BufferedReader | io.BytesIO, into: Path, most: _Most
) -> list[tuple[str, str]]:
    try:
        with ZipFile(file) as archive:
            entries = archive.infolist()
            if len(entries) > most.entries:
                raise _refusal(path, f"has more than {most.entries:,} entries", most)
            if _overlap(entries):
                raise _refusal(path, "has entries that lie on top of each other", most)
            names = Counter(map(_key, entries))
            refused = [(e.filename, why) for e in entries if (why := _why_not(e, names))]
            if refused and most is _OF_A_STUDENT:
                return refused
            left_out = {name for name, _ in refused}
            fit = (e for e in entries if e.filename not in left_out and _is_wanted(e))
            _write(path, archive, fit, into, most)
            return refused
    except _DAMAGED as error:
        why = str(error.strerror if isinstance(error, OSError) else error)
        problem = f"is no zip file that can be read ({printable(why)[:80]})"
        raise _refusal(path, problem, most) from error


def _write(
    path: Path, archive: ZipFile, entries: Iterable[ZipInfo], into: Path, most: _Most
) -> None:
    left = most.unpacked
    for entry in entries:
        target = into.joinpath(*_parts(entry))
        with archive.open(entry) as source:
            data = source.read(WANTED[target.suffix.lower()] + 1)
        left -= len(data)
        if left < 0:
            raise _refusal(path, f"unpacks to more than {most.unpacked // 1_000_000:,} MB", most)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(data)
        try:
            time = datetime(*entry.date_time).timestamp()
        except (ValueError, OverflowError):
            time = 0.0
        os.utime(target, (time, time))


def _parts(entry: ZipInfo) -> tuple[str, ...]:
    return PurePosixPath(entry.filename.replace("\\", "/")).parts


def _key(entry: ZipInfo) -> str:
    """Return what a file system that knows no capitals goes by."""
    return unicodedata.normalize("NFC", "/".join(_parts(entry))).casefold()


def _is_wanted(entry: ZipInfo) -> bool:
    parts = _parts(entry)
    suffix = PurePosixPath(parts[-1]).suffix.lower() if parts else ""
    return not entry.is_dir() and suffix in WANTED and not any(map(is_junk, parts))


def _why_not(entry: ZipInfo, names: Counter[str]) -> str:
    """Return what is wrong with an entry, or nothing."""
    parts = _parts(entry)
    if not parts or parts[0] == "/" or ".." in parts or parts[0].endswith(":"):
        return "leads out of the archive"
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device"
    if names[_key(entry)] > 1:
        return "is there more than once"
    if not _is_wanted(entry):
        return ""
    if entry.flag_bits & 1:
        return "is encrypted"
    if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return "is compressed in an unusual way"
    return ""


def _overlap(entries: list[ZipInfo]) -> bool:
    spans = sorted((e.header_offset, e.header_offset + 30 + e.compress_size) for e in entries)
    return any(end > start for (_, end), (start, _) in pairwise(spans))


def _refusal(path: Path, problem: str, most: _Most) -> SubmissionError:
    return SubmissionError(f"{printable(path.name)} {problem}; {most.remedy}.")
