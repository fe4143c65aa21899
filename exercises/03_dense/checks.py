"""Checks of exercise 3: dense layers, their random start, networks, and what collapses.

Nothing here depends on the kind or the order of random draws. Where chance is judged, a count of
independent events has to lie within six standard deviations of its mean, and the probability that
this refuses a right answer, a binomial tail computed exactly, stands beside it.
"""

import itertools

import numpy as np
from hypothesis import strategies as st

from grader.checking import (
    arrays,
    as_array,
    assert_close,
    assert_equal,
    assert_integers,
    assert_unchanged,
    check,
    fail,
    given,
    networks,
    unpack,
)

GATE = 6.0

# Two hidden units that turn XOR into something that one more neuron can tell apart.
CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
FOLD = (np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0]))
XOR = [FOLD, (np.array([[1.0], [-2.0]]), np.array([0.0]))]


def relu(z):
    return np.maximum(z, 0.0)


def square(z):
    return np.square(z)


def hundred(z):
    return np.full(np.shape(z), 100.0)


def layers_of(student, sizes, rng):
    """The learner's random parameters, shapes checked: for each layer w as floats, b as it came."""
    got = student.init_params(sizes, rng)
    assert_unchanged(student)
    layers = unpack(got, len(sizes) - 1, name=f"init_params({sizes}, rng), one pair a layer")
    pairs = []
    for i, (d_in, d_out) in enumerate(itertools.pairwise(sizes)):
        w, b = unpack(layers[i], 2, name=f"(w, b) of layer {i + 1}")
        w = as_array(w, (d_in, d_out), name=f"w of layer {i + 1} of {sizes}")
        as_array(b, (d_out,), name=f"b of layer {i + 1} of {sizes}")
        pairs.append((w, b))
    return pairs


def seeded(rng):
    """Return a generator from a small seed, which a counterexample can name."""
    return np.random.default_rng(int(rng.integers(1024)))


def assert_share(count, n, p, what):
    """Refuse a count of n independent events of probability p that is over six sigma off."""
    gate = GATE * np.sqrt(p * (1 - p) / n)
    if abs(count / n - p) > gate:
        fail(f"{what}: expected a share of {p:.4g} ± {gate:.2g}, got {count / n:.4g} of {n:,}")


# dense


@check("dense", points=2)
def test_two_samples_by_hand(student):
    """Two samples through a layer of three inputs and two units give the sums found by hand."""
    x = np.array([[1.0, 2.0, -1.0], [0.0, -3.0, 2.0]])
    w = np.array([[2.0, 0.0], [1.0, -1.0], [0.5, 4.0]])
    z = student.dense(x, w, np.array([10.0, -20.0]))
    assert_unchanged(student)
    assert_close(z, [[13.5, -26.0], [8.0, -9.0]], name="dense(x, w, b)")


@check("dense")
@given(
    layer=st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(
        lambda shape: st.tuples(arrays(shape), arrays(shape[1:]))
    )
)
def test_single_features_read_off_the_weights(student, layer):
    """A row of zeros gives the biases; a row with a single 1 in it adds that feature's weights."""
    w, b = layer
    alone = student.dense(np.zeros((1, len(w))), w, b)
    assert_close(alone, b[np.newaxis], name="dense(x, w, b) of a row of zeros")
    z = student.dense(np.eye(len(w)), w, b)
    assert_close(z, w + b, atol=1e-9, name="dense(x, w, b) of rows with a single 1")


@check("dense")
@given(x=arrays((3, 2)), y=arrays((3, 2)), w=arrays((2, 4)), b=arrays((4,)))
def test_a_layer_is_linear_but_for_its_bias(student, x, y, w, b):
    """The sums of 2x − y are twice those of x less those of y: a dense layer bends nothing."""
    of_x, of_y = (as_array(student.dense(row, w, b), (3, 4), name="sums") for row in (x, y))
    got = student.dense(2.0 * x - y, w, b)
    assert_close(got, 2.0 * of_x - of_y, atol=1e-9, name="dense(2x − y, w, b)")


# init_params


@check("init_params")
def test_one_pair_for_each_layer(student, rng):
    """Each layer gets a pair: w of shape (inputs, units), and b, a zero for each unit."""
    for sizes in ([2, 3], [3, 1, 4, 2], [5, 2, 2, 2, 1]):
        for i, (_, b) in enumerate(layers_of(student, sizes, seeded(rng))):
            name = f"b of layer {i + 1} of {sizes}"
            assert_close(b, np.zeros(sizes[i + 1]), name=name)
            if type(b) is np.ndarray and b.dtype.kind != "f":
                fail(f"{name}: expected floats, got numbers of type {b.dtype}")


