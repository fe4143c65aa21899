"""Checks of exercise 2: activations, their derivatives, and the softmax.

Inputs are float64 throughout. Logarithms of whole numbers give results that can be worked out by
hand: e^(ln 3) is 3, so the sigmoid of ln 3 is 3/4. Large numbers come in two calls, first those
above zero and then those below, because what overflows on one side is fine on the other.
"""

import numpy as np
from hypothesis import strategies as st

from grader.checking import (
    arrays,
    as_array,
    assert_close,
    assert_gradient,
    assert_quiet,
    assert_unchanged,
    check,
    fail,
    given,
)

LN2, LN3, LN9 = np.log([2.0, 3.0, 9.0])
LARGE = np.array([40.0, 300.0, 360.0, 710.0, 746.0, 1000.0])
ALPHAS = st.sampled_from([2.0, 0.5, 1.0, 1.25])
SHAPES = st.sampled_from([(), (3,), (2, 3), (3, 1), (2, 2, 2)])
# An ε of 1e-8 in the denominator is off by 1e-8; rounding, the odds of 1/20 included, by 1e-14.
SIGMOID = 1e-11
CLASSES = st.sampled_from([(3,), (2, 3), (3, 3), (4, 1), (2, 3, 2), (1, 2, 2, 3)])


def values(student, function, z, **alpha):
    """The learner's result as an array shaped like z, once z proved untouched."""
    # NumPy makes -z of a 0-d array a scalar, which no mask can write into; + 0.0 turns -0.0 into 0.
    z = np.asarray(z + 0.0)
    got = getattr(student, function)(z, **alpha)
    assert_unchanged(student)
    return as_array(got, z.shape, name=function)


def assert_quiet_at(student, function, z, expected, *, rtol=1e-9, **alpha):
    """Call the learner's function at large z: the values are right and nothing warned."""
    got = getattr(student, function)(z, **alpha)
    assert_close(got, expected, rtol=rtol, name=f"{function} at large numbers")
    assert_quiet(student)


# sigmoid


@check("sigmoid")
def test_sigmoid_of_known_numbers(student):
    """The sigmoid is 1/2 at 0, 3/4 at ln 3, 1/4 at -ln 3 and 9/10 at ln 9."""
    got = student.sigmoid(np.array([0.0, LN3, -LN3, LN9]))
    assert_close(got, [0.5, 0.75, 0.25, 0.9], rtol=1e-12, name="sigmoid")


@check("sigmoid")
@given(z=arrays(SHAPES))
def test_sigmoid_has_the_odds_e_to_the_z(student, z):
    """Where p is the sigmoid of z, the odds p/(1 - p) are e^z, in any shape; z stays as it is."""
    p = values(student, "sigmoid", z)
    odds = p / (1.0 - p)
    assert_close(odds, np.exp(z), rtol=SIGMOID, name="the odds p / (1 - p) of p = sigmoid(z)")


@check("sigmoid", points=2)
def test_sigmoid_is_quiet_at_large_numbers(student):
    """Up to ±1000 the sigmoid is right, 1 on one side and 0 on the other, and nothing overflows."""
    assert_quiet_at(student, "sigmoid", LARGE, np.ones(6), rtol=SIGMOID)
    assert_quiet_at(student, "sigmoid", -LARGE, np.zeros(6), rtol=SIGMOID)


# tanh


@check("tanh")
def test_tanh_of_known_numbers(student):
    """The tanh is 0 at 0, 3/5 at ln 2, -3/5 at -ln 2, 4/5 at ln 3, and ±1 at ±1000, quietly."""
    got = student.tanh(np.array([0.0, LN2, -LN2, LN3]))
    assert_close(got, [0.0, 0.6, -0.6, 0.8], rtol=1e-12, name="tanh")
    assert_quiet_at(student, "tanh", LARGE, np.ones(6))
    assert_quiet_at(student, "tanh", -LARGE, -np.ones(6))


