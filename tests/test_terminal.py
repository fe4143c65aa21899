"""The terminal report is short, plain, harmless, and says what to do next."""

from __future__ import annotations

import io
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from grader.course import Exercise, Limits, Task
from grader.pictures import Curve, HeatMap
from grader.sparklines import sparklines
from grader.terminal import render, waiting
from grader.verdict import CheckResult, Status, Verdict

ADAM = Exercise(
    id="exercise8",
    number=8,
    name="adam",
    folder=Path("08_adam"),
    title="Adam",
    file="adam.py",
    lecture="Lecture 1",
    summary="Adam and AdamW.",
    limits=Limits(),
    tasks=(
        Task("Adam", ("Which lines need t?", "What is t at first?", "The last.")),
        Task("AdamW", ("Where does the decay enter?", "Not in g.", "There.")),
    ),
    requires=(),
    datasets=(),
)
SNIPPET = "import numpy as np\n\nfor t in range(2):\n    print(np.ones(3))  # expected [0, 0, 0]"


def check(
    status: Status,
    message: str | None = None,
    task: str = "Adam",
    title: str = "A law.",
    **more: str,
) -> CheckResult:
    """Make a three-point check."""
    return CheckResult(
        "law", title, task, status, 3, message, more.get("snippet"), more.get("diagnosis")
    )


def page(
    *checks: CheckResult,
    width: int = 80,
    encoding: str = "utf-8",
    submission: str = "adam.py",
    terminal: bool = False,
) -> str:
    """Render to a stream of this encoding and width, and give what it receives."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    console = Console(file=stream, width=width, force_terminal=terminal)
    render(Verdict("exercise8", submission, "0" * 64, 0, "confined", checks), ADAM, console)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


def test_the_header_says_what_was_graded_and_where() -> None:
    """Exercise, file and sandbox tier stand in the first line."""
    first = page(check(Status.PASSED)).splitlines()[0]
    assert first == "exercise8 · Adam   adam.py · sandbox: confined"


@pytest.mark.parametrize(("terminal", "told"), [(True, True), (False, False)])
def test_a_long_grading_says_on_a_terminal_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, told: bool
) -> None:
    """Nothing at first, then a line that goes away; and nothing at all in a pipe."""
    stream = io.StringIO()
    console = Console(file=stream, width=80, force_terminal=terminal)
    seen = []
    with waiting(console) as heard:
        for patience in (60.0, 0.0):
            monkeypatch.setattr("grader.terminal.PATIENCE", patience)
            heard(check(Status.TIMEOUT))
            seen.append(stream.getvalue())
    assert [bool(each) for each in seen] == [False, told]
    assert ("2 checks so far, the last one timed out" in stream.getvalue()) == told


def test_statuses_differ_without_colour() -> None:
    """Mark and words alone tell the statuses apart, in ASCII too."""
    for encoding in ("utf-8", "ascii"):
        passed = check(Status.PASSED, title="Another law.")
        lines = {page(check(s), passed, encoding=encoding).splitlines()[3][:36] for s in Status}
        assert len(lines) == len(Status)


def test_colour_repeats_only_what_is_written() -> None:
    """The report with its colours taken away is the report that a pipe receives."""
    checks = [check(status, f"message {status}", snippet=SNIPPET) for status in Status]
    coloured = page(*checks, terminal=True)
    assert "\x1b[" in coloured
    assert Text.from_ansi(coloured).plain.rstrip() == page(*checks).rstrip()


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR leaves bold and faint, and takes the colours."""
    monkeypatch.setenv("NO_COLOR", "1")
    shown = page(check(Status.FAILED), check(Status.PASSED), terminal=True)
    assert not any(f"{colour}m" in shown for colour in range(30, 48))


def test_a_stub_gets_a_short_friendly_page() -> None:
    """One line a task, and what to do first."""
    stub = [check(Status.NOT_IMPLEMENTED, task=task) for task in ["Adam"] * 9 + ["AdamW"] * 6]
    shown = page(*stub)
    assert "A law" not in shown
    assert "Hint" not in shown
    assert shown.splitlines()[2].split() == ["○", "Adam", "not", "written", "yet", "0/27"]
    assert shown.splitlines()[3].split() == ["○", "AdamW", "not", "written", "yet", "0/18"]
    assert "A fresh start: 45 points to win." in shown
    assert "Next: write `Adam` in adam.py, then run `grade exercise8` again." in shown
    assert len(shown.splitlines()) == 7


