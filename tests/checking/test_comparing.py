"""Comparing accepts right answers in any style, refuses all others, and says exactly why."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from grader.checking.comparing import (
    as_array,
    assert_close,
    assert_equal,
    assert_integers,
    assert_quiet,
    assert_raises,
    assert_unchanged,
    describe,
    fail,
    printable,
    unpack,
)
from grader.errors import LearnerRaised, Mismatch, NotImplementedYet

X = np.array([[0.5, -1.25, 2.0], [3.5, 0.75, -0.1]])


REMOTE = SimpleNamespace(type_name="matrix")


class Liar:
    """Claims to be an array that equals everything, and notices being asked."""

    type_name = "matrix"
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        """Lie."""
        return True

    def __getattribute__(self, name: str) -> Any:
        """Notice `__class__`, which isinstance asks for, and all the others."""
        pytest.fail(f"the comparison asked the value for its {name}")


class Subclass(np.ndarray[Any, Any]):
    """An ndarray with operators of its own."""


def refusal(call: Any, *args: Any, **kwargs: Any) -> str:
    """Return what the learner reads."""
    with pytest.raises(Mismatch) as caught:
        call(*args, **kwargs)
    return str(caught.value)


STYLES = [
    X,
    X.tolist(),
    tuple(map(tuple, X.tolist())),
    list(X),
    [list(map(np.float64, row)) for row in X],
    [[np.array(value) for value in row] for row in X],
    np.asfortranarray(X),
    X[::-1][::-1],
    X.astype(np.longdouble),
]


@pytest.mark.parametrize("style", STYLES)
def test_an_array_may_come_in_any_style(style: object) -> None:
    """Lists, tuples, scalars inside, either memory order: all are the same numbers."""
    np.testing.assert_array_equal(as_array(style, (2, 3)), X)
    assert_close(style, X)
    assert_close(style, X.tolist())


@pytest.mark.parametrize("style", [2, 2.0, np.float64(2), np.int32(2), np.array(2.0), np.array(2)])
def test_a_number_may_come_in_any_style(style: object) -> None:
    """Python numbers, NumPy scalars and 0-d arrays are the same number."""
    assert as_array(style, ()).shape == ()
    assert_close(style, 2.0)
    assert_close(style, np.array(2.0))
    assert_equal(style, 2)


def test_bools_count_as_zero_and_one() -> None:
    """A mask is as good as zeros and ones."""
    assert_close([True, False], [1.0, 0.0])
    assert_close(np.array([[True], [False]]), [[1], [0]])
    assert_equal(True, 1)
    assert_equal(np.bool_(False), 0)


def test_minus_zero_is_zero() -> None:
    """The sign of a zero is nobody's mistake, and never shown."""
    assert_close(np.array([-0.0, 0.0]), [0.0, -0.0])
    assert "-0" not in refusal(assert_close, [-0.0, 1.0], [0.0, 2.0])


