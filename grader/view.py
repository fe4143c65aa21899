"""What a confined worker sees of the file system: an interpreter, NumPy, and a folder of its own.

The zygote builds this view once, in a mount namespace of its own, and makes it its root. A worker
inherits it: home folders, courses, other submissions and /proc have no path in it.
"""

from __future__ import annotations

import os
import re
import site
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from grader import linux

__all__ = ["DEVICES", "SCRATCH", "UNPRIVILEGED", "Runtime", "enter", "find_runtime"]

SCRATCH: Final = "/scratch"
DEVICES: Final = ("/dev/null", "/dev/urandom")
LOADER_CACHE: Final = "/etc/ld.so.cache"

# The user and group "nobody", which own nothing.
UNPRIVILEGED: Final = 65534

# Any folder that is there on every machine, with nothing in it that the view needs.
MOUNT_POINT: Final = "/proc"

CLONE_NEWNS: Final = 0x00020000
CLONE_NEWUSER: Final = 0x10000000


@dataclass(frozen=True, slots=True)
class Runtime:
    """The paths that the interpreter and NumPy need.

    `folders` hold the standard library and shared libraries, `hidden` those folders in them where
    other packages lie, and `packages` the few packages that are shown. `path` is what Python
    searches: the standard library; a package that is loaded finds its own parts.
    """

    folders: tuple[str, ...]
    hidden: tuple[str, ...]
    packages: tuple[str, ...]
    path: tuple[str, ...]

    @property
    def readable(self) -> tuple[str, ...]:
        """All paths to read from."""
        return (*self.folders, *self.packages, LOADER_CACHE, "/dev/urandom")


def find_runtime() -> Runtime:
    """Find the runtime of this interpreter; everything that it is to show must be imported."""
    standard = str(Path(os.__file__).parent)
    installed = {f"{standard}/{kind}-packages" for kind in ("site", "dist")}
    installed |= {*site.getsitepackages(), sysconfig.get_path("purelib")}
    numpy = Path(np.__file__).parent
    packages = [str(path) for path in (numpy, numpy.with_name("numpy.libs")) if path.is_dir()]
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    mapped = re.findall(r" (/.*)/[^/]*\.so[^/]*$", maps, re.MULTILINE)
    trusted = (sys.base_prefix, "/lib", "/usr")
    libraries = {
        folder for folder in mapped if folder.startswith(trusted) and not _within(folder, installed)
    }
    folders = _outermost({standard} | libraries)
    hidden = sorted(path for path in installed if _within(path, folders) and Path(path).is_dir())
    path = [p for p in sys.path if _within(p, folders) and not _within(p, installed)]
    return Runtime(tuple(folders), tuple(hidden), tuple(packages), tuple(path))


def _within(path: str, folders: set[str] | list[str]) -> bool:
    return any(f"{path}/".startswith(f"{folder}/") for folder in folders)


def _outermost(folders: set[str]) -> list[str]:
    """Leave out the folders that lie in another one."""
    return sorted(path for path in folders if not _within(path, folders - {path}))


def enter(runtime: Runtime) -> None:
    """Make the view this process's root, in a mount namespace of its own; raises OSError."""
    _leave_mounts()
    linux.keep_mounts_private()
    linux.mount_tmpfs(MOUNT_POINT, "mode=755,size=1m")
    for folder in runtime.folders:
        _show(folder)
    for folder in runtime.hidden:
        linux.mount_tmpfs(MOUNT_POINT + folder, "mode=755,size=1m")
    for folder in runtime.packages:
        _show(folder)
    for file in (LOADER_CACHE, *DEVICES):
        target = Path(MOUNT_POINT + file)
        target.parent.mkdir(exist_ok=True)
        target.touch()
    if Path(LOADER_CACHE).exists():
        linux.bind(LOADER_CACHE, MOUNT_POINT + LOADER_CACHE)
    _link_libraries()
    Path(MOUNT_POINT + SCRATCH).mkdir()
    linux.seal_mounts(MOUNT_POINT)
    # On a sealed mount no device opens.
    for device in DEVICES:
        linux.bind(device, MOUNT_POINT + device)
    linux.pivot_root(MOUNT_POINT)


def _leave_mounts() -> None:
    """Get a mount namespace, which an ordinary user gets only together with a user namespace."""
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        try:
            linux.unshare(CLONE_NEWNS)
        except PermissionError:
            pass  # root of a container, perhaps, and no more than a user outside of it
        else:
            return
    linux.unshare(CLONE_NEWUSER | CLONE_NEWNS)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{UNPRIVILEGED} {user} 1"),
        ("gid_map", f"{UNPRIVILEGED} {group} 1"),
    ):
        Path(f"/proc/self/{name}").write_text(text, encoding="ascii")


def _show(folder: str) -> None:
    Path(MOUNT_POINT + folder).mkdir(parents=True, exist_ok=True)
    linux.bind(folder, MOUNT_POINT + folder)


def _link_libraries() -> None:
    """Repeat the links /lib -> usr/lib and so on, by which the loader finds shared libraries."""
    for path in Path("/").glob("lib*"):
        inside = Path(f"{MOUNT_POINT}{path}")
        if path.is_symlink() and not inside.exists():
            inside.symlink_to(path.readlink())
    usual = Path(f"{MOUNT_POINT}/tmp")  # noqa: S108 - a name in the view
    if not usual.exists():
        usual.symlink_to(SCRATCH.lstrip("/"))