@check("tanh")
@given(z=arrays(SHAPES), y=arrays(()))
def test_tanh_keeps_the_addition_law(student, z, y):
    """In any shape tanh(y + z) is (tanh y + tanh z) / (1 + tanh y · tanh z); z stays as it is."""
    a, b = values(student, "tanh", y), values(student, "tanh", z)
    assert_close(values(student, "tanh", y + z), (a + b) / (1.0 + a * b), name="tanh(y + z)")


# relu


@check("relu")
def test_relu_of_known_numbers(student):
    """The ReLU of -1000, -2, -0.5 and 0 is 0; 0.5, 3 and 1000 stay what they are."""
    got = student.relu(np.array([-1000.0, -2.0, -0.5, 0.0, 0.5, 3.0, 1000.0]))
    assert_close(got, [0.0, 0.0, 0.0, 0.0, 0.5, 3.0, 1000.0], name="relu")
    assert_quiet(student)


@check("relu")
@given(z=arrays(SHAPES))
def test_relu_splits_a_number_into_its_two_sides(student, z):
    """In any shape relu(z) - relu(-z) is z and neither is negative; z stays as it is."""
    right, left = values(student, "relu", z), values(student, "relu", -z)
    if np.any(right < 0) or np.any(left < 0):
        fail("relu: a ReLU is never negative, but yours is")
    assert_close(right - left, z, name="relu(z) - relu(-z)")


# elu


@check("elu")
def test_elu_of_known_numbers(student):
    """The ELU is -3/4 at -ln 4, -1/2 at -ln 2, 0 at 0, 2 at 2; alpha = 2 doubles the first two."""
    z = np.array([-2.0 * LN2, -LN2, 0.0, 2.0])
    assert_close(student.elu(z), [-0.75, -0.5, 0.0, 2.0], rtol=1e-12, name="elu")
    got = student.elu(z, alpha=2.0)
    assert_close(got, [-1.5, -1.0, 0.0, 2.0], rtol=1e-12, name="elu with alpha = 2")


@check("elu")
@given(z=arrays(SHAPES, 0.0, 3.0), d=arrays((), 0.5, 2.0), alpha=ALPHAS)
def test_elu_decays_towards_minus_alpha(student, z, d, alpha):
    """Above 0 the ELU is z; below 0, each d further down leaves e^(-d) of the way to -alpha."""
    assert_close(values(student, "elu", z, alpha=alpha), z, name="elu of positive numbers")
    way = values(student, "elu", -z, alpha=alpha) + alpha
    further = values(student, "elu", -z - d, alpha=alpha) + alpha
    assert_close(further, np.exp(-d) * way, name="elu(-z - d) + alpha")


@check("elu")
def test_elu_is_quiet_at_large_numbers(student):
    """Up to ±1000 the ELU is right, z above zero and -alpha far below, and nothing overflows."""
    assert_quiet_at(student, "elu", LARGE, LARGE, alpha=1.5)
    assert_quiet_at(student, "elu", -LARGE, np.full(6, -1.5), alpha=1.5)


# sigmoid_grad


@check("sigmoid_grad")
def test_sigmoid_grad_of_known_numbers(student):
    """The sigmoid's slope is 1/4 at 0, 3/16 at ln 3 and -ln 3, and 9/100 at ln 9."""
    got = student.sigmoid_grad(np.array([0.0, LN3, -LN3, LN9]))
    # Formulas are off by 1e-16 here, and a difference quotient by 4e-12 at its best.
    assert_close(got, [0.25, 0.1875, 0.1875, 0.09], rtol=1e-13, atol=0, name="sigmoid_grad")


@check("sigmoid_grad")
@given(z=arrays(SHAPES))
def test_sigmoid_grad_is_the_slope(student, z):
    """The result is how fast 1/(1 + e^(-z)) grows, measured, in any shape; z stays as it is."""
    got = values(student, "sigmoid_grad", z)
    assert_gradient(got, lambda x: np.sum(1.0 / (1.0 + np.exp(-x))), z, name="sigmoid_grad")


