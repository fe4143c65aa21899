"""Cells that a spreadsheet shows and never runs."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["harmless", "number", "spelt"]

_NUMBER: Final = re.compile(r"\s*[+-]?[0-9]{1,15}(?:[.,][0-9]{1,15})?\s*", re.ASCII)
# What parts cells in a spreadsheet of another locale, though it stands between quotation marks.
_PARTS: Final = re.compile(r"([;\t\r\n])")


def harmless(text: str) -> str:
    r"""Put an apostrophe before whatever a spreadsheet would take for a formula.

    Blanks and invisible characters before it do not hide it, nor do fullwidth forms. A number is
    none, with its sign or without.

    >>> harmless("=1+1"), harmless("\u200b ＝1"), harmless("-1.5"), harmless("a;@b")
    ("'=1+1", "'\u200b ＝1", '-1.5', "a;'@b")
    """
    if _NUMBER.fullmatch(text):
        return text
    safe = "".join(f"'{part}" if _starts_a_formula(part) else part for part in _PARTS.split(text))
    return f"'{safe}" if safe[:1] in ("\t", "\r", "\n") else safe


def number(text: str) -> float | None:
    """Read a number with a decimal point or comma; None for any other text.

    >>> number("7,5"), number("EX")
    (7.5, None)
    """
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def spelt(points: float, *, comma: bool = False) -> str:
    """Write points with two decimals at most, as the systems show them.

    >>> spelt(7.0), spelt(2 / 3, comma=True)
    ('7', '0,67')
    """
    text = f"{points:.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if comma else text


def _starts_a_formula(part: str) -> bool:
    seen = [c for c in part if unicodedata.category(c)[0] not in "ZC"]
    # A sign alone is only a sign, as the dash that stands for nothing.
    return len(seen) > 1 and unicodedata.normalize("NFKC", seen[0]) in ("=", "+", "-", "@")