def test_as_array_returns_a_copy() -> None:
    """What a check reads cannot change behind its back."""
    mine = X.copy()
    as_array(mine)[0, 0] = 9.0
    assert mine[0, 0] == 0.5


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (None, "got None"),
        ("[1, 2]", "got the string '[1, 2]'"),
        (b"12", "got an object of type bytes"),
        ({}, "got a dict of 0 items"),
        (REMOTE, "got an object of type matrix"),
        ([1.0, REMOTE], "got a list of 2 items, one of them an object of type matrix"),
        (X.view(Subclass), "got an object of type Subclass"),
        (np.ma.array([1.0, 2.0]), "got an object of type MaskedArray"),
        (np.array([1, None]), "got an array of type object"),
        (np.array([1j, 2]), "got an array of type complex128"),
        (np.array(["a"]), "got an array of type str32"),
        (1j, "got an object of type complex"),
        (np.timedelta64(1), "got an object of type timedelta64"),
        ([[1.0], [2.0, 3.0]], "got rows of different shapes, (1,) and (2,)"),
        ([1, 10**400], "got an integer too large for float64"),
        ((1.0, None), "got a tuple of 2 items, one of them None"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused_by_name(got: object, words: str) -> None:
    """The sentence names what came; the value itself is never asked."""
    assert refusal(as_array, got, (2,)) == f"result: expected an array of shape (2,), {words}"
    assert words in refusal(assert_close, got, [1.0, 2.0])
    assert words in refusal(assert_integers, got)


def test_a_value_that_lies_is_never_asked() -> None:
    """No `==`, no isinstance and no attribute of an unknown object decides anything."""
    for call, *arguments in (
        (as_array, Liar()),
        (assert_close, Liar(), 1.0),
        (assert_close, [[1.0], Liar()], [[1.0], [2.0]]),
        (assert_close, Liar(), [X, X]),
        (assert_close, 1.0, Liar()),
        (assert_equal, Liar(), 3),
        (assert_equal, Liar(), None),
        (assert_integers, Liar()),
        (unpack, Liar(), 2),
        (assert_raises, ValueError, Liar),
    ):
        assert "object of type matrix" in refusal(call, *arguments)


def test_a_list_of_great_depth_is_refused() -> None:
    """Depth ends in a sentence, not in a RecursionError."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert "more than 16 deep" in refusal(assert_close, deep, 1.0)
    assert "more than 16 axes" in refusal(as_array, [np.zeros((1,) * 17)])


@pytest.mark.parametrize(
    ("got", "shape", "words"),
    [
        (X, (3, 2), "an array of shape (3, 2), got shape (2, 3)\n  That is the shape of the tra"),
        (X[:, :1], (2,), "of shape (2,), got shape (2, 1)\n  It has an axis of length 1 too many."),
        ([1.0, 2.0], (1, 2), "got shape (2,)\n  It has an axis of length 1 too few."),
        ([1.0], (), "expected a number, got a list of 1 item\n  It has an axis of length 1 too"),
        (np.ones(1), (), "expected a number, got an array of shape (1,)\n"),
        (0.5, (3,), "expected an array of shape (3,), got the number 0.5"),
        (np.array(0.5), (1,), "expected an array of shape (1,), got an array of shape ()"),
        (X, (4,), "expected an array of shape (4,), got shape (2, 3)"),
    ],
)
def test_another_shape_is_refused_even_where_it_would_broadcast(
    got: object, shape: tuple[int, ...], words: str
) -> None:
    """Shapes must be equal, and a usual slip is named."""
    assert words in refusal(as_array, got, shape)
    assert words in refusal(assert_close, got, np.ones(shape))
    assert words in refusal(assert_equal, got, np.ones(shape))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_inf_are_refused(bad: float) -> None:
    """NaN and inf slip through no comparison."""
    assert refusal(as_array, bad, (), "loss") == f"loss: expected finite numbers, got {bad}"
    assert "at [0, 1] (1 of 2 entries are NaN or inf)" in refusal(as_array, [[1.0, bad]])
    for expected in (1.0, 0.0, 1e308):
        refusal(assert_close, bad, expected)
    refusal(assert_close, [1.0, bad], [1.0, 2.0])
    refusal(assert_equal, bad, 1)
    refusal(as_array, np.longdouble("1e4000") if np.finfo(np.longdouble).max > 1e308 else np.inf)


def test_an_expected_inf_must_be_met_exactly() -> None:
    """An inf equals inf of the same sign alone, and does not widen the tolerance of the rest."""
    assert_close([np.inf, 1.0], [np.inf, 1.0])
    for got in ([-np.inf, 1.0], [1e308, 1.0], [np.nan, 1.0], [np.inf, 1.001]):
        refusal(assert_close, got, [np.inf, 1.0])
    assert "at [1]: expected 1, got 2" in refusal(assert_equal, [np.inf, 2.0], [np.inf, 1.0])


@pytest.mark.parametrize("expected", [np.nan, [1.0, np.nan], None, REMOTE, "1", [None]])
def test_an_unusable_expected_value_never_passes(expected: object) -> None:
    """A law that compares two of the learner's values cannot be met by two broken ones."""
    assert "there is nothing to compare it with" in refusal(
        assert_close, [1.0] if expected == [None] else expected, expected
    )


def test_the_tolerance_is_that_of_the_whole_array() -> None:
    """Rounding of large terms is no mistake in an entry that cancels to 0; a real error is."""
    expected = np.array([1e6, 0.0])
    assert_close([1e6, 1e-4], expected)
    refusal(assert_close, [1e6, 1e-2], expected)
    refusal(assert_close, [0.0, 1e-11], [0.0, 0.0])
    assert_close(1.0 + 0.9e-9, 1.0)
    refusal(assert_close, 1.0 + 1.1e-9, 1.0)
    assert_close(1.1, 1.0, rtol=0.2)
    assert_close(0.1, 0.0, atol=0.2)


def test_lists_of_arrays_are_compared_item_by_item() -> None:
    """Lists and tuples are interchangeable, at every level, and the name says which item."""
    params = [(np.ones((2, 1)), np.zeros(1)), (np.ones((1, 3)), np.zeros(3))]
    assert_close([[[[1], [1]], [0]], (np.ones((1, 3)), [0, 0, 0])], params)
    wrong = [params[0], (params[1][0], np.array([0.0, 7.0, 0.0]))]
    assert refusal(assert_close, wrong, params, name="grads").startswith(
        "grads[1][1]: 1 of 3 entries is wrong, off by 7\n"
    )
    assert refusal(assert_close, params[:1], params, name="grads") == (
        "grads: expected a tuple or list of 2 items, got a list of 1 item"
    )
    refusal(assert_close, None, params)
    refusal(assert_close, (1.0, [2.0, 3.0]), [1.0, [2.0, 3.5]])


def test_the_message_shows_both_arrays_the_worst_entry_and_the_relation() -> None:
    """One glance says what was expected, what came and where they differ most."""
    assert refusal(assert_close, [[1, 3], [2, 4]], [[1, 2], [3, 4]], name="dW") == (
        "dW: 2 of 4 entries are wrong, off by up to 1\n"
        "  expected  [[1, 2],\n"
        "             [3, 4]]\n"
        "  got       [[1, 3],\n"
        "             [2, 4]]\n"
        "  worst at [0, 1]: expected 2, got 3\n"
        "  It is the transpose of what is expected."
    )
    assert refusal(assert_close, 1.5, 0.5, name="loss") == (
        "loss: wrong value, off by 1\n  expected  0.5\n  got       1.5"
    )


def test_the_message_shows_as_many_digits_as_tell_the_numbers_apart() -> None:
    """Two numbers that differ never look the same."""
    text = refusal(assert_close, 0.1 + 1e-8, 0.1)
    assert "expected  0.1\n  got       0.10000001\n" in text
    assert text.endswith("It is right to about 7 digits only.")


@pytest.mark.parametrize("shape", [(1000,), (80, 90), (2, 3, 4, 5), (40, 1), (1, 40), (12,)])
@pytest.mark.parametrize("scale", [1.0, 1e-9, 123456789.0])
def test_the_message_fits_a_small_terminal(shape: tuple[int, ...], scale: float) -> None:
    """Large arrays are abbreviated: at most 80 columns and 24 lines."""
    expected = scale * np.random.default_rng(0).normal(size=shape)
    for got in (expected + scale, 3 * expected, expected * (1 + 1e-8), np.zeros(shape)):
        lines = refusal(assert_close, got, expected, rtol=1e-12, atol=0).splitlines()
        assert max(map(len, lines)) <= 80
        assert len(lines) <= 24


GRID = np.array([[0.3, -1.7, 2.9], [0.6, 1.1, -0.4], [2.3, -0.8, 0.7], [1.9, 0.2, 0.1]])


@pytest.mark.parametrize(
    ("got", "sentence"),
    [
        (2 * GRID, "Every entry is 2 × the expected one."),
        (GRID / 2, "Every entry is 1/2 × the expected one."),
        (-2 * GRID, "Every entry is −2 × the expected one."),
        (-GRID, "Every sign is flipped."),
        (4 * GRID, "Every entry is 4 × the expected one; axis 0 has length 4."),
        (GRID / 3, "Every entry is 1/3 × the expected one; axis 1 has length 3."),
        (GRID / 12, "Every entry is 1/12 × the expected one; the array has 12 entries."),
        (32 * GRID, "Every entry is 32 × the expected one."),
        (0.9 * GRID, "Every entry is 0.9 × the expected one."),
        (0 * GRID, "It is zero everywhere."),
        (np.abs(GRID), "The sizes are right; the sign is flipped in 3 of 12 entries."),
        (GRID + 0.5, "Every entry is 0.5 too large."),
        (GRID - 0.5, "Every entry is 0.5 too small."),
        (np.where(GRID > 2, np.nan, GRID), "NaN or inf: 2 of 12 entries."),
        (GRID.astype("float32"), "right to about 7 digits only: yours is float32, not float64."),
    ],
)
def test_a_simple_relation_is_named(got: object, sentence: str) -> None:
    """A factor, a sign, an offset or a precision is a better hint than twelve numbers."""
    assert refusal(assert_close, got, GRID).endswith(sentence)


@pytest.mark.parametrize(
    ("got", "expected", "sentence"),
    [
        (2 * np.log(2), np.log(2), "It is 2 × the expected one."),
        (32 * np.log(2), np.log(2), "It is 32 × the expected one."),
        (np.log(2) / 32, np.log(2), "It is 1/32 × the expected one."),
        (6, -6, "Its sign is flipped."),
        ([6.0], [-6.0], "Its sign is flipped."),
        (GRID[:3].T, GRID[:3], "It is the transpose of what is expected."),
    ],
)
def test_a_simple_relation_of_few_numbers_is_named(
    got: object, expected: object, sentence: str
) -> None:
    """A single number has relations too, where they cannot be chance."""
    assert refusal(assert_close, got, expected).endswith(f"\n  {sentence}")


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (7.0, 1.0),
        (0.4, 1.0),
        (3.0, 0.0),
        ([0.0, 3.0], [0.0, 1.0]),
        ([1.5, 1.5, -1.5], [1.0, 1.0, -1.0]),
        (GRID + GRID**2, GRID),
        (GRID[:3] + np.eye(3), GRID[:3]),
        ([1e300, -1e300], [1e-300, 1e-300]),
        ([1e-310], [1.0]),
        ([1e6, 2.0], [1e6, 1.0]),
        ([2e6, 1.0], [1e6, 1.0]),
    ],
)
def test_no_relation_is_named_where_it_would_be_chance(got: object, expected: object) -> None:
    """A hint that fits by accident misleads, so there is none."""
    last = refusal(assert_close, got, expected).splitlines()[-1]
    assert last.startswith(("  got ", "  worst at", "  at"))


