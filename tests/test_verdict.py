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
from grader.verdict import SCHEMA, CheckResult, Curve, Status, Verdict

DOCUMENT_KEYS = ["schema", "exercise", "submission", "digest", "seed", "score", "max_score"]
DOCUMENT_KEYS += ["sandbox", "seconds", "checks"]
CHECK_KEYS = ["id", "title", "task", "status", "points", "max_points", "message"]
CHECK_KEYS += ["counterexample", "diagnosis", "hidden", "seconds"]
CURVE_KEYS = ["name", "every", "got", "expected"]

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
    every=st.integers(1, 10**6),
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
    curves=st.lists(curves, max_size=2).map(tuple),
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
    assert [*CHECK_KEYS, "curves"] == list(check_schema["properties"])


def watched(**change: Any) -> dict[str, Any]:
    """Return the document of a verdict with one curve, changed."""
    curve = Curve("loss", (0.5, None), (0.5, 0.25))
    check = CheckResult("c", "T.", "f", Status.FAILED, 2, curves=(curve,))
    document = Verdict("exercise1", "p.py", "0" * 64, 0, "confined", (check,)).to_dict()
    document["checks"][0]["curves"][0].update(change)
    return document


def test_curves_stand_in_the_document_only_where_there_are_some() -> None:
    """After the keys that every check has, with null for what was not finite."""
    (check,) = watched()["checks"]
    assert list(check) == [*CHECK_KEYS, "curves"]
    assert list(check["curves"][0]) == CURVE_KEYS == schema["$defs"]["curve"]["required"]
    assert check["curves"][0]["got"] == [0.5, None]
    validator.validate(watched())


@pytest.mark.parametrize(
    "change", [{"every": 0}, {"got": ["0.5"]}, {"got": [0.5] * 501}, {"expected": None}, {"x": 1}]
)
def test_the_schema_refuses_a_curve(change: dict[str, Any]) -> None:
    """Other keys, texts, and more points than a picture needs."""
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(watched(**change))


def test_the_schema_refuses_an_empty_list_of_curves() -> None:
    """No curves, no key."""
    document = watched()
    document["checks"][0]["curves"] = []
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
