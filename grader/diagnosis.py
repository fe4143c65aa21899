"""Which mistake a failure looks like: the failing check's calls, replayed on each listed mistake.

A mistake is named only when all its answers equal the learner's and the solution's do not. Where
several mistakes fit and say different things, nothing is said.
"""

from __future__ import annotations

import ast
import hashlib
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from grader import wire
from grader.errors import CheckEnded, LearnerRaised, ProtocolError
from grader.messages import Reply, Request, read_replies
from grader.session import Exchange, Session
from grader.submission import Chunk, Submission

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from grader.course import Exercise, Mistake

__all__ = ["Bench", "same_answers", "same_reply", "same_values"]

RTOL: Final = 1e-7
MAX_CALLS: Final = 400


class Bench:
    """The solution and its mistakes, ready to answer the calls that a check made.

    They run in a worker like a learner's code, so that a mistake that hangs or grows harms nothing.
    """

    def __init__(
        self,
        exercise: Exercise,
        solution: str,
        mistakes: Sequence[Mistake],
        *,
        on_gpu: bool = False,
    ) -> None:
        self.exercise = exercise
        self.on_gpu = on_gpu
        self.solution = solution
        self.mistakes = mistakes
        self.parts = _Parts(solution)
        self.session: Session | None = None
        self.confirmed: list[Mistake] = []

    def diagnose(
        self, log: Sequence[Exchange], callables: Sequence[Callable[..., Any]]
    ) -> Mistake | None:
        """Return the mistake that answers these calls as the learner's code did, if one does."""
        if not log or len(log) > MAX_CALLS or not all(exchange.reply for exchange in log):
            return None
        if self.equals(self.solution, log, callables):
            return None
        for mistake in self.confirmed:
            # It explained another failure alone, so it is the better reading of this one too.
            if self.equals(mistake.apply(self.solution), log, callables):
                return mistake
        fitting = [
            mistake
            for mistake in self.bearing_on(log)
            if mistake not in self.confirmed
            and self.equals(mistake.apply(self.solution), log, callables)
        ]
        if len({mistake.says for mistake in fitting}) != 1:
            return None
        self.confirmed.append(fitting[0])
        return fitting[0]

    def bearing_on(self, log: Sequence[Exchange]) -> Iterator[Mistake]:
        """Yield the mistakes in code that these calls can reach; others answer as the solution."""
        reached = self.parts.reached_from(_names(log))
        for mistake in self.mistakes:
            if self.parts.holding(mistake.find) in (None, *reached):
                yield mistake

    def equals(
        self, source: str, log: Sequence[Exchange], callables: Sequence[Callable[..., Any]]
    ) -> bool:
        """Whether this source answers every call as the learner's code did."""
        session = self.load(source)
        try:
            session.begin_check()
            return all(
                same_answers(exchange.reply, session.replay(exchange.request, list(callables)))
                for exchange in log
            )
        except (LearnerRaised, CheckEnded, ProtocolError):
            return False

    def load(self, source: str) -> Session:
        digest = hashlib.sha256(source.encode()).hexdigest()
        submission = Submission(
            self.exercise.file, digest, (Chunk(self.exercise.file, source),), False
        )
        if self.session is None:
            self.session = Session(
                submission, self.exercise.module, self.exercise.limits, on_gpu=self.on_gpu
            )
        else:
            self.session.replace(submission)
        return self.session


class _Parts:
    """The functions and classes of a source, and which of them can be reached from which."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.bodies: dict[str, ast.stmt] = {}
        self.always: set[str] = set()  # what the lines between them use
        for node in ast.parse(source).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                self.bodies[node.name] = node
            else:
                self.always |= _used(node)

    def reached_from(self, names: set[str]) -> set[str]:
        """Return the names that code under one of these names may use, directly or not."""
        reached, left = set[str](), names | self.always
        while left:
            reached |= left
            used = [_used(self.bodies[name]) for name in left & self.bodies.keys()]
            left = set().union(*used) - reached
        return reached

    def holding(self, text: str) -> str | None:
        """Return the name of the function or class that a piece of the source lies in, if one."""
        first = self.source[: self.source.index(text)].count("\n") + 1
        last = first + text.count("\n")
        for name, node in self.bodies.items():
            if node.lineno <= first and last <= (node.end_lineno or 0):
                return name
        return None


def _used(node: ast.AST) -> set[str]:
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return names | {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}


def _names(log: Sequence[Exchange]) -> set[str]:
    """Return the names of what these calls asked for, and of the classes of objects in them."""
    requests = [Request(*wire.decode(exchange.request).value) for exchange in log]
    held = [value for request in requests for value in (request.of, *request.args)]
    return {request.name for request in requests} | {
        value.type_name for value in held if isinstance(value, wire.Ref)
    }


def same_answers(one: bytes, other: bytes) -> bool:
    """Whether two replies say the same: values, kind of error, changes, whether it warned."""
    replies, others = (read_replies(wire.decode(frame).value) for frame in (one, other))
    return len(replies) == len(others) and all(map(same_reply, replies, others))


def same_reply(one: Reply, other: Reply) -> bool:
    """Whether two replies to one call say the same."""
    if set(one.changed) != set(other.changed) or bool(one.warnings) != bool(other.warnings):
        return False
    if one.kind == other.kind == "value":
        return same_values(one.content, other.content)
    if one.kind == other.kind == "error":
        return bool(one.content[0][:1] == other.content[0][:1])
    return False


def same_values(one: Any, other: Any) -> bool:
    """Whether two plain values are the same, up to rounding.

    >>> same_values([1.0, np.ones(2)], (1, np.ones(2) + 1e-12)), same_values(np.ones(2), np.ones(3))
    (True, False)
    """
    if isinstance(one, wire.Ref) or isinstance(other, wire.Ref):
        return isinstance(one, wire.Ref) and isinstance(other, wire.Ref)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_values(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same_values, one, other))
    if isinstance(one, (str, bytes, type(None), list, tuple, dict)):
        return type(one) is type(other) and bool(one == other)
    if isinstance(other, (str, bytes, type(None), list, tuple, dict)):
        return False
    if len({value.dtype for value in (one, other) if _is_float_array(value)}) == 2:
        return False  # a precision may be all that a mistake gets wrong
    return _same_numbers(np.asarray(one, dtype=float), np.asarray(other, dtype=float))


def _is_float_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _same_numbers(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    if one.shape != other.shape:
        return False
    finite = np.isfinite(other)
    if not np.array_equal(one[~finite], other[~finite], equal_nan=True):
        return False
    scale = max(1e-300, float(np.max(np.abs(other[finite]), initial=0.0)))
    with np.errstate(all="ignore"):
        close = np.abs(one[finite] - other[finite]) <= RTOL * scale
    return bool(np.all(close)) and math.isfinite(scale)
