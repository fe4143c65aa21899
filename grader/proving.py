"""The proof that an exercise's checks tell right answers from wrong ones.

Right answers (the solution and those in other styles, for every seed) pass every check. Wrong ones
fail: the stub, each listed mistake, and every mutant that a machine makes of the solution, save
those with a reason why they are right answers too. A proof is a set of independent tasks. What a
machine cannot grade, because it has no GPU, is neither proved nor a fault there.
"""

from __future__ import annotations

import hashlib
import math
import os
from dataclasses import dataclass, field, replace
from multiprocessing import parent_process
from threading import Thread
from typing import TYPE_CHECKING, Final

from grader.course import Limits, find_exercise, load_mistakes, load_reasons
from grader.errors import CourseError
from grader.grading import examine
from grader.mutants import mutants
from grader.process import find_gpu
from grader.submission import Chunk, Submission, read_submission
from grader.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from grader.course import Exercise
    from grader.verdict import CheckResult

__all__ = [
    "LEAST_NAMED",
    "WIDE",
    "Outcome",
    "Proof",
    "Task",
    "carry_out",
    "end_with_parent",
    "judge",
    "plan",
]

LEAST_NAMED: Final = 0.9  # of the mistakes
WIDE: Final = 100.0  # two decades on either side of a tolerance
SOLUTION_CPU_SECONDS: Final = 4.0  # of one grading, in all processes
MISTAKE_CPU_SECONDS: Final = 15.0
MUTANT_CALL_SECONDS: Final = 1.0  # mutants that loop for ever are many, and right answers are quick
MUTANT_CHECK_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to try: `kind` is "right", "stub", "mistake", "again", "caught" or "mutant".

    `name` is a file's name, a mistake's or a mutant's. "again" grades a mistake once more, "caught"
    asks of one only whether any check fails.
    """

    root: Path
    exercise: str
    kind: str
    name: str
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task came to: the checks that failed and how, and how far comparisons were off.

    `failed` maps a check to its status and message, `named` a check to its diagnosis, `margins` a
    check to the multiple of its tolerance: of a right answer the largest, of a wrong one the first
    that failed. `digest` is that of all that a learner would read, and `cpu_seconds` is what it
    cost, in the checker and in its workers, those on a GPU aside. `skipped` maps a check that could
    not be graded on this machine, in none of the others, to the reason.
    """

    task: Task
    checks: tuple[str, ...]
    failed: dict[str, str]
    named: dict[str, str] = field(default_factory=dict)
    margins: dict[str, float] = field(default_factory=dict)
    digest: str = ""
    cpu_seconds: float = 0.0
    skipped: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known of one exercise; without `faults` its checks are proved."""

    exercise: Exercise
    outcomes: tuple[Outcome, ...]
    faults: tuple[str, ...]

    def of(self, *kinds: str) -> tuple[Outcome, ...]:
        """Return the outcomes of these kinds."""
        return tuple(outcome for outcome in self.outcomes if outcome.task.kind in kinds)

    @property
    def checks(self) -> tuple[str, ...]:
        """The checks in their order, as the stub meets them."""
        return self.of("stub")[0].checks

    @property
    def ungraded(self) -> tuple[str, ...]:
        """Why this machine cannot grade some of the checks, or all: each reason once."""
        return tuple(dict.fromkeys(self.of("stub")[0].skipped.values()))

    @property
    def margins(self) -> dict[str, tuple[float, float]]:
        """For each check the largest multiple of right answers and the smallest of wrong ones."""
        right, wrong = _extremes(self.of("right"), max), _extremes(self.of("mistake"), min)
        return {
            check: (right.get(check, 0.0), wrong.get(check, math.inf))
            for check in self.checks
            if check in right or check in wrong
        }


def plan(exercise: Exercise, seeds: int, *, quick: bool = False) -> tuple[Task, ...]:
    """List what a proof of this exercise tries; a quick one leaves out mutants and the matrix.

    Raises CourseError where the exercise has no solution.
    """
    if exercise.solution is None:
        raise CourseError(f"{exercise.id} has no solution here, so there is nothing to prove.")
    root = exercise.folder.parent.parent

    def task(kind: str, name: str, seed: int = 0) -> Task:
        return Task(root, exercise.id, kind, name, seed)

    mistakes = load_mistakes(exercise)
    tasks = [task("stub", exercise.file)]
    if "gpu" in exercise.requires and not find_gpu()[0]:
        return tuple(tasks)
    for path in (exercise.solution, *exercise.alternatives):
        tasks += [task("right", path.name, seed) for seed in range(1 if quick else seeds)]
    tasks += [task("caught" if quick else "mistake", mistake.name) for mistake in mistakes]
    if not quick:
        if "gpu" not in exercise.requires:  # a race between threads ends differently every time
            step = max(1, len(mistakes) // 5)
            tasks += [task("again", mistake.name) for mistake in mistakes[::step]]
        source = exercise.solution.read_text(encoding="utf-8")
        tasks += [task("mutant", mutant.name) for mutant in mutants(source)]
    return tuple(tasks)


def carry_out(task: Task) -> Outcome:
    """Try one thing; raises BrokenGrader where the checks cannot run at all."""
    exercise = find_exercise(task.root, task.exercise)
    submission = _submission(exercise, task)
    match task.kind:
        case "mutant":
            limits = exercise.limits
            slow = max(1.0, limits.call_seconds / Limits().call_seconds)
            limits = replace(
                limits,
                call_seconds=min(limits.call_seconds, slow * MUTANT_CALL_SECONDS),
                check_seconds=min(limits.check_seconds, slow * MUTANT_CHECK_SECONDS),
            )
            exercise = replace(exercise, limits=limits)
            run = examine(exercise, submission, hasty=True, until=_task_of(exercise, task.name))
        case "caught":
            run = examine(exercise, submission, hasty=True, until="")
        case _:
            hasty = task.kind not in ("mistake", "again")
            drawn = task.seed > 0
            run = examine(exercise, submission, seed=task.seed, hasty=hasty, drawn=drawn)
    pick = max if task.kind == "right" else _first_failure
    graded = [result for result in run.results if result.status is not Status.SKIPPED]
    return Outcome(
        task=task,
        checks=tuple(result.id for result in graded),
        failed={
            result.id: f"{result.status}: {result.message}"
            for result in graded
            if result.status is not Status.PASSED
        },
        named={result.id: result.diagnosis for result in graded if result.diagnosis},
        margins={check: pick(seen) for check, seen in run.margins.items() if seen},
        digest=_digest(run.results),
        cpu_seconds=run.cpu_seconds,
        skipped={
            result.id: result.message or "skipped"
            for result in run.results
            if result.status is Status.SKIPPED
        },
    )


def end_with_parent() -> None:
    """Have this process of a pool end when the one that started it does, however that ends."""
    parent = parent_process()
    assert parent is not None  # noqa: S101 - for the type checker: a pool's process has one

    def wait() -> None:
        parent.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()


def judge(exercise: Exercise, outcomes: Iterable[Outcome]) -> Proof:
    """Say from the outcomes of an exercise's tasks what its proof lacks."""
    proof = Proof(exercise, tuple(outcomes), ())
    faults = [fault for look in LOOKS for fault in look(proof)]
    return replace(proof, faults=tuple(faults))