def test_equal_is_by_value_and_exact() -> None:
    """Integers, bools, strings, None and their arrays are equal or not; nothing is nearly so."""
    assert_equal(np.int64(3), 3)
    assert_equal(3.0, 3)
    assert_equal((1, np.int8(0)), np.array([1, 0]))
    assert_equal([], ())
    assert_equal("relu", "relu")
    assert_equal(None, None)
    refusal(assert_equal, 3 + 1e-9, 3)
    refusal(assert_equal, "3", 3)
    refusal(assert_equal, 0, None)
    refusal(assert_equal, 2**62 + 1, 2**62)
    assert refusal(assert_equal, REMOTE, "relu") == (
        "result: expected the string 'relu', got an object of type matrix"
    )
    assert refusal(assert_equal, [1, 0, 1], [1, 1, 1], "predictions") == (
        "predictions: 1 of 3 entries is wrong, off by 1\n"
        "  expected  [1, 1, 1]\n"
        "  got       [1, 0, 1]\n"
        "  at [1]: expected 1, got 0"
    )


@pytest.mark.parametrize("style", [[0, 2], (0, 2), np.array([0, 2], np.uint8), [np.int32(0), 2]])
def test_integers_may_come_in_any_integer_style(style: object) -> None:
    """Lists and every integer dtype are read as int64."""
    read = assert_integers(style)
    assert read.dtype == np.int64
    assert read.tolist() == [0, 2]
    assert assert_integers([]).shape == (0,)
    assert assert_integers(7).shape == ()