@check("sigmoid_grad")
def test_sigmoid_grad_is_quiet_at_large_numbers(student):
    """Up to ±1000 the sigmoid's slope is right, 0 on both sides, and nothing overflows."""
    assert_quiet_at(student, "sigmoid_grad", LARGE, np.zeros(6))
    assert_quiet_at(student, "sigmoid_grad", -LARGE, np.zeros(6))


# tanh_grad


@check("tanh_grad")
def test_tanh_grad_of_known_numbers(student):
    """The slope of the tanh is 1 at 0, 16/25 at ln 2 and -ln 2, 9/25 at ln 3, and 0 far out."""
    got = student.tanh_grad(np.array([0.0, LN2, -LN2, LN3]))
    assert_close(got, [1.0, 0.64, 0.64, 0.36], rtol=1e-12, name="tanh_grad")
    assert_quiet_at(student, "tanh_grad", LARGE, np.zeros(6))
    assert_quiet_at(student, "tanh_grad", -LARGE, np.zeros(6))


@check("tanh_grad")
@given(z=arrays(SHAPES))
def test_tanh_grad_is_the_slope(student, z):
    """The result is how fast the tanh grows, measured, in any shape; z stays as it is."""
    got = values(student, "tanh_grad", z)
    assert_gradient(got, lambda x: np.sum(np.tanh(x)), z, name="tanh_grad")


# relu_grad


@check("relu_grad")
def test_relu_grad_of_known_numbers(student):
    """The ReLU's slope is 0 below zero and at zero, and 1 above, however close to zero z is."""
    got = student.relu_grad(np.array([-1000.0, -2.0, -1e-12, 0.0, 1e-12, 0.5, 1000.0]))
    assert_close(got, [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0], name="relu_grad")
    assert_quiet(student)


@check("relu_grad")
@given(z=arrays(SHAPES))
def test_relu_grad_is_one_on_one_side(student, z):
    """In any shape, of z and -z exactly one has slope 1, unless z is 0; z stays as it is."""
    right, left = values(student, "relu_grad", z), values(student, "relu_grad", -z)
    assert_close(right - left, np.sign(z), name="relu_grad(z) - relu_grad(-z)")
    assert_close(right + left, np.abs(np.sign(z)), name="relu_grad(z) + relu_grad(-z)")


# elu_grad


@check("elu_grad")
def test_elu_grad_of_known_numbers(student):
    """The ELU's slope is 1/4 at -ln 4, 1/2 at -ln 2, 1 at 2; alpha = 2 doubles the first two."""
    z = np.array([-2.0 * LN2, -LN2, 0.0, 2.0])
    assert_close(student.elu_grad(z), [0.25, 0.5, 1.0, 1.0], rtol=1e-12, name="elu_grad")
    got = student.elu_grad(z[[0, 1, 3]], alpha=2.0)  # with alpha = 2 there is a corner at 0
    assert_close(got, [0.5, 1.0, 1.0], rtol=1e-12, name="elu_grad with alpha = 2")


@check("elu_grad")
@given(z=arrays(SHAPES, 0.125, 3.0), d=arrays((), 0.5, 2.0), alpha=ALPHAS)
def test_elu_grad_decays_below_zero(student, z, d, alpha):
    """Above 0 the ELU's slope is 1; below 0, each d further down multiplies it by e^(-d)."""
    right = values(student, "elu_grad", z, alpha=alpha)
    assert_close(right, np.ones(z.shape), name="elu_grad of positive numbers")
    slope = values(student, "elu_grad", -z, alpha=alpha)
    further = values(student, "elu_grad", -z - d, alpha=alpha)
    assert_close(further, np.exp(-d) * slope, name="elu_grad(-z - d)")


@check("elu_grad")
def test_elu_grad_is_quiet_at_large_numbers(student):
    """Up to ±1000 the ELU's slope is right, 1 above zero and 0 far below, and nothing overflows."""
    assert_quiet_at(student, "elu_grad", LARGE, np.ones(6), alpha=1.5)
    assert_quiet_at(student, "elu_grad", -LARGE, np.zeros(6), alpha=1.5)


