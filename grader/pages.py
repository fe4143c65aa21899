"""A class's report on disk: one page for each student, and one for all.

    DIR/index.html              the class, for the instructor
    DIR/feedback/jdoe.html      what Jane Doe may see

A page's name comes from the student's id, which may be anything: it is spelt in plain letters, and
no two of them are the same.
"""

from __future__ import annotations

import hashlib
import re
from itertools import groupby
from typing import TYPE_CHECKING

from grader.files import write
from grader.html import feedback_page, overview_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from grader.course import Exercise
    from grader.gradebook import Score

__all__ = ["page_name", "write_report"]


def write_report(
    folder: Path, title: str, scores: Iterable[Score], exercises: Mapping[str, Exercise]
) -> int:
    """Write all pages, each at once or not at all; return how many students have one.

    `scores` come member by member, as a gradebook gives them.
    """
    everyone: list[Score] = []
    pages: set[str] = set()
    (folder / "feedback").mkdir(parents=True, exist_ok=True)
    for member, of_one in groupby(scores, key=lambda score: score.member):
        theirs = list(of_one)
        name = page_name(member.id)
        while name in pages:
            name += "-"
        pages.add(name)
        page = feedback_page(member, theirs, exercises)
        write(folder / "feedback" / f"{name}.html", page.encode("utf-8", "backslashreplace"))
        everyone += theirs
    page = overview_page(title, everyone, exercises)
    write(folder / "index.html", page.encode("utf-8", "backslashreplace"))
    return len(pages)


def page_name(id_: str) -> str:
    """Return a file name without its ending: the id, and a digest where it is not plain.

    >>> page_name("jdoe"), page_name("../Doe")
    ('jdoe', 'doe-64106088')
    """
    plain = re.sub(r"[^a-z0-9]+", "-", id_.lower()).strip("-")[:60]
    digest = hashlib.sha256(id_.encode("utf-8", "surrogatepass")).hexdigest()
    return plain if plain and plain == id_ else f"{plain}-{digest[:8]}"
