"""A verdict and its document say the same, and the document keeps to its schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # ships no type information
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import grader.verdict
from grader.pictures import Boundary, Curve, HeatMap, Picture, to_dict
from grader.verdict import SCHEMA, CheckResult, Status, Verdict

DOCUMENT_KEYS = ["schema", "exercise", "submission", "digest", "seed", "score", "max_score"]
DOCUMENT_KEYS += ["sandbox", "seconds", "checks"]
CHECK_KEYS = ["id", "title", "task", "status", "points", "max_points", "message"]
CHECK_KEYS += ["counterexample", "diagnosis", "hidden", "seconds"]

schema = json.loads(Path(grader.verdict.__file__).with_name("verdict.schema.json").read_text())
validator = jsonschema.Draft202012Validator(schema)

seconds = st.integers(0, 10**8).map(lambda n: n / 10**4)
names = st.text(min_size=1)
points = st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), max_size=5)
curves = st.builds(
    Curve,
    name=st.text(),
    got=points.map(tuple),
    expected=points.map(tuple),
    every=st.integers(1, 10**6) | st.floats(1e-3, 1e3),
    first=st.integers(-9, 9) | st.floats(-1e3, 1e3),
    along=st.text(),
)
numbers = st.floats(allow_nan=False, allow_infinity=False)
lines = st.lists(st.none() | st.tuples(numbers, numbers, numbers), max_size=12).map(tuple)
boundaries = st.builds(
    Boundary,
    name=st.text(),
    points=st.lists(st.tuples(numbers, numbers), max_size=5).map(tuple),
    labels=st.lists(st.integers(0, 1), max_size=5).map(tuple),
    got=lines,
    expected=lines,
)
heat_maps = st.builds(
    HeatMap,
    name=st.text(),
    rows=st.lists(st.tuples(*[st.floats(0, 1e30)] * 3), min_size=1, max_size=4).map(tuple),
)
checks = st.builds(
    CheckResult,
    id=names,
    title=st.text(),
    task=st.text(),
    status=st.sampled_from(Status),
    max_points=st.integers(0, 100),
    message=st.none() | st.text(),
    counterexample=st.none() | st.text(),
    diagnosis=st.none() | st.text(),
    hidden=st.booleans(),
    seconds=seconds,
    pictures=st.lists(curves | boundaries | heat_maps, max_size=4).map(tuple),
)
verdicts = st.builds(
    Verdict,
    exercise=names,
    submission=st.text(),
    digest=st.binary(min_size=32, max_size=32).map(bytes.hex),
    seed=st.integers(0, 2**64),
    sandbox=st.sampled_from(["confined", "limited", "separate"]),
    checks=st.lists(checks, max_size=5).map(tuple),
    seconds=seconds,
)


def verdict(*statuses: Status) -> Verdict:
    """Make a verdict with a two-point check of each status."""
    graded = tuple(CheckResult(f"c{n}", "T.", "f", s, 2) for n, s in enumerate(statuses))
    return Verdict("exercise1", "perceptron.py", "0" * 64, 0, "confined", graded)


@settings(derandomize=True, database=None, deadline=None)
@given(verdicts)
def test_every_verdict_keeps_to_the_schema_and_comes_back_the_same(verdict: Verdict) -> None:
    """What is written validates, and reading it gives the same record."""
    validator.validate(verdict.to_dict())
    assert verdict == Verdict.from_json(verdict.to_json())


def test_the_schema_is_a_valid_schema() -> None:
    """The schema keeps to JSON Schema 2020-12."""
    jsonschema.Draft202012Validator.check_schema(schema)


def test_keys_have_their_order() -> None:
    """Document and schema list the same keys in the same order."""
    document = verdict(Status.PASSED).to_dict()
    check_schema = schema["$defs"]["check"]
    assert DOCUMENT_KEYS == list(document) == schema["required"] == list(schema["properties"])
    (check,) = document["checks"]
    assert CHECK_KEYS == list(check) == check_schema["required"]
    assert [*CHECK_KEYS, "pictures"] == list(check_schema["properties"])


CURVE = Curve("loss", (0.5, None), (0.5, 0.25))
BOUNDARY = Boundary("AND", ((0.0, 1.0),), (1,), ((1.0, 2.0, -1.0), None), ((1.0, 1.0, 0.0),))
HEAT_MAP = HeatMap("dw", ((0.0, 0.5),))


def shown(picture: Picture, **change: Any) -> dict[str, Any]:
    """Return the document of a verdict with one picture, changed."""
    check = CheckResult("c", "T.", "f", Status.FAILED, 2, pictures=(picture,))
    document = Verdict("exercise1", "p.py", "0" * 64, 0, "confined", (check,)).to_dict()
    document["checks"][0]["pictures"][0].update(change)
    return document


@pytest.mark.parametrize(
    ("kind", "picture"), [("curve", CURVE), ("boundary", BOUNDARY), ("heat_map", HEAT_MAP)]
)
def test_pictures_stand_in_the_document_only_where_there_are_some(
    kind: str, picture: Picture
) -> None:
    """After the keys that every check has, each with its kind and the schema's keys in order."""
    document = shown(picture)
    (check,) = document["checks"]
    assert list(check) == [*CHECK_KEYS, "pictures"]
    assert check["pictures"][0]["kind"] == kind
    assert list(check["pictures"][0]) == schema["$defs"][kind]["required"]
    validator.validate(document)


