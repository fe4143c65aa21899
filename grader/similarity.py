"""How alike submissions are: runs of tokens that two of them share and hardly anybody else has.

A submission becomes the set of its runs of `RUN` tokens, without comments and docstrings, and with
every name replaced that neither the stub nor NumPy uses: renaming, reordering and reformatting
change nothing. What the stub has is left out, and so is what more than half of everybody else has
too, the reference solution among them, for that is what the exercise asks for.

After S. Schleimer, D. Wilkerson and A. Aiken, "Winnowing: local algorithms for document
fingerprinting" (2003); files of this size need no winnowing, every run is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["LONGEST", "Pair", "similar_pairs"]

RUN: Final = 12  # tokens, about two lines
FEWEST: Final = 8  # shared runs; below, a ratio of small numbers says nothing
LONGEST: Final = 200_000  # characters that are compared

# Names, strings and others; docstrings and comments are in no group. No repetition gives anything
# back, so that no text takes more than linear time: lexers for all languages take minutes for some.
_TOKEN: Final = re.compile(
    r"""[rbfuRBFU]{0,2}+("{3}|'{3})(?:\\.|(?!\1).)*+(?:\1|\Z)"""
    r"""|\#[^\n]*+"""
    r"""|([^\W\d]\w*+)(?!["'])"""
    r"""|(\w*+(?:"(?:\\.|[^"\\\n])*+"?|'(?:\\.|[^'\\\n])*+'?))"""
    r"""|(\d[\w.]*+|[^\s\w])""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two labels, and how alike: `shared` runs of the `of` that the smaller one has of its own."""

    first: str
    second: str
    shared: int
    of: int

    @property
    def likeness(self) -> float:
        """The share of the smaller submission that is in the other one, from 0 to 1."""
        return self.shared / self.of


def similar_pairs(
    sources: Mapping[str, str], stub: str, solutions: Sequence[str] = ()
) -> list[Pair]:
    """Rank the pairs of submissions that share anything unusual, the most alike first.

    `sources` maps a label to Python text, of which the first `LONGEST` characters count;
    `solutions` are answers that nobody of them wrote.
    """
    words = _names(stub)
    boilerplate = _runs(stub, words)
    runs = {label: _runs(text, words) - boilerplate for label, text in sources.items()}
    everything = [*runs.values(), *(_runs(text, words) - boilerplate for text in solutions)]
    owners = Counter(run for found in everything for run in found)
    # Two of the owners are the pair itself; of all others not more than half may have the run.
    most = len(everything) / 2 + 1
    rare = {label: {run for run in found if owners[run] <= most} for label, found in runs.items()}
    pairs = []
    for first, second in combinations(sorted(rare), 2):
        shared = len(rare[first] & rare[second])
        if shared >= FEWEST:
            pairs.append(Pair(first, second, shared, min(len(rare[first]), len(rare[second]))))
    return sorted(pairs, key=lambda pair: (-pair.likeness, -pair.shared, pair.first, pair.second))


def _runs(text: str, words: set[str]) -> set[str]:
    tokens = _tokens(text, words)
    return {" ".join(tokens[at : at + RUN]) for at in range(len(tokens) - RUN + 1)}


def _tokens(text: str, words: set[str]) -> list[str]:
    """Split Python text into tokens, right or wrong as it may be."""
    tokens = []
    for match in _TOKEN.finditer(text, 0, LONGEST):
        _, name, string, other = match.groups()
        if name:
            tokens.append(name if name in words else "V")
        elif string or other:
            tokens.append("S" if string else other)
    return tokens


def _names(stub: str) -> set[str]:
    """Collect the names that are nobody's own: the stub's, Python's and NumPy's."""
    import builtins
    import keyword

    import numpy as np

    given = {match[2] for match in _TOKEN.finditer(stub) if match[2]}
    return given | {*keyword.kwlist, *dir(builtins), *dir(np), *dir(np.ndarray), *dir(np.linalg)}
