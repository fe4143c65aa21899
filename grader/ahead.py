"""Inputs of properties drawn ahead: a second process draws what this one will soon try.

To draw takes as long as to check, and one command on its own leaves a CPU idle. The second process
is a fork of the checker, which no learner code ever enters. It draws what Hypothesis would draw for
an answer that passes; whatever does not cross, this process draws itself when it gets there.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import warnings
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from grader.turns import CPUS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Ahead", "Inputs", "Key"]

Key = tuple[Any, ...]
Inputs = tuple[dict[str, Any], ...]


class Ahead:
    """What is drawn for properties, given as pairs of key and function, in the order given.

    It is a context, at whose end the second process ends. With one CPU, or no room for another
    process, there is none.
    """

    def __init__(self, properties: Iterable[tuple[Key, Callable[..., Any]]]) -> None:
        self.drawn: dict[Key, Inputs] = {}
        self.pid = 0
        if sys.platform != "linux" or len(CPUS) < 2:
            return
        ends = os.pipe()
        self.stream = open(ends[0], "rb")  # noqa: PTH123, SIM115 - it is no path; closed at the end
        writer = open(ends[1], "wb")  # noqa: PTH123, SIM115 - likewise
        with writer, contextlib.suppress(OSError), warnings.catch_warnings():
            # Of other threads: the one that is there waits to say how far the grading has come.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork() or _draw_all(properties, self.stream, writer)
        if not self.pid:
            self.stream.close()

    def __enter__(self) -> Ahead:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()

    def end(self) -> None:
        """End the second process; what it has drawn by now stays."""
        if self.pid:
            self.stream.close()
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0

    def take(self, key: Key) -> Inputs | None:
        """Return what was drawn for a property, waiting for it; None where nothing was."""
        while self.pid and key not in self.drawn:
            try:
                found, inputs = pickle.load(self.stream)  # noqa: S301 - from a fork of ours, see above
            except Exception:  # noqa: BLE001 - the end, or what does not cross
                self.end()
            else:
                self.drawn[found] = inputs
        return self.drawn.pop(key, None)


def _draw_all(
    properties: Iterable[tuple[Key, Callable[..., Any]]], reader: BinaryIO, writer: BinaryIO
) -> NoReturn:
    """Write what is drawn for each property, and end this process."""
    try:
        reader.close()  # so that nobody reads, and writing fails, once the first process has ended
        for key, function in properties:
            drawn = b""
            with contextlib.suppress(Exception):  # whatever it is, the first process will meet it
                drawn = pickle.dumps((key, draw(function)))
            writer.write(drawn)
            writer.flush()
    finally:
        os._exit(0)


def draw(function: Callable[..., Any]) -> Inputs:
    """Return what Hypothesis draws for a property made by `given`, as long as nothing fails.

    The property checks nothing any more afterwards, so this is for a process that ends soon.

    >>> from hypothesis import strategies as st
    >>> from grader.checking import given
    >>> @given(n=st.integers(0, 9), examples=3)
    ... def test_digits(student, n):
    ...     student.double(n)
    >>> [sorted(each) for each in draw(test_digits)]
    [['n'], ['n'], ['n']]
    """
    import inspect

    seen: list[dict[str, Any]] = []
    fixtures = list(inspect.signature(function).parameters)

    def example(**values: Any) -> None:
        seen.append({name: value for name, value in values.items() if name not in fixtures})

    function.hypothesis.inner_test = example  # type: ignore[attr-defined]  # Hypothesis adds it
    function(**dict.fromkeys(fixtures))
    return tuple(seen)