@check("init_params", points=2)
def test_weights_fill_their_bounds(student, rng):
    """The weights of a layer reach up to 1/√D_in and down to −1/√D_in, and not beyond."""
    sizes = [9, 400, 16, 300]
    for i, (w, _) in enumerate(layers_of(student, sizes, seeded(rng))):
        bound = 1 / np.sqrt(sizes[i])
        low, high = w.min() / bound, w.max() / bound
        where = f"layer {i + 1} of {sizes}, where 1/√D_in = {bound:.4g}"
        # float32 draws may round past the bound by 6e-8.
        if max(high, -low) > 1 + 1e-6:
            fail(f"{where}, has a weight of {bound * (high if high > -low else low):.4g}")
        # Of 3,600 draws or more none comes within 2 % of one end with probability 2e-16 or less.
        if min(high, -low) < 0.98:
            low, high = low * bound, high * bound
            fail(f"{where}: the weights should fill ± this bound, but lie in {low:.3g}…{high:.3g}")


@check("init_params", points=2)
def test_weights_are_spread_evenly(student, rng):
    """Between its bounds a weight is as likely to be here as there: ten bins fill alike."""
    sizes = [9, 400, 16, 300]
    for i, (w, _) in enumerate(layers_of(student, sizes, seeded(rng))):
        bound = 1 / np.sqrt(sizes[i])
        counts, _ = np.histogram(w, bins=np.linspace(-bound, bound, 11))
        for j, count in enumerate(counts):
            # Each of the 30 shares refuses a right answer with probability 3.8e-9 or less.
            low, high = bound * (j / 5 - 1), bound * (j / 5 - 0.8)
            what = f"weights between {low:.3g} and {high:.3g} in layer {i + 1} of {sizes}"
            assert_share(count, w.size, 0.1, what)


@check("init_params", points=2)
def test_every_weight_is_drawn_by_itself(student, rng):
    """No weight is a copy of another, in the same layer or in another one of the same shape."""
    (first, _), (second, _) = layers_of(student, [30, 30, 30], seeded(rng))
    both = np.stack([first, second])
    # Even float32 draws repeat only 0.2 times in 1,800; more than 9 times has probability 1e-13.
    copies = both.size - np.unique(np.abs(both)).size
    if copies > 9:
        fail(f"of 1,800 weights in two layers, {copies:,} are copies of others, sign aside")
    up = both > 0
    # Whether a pair has the same sign is a fair coin, and the pairs of one line are independent.
    # Each of the three shares refuses a right answer with probability 1.8e-9 or less.
    for one, other, what in (
        (up[0], up[1], "weights in the same place of two layers"),
        (up[:, 1:], up[:, :-1], "neighbouring weights in a row"),
        (up[:, :, 1:], up[:, :, :-1], "neighbouring weights in a column"),
    ):
        assert_share(np.count_nonzero(one == other), one.size, 0.5, f"same sign of {what}")


@check("init_params", points=2)
def test_generator_decides(student, rng):
    """The generator alone decides: the same state, the same weights; the next call, others."""
    seed, other = rng.choice(1024, size=2, replace=False).tolist()
    sizes = [3, 4, 2]

    def weights(generator):
        return np.concatenate([w.ravel() for w, _ in layers_of(student, sizes, generator)])

    one = np.random.default_rng(seed)
    first, following = weights(one), weights(one)
    if not np.array_equal(weights(np.random.default_rng(seed)), first):
        fail("two generators in the same state gave different weights")
    if np.array_equal(weights(np.random.default_rng(other)), first):
        fail("generators with different seeds gave the same weights")
    if np.array_equal(following, first):
        fail("the next call with the same generator gave the same weights again")


# mlp


@check("mlp", points=2)
def test_xor_by_hand(student):
    """Two ReLU units and an output unit compute XOR: 0, 1, 1 and 0 at the four corners."""
    out = student.mlp(CORNERS, XOR, relu)
    assert_unchanged(student)
    assert_close(out, [[0.0], [1.0], [1.0], [0.0]], name="mlp(x, params, relu)")


