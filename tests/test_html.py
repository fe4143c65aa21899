"""The pages load nothing, run nothing, hide what is hidden, and can be read by everybody."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import grader.html
from grader.course import Exercise, find_exercise, load_mistakes
from grader.errors import UsageError
from grader.files import write
from grader.gradebook import Attempt, Score
from grader.grading import grade
from grader.html import feedback_page, overview_page, verdict_page
from grader.overview import faults, parts, slowest
from grader.pictures import Boundary, Curve, HeatMap
from grader.report import redacted
from grader.roster import Member
from grader.submission import Chunk, Submission
from grader.verdict import CheckResult, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
ADAM, TRAINING = (find_exercise(ROOT, name) for name in ("adam", "training"))
EXERCISES = {ADAM.id: ADAM, TRAINING.id: TRAINING}
ANNA = Member("anna", "Anna Ångström")
CURVE = Curve("loss", (2.3, 1.9, 4.5, None, 1e300), (2.3, 1.7, 1.2, 0.9, 0.8))
BOUNDARY = Boundary("AND", ((0.0, 0.0), (1.0, 1.0)), (0, 1), ((1.0, 1.0, -1.0),), (None,))
HEAT_MAP = HeatMap("dw", ((0.0, 0.5, 2.0), (0.0, 0.001, 0.05)))
PICTURES = (CURVE, BOUNDARY, HEAT_MAP)
STYLE = (Path(grader.html.__file__).parent / "templates/style.css").read_text()

# What hostile code would put into a name, a message, a file name, a snippet or a diagnosis.
ATTACKS = [
    "<script>alert(1)</script>",
    "</title></style></head><script>alert(1)</script>",
    '" onmouseover="alert(1)" style="background:url(https://evil.example/)',
    "' autofocus onfocus='alert(1)",
    "javascript:alert(1)",
    "<img src=https://evil.example/x.png onerror=alert(1)>",
    "<a href='javascript:alert(1)'>click</a>",
    "</pre></svg><svg onload=alert(1)>",
    "{{ 7 * 191 }}{% include 'base.html.j2' %}",
    "&lt;script&gt; &#60;script&#62;",
    "--><!-- ]]> <![CDATA[ <script>",
    "\x1b[2J\x1b[31mred\x07\x00\x08",
    "\u202egnp.exe \u2066\u200b\ufeff",
    "\ud800 lone \udfff",
    "=HYPERLINK(1) +1 @SUM(A1)",
    "line one\nline two\r\nthree\x85four\u2028five",
]


def check(status: Status, number: int = 1, **more: Any) -> CheckResult:
    """Make a two-point check of Adam."""
    return CheckResult(f"law_{number}", f"Law {number}.", "Adam", status, 2, **more)


def verdict(*checks: CheckResult, exercise: Exercise = ADAM, **more: Any) -> Verdict:
    """Make a verdict of these checks."""
    made = Verdict(exercise.id, exercise.file, "0" * 64, 0, "confined", checks, 1.25)
    return replace(made, **more)


def page(*checks: CheckResult, redact: bool = False, **more: Any) -> str:
    """Render the page of these checks."""
    return verdict_page(verdict(*checks, **more), ADAM, redact=redact)


def score(member: Member, made: Verdict | None, **more: Any) -> Score:
    """Make what counts for a member, its points those of the verdict."""
    exercise = made.exercise if made else ADAM.id
    points, most = (float(made.score), float(made.max_score)) if made else (None, None)
    attempt = Attempt(member.id, exercise, "adam.py", "0" * 64, 0, "v", made) if made else None
    plain = Score(member, exercise, points, most, attempt, points, None, 0.0, False, "", "")
    return replace(plain, **more)


def of_a_class(size: int, checks: int = 12) -> list[Score]:
    """Make the scores of a class in which the later members know more, and one check is odd."""
    scores = []
    for n in range(size):
        results = [
            check(
                Status.PASSED if (n * checks > size * c) != (c == 3) else list(Status)[1 + c % 4],
                c,
                hidden=c == checks - 1,
                diagnosis=None if c % 3 else f"You forgot law {c}.",
            )
            for c in range(checks)
        ]
        member = Member(f"m{n}", f"Member {n:03} of the Class")
        scores.append(score(member, verdict(*results, seconds=n / 10)))
    return scores


def mistaken(exercise: Exercise, *names: str) -> Verdict:
    """Grade the solution with these mistakes made in it."""
    assert exercise.solution is not None
    source = exercise.solution.read_text(encoding="utf-8")
    for mistake in load_mistakes(exercise):
        source = mistake.apply(source) if mistake.name in names else source
    chunks = (Chunk(exercise.file, source),)
    return grade(exercise, Submission(exercise.file, "0" * 64, chunks, tolerant=False))


@pytest.fixture(scope="module")
def real() -> dict[str, Verdict]:
    """Two real verdicts: the first mistakes of two catalogues that a check with curves catches."""
    return {
        ADAM.id: mistaken(ADAM, load_mistakes(ADAM)[0].name),
        TRAINING.id: mistaken(TRAINING, "losses_summed"),
    }


class Parsed(HTMLParser):
    """What a browser would make of a page: tags with their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, name: str) -> list[str]:
        return [attrs[name] or "" for _, attrs in self.tags if name in attrs]


