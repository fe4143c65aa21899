"""What confinement costs: the same submission graded in the limited and in the confined tier.

    python benchmarks/confinement.py [PAIRS]

Pairs in turn, so that both see the same machine; medians, and the median of the pairs' ratios.
*One command* is a process of its own for each grading, as at a learner's desk; *a class* grades one
submission after the other in one process. The target is a ratio of at most 1.15 for one command.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

from grader import find_course, find_exercise, grade, read_submission
from grader.course import Limits
from grader.process import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITED: Final = ("spawned",)
CONFINED: Final = ("namespaces", "landlock")

COMMAND: Final = """\
import sys
from grader.process import Worker
Worker.variants = tuple(sys.argv.pop(1).split(","))
from grader.cli import main
main()
"""


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def main(pairs: int) -> None:
    """Measure and print a table."""
    exercise = find_exercise(find_course(), "exercise8")
    if exercise.solution is None:
        sys.exit("this clone has no solution of exercise 8 to grade")
    path = exercise.solution
    submission = read_submission(path, exercise.file)

    def one_command(variants: tuple[str, ...]) -> None:
        words = [sys.executable, "-c", COMMAND, ",".join(variants), "exercise8", str(path)]
        subprocess.run([*words, "--json"], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words

    def a_class(variants: tuple[str, ...]) -> None:
        Worker.variants = variants
        assert grade(exercise, submission).exit_code == 0  # noqa: S101 - half a grading is cheap

    def a_worker(variants: tuple[str, ...]) -> None:
        worker = Worker(Limits(), variants)
        worker.hello()
        worker.close()

    print(f"{pairs} pairs       limited   confined   ratio")  # noqa: T201 - its purpose
    for name, action in (
        ("one command", one_command),
        ("a class", a_class),
        ("a worker", a_worker),
    ):
        for variants in (LIMITED, CONFINED):
            action(variants)
        times = [
            (seconds(lambda: action(LIMITED)), seconds(lambda: action(CONFINED)))  # noqa: B023 - called at once
            for _ in range(pairs)
        ]
        limited, confined = (1e3 * statistics.median(column) for column in zip(*times, strict=True))
        ratio = statistics.median(confined / limited for limited, confined in times)
        print(f"{name:12} {limited:8.1f} ms {confined:7.1f} ms {ratio:7.2f}")  # noqa: T201 - a report


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