def _submission(exercise: Exercise, task: Task) -> Submission:
    """Make what a task hands in."""
    assert exercise.solution is not None  # noqa: S101 - for the type checker: `plan` has looked
    if task.kind == "stub":
        return read_submission(exercise.stub, exercise.file)
    if task.kind == "right":
        folder = exercise.solution.parent
        solution = task.name == exercise.solution.name
        path = exercise.solution if solution else folder / "alternatives" / task.name
        return read_submission(path, exercise.file)
    source = exercise.solution.read_text(encoding="utf-8")
    if task.kind == "mutant":
        text = next(mutant.source for mutant in mutants(source) if mutant.name == task.name)
    else:
        mistakes = {mistake.name: mistake for mistake in load_mistakes(exercise)}
        text = mistakes[task.name].apply(source)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Submission(exercise.file, digest, (Chunk(exercise.file, text),), tolerant=False)


def _task_of(exercise: Exercise, mutant: str) -> str:
    """Return the task whose checks are likeliest to kill a mutant: that of the place it is in."""
    place = mutant.partition(":")[0]
    names = [task.name for task in exercise.tasks]
    return next((name for name in names if name in (place, place.split(".")[0])), "")


def _digest(results: Iterable[CheckResult]) -> str:
    """Return the digest of all that a learner would read, times aside."""
    timeless = [replace(result, seconds=0.0) for result in results]
    return hashlib.sha256(repr(timeless).encode()).hexdigest()


def _first_failure(multiples: Sequence[float]) -> float:
    """Return the first multiple of a tolerance above 1, infinity where a failure was no number."""
    return next((multiple for multiple in multiples if multiple > 1), math.inf)


# What a proof lacks


def _broken(proof: Proof) -> Iterator[str]:
    for outcome in proof.outcomes:
        for check, why in outcome.failed.items():
            if why.startswith(Status.GRADER_ERROR):
                yield f"{outcome.task.name} breaks the check {check}: {why}"


