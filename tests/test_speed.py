"""Each measurement of speed runs at its smallest size and comes to a ratio."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
MEASUREMENTS = {
    "cold exercise1 --repeat 1": "ratio",
    "warm exercise1 --repeat 1": "ratio",
    "overhead exercise1 --repeat 1": "ratio",
    "class --count 2 --repeat 1": "ratio",
    "growth 1 2 --jobs 1": "time each, by the first",
    "peers --count 2 --repeat 1": "ratio",
    "proofs exercise2 --seeds 1 --repeat 1": "overhead",
}


def measured(*words: str) -> str:
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(ROOT / "benchmarks/speed.py"), *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("command", "ratio"), MEASUREMENTS.items())
def test_a_measurement_comes_to_a_ratio(
    offered: Callable[[str], None], command: str, ratio: str
) -> None:
    offered("namespaces")
    rows: list[dict[str, Any]] = json.loads(measured(*command.split(), "--json"))["rows"]
    assert rows
    for row in rows:
        assert row[ratio] > 0


def test_an_exercise_that_is_not_there_is_named() -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(ROOT / "benchmarks/speed.py"), "cold", "exercise99"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "exercise99" in done.stderr
