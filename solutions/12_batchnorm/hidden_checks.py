"""Hidden checks of exercise 12: a layer's life beside the reference's."""

import numpy as np

from grader.checking import as_array, assert_close, check, unpack

PER_FEATURE = ("gamma", "beta", "running_mean", "running_var")


def life(batch_norm, settings, d, batches):
    """Train a layer on its own, evaluating in between; return the numbers of each step."""
    layer, steps = batch_norm(d, **settings), []
    gamma, beta = np.linspace(-1.0, 2.0, d), np.linspace(0.5, -0.5, d)
    for x, x_test, dout in batches:
        layer.gamma, layer.beta = gamma, beta
        out, evaluated = layer.forward(x), layer.forward(x_test, train=False)
        dx, dgamma, dbeta = unpack(layer.backward(dout), 3, "dx, dgamma, dbeta")
        step = {
            "the output in training": as_array(out, x.shape, "the output in training"),
            "the output in evaluation": as_array(evaluated, x_test.shape),
            "dx": as_array(dx, x.shape, "dx"),
        }
        rows = {"dgamma": dgamma, "dbeta": dbeta}
        rows |= {name: getattr(layer, name) for name in PER_FEATURE}
        for name, values in rows.items():
            step[name] = as_array(values, name=name).reshape(-1)
        # A path of its own: one that followed the gradients would amplify rounding.
        gamma, beta = gamma * 1.1 - 0.05, 0.9 * beta + 0.1
        steps.append(step)
    return steps


@check("BatchNorm.backward", points=3, hidden=True)
def test_a_life_like_the_references(student, reference, rng):
    """Five batches of training, evaluation and going back give the reference's numbers."""
    for d, settings in (
        (3, {}),
        (5, {"momentum": 0.6, "eps": 0.1}),
        (1, {"momentum": 0.0, "eps": 1e-3}),
    ):
        batches = []
        for _ in range(5):
            n = int(rng.integers(6, 30))
            x = rng.uniform(0.5, 2.0, size=d) * rng.normal(size=(n, d)) + rng.normal(size=d)
            batches.append((x, rng.normal(size=(4, d)), rng.normal(size=(n, d))))
        got = life(student.BatchNorm, settings, d, batches)
        expected = life(reference.BatchNorm, settings, d, batches)
        for t, (mine, theirs) in enumerate(zip(got, expected, strict=True), start=1):
            for name, values in theirs.items():
                assert_close(
                    mine[name], values, name=f"{name}, batch {t} ({settings or 'defaults'})"
                )