def assert_harmless(page: str) -> None:
    """No script, no handler, no address, and the structure that the templates have."""
    parsed = Parsed(page)
    names = {tag for tag, _ in parsed.tags}
    assert names.isdisjoint({"script", "img", "iframe", "object", "embed", "form", "base", "image"})
    assert [tag for tag, _ in parsed.tags].count("title") == 1
    for tag, attrs in parsed.tags:
        for name, value in attrs.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in (
                "srcdoc",
                "action",
                "formaction",
                "ping",
                "background",
                "xlink:href",
            )
            if name in ("src", "href"):
                assert re.match(r"#|data:,$", value or ""), (tag, value)
            if name == "style":
                assert "url(" not in (value or "")
    for style in re.findall(r"<style.*?</style>", page, re.DOTALL):
        assert "url(" not in style
        assert "@import" not in style
    for c in page:
        assert c.isprintable() or c == "\n", hex(ord(c))
    page.encode()


# What a page says


def test_a_page_says_at_least_what_the_terminal_does(real: dict[str, Verdict]) -> None:
    """Header, checks with points, message, snippet, diagnosis, hint, score and the next step."""
    made = real[ADAM.id]
    text = Parsed(verdict_page(made, ADAM, who="Anna", redact=False)).text
    for said in ("exercise8 · Adam", "Anna", "sandbox: ", f"Score: {made.score}/{made.max_score}"):
        assert said in text
    for result in made.checks:
        assert result.title in text
    first = next(c for c in made.checks if c.diagnosis and c.counterexample)
    assert first.message is not None
    assert first.counterexample is not None
    assert first.message in text
    assert first.counterexample.strip() in text
    assert f"Looks like: {first.diagnosis}" in text
    hints = {task.name: task.hints for task in ADAM.tasks}
    assert f"Hint: {hints[first.task][0]}" in text
    assert hints[first.task][1] not in text
    assert "Next: fix `Adam` in adam.py, then run `grade exercise8` again." in text


def test_the_loss_curves_of_a_real_run_are_drawn(real: dict[str, Verdict]) -> None:
    """Each has a text alternative with where both runs begin and end."""
    made = real[TRAINING.id]
    curves = [curve for result in made.checks for curve in result.pictures]
    assert curves
    parsed = Parsed(verdict_page(made, TRAINING, redact=False))
    figures = [attrs for tag, attrs in parsed.tags if tag == "svg"]
    assert len(figures) == len(curves)
    for attrs in figures:
        assert attrs["role"] == "img"
        assert re.search(
            r"over \d+ steps: yours goes .*; the reference ", attrs["aria-label"] or ""
        )
        assert str(attrs["aria-label"]) in parsed.text


