"""Checks of exercise 7: SGD, Momentum, AdaGrad, RMSProp and three decays of the learning rate."""

import numpy as np
from hypothesis import strategies as st

from grader.checking import (
    arrays,
    as_array,
    assert_close,
    assert_quiet,
    assert_reaches,
    assert_unchanged,
    check,
    fail,
    given,
    unpack,
)

# Thousandths: an entry is 0 or large enough that its square keeps all its digits.
GRADIENTS = arrays((4, 3)).map(lambda g: np.round(g, 3))


def step(optimizer, params, grads):
    """Take one step and return its list of arrays, which must be shaped like `params`."""
    stepped = unpack(optimizer.step(params, grads), len(params), name="step(params, grads)")
    # Copies, because a learner may hand out the same list at every step.
    return [
        np.array(as_array(new, old.shape, name=f"parameter [{i}] after the step"))
        for i, (new, old) in enumerate(zip(stepped, params, strict=True))
    ]


def walk(optimizer, params, gradients):
    """Follow the optimiser through `gradients`, a list of gradients for each step."""
    path = []
    for grads in gradients:
        params = step(optimizer, params, grads)
        path.append(params)
    return path


def walk_one(optimizer, w, gradients):
    """Follow a single parameter and return its weights after each step as one array."""
    return np.array([w for (w,) in walk(optimizer, [w], [[np.array(g)] for g in gradients])])


def descend(optimizer, w, curvatures, steps):
    """Follow the optimiser down the valley Σ c·w²/2 and return all its points, `w` first."""
    path = [w]
    for _ in range(steps):
        path += step(optimizer, [path[-1]], [curvatures * path[-1]])
    return np.array(path)


def assert_manners(student, make):
    """Check that a step leaves params and grads as they were, and later what it returned, too."""
    params = [np.full(shape, 2.0) for shape in [(2, 3), (3,), (), (1, 1, 2)]]
    grads = [np.full(w.shape, -0.5) for w in params]
    optimizer = make()
    for _ in range(2):
        params = step(optimizer, params, grads)
        assert_unchanged(student)
    optimizer = make()
    ones, zeros = np.ones(2), np.zeros(2)
    # `kept` stays in the learner's process, so that it can be looked at again.
    (kept,) = unpack(optimizer.step.keeping(0)([ones], [ones]), 1, name="step(params, grads)")
    first = as_array(kept + zeros, (2,), name="w after step 1")
    step(optimizer, [first], [ones])
    assert_close(kept + zeros, first, name="the array from step 1, looked at after step 2")


def assert_kept_apart(make, rng):
    """Check that each parameter and each object goes where it goes alone."""
    shapes = [(2,), (2,), (3, 2), ()]
    params = [np.array(rng.normal(size=shape)) for shape in shapes]
    gradients, others = (
        [[np.array(rng.normal(size=shape)) for shape in shapes] for _ in range(3)] for _ in range(2)
    )
    together = walk(make(), params, gradients)
    for i, w in enumerate(params):
        alone = walk_one(make(), w, [grads[i] for grads in gradients])
        path = np.array([stepped[i] for stepped in together])
        assert_close(path, alone, name=f"parameter [{i}] of a list after each step")
    other, optimizer = make(), make()
    stepped = params
    for mine, its, expected in zip(gradients, others, together, strict=True):
        step(other, params, its)
        stepped = step(optimizer, stepped, mine)
        assert_close(stepped, expected, name="params, while another optimiser steps in between")


@check("SGD")
def test_sgd_takes_lr_times_the_gradient(student):
    """SGD moves every weight by lr times its gradient, downhill, and remembers nothing."""
    sgd = student.SGD(lr=0.5)
    path = walk_one(sgd, np.array([1.0, -2.0, 0.0]), [[2.0, -4.0, 0.0], [0.0, 1.0, -6.0]])
    assert_close(path, [[0.0, 0.0, 0.0], [0.0, -0.5, 3.0]], name="w after each of 2 steps")


