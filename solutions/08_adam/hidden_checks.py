"""Hidden checks of exercise 8: twenty steps beside the reference."""

import numpy as np

from grader.checking import as_array, assert_same_run, check, unpack

# At lr = 1e-3 wrong averages are off by 3e-7 and a decay of the new weights by 1e-8; rounding, by
# 1e-15.
RTOL = 1e-11
SHAPES = [(4, 3), (3,), (), (2, 1, 2)]
SETTINGS = [
    {"lr": 1e-3},
    {"lr": 0.05, "beta1": 0.7, "beta2": 0.9, "eps": 1e-2},
    {"lr": 0.5, "beta1": 0.95, "beta2": 0.5, "eps": 1e-6},
]


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


@check("Adam", points=3, hidden=True)
def test_twenty_steps_of_adam(student, reference, rng):
    """Adam follows the reference for twenty steps under several settings."""
    for settings in SETTINGS:
        got, expected = runs([student.Adam(**settings), reference.Adam(**settings)], rng)
        assert_same_run(got, expected, rtol=RTOL, name=f"Adam({settings})")


@check("AdamW", points=3, hidden=True)
def test_twenty_steps_of_adamw(student, reference, rng):
    """AdamW follows the reference for twenty steps under several settings."""
    for settings, weight_decay in zip(SETTINGS, (0.01, 0.3, 0.1), strict=True):
        settings = settings | {"weight_decay": weight_decay}
        got, expected = runs([student.AdamW(**settings), reference.AdamW(**settings)], rng)
        assert_same_run(got, expected, rtol=RTOL, name=f"AdamW({settings})")