def test_a_failure_tells_all_that_is_known() -> None:
    """Message, snippet, diagnosis and the task's first hint."""
    diagnosis = "Your bias correction divides by (1 − β)ᵗ."
    shown = page(check(Status.FAILED, "expected 1\n  got 2", snippet=SNIPPET, diagnosis=diagnosis))
    assert "✗ Adam: A law.\n  expected 1\n    got 2\n" in shown
    assert f"  Looks like: {diagnosis}\n  Hint: Which lines need t?\n" in shown
    assert "Score: 0/3\nNext: fix `Adam` in adam.py" in shown
    assert "The last." not in shown


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_snippet_can_be_copied(width: int) -> None:
    """Its lines are whole, evenly indented, and nothing is drawn around them."""
    snippet = SNIPPET + "\nx = [" + ", ".join(["0.125"] * 40) + "]"
    shown = page(check(Status.FAILED, "wrong", snippet=snippet), width=width)
    block = shown.split("beside your file:\n")[1].split("\n\n  Hint")[0]
    assert textwrap.dedent(block).strip() == snippet


def test_a_hint_is_given_once_a_task() -> None:
    """Not again for each check of the task."""
    checks = [
        check(Status.FAILED, f"{task} {n}", task) for n in range(3) for task in ("Adam", "AdamW")
    ]
    shown = page(*checks)
    assert shown.count("Hint: Which lines need t?") == 1
    assert shown.count("Hint: Where does the decay enter?") == 1


def test_the_same_message_is_shown_once() -> None:
    """The other checks that say it are named after it, the first few by title."""
    alike = [check(Status.FAILED, "w is None", title=f"Law {n}.") for n in range(6)]
    shown = page(*alike, check(Status.PASSED))
    assert shown.count("w is None") == 1
    assert "also: Law 1; Law 2; Law 3; and 2 more" in shown


def test_the_same_diagnosis_is_shown_once() -> None:
    """A later failure points back to it."""
    shown = page(*(check(Status.FAILED, f"m{n}", diagnosis="No t.") for n in range(2)))
    assert shown.count("Looks like: No t.") == 1
    assert shown.count("Looks like: the same mistake as above.") == 1


def test_a_file_that_fails_as_a_whole_says_so_once() -> None:
    """A syntax error is one message, no task's hint, and the file is what to fix."""
    error = "adam.py cannot be read: line 3 is not Python"
    tasks = ["Adam"] * 5 + ["AdamW"] * 5
    shown = page(*(check(Status.FAILED, error, task) for task in tasks))
    assert shown.count(error) == 1
    assert "A law" not in shown
    assert "Hint" not in shown
    assert "all 5 checks end in the same way" in shown
    assert "Next: fix adam.py, then run `grade exercise8` again." in shown


@pytest.mark.parametrize(
    ("status", "word"), [(Status.TIMEOUT, "timed out"), (Status.CRASHED, "crashed")]
)
def test_timeouts_and_crashes_say_so(status: Status, word: str) -> None:
    """The word stands beside the check, the message below."""
    shown = page(check(status, "Adam.step ended the process."))
    assert f"  ✗ A law. ({word})" in shown
    assert f"✗ Adam: A law. ({word})\n  Adam.step ended the process.\n" in shown


def test_a_hidden_failure_shows_its_name_and_points_alone() -> None:
    """Nothing stands where a message would."""
    hidden = CheckResult("path", "A long path.", "Adam", Status.FAILED, 2, hidden=True)
    shown = page(hidden, check(Status.PASSED))
    assert "✗ A long path. (hidden)" in shown
    assert "This check's inputs are not shown." in shown


def test_a_grader_error_is_loud() -> None:
    """It says whose fault it is not, and there is no score to read."""
    shown = page(check(Status.PASSED), check(Status.GRADER_ERROR, "KeyError in checks.py, line 9"))
    assert "! THE GRADER FAILED. THIS IS NOT YOUR FAULT." in shown
    assert "Nothing was scored" in shown
    assert "KeyError in checks.py, line 9" in shown
    assert "Score" not in shown
    assert "3/" not in shown
    assert "Next" not in shown


def test_what_was_skipped_says_why() -> None:
    """The reason stands beside the check, and its points are not counted."""
    shown = page(check(Status.PASSED), check(Status.SKIPPED, "no CUDA device"))
    assert "– A law. (skipped: no CUDA device)" in shown
    assert "Score: 3/3  Everything is right. Well done!  (3 more could not be" in shown
    assert "Next" not in shown


def test_where_all_was_skipped_there_is_no_score() -> None:
    """Nothing graded is neither right nor wrong."""
    shown = page(check(Status.SKIPPED, "no CUDA device"), check(Status.SKIPPED, "no CUDA device"))
    assert "– Adam  skipped: no CUDA device\n" in shown
    assert "Nothing could be graded here." in shown
    assert "Score" not in shown


