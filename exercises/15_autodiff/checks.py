"""Checks of exercise 15: Value, reverse-mode automatic differentiation of numbers."""

import cmath
import operator

import numpy as np
from hypothesis import strategies as st

from grader.checking import as_array, assert_close, assert_quiet, check, given
from grader.errors import LearnerRaised

# Both are more than the stack of the learner's process holds, 2,500 frames: a visit that takes a
# frame for each step of the graph cannot get through. One that looks values up in a list, and so
# takes quadratic time, can.
DEPTH = 10_000
DEPTH_ONE_BY_ONE = 2_600

TINY = 1e-30  # of the complex step: so small that its square is nothing beside 1
EXACT = 1e-12  # right ways round to 2e-13 here, in 1 - tanh(4)**2; finite differences miss by 1e-10
BINARY = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
METHODS = ("exp", "log", "tanh", "relu")


def apply(name, value):
    """Call exp, log, tanh or relu of one of the learner's Values, or of a complex number."""
    if type(value) is not complex:
        return getattr(value, name)()
    if name == "relu":
        return value if value.real > 0 else 0.0 * value
    return getattr(cmath, name)(value)


def slopes(f, numbers):
    """Measure the slope of `f` in each of its numbers with the complex step, to the last digit."""
    steps = np.eye(len(numbers)) * 1j * TINY
    rows = (np.array(numbers) + steps).tolist()
    return np.array([complex(f(*row)).imag / TINY for row in rows])


def grads(values, names):
    """Return the slopes in the learner's Values as one array."""
    return np.array([as_array(v.grad, (), f"{n}.grad") for v, n in zip(values, names, strict=True)])


def assert_slopes(student, f, numbers, names, formula):
    """Check value and slopes of `f`, a function of Values that takes complex numbers as well."""
    names = names.split()
    values = [student.Value(float(number)) for number in numbers]
    result = f(*values)
    where = ", ".join(f"{n} = {x:.6g}" for n, x in zip(names, numbers, strict=True))
    expected = complex(f(*map(complex, numbers))).real
    assert_close(result.data, expected, name=f"({formula}).data at {where}")
    result.backward()
    name = f"grad of {', '.join(names)} after ({formula}).backward() at {where}"
    exact = slopes(f, numbers)
    if len(names) == 1:
        assert_close(values[0].grad, exact[0], rtol=EXACT, name=name)
    else:
        assert_close(grads(values, names), exact, rtol=EXACT, name=name)


@check("Value", points=2)
def test_operators_calculate(student):
    """A Value holds its number; + - * / of two give the right data, and the two keep theirs."""
    assert_close(student.Value(2.5).data, 2.5, name="Value(2.5).data")
    assert_close(student.Value(-3).data, -3.0, name="Value(-3).data")
    for x, y in ((6.0, -1.5), (0.0, 4.0), (-0.5, 0.25)):
        a, b = student.Value(x), student.Value(y)
        for sign, operate in BINARY.items():
            got = operate(a, b).data
            assert_close(got, operate(x, y), name=f"(Value({x}) {sign} Value({y})).data")
            assert_close([a.data, b.data], [x, y], name=f"data of a and b after a {sign} b")


@check("Value", points=2)
def test_numbers_on_either_side(student):
    """A Value works with integers and floats on its left and on its right."""
    for x, number in ((4.0, 3), (-2.5, 0.5), (8.0, -1)):
        a = student.Value(x)
        for sign, operate in BINARY.items():
            right, left = operate(a, number), operate(number, a)
            assert_close(right.data, operate(x, number), name=f"(Value({x}) {sign} {number}).data")
            assert_close(left.data, operate(number, x), name=f"({number} {sign} Value({x})).data")


@check("Value")
def test_powers(student):
    """Powers are right: positive, negative and zero exponents, halves, and negative bases."""
    for x, exponent, expected in (
        (3.0, 2, 9.0),
        (-2.0, 3, -8.0),
        (4.0, 0.5, 2.0),
        (4.0, -0.5, 0.5),
        (-4.0, -1, -0.25),
        (0.5, -2.0, 4.0),
        (-5.0, 0, 1.0),
        (-1.5, 1, -1.5),
    ):
        got = (student.Value(x) ** exponent).data
        assert_close(got, expected, name=f"(Value({x}) ** {exponent}).data")


