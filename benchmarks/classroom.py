"""A class at scale: the right verdict for each, how many a minute, memory, what kill -9 costs.

    python benchmarks/classroom.py make DIR 500      a class whose verdicts are known
    python benchmarks/classroom.py verdicts 500      grade it and compare
    python benchmarks/classroom.py throughput 40     1 and 2 cores, and a pytest process for each
    python benchmarks/classroom.py memory 50 2000    the largest resident memory, by size of class
    python benchmarks/classroom.py kill 60           ten times kill -9, then compare gradebooks
    python benchmarks/classroom.py dask 40           2 Dask workers against a pool of 2 processes

A class is, in equal parts, right (solutions and alternatives), wrong (listed mistakes and stubs)
and hostile (tests/attacks, whose files say what they come to); where time or memory is measured,
without the hostile third. Targets: each verdict is right, and the gradebook of a killed run equals
that of an undisturbed one, times aside.
"""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from grader import find_exercise
from grader.course import load_mistakes
from grader.gradebook import Gradebook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.course import Exercise

ROOT: Final = Path(__file__).resolve().parents[1]
CHEAP: Final = ("perceptron",)
GRADE: Final = "from grader.cli import program; program()"
ELSEWHERE: Final = {"@CANARY@": "/etc/passwd", "@PORT@": "9", "@PID@": "1"}


@dataclass(frozen=True, slots=True)
class Made:
    """A submission and what is to come of it: `points`, or all, or for a mistake fewer than all."""

    kind: str
    exercise: Exercise
    text: str
    points: int | None
    beside: dict[str, str]


# Making a class


def make_class(
    folder: Path, count: int, names: tuple[str, ...] = CHEAP, *, hostile: bool = True
) -> None:
    """Lay out a course and `count` submissions to it.

    `submissions` has a folder a student, and `expected.json` what each is to come to.
    """
    attacks = _attacks()
    for name in names:
        source = find_exercise(ROOT, name).folder
        for part in ("exercises", "solutions"):
            shutil.copytree(ROOT / part / source.name, folder / part / source.name)
    files = {
        "exercises/99_toy/exercise.toml": attacks.TOML,
        "exercises/99_toy/toy.py": "def double(x):\n    raise NotImplementedError\n",
        "exercises/99_toy/README.md": "# Toy\n",
        "exercises/99_toy/checks.py": attacks.CHECKS,
        "solutions/99_toy/toy.py": attacks.SOLUTION,
        "solutions/99_toy/hidden_checks.py": attacks.HIDDEN,
        "solutions/99_toy/mistakes.toml": attacks.MISTAKES,
    }
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    toy = find_exercise(folder, "toy")
    exercises = [find_exercise(folder, name) for name in names]
    kinds = [_right([*exercises, toy]), _wrong([*exercises, toy])]
    kinds += [_hostile(attacks, toy)] if hostile else []
    draw = random.Random(0)  # noqa: S311 - nothing secret
    for kind in kinds:
        draw.shuffle(kind)
    turns = itertools.chain.from_iterable(zip(*map(itertools.cycle, kinds), strict=True))
    made = list(itertools.islice(turns, count))
    draw.shuffle(made)
    expected = {}
    for number, one in enumerate(made, 1):
        student = f"student{number:05}"
        place = folder / "submissions" / student
        place.mkdir(parents=True)
        # Each with a digest of its own, as in a real class.
        text = f"{one.text}\n# {student}\n"
        (place / one.exercise.file).write_text(text, encoding="utf-8")
        for name, content in one.beside.items():
            (place / name).write_text(content, encoding="utf-8")
        expected[student] = {"kind": one.kind, "exercise": one.exercise.id, "points": one.points}
    (folder / "expected.json").write_text(json.dumps(expected, indent=1), encoding="utf-8")


def _right(exercises: list[Exercise]) -> list[Made]:
    return [
        Made("right", exercise, path.read_text(encoding="utf-8"), None, {})
        for exercise in exercises
        for path in (exercise.solution, *exercise.alternatives)
        if path is not None
    ]


def _wrong(exercises: list[Exercise]) -> list[Made]:
    made = []
    for exercise in exercises:
        made.append(Made("stub", exercise, exercise.stub.read_text(encoding="utf-8"), 0, {}))
        if exercise.solution is not None:
            source = exercise.solution.read_text(encoding="utf-8")
            texts = [mistake.apply(source) for mistake in load_mistakes(exercise)]
            made += [Made("mistake", exercise, text, None, {}) for text in texts]
    return made