def test_floats_and_bools_are_no_integers() -> None:
    """A float that is whole is still a float."""
    assert "got numbers of type float64" in refusal(assert_integers, np.array([0.0, 1.0]), "labels")
    assert "got numbers of type float64" in refusal(assert_integers, [0, 1.0], "labels")
    assert "got numbers of type bool" in refusal(assert_integers, [True], "labels")
    assert "too large for int64" in refusal(assert_integers, np.array([2**63], np.uint64))


def test_unpack_wants_exactly_n_items_of_a_tuple_or_list() -> None:
    """A pair is a pair as a tuple and as a list, and nothing else."""
    assert unpack([1, 2], 2) == unpack((1, 2), 2) == (1, 2)
    assert refusal(unpack, None, 3, "dx, dw, db") == "expected 3 values (dx, dw, db), got None"
    assert refusal(unpack, (1,), 2, "(z, cache)") == (
        "expected 2 values (z, cache), got a tuple of 1 item"
    )
    assert refusal(unpack, np.ones(2), 2, "split") == (
        "split: expected a tuple or list of 2 items, got an array of shape (2,)"
    )
    refusal(unpack, (1, 2, 3), 2)
    refusal(unpack, "ab", 2)
    refusal(unpack, {0: 1, 1: 2}, 2)


