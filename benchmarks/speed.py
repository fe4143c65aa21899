"""How long grading takes: at a desk, at every save, for a class, and next to what it has to cost.

    python benchmarks/speed.py cold                 a command, by the time that its imports take
    python benchmarks/speed.py warm                 a save under `grade watch`, likewise
    python benchmarks/speed.py overhead             a verdict, by its checks and calls made directly
    python benchmarks/speed.py class                submissions a minute on 1 and 2 cores
    python benchmarks/speed.py growth 10 100 1000   seconds and memory, by the size of a class
    python benchmarks/speed.py peers                the same checks, a pytest process each
    python benchmarks/speed.py proofs               cold and overhead, beside what checks catch
    python benchmarks/speed.py attacks              seconds of the attacks, and who survived

What is compared is measured in turn, so that both see the same machine, and a ratio is the median
of the pairs' ratios. Seconds are those of this machine; ratios are what to look at.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest import mock
from xml.etree import ElementTree

import classroom
import click
import direct

from grader import find_course, find_exercise, load_exercises, read_submission, wire
from grader.console import console
from grader.course import load_reasons
from grader.grading import examine
from grader.messages import Request
from grader.proving import carry_out, end_with_parent, judge, plan
from grader.session import Session
from grader.student import RemoteFunction
from grader.threads import ONE_THREAD
from grader.worker import OBJECTS_PER_REQUEST, Runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.course import Exercise
    from grader.proving import Outcome
    from grader.submission import Submission

Row = dict[str, Any]
IMPORTS: Final = "import numpy, pytest, hypothesis"
NO_BYTECODE: Final = "PYTHONDONTWRITEBYTECODE"
SHOWN: Final = b"Score: "  # what the report of a verdict ends with
BROKEN: Final = b"THE GRADER FAILED"  # what it says in place of that


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def compared(
    repeat: int, name: str, one: Callable[[], float], than: str, other: Callable[[], float]
) -> Row:
    """Measure two things in turn; return the median of each, and of the ratios."""
    pairs = [(one(), other()) for _ in range(repeat)]
    ones, others = zip(*pairs, strict=True)
    return {
        name: round(statistics.median(ones), 4),
        than: round(statistics.median(others), 4),
        "ratio": round(statistics.median(a / b for a, b in pairs), 3),
    }


def python(*words: str, cwd: Path | None = None) -> None:
    """Run Python to its end, with its output unseen."""
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-P", "-c", *words], cwd=cwd, stdout=subprocess.DEVNULL, check=False
    )
    if done.returncode not in (0, 1):
        sys.exit(f"{words} ended with {done.returncode}")


def chosen(names: tuple[str, ...]) -> list[Exercise]:
    """Return the exercises of these names, or all that need no GPU."""
    course = find_course()
    everywhere = [each for each in load_exercises(course) if "gpu" not in each.requires]
    return [find_exercise(course, name) for name in names] or everywhere


def solution(exercise: Exercise) -> Path:
    """Return the file of an exercise's solution."""
    if exercise.solution is None:
        sys.exit(f"this clone has no solution of {exercise.id} to grade")
    return exercise.solution


# A learner


def cold(exercise: Exercise, repeat: int) -> Row:
    """Time the command from its start to the prompt, and the imports that it cannot do without."""
    root, path = exercise.folder.parent.parent, str(solution(exercise))
    return {"exercise": exercise.id} | compared(
        repeat,
        "command",
        lambda: seconds(lambda: python(classroom.GRADE, exercise.id, path, cwd=root)),
        "imports",
        lambda: seconds(lambda: python(IMPORTS)),
    )


def warm(exercise: Exercise, repeat: int) -> Row:
    """Time a verdict from the save to the report, where `grade watch` has been running."""
    with classroom.temporary_course() as course:
        root = exercise.folder.parent.parent
        shutil.copytree(root / "datasets", course / "datasets")
        for part in ("exercises", "solutions"):
            name = exercise.folder.name
            shutil.copytree(root / part / name, course / part / name)
        right = solution(exercise).read_text(encoding="utf-8")
        file = course / "exercises" / exercise.folder.name / exercise.file
        file.write_text(right, encoding="utf-8")
        saves = 0
        with _watching(course, exercise) as report:

            def save() -> float:
                nonlocal saves
                saves += 1
                started = time.perf_counter()
                file.write_text(f"{right}\n# save {saves}\n", encoding="utf-8")
                report()
                return time.perf_counter() - started

            report()
            save()
            return {"exercise": exercise.id} | compared(
                repeat, "save", save, "imports", lambda: seconds(lambda: python(IMPORTS))
            )