@check("mlp")
def test_one_layer_has_no_activation(student):
    """A network of a single layer is that dense layer: nothing follows its last layer."""
    z = student.mlp(CORNERS, [FOLD], hundred)
    assert_unchanged(student)
    assert_close(z, [[0, -1], [1, 0], [1, 0], [2, 1]], name="mlp(x, [(w, b)], g)")


@check("mlp", points=2)
def test_four_layers_by_hand(student):
    """Four layers with the activation z² take the number 3 to −2, 4, 2, 4, −3, 9 and 10."""
    params = [
        (np.array([[1.0]]), np.array([-5.0])),
        (np.array([[0.5]]), np.array([0.0])),
        (np.array([[-1.0]]), np.array([1.0])),
        (np.array([[2.0]]), np.array([-8.0])),
    ]
    assert_close(student.mlp(np.array([[3.0]]), params, square), [[10.0]], name="mlp(x, params, g)")


@check("mlp", points=2)
@given(network=networks(depth=(2, 4)), at=st.integers(1, 3))
def test_a_network_may_be_cut_in_two(student, network, at):
    """The first layers, then the activation, then the other layers give what all of them give."""
    x, params = network.x, network.params
    at = min(at, len(params) - 1)
    whole = student.mlp(x, params, square)
    assert_unchanged(student)
    middle = student.mlp(x, params[:at], square)
    middle = as_array(middle, (len(x), network.sizes[at]), name=f"mlp with {at} of the layers")
    out = student.mlp(square(middle), params[at:], square)
    as_array(out, (len(x), network.sizes[-1]), name="output of the last layers")
    assert_close(whole, out, name=f"mlp(x, params, g), against a cut after layer {at}")


@check("mlp")
@given(network=networks(depth=(2, 2), width=(2, 4)))
def test_hidden_units_have_no_order(student, network):
    """Hidden units in another order, with their weights and biases, give the same output."""
    (w1, b1), (w2, b2) = network.params
    turned = [(w1[:, ::-1].copy(), b1[::-1].copy()), (w2[::-1].copy(), b2)]
    out = as_array(student.mlp(network.x, network.params, relu), name="mlp(x, params, relu)")
    again = student.mlp(network.x, turned, relu)
    assert_close(again, out, name="mlp with the hidden units in reverse order")


# collapse


@check("collapse", points=2)
def test_xor_collapses_to_a_plane(student):
    """Without its activation the XOR network is the layer w = (−1, −1), b = 2, and not XOR."""
    w, b = unpack(student.collapse(XOR), 2, name="w, b")
    assert_unchanged(student)
    assert_close(w, [[-1.0], [-1.0]], name="w")
    assert_close(b, [2.0], name="b")


@check("collapse", points=2)
@given(network=networks(depth=(1, 4)))
def test_one_layer_does_what_the_stack_does(student, network):
    """The collapsed layer gives what all layers in a row give, biases included, at any depth."""
    w, b = unpack(student.collapse(network.params), 2, name="w, b")
    assert_unchanged(student)
    # The row of zeros ends up as the bias; each other row adds the weights of one input to it.
    rows = np.vstack([np.zeros((1, network.sizes[0])), np.eye(network.sizes[0])])
    for layer_w, layer_b in network.params:
        rows = rows @ layer_w + layer_b
    assert_close(b, rows[0], atol=1e-9, name="b")
    assert_close(w, rows[1:] - rows[0], atol=1e-9, name="w")


# count_params


@check("count_params")
def test_a_network_for_digits_has_101770_parameters(student):
    """784 inputs, 128 hidden units and 10 outputs make 101,770 parameters; one neuron has D + 1."""
    for sizes, count in (([784, 128, 10], 101_770), ([6, 1], 7), ([2, 2, 1], 9)):
        got = student.count_params(sizes)
        assert_equal(got, count, name=f"count_params({sizes})")
        assert_integers(got, name=f"count_params({sizes})")


@check("count_params")
@given(
    front=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    back=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    seam=st.integers(1, 6),
    examples=30,
)
def test_counts_of_two_parts_add_up(student, front, back, seam):
    """Cut at a layer of units, the counts of both parts add up to that of the whole network."""
    whole = student.count_params([*front, seam, *back])
    assert_unchanged(student)
    parts = [student.count_params([*front, seam]), student.count_params([seam, *back])]
    counts = [float(as_array(part, (), name="count_params(sizes)")) for part in parts]
    cut = f"{[*front, seam]} and {[seam, *back]}"
    assert_equal(whole, sum(counts), name=f"count_params({[*front, seam, *back]}), against {cut}")
