"""Hidden checks of exercise 7: twenty steps beside the reference."""

import numpy as np

from grader.checking import as_array, assert_same_run, check, unpack

SHAPES = [(4, 3), (3,), (), (2, 1, 2)]


def gradient(shape, rng):
    """Draw a gradient of a random size, in which about every fifth entry is 0."""
    return np.array(10 ** rng.uniform(-4, 2) * rng.normal(size=shape) * (rng.random(shape) < 0.8))


def runs(optimizers, rng, steps=20):
    """Step the optimisers with the same gradients; return one list of steps for each."""
    start = [np.array(rng.normal(size=shape)) for shape in SHAPES]
    # Drawn beforehand: gradients that depended on the weights would amplify rounding.
    gradients = [[gradient(shape, rng) for shape in SHAPES] for _ in range(steps)]
    paths = []
    for optimizer in optimizers:
        params, path = start, []
        for grads in gradients:
            stepped = unpack(optimizer.step(params, grads), len(SHAPES), name="step(params, grads)")
            # Copies, because a learner may hand out the same list at every step.
            params = [np.array(as_array(w, s)) for w, s in zip(stepped, SHAPES, strict=True)]
            path.append(params)
        paths.append(path)
    return paths


@check("Momentum", points=2, hidden=True)
def test_twenty_steps_of_momentum(student, reference, rng):
    """Momentum follows the reference for twenty steps under several settings."""
    for settings in ({"lr": 0.1}, {"lr": 1.0, "beta": 0.3}, {"lr": 0.01, "beta": 0.99}):
        got, expected = runs([student.Momentum(**settings), reference.Momentum(**settings)], rng)
        assert_same_run(got, expected, name=f"Momentum({settings})")


@check("AdaGrad", points=2, hidden=True)
def test_twenty_steps_of_adagrad(student, reference, rng):
    """AdaGrad follows the reference for twenty steps under several settings."""
    for settings in ({"lr": 0.1}, {"lr": 1.0, "eps": 0.01}):
        got, expected = runs([student.AdaGrad(**settings), reference.AdaGrad(**settings)], rng)
        # An eps inside the root is off by 4e-7 here, and rounding by 1e-16.
        assert_same_run(got, expected, rtol=1e-9, name=f"AdaGrad({settings})")


@check("RMSProp", points=2, hidden=True)
def test_twenty_steps_of_rmsprop(student, reference, rng):
    """RMSProp follows the reference for twenty steps under several settings."""
    for settings in (
        {"lr": 0.1},
        {"lr": 1.0, "beta": 0.3, "eps": 0.01},
        {"lr": 0.01, "beta": 0.99},
    ):
        got, expected = runs([student.RMSProp(**settings), reference.RMSProp(**settings)], rng)
        assert_same_run(got, expected, name=f"RMSProp({settings})")
