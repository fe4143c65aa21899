"""Calls across the process boundary: what a check may do, and what learner code cannot."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from grader.course import Limits
from grader.errors import LearnerRaised, NotImplementedYet, TimedOut, WorkerDied
from grader.session import Session
from grader.student import RemoteObject, Student

if TYPE_CHECKING:
    from pathlib import Path

Open = Callable[..., Student]
Behind = Callable[[Student], Session]


# Values


def test_plain_values_go_there_and_back(open_student: Open) -> None:
    student = open_student("def same(*args, **kwargs): return args, kwargs")
    value = (1, 2.5, "text", b"bytes", None, True, [np.arange(3.0), {"k": (1,)}], np.float32(2))
    args, kwargs = student.same(*value, key=3)
    assert kwargs == {"key": 3}
    assert args[:6] == value[:6]
    np.testing.assert_array_equal(args[6][0], np.arange(3.0))
    assert type(args[7]) is np.float32


def test_values_larger_than_any_buffer_go_there_and_back(open_student: Open) -> None:
    student = open_student("def same(x): return x", Limits())
    x = np.arange(1 << 20)
    np.testing.assert_array_equal(student.same(x), x)


def test_an_object_stays_in_the_worker_and_answers_there(open_student: Open) -> None:
    student = open_student("""
        class Counter:
            step = 1
            def __init__(self, start=0): self.n = start
            def add(self, k=1): self.n += k * self.step; return self.n
    """)
    counter = student.Counter(start=5)
    assert isinstance(counter, RemoteObject)
    assert counter.type_name == "Counter"
    assert [counter.add(), counter.add(k=2)] == [6, 8]
    assert counter.n == 8
    counter.step = 10
    assert counter.add() == 18


def test_a_closure_is_an_object_that_can_be_called(open_student: Open) -> None:
    student = open_student("def adder(a): return lambda b: a + b")
    assert student.adder(2)(3) == 5


def test_arithmetic_with_an_object_happens_in_the_worker(open_student: Open) -> None:
    student = open_student("""
        class Value:
            def __init__(self, data): self.data = data
            def __add__(self, other): return Value(self.data + getattr(other, "data", other))
            __radd__ = __add__
            def __rsub__(self, other): return Value(other - self.data)
            def __pow__(self, k): return Value(self.data ** k)
            def __neg__(self): return Value(-self.data)
    """)
    a, b = student.Value(2.0), student.Value(3.0)
    assert (a + b).data == 5.0
    assert (1 + a).data == 3.0
    assert (1 - a).data == -1.0
    assert (-(a**3)).data == -8.0


def test_an_object_has_no_truth_value_no_equality_and_no_length(open_student: Open) -> None:
    liar = open_student("""
        class Liar:
            def __eq__(self, other): return True
            def __bool__(self): return True
            def __len__(self): return 3
        def make(): return Liar()
    """).make()
    for ask in (bool, lambda x: x == 1, lambda x: x != 1, len, hash, list):
        with pytest.raises(TypeError):
            ask(liar)


def test_kept_items_stay_in_the_worker_whatever_they_are(open_student: Open) -> None:
    student = open_student("""
        def forward(x): return [2 * x, {"x": x}]
        def backward(d, cache): return d * cache["x"]
    """)
    z, cache = student.forward.keeping(1)(3.0)
    assert z == 6.0
    assert isinstance(cache, RemoteObject)
    assert student.backward(2.0, cache) == 6.0


@pytest.mark.parametrize(
    "expression",
    [
        "np.matrix([[1.0]])",
        "np.ma.masked_array([1.0, 2.0], mask=[0, 1])",
        "np.array([1, None])",
        "np.array([1j])",
        "{1, 2}",
        "(i for i in range(3))",
        "type('Array', (np.ndarray,), {})((2,))",
    ],
)
def test_a_value_outside_of_the_closed_set_arrives_as_an_object(
    open_student: Open, expression: str
) -> None:
    student = open_student(f"import numpy as np\ndef f(): return {expression}")
    assert isinstance(student.f(), RemoteObject)


def test_a_value_that_is_too_large_is_an_error_of_the_learner(open_student: Open) -> None:
    student = open_student(
        """
        import numpy as np
        def wide(): return np.broadcast_to(1.0, (1 << 20, 1 << 20))
        def deep():
            a = []
            for _ in range(40): a = [a, a]
            return a
        def fine(): return 1
    """,
        Limits(),
    )
    for name in ("wide", "deep"):
        with pytest.raises(LearnerRaised, match=r"limit|more than"):
            getattr(student, name)()
    assert student.fine() == 1


# Callables and generators


def test_a_function_of_the_checker_is_called_back(open_student: Open) -> None:
    student = open_student("def neuron(x, g): return g(x) + g(-x)")
    seen = []

    def g(z: float) -> float:
        seen.append(z)
        return z**2

    assert student.neuron(3.0, g) == 18.0
    assert seen == [3.0, -3.0]


def test_a_function_of_the_checker_may_call_the_learner_again(open_student: Open) -> None:
    student = open_student("""
        def outer(g, n): return g(n)
        def inner(n): return n + 1
    """)
    assert student.outer(lambda n: student.inner(n) * 10, 2) == 30
    assert student.outer(student.inner, 2) == 3


def test_a_failing_callback_is_the_learners_error(open_student: Open) -> None:
    student = open_student("def f(g): return g('no number')")
    with pytest.raises(LearnerRaised, match="TypeError"):
        student.f(np.exp)


def test_a_generator_is_passed_as_if_by_reference(open_student: Open) -> None:
    student = open_student("def draw(rng, n): return rng.normal(size=n)")
    rng, same = np.random.default_rng(3), np.random.default_rng(3)
    for n in (2, 3):
        np.testing.assert_array_equal(student.draw(rng, n), same.normal(size=n))
    assert rng.random() == same.random()


@pytest.mark.parametrize("seed", [3, [3, 4], np.int64(3)])
def test_a_generator_spawns_as_it_would_at_home(open_student: Open, seed: int | list[int]) -> None:
    student = open_student("def draw(rng): return [child.random() for child in rng.spawn(2)]")
    rng, same = np.random.default_rng(seed), np.random.default_rng(seed)
    for _ in range(2):
        assert student.draw(rng) == [child.random() for child in same.spawn(2)]


def test_a_generator_keeps_its_state_through_a_callback(open_student: Open) -> None:
    student = open_student("""
        def samples(predict, rng): return [predict(rng=rng), rng.random(), predict(rng=rng)]
    """)
    rng, same = np.random.default_rng(3), np.random.default_rng(3)
    assert student.samples(lambda rng: rng.random(), rng) == [same.random() for _ in range(3)]
    assert rng.random() == same.random()


def test_unseeded_randomness_is_repeatable(open_student: Open) -> None:
    source = """
        import random
        import numpy as np
        def f(): return [np.random.rand(), random.random(), np.random.default_rng().random()]
    """
    assert open_student(source).f() == open_student(source).f()


# Reports


def test_an_argument_changed_in_place_is_named_and_never_reaches_the_checker(
    open_student: Open,
) -> None:
    student = open_student("""
        def careless(x, y, params):
            x *= 2
            params[1][0] = 7
            return x
        def careful(x, y, params): return 2 * x
    """)
    x, params = np.ones(2), [np.zeros(2), np.zeros(2)]
    student.careless(x, x, params)
    changed: list[tuple[str, ...]] = [student.last_call.changed]
    student.careless(x, y=x, params=params)
    changed.append(student.last_call.changed)
    assert x.sum() == 2
    student.careful(x, x, params)
    changed.append(student.last_call.changed)
    assert changed == [("x", "params"), ("x", "params"), ()]


def test_an_object_that_stays_in_the_worker_is_free_to_change(open_student: Open) -> None:
    student = open_student("""
        import numpy as np
        def forward(): return 0, [np.zeros(2)]
        def backward(x, caches):
            caches[0][0] += 1
            caches[0].append(2)
    """)
    _, cache = student.forward.keeping(1)()
    student.backward(1.0, [cache])
    assert student.last_call.changed == ()
    student.backward(1.0, [[np.zeros(2)]])
    assert student.last_call.changed == ("caches",)  # type: ignore[comparison-overlap]  # mypy keeps the first


def test_a_list_of_numbers_that_was_sorted_is_a_changed_argument(open_student: Open) -> None:
    student = open_student("""
        def sorts(lrs): return lrs.sort()
        def counts(lrs): return len(lrs)
    """)
    student.counts([0.1, float("nan"), "x"])
    assert student.last_call.changed == ()
    student.sorts([0.3, 0.1])
    assert student.last_call.changed == ("lrs",)  # type: ignore[comparison-overlap]  # mypy keeps the first


def test_warnings_output_and_entries_are_reported(open_student: Open) -> None:
    student = open_student("""
        import numpy as np
        def helper(z): return np.exp(z)
        def f(n):
            print("hello")
            return [helper(1000.0 * i) for i in range(n)]
    """)
    student.f(3)
    report = student.last_call
    assert report.function == "f"
    assert report.output == "hello\n"
    assert report.entered == {"f": 1, "helper": 3}
    assert report.warnings == ("RuntimeWarning: overflow encountered in exp",) * 2
    student.helper(0.0)
    assert student.last_call.warnings == ()


def test_gigabytes_of_output_are_cut(open_student: Open) -> None:
    student = open_student("""
        import os
        def f():
            for _ in range(1000): print("x" * 100_000)
            os.write(1, b"x" * 1_000_000)
            return 1
    """)
    assert student.f() == 1
    assert len(student.last_call.output) == 4000


def test_an_exception_carries_the_learners_own_frames(open_student: Open) -> None:
    student = open_student("""
        import numpy as np
        def f(x):
            return g(x)
        def g(x):
            return np.reshape(x, (7, 7))
    """)
    with pytest.raises(LearnerRaised) as caught:
        student.f(np.zeros(3))
    error = caught.value
    assert error.type_name == "ValueError"
    assert [(frame.function, frame.line) for frame in error.frames] == [("f", 4), ("g", 6)]
    assert error.frames[-1].text == "return np.reshape(x, (7, 7))"


def test_an_exception_whose_text_cannot_be_read_or_is_huge_is_bounded(open_student: Open) -> None:
    student = open_student("""
        class Odd(Exception):
            def __str__(self): raise KeyboardInterrupt
        def odd(): raise Odd
        def huge(): raise ValueError("x" * 100_000_000)
    """)
    with pytest.raises(LearnerRaised, match="could not be read"):
        student.odd()
    with pytest.raises(LearnerRaised) as caught:
        student.huge()
    assert len(str(caught.value)) < 3_000


def test_an_error_knows_its_base_classes(open_student: Open) -> None:
    student = open_student("""
        class TooBig(ValueError): pass
        def f(): raise TooBig("no")
    """)
    with pytest.raises(LearnerRaised) as caught:
        student.f()
    assert {"TooBig", "ValueError", "Exception"} <= set(caught.value.names)


# Batches


def test_a_batch_of_calls_returns_all_values(open_student: Open) -> None:
    student = open_student("def f(a, b): return a * b")
    assert student.f.many([(1, 2), (3, 4), (5, 6)]) == [2, 12, 30]
    assert student.f.many([]) == []


def test_a_batch_raises_its_first_failure(open_student: Open) -> None:
    student = open_student("def f(a): return 1 // a")
    with pytest.raises(LearnerRaised, match="ZeroDivisionError"):
        student.f.many([(1,), (0,), (2,)])
    assert student.f(1) == 1


# What is not there


def test_a_missing_name_and_a_stub_are_not_implemented(open_student: Open) -> None:
    student = open_student("""
        def stub(): raise NotImplementedError
        def caller(): return stub()
    """)
    for name in ("absent", "stub", "caller"):
        with pytest.raises(NotImplementedYet, match=name):
            getattr(student, name)()


@pytest.mark.parametrize("name", ["__import__", "__loader__", "_repr_pretty_"])
def test_private_names_are_no_functions_of_the_learner(open_student: Open, name: str) -> None:
    student = open_student("class Box: pass")
    for owner in (student, student.Box()):
        with pytest.raises(AttributeError):
            getattr(owner, name)


# Limits and deaths


def test_a_loop_without_end_is_stopped_and_the_next_check_gets_a_fresh_worker(
    open_student: Open, session_of: Behind
) -> None:
    student = open_student("""
        def loop():
            while True:
                try:
                    while True: pass
                except BaseException: pass
        def fine(): return 1
    """)
    started = time.monotonic()
    with pytest.raises(TimedOut, match=r"loop did not finish within 0\.5 s"):
        student.loop()
    assert time.monotonic() - started < 5
    session_of(student).begin_check()
    assert student.fine() == 1


def test_a_function_that_did_not_end_gets_less_time_in_later_checks(
    open_student: Open, session_of: Behind
) -> None:
    """An endless loop is in every check that calls it: not each is worth the whole limit."""
    student = open_student(
        """
        import time
        def busy(seconds):
            end = time.process_time() + seconds
            while time.process_time() < end: pass
            return seconds
        def other(seconds): return busy(seconds)
    """,
        Limits(call_seconds=2.0, check_seconds=4.0, total_seconds=20.0, memory_mb=256),
    )
    assert student.busy(1.6) == 1.6
    with pytest.raises(TimedOut, match=r"busy did not finish within 2 s\.$"):
        student.busy(60.0)
    session_of(student).begin_check()
    assert student.busy(0.01) == 0.01
    assert student.other(1.6) == 1.6
    with pytest.raises(TimedOut, match=r"within 0\.8 s; 2 s in an earlier check were not enough"):
        student.busy(1.6)
    session_of(student).replace(session_of(student).submission)
    session_of(student).begin_check()
    assert student.busy(1.6) == 1.6


def test_sleeping_is_stopped_by_the_wall_clock(open_student: Open) -> None:
    student = open_student("import time\ndef nap(): time.sleep(1000)")
    with pytest.raises(TimedOut):
        student.nap()


def test_many_short_calls_are_stopped_by_the_checks_limit(open_student: Open) -> None:
    student = open_student(
        """
        import time
        def f():
            end = time.process_time() + 0.2
            while time.process_time() < end: pass
    """,
        Limits(call_seconds=5, check_seconds=0.5, total_seconds=20, memory_mb=256),
    )
    with pytest.raises(TimedOut, match="too long together"):
        [student.f() for _ in range(20)]


ASK_IN_THE_BACKGROUND = """\
import signal
for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)  # as a shell does for what it starts with &
from pathlib import Path
from grader.course import Limits
from grader.errors import WorkerDied
from grader.session import Session
from grader.student import Student
from grader.submission import read_submission
session = Session(read_submission(Path("learner.py"), "learner.py"), "learner", Limits())
session.begin_check()
try:
    Student(session).quit()
