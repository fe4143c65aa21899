"""Writing a file so that it is there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from grader.course import printable
from grader.errors import UsageError

__all__ = ["write", "write_new"]


def write(path: Path, data: bytes) -> None:
    """Write a file, in place of a former one; raises UsageError where that cannot be done."""
    _write(path, data, replace=True)


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet; raises UsageError where it is, and leaves it alone."""
    _write(path, data, replace=False)


def _write(path: Path, data: bytes, *, replace: bool) -> None:
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        if replace:
            Path(temporary).replace(path)
        else:
            os.link(temporary, path)
    except FileExistsError as error:
        msg = f"{printable(path)} exists already and stays as it is; give another name with --out."
        raise UsageError(msg) from error
    except OSError as error:
        msg = f"{printable(path)} cannot be written ({error.strerror}); name another place."
        raise UsageError(msg) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