def test_every_status_has_a_mark_and_words_or_points() -> None:
    """Without colour the statuses still differ."""
    other = check(Status.PASSED, 2)
    shown = {Parsed(page(check(status), other)).text for status in Status}
    assert len(shown) == len(Status)


def test_a_fault_of_the_grader_is_loud_and_scores_nothing() -> None:
    """It stands above all else, and no points are named."""
    text = page(check(Status.GRADER_ERROR, message="ZeroDivisionError: x"), check(Status.PASSED, 2))
    assert "The grader failed. This is not your fault." in text
    assert "ZeroDivisionError: x" in text
    assert "Score" not in text
    assert "2/2" not in text


def test_a_student_reads_what_counts_and_why() -> None:
    """Late, adjusted, excused, missing and broken: each has its note."""
    made = verdict(check(Status.PASSED), check(Status.FAILED, 2))
    late = timedelta(days=1, hours=2)
    scores = [
        score(ANNA, made, points=1.6, raw_points=2.0, late=late, note="The server was down <3."),
        score(ANNA, None, exercise="exercise1", excused=True),
        score(ANNA, None, exercise="exercise2"),
        score(ANNA, None, exercise="exercise3", fault="no namespaces in /srv/private"),
    ]
    shown = feedback_page(ANNA, scores, EXERCISES)
    text = Parsed(shown).text
    assert "What counts: 1.6 of 4" in text
    assert "Handed in 1 day 2 h late." in text
    assert "The checks gave 2 points, before lateness and adjustments." in text
    assert "The server was down <3." in text
    assert "You are excused from this exercise." in text
    assert "Nothing was handed in." in text
    assert "could not grade your submission. This is not your fault" in text
    assert "/srv/private" not in shown


def test_a_student_sees_no_one_elses_scores() -> None:
    """Even where the caller mixes them up."""
    other = score(Member("bob", "Bob"), verdict(check(Status.FAILED, message="bob's secret")))
    assert "bob" not in feedback_page(ANNA, [other], EXERCISES).lower()


# Hidden checks

SECRETS = {
    "message": "secretmessage",
    "counterexample": "secretsnippet = 1",
    "diagnosis": "secretdiagnosis",
    "pictures": tuple(replace(picture, name="secret") for picture in PICTURES),
}


@pytest.mark.parametrize("status", Status)
def test_a_redacted_page_has_title_and_points_of_a_hidden_check_alone(status: Status) -> None:
    """In both pages that students get, whatever became of the check."""
    made = verdict(
        check(Status.FAILED, 1, message="open"), check(status, 2, hidden=True, **SECRETS)
    )
    pages = [
        verdict_page(made, ADAM, redact=True),
        feedback_page(ANNA, [score(ANNA, made)], EXERCISES),
    ]
    for shown in pages:
        assert "secret" not in shown
        assert "<svg" not in shown
        assert "Law 2." in shown
        assert "timed out" not in shown
        assert "crashed" not in shown
    assert "secretmessage" in verdict_page(made, ADAM, redact=False) or status in (
        Status.PASSED, Status.SKIPPED, Status.NOT_IMPLEMENTED,
    )  # fmt: skip


def test_how_a_hidden_check_was_failed_is_no_channel() -> None:
    """A submission cannot tell what it saw by the way in which it fails."""
    ways = [Status.FAILED, Status.TIMEOUT, Status.CRASHED, Status.NOT_IMPLEMENTED]
    open_check = check(Status.PASSED, 1)
    shown = {
        page(open_check, check(s, 2, hidden=True, seconds=s == "failed"), redact=True) for s in ways
    }
    assert len(shown) == 1


def test_an_unwritten_task_stays_a_fresh_start_when_redacted() -> None:
    """Its hidden checks are unwritten too, which anybody can tell."""
    stub = verdict(check(Status.NOT_IMPLEMENTED), check(Status.NOT_IMPLEMENTED, 2, hidden=True))
    assert redacted(stub) == stub
    assert "A fresh start: 4 points to win." in verdict_page(stub, ADAM, redact=True)