@check("Value.backward", points=2)
def test_worked_example(student):
    """For c = (a * b + a) ** 2 at a = 2, b = 0.5, the slope in a is 9 and that in b is 12."""
    a, b = student.Value(2.0), student.Value(0.5)
    c = (a * b + a) ** 2
    assert_close(c.data, 9.0, name="c.data")
    c.backward()
    assert_close(grads([a, b], "ab"), [9.0, 12.0], name="a.grad, b.grad")


@check("Value.backward", points=2)
def test_slopes_of_operators(student, rng):
    """The slopes of a + b, a - b, a * b and a / b are right in a and in b, zeros included."""
    x, y = rng.choice([-1.0, 1.0], size=2) * rng.uniform(0.3, 3.0, size=2)
    for sign, operate in BINARY.items():
        for numbers in ((x, y), (2.0, -4.0), (0.0, 0.5)):
            assert_slopes(student, operate, numbers, "a b", f"a {sign} b")
    assert_slopes(student, operator.mul, (3.0, 0.0), "a b", "a * b")


@check("Value.backward", points=2)
def test_slopes_with_numbers(student, rng):
    """The slopes are right with a Python number on the left or on the right of an operator."""
    x = float(rng.uniform(0.5, 3.0))
    for sign, operate in BINARY.items():
        for number in (3, -0.5):

            def right(a, operate=operate, number=number):
                return operate(a, number)

            def left(a, operate=operate, number=number):
                return operate(number, a)

            assert_slopes(student, right, (x,), "a", f"a {sign} {number}")
            assert_slopes(student, left, (x,), "a", f"{number} {sign} a")


@check("Value.backward", points=2)
def test_slopes_of_powers(student, rng):
    """The slopes of powers are right: negative exponents, halves, 0 and 1, and negative bases."""
    x = float(rng.uniform(0.5, 2.0))
    for exponent in (2, 3, -1, -2, 0.5, -0.5, 2.5, 1, 0):
        for base in (x, -x) if type(exponent) is int else (x,):
            assert_slopes(student, lambda a, n=exponent: a**n, (base,), "a", f"a ** {exponent}")


@check("Value.backward", points=2)
def test_value_on_both_sides(student):
    """A value on both sides of an operator gets a share from each: a + a, a * a, a - a, a / a."""
    assert_slopes(student, lambda a: a * 2.0 + a * 5.0, (3.0,), "a", "a * 2 + a * 5")
    for sign, operate in BINARY.items():
        assert_slopes(student, lambda a, op=operate: op(a, a), (3.0,), "a", f"a {sign} a")


@check("Value.backward", points=3)
def test_shares_are_complete_before_they_go_on(student):
    """A value that is used early and late passes its slope on once all its shares are there."""
    for formula, f in (
        ("(b := a * c) * b * a", lambda a, c: (b := a * c) * b * a),
        ("((b := a * c) + a) * b", lambda a, c: ((b := a * c) + a) * b),
        ("(b := a * c) * (b + a)", lambda a, c: (b := a * c) * (b + a)),
        ("(b := a * c) * b * a + b", lambda a, c: (b := a * c) * b * a + b),
        ("(b := a * c) + a * b * b", lambda a, c: (b := a * c) + a * b * b),
        ("c * (b := a - c) / (d := b * b) - d", lambda a, c: c * (b := a - c) / (d := b * b) - d),
    ):
        assert_slopes(student, f, (1.5, -0.5), "a c", formula)
    assert_slopes(student, lambda a: (b := a + a) + b, (3.0,), "a", "(b := a + a) + b")


@check("Value.backward")
def test_only_what_went_in(student):
    """What was made of a value but is no part of the result gives it nothing; equal is not same."""
    a, b, unused = student.Value(2.0), student.Value(2.0), student.Value(2.0)
    aside = a * unused + b * 5.0
    result = a * 2.0 + b * b * b
    further = result * 7.0 + aside
    result.backward()
    assert_close(grads([a, b], "ab"), [2.0, 12.0], name="a.grad, b.grad (a * 2.0 + b * b * b)")
    assert_close(further.data, 98.0, name="data of a later value")
    alone = student.Value(-4.0)
    alone.backward()
    assert_close(alone.grad, 1.0, name="grad of a single value after its own backward()")


