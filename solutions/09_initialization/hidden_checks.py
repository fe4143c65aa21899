"""Hidden checks of exercise 9: the spread over depth beside the reference."""

import itertools

import numpy as np

from grader.checking import as_array, assert_close, assert_unchanged, check

STARTS = {"He's": lambda d: np.sqrt(2 / d), "1/n": lambda d: np.sqrt(1 / d), "0.01": lambda _: 0.01}


def relu(z):
    """Cut off what is negative."""
    return np.maximum(z, 0.0)


def elu(z):
    """Bend what is negative towards −1."""
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0.0)))


@check("activation_stds", points=3, hidden=True)
def test_thirty_layers_beside_the_reference(student, reference, rng):
    """Over thirty layers, alive or dying, every spread is the reference's."""
    sizes = [20, *rng.integers(24, 40, size=30).tolist()]
    x = rng.normal(size=(6, sizes[0]))
    for g, (start, std) in itertools.product((relu, np.tanh, elu), STARTS.items()):
        weights = [std(i) * rng.normal(size=(i, o)) for i, o in itertools.pairwise(sizes)]
        got = as_array(student.activation_stds(x, weights, g), (30,), "activation_stds")
        assert_unchanged(student)
        expected = reference.activation_stds(x, weights, g)
        # Layer by layer, because a dying signal ends thirty decades below its start.
        for layer, (mine, theirs) in enumerate(zip(got, expected, strict=True), start=1):
            name = f"the std after layer {layer} ({g.__name__}, weights of {start} spread)"
            assert_close(mine, theirs, rtol=1e-7, atol=0.0, name=name)