# Attacks


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_a_hostile_text_is_only_text(attack: str) -> None:
    """In every place that a student's words reach, of all three pages."""
    failed = check(
        Status.FAILED, message=attack, counterexample=attack, diagnosis=attack,
        pictures=tuple(replace(picture, name=attack) for picture in PICTURES),
    )  # fmt: skip
    titled = replace(check(Status.CRASHED, 2, message=f"2{attack}"), title=attack, task=attack)
    broken = verdict(check(Status.GRADER_ERROR, message=attack))
    made = verdict(failed, titled, submission=attack)
    member = Member("anna", attack)
    scores = [
        score(member, made, note=attack),
        score(member, broken, exercise="exercise1"),
        score(member, None, exercise="exercise2", fault=attack),
    ]
    pages = [
        verdict_page(made, ADAM, who=attack, redact=False),
        verdict_page(broken, ADAM, who=attack, redact=True),
        feedback_page(member, scores, EXERCISES),
        overview_page(attack, scores, EXERCISES),
    ]
    for shown in pages:
        assert_harmless(shown)
        assert "1337" not in shown


@settings(derandomize=True, database=None, deadline=None, max_examples=60)
@given(st.text(st.characters() | st.characters(categories=["Cs", "Cc", "Cf"]), max_size=40))
def test_any_text_is_harmless_and_read_as_it_was_spelt(text: str) -> None:
    """Parsing the page gives back the text, its invisible characters spelt out."""
    shown = page(check(Status.FAILED, message=f"‹{text}›"), submission=text)
    assert_harmless(shown)
    printable = "".join(c for c in text if c.isprintable() and not c.isspace())
    told = Parsed(shown).text.split("‹")[1].split("›")[0]
    assert (
        re.sub(r"\s|\\\S{3,9}", "", told) == re.sub(r"\s|\\\S{3,9}", "", printable) or "\\" in told
    )


def test_a_megabyte_of_message_is_cut() -> None:
    """Long lines and many lines alike, in all four texts."""
    long = "<" * 1_000_000 + "\n" + "x\n" * 500_000
    shown = page(
        check(Status.FAILED, message=long, counterexample=long, diagnosis=long), submission=long
    )
    assert len(shown) < 60_000
    assert "more lines" in shown


@pytest.mark.parametrize(
    "curve",
    [
        CURVE,
        Curve("loss", (), (1.0,)),
        Curve("loss", (None,), (1.0,)),
        Curve("loss", (1e308, -1e308, 5e-324), (1e308, 1e308, 1e308)),
        Curve("loss", (0.0,) * 500, (0.0,) * 500, every=1000),
        Curve("loss", (1.0, 2.0, 3.0), (None, None)),
        Curve("$\\frac{", (1.0,), (1.0, 2.0)),
    ],
    ids=range(7),
)
def test_any_curve_can_be_drawn(curve: Curve) -> None:
    """Runs that diverge, stop short, never move or are nowhere finite."""
    assert_harmless(page(check(Status.FAILED, message="m", pictures=(curve,))))


def test_the_same_verdict_gives_the_same_bytes(real: dict[str, Verdict]) -> None:
    """Also where matplotlib is set up otherwise."""
    import matplotlib as mpl

    made = real[TRAINING.id]
    first = verdict_page(made, TRAINING, redact=False)
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 30, "svg.hashsalt": "x"}):
        assert verdict_page(made, TRAINING, redact=False) == first
    again = Verdict.from_json(made.to_json())
    assert verdict_page(again, TRAINING, redact=False) == first


def test_ids_are_unique_and_links_lead_somewhere(real: dict[str, Verdict]) -> None:
    """Also on a page with several exercises and figures."""
    scores = [score(ANNA, made) for made in real.values()]
    for shown in (feedback_page(ANNA, scores, EXERCISES), overview_page("C", scores, EXERCISES)):
        parsed = Parsed(shown)
        ids = parsed.all("id")
        assert len(ids) == len(set(ids))
        assert {href[1:] for href in parsed.all("href") if href.startswith("#")} <= set(ids)


