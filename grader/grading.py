"""`grade(exercise, submission) -> Verdict`: run an exercise's checks on a submission.

The checks run under pytest in this process, which no learner code ever enters.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from grader.confine import TIERS
from grader.declaring import ATTRIBUTE
from grader.errors import BrokenGrader, UsageError
from grader.plugin import RUNS, Run, check_id, draws, is_property
from grader.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator

    from grader.course import Exercise
    from grader.submission import Submission
    from grader.verdict import CheckResult

__all__ = ["examine", "grade"]

UNUSED_PLUGINS: Final = (
    "cacheprovider",
    "capture",
    "debugging",
    "doctest",
    "faulthandler",
    "junitxml",
    "legacypath",
    "logging",
    "pastebin",
    "recwarn",
    "setuponly",
    "setupplan",
    "stepwise",
    "subtests",
    "terminal",
    "threadexception",
    "tmpdir",
    "unittest",
    "unraisableexception",
    "warnings",
)


def grade(
    exercise: Exercise,
    submission: Submission,
    *,
    seed: int = 0,
    require: str = "separate",
    first: Collection[str] = (),
    heard: Callable[[CheckResult], None] | None = None,
    debug: bool = False,
    ahead: bool = False,
) -> Verdict:
    """Grade a submission and return its verdict: the same for the same seed, times aside.

    `require` is the weakest sandbox tier to accept. Raises UsageError where this machine offers
    less, and BrokenGrader where the checks themselves cannot run. The checks with an id in `first`
    run first; `heard` gets every result as soon as it is known, and a KeyboardInterrupt that it
    raises ends the grading. To `debug` is to run the learner's code in this process, without
    confinement or limits: whatever the verdict then says, that code could have forged. To draw
    `ahead` is to have a fork of this process, which should have one thread, draw random inputs.

    >>> from grader import find_course, find_exercise, read_submission
    >>> exercise = find_exercise(find_course(), "perceptron")
    >>> verdict = grade(exercise, read_submission(exercise.stub, exercise.file))
    >>> verdict.score, verdict.checks[0].status.value
    (0, 'not_implemented')
    """
    started = time.perf_counter()
    run = examine(
        exercise,
        submission,
        seed=seed,
        require=require,
        first=first,
        heard=heard,
        debug=debug,
        ahead=ahead,
    )
    return Verdict(
        exercise=exercise.id,
        submission=submission.name,
        digest=submission.digest,
        seed=seed,
        sandbox=run.tier,
        checks=tuple(replace(result, seconds=round(result.seconds, 4)) for result in run.results),
        seconds=round(time.perf_counter() - started, 4),
    )


def examine(
    exercise: Exercise,
    submission: Submission,
    *,
    seed: int = 0,
    require: str = "separate",
    hasty: bool = False,
    until: str | None = None,
    drawn: bool = False,
    ahead: bool = False,
    first: Collection[str] = (),
    heard: Callable[[CheckResult], None] | None = None,
    debug: bool = False,
) -> Run:
    """Run the checks and return all that was seen of it, as those ask who prove checks.

    A hasty run shrinks, reproduces and diagnoses nothing. With `until`, it ends at the first check
    that fails, and those of this task go first. With `drawn`, only the checks run that draw from
    the seed: for the others, one is as good as another. A second process draws the inputs `ahead`.
    The rest is as with `grade`.

    >>> from grader import find_course, find_exercise, read_submission
    >>> exercise = find_exercise(find_course(), "perceptron")
    >>> stub = read_submission(exercise.stub, exercise.file)
    >>> [result.id for result in examine(exercise, stub, until="train").results]
    ['and_is_learned_step_by_step']
    """
    if "gpu" in exercise.requires and require != TIERS[0]:
        message = (
            f"{exercise.id} runs on a GPU, which no {require} process can reach: grade it without "
            "--require; nothing was graded"
        )
        raise UsageError(message)
    if debug:
        from grader.local import DebugSession

        run = Run(exercise, DebugSession(submission, exercise.module), seed)
    else:
        run = Run.start(exercise, submission, seed, require)
    run.heard = heard
    run.session.hasty = hasty
    try:
        if TIERS.index(require) > 0 and TIERS.index(run.session.tier) < TIERS.index(require):
            message = (
                f"this machine offers the tier {run.session.tier}, and {require} is required; "
                "nothing was graded"
            )
            raise UsageError(message)
        _run_checks(run, until, first, drawn=drawn, ahead=ahead)
        assert run.tier  # noqa: S101 - remembered, for after the end
    finally:
        run.close()
    return run


def _run_checks(
    run: Run, until: str | None, first: Collection[str], *, drawn: bool, ahead: bool
) -> None:
    """Run the public and the hidden checks; their results end up in the run."""
    from grader import datasets, plugin

    exercise = run.exercise
    root = exercise.folder.parent.parent
    paths = [path for path in (exercise.checks, exercise.hidden_checks) if path is not None]
    for path in paths:
        _forget(path)
    attached = _Attached(run, until, first, drawn=drawn, ahead=ahead)
    with datasets.of_course(root):
        code = pytest.main(
            [
                *map(str, paths),
                f"--rootdir={root}",
                f"--config-file={os.devnull}",
                "--import-mode=importlib",
                "--assert=plain",
                "--disable-plugin-autoload",
                "--noconftest",
                *(f"-pno:{name}" for name in UNUSED_PLUGINS),
                *(() if until is None else ("--maxfail=1",)),
            ],
            plugins=[plugin, attached],
        )
    if attached.interrupt is not None:
        raise attached.interrupt
    if run.errors or code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        reason = run.errors[0] if run.errors else f"pytest ended with {code}"
        message = f"the checks of {exercise.id} could not run: {reason}"
        raise BrokenGrader(message)
    if first:
        run.results.sort(key=lambda result: attached.order.index(result.id))


class _Attached:
    """Hand a run to the plugin, and notice what goes wrong outside of the checks."""

    def __init__(
        self, run: Run, task: str | None, first: Collection[str], *, drawn: bool, ahead: bool
    ) -> None:
        self.run = run
        self.task = task
        self.first = first
        self.drawn = drawn
        self.ahead = ahead
        self.order: list[str] = []
        self.interrupt: BaseException | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[RUNS] = {self.run.exercise.folder.name: self.run}

    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Collector:
        return _Way.from_parent(parent, path=path)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items[:1]:
            item.config.option.tbstyle = "value"  # nobody here sees pytest's own tracebacks
        if self.drawn:
            items[:] = [item for item in items if draws(item)] or items[:1]
        self.order = [check_id(item) for item in items]
        items.sort(key=lambda item: check_id(item) not in self.first)
        if self.task:
            items.sort(key=lambda item: getattr(item.obj, ATTRIBUTE).task != self.task)  # type: ignore[attr-defined]  # functions have one

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        if not self.ahead:
            return (yield)
        from grader.ahead import Ahead

        properties = [item for item in session.items if is_property(item)]
        with Ahead((self.run.key(item), item.obj) for item in properties) as self.run.ahead:  # type: ignore[attr-defined]  # functions have one
            return (yield)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        # Checks that do not load interrupt pytest, too, in a way of its own.
        if not isinstance(excinfo.value, pytest.Session.Interrupted):
            self.interrupt = excinfo.value

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.run.errors.append(report.longreprtext)


class _Way(pytest.Directory):
    """A folder on the way to the checks, in which nothing else is looked at."""

    def collect(self) -> Iterator[pytest.Collector]:
        files = [Path(file) for file in self.config.args]
        for path in dict.fromkeys(
            self.path / file.relative_to(self.path).parts[0]
            for file in files
            if self.path in file.parents
        ):
            if path in files:
                yield from self.ihook.pytest_collect_file(file_path=path, parent=self)
            else:
                yield self.ihook.pytest_collect_directory(path=path, parent=self)


def _forget(path: Path) -> None:
    """Drop a module of checks that another course's folder of the same name may have left."""
    ending = f"{path.parent.name}.{path.stem}"
    for name, module in list(sys.modules.items()):
        if name.endswith(ending) and hasattr(module, "__file__"):
            del sys.modules[name]
