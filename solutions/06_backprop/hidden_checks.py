"""Hidden checks of exercise 6: networks that no file can know."""

from itertools import pairwise

import numpy as np

from grader.checking import assert_close, check, unpack


@check("loss_and_gradients", points=2, hidden=True)
def test_networks_like_the_reference(student, reference, rng):
    """Networks of many shapes have the reference's loss and gradients."""
    shapes = [[int(size) for size in rng.integers(2, 9, size=depth + 1)] for depth in (1, 2, 3, 5)]
    # The last one is so wide that a pass forward for every weight would take minutes.
    for number, sizes in enumerate([*shapes, [440, 440, 3]]):
        params = [
            (rng.normal(size=pair) / np.sqrt(pair[0]), rng.normal(size=pair[1]))
            for pair in pairwise(sizes)
        ]
        samples = int(rng.integers(1, 12)) if number < len(shapes) else 1
        x, labels = rng.normal(size=(samples, sizes[0])), rng.integers(0, sizes[-1], size=samples)
        activation = ("tanh", "relu", "sigmoid", "relu", "tanh")[number]
        if activation == "relu":
            # Powers of 2 leave its logits, and what rounding does, as they are. Differences with a
            # fixed step have three digits less at such large z.
            *hidden, (w, b) = params
            params = [(w_i, 1024 * b_i) for w_i, b_i in hidden] + [(w / 1024, b)]
            x = 1024 * x
        loss, grads = unpack(student.loss_and_gradients(params, x, labels, activation), 2)
        expected_loss, expected = reference.loss_and_gradients(params, x, labels, activation)
        assert_close(loss, expected_loss, name="loss")
        # Central differences are off by 1e-11 at their best, another order of summation by 1e-15.
        assert_close(grads, expected, rtol=1e-12, atol=1e-14, name="grads")