def test_headings_go_down_one_level_at_a_time(real: dict[str, Verdict]) -> None:
    """One h1, and no level left out."""
    scores = [score(ANNA, made) for made in real.values()]
    pages = [
        verdict_page(real[ADAM.id], ADAM, redact=False),
        feedback_page(ANNA, scores, EXERCISES),
        overview_page("C", [*scores, score(ANNA, None, fault="x")], EXERCISES),
    ]
    for shown in pages:
        levels = [int(tag[1]) for tag, _ in Parsed(shown).tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


# The class


def test_the_overview_counts_what_a_class_did() -> None:
    """Distribution, mistakes, checks that nobody or everybody passed, and the slowest."""
    scores = of_a_class(20)
    (part,) = parts(scores, EXERCISES)
    assert sum(part.bins) == len(part.shares) == 20
    assert part.items[3].discrimination is not None
    assert part.items[3].discrimination < -0.5 < 0.3 < (part.items[5].discrimination or 0)
    assert part.mistakes[0][1] == 20
    assert [slow.seconds for slow in slowest(scores)][:2] == [1.9, 1.8]
    text = Parsed(overview_page("Deep Learning 1", scores, EXERCISES)).text
    assert "20 members · 1 exercise " in text
    assert "You forgot law 0." in text
    assert "(hidden)" in text


def test_nobody_and_everybody_are_named() -> None:
    """A check that was skipped for all is neither."""
    checks = (check(Status.PASSED, 1), check(Status.FAILED, 2), check(Status.SKIPPED, 3))
    scores = [score(Member(str(n), str(n)), verdict(*checks)) for n in range(3)]
    (part,) = parts(scores, EXERCISES)
    assert [item.check.id for item in part.everybody] == ["law_1"]
    assert [item.check.id for item in part.nobody] == ["law_2"]
    assert {item.discrimination for item in part.items} == {None}


def test_discrimination_is_the_corrected_item_total_correlation() -> None:
    """Worked by hand: the check's own points are not in the total."""
    passed = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    others = [0, 0, 0, 0, 1, 0, 1, 1, 1, 1]
    scores = [
        score(
            Member(str(n), str(n)),
            verdict(
                check(Status.PASSED if a else Status.FAILED, 1),
                check(Status.PASSED if b else Status.FAILED, 2),
            ),
        )
        for n, (a, b) in enumerate(zip(passed, others, strict=True))
    ]
    (part,) = parts(scores, EXERCISES)
    assert part.items[0].discrimination == pytest.approx(0.6)


def test_faults_come_first_and_count_nowhere() -> None:
    """Every kind of fault is listed once, with its reason, and no statistics see it."""
    broken = verdict(check(Status.GRADER_ERROR, message="IndexError: 3"))
    attempt = Attempt("c", ADAM.id, "adam.py", "0" * 64, 0, "v", None, "disk full")
    scores = [
        score(Member("a", "Ada"), broken, points=None),
        score(Member("b", "Bob"), None, fault="no sandbox"),
        replace(score(Member("c", "Cy"), None), attempt=attempt),
        score(Member("d", "Di"), verdict(check(Status.PASSED))),
    ]
    assert [fault.who for fault in faults(scores)] == ["Ada", "Bob", "Cy"]
    (part,) = parts(scores, EXERCISES)
    assert part.items[0].graded == 1
    text = Parsed(overview_page("C", scores, EXERCISES)).text
    assert text.index("3 submissions could not be graded") < text.index("All exercises")
    for why in ("IndexError: 3", "no sandbox", "disk full"):
        assert why in text


@pytest.mark.parametrize("share", [-0.5, 0.0, 0.29999999999, 0.3, 0.999, 1.0, 1.5])
def test_every_share_has_its_bin(share: float) -> None:
    """Negative adjustments and bonus points stay on the histogram."""
    (part,) = parts([score(ANNA, None, points=share * 10, max_points=10.0)], {})
    expected = min(max(int(share * 10 + 1e-9), 0), 10)
    assert part.bins.index(1) == expected


def test_a_class_without_scores_has_a_page() -> None:
    """And a student without any."""
    assert "There are no scores yet." in overview_page("C", [], EXERCISES)
    assert "There is nothing here yet." in feedback_page(ANNA, [], EXERCISES)


def test_an_exercise_that_the_course_no_longer_has_keeps_its_score() -> None:
    """Its id stands for the title."""
    old = score(ANNA, verdict(check(Status.PASSED)))
    assert "exercise8" in feedback_page(ANNA, [old], {})
    assert "exercise8" in overview_page("C", [old], {})


def test_five_hundred_students_make_a_page_of_bearable_size() -> None:
    """About a hundred bytes a row of checks."""
    shown = overview_page("C", of_a_class(500, 20), EXERCISES)
    assert shown.count("<tr>") > 500
    assert len(shown) < 300_000


# Colours


def schemes() -> dict[str, dict[str, str]]:
    """The colours of the light and the dark scheme."""
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#\w{6});", block))
        for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[:2]
    )
    return {"light": light, "dark": dark}


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2."""

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_wcag() -> None:
    """Black on white is 21, and #767676 on white the lightest grey that passes AA."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") >= 4.5 > contrast("#777777", "#ffffff")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_lines_can_be_told_from_what_is_behind_them(scheme: str) -> None:
    """AA: 4.5 for text, 3 for the lines of a figure and the bars of a histogram."""
    colour = schemes()[scheme]
    text = [(ink, back) for ink in ("ink", "faint", "link") for back in ("page", "panel")]
    text += [(kind, f"{kind}-panel") for kind in ("right", "wrong", "open", "broken")]
    for ink, back in text:
        assert contrast(colour[ink], colour[back]) >= 4.5, (ink, back)
    for line in ("got", "expected", "open"):
        assert contrast(colour[line], colour["page"]) >= 3, line
    assert contrast(colour["got"], colour["expected"]) >= 2