def _hostile(attacks: Any, toy: Exercise) -> list[Made]:
    made = []
    for path in attacks.ATTACKS:
        attack = attacks.Attack.read(path)
        text = path.read_text(encoding="utf-8") + attacks.COUNTER
        text += "" if "def slope(" in text else attacks.SLOPE
        course = str(toy.folder.parent.parent)
        for word, value in {"@COURSE@": course, **ELSEWHERE}.items():
            text = text.replace(word, value)
        points = sum(p for name, p in attacks.POINTS.items() if name not in attack.expect)
        if not attack.only_on or os.uname().machine in attack.only_on:
            made.append(Made("hostile", toy, text, points, attack.beside))
    return made


def _attacks() -> Any:
    """Load the tests of hostile submissions, which say what each attack comes to."""
    spec = importlib.util.spec_from_file_location("attacks", ROOT / "tests/test_attacks.py")
    assert spec is not None  # noqa: S101 - for the type checker
    assert spec.loader is not None  # noqa: S101 - for the type checker
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


# Grading it


def start(course: Path, gradebook: str, jobs: int, *more: str) -> subprocess.Popen[bytes]:
    """Start grading a class."""
    words = ["class", "submissions", "--gradebook", gradebook, "--jobs", str(jobs), *more]
    return subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-P", "-c", GRADE, *words, "--require", "confined"],
        cwd=course,
        stdout=subprocess.DEVNULL,
    )


def finish(course: Path, gradebook: str, jobs: int = 2, *more: str) -> float:
    """Grade a class to the end; return the seconds it took."""
    started = time.perf_counter()
    code = start(course, gradebook, jobs, *more).wait()
    if code not in (0, 1):
        sys.exit(f"grading ended with {code}")
    return time.perf_counter() - started


def wrong_verdicts(course: Path, gradebook: str) -> list[str]:
    """Return a line for each submission whose verdict is not the one that it was made for."""
    expected = json.loads((course / "expected.json").read_text(encoding="utf-8"))
    lines = []
    with Gradebook(course / gradebook) as book:
        attempts = {attempt.member: attempt for attempt in book.attempts()}
    for student, what in expected.items():
        verdict = attempts[student].verdict if student in attempts else None
        if verdict is None:
            fault = attempts[student].fault if student in attempts else "missing"
            lines.append(f"{student} {what['kind']}: {fault}")
            continue
        points, most = verdict.score, verdict.max_score
        if what["kind"] == "mistake":
            fine = points < most
        else:
            fine = points == (most if what["points"] is None else what["points"])
        if not fine or verdict.exercise != what["exercise"]:
            lines.append(f"{student} {what['kind']} {verdict.exercise}: {points}/{most}")
    return lines


def rows(course: Path, gradebook: str) -> list[str]:
    """Return what a gradebook says, without what a clock makes different."""
    found = []
    with Gradebook(course / gradebook) as book:
        for attempt in book.attempts():
            row = asdict(attempt)
            del row["graded_at"]
            for timed in [row["verdict"] or {}, *(row["verdict"] or {}).get("checks", ())]:
                timed.pop("seconds", None)
            found.append(json.dumps(row, sort_keys=True, default=str))
    return sorted(found)


# The measurements


def verdicts(course: Path, count: int, jobs: int) -> dict[str, Any]:
    """Grade a class and compare every verdict with what it is to be."""
    make_class(course, count)
    seconds = finish(course, "book.sqlite", jobs)
    expected = json.loads((course / "expected.json").read_text(encoding="utf-8"))
    return {
        "submissions": count,
        "kinds": dict(Counter(what["kind"] for what in expected.values())),
        "wrong verdicts": wrong_verdicts(course, "book.sqlite"),
        "minutes": round(seconds / 60, 2),
    }


