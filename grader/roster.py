"""Who takes the course: people read from a CSV file, and found again by what a system calls them.

The file may come from Canvas, Moodle, Gradescope or a spreadsheet. One column says who: `id`, else
the first that sounds like one; others of that kind are aliases, and the rest is passed over.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from grader.course import printable
from grader.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["Member", "Roster", "read_roster"]

MAX_BYTES: Final = 10_000_000
MAX_TEXT: Final = 200  # characters of a name or an id
_MOST_TURNS: Final = 8  # of a name's words; somebody chose that name, and each turn is kept

_WIDE_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SOUNDS_LIKE_AN_ID: Final = {"id", "sid", "identifier", "login", "username", "alias", "aliases"}
_MAIL: Final = {"email", "mail"}
_OF_MANY: Final = {"section", "course", "group", "team"}  # a section's id is nobody's
_FULL_NAME: Final = ("name", "student", "full name", "student name")
_GIVEN_NAME: Final = ("first name", "given name")
_FAMILY_NAME: Final = ("last name", "surname", "family name")


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the roster; `aliases` are what other systems call them.

    >>> Member("jdoe", "Jane Doe", aliases=("12345",)).email
    ''
    """

    id: str
    name: str
    email: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roster:
    """The people of a course, in the file's order.

    >>> roster = Roster((Member("jdoe", "Jane Doe"), Member("abe", "Ábel Kovács")))
    >>> [roster.find(clue).id for clue in ("JDOE", "Doe, Jane", "doejane", "kovacs abel")]
    ['jdoe', 'jdoe', 'jdoe', 'abe']
    """

    members: tuple[Member, ...]
    _ids: Mapping[str, set[Member]] = field(init=False, repr=False, compare=False)
    _others: Mapping[str, set[Member]] = field(init=False, repr=False, compare=False)
    _names: Mapping[str, set[Member]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ids: dict[str, set[Member]] = {}
        others: dict[str, set[Member]] = {}
        names: dict[str, set[Member]] = {}
        for member in self.members:
            ids.setdefault(_key(member.id), set()).add(member)
            for other in (member.email, *member.aliases):
                others.setdefault(_key(other), set()).add(member)
            for name in _turns(member.name):
                names.setdefault(name, set()).add(member)
        object.__setattr__(self, "_ids", ids)
        object.__setattr__(self, "_others", others)
        object.__setattr__(self, "_names", names)

    def find(self, *clues: str) -> Member | None:
        """Find the one person whom the clues fit; None when nobody fits, or more than one.

        An id, alias or e-mail address comes first, in any case. Where no clue is one, it may be a
        name, in any case, with or without accents, the family name first or last. Clues that fit
        different people fit nobody: a name that somebody gave themselves proves nothing.
        """
        keys = [key for clue in clues if (key := _key(clue))]
        exact = _union(self._ids.get(key) or self._others.get(key) for key in keys)
        found = exact or _union(self._names.get("".join(_words(clue))) for clue in clues)
        return found.pop() if len(found) == 1 else None

    def pick(self, clue: str) -> Member:
        """Find the one person whom the clue fits; raises UsageError where `find` finds nobody."""
        member = self.find(clue)
        if member is None:
            msg = f"\"{printable(clue)}\" is nobody's name here, or several people's; give an id."
            raise UsageError(msg)
        return member


def read_roster(path: Path) -> Roster:
    """Read a roster from a CSV file with a header; raises UsageError, which names file and line.

    UTF-8, or UTF-16 with its mark, as spreadsheets write it; commas, semicolons or tabs.
    """
    rows = _rows(path)
    line, header = next(rows, (1, []))
    columns = _Columns.of(header)
    if columns is None:
        remedy = "let its first line name a column `id`, and `name` and `email` where you have them"
        raise _refusal(path, line, "has no column that says who somebody is", remedy)
    members: list[Member] = []
    lines: dict[str, int] = {}
    for line, row in rows:
        if any(row[len(header) :]):
            remedy = 'put quotes around what has a comma in it, as in "Doe, Jane"'
            raise _refusal(path, line, "has more columns than the header", remedy)
        member = columns.member(row + [""] * (len(header) - len(row)))
        if not member.id and member.name == "Points Possible":  # Canvas's row of maxima
            continue
        _check(path, line, member)
        first = lines.setdefault(_key(member.id), line)
        if first != line:
            problem = f"has the id {printable(member.id)} of line {first} again"
            raise _refusal(path, line, problem, "give each person an id of their own")
        members.append(member)
    if not members:
        raise _refusal(path, line, "has nobody below the header", "add a line for each person")
    return Roster(tuple(members))


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where in a row things are."""

    id: int
    names: tuple[int, ...]
    email: int | None
    aliases: tuple[int, ...]

    @classmethod
    def of(cls, header: list[str]) -> _Columns | None:
        titles = [" ".join(re.findall(r"[a-z]+", title.casefold())) for title in header]
        titles = [title.replace("e mail", "email") for title in titles]
        words = [set(title.split()) for title in titles]
        mails = [at for at, found in enumerate(words) if found & _MAIL]
        ids = [
            at
            for at, found in enumerate(words)
            if found & _SOUNDS_LIKE_AN_ID and not found & _OF_MANY
        ]
        own = titles.index("id") if "id" in titles else next(iter(ids + mails), None)
        if own is None:
            return None
        return cls(
            id=own,
            names=_first(titles, _FULL_NAME)
            or _first(titles, _GIVEN_NAME) + _first(titles, _FAMILY_NAME),
            email=next(iter(mails), None),
            aliases=tuple(at for at in ids + mails[1:] if at != own),
        )

    def member(self, row: list[str]) -> Member:
        others = [alias.strip() for at in self.aliases for alias in row[at].split("|")]
        id_ = row[self.id]
        return Member(
            id=id_,
            name=" ".join(row[at] for at in self.names if row[at]) or id_,
            email="" if self.email is None else row[self.email],
            aliases=tuple(dict.fromkeys(alias for alias in others if alias)),
        )


def _first(titles: list[str], known: tuple[str, ...]) -> tuple[int, ...]:
    return next(((titles.index(title),) for title in known if title in titles), ())


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Give the rows that have anything in them, each with its line; blanks are made single."""
    text = _text(path)
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            values = [" ".join(value.split()) for value in row]
            if any(values):
                yield reader.line_num, values
    except csv.Error as error:
        remedy = "check the quotes in it, or save it anew from a spreadsheet"
        raise _refusal(path, reader.line_num, f"is not CSV ({error})", remedy) from error


def _text(path: Path) -> str:
    shown = printable(path)
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{shown} is no file; name the roster's CSV file.")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else error
        msg = f"the roster {shown} cannot be read ({reason}); check its name and permissions."
        raise UsageError(msg) from error
    if len(raw) > MAX_BYTES:
        msg = f"{shown} is larger than {MAX_BYTES // 1_000_000} MB; a roster is a line a person."
        raise UsageError(msg)
    encoding = "utf-16" if raw.startswith(_WIDE_MARKS) else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        name = encoding.removesuffix("-sig").upper()
        raise _refusal(path, line, f"is not {name} text", 'save it as "CSV UTF-8"') from error


def _check(path: Path, line: int, member: Member) -> None:
    if not _key(member.id):
        raise _refusal(path, line, "says no id", "give each person one")
    # A name may have invisible joiners in it, as Persian ones do; what is typed and compared not.
    name = "".join(c for c in member.name if unicodedata.category(c) != "Cf")
    for text in (member.id, member.email, *member.aliases, name):
        if len(text) > MAX_TEXT:
            problem = f"has a text of {len(text)} characters"
            raise _refusal(path, line, problem, f"shorten it to {MAX_TEXT}")
        for character in text:
            if not character.isprintable():
                problem = f"has the character U+{ord(character):04X}"
                raise _refusal(path, line, problem, "delete it")


def _key(text: str) -> str:
    """Fold what may differ in an id that is the same: case, and how its letters are encoded."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()


def _words(name: str) -> list[str]:
    """Split a name into its words, without case, accents and invisible characters.

    >>> _words("O’Brien-Müller,  Ángela")
    ['o', 'brien', 'muller', 'angela']
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    kept = (
        c for c in plain if unicodedata.category(c)[0] != "M" and unicodedata.category(c) != "Cf"
    )
    return re.findall(r"[^\W_]+", "".join(kept))


def _turns(name: str) -> Iterator[str]:
    """Give a name's words in one, turned at each place where its family name may begin.

    >>> list(_turns("Jane van Doe"))
    ['janevandoe', 'vandoejane', 'doejanevan']
    """
    words = _words(name)
    for place in range(min(len(words), _MOST_TURNS)):
        yield "".join(words[place:] + words[:place])


def _union(found: Iterable[set[Member] | None]) -> set[Member]:
    return {member for members in found for member in members or ()}


def _refusal(path: Path, line: int, problem: str, remedy: str) -> UsageError:
    return UsageError(f"{printable(path)}, line {line}, {problem}; {remedy}.")
