"""`grade doctor`: what this machine offers."""

from __future__ import annotations

import click

from grader.console import console

__all__ = ["command"]


@click.command()
def command() -> None:
    """Say what this machine offers: its sandbox, its GPU, and versions."""
    import platform
    from importlib.metadata import version

    from rich.markup import escape
    from rich.table import Table

    from grader.confine import VARIANTS
    from grader.course import Limits
    from grader.process import find_gpu, offers

    versions = ", ".join(f"{name} {version(name)}" for name in ("grader", "numpy", "pytest"))
    table = Table.grid(padding=(0, 2))
    table.add_row("system", f"{platform.system()} {platform.release()}, {platform.machine()}")
    table.add_row("versions", f"Python {platform.python_version()}, {versions}")
    for variant, reason in offers(Limits()).items():
        found = f"{VARIANTS[variant]} ({variant}): {reason or 'available'}"
        table.add_row("sandbox", escape(found))
    gpu, missing = find_gpu()
    reached = "{name}, driver for CUDA {driver}; CuPy {cupy} over CUDA {cuda}"
    table.add_row("GPU", escape(missing or reached.format_map(gpu)))
    console().print(table)