def test_both_schemes_define_the_same_colours_and_print_is_light() -> None:
    """No variable is left to chance."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    light, dark, printed = (dict(re.findall(r"--([\w-]+): (#\w{6});", b)) for b in blocks)
    assert set(light) == set(dark)
    assert light == printed
    assert set(re.findall(r"var\(--([\w-]+)\)", STYLE)) <= set(light)
    assert {"got", "expected"} <= set(light)


# Files


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """A failure names the file and leaves nothing behind."""
    write(tmp_path / "a.html", b"one")
    write(tmp_path / "a.html", b"two")
    assert (tmp_path / "a.html").read_bytes() == b"two"
    (tmp_path / "folder.html").mkdir()
    for path in (tmp_path / "folder.html", tmp_path / "none/a.html"):
        with pytest.raises(UsageError, match=re.escape(path.name)):
            write(path, b"three")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "folder.html"]


# A real browser


class Browser:
    """Headless Chromium over its DevTools pipe: no port, no driver, nothing downloaded."""

    def __init__(self, program: str, profile: Path) -> None:
        inbox, their_out = os.pipe()
        their_in, outbox = os.pipe()
        # The browser reads from 3 and writes to 4, one of which may be taken here.
        far_in, far_out = (
            fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100) for fd in (their_in, their_out)
        )
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        flags += ["--no-first-run", "--disable-dev-shm-usage", f"--user-data-dir={profile}"]
        self.pid = os.posix_spawn(
            program,
            [program, *flags, "about:blank"],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, far_in, 3),
                (os.POSIX_SPAWN_DUP2, far_out, 4),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
        )
        for fd in (their_in, their_out, far_in, far_out):
            os.close(fd)
        self.outbox, self.inbox = os.fdopen(outbox, "wb", 0), os.fdopen(inbox, "rb")
        self.events: list[dict[str, Any]] = []
        self.number = 0
        self.session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        self.session = None
        self.call("Browser.close")
        self.outbox.close()
        os.waitpid(self.pid, 0)
        self.inbox.close()

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.outbox.write(json.dumps(message).encode() + b"\0")
        while (answer := self.next()).get("id") != self.number:
            self.events.append(answer)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def next(self) -> dict[str, Any]:
        data = b""
        while not data.endswith(b"\0"):
            byte = self.inbox.read(1)
            assert byte, "the browser ended"
            data += byte
        message: dict[str, Any] = json.loads(data[:-1])
        return message

    def open(self, path: Path, width: int, scheme: str) -> None:
        self.events.clear()
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=media)
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.call("Page.navigate", url=path.as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(self.next())

    def ask(self, expression: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"]["value"]


# The text of the page with the least contrast to what is really behind it.
FAINTEST = """(() => {
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parts(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let worst = {ratio: 99, text: ""};
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
    if (!text || element.closest("meter")) continue;
    const style = getComputedStyle(element);
    const ink = parts(element.closest("svg") ? style.fill : style.color);
    const pair = [light(ink), light(behind(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < worst.ratio) worst = {ratio, text};
  }
  return worst;
})()"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, where there is one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip(
            f"no browser to look at the pages with: none of {', '.join(names)} is installed"
        )
    browser = Browser(program, tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


def test_a_browser_shows_the_pages_on_a_phone_and_a_desk(
    browser: Browser, real: dict[str, Verdict], tmp_path: Path
) -> None:
    """No request, no complaint, no script, nothing wider than the screen; dark where wanted."""
    long = "x = [" + "0.125, " * 60 + "]"
    hostile = check(
        Status.FAILED, message="\n".join([long, *ATTACKS]), counterexample=long,
        diagnosis="W" * 300, pictures=PICTURES,
    )  # fmt: skip
    member = Member("anna", "A" * 80)
    scores = [
        *(score(member, made) for made in real.values()),
        score(member, verdict(hostile, submission="f" * 90 + ".py"), note="n" * 200),
        *of_a_class(40, 24),
    ]
    faulty = verdict(check(Status.GRADER_ERROR, message="m"), check(Status.SKIPPED, 2))
    pages = {
        "broken": verdict_page(faulty, ADAM, redact=False),
        "verdict": verdict_page(real[TRAINING.id], TRAINING, who="Anna", redact=False),
        "hostile": page(hostile, submission="f" * 90 + ".py"),
        "feedback": feedback_page(member, scores, EXERCISES),
        "overview": overview_page(
            "T" * 80, [*scores, score(ANNA, None, fault="f" * 200)], EXERCISES
        ),
    }
    for name, text in pages.items():
        path = tmp_path / f"{name}.html"
        path.write_bytes(text.encode())
        for width, scheme in ((360, "light"), (360, "dark"), (1200, "light"), (1200, "dark")):
            browser.open(path, width, scheme)
            found = {event["method"] for event in browser.events}
            assert found.isdisjoint({"Log.entryAdded", "Runtime.exceptionThrown"}), browser.events
            asked = [
                event["params"]["request"]["url"]
                for event in browser.events
                if event["method"] == "Network.requestWillBeSent"
            ]
            assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
            assert browser.ask("document.documentElement.scrollWidth") <= width, (name, width)
            assert browser.ask("document.scripts.length") == 0
            assert browser.ask(FAINTEST)["ratio"] >= 4.5, (name, scheme, browser.ask(FAINTEST))
            background = browser.ask("getComputedStyle(document.body).backgroundColor")
            red, green, blue = (int(part) for part in re.findall(r"\d+", background)[:3])
            assert (red + green + blue < 100) == (scheme == "dark")


def test_the_browser_test_can_say_no(browser: Browser, tmp_path: Path) -> None:
    """A page that is too wide, complains or asks for more is seen to do so."""
    path = tmp_path / "bad.html"
    path.write_text(
        "<meta http-equiv=Content-Security-Policy content=\"img-src 'none'\">"
        "<style>body { background: #fff } div { width: 900px; color: #777 }</style>"
        "<img src=http://127.0.0.1:9/x.png><div>too wide, too faint</div>"
    )
    browser.open(path, 360, "light")
    assert any(event["method"] == "Log.entryAdded" for event in browser.events)
    assert browser.ask("document.documentElement.scrollWidth") > 360
    assert 4.4 < browser.ask(FAINTEST)["ratio"] < 4.5