# softmax


@check("softmax")
def test_softmax_of_known_numbers(student):
    """The logits 0, ln 2 and ln 5 become 1/8, 2/8 and 5/8; a single class gets 1."""
    got = student.softmax(np.log([1.0, 2.0, 5.0]))
    assert_close(got, [0.125, 0.25, 0.625], rtol=1e-12, name="softmax")
    assert_close(student.softmax(np.array([-3.0])), [1.0], name="softmax of a single class")


@check("softmax", points=2)
@given(z=arrays(CLASSES))
def test_softmax_works_along_the_last_axis(student, z):
    """Along the last axis the sum is 1 and entries are in proportion to e^z; z stays as it is."""
    s = values(student, "softmax", z)
    assert_close(s.sum(axis=-1), np.ones(z.shape[:-1]), name="the sums along the last axis")
    ratios = np.exp(z - z[..., :1])
    assert_close(s, s[..., :1] * ratios, name="softmax, as multiples of each row's first entry")


@check("softmax", points=2)
def test_softmax_is_quiet_at_large_numbers(student):
    """Rows of logits up to ±1000, high rows beside low ones, come out right without a warning."""
    third = 1.0 / 3.0
    assert_quiet_at(student, "softmax", np.array([1000.0, 1000.0, 1000.0]), [third, third, third])
    assert_quiet_at(student, "softmax", np.array([1000.0, 0.0, -1000.0]), [1.0, 0.0, 0.0])
    rows = np.array([[1000.0, 0.0, -1000.0], [-1000.0, -1000.0, -1000.0]])
    assert_quiet_at(student, "softmax", rows, [[1.0, 0.0, 0.0], [third, third, third]])
    near = np.array([-998.0, -1000.0, -999.0])
    assert_quiet_at(
        student,
        "softmax",
        np.stack([near, -near]),
        [
            [0.6652409557748219, 0.09003057317038046, 0.24472847105479764],
            [0.09003057317038046, 0.6652409557748219, 0.24472847105479764],
        ],
    )


# softmax_jacobian


@check("softmax_jacobian")
def test_softmax_jacobian_of_known_numbers(student):
    """At the logits 0, ln 2 and ln 5 the Jacobian is the one worked out in the README."""
    z = np.log([1.0, 2.0, 5.0])
    got = student.softmax_jacobian(z)
    assert_unchanged(student)
    expected = np.array([[7.0, -2.0, -5.0], [-2.0, 12.0, -10.0], [-5.0, -10.0, 15.0]]) / 64.0
    assert_close(got, expected, rtol=1e-12, name="softmax_jacobian")


@check("softmax_jacobian")
@given(z=arrays(st.sampled_from([(1,), (2,), (3,), (5,)])))
def test_softmax_jacobian_holds_the_slopes(student, z):
    """Row i holds how fast output i grows with each logit, measured, for any number of classes."""
    got = as_array(student.softmax_jacobian(z), (z.size, z.size), name="softmax_jacobian")
    assert_unchanged(student)
    for i, row in enumerate(got):
        assert_gradient(
            row,
            lambda x, i=i: np.exp(x[i]) / np.sum(np.exp(x)),
            z,
            name=f"row {i} of softmax_jacobian",
        )


@check("softmax_jacobian")
def test_softmax_jacobian_is_quiet_at_large_numbers(student):
    """Up to ±1000 the Jacobian is right and nothing overflows."""
    half = [[0.25, -0.25], [-0.25, 0.25]]
    assert_quiet_at(student, "softmax_jacobian", np.array([1000.0, 1000.0]), half)
    assert_quiet_at(student, "softmax_jacobian", np.array([-1000.0, -1000.0]), half)
    far = np.array([0.0, 1000.0, -1000.0])
    assert_quiet_at(student, "softmax_jacobian", far, np.zeros((3, 3)))
