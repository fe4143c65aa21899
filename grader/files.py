"""Writing a file so that it is there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from grader.course import printable
from grader.errors import UsageError

__all__ = ["write"]


def write(path: Path, data: bytes) -> None:
    """Write a file, in place of a former one; raises UsageError where that cannot be done."""
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        msg = f"{printable(path)} cannot be written ({error.strerror}); name another place."
        raise UsageError(msg) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
