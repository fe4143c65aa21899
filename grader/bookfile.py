"""The file that a gradebook is: made whole, told from others, opened, and locked for one writer.

Whatever keeps SQLite from answering is said in one sentence, and the file is left as it is.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from grader.course import printable
from grader.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["asking", "connect", "make", "only_writer"]

_APPLICATION: Final = 0x47726164  # "Grad" in the file's header: no other program's SQLite file
_VERSION: Final = 1
_NOT_WRITABLE: Final = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
_NO_ROOM: Final = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_SECONDS: Final = 30  # to wait for another process that is just now busy with the file

_written: set[Path] = set()  # a lock of the system's does not keep its own process out


def make(path: Path, schema: str) -> None:
    """Put an empty gradebook there, whole or not at all."""
    draft = path.with_name(f"{path.name}.new")
    with contextlib.closing(sqlite3.connect(":memory:")) as empty:
        empty.executescript(
            f"PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_VERSION};{schema}"
        )
        content = empty.serialize()
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the name is of the folder, and has to be on the disk, too
        finally:
            os.close(folder)
    except OSError as error:
        msg = f"{printable(path)} cannot be written ({error.strerror}); choose another place."
        raise UsageError(msg) from error


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open a gradebook's file to read or write; raises UsageError where that cannot be done."""
    with asking(path):
        return _opened(path, write=write)


def _opened(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open the file, but first look at it in a way that changes nothing, not even beside it."""
    if not path.exists():
        msg = f"there is no gradebook {printable(path)}; grade a class first, or name another file."
        raise UsageError(msg)
    if not path.is_file():
        msg = f"{printable(path)} is no file; name a gradebook."
        raise UsageError(msg)
    log = path.with_name(f"{path.name}-wal")
    pending = log.exists() and log.stat().st_size
    look = _open(path, "mode=ro" if pending else "immutable=1")
    try:
        _identify(path, look)
        connection = _open(path, "mode=rw")
    except BaseException:
        look.close()
        raise
    try:
        if write:
            _prepare_writing(path, connection)
        else:
            _prepare_reading(connection)
    except BaseException as error:
        connection.close()
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if not write and code in _NOT_WRITABLE:
            return look  # a folder that cannot be written offers no more
        look.close()
        raise
    look.close()
    return connection


def _prepare_writing(path: Path, connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=EXTRA")
    for pragma in ("fullfsync", "checkpoint_fullfsync"):  # nothing less reaches a Mac's disk
        connection.execute(f"PRAGMA {pragma}=ON")
    # To hear at once where it cannot be written; BEGIN IMMEDIATE is then content to read.
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA user_version={_VERSION}")
    connection.execute("ROLLBACK")
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise _damaged(path, found)


def _prepare_reading(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA query_only=ON")
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()


def _open(path: Path, how: str) -> sqlite3.Connection:
    uri = f"file:{quote(os.fsencode(path))}?{how}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_SECONDS)


def _identify(path: Path, connection: sqlite3.Connection) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != _APPLICATION:
        msg = f"{printable(path)} is no gradebook; name another file."
        raise UsageError(msg)
    if version > _VERSION:
        msg = f"{printable(path)} was written by a newer grader; install that one."
        raise UsageError(msg)


@contextmanager
def asking(path: Path) -> Iterator[None]:
    """Say in one sentence what keeps SQLite from answering, or its answer from making sense."""
    try:
        yield
    except sqlite3.Error as error:
        shown = printable(path)
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_NOTADB:
            msg = f"{shown} is no gradebook; name another file."
        elif code in _NOT_WRITABLE:
            what = "written" if code == sqlite3.SQLITE_READONLY else "opened"
            msg = f"{shown} cannot be {what} ({error}); check its permissions and its folder's."
        elif code in _NO_ROOM:
            msg = f"{shown} cannot be written ({error}); make room: what was graded is kept."
        elif code == sqlite3.SQLITE_BUSY:
            msg = f"{shown} is in use by another program; try again when that has ended."
        elif code == sqlite3.SQLITE_CORRUPT:
            raise _damaged(path, error) from error
        else:
            raise
        raise UsageError(msg) from error
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, why: object) -> UsageError:
    shown = printable(f"{path} is damaged ({why})")
    return UsageError(f"{shown}; restore it from a backup.")


def _lock_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Lock a gradebook for this process; a process that ends, in any way, lets go of it.

    A fork does not inherit this kind, so workers that outlive a killed writer do not keep it.
    """
    descriptor = _locked(path)
    _written.add(path)
    try:
        yield
    finally:
        _written.discard(path)
        with contextlib.suppress(OSError):
            _lock_file(path).unlink()
        os.close(descriptor)


def _locked(path: Path) -> int:
    busy = f"another command is writing {printable(path)}; wait until it has ended."
    if path in _written:
        raise UsageError(busy)
    while True:
        try:
            descriptor = os.open(_lock_file(path), os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            msg = f"{printable(_lock_file(path))} cannot be written ({error.strerror}); check why."
            raise UsageError(msg) from error
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Its last holder may have removed it between those two lines.
            current = os.path.samestat(os.fstat(descriptor), _lock_file(path).stat())
        except FileNotFoundError:
            current = False
        except OSError as error:
            os.close(descriptor)
            raise UsageError(busy) from error
        if current:
            return descriptor
        os.close(descriptor)