def pytest_each(course: Path) -> float:
    """Run the same checks in a pytest process for each submission; return the seconds it took."""
    expected = json.loads((course / "expected.json").read_text(encoding="utf-8"))
    exercises = {
        what["exercise"]: find_exercise(course, what["exercise"]) for what in expected.values()
    }
    started = time.perf_counter()
    for student, what in expected.items():
        exercise = exercises[what["exercise"]]
        checks = [p for p in (exercise.checks, exercise.hidden_checks) if p is not None]
        file = course / "submissions" / student / exercise.file
        words = [sys.executable, "-P", "-m", "pytest", "-q", *map(str, checks)]
        words += ["--disable-plugin-autoload", "-pgrader.plugin", "-pno:cacheprovider"]
        words += [f"--submission={file}", f"--rootdir={course}", "--import-mode=importlib"]
        code = subprocess.run(words, check=False, stdout=subprocess.DEVNULL).returncode  # noqa: S603 - our own words
        if code not in (0, 1):
            sys.exit(f"pytest ended with {code}")
    return time.perf_counter() - started


def throughput(course: Path, count: int, repeat: int) -> dict[str, Any]:
    """Compare submissions a minute: the pool on 1 and 2 cores, and a pytest process for each."""
    make_class(course, count, hostile=False)
    times: dict[str, list[float]] = {"grade, 1 core": [], "grade, 2 cores": [], "pytest each": []}
    for turn in range(repeat):
        times["grade, 1 core"].append(finish(course, f"one{turn}.sqlite", 1))
        times["grade, 2 cores"].append(finish(course, f"two{turn}.sqlite", 2))
        times["pytest each"].append(pytest_each(course))
    return {
        "submissions": count,
        **{f"{k}, a minute": round(60 * count / statistics.median(v), 1) for k, v in times.items()},
    }


def memory(course: Path, sizes: tuple[int, ...], jobs: int) -> dict[str, Any]:
    """Watch the main process and the largest pool process while classes are graded."""
    measured = {}
    for size in sizes:
        folder = course / str(size)
        folder.mkdir()
        make_class(folder, size, (), hostile=False)
        main, pool = peaks(start(folder, "book.sqlite", jobs))
        measured[f"{size} submissions"] = f"main {main} MB, pool process {pool} MB"
    return measured


def peaks(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """Wait for a run to end; return the largest resident MB of it and of a pool process."""
    main = pool = 0
    while process.poll() is None:
        main = max(main, _resident(process.pid))
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
            pool = max(pool, *map(_resident, map(int, children.split())), 0)
        time.sleep(0.2)
    return main, pool


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError, StopIteration):
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) // 1024
    return 0


def kill(course: Path, count: int, kills: int, jobs: int, seed: int) -> dict[str, Any]:
    """Kill a run with -9 at random moments, finish it, and compare with an undisturbed one."""
    make_class(course, count)
    seconds = finish(course, "undisturbed.sqlite", jobs)
    draw = random.Random(seed)  # noqa: S311 - nothing secret
    killed = 0
    for _ in range(kills):
        run = start(course, "killed.sqlite", jobs)
        with contextlib.suppress(subprocess.TimeoutExpired):
            # All together not longer than an undisturbed run: none may end before it is killed.
            run.wait(draw.uniform(0.5, max(1.5, seconds / kills)))
        if run.poll() is None:
            run.send_signal(signal.SIGKILL)
            killed += 1
        run.wait()
    finish(course, "killed.sqlite", jobs)
    undisturbed, disturbed = rows(course, "undisturbed.sqlite"), rows(course, "killed.sqlite")
    return {
        "submissions": count,
        "kills": killed,
        "attempts": len(disturbed),
        "equal": undisturbed == disturbed,
        "differences": sorted(set(undisturbed) ^ set(disturbed))[:10],
        "wrong verdicts": wrong_verdicts(course, "killed.sqlite"),
    }


def dask(course: Path, count: int, repeat: int, workers: int) -> dict[str, Any]:
    """Compare a cluster on this machine with a pool of as many processes, by turns.

    At the end the cluster grades once more, and one of its workers is killed in the middle.
    """
    make_class(course, count, hostile=False)
    times: dict[str, list[float]] = {"pool": [], "dask": []}
    with _cluster(course, workers) as (address, processes):
        for turn in range(repeat):
            times["pool"].append(finish(course, f"pool{turn}.sqlite", workers))
            more = "--dask", address
            times["dask"].append(finish(course, f"dask{turn}.sqlite", workers, *more))
        pool, cluster = (statistics.median(seconds) for seconds in times.values())
        run = start(course, "killed.sqlite", workers, *more)
        time.sleep(cluster / 3)
        before = run.poll() is None
        processes[-1].kill()
        run.wait()
    books = [rows(course, f"{name}{turn}.sqlite") for name in times for turn in range(repeat)]
    return {
        "submissions": count,
        "pool, seconds": [round(each, 2) for each in times["pool"]],
        "dask, seconds": [round(each, 2) for each in times["dask"]],
        "pool, a minute": round(60 * count / pool, 1),
        "dask, a minute": round(60 * count / cluster, 1),
        "speed against the pool": round(pool / cluster, 3),
        "equal": all(book == books[0] for book in books),
        "equal, a worker killed": before and rows(course, "killed.sqlite") == books[0],
    }


