"""Write the generated data sets anew: `python datasets/make.py`; a test holds the files to it.

Numbers are rounded to four decimals, so that the files are the same on every machine.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


def will_i_pass(rng: np.random.Generator) -> tuple[Array, Labels]:
    """Lectures attended (0–15) and hours on the project (0–60); who does a lot of both passes."""
    lectures = rng.integers(0, 16, 200)
    hours = np.round(rng.uniform(0, 60, 200), 1)
    effort = lectures / 15 + hours / 60 + rng.normal(0, 0.12, 200)
    return np.column_stack([lectures, hours]), (effort > 1.0).astype(np.int64)


def blobs(rng: np.random.Generator) -> tuple[Array, Labels]:
    """Two round clouds that a line separates."""
    labels = rng.permutation(np.repeat([0, 1], 100))
    centres = np.array([[-2.0, -1.0], [2.0, 1.0]])
    return centres[labels] + rng.normal(0, 0.6, (200, 2)), labels


def xor(rng: np.random.Generator) -> tuple[Array, Labels]:
    """Four clouds in the corners of a square; opposite corners belong together."""
    corners = rng.permutation(np.repeat(np.arange(4), 50))
    centres = np.array([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]])
    return centres[corners] + rng.normal(0, 0.25, (200, 2)), (corners >= 2).astype(np.int64)


def moons(rng: np.random.Generator) -> tuple[Array, Labels]:
    """Two half circles, each reaching into the other."""
    labels = rng.permutation(np.repeat([0, 1], 150))
    angle = rng.uniform(0, np.pi, 300)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
    x = np.where(labels[:, None] == 0, upper, lower)
    return x + rng.normal(0, 0.12, (300, 2)), labels


def spirals(rng: np.random.Generator) -> tuple[Array, Labels]:
    """Three arms that wind around each other once."""
    labels = rng.permutation(np.repeat([0, 1, 2], 100))
    radius = rng.uniform(0.1, 1.0, 300)
    angle = 2 * np.pi * (labels / 3 + 0.65 * radius) + rng.normal(0, 0.12, 300)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), labels


GENERATED = {
    "will_i_pass": (will_i_pass, 1, ("lectures", "hours")),
    "blobs": (blobs, 2, ("x1", "x2")),
    "xor": (xor, 3, ("x1", "x2")),
    "moons": (moons, 4, ("x1", "x2")),
    "spirals": (spirals, 5, ("x1", "x2")),
}


def text(name: str) -> str:
    """Return the file of a generated data set."""
    make, seed, columns = GENERATED[name]
    x, labels = make(np.random.default_rng(seed))
    lines = [",".join([*columns, "label"])]
    for row, label in zip(x.round(4).tolist(), labels.tolist(), strict=True):
        lines.append(",".join([*(f"{value:g}" for value in row), str(label)]))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for name in GENERATED:
        (Path(__file__).parent / f"{name}.csv").write_text(text(name), encoding="ascii")
