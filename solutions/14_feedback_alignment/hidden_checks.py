"""Hidden checks of exercise 14: networks that no file can know."""

from itertools import pairwise

import numpy as np

from grader.checking import assert_close, check, unpack


def assert_like_the_reference(function, reference, rng, direct):
    """Networks of one to four layers have the reference's loss and gradients."""
    for depth in (1, 2, 3, 4):
        sizes = [int(size) for size in rng.integers(2, 8, size=depth + 1)]
        params = [
            (rng.normal(size=pair) / np.sqrt(pair[0]), rng.normal(size=pair[1]))
            for pair in pairwise(sizes)
        ]
        feedback = [
            rng.normal(size=(sizes[-1] if direct else above, width))
            for width, above in pairwise(sizes[1:])
        ]
        samples = int(rng.integers(1, 9))
        x, labels = rng.normal(size=(samples, sizes[0])), rng.integers(0, sizes[-1], size=samples)
        loss, grads = unpack(function(params, feedback, x, labels), 2, "(loss, grads)")
        expected_loss, expected = reference(params, feedback, x, labels)
        assert_close(loss, expected_loss, rtol=1e-6, name="loss")
        assert_close(grads, expected, name="grads")


@check("fa_gradients", points=2, hidden=True)
def test_feedback_alignment_like_the_reference(student, reference, rng):
    """Networks of many shapes have the reference's gradients by feedback alignment."""
    assert_like_the_reference(student.fa_gradients, reference.fa_gradients, rng, direct=False)


@check("dfa_gradients", points=2, hidden=True)
def test_direct_feedback_like_the_reference(student, reference, rng):
    """Networks of many shapes have the reference's gradients by direct feedback."""
    assert_like_the_reference(student.dfa_gradients, reference.dfa_gradients, rng, direct=True)
