"""`grade doctor`: what this machine offers."""

from __future__ import annotations

import click

from grader.console import console

__all__ = ["command"]

START_SECONDS = 60.0  # a driver and CuPy may need them, the first time


@click.command()
def command() -> None:
    """Say what this machine offers: the sandbox and why it is no stronger, versions, the GPU."""
    import platform
    from importlib.metadata import version

    from rich.markup import escape
    from rich.table import Table

    from grader.confine import VARIANTS
    from grader.course import Limits
    from grader.process import offers
    from grader.student import find_gpu

    versions = ", ".join(f"{name} {version(name)}" for name in ("grader", "numpy", "pytest"))
    table = Table.grid(padding=(0, 2))
    table.add_row("system", f"{platform.system()} {platform.release()}, {platform.machine()}")
    table.add_row("versions", f"Python {platform.python_version()}, {versions}")
    for variant, reason in offers(Limits()).items():
        found = f"{VARIANTS[variant]} ({variant}): {reason or 'available'}"
        table.add_row("sandbox", escape(found))
    gpu, missing = find_gpu(Limits(call_seconds=START_SECONDS))
    reached = "{name}, driver for CUDA {driver}; CuPy {cupy} over CUDA {cuda}"
    table.add_row("GPU", escape(missing or reached.format_map(gpu)))
    console().print(table)