def test_what_was_not_finite_is_null() -> None:
    """JSON has no NaN."""
    assert to_dict(CURVE)["got"] == [0.5, None]
    assert to_dict(BOUNDARY)["got"] == [[1.0, 2.0, -1.0], None]


@pytest.mark.parametrize(
    ("picture", "change"),
    [
        (CURVE, {"every": 0}),
        (CURVE, {"got": ["0.5"]}),
        (CURVE, {"got": [0.5] * 501}),
        (CURVE, {"expected": None}),
        (CURVE, {"x": 1}),
        (CURVE, {"kind": "boundary"}),
        (CURVE, {"kind": "pie"}),
        (BOUNDARY, {"got": [[1.0, 2.0]]}),
        (BOUNDARY, {"got": [[1.0, 2.0, 3.0]] * 13}),
        (BOUNDARY, {"labels": [2]}),
        (BOUNDARY, {"points": [[0.0, 1.0]] * 501}),
        (HEAT_MAP, {"rows": []}),
        (HEAT_MAP, {"rows": [[-1.0]]}),
        (HEAT_MAP, {"rows": [[0.0] * 334]}),
        (HEAT_MAP, {"rows": [[None]]}),
    ],
)
def test_the_schema_refuses_a_picture(picture: Picture, change: dict[str, Any]) -> None:
    """Other kinds and keys, texts, and more numbers than a picture needs."""
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(shown(picture, **change))


@pytest.mark.parametrize("count", [0, 5])
def test_the_schema_refuses_an_empty_list_of_pictures_and_a_long_one(count: int) -> None:
    """No pictures, no key; four are enough."""
    document = shown(CURVE)
    document["checks"][0]["pictures"] *= count
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(document)


def test_the_schema_knows_the_statuses_and_its_own_name() -> None:
    """Neither can change in one of the two places alone."""
    assert schema["$defs"]["check"]["properties"]["status"]["enum"] == [s.value for s in Status]
    assert schema["properties"]["schema"]["const"] == SCHEMA


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("document", {"grade": 1.0}),
        ("document", {"schema": "grader/verdict/v2"}),
        ("document", {"score": 0.5}),
        ("document", {"score": -1}),
        ("document", {"sandbox": "none"}),
        ("document", {"digest": "00"}),
        ("check", {"note": ""}),
        ("check", {"status": "error"}),
        ("check", {"points": 2}),
        ("check", {"message": 1}),
        ("check", {"hidden": 0}),
    ],
)
def test_the_schema_refuses(where: str, change: dict[str, Any]) -> None:
    """Another key, type or value, and points for a check that did not pass, are refused."""
    document = verdict(Status.FAILED).to_dict()
    validator.validate(document)
    (document if where == "document" else document["checks"][0]).update(change)
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(document)


@pytest.mark.parametrize("key", [*DOCUMENT_KEYS, *(f"checks.{key}" for key in CHECK_KEYS)])
def test_the_schema_misses_each_key(key: str) -> None:
    """No key may be left out."""
    document = verdict(Status.PASSED).to_dict()
    holder = document["checks"][0] if key.startswith("checks.") else document
    del holder[key.removeprefix("checks.")]
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(document)


def test_only_a_passed_check_has_points() -> None:
    """Every other status scores nothing."""
    assert verdict(*Status).score == 2


def test_a_skipped_check_does_not_count() -> None:
    """What cannot be graded here is no point lost."""
    done = verdict(Status.PASSED, Status.SKIPPED)
    assert (done.score, done.max_score, done.exit_code) == (2, 2, 0)


@pytest.mark.parametrize(
    ("statuses", "exit_code"),
    [
        ([Status.PASSED], 0),
        ([Status.PASSED, Status.FAILED], 1),
        ([Status.NOT_IMPLEMENTED], 1),
        ([Status.TIMEOUT], 1),
        ([Status.CRASHED], 1),
        ([Status.PASSED, Status.GRADER_ERROR], 3),
        ([Status.FAILED, Status.GRADER_ERROR], 3),
    ],
)
def test_exit_codes(statuses: list[Status], exit_code: int) -> None:
    """0 for full marks, 1 for less, 3 where the grader failed."""
    assert verdict(*statuses).exit_code == exit_code


@pytest.mark.parametrize(
    "text", ["", "{", "null", "[]", "3", "{}", '{"schema": "grader/verdict/v0"}']
)
def test_another_document_is_refused(text: str) -> None:
    """What is not a verdict is a ValueError, whatever it is."""
    with pytest.raises(ValueError, match=r"verdict/v1|line 1"):
        Verdict.from_json(text)


def test_hostile_text_stays_ascii() -> None:
    """Escape sequences, bidirectional marks and lone surrogates are only ever JSON escapes."""
    hostile = CheckResult("a", "A.", "f", Status.FAILED, 1, message="\x1b[2J\u202e\ud800\x9b")
    written = Verdict("exercise1", "x.py", "0" * 64, 0, "limited", (hostile,)).to_json()
    assert written.replace("\n", "").isascii()
    assert written.replace("\n", "").isprintable()
    assert Verdict.from_json(written).checks == (hostile,)
