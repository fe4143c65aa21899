"""What makes a pytest test a check: the task it belongs to, its points, whether it is hidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

__all__ = ["ATTRIBUTE", "Declaration", "check"]

ATTRIBUTE: Final = "__check__"

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Declaration:
    """A check's task, its points, and whether a class's feedback hides its details."""

    task: str
    points: int
    hidden: bool


def check(task: str, *, points: int = 1, hidden: bool = False) -> Callable[[Function], Function]:
    """Declare a test as a check of a task; its docstring's first line is what the learner sees.

    Raises ValueError for points below 1 or a function without a docstring.

    >>> @check("relu", points=2)
    ... def test_relu_of_a_negative_number_is_zero(student):
    ...     "The ReLU of a negative number is 0."
    >>> test_relu_of_a_negative_number_is_zero.__check__.points
    2
    """

    def declare(function: Function) -> Function:
        if points < 1:
            raise ValueError(f"{function.__name__} has {points} points; a check has at least 1")
        if not function.__doc__:
            raise ValueError(f"{function.__name__} has no docstring; learners read its first line")
        setattr(function, ATTRIBUTE, Declaration(task, points, hidden))
        return function

    return declare