@check("SGD")
def test_sgd_takes_lists_of_any_shape(student):
    """SGD steps arrays of any shape, leaves its arguments alone and returns new arrays."""
    params = [np.array([[1.0, 2.0, 3.0]]), np.array([4.0, 5.0]), np.array(6.0)]
    grads = [np.array([[0.0, 4.0, -8.0]]), np.array([12.0, -4.0]), np.array(-2.0)]
    expected = [np.array([[1.0, 1.0, 5.0]]), np.array([1.0, 6.0]), np.array(6.5)]
    assert_close(step(student.SGD(0.25), params, grads), expected, name="step(params, grads)")
    assert_unchanged(student)
    assert_manners(student, lambda: student.SGD(lr=0.1))


@check("Momentum", points=2)
def test_momentum_keeps_nine_tenths(student):
    """With the default beta, gradients 1, 1, 0 and -5 move w by 0.1, 0.19, 0.171, -0.3461 lr."""
    path = walk_one(student.Momentum(lr=2.0), np.array([0.0]), [[1.0], [1.0], [0.0], [-5.0]])
    moves = -np.diff(path[:, 0], prepend=0.0) / 2.0
    assert_close(moves, [0.1, 0.19, 0.171, -0.3461], name="moves of w, in units of lr")


@check("Momentum", points=2)
@given(
    w=arrays((3,)),
    g=arrays((3,)),
    beta=st.sampled_from([0.5, 0.9, 0.25, 0.0, 0.99]),
)
def test_momentum_picks_up_speed(student, w, g, beta):
    """Under a steady gradient, the part of full speed still missing shrinks by beta each step."""
    path = walk_one(student.Momentum(0.5, beta), w, [g] * 5)
    moves = np.diff(path, axis=0, prepend=[w])
    full_speed = -0.5 * g
    expected = np.stack([full_speed - full_speed * beta**t for t in range(1, 6)])
    assert_close(moves, expected, name="moves of w in each of 5 steps")


@check("Momentum")
def test_momentum_in_a_valley(student, rng):
    """In a valley 100 times as steep one way, momentum gets 200 times lower than plain descent."""
    # Momentum has five times the rate at which plain descent diverges; 0.019 is about the best for
    # that. Over 10,000 starts the solution gets 960 to 3,020 times lower.
    curvatures = np.array([1.0, 100.0])
    start = rng.uniform([5.0, 0.5], [15.0, 1.5]) * rng.choice([-1.0, 1.0], size=2)
    plain = start * (1.0 - 0.019 * curvatures) ** 100
    path = descend(student.Momentum(lr=0.1), start, curvatures, steps=100)
    heights = [float(curvatures @ end**2 / 2) for end in (plain, path[-1])]
    times_lower = heights[0] / max(heights[1], 1e-300)
    assert_reaches(times_lower, 200.0, false_alarm=1e-3, name="plain descent's f over momentum's")


@check("Momentum", points=2)
def test_momentum_keeps_its_state_apart(student, rng):
    """Each parameter has its own v, and so has each Momentum object."""
    assert_kept_apart(lambda: student.Momentum(lr=0.1, beta=0.7), rng)


@check("Momentum")
def test_momentum_leaves_its_arguments(student):
    """A step of Momentum leaves params and grads as they were, and later what it returned, too."""
    assert_manners(student, lambda: student.Momentum(lr=0.1))


@check("AdaGrad", points=2)
def test_adagrad_divides_by_all_so_far(student):
    """Gradients 3, -4, 0 and 12 move w by 1, -4/5, 0 and 12/13 of lr."""
    path = walk_one(student.AdaGrad(lr=2.0), np.array([0.0]), [[3.0], [-4.0], [0.0], [12.0]])
    moves = -np.diff(path[:, 0], prepend=0.0) / 2.0
    assert_close(moves, [1.0, -0.8, 0.0, 12.0 / 13.0], rtol=1e-6, name="moves, in units of lr")