def run(lines, values):
    """Carry out a program: each line makes a new value; return them all, the given ones first."""
    values = list(values)
    for name, i, j, constant in lines:
        a, b = values[i], values[j]
        if name in BINARY:
            values.append(BINARY[name](a, b))
        elif name == "constant -":
            values.append(constant - a)
        else:
            values.append(a**constant if name == "**" else apply(name, a))
    return values


def is_tame(lines, numbers):
    """Tell whether a program's last line is inside its domain, with moderate value and slopes."""
    *earlier, (name, i, j, constant) = lines
    values = [value.real for value in run(earlier, map(complex, numbers))]
    a, b = values[i], values[j]
    if (
        (name == "/" and abs(b) < 0.2)
        or (name == "log" and a < 0.2)
        or (name == "exp" and abs(a) > 3.0)
        or (name == "relu" and abs(a) < 1e-3)
        or (name == "**" and (abs(a) < 0.2 or (a < 0 and constant == 0.5)))
    ):
        return False
    last = run(lines, map(complex, numbers))[-1].real
    steep = slopes(lambda *n: run(lines, n)[-1], numbers)
    return bool(abs(last) < 20.0 and np.abs(steep).max() < 100.0)


@st.composite
def programs(draw):
    """Draw three numbers and the lines of a program: (operation, i, j, constant)."""
    numbers = draw(st.tuples(*[st.sampled_from([1.0, 0.5, 2.0, -0.5, -1.5, 0.25])] * 3))
    kinds = st.tuples(
        st.sampled_from([*BINARY, "constant -", "**", *METHODS]),
        st.integers(0, 3),
        st.integers(0, 3),
        st.sampled_from([2, 3, -1, -2, 0.5]),
    )
    lines = []
    for name, i, j, constant in draw(st.lists(kinds, min_size=1, max_size=9)):
        last = len(numbers) + len(lines) - 1
        # Counted from the last value backwards, so that most lines build on the one before.
        i, j = max(last - i, 0), max(last - j, 0)
        lines.append((name, i, j, constant))
        if not is_tame(lines, numbers):
            lines[-1] = ("tanh", i, j, constant)
    return numbers, lines


def used_numbers(lines):
    """Return the positions of the numbers that the last line depends on; the others are idle."""
    needed = {len(lines) + 2}
    for position in range(len(lines) + 2, 2, -1):
        name, i, j, _ = lines[position - 3]
        if position in needed:
            needed |= {i, j} if name in BINARY else {i}
    return sorted(position for position in needed if position < 3)


@check("Value.backward", points=3)
@given(program=programs(), examples=40)
def test_random_programs(student, program):
    """The slopes of any program are right, however its values are shared."""
    numbers, lines = program
    values = [student.Value(number) for number in numbers]
    result = run(lines, values)[-1]
    assert_close(result.data, run(lines, map(complex, numbers))[-1].real, name="result.data")
    result.backward()
    exact = slopes(lambda *n: run(lines, n)[-1], numbers)
    for position in used_numbers(lines):
        got, name = values[position].grad, f"{'abc'[position]}.grad"
        # A slope may be a small rest of large shares that cancel.
        assert_close(got, exact[position], atol=1e-9, name=name)


@check("Value.backward", points=2)
def test_network_of_the_lecture(student):
    """The two-layer sigmoid network of exercise 6, made of Values, has the gradients from there."""
    x, target = (0.05, 0.10), (0.01, 0.99)

    def sigmoid(z):
        return 1.0 / (1.0 + apply("exp", 0.0 - z))

    def error(*w):
        hidden = [sigmoid(x[0] * w[i] + x[1] * w[i + 2] + 0.35) for i in (0, 1)]
        out = [sigmoid(hidden[0] * w[i] + hidden[1] * w[i + 2] + 0.60) for i in (4, 5)]
        return (out[0] - target[0]) ** 2 / 2.0 + (out[1] - target[1]) ** 2 / 2.0

    weights = (0.15, 0.25, 0.20, 0.30, 0.40, 0.50, 0.45, 0.55)
    assert_slopes(student, error, weights, "w1 w2 w3 w4 w5 w6 w7 w8", "error")


