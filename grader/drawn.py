"""The inputs of properties, drawn once for all submissions that this process grades.

Until an example fails, Hypothesis draws the same inputs for the same seed, whomever it asks. So
what one submission passed with, or what was drawn ahead, is tried on the next as it is; where that
one fails, it gets a fresh process and Hypothesis starts over, to find the smallest input just as it
would have without this.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grader.ahead import Ahead, Inputs, Key
    from grader.session import Session

__all__ = ["MOST", "run_property"]

MOST: Final = 2_000  # properties and seeds; a course has some hundred properties

_drawn: dict[Key, Inputs] = {}


def run_property(
    function: Callable[..., Any],
    fixtures: Mapping[str, Any],
    session: Session,
    key: Key,
    ahead: Ahead | None,
) -> None:
    """Run a property made by `given`, whose draws depend on nothing but the key."""
    if key not in _drawn and ahead is not None and (found := ahead.take(key)) is not None:
        _keep(key, found)
    if key not in _drawn:
        session.inputs = []
        function(**fixtures)
        _keep(key, tuple(session.inputs))
        return
    from hypothesis.errors import FlakyFailure, UnsatisfiedAssumption

    one_example = function.hypothesis.inner_test  # type: ignore[attr-defined]  # Hypothesis adds it
    try:
        for inputs in _drawn[key]:
            one_example(**fixtures, **deepcopy(inputs))
    except UnsatisfiedAssumption:
        # An input that the check sets aside: how many others there are, Hypothesis decides.
        del _drawn[key]
        session.close()
        session.begin_check()
        function(**fixtures)
    except Exception as error:  # noqa: BLE001 - whatever it is, Hypothesis meets it again
        session.close()  # with all that the calls so far have left behind
        session.begin_check()
        function(**fixtures)
        raise FlakyFailure("an input failed, and passed when it was tried again", [error]) from None


def _keep(key: Key, inputs: Inputs) -> None:
    if len(_drawn) == MOST:
        _drawn.clear()
    _drawn[key] = inputs