except WorkerDied as error:
    print(error)
session.close()
"""


def test_signals_that_this_process_ignores_reach_the_learners(tmp_path: Path) -> None:
    """A verdict is the same in the foreground, in the background and under nohup."""
    learner = "import os, signal\ndef quit(): os.kill(os.getpid(), signal.SIGQUIT)\n"
    (tmp_path / "learner.py").write_text(learner, encoding="utf-8")
    said = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", ASK_IN_THE_BACKGROUND],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "signal SIGQUIT" in said


def test_a_flood_of_callbacks_is_stopped(open_student: Open) -> None:
    student = open_student("def f(g):\n    while True: g(1)")
    with pytest.raises(TimedOut):
        student.f(lambda x: x)


@pytest.mark.parametrize(
    ("body", "how"),
    [
        ("os._exit(0)", "exit status 0"),
        ("os.kill(os.getpid(), 9)", "SIGKILL"),
        ("ctypes.string_at(0)", "SIGSEGV"),
        ("os.closerange(0, 100)", "without an answer"),
        ("os.killpg(0, 9)", "SIGKILL"),
    ],
)
def test_a_process_that_ends_is_a_crash_that_says_how(
    open_student: Open, body: str, how: str, session_of: Behind
) -> None:
    student = open_student(f"import os, ctypes\ndef f(): {body}\ndef fine(): return 1")
    with pytest.raises(WorkerDied, match=how):
        student.f()
    session_of(student).begin_check()
    assert student.fine() == 1


@pytest.mark.parametrize("error", ["SystemExit(0)", "KeyboardInterrupt", "GeneratorExit", "Own"])
def test_leaving_by_any_exception_is_the_learners_error(open_student: Open, error: str) -> None:
    student = open_student(f"class Own(BaseException): pass\ndef f(): raise {error}")
    with pytest.raises(LearnerRaised):
        student.f()


def test_memory_beyond_the_limit_is_a_memory_error(open_student: Open) -> None:
    student = open_student("import numpy as np\ndef f(): return float(np.ones(10**9).sum())")
    with pytest.raises(LearnerRaised, match="MemoryError"):
        student.f()


def test_endless_recursion_is_the_learners_error(open_student: Open) -> None:
    student = open_student("def f(n=0): return f(n + 1)")
    with pytest.raises(LearnerRaised, match="RecursionError"):
        student.f()


def test_a_recursion_that_python_allows_is_not_stopped_by_counting(open_student: Open) -> None:
    student = open_student("def f(n): return 0 if n == 0 else 1 + f(n - 1)")
    assert student.f(900) == 900


# Loading


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def f(:", "SyntaxError"),
        ("raise RuntimeError('boom')", "boom"),
        ("import sys; sys.exit(0)", "SystemExit"),
        ("import torch_that_is_not_there", "ModuleNotFoundError"),
        ("(" * 10_000, "SyntaxError|MemoryError|RecursionError|too many"),
    ],
)
def test_a_file_that_does_not_load_fails_each_check_with_the_reason(
    open_student: Open, source: str, words: str
) -> None:
    with pytest.raises(LearnerRaised, match=words) as caught:
        open_student(source)
    assert caught.value.call == "loading toy.py"


def test_what_loading_came_to_is_remembered(submitted: Callable[..., object]) -> None:
    from grader.session import Session

    session = Session(submitted("import os; os._exit(0)"), "toy", Limits())  # type: ignore[arg-type]
    for _ in range(3):
        with pytest.raises(WorkerDied, match=r"loading toy\.py"):
            session.begin_check()
    session.close()


def test_every_check_gets_a_freshly_loaded_module(open_student: Open, session_of: Behind) -> None:
    student = open_student("seen = []\ndef f():\n    seen.append(1)\n    return len(seen)")
    assert [student.f(), student.f()] == [1, 2]
    session_of(student).begin_check()
    assert student.f() == 1


# Forgeries


FORGERIES = {
    "an answer of its own, early": "send((2, []))",
    "an answer to the next call": "send((3, [('value', 1)]))",
    "an answer that says nothing": "send((2, [()]))",
    "an answer with a bad generator": "send((2, [('value', 1, 0.0, {}, (1,))]))",
    "a callback that was not given": "send(('callback', 5, (), {}))",
    "a callback of nonsense": "send(('callback', 'x', 1, ()))",
    "a callback without arguments": "send(('callback',))",
    "bytes of nonsense": "raw(b'x' * 100)",
    "a pickle": "raw(b'\\0\\0\\0\\x0e\\0\\0\\0\\0' + __import__('pickle').dumps('x' * 3)[:14])",
    "a frame of 4 GB": "raw(b'\\xff' * 8)",
    "half a frame": "raw(b'\\0\\0\\0\\x09\\0\\0\\0\\0[')\n    __import__('os')._exit(0)",
}


@pytest.mark.parametrize("attack", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_answer_ends_the_process_and_gives_nothing(
    open_student: Open, attack: str
) -> None:
    student = open_student(f"""
import gc
from grader import wire
from grader.worker import Runtime
def raw(data):
    runtime = next(o for o in gc.get_objects() if type(o) is Runtime)
    runtime.connection.sendall(data)
def send(value):
    raw(wire.encode(value)[0])
def f():
    {attack}
    return 1
""")
    with pytest.raises(WorkerDied):
        [student.f() for _ in range(2)]
