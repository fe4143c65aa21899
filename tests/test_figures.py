"""What a check saw is drawn: for right answers and wrong ones, and whatever the numbers are."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.checking import show_boundary, show_curve
from grader.checking.showing import show_errors
from grader.course import find_exercise, load_mistakes
from grader.figures import draw, in_words
from grader.grading import grade
from grader.html import verdict_page
from grader.pictures import Boundary, Curve, HeatMap, Picture, recording
from grader.submission import Chunk, Submission
from grader.verdict import Verdict

ROOT = Path(__file__).parents[1]
LINES = ((1.0, 2.0, -1.0), (0.5, 0.5, -0.5))
SQUARE = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
AND = Boundary("AND", SQUARE, (0, 0, 0, 1), LINES, LINES)


@cache
def graded(name: str, mistake: str = "") -> Verdict:
    """Grade a solution, with one mistake made in it."""
    exercise = find_exercise(ROOT, name)
    assert exercise.solution is not None
    source = exercise.solution.read_text(encoding="utf-8")
    for listed in load_mistakes(exercise):
        source = listed.apply(source) if listed.name == mistake else source
    chunks = (Chunk(exercise.file, source),)
    return grade(exercise, Submission(exercise.file, "0" * 64, chunks, tolerant=False))


def pictures(verdict: Verdict) -> dict[str, Picture]:
    """Return the first picture of each check that has some."""
    return {check.id: check.pictures[0] for check in verdict.checks if check.pictures}


def shown(call: Any, *args: Any, **kwargs: Any) -> Any:
    """Return the one picture that a call records."""
    found: list[Picture] = []
    with recording(found):
        call(*args, **kwargs)
    (picture,) = found
    return picture


# Real verdicts


@pytest.mark.parametrize(
    ("name", "check", "mistake", "right", "wrong"),
    [
        (
            "perceptron", "and_is_learned_step_by_step", "bias_subtracted",
            "yours 0 of 4, the reference 0 of 4.",
            "yours 1 of 4 (the line is out of sight), the reference 0 of 4.",
        ),
        (
            "initialization", "signal_survives_thirty_relu_layers", "no_two_under_relu",
            r"over 30 layers: yours goes from 0\.\d+ to [01]\.\d+; the reference from 0.8256 to ",
            r"furthest apart at layer 30: \d\.\d+e-05 beside 0.8256\.",
        ),
        (
            "dropout", "mean_is_kept", "not_scaled",
            r"over p from 0.15 to 0.75: yours goes from (1|0\.9)\S* to \S+; the reference from 1 ",
            r"furthest apart at p = 0.75: 0\.2\d+ beside 1\.",
        ),
        (
            "dropout", "share_of_dropped", "p_taken_as_keep",
            r"yours goes from 0\.(09|1)\d+ to 0\.\d+; the reference from 0.1 to 0.9\.",
            r"yours goes from 0\.9\d* to 0\.(09|1)\d+; the reference from 0.1 to 0.9\.",
        ),
    ],
)  # fmt: skip
def test_a_right_answer_and_a_wrong_one_are_drawn(
    name: str, check: str, mistake: str, right: str, wrong: str
) -> None:
    """Below each is said what there is to see, and the page has a text alternative."""
    exercise = find_exercise(ROOT, name)
    for verdict, says in ((graded(name), right), (graded(name, mistake), wrong)):
        words = in_words(pictures(verdict)[check])
        assert re.search(says.replace("(the", r"\(the").replace("sight)", r"sight\)"), words)
        page = verdict_page(verdict, exercise, redact=False)
        assert page.count("<svg role=") == sum(len(c.pictures) for c in verdict.checks)
        assert f'aria-label="{words}"' in page
        assert f"<figcaption>{words}</figcaption>" in page
        assert Verdict.from_json(verdict.to_json()) == verdict


def test_a_wrong_gradient_shows_which_entries_are_wrong_and_a_right_one_nothing() -> None:
    verdict = graded("backprop", "weight_gradient_of_last_sample")
    heat = pictures(verdict)["two_layer_gradients"]
    assert isinstance(heat, HeatMap)
    assert heat.shape == (3, 5)
    assert "columns 0, 2, 3, 4 are wrong, all else is right." in in_words(heat)
    right = pictures(graded("backprop")).values()
    assert not any(isinstance(picture, HeatMap) for picture in right)


def test_a_picture_stands_below_the_failure_that_it_belongs_to() -> None:
    """What passed is shown at the end."""
    verdict, exercise = graded("dropout", "not_scaled"), find_exercise(ROOT, "dropout")
    page = verdict_page(verdict, exercise, redact=False)
    failed, passed = (page.index(f"<figcaption>{what}") for what in ("mean of out", "share of"))
    assert page.index("came out as") < failed < page.index("In pictures") < passed


def test_the_same_answer_gives_the_same_pictures() -> None:
    one = graded("initialization", "no_two_under_relu")
    two = graded.__wrapped__("initialization", "no_two_under_relu")
    assert pictures(one) == pictures(two)
    for picture in pictures(one).values():
        assert draw(picture, "a") == draw(picture, "a")


# What a check records


def test_a_curve_has_places_and_says_what_they_count() -> None:
    curve = shown(show_curve, "share", [0.1, 0.3], [0.1, 0.2], first=0.1, every=0.1, along="p")
    assert curve == Curve("share", (0.1, 0.3), (0.1, 0.2), 0.1, 0.1, "p")
    assert curve.at == pytest.approx((0.1, 0.2))


def test_lines_are_bounded_and_what_is_no_line_is_left_out() -> None:
    """Of any kind and number."""
    w = np.array([1.0, 2.0])
    odd = [(w, 0.5), (w, np.nan), (w * np.inf, 0.0), (None, 0.0), (np.ones(3), 1.0), ("ab", [1.0])]
    boundary = shown(show_boundary, "AND", SQUARE, [0, 0, 0, 1], odd, [(w, 0.5)] * 1000)
    assert boundary.got == ((1.0, 2.0, 0.5), None, None, None, None, None)
    assert len(boundary.expected) == 12
    many = shown(show_boundary, "AND", np.ones((9000, 2)), np.ones(9000), [], [])
    assert len(many.points) == len(many.labels) == 500


def test_errors_are_bounded() -> None:
    """A vector is one row; what no axis can hold is brought back."""
    assert shown(show_errors, "db", np.array([0.0, 0.123456, np.inf])).rows == ((0, 0.123, 1e30),)


# Words


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (((1, 1), (1, 1)), "every entry is wrong."),
        (((0, 0), (1, 1)), "row 1 is wrong, all else is right."),
        (((1, 0, 1), (1, 0, 1)), "columns 0, 2 are wrong, all else is right."),
        (((0, 1, 1), (0, 0, 0)), "2 of 6 entries are wrong, all in row 0."),
        (((0, 1), (0, 1), (0, 0)), "2 of 6 entries are wrong, all in column 1."),
        (((1, 0), (0, 1)), "2 of 4 entries are wrong."),
        (((0, 1, 0),), "entry 1 is wrong, all else is right."),
        (((1, 0) * 10,), "10 entries are wrong, all else is right."),
        (((0, 0),), "all are right."),
    ],
)
def test_a_heat_map_says_where_the_errors_are(rows: Any, says: str) -> None:
    assert in_words(HeatMap("dw", rows)).endswith(f": {says}")


@pytest.mark.parametrize(
    ("got", "says"),
    [
        ((3.0, 2.0, 1.0), "They are the same throughout."),
        ((3.0, 2.5, 1.1), "They are furthest apart at step 2: 2.5 beside 2."),
        ((3.0, None, 9.0), "At step 2 yours is not finite."),
        ((), "There is nothing to compare."),
    ],
)
def test_a_curve_says_where_it_leaves_the_reference(got: Any, says: str) -> None:
    assert in_words(Curve("loss", got, (3.0, 2.0, 1.0))).endswith(says)


# Whatever the numbers are

HUGE = (1e308, -1e308, 5e-324)
HOSTILE: list[Picture] = [
    Curve("std", (1e-300, None, 1e300), (1.0, 1.0, 1.0), along="layer"),
    Curve("mean", (0.5,) * 500, (1e308,) * 500, 1e-9, -5, "p"),
    Curve("</svg><script>$\\frac{", (1.0,), (1.0,), along="<b>&\x1b\u202e雪\U0001f600$^$" * 99),
    Boundary("none", (), (), (), ()),
    Boundary("huge", (HUGE[:2], (0.0, 0.0)), (0, 1), (HUGE, (0.0, 0.0, 1e308)), (HUGE,) * 12),
    Boundary("same", ((1.0, 1.0),) * 500, (1,) * 500, (None,) * 12, ((0.0, 0.0, 0.0),)),
    Boundary("tiny", SQUARE, (0, 1), ((5e-324, 0.0, 0.0),), ((1.0, -1.0, 0.0),)),
    HeatMap("$x_1$</text><script>", ((1e30, 0.0), (5e-324, 1.0))),
    HeatMap("long", ((0.5,) * 333,)),
    HeatMap("tall", ((0.5,),) * 333),
    HeatMap("one", ((0.0,),)),
]


class Tags(HTMLParser):
    """The tags of an SVG."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)


@pytest.mark.parametrize("picture", [AND, *HOSTILE], ids=lambda picture: picture.name[:5])
def test_any_picture_can_be_drawn(picture: Picture) -> None:
    """Harmlessly, in bounded size and in the page's own colours alone."""
    svg = draw(picture, "figure-1")
    drawn = {"svg", "defs", "g", "path", "use", "text", "rect", "clippath", "tspan"}
    assert Tags(svg).found <= drawn
    assert not {"nan", "inf"} & set(
        re.findall(r"[a-z]+", " ".join(re.findall(r' d="([^"]*)"', svg)))
    )
    assert set(re.findall(r"(?:fill|stroke): ([^;\"]+)", svg)) <= {
        "none", "currentColor", "var(--got)", "var(--expected)", "var(--page)",
    }  # fmt: skip
    assert len(svg) < 250_000
    assert all(c.isprintable() or c == "\n" for c in svg)