@check("AdaGrad", points=2)
@given(g=GRADIENTS, c=st.sampled_from([1000.0, 7.0, 0.01, -1.0, -50.0]))
def test_adagrad_does_not_care_for_scale(student, g, c):
    """Multiplying every gradient by c leaves AdaGrad's moves, and turns them round where c < 0."""
    plain = walk_one(student.AdaGrad(lr=0.1, eps=1e-30), np.zeros(3), g)
    scaled = walk_one(student.AdaGrad(lr=0.1, eps=1e-30), np.zeros(3), c * g)
    assert_close(scaled, np.sign(c) * plain, name=f"w after each step with gradients times {c}")


@check("AdaGrad")
def test_adagrad_adds_eps_to_the_root(student):
    """A first gradient as large as eps moves w by half of lr, one of 3 eps by 3/4, 0 by nothing."""
    w = np.zeros(4)
    for eps, settings in ((1e-8, {}), (1e-6, {"eps": 1e-6}), (1.0, {"eps": 1.0})):
        adagrad = student.AdaGrad(1.0, **settings)
        (stepped,) = step(adagrad, [w], [np.array([1.0, -3.0, 0.0, 99.0]) * eps])
        assert_quiet(student)
        assert_close(stepped, [-0.5, 0.75, 0.0, -0.99], name=f"w after the first step, eps={eps}")


@check("AdaGrad")
def test_adagrad_makes_a_valley_round(student):
    """AdaGrad goes down the steep and the gentle side of a valley at the same pace."""
    # Powers of 4: scaling by them and taking roots is exact, so no rounding parts the two.
    curvatures = np.array([1.0, 1024.0, 1.0 / 64.0])
    path = descend(student.AdaGrad(lr=2.0, eps=1e-30), np.full(3, 10.0), curvatures, steps=30)
    assert_close(path[:, 1], path[:, 0], name="w on the side 1024 times as steep")
    assert_close(path[:, 2], path[:, 0], name="w on the side 64 times as gentle")
    if not abs(path[-1, 0]) < 1.0:  # the reference is at 0.4
        fail(
            f"30 steps of lr = 2 should lead from w = 10 to within 1 of 0, not to {path[-1, 0]:.3g}"
        )


@check("AdaGrad", points=2)
def test_adagrad_keeps_its_state_apart(student, rng):
    """Each parameter has its own s, and so has each AdaGrad object; arguments stay as they were."""
    assert_kept_apart(lambda: student.AdaGrad(lr=0.1), rng)
    assert_manners(student, lambda: student.AdaGrad(lr=0.1))


@check("RMSProp", points=2)
def test_rmsprop_averages_the_squares(student):
    """With beta = 0.36, gradients 5, -4, 0 and 2.4 move w by 1.25, -1, 0 and 1 times lr."""
    gradients = [[5.0], [-4.0], [0.0], [2.4]]
    path = walk_one(student.RMSProp(lr=2.0, beta=0.36), np.array([0.0]), gradients)
    moves = -np.diff(path[:, 0], prepend=0.0) / 2.0
    assert_close(moves, [1.25, -1.0, 0.0, 1.0], rtol=1e-6, name="moves of w, in units of lr")


@check("RMSProp", points=2)
def test_rmsprop_starts_long_and_settles(student):
    """Under a steady gradient, the first step is 3.1623 lr, the second 2.2942 lr, the 200th lr."""
    # Gradients so large that eps, wherever it stands, is lost beside the root.
    path = walk_one(student.RMSProp(0.1), np.zeros(2), [[20.0, -300.0]] * 200)
    moves = np.diff(path, axis=0, prepend=[[0.0, 0.0]]) * [-10.0, 10.0]
    expected = np.array([3.16227766, 2.29415734, 1.0])
    for i, name in enumerate(("gradient 20", "gradient -300")):
        assert_close(moves[[0, 1, 199], i], expected, rtol=1e-6, name=f"moves in lr, {name}")