@contextlib.contextmanager
def _cluster(course: Path, workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    file = course / "scheduler.json"
    local = ["--host", "127.0.0.1", "--no-dashboard"]
    scheduler = ["scheduler", "--port", "0", "--scheduler-file", str(file)]
    worker = ["worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny"]
    processes = [
        subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-m", "dask", *words, *local],
            cwd=course,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for words in [scheduler, *[worker] * workers]
    ]
    try:
        from distributed import Client

        with Client(scheduler_file=str(file), set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
            address = str(client.scheduler.address)
        yield address, processes
    finally:
        for process in processes:
            process.terminate()
            process.wait()


# The command


@contextlib.contextmanager
def temporary_course() -> Iterator[Path]:
    """Give a folder for a course, for as long as it is needed."""
    folder = Path(tempfile.mkdtemp(prefix="classroom-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _show(result: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(result, indent=2))
        return
    for name, value in result.items():
        for line in value if isinstance(value, list) and value else [value]:
            click.echo(f"{name:30} {line if line != [] else 'none'}")


JSON = click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
JOBS = click.option("--jobs", default=2, show_default=True)


@click.group()
def main() -> None:
    """Measure `grade class` on classes whose verdicts are known."""


@main.command("make")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("count", type=int)
@click.option("--exercise", "names", multiple=True, default=CHEAP, show_default=True)
def make_command(folder: Path, count: int, names: tuple[str, ...]) -> None:
    """Lay out a course and COUNT submissions in FOLDER, with what each is to come to."""
    folder.mkdir(parents=True)
    make_class(folder, count, names)


@main.command("verdicts")
@click.argument("count", type=int)
@JOBS
@JSON
def verdicts_command(count: int, jobs: int, as_json: bool) -> None:
    """Grade COUNT submissions and compare every verdict with what it is to be."""
    with temporary_course() as course:
        result = verdicts(course, count, jobs)
    _show(result, as_json=as_json)
    sys.exit(1 if result["wrong verdicts"] else 0)


@main.command("throughput")
@click.argument("count", type=int)
@click.option("--repeat", default=3, show_default=True, help="The median of so many counts.")
@JSON
def throughput_command(count: int, repeat: int, as_json: bool) -> None:
    """Count submissions a minute."""
    with temporary_course() as course:
        _show(throughput(course, count, repeat), as_json=as_json)


@main.command("memory")
@click.argument("sizes", type=int, nargs=-1, required=True)
@JOBS
@JSON
def memory_command(sizes: tuple[int, ...], jobs: int, as_json: bool) -> None:
    """Measure the largest resident memory for classes of these SIZES."""
    with temporary_course() as course:
        _show(memory(course, sizes, jobs), as_json=as_json)


@main.command("kill")
@click.argument("count", type=int)
@click.option("--kills", default=10, show_default=True)
@click.option("--seed", default=0, show_default=True, help="Other moments.")
@JOBS
@JSON
def kill_command(count: int, kills: int, seed: int, jobs: int, as_json: bool) -> None:
    """Kill the grading of COUNT submissions again and again, and lose nothing."""
    with temporary_course() as course:
        result = kill(course, count, kills, jobs, seed)
    _show(result, as_json=as_json)
    sys.exit(0 if result["equal"] and not result["wrong verdicts"] else 1)


@main.command("dask")
@click.argument("count", type=int)
@click.option("--repeat", default=3, show_default=True, help="The median of so many times.")
@click.option("--workers", default=2, show_default=True)
@JSON
def dask_command(count: int, repeat: int, workers: int, as_json: bool) -> None:
    """Compare grading COUNT submissions on Dask workers and on a pool of as many processes."""
    with temporary_course() as course:
        result = dask(course, count, repeat, workers)
    _show(result, as_json=as_json)
    sys.exit(0 if result["equal"] and result["equal, a worker killed"] else 1)


if __name__ == "__main__":
    main()