def test_the_next_step_is_the_first_unsolved_task() -> None:
    """First in the exercise's order, not in that of the checks."""
    checks = [check(Status.NOT_IMPLEMENTED, task="AdamW"), check(Status.FAILED, "m", "Adam")]
    assert "Next: fix `Adam` in adam.py" in page(*checks)
    checks[1] = check(Status.PASSED)
    shown = page(*checks, submission="mine.ipynb")
    assert "Next: write `AdamW` in mine.ipynb, then run `grade exercise8 mine.ipynb`" in shown


def test_a_file_name_forges_no_line_and_no_command() -> None:
    """Its line breaks become blanks, and the command to run quotes it."""
    shown = page(check(Status.FAILED, "m"), submission="a.py\nScore: 3/3\n;rm -r x")
    assert "\nScore: 3/3" not in shown
    assert "run `grade exercise8 'a.py Score: 3/3 ;rm -r x'` again." in " ".join(shown.split())


@pytest.mark.parametrize(
    ("encoding", "spelt"),
    [("ascii", "1 - beta^t, m^1 != g^2, 2 x"), ("cp1252", "1 - beta^t, m^1 != g², 2 ×")],
)
def test_mathematics_stays_readable_in_any_encoding(encoding: str, spelt: str) -> None:
    """Signs that the stream does not have are spelt in words and signs that it has."""
    assert spelt in page(check(Status.FAILED, "1 − βᵗ, m̂₁ ≠ g², 2 ×"), encoding=encoding)


def test_markup_and_emoji_codes_are_plain_text() -> None:
    """A learner's brackets are shown as they are."""
    text = "got [bold]2[/bold] [/] [link=x] :smile:"
    assert text in page(check(Status.FAILED, text), terminal=True)


def test_escape_sequences_and_bidirectional_marks_are_spelt_out() -> None:
    """What would steer the terminal or reorder the line is seen and does nothing."""
    shown = page(check(Status.FAILED, "\x1b[2J\x9b1m \u202eevil \ud800\rgone\u200b"))
    assert r"\x1b[2J\x9b1m \u202eevil \ud800\rgone\u200b" in shown


texts = st.text(st.characters(codec=None), max_size=200)


@settings(derandomize=True, database=None, deadline=None, max_examples=150)
@given(
    texts,
    st.sampled_from(["utf-8", "ascii", "cp1252", "latin-1"]),
    st.sampled_from([30, 60, 80]),
    st.sampled_from(Status),
)
def test_any_text_is_harmless_everywhere(
    text: str, encoding: str, width: int, status: Status
) -> None:
    """Nothing but printable characters comes out, in any encoding, within the width."""
    shown = page(
        check(status, text, title=text, diagnosis=text),
        check(Status.PASSED),
        width=width,
        encoding=encoding,
        submission=text,
    )
    assert all(line.isprintable() for line in shown.split("\n"))
    assert all(cell_len(line) <= width for line in shown.split("\n"))
    assert not any(line.endswith(" ") for line in shown.split("\n"))
    snippet = page(check(Status.FAILED, "m", snippet=text), encoding=encoding)
    assert all(line.isprintable() for line in snippet.split("\n"))


def test_a_flood_is_bounded() -> None:
    """Megabytes from a learner's file become a page."""
    flood = check(
        Status.FAILED,
        "y" * 10**6,
        title="t" * 10**6,
        snippet="x\n" * 10**5,
        diagnosis="z\n" * 10**5,
    )
    shown = page(flood)
    assert len(shown) < 10_000
    assert "… 99988 more lines" in shown
    assert "# … 99960 more lines" in shown


def test_a_training_run_that_failed_is_drawn_beside_the_reference() -> None:
    """Yours above ours, on one scale, in what the stream can encode; a passed check draws none."""
    curve = Curve("loss of run 2", (8.0, 9.0, None), (8.0, 4.0, 2.0), every=10)
    failed = check(Status.FAILED, "The loss rises.")
    failed = replace(failed, pictures=(Curve("x", (), ()), curve, HeatMap("dw", ((1.0,),))))
    out = page(failed)
    assert "    yours  ▇█·\n    ours   ▇▃▁\n" in out
    assert "loss of run 2" in out
    assert "    yours  *#-\n    ours   *-_\n" in page(failed, encoding="ascii")
    assert "yours" not in page(replace(failed, status=Status.PASSED))


@given(
    st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), max_size=300),
    st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), max_size=300),
)
def test_any_curve_can_be_drawn(got: list[float | None], expected: list[float | None]) -> None:
    """However long, flat or steep: two lines that fit."""
    assert max(map(len, sparklines(Curve("loss", tuple(got), tuple(expected))))) <= 56