@contextlib.contextmanager
def _watching(course: Path, exercise: Exercise) -> Iterator[Callable[[], None]]:
    """Start `grade watch` and give what waits for its next report."""
    process = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-P", "-u", "-c", classroom.GRADE, "watch", exercise.id],
        cwd=course,
        stdout=subprocess.PIPE,
    )

    def report() -> None:
        assert process.stdout is not None  # noqa: S101 - for the type checker
        for line in process.stdout:
            if line.startswith(SHOWN):
                return
            if BROKEN in line:
                break
        sys.exit(f"grade watch {exercise.id} gave no report")

    with process:
        try:
            yield report
        finally:
            process.kill()


def overhead(exercise: Exercise, repeat: int) -> Row:
    """Compare the CPU time of a verdict with that of its checks, and of its calls, made directly.

    Both happen in one process: no worker, no pytest, no Hypothesis. With the calls alone, nothing
    is drawn, worked out beside them or compared. Checks are cut short where they ask for what only
    a worker can tell.
    """
    submission = read_submission(solution(exercise), exercise.file)
    checks = direct.checks_of(exercise, submission)
    unfinished = direct.cpu_seconds(exercise, submission, checks)[1]
    row = compared(
        repeat,
        "verdict",
        lambda: examine(exercise, submission).cpu_seconds,
        "checks",
        lambda: direct.cpu_seconds(exercise, submission, checks)[0],
    )
    logs = _logged(exercise, submission)
    calls = [[_replayed(exercise, log) for log in logs] for _ in range(repeat)]
    alone = statistics.median(sum(seconds for seconds, _ in each) for each in calls)
    missed = sum(failed for _, failed in calls[0])
    row["cut short"] = len(unfinished)
    row["calls"] = sum(map(len, logs)) - missed
    row["by calls"] = round(row["verdict"] / alone, 1)
    return {"exercise": exercise.id} | row


Log = list[tuple[bytes, tuple[Any, ...]]]


def _logged(exercise: Exercise, submission: Submission) -> list[Log]:
    """Grade a submission; return each session's requests, with the functions that go with them."""
    logs: dict[int, Log] = defaultdict(list)
    exchange = Session._exchange  # noqa: SLF001 - where every request passes

    def logging(self: Session, frame: bytes, number: int, label: str) -> Any:
        logs[id(self)].append((frame, tuple(self.callables)))
        return exchange(self, frame, number, label)

    with mock.patch.object(Session, "_exchange", logging):
        examine(exercise, submission)
    return list(logs.values())


class _Here(Runtime):
    """The learner's module in this process, called without a report of what a call did."""

    callables: tuple[Any, ...] = ()

    def count_entries(self, space: dict[str, Any]) -> None:
        """Leave the functions as they are."""

    def callback(self, ref: wire.Ref) -> Callable[..., Any]:
        function = self.callables[ref.id]
        if isinstance(function, RemoteFunction):
            return getattr(self.module, function.__name__)  # type: ignore[no-any-return]
        return function  # type: ignore[no-any-return]


def _replayed(exercise: Exercise, log: Log) -> tuple[float, int]:
    """Make logged calls directly; return the CPU seconds in them, and how many did not work.

    Those are the calls that fail as they are meant to, and those in which the checker's function
    calls the learner's code back.
    """
    streams, limit, known = (sys.stdout, sys.stderr), sys.getrecursionlimit(), dict(sys.modules)
    runtime = _Here(None)  # type: ignore[arg-type]  # it talks to nobody
    spent, failed = 0.0, 0
    try:
        with mock.patch.object(Session, "start_worker", side_effect=RuntimeError):
            for frame, callables in log:
                runtime.callables = callables
                runtime.callbacks.clear()
                try:
                    request = Request(*wire.decode(frame, runtime.resolve).value)
                    many = request.args if request.do == "many" else (request.args,)
                    do = getattr(runtime, f"do_{request.do.replace('many', 'call')}")
                    requests = [request._replace(args=args) for args in many]
                    started = time.process_time()
                    values = [do(each) for each in requests]
                    spent += time.process_time() - started
                except Exception:  # noqa: BLE001 - learner code may raise anything
                    failed += 1
                    continue
                for offset, value in enumerate(values):
                    runtime.next_id = (request.number + offset) * OBJECTS_PER_REQUEST
                    kept = runtime.keep(value, request.keep) if request.keep else value
                    wire.encode(kept, runtime.wrap)
    finally:
        sys.stdout, sys.stderr = streams
        sys.setrecursionlimit(limit)
        if exercise.module not in known:
            sys.modules.pop(exercise.module, None)
    return spent, failed


