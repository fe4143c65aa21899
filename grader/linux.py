"""Linux system calls that Python has no function for; each raises OSError as Python's own do."""

from __future__ import annotations

import ctypes
import os
import struct
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "allow_paths",
    "bind",
    "drop_capabilities",
    "filter_calls",
    "keep_mounts_private",
    "landlock_version",
    "mount_tmpfs",
    "pivot_root",
    "prctl",
    "seal_mounts",
    "unshare",
]

MS_NOSUID: Final = 2
MS_NODEV: Final = 4
MS_NOEXEC: Final = 8
MS_BIND: Final = 1 << 12
MS_REC: Final = 1 << 14
MS_PRIVATE: Final = 1 << 18
MNT_DETACH: Final = 2
MOUNT_ATTR_RDONLY_NOSUID_NODEV: Final = 1 | 2 | 4
AT_FDCWD: Final = -100
AT_RECURSIVE: Final = 0x8000

PR_SET_SECCOMP: Final = 22
SECCOMP_MODE_FILTER: Final = 2
LINUX_CAPABILITY_VERSION_3: Final = 0x20080522

# The same numbers on every architecture.
SYS_MOUNT_SETATTR: Final = 442
SYS_LANDLOCK_CREATE_RULESET: Final = 444
SYS_LANDLOCK_ADD_RULE: Final = 445
SYS_LANDLOCK_RESTRICT_SELF: Final = 446
LANDLOCK_VERSION: Final = 1
LANDLOCK_PATH_BENEATH: Final = 1

READ_FILE: Final = 1 << 2
READ_FOLDER: Final = 1 << 3
WRITE_FILE: Final = 1 << 1
CHANGE_FOLDER: Final = 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8  # remove and make folders and files
TRUNCATE: Final = 1 << 14

_libc = ctypes.CDLL(None, use_errno=True)


def _done(what: str, result: int) -> int:
    """Return a call's result; errno means something only where that is -1."""
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _syscall(what: str, number: int, *arguments: Any) -> int:
    words = (ctypes.c_void_p(a) if isinstance(a, int) else a for a in arguments)
    return _done(what, _libc.syscall(ctypes.c_long(number), *words))


def prctl(option: int, value: int = 0) -> int:
    """Ask or change something about this process."""
    return _done(f"prctl({option})", _libc.prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0))))


def unshare(flags: int) -> None:
    """Leave namespaces that this process shares with others."""
    _done("unshare", _libc.unshare(flags))


# Mounts


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    words = (item and os.fsencode(item) for item in (source, target, kind))
    result = _libc.mount(*words, ctypes.c_ulong(flags), data.encode() or None)
    _done(f"mounting {target}", result)


def mount_tmpfs(target: str, options: str) -> None:
    """Put an empty file system in memory there: no programs, no devices."""
    _mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options)


def bind(source: str, target: str) -> None:
    """Show a file or folder in a second place."""
    _mount(source, target, None, MS_BIND | MS_REC)


def keep_mounts_private() -> None:
    """Let no mount of this namespace reach another."""
    _mount(None, "/", None, MS_REC | MS_PRIVATE)


def seal_mounts(path: str) -> None:
    """Make the mounts there and below read-only, without devices and set-user-ID programs."""
    attributes = struct.pack("=QQQQ", MOUNT_ATTR_RDONLY_NOSUID_NODEV, 0, 0, 0)
    _syscall(
        "mount_setattr",
        SYS_MOUNT_SETATTR,
        AT_FDCWD,
        os.fsencode(path),
        AT_RECURSIVE,
        attributes,
        len(attributes),
    )


def pivot_root(path: str) -> None:
    """Make a mount the root of the file system and let go of the old one."""
    os.chdir(path)
    _done("pivot_root", _libc.pivot_root(b".", b"."))
    _done("umount", _libc.umount2(b".", MNT_DETACH))
    os.chdir("/")


# What a process may do from now on


def drop_capabilities() -> None:
    """Give up every capability."""
    header = struct.pack("=Ii", LINUX_CAPABILITY_VERSION_3, 0)
    _done("capset", _libc.capset(header, bytes(24)))


def filter_calls(program: bytes) -> None:
    """Install a seccomp filter, an array of `struct sock_filter`."""
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    _done("seccomp", _libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, None, None))


def landlock_version() -> int:
    """Return which version of Landlock the kernel offers, 0 for none."""
    try:
        return _syscall("landlock", SYS_LANDLOCK_CREATE_RULESET, 0, 0, LANDLOCK_VERSION)
    except OSError:
        return 0


def allow_paths(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Forbid all access to files but beneath these paths, and signals and TCP to the outside.

    A path that is not there is passed over. A folder that is writable is readable, too.
    """
    version = landlock_version()
    # One more right, or kind of right, with nearly every version.
    rights = (1 << 13 + (version >= 2) + (version >= 3) + (version >= 5)) - 1
    attributes = struct.pack("=QQQ", rights, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = _syscall("landlock", SYS_LANDLOCK_CREATE_RULESET, attributes, size, 0)
    try:
        for path in readable:
            _allow(rules, path, READ_FILE | READ_FOLDER)
        for path in writable:
            change = READ_FILE | READ_FOLDER | WRITE_FILE | CHANGE_FOLDER | TRUNCATE
            _allow(rules, path, change & rights)
        _syscall("landlock", SYS_LANDLOCK_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - a plain string, a thousand times a day
            rights &= READ_FILE | WRITE_FILE | TRUNCATE
        rule = struct.pack("=Qi", rights, place)
        _syscall("landlock", SYS_LANDLOCK_ADD_RULE, rules, LANDLOCK_PATH_BENEATH, rule, 0)
    finally:
        os.close(place)