@check("RMSProp")
def test_rmsprop_adds_eps_to_the_root(student):
    """With beta = 3/4, first gradients of 2, -6 and 0 eps move w by 1, -1.5 and 0 times lr."""
    w = np.zeros(4)
    for eps, settings in ((1e-8, {}), (1e-6, {"eps": 1e-6}), (1.0, {"eps": 1.0})):
        rmsprop = student.RMSProp(1.0, 0.75, **settings)
        (stepped,) = step(rmsprop, [w], [np.array([2.0, -6.0, 0.0, 198.0]) * eps])
        assert_quiet(student)
        assert_close(stepped, [-1.0, 1.5, 0.0, -1.98], name=f"w after the first step, eps={eps}")


@check("RMSProp")
@given(g=GRADIENTS, c=st.sampled_from([1000.0, 7.0, 0.01, -1.0, -50.0]))
def test_rmsprop_does_not_care_for_scale(student, g, c):
    """Multiplying every gradient by c leaves RMSProp's moves, and turns them round where c < 0."""
    plain = walk_one(student.RMSProp(lr=0.1, eps=1e-30), np.zeros(3), g)
    scaled = walk_one(student.RMSProp(lr=0.1, eps=1e-30), np.zeros(3), c * g)
    assert_close(scaled, np.sign(c) * plain, name=f"w after each step with gradients times {c}")


@check("RMSProp", points=2)
def test_rmsprop_keeps_its_state_apart(student, rng):
    """Each parameter has its own s, and so has each RMSProp object; arguments stay as they were."""
    assert_kept_apart(lambda: student.RMSProp(lr=0.1, beta=0.7), rng)
    assert_manners(student, lambda: student.RMSProp(lr=0.1))


@check("step_decay", points=2)
def test_step_decay_drops_at_every(student):
    """The rate stays until `every`, drops there at once, and again at twice and at 7 times it."""
    for t, expected in ((0, 0.8), (1, 0.8), (9, 0.8), (10, 0.4), (19, 0.4), (20, 0.2), (25, 0.2)):
        assert_close(student.step_decay(0.8, t), expected, name=f"step_decay(0.8, {t})")
    for t, expected in ((0, 2.0), (2, 2.0), (3, 0.2), (5, 0.2), (6, 0.02), (21, 2e-7)):
        got = student.step_decay(2.0, t, drop=0.1, every=3)
        assert_close(got, expected, name=f"step_decay(2.0, {t}, drop=0.1, every=3)")


@check("exponential_decay", points=2)
def test_exponential_decay(student):
    """At rate log 2 the learning rate halves with each t; at rate 0 it stays; at t = 0 it is lr."""
    halving = float(np.log(2.0))
    for t, rate, expected in (
        (0, 0.3, 0.8),
        (1, halving, 0.4),
        (3, halving, 0.1),
        (10, halving / 10.0, 0.4),
        (7, 0.0, 0.8),
        (2, 0.5, 0.8 / np.e),
    ):
        got = student.exponential_decay(0.8, t, rate)
        assert_close(got, expected, name=f"exponential_decay(0.8, {t}, {rate:.4g})")


@check("cosine_decay", points=2)
def test_cosine_decay(student):
    """The rate falls along half a cosine from lr to 0 at `total`, and stays 0 from there on."""
    for t, expected in ((0, 0.8), (20, 0.6), (30, 0.4), (40, 0.2), (60, 0.0)):
        assert_close(student.cosine_decay(0.8, t, 60), expected, name=f"cosine_decay(0.8, {t}, 60)")
    for t in (61, 90, 120, 1000):
        assert_close(student.cosine_decay(0.8, t, 60), 0.0, name=f"cosine_decay(0.8, {t}, 60)")
    assert_close(
        student.cosine_decay(2.0, 1, 4), 1.0 + np.sqrt(0.5), name="cosine_decay(2.0, 1, 4)"
    )