def _wrongly_failed(proof: Proof) -> Iterator[str]:
    for outcome in proof.of("right"):
        for check, why in outcome.failed.items():
            seed = outcome.task.seed
            yield f"{outcome.task.name} is right and fails {check} with seed {seed}: {why}"


def _wrongly_passed(proof: Proof) -> Iterator[str]:
    for outcome in proof.of("stub"):
        for check in outcome.checks:
            if not outcome.failed.get(check, "").startswith(Status.NOT_IMPLEMENTED):
                yield f"the stub's {check} is {outcome.failed.get(check, 'passed')}"
    for outcome in proof.of("mistake", "caught"):
        if not outcome.failed:
            yield f"the mistake {outcome.task.name} passes every check"


def _changeable(proof: Proof) -> Iterator[str]:
    before = {outcome.task.name: outcome.digest for outcome in proof.of("mistake")}
    for outcome in proof.of("again"):
        if outcome.digest != before[outcome.task.name]:
            yield f"{outcome.task.name}: two gradings of it differ"


def _costly(proof: Proof) -> Iterator[str]:
    # Alternatives may be slow on purpose: a loop over every entry is a style, too.
    solution = [o for o in proof.of("right") if o.task.name == proof.exercise.file]
    graded = [(outcome, SOLUTION_CPU_SECONDS) for outcome in solution]
    graded += [(outcome, MISTAKE_CPU_SECONDS) for outcome in proof.of("mistake")]
    for outcome, most in graded:
        if outcome.cpu_seconds > most:
            cost = f"{outcome.cpu_seconds:.1f} s of CPU time, above {most:g} s"
            yield f"grading {outcome.task.name} takes {cost}"


def _idle(proof: Proof) -> Iterator[str]:
    mistakes = proof.of("mistake")
    rejecting = {check for outcome in mistakes for check in outcome.failed}
    for check in proof.checks if mistakes else ():
        if check not in rejecting:
            yield f"no listed mistake fails the check {check}"


def _diagnoses(proof: Proof) -> Iterator[str]:
    says = {mistake.name: mistake.says for mistake in load_mistakes(proof.exercise)}
    mistakes = proof.of("mistake")
    for outcome in mistakes:
        name = outcome.task.name
        for check, diagnosis in outcome.named.items():
            if not diagnosis.startswith(says[name]):
                yield f"the mistake {name} is taken for another in {check}: {diagnosis}"
    unnamed = [outcome.task.name for outcome in mistakes if not outcome.named]
    if len(unnamed) > (1 - LEAST_NAMED) * len(mistakes):
        yield f"too many mistakes are caught and not named: {', '.join(unnamed)}"


def _mutants(proof: Proof) -> Iterator[str]:
    equivalent = load_reasons(proof.exercise).equivalent
    survivors = {outcome.task.name for outcome in proof.of("mutant") if not outcome.failed}
    for name in sorted(survivors - set(equivalent)):
        yield f"the mutant “{name}” passes every check, and reasons.toml does not say why it may"
    for name in sorted(set(equivalent) - survivors) if proof.of("mutant") else ():
        yield f"reasons.toml excuses “{name}”, which is no mutant that passes"


def _unknown(proof: Proof) -> Iterator[str]:
    known = {*proof.checks, *proof.of("stub")[0].skipped}
    for check in sorted(set(load_reasons(proof.exercise).margin) - known):
        yield f"reasons.toml gives a margin's reason for {check}, which is no check"


def _margins(proof: Proof) -> Iterator[str]:
    # Only a full proof lets a mistake run far enough to show by how much it fails each check.
    reasons = load_reasons(proof.exercise).margin
    for check, (right, wrong) in proof.margins.items() if proof.of("mistake") else ():
        if (right > 1 / WIDE or wrong < WIDE) and check not in reasons:
            yield (
                f"{check}: right answers come to {right:.1g} of the tolerance and wrong ones to "
                f"{wrong:.1g} of it; leave two decades on each side, or give a reason"
            )


def _extremes(outcomes: Iterable[Outcome], pick: Callable[..., float]) -> dict[str, float]:
    """Pick one multiple for each check from several outcomes; those that passed say nothing."""
    found: dict[str, float] = {}
    for outcome in outcomes:
        for check, multiple in outcome.margins.items():
            if outcome.task.kind == "right" or check in outcome.failed:
                found[check] = pick(found.get(check, multiple), multiple)
    return found


LOOKS: Final = (
    _broken,
    _wrongly_failed,
    _wrongly_passed,
    _changeable,
    _costly,
    _idle,
    _diagnoses,
    _mutants,
    _unknown,
    _margins,
)