def add_up(a):
    """Add up very many equal values, one after the other; return the sum and how many they were."""
    try:
        # `zeros + a` in the learner's process, where NumPy makes an array of objects of it, repeats
        # its one entry and adds up from left to right. Three calls in place of ten thousand.
        many = a.__radd__(np.zeros(1))
        if getattr(many, "type_name", "") == "ndarray of dtype object":
            return many.repeat(DEPTH).sum(), DEPTH
    except LearnerRaised:
        pass  # A Value may refuse arrays, or keep NumPy from such tricks.
    total = a
    for _ in range(DEPTH_ONE_BY_ONE):
        total = total + a
    return total, DEPTH_ONE_BY_ONE + 1


@check("Value.backward", points=2)
def test_deep_graphs(student):
    """A sum of ten thousand values, a graph ten thousand deep, does not overflow the stack."""
    a = student.Value(0.5)
    total, times = add_up(a)
    assert_close(total.data, 0.5 * times, name="data of the sum")
    total.backward()
    assert_close(a.grad, float(times), name="grad of a value that was added up very often")


@check("Value.backward")
def test_many_ways_through_the_graph(student):
    """Sixty doublings b = b + b, with 2 ** 60 ways through the graph, take no time."""
    b = student.Value(1.0)
    for _ in range(60):
        b = b + b
    assert_close(b.data, 2.0**60, name="data after 60 doublings")
    b.backward()  # The slope itself is the matter of other checks.


@check("Value.exp")
def test_exp(student, rng):
    """The exponential is right, and so is its slope: both are 1 at 0, and nearly 0 at -1000."""
    for x in (0.0, -1000.0, 2.0, float(rng.uniform(-3.0, 3.0))):
        assert_slopes(student, lambda a: apply("exp", a), (x,), "a", "a.exp()")
    assert_slopes(
        student, lambda a: -3.0 * apply("exp", a * 2.0), (0.5,), "a", "-3 * (a * 2).exp()"
    )


@check("Value.log")
def test_log(student, rng):
    """The logarithm is the natural one, and its slope is right: 1 at 1, 1/1000 at 1000."""
    for x in (1.0, 1000.0, 0.001, float(rng.uniform(0.1, 10.0))):
        assert_slopes(student, lambda a: apply("log", a), (x,), "a", "a.log()")
    assert_slopes(
        student, lambda a: -3.0 * apply("log", a * 2.0), (1.5,), "a", "-3 * (a * 2).log()"
    )


@check("Value.tanh")
def test_tanh(student, rng):
    """tanh(log 2) = 3/5, with the slope 16/25, and at ±1000 it is ±1, flat and without warning."""
    a = student.Value(float(np.log(2.0)))
    t = a.tanh()
    assert_close(t.data, 0.6, name="a.tanh().data at a = log 2")
    t.backward()
    assert_close(a.grad, 0.64, name="a.grad after a.tanh().backward() at a = log 2")
    for x in (1000.0, -1000.0):
        a = student.Value(x)
        t = a.tanh()
        assert_quiet(student)
        assert_close(t.data, np.sign(x), name=f"a.tanh().data at a = {x:g}")
        t.backward()
        assert_quiet(student)
        assert_close(a.grad, 0.0, name=f"a.grad after a.tanh().backward() at a = {x:g}")
    x = float(rng.uniform(-2.0, 2.0))
    assert_slopes(
        student, lambda a: -3.0 * apply("tanh", a * 2.0), (x,), "a", "-3 * (a * 2).tanh()"
    )


@check("Value.relu")
def test_relu(student, rng):
    """ReLU passes what is above 0 with slope 1, and makes 0 with slope 0 of what is below."""
    for x in (3.0, -3.0, 1000.0, -1000.0, 1e-6, -1e-6, float(rng.uniform(0.1, 2.0))):
        assert_slopes(student, lambda a: apply("relu", a), (x,), "a", "a.relu()")
        assert_slopes(
            student, lambda a: -3.0 * apply("relu", a * 2.0), (x,), "a", "-3 * (a * 2).relu()"
        )
