"""Compare what the learner's code gave with what it should give, and say how they differ.

A value of the learner's may be anything, and may lie. So it is recognised by its exact type and
never asked: no `isinstance` (which believes `__class__`), no `==`, no attribute of its own.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NoReturn, TypeGuard

import numpy as np
import numpy.typing as npt

from grader.errors import LearnerRaised, Mismatch
from grader.margins import note

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "as_array",
    "assert_close",
    "assert_equal",
    "assert_integers",
    "assert_on_gpu",
    "assert_quiet",
    "assert_raises",
    "assert_unchanged",
    "fail",
    "unpack",
]


NUMBERS = frozenset({bool, int, float} | {np.dtype(code).type for code in "?bBhHiIlLqQefdg"})
MAX_DEPTH = 16
SHOWN_WHOLE = 12  # entries; larger arrays are abbreviated


def fail(message: str) -> NoReturn:
    """End the check as failed; `message` is what the learner reads.

    >>> fail("the two rows should differ")
    Traceback (most recent call last):
    grader.errors.Mismatch: the two rows should differ
    """
    raise Mismatch(message)


def as_array(
    got: object, shape: tuple[int, ...] | None = None, name: str = "result"
) -> npt.NDArray[np.float64]:
    """Read the learner's value as finite float64 numbers, a copy.

    Arrays, NumPy scalars, Python numbers and rectangular nested lists or tuples of these will do;
    a bool counts as 0 or 1. The shape `()` takes any scalar or 0-d array, but not `(1,)`. Anything
    else, NaN, inf or another shape raises Mismatch.

    >>> as_array([(1, 2), (3, 4)], (2, 2))
    array([[1., 2.],
           [3., 4.]])
    >>> as_array(None, (3,), name="w")
    Traceback (most recent call last):
    grader.errors.Mismatch: w: expected an array of shape (3,), got None
    """
    values = _as_floats(_numbers(got, shape, name))
    bad = ~np.isfinite(values)
    if bad.any():
        first = _worst(bad)
        rest = f" at {_index(first)} ({_count(bad)} are NaN or inf)" if values.ndim else ""
        fail(f"{name}: expected finite numbers, got {values[first]}{rest}")
    return values


def assert_close(
    got: object,
    expected: object,
    *,
    rtol: float = 1e-9,
    atol: float = 1e-12,
    name: str = "result",
) -> None:
    """Raise Mismatch unless every |got − expected| is at most atol + rtol·max|expected|.

    The scale is that of the whole array, because rounding is: an entry that cancels to nearly 0
    keeps the rounding of the large terms that it came from, so a bound relative to that entry alone
    would refuse right answers that sum in another order. `rtol` leaves float64 six digits for
    that. An inf in `expected` must be met exactly; a NaN matches nothing; shapes must be equal,
    nothing broadcasts.

    Where `expected` is a list or tuple of arrays (or of pairs, or of rows of different lengths)
    the items are compared one by one, and a list is as good as a tuple. Where `expected` came
    from the learner too, as in a law f(x) = f(y), it may be unusable: that is a Mismatch as well.
    Such a law says nothing about the shape; give that to `as_array`.

    >>> assert_close([0.1 + 0.2, 1], [0.3, 1.0])
    >>> assert_close((1.0, [2.0, 4.0]), (1.0, np.array([1.0, 2.0])), name="grads")
    Traceback (most recent call last):
    grader.errors.Mismatch: grads[1]: both entries are wrong, off by up to 2
      expected  [1, 2]
      got       [2, 4]
      worst at [1]: expected 2, got 4
      Every entry is 2 × the expected one.
    """
    if _is_collection(expected):
        items = unpack(got, len(expected), name)
        for i, (item, wanted) in enumerate(zip(items, expected, strict=True)):
            assert_close(item, wanted, rtol=rtol, atol=atol, name=f"{name}[{i}]")
        return
    want = _as_floats(_expected(expected, name))
    numbers = _numbers(got, want.shape, name)
    values = _as_floats(numbers)
    finite = np.isfinite(want)
    tolerance = atol + rtol * np.abs(want[finite]).max(initial=0.0)
    with np.errstate(all="ignore"):
        error = np.abs(values - want)
        close = error <= tolerance  # never so for NaN
    note(float(error[finite].max(initial=0.0)), float(tolerance))
    wrong = ~np.where(finite, close, values == want)
    if wrong.any():
        fail(_difference(name, values, want, wrong, _relation(values, want, numbers.dtype)))


def assert_equal(got: object, expected: object, name: str = "result") -> None:
    """Raise Mismatch unless `got` is exactly `expected`: integers, bools, strings or None.

    Numbers are equal by value, so NumPy scalars, 0-d arrays, True for 1 and 3.0 for 3 will do;
    `assert_integers` is for where the type matters. Lists, tuples and arrays of numbers are equal
    where shapes and all entries are.

    >>> assert_equal(np.int64(3), 3)
    >>> assert_equal("tanh", "relu", name="best activation")
    Traceback (most recent call last):
    grader.errors.Mismatch: best activation: expected the string 'relu', got the string 'tanh'
    """
    if expected is None or type(expected) is str:
        if type(got) is not type(expected) or got != expected:
            fail(f"{name}: expected {describe(expected)}, got {describe(got)}")
        return
    want = _expected(expected, name)
    values = _numbers(got, want.shape, name)
    wrong = values != want
    if wrong.any():
        fail(_difference(name, _as_floats(values), _as_floats(want), wrong, ""))


def assert_integers(got: object, name: str = "result") -> npt.NDArray[np.int64]:
    """Read the learner's value as integers, of any shape; floats and bools raise Mismatch.

    >>> assert_integers((0, 2, 1))
    array([0, 2, 1])
    >>> assert_integers([0.0, 1.0], "labels")
    Traceback (most recent call last):
    grader.errors.Mismatch: labels: expected integers, got numbers of type float64
    """
    values = _numbers(got, None, name)
    if values.size and values.dtype.kind not in "iu":
        fail(f"{name}: expected integers, got numbers of type {values.dtype}")
    if values.dtype == np.uint64 and values.max(initial=0) > np.iinfo(np.int64).max:
        fail(f"{name}: expected integers, got one too large for int64")
    return values.astype(np.int64)


def unpack(got: object, n: int, name: str = "result") -> tuple[Any, ...]:
    """Return the items of a tuple or list of exactly `n`, else Mismatch; `name` may list them.

    >>> dx, dw = unpack([1.0, 2.0], 2)
    >>> unpack(None, 3, "dx, dw, db")
    Traceback (most recent call last):
    grader.errors.Mismatch: expected 3 values (dx, dw, db), got None
    """
    if is_sequence(got) and len(got) == n:
        return tuple(got)
    names = name.strip("()").split(", ")
    if len(names) == n > 1 and all(map(str.isidentifier, names)):
        fail(f"expected {n} values ({', '.join(names)}), got {describe(got)}")
    fail(f"{name}: expected a tuple or list of {_items(n)}, got {describe(got)}")


def assert_raises(
    error: type[Exception], function: Callable[..., object], *args: Any, **kwargs: Any
) -> None:
    """Raise Mismatch unless the call of the learner's function raises `error` or a subclass.

    >>> assert_raises(ValueError, lambda x: x, 2.0)
    Traceback (most recent call last):
    grader.errors.Mismatch: expected ValueError, but the call returned the number 2
    """
    try:
        outcome = f"the call returned {describe(function(*args, **kwargs))}"
    except LearnerRaised as raised:
        if error.__name__ in raised.names:
            return
        outcome = printable(str(raised), 200)
    fail(f"expected {error.__name__}, but {outcome}")


def assert_unchanged(student: Any) -> None:
    """Raise Mismatch if the last call changed one of its arguments in place.

    >>> from types import SimpleNamespace as Record
    >>> assert_unchanged(Record(last_call=Record(function="relu", changed=("z",))))
    Traceback (most recent call last):
    grader.errors.Mismatch: relu changed its argument z in place; leave the caller's arrays as ...
    """
    call = student.last_call
    if call.changed:
        names = printable(" and ".join(call.changed))
        plural = "s" if len(call.changed) > 1 else ""
        fail(
            f"{printable(call.function)} changed its argument{plural} {names} in place; "
            "leave the caller's arrays as they are"
        )


def assert_quiet(student: Any) -> None:
    """Raise Mismatch if NumPy or Python warned in the last call.

    >>> from types import SimpleNamespace as Record
    >>> warnings = ("RuntimeWarning: overflow encountered in exp",)
    >>> assert_quiet(Record(last_call=Record(function="sigmoid", warnings=warnings)))
    Traceback (most recent call last):
    grader.errors.Mismatch: sigmoid warned: RuntimeWarning: overflow encountered in exp
    """
    call = student.last_call
    if call.warnings:
        more = f" (and {len(call.warnings) - 1} more)" if len(call.warnings) > 1 else ""
        fail(f"{printable(call.function)} warned: {printable(call.warnings[0], 120)}{more}")


def assert_on_gpu(student: Any) -> None:
    """Raise Mismatch unless the last call returned arrays, all of them in the GPU's memory.

    >>> from types import SimpleNamespace as Record
    >>> assert_on_gpu(Record(last_call=Record(function="matmul", places=("host",))))
    Traceback (most recent call last):
    grader.errors.Mismatch: matmul returned an array in the computer's memory, though its ...
    """
    call = student.last_call
    if "host" in call.places:
        fail(
            f"{printable(call.function)} returned an array in the computer's memory, though its "
            "arguments were on the GPU; somewhere on the way, NumPy made or computed it"
        )
    if not call.places:
        fail(f"{printable(call.function)} should return an array on the GPU, and returned none")


def is_sequence(value: object) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    """Tell whether a value is a list or tuple, and no subclass of either.

    >>> is_sequence([1, 2]), is_sequence(np.zeros(2))
    (True, False)
    """
    return type(value) in (list, tuple)


def describe(value: object) -> str:
    """Name a value of the learner's in a few words that are safe to print.

    >>> describe([1, 2]), describe(np.zeros((2, 3))), describe(2.5)
    ('a list of 2 items', 'an array of shape (2, 3)', 'the number 2.5')
    """
    kind = type(value)
    if value is None or kind in (bool, np.bool_):
        return str(value)
    if type(value) is int and value.bit_length() > 1000:  # no float holds it
        return "a huge integer"
    if kind in NUMBERS:
        return f"the number {value:.6g}"
    if type(value) is str:
        return f"the string {printable(repr(value[:60]))}"
    if is_sequence(value) or type(value) is dict:
        return f"a {kind.__name__} of {_items(len(value))}"
    if type(value) is np.ndarray:
        if value.dtype.kind in "biuf":
            return f"an array of shape {value.shape}"
        return f"an array of type {printable(value.dtype.name)}"
    try:  # past the value's own __getattribute__: a remote object carries its class's name
        type_name = object.__getattribute__(value, "type_name")
    except AttributeError:
        type_name = kind.__name__
    return f"an object of type {printable(type_name) if type(type_name) is str else kind.__name__}"


def printable(text: str, limit: int = 60) -> str:
    r"""Put a text on one line without control characters, cut at `limit` characters.

    >>> printable("two\nlines\x1b[31m")
    'two lines [31m'
    """
    line = "".join(char if char.isprintable() else " " for char in text[: limit + 1])
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _items(n: int) -> str:
    return "1 item" if n == 1 else f"{n} items"


def _numbers(got: object, shape: tuple[int, ...] | None, name: str) -> npt.NDArray[Any]:
    """Read the learner's numbers in their own dtype, or fail with the shape asked for."""
    wanted = "an array of numbers"
    if shape is not None:
        wanted = f"an array of shape {shape}" if shape else "a number"
    values = _read(got)
    if isinstance(values, str):
        fail(f"{name}: expected {wanted}, got {values}")
    if shape is not None and values.shape != shape:
        came = f"shape {values.shape}"
        if not shape or not values.ndim:
            came = describe(got)
        fail(f"{name}: expected {wanted}, got {came}{_shape_relation(values.shape, shape)}")
    return values