# A class


def class_(count: int, repeat: int) -> list[Row]:
    """Count submissions a minute: right ones, and right and wrong ones mixed."""
    rows = []
    for kind in ("right", "mixed"):
        with classroom.temporary_course() as course:
            made = count if kind == "mixed" else 2 * count
            classroom.make_class(course, made, hostile=False)
            if kind == "right":
                _keep_right(course)
            turns = iter(range(2 * repeat))

            def graded(jobs: int, course: Path = course, turns: Iterator[int] = turns) -> float:
                return 60 * count / classroom.finish(course, f"{next(turns)}.sqlite", jobs)

            row = compared(
                repeat,
                "2 cores, a minute",
                lambda graded=graded: graded(2),  # type: ignore[misc]
                "1 core, a minute",
                lambda graded=graded: graded(1),  # type: ignore[misc]
            )
            rows.append({"submissions": f"{count} {kind}"} | row)
    return rows


def _keep_right(course: Path) -> None:
    """Take the submissions out of a class that are not right."""
    expected = json.loads((course / "expected.json").read_text(encoding="utf-8"))
    for student, what in expected.items():
        if what["kind"] != "right":
            shutil.rmtree(course / "submissions" / student)


def growth(sizes: tuple[int, ...], jobs: int) -> list[Row]:
    """Grade classes of a cheap exercise; memory and time should grow no faster than the class."""
    rows: list[Row] = []
    for size in sizes:
        with classroom.temporary_course() as course:
            classroom.make_class(course, size, (), hostile=False)
            started = time.perf_counter()
            main_mb, pool_mb = classroom.peaks(classroom.start(course, "book.sqlite", jobs))
            each = (time.perf_counter() - started) / size
        first = rows[0] if rows else {"seconds each": each, "main MB": main_mb}
        rows.append(
            {
                "submissions": size,
                "seconds each": round(each, 4),
                "main MB": main_mb,
                "pool process MB": pool_mb,
                "time each, by the first": round(each / first["seconds each"], 3),
                "memory, by the first": round(main_mb / first["main MB"], 3),
            }
        )
    return rows


def peers(count: int, repeat: int) -> Row:
    """Compare one run over a class, on one core, with a pytest process for each submission."""
    with classroom.temporary_course() as course:
        classroom.make_class(course, count, hostile=False)
        turns = iter(range(repeat))
        return {"submissions": count} | compared(
            repeat,
            "pytest each",
            lambda: classroom.pytest_each(course),
            "grade class",
            lambda: classroom.finish(course, f"{next(turns)}.sqlite", 1),
        )


# What speed must not cost


def proofs(exercises: list[Exercise], seeds: int, repeat: int) -> Iterator[Row]:
    """Time each exercise, and count the right answers, the mistakes and the mutants that it has."""
    for exercise in exercises:
        times = {
            "cold": cold(exercise, repeat)["ratio"],
            "overhead": overhead(exercise, repeat)["ratio"],
        }
        with ProcessPoolExecutor(
            mp_context=get_context("spawn"), initializer=end_with_parent
        ) as pool:
            proof = judge(exercise, pool.map(carry_out, plan(exercise, seeds)))
        proved = {
            "right": _counted(proof.of("right"), failed=False),
            "caught": _counted(proof.of("mistake"), failed=True),
            "killed": _counted(proof.of("mutant"), failed=True),
            "excused": len(load_reasons(exercise).equivalent),
            "faults": len(proof.faults),
        }
        yield {"exercise": exercise.id} | times | proved


def _counted(outcomes: tuple[Outcome, ...], *, failed: bool) -> str:
    """Say how many of them failed some check, or none."""
    return f"{sum(bool(outcome.failed) == failed for outcome in outcomes)}/{len(outcomes)}"