def learner_raises(*names: str) -> Any:
    """Return a call in which the learner's code raises such an error."""
    error = LearnerRaised("one_hot", names, "label 3\nis outside", ())

    def call(*_args: Any, **_kwargs: Any) -> None:
        raise error

    return call


def test_raises_wants_the_named_error() -> None:
    """A subclass will do; another error, or none, will not, and is shown."""
    assert_raises(ValueError, learner_raises("ValueError", "Exception"), [3], k=3)
    assert_raises(ValueError, learner_raises("MyError", "ValueError", "Exception"))
    assert refusal(assert_raises, ValueError, learner_raises("IndexError", "LookupError")) == (
        "expected ValueError, but one_hot raised IndexError: label 3 is outside"
    )
    assert refusal(assert_raises, ValueError, lambda: X) == (
        "expected ValueError, but the call returned an array of shape (2, 3)"
    )


def test_raises_is_not_met_by_a_stub() -> None:
    """What is not written yet stays not implemented."""

    def stub() -> None:
        raise NotImplementedYet

    with pytest.raises(NotImplementedYet):
        assert_raises(Exception, stub)


def after(**call: Any) -> Any:
    """Return a student whose last call was that."""
    return SimpleNamespace(last_call=SimpleNamespace(function="relu", **call))


def test_a_changed_argument_is_named() -> None:
    """The learner reads which function changed which arguments."""
    assert_unchanged(after(changed=()))
    assert refusal(assert_unchanged, after(changed=("x", "w"))) == (
        "relu changed its arguments x and w in place; leave the caller's arrays as they are"
    )


def test_a_warning_is_shown() -> None:
    """The first warning is shown and the others counted."""
    assert_quiet(after(warnings=()))
    overflow = "RuntimeWarning: overflow encountered in exp"
    assert refusal(assert_quiet, after(warnings=(overflow, "more"))) == (
        f"relu warned: {overflow} (and 1 more)"
    )


def test_no_text_of_the_learner_reaches_the_terminal_raw() -> None:
    """Control characters, line breaks and long texts stay out of the message."""
    evil = "\x1b[2J\n\u202e" + "x" * 1000
    remote = SimpleNamespace(type_name=evil)
    for text in (
        describe(remote),
        describe(evil),
        printable(evil),
        refusal(assert_unchanged, after(changed=(evil,))),
        refusal(assert_quiet, after(warnings=(evil,))),
    ):
        assert text.isprintable()
        assert len(text) < 200
    assert describe(SimpleNamespace(type_name=3)) == "an object of type SimpleNamespace"
    assert describe(10**5000) == "a huge integer"


def test_fail_says_its_message() -> None:
    """`fail` is the way to a sentence of one's own."""
    assert refusal(fail, "the rows should differ") == "the rows should differ"
