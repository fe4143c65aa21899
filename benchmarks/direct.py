"""An exercise's checks as plain function calls: the floor under every verdict.

The learner's module lives in this process, nothing watches what its functions do, and neither
pytest nor Hypothesis runs: properties meet the inputs that an ordinary grading has drawn for them.
"""

from __future__ import annotations

import time
import types
import warnings
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np

from grader import read_submission
from grader.drawn import _drawn as _inputs
from grader.errors import LearnerRaised
from grader.grading import examine
from grader.pictures import recording
from grader.plugin import Run, _seed, check_id
from grader.student import CallReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from grader.course import Exercise
    from grader.submission import Submission

__all__ = ["Check", "checks_of", "cpu_seconds"]


@dataclass(frozen=True, slots=True)
class Check:
    """A check's function, its seed, the fixtures that it asks for, its examples' inputs."""

    id: str
    seed: int
    function: Callable[..., None]
    fixtures: tuple[str, ...]
    inputs: Sequence[Mapping[str, Any]]


def checks_of(exercise: Exercise, submission: Submission) -> list[Check]:
    """Grade a right submission; return the checks off the GPU, with what was drawn for them."""
    found: list[Check] = []
    record = Run.record

    def recorded(run: Run, item: Any, *rest: Any) -> Any:
        function, inputs = item.obj, ({},)
        fixtures = item._fixtureinfo.argnames  # noqa: SLF001 - as the plugin asks for them
        if "gpu" not in fixtures:
            if hasattr(function, "hypothesis"):
                function, inputs = function.hypothesis.inner_test, _inputs[run.key(item)]
            found.append(Check(check_id(item), _seed(item, run), function, fixtures, inputs))
        return record(run, item, *rest)

    with mock.patch.object(Run, "record", recorded):
        examine(exercise, submission)
    return found


def cpu_seconds(
    exercise: Exercise, submission: Submission, checks: Iterable[Check]
) -> tuple[float, list[str]]:
    """Run the checks directly; return their CPU time, and which did not come to their end.

    Those ask for what only a call into another process reports, or can be asked for.
    """
    assert exercise.solution is not None  # noqa: S101 - for the type checker
    solution = read_submission(exercise.solution, exercise.file)
    made = [(check, deepcopy(list(check.inputs))) for check in checks]
    unfinished = []
    started = time.process_time()
    for check, inputs in made:
        fixtures: dict[str, Any] = {}
        for name in check.fixtures:
            if name == "rng":
                fixtures[name] = np.random.default_rng(check.seed)
            else:
                fixtures[name] = _Direct(solution if name == "reference" else submission)
        try:
            with warnings.catch_warnings(), recording([]):
                warnings.simplefilter("ignore")
                for example in inputs:
                    check.function(**fixtures, **example)
        except (AssertionError, AttributeError):
            unfinished.append(check.id)
    return time.process_time() - started, unfinished


class _Direct:
    """A submission as its checks see it, in this process."""

    last_call = CallReport("")

    def __init__(self, submission: Submission) -> None:
        self.module = types.ModuleType("submission")
        for chunk in submission.chunks:
            exec(compile(chunk.text, chunk.name, "exec"), self.module.__dict__)  # noqa: S102 - the course's own solution

    def begin_example(self, inputs: Mapping[str, Any]) -> None:
        """Nobody remembers examples here."""

    def remember(self, error: Exception) -> None:
        """Nobody remembers failures here."""

    def __getattr__(self, name: str) -> _Function:
        return _Function(getattr(self.module, name))


class _Function:
    """A function that is called as it is, in the ways in which checks call one."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self.function(*args, **kwargs)
        except Exception as error:
            names = tuple(kind.__name__ for kind in type(error).__mro__)
            raise LearnerRaised("a call", names, str(error), ()) from error

    def keeping(self, *positions: int) -> Callable[..., Any]:  # noqa: ARG002 - nothing leaves
        return self.function

    def many(self, calls: Iterable[tuple[Any, ...]]) -> list[Any]:
        return [self.function(*args) for args in calls]