def attacks() -> Row:
    """Run the attacks on the sandbox and the verdict, and count what became of them."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        words = ("-q", "-n", "auto", f"--junit-xml={report}", "tests/test_attacks.py")
        subprocess.run(  # noqa: S603 - our own words
            [sys.executable, "-m", "pytest", *words],
            cwd=Path(__file__).parents[1],
            stdout=subprocess.DEVNULL,
            check=False,
        )
        (suite,) = ElementTree.parse(report).getroot().iter("testsuite")  # noqa: S314 - ours
    return {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped", "time")}


# The command


def show(title: str, rows: list[Row], *, as_json: bool) -> None:
    """Print rows of numbers as a table or as JSON."""
    if as_json:
        click.echo(json.dumps({"measured": title, "cores": os.cpu_count(), "rows": rows}, indent=2))
        return
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for name in rows[0]:
        table.add_column(name, justify="right", no_wrap=name == "exercise")
    for row in rows:
        table.add_row(*map(str, row.values()))
    console().print(table)


EXERCISES = click.argument("exercises", nargs=-1)
REPEAT = click.option("--repeat", default=3, show_default=True, help="The median of so many.")
COUNT = click.option("--count", default=10, show_default=True, help="Submissions in the class.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")


@click.group()
def main() -> None:
    """Measure how long grading takes, as ratios."""
    # NumPy takes its threads when it is loaded, and an installed grader is there as bytecode.
    wanted = {name: value for name, value in os.environ.items() if name != NO_BYTECODE} | ONE_THREAD
    if wanted != os.environ:
        os.execve(sys.executable, sys.orig_argv, wanted)  # noqa: S606 - ourselves


@main.command("cold")
@EXERCISES
@REPEAT
@JSON
def cold_command(exercises: tuple[str, ...], repeat: int, as_json: bool) -> None:
    """Time `grade EXERCISE` on its solution, from the command to the prompt."""
    rows = [cold(exercise, repeat) for exercise in chosen(exercises)]
    show("one command, by its imports", rows, as_json=as_json)


@main.command("warm")
@EXERCISES
@REPEAT
@JSON
def warm_command(exercises: tuple[str, ...], repeat: int, as_json: bool) -> None:
    """Time a save under `grade watch`, from the save to the report."""
    rows = [warm(exercise, repeat) for exercise in chosen(exercises)]
    show("one save, by the imports of a command", rows, as_json=as_json)


@main.command("overhead")
@EXERCISES
@REPEAT
@JSON
def overhead_command(exercises: tuple[str, ...], repeat: int, as_json: bool) -> None:
    """Compare a verdict with its calls made directly, in CPU seconds."""
    rows = [overhead(exercise, repeat) for exercise in chosen(exercises)]
    show("one verdict, by its checks and by its calls alone", rows, as_json=as_json)


@main.command("class")
@COUNT
@REPEAT
@JSON
def class_command(count: int, repeat: int, as_json: bool) -> None:
    """Count submissions a minute on 1 and 2 cores."""
    show("a class", class_(count, repeat), as_json=as_json)


@main.command("growth")
@click.argument("sizes", type=click.IntRange(1), nargs=-1)
@click.option("--jobs", default=2, show_default=True)
@JSON
def growth_command(sizes: tuple[int, ...], jobs: int, as_json: bool) -> None:
    """Grade classes of these SIZES, 10 and 100 by default, in a cheap exercise."""
    show("classes, by the first", growth(sizes or (10, 100), jobs), as_json=as_json)


@main.command("proofs")
@EXERCISES
@click.option("--seeds", default=10, show_default=True, help="Right answers, with so many seeds.")
@REPEAT
@JSON
def proofs_command(exercises: tuple[str, ...], seeds: int, repeat: int, as_json: bool) -> None:
    """Prove EXERCISES as `grade verify` does, and print their times beside it."""
    rows = list(proofs(chosen(exercises), seeds, repeat))
    show("times, and what they must not cost", rows, as_json=as_json)


@main.command("attacks")
@JSON
def attacks_command(as_json: bool) -> None:
    """Run the attacks, and count those that came to what they must come to."""
    show("attacks", [attacks()], as_json=as_json)


@main.command("peers")
@COUNT
@REPEAT
@JSON
def peers_command(count: int, repeat: int, as_json: bool) -> None:
    """Compare with a pytest process for each submission, on the same checks."""
    show("a pytest process each, by one run", [peers(count, repeat)], as_json=as_json)


if __name__ == "__main__":
    main()