def _expected(expected: object, name: str) -> npt.NDArray[Any]:
    values = _read(expected)
    if isinstance(values, str):
        fail(f"{name}: there is nothing to compare it with, only {values}")
    if values.dtype.kind == "f" and np.isnan(values).any():
        fail(f"{name}: there is nothing to compare it with: that value is NaN too")
    return values


def _read(value: object, depth: int = 0) -> npt.NDArray[Any] | str:
    """Return the numbers in `value`, or words for what it is instead."""
    if type(value) is np.ndarray:
        return value if value.dtype.kind in "biuf" else describe(value)
    if type(value) in NUMBERS:
        return _pack(value)
    if not is_sequence(value):
        return describe(value)
    if all(type(item) in NUMBERS for item in value):
        return _pack(value)
    if depth == MAX_DEPTH:
        return f"lists more than {MAX_DEPTH} deep"
    rows = []
    for item in value:
        row = _read(item, depth + 1)
        if isinstance(row, str):
            return row if depth else f"{describe(value)}, one of them {row}"
        rows.append(row)
    shapes = sorted({row.shape for row in rows})
    if len(shapes) > 1:
        return f"rows of different shapes, {shapes[0]} and {shapes[1]}"
    if len(shapes[0]) > MAX_DEPTH:
        return f"an array of more than {MAX_DEPTH} axes"
    return np.stack(rows)


def _pack(numbers: Any) -> npt.NDArray[Any] | str:
    packed = np.array(numbers)
    if packed.dtype != object:
        return packed
    try:  # Python integers beyond int64
        return packed.astype(np.float64)
    except OverflowError:
        return "an integer too large for float64"


def _as_floats(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    with np.errstate(all="ignore"):  # a long double may overflow: the inf is refused later
        return values.astype(np.float64)


def _is_collection(value: object) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    """Tell whether `value` is a list of arrays or a ragged one, rather than one array's numbers."""
    if not is_sequence(value):
        return False
    if any((type(item) is np.ndarray and item.ndim) or _is_collection(item) for item in value):
        return True
    return isinstance(_read(value), str)


def _shape_relation(got: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    if got == wanted[::-1]:
        return "\n  That is the shape of the transpose."
    if [n for n in got if n != 1] == [n for n in wanted if n != 1]:
        return f"\n  It has an axis of length 1 too {'many' if len(got) > len(wanted) else 'few'}."
    return ""


def _worst(error: npt.NDArray[Any]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(np.argmax(error), error.shape))


def _index(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]"


def _count(wrong: npt.NDArray[np.bool_]) -> str:
    n = int(np.count_nonzero(wrong))
    if n == wrong.size:
        return {1: "its only entry", 2: "both entries"}.get(n, f"all {n} entries")
    return f"{n} of {wrong.size} entries"


def _difference(
    name: str,
    got: npt.NDArray[np.float64],
    want: npt.NDArray[np.float64],
    wrong: npt.NDArray[np.bool_],
    relation: str,
) -> str:
    """Write the learner's text for two arrays of one shape that differ where `wrong`."""
    with np.errstate(all="ignore"):
        error = np.where(wrong, np.abs(got - want), 0.0)
    worst = _worst(error)  # a NaN, where there is one
    a, b = float(want[worst]) + 0.0, float(got[worst]) + 0.0  # + 0.0: no minus before a zero
    digits = next((d for d in range(6, 17) if f"{a:.{d}g}" != f"{b:.{d}g}"), 17)
    one = np.count_nonzero(wrong) == 1
    off = f", off by {'' if one else 'up to '}{error[worst]:.3g}"
    if not 0 < error[worst] < np.inf:  # NaN, or integers that no float tells apart
        off = ""
    if got.size == 1:
        lines = [f"{name}: wrong value{off}", *_two_lines(want, got, digits)]
    else:
        lines = [f"{name}: {_count(wrong)} {'is' if one else 'are'} wrong{off}"]
        if got.ndim <= 2 or got.size <= SHOWN_WHOLE:
            lines += _two_lines(want, got, digits)
        at = f"{'' if one else 'worst '}at {_index(worst)}"
        lines.append(f"  {at}: expected {a:.{digits}g}, got {b:.{digits}g}")
    return "\n".join([*lines, f"  {relation}"] if relation else lines)


def _two_lines(
    want: npt.NDArray[np.float64], got: npt.NDArray[np.float64], digits: int
) -> list[str]:
    """Show both arrays, abbreviated where large, with their columns under each other."""
    labels = ("  expected  ", "  got       ")

    def text(values: npt.NDArray[np.float64], width: int) -> str:
        whole = values.size <= SHOWN_WHOLE and max(values.shape[:-1], default=0) <= 6
        return np.array2string(
            values + 0.0,
            formatter={"all": lambda value: f"{value:{width}.{digits}g}"},
            threshold=values.size if whole else 0,
            edgeitems=2,
            separator=", ",
            prefix=labels[0],
            max_line_width=79,
        )

    words = re.findall(r"[^][,\s]+", text(want, 0) + text(got, 0))
    width = max(map(len, words), default=0) if got.ndim else 0
    return [label + text(values, width) for label, values in zip(labels, (want, got), strict=True)]


def _relation(
    got: npt.NDArray[np.float64], want: npt.NDArray[np.float64], dtype: np.dtype[Any]
) -> str:
    """Name a simple law that turns `want` into `got` in a sentence, or say nothing."""
    broken = ~np.isfinite(got) & np.isfinite(want)
    if broken.any():
        return f"NaN or inf: {_count(broken)}." if got.size > 1 else ""
    scale = np.abs(want).max(initial=0.0)
    if scale == 0 or not np.isfinite(want).all():
        return ""
    with np.errstate(all="ignore"):
        got, want = got / scale, want / scale
        if not np.isfinite(got).all():
            return ""
        k = float(np.sum(got * want) / np.sum(want * want))
        error = np.abs(got - want)
        short = dtype in (np.float16, np.float32)
        if not short:  # of each entry: a wrong one may be small beside the others
            error = np.where(error > 0, error / np.abs(want), 0.0)

    def same(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> bool:
        return bool(np.all(np.abs(a - b) <= 1e-6 * np.abs(b) + 1e-12 * np.abs(b).max()))

    if error.max() < 1e-4:
        digits = math.floor(-math.log10(max(error.max(), 1e-16)))
        why = f": yours is {dtype}, not float64" if short else ""
        return f"It is right to about {digits} digits only{why}."
    if want.ndim == 2 and want.shape == want.T.shape and same(got, want.T):
        return "It is the transpose of what is expected."
    if not got.any():
        return "It is zero everywhere." if got.size > 1 else ""
    if same(got, k * want):
        return _times(k, want * scale)
    if same(np.abs(got), np.abs(want)):
        return f"The sizes are right; the sign is flipped in {_count(got * want < 0)}."
    offset = got - want
    if got.size > 1 and np.ptp(offset) <= 1e-6 * np.abs(offset).max():
        amount = float(offset.flat[0] * scale)
        return f"Every entry is {abs(amount):.6g} too {'large' if amount > 0 else 'small'}."
    return ""


def _times(k: float, want: npt.NDArray[np.float64]) -> str:
    """Say that got = k·want, or nothing where any two numbers would have such a k."""
    if abs(k + 1) < 1e-6:
        return "Every sign is flipped." if want.size > 1 else "Its sign is flipped."
    if abs(k - 1) < 1e-6 or not 1e-9 < abs(k) < 1e9:
        return ""
    ratio = max(abs(k), 1 / abs(k))
    n = round(ratio)
    whole = abs(ratio - n) <= 1e-6 * ratio and (1 < n <= 1000 or n == want.size)
    axes = [f"axis {axis} has length {n}" for axis, length in enumerate(want.shape) if length == n]
    axes += [f"the array has {n} entries"] * (n == want.size)
    sizes = np.unique(np.abs(want[want != 0]))
    if sizes.size == 1:  # 7 for 1 is chance; 32 times 0.693147… is none
        telling = round(float(sizes[0]), 3) != sizes[0]
        if not whole or not (n == 2 or axes or telling):
            return ""
    times = f"{abs(k):.6g}"
    if whole:
        times = f"{n}" if abs(k) > 1 else f"1/{n}"
    note = f"; {axes[0]}" if whole and n > 2 and axes else ""
    subject = "Every entry" if want.size > 1 else "It"
    return f"{subject} is {'−' * (k < 0)}{times} × the expected one{note}."
