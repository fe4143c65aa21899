"""Checks of exercise 8: Adam and AdamW."""

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


@check("Adam", points=2)
def test_first_step_is_lr_against_the_sign(student):
    """The first step moves every weight by lr against the sign of its gradient, large or small."""
    w = np.array([1.0, 1.0, -3.0, 0.0])
    (stepped,) = step(student.Adam(lr=0.2), [w], [np.array([0.05, -7.0, 900.0, -2.0])])
    # Beside the smallest gradient eps takes 2e-7 of the step.
    assert_close(stepped, [0.8, 1.2, -3.2, 0.2], rtol=1e-5, name="w after the first step")


@check("Adam", points=2)
def test_constant_gradient_moves_lr_at_each_step(student):
    """While a gradient stays the same, every step moves its weight by lr, not only the first."""
    path = walk_one(student.Adam(lr=0.3), np.array([0.0, 2.0]), [[30.0, -2.0]] * 8)
    moved = 0.3 * np.arange(1, 9)
    expected = np.stack([-moved, 2.0 + moved], axis=1)
    assert_close(path, expected, rtol=1e-6, name="w after each of 8 steps")


@check("Adam", points=2)
def test_gradient_that_stops_is_remembered(student):
    """Gradients 1, 0, 0, 1 move a weight by 1, 0.67006, 0.51796 and 0.71101 times lr."""
    path = walk_one(student.Adam(lr=1.0), np.array([0.0]), [[1.0], [0.0], [0.0], [1.0]])
    moves = -np.diff(path[:, 0], prepend=0.0)
    expected = [1.0, 0.670058254, 0.517956972, 0.711013271]
    assert_close(moves, expected, rtol=2e-6, name="moves of w")  # of which eps takes 1e-8


@check("Adam", points=2)
def test_given_betas_are_used(student):
    """With beta1 = 0.25 and beta2 = 0.75, gradients 2 and -5 move w by -lr and +0.9 lr."""
    adam = student.Adam(lr=0.3, beta1=0.25, beta2=0.75)
    path = walk_one(adam, np.array([1.0]), [[2.0], [-5.0]])
    assert_close(path[:, 0], [0.7, 0.97], rtol=1e-6, name="w after each of 2 steps")


@check("Adam", points=2)
def test_eps_is_added_to_the_root(student):
    """A first gradient as large as eps moves w by half of lr, one of 3 eps by 3/4, 0 by nothing."""
    w = np.zeros(4)
    for eps in (1e-8, 1e-6, 1.0):
        adam = student.Adam(lr=1.0, eps=eps)
        (stepped,) = step(adam, [w], [np.array([1.0, -3.0, 0.0, 99.0]) * eps])
        assert_quiet(student)
        assert_close(stepped, [-0.5, 0.75, 0.0, -0.99], name=f"w after the first step, eps={eps}")


@check("Adam")
def test_defaults_are_those_of_the_paper(student):
    """Adam() is Adam(1e-3, 0.9, 0.999, 1e-8)."""
    gradients = [[1.0, 1e-8], [-2.0, 3e-8], [0.0, 0.0]]
    bare = walk_one(student.Adam(), np.zeros(2), gradients)
    spelt_out = walk_one(student.Adam(1e-3, 0.9, 0.999, 1e-8), np.zeros(2), gradients)
    assert_close(bare, spelt_out, name="w after each of 3 steps of Adam()")


@check("Adam")
@given(g=GRADIENTS, c=st.sampled_from([1000.0, 7.0, 0.01, -1.0, -50.0]))
def test_scale_of_gradients_does_not_matter(student, g, c):
    """Multiplying every gradient by c leaves the moves, and turns them round where c < 0."""
    plain = walk_one(student.Adam(lr=0.1, eps=1e-30), np.zeros(3), g)
    scaled = walk_one(student.Adam(lr=0.1, eps=1e-30), np.zeros(3), c * g)
    assert_close(scaled, np.sign(c) * plain, name=f"w after each step with gradients times {c}")


@check("Adam")
@given(w=arrays((3,)), g=GRADIENTS)
def test_moves_do_not_depend_on_the_weights(student, w, g):
    """The same gradients make the same moves, wherever the weights are when `step` gets them."""
    path = walk_one(student.Adam(lr=0.1), w, g)
    adam = student.Adam(lr=0.1)
    from_zero = np.array([step(adam, [np.zeros(3)], [grad])[0] for grad in g])
    assert_close(path, w + np.cumsum(from_zero, axis=0), name="w after each step")


@check("Adam")
@given(g=arrays((5, 3), low=-1000.0, high=1000.0), examples=20)
def test_early_steps_stay_within_lr(student, g):
    """In the first 5 steps no weight moves by more than 1.02 lr, however wild its gradients."""
    # The Cauchy-Schwarz inequality on the two averages gives 1.0108 lr for the fifth step.
    path = walk_one(student.Adam(lr=1.0), np.zeros(3), g)
    moves = np.abs(np.diff(path, axis=0, prepend=0.0))
    t, i = np.unravel_index(np.argmax(moves), moves.shape)
    if moves[t, i] > 1.02:
        fail(
            f"step {t + 1} moved w[{i}] by {moves[t, i]:.6g} times lr; with the default betas no "
            "weight can move by more than 1.02 lr in the first five steps"
        )


@check("Adam")
def test_adam_in_a_valley(student, rng):
    """In a valley 100 times as steep one way, Adam gets 50 times lower than plain descent."""
    # Over 10,000 starts the solution gets 133 times lower or more, in the middle 876 times.
    curvatures = np.array([1.0, 100.0])
    start = rng.uniform([5.0, 0.5], [15.0, 1.5]) * rng.choice([-1.0, 1.0], size=2)
    plain = start * (1.0 - 0.019 * curvatures) ** 100  # about the best of its learning rates
    adam, w = student.Adam(lr=0.7), start
    for _ in range(100):
        (w,) = step(adam, [w], [curvatures * w])
    heights = [float(curvatures @ end**2 / 2) for end in (plain, w)]
    times_lower = heights[0] / max(heights[1], 1e-300)
    assert_reaches(times_lower, 50.0, false_alarm=1e-3, name="plain descent's f over Adam's")


@check("Adam", points=2)
def test_parameters_do_not_disturb_each_other(student, rng):
    """Parameters of several shapes, stepped together, go where each goes alone."""
    shapes = [(2,), (2,), (3, 2), ()]
    params = [np.array(rng.normal(size=shape)) for shape in shapes]
    gradients = [[np.array(rng.normal(size=shape)) for shape in shapes] for _ in range(3)]
    together = walk(student.Adam(lr=0.1), params, gradients)
    for i, w in enumerate(params):
        alone = walk_one(student.Adam(lr=0.1), w, [grads[i] for grads in gradients])
        path = np.array([stepped[i] for stepped in together])
        assert_close(path, alone, name=f"parameter [{i}] after each step")


@check("Adam")
def test_two_objects_share_nothing(student, rng):
    """An optimiser goes the same way while another one, made earlier, steps in between."""
    w, gradients, others = np.zeros(2), rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    other = student.Adam(lr=0.1)
    alone = walk_one(student.Adam(lr=0.1), w, gradients)
    adam, path = student.Adam(lr=0.1), []
    stepped = w
    for mine, its in zip(gradients, others, strict=True):
        step(other, [w], [its])
        (stepped,) = step(adam, [stepped], [mine])
        path.append(stepped)
    assert_close(np.array(path), alone, name="w after each step")


@check("Adam")
def test_arguments_stay_and_results_are_new(student):
    """A step leaves params and grads as they were, and later the arrays that it returned, too."""
    params = [np.full(shape, 2.0) for shape in [(2, 3), (3,), (), (1, 1, 2)]]
    grads = [np.full(w.shape, -0.5) for w in params]
    adam = student.Adam(lr=0.1)
    for _ in range(2):
        params = step(adam, params, grads)
        assert_unchanged(student)
    adam = student.Adam(lr=0.1)
    ones, zeros = np.ones(2), np.zeros(2)
    # `kept` stays in the learner's process, so that it can be looked at again.
    (kept,) = unpack(adam.step.keeping(0)([ones], [ones]), 1, name="step(params, grads)")
    first = as_array(kept + zeros, (2,), name="w after step 1")
    step(adam, [first], [ones])
    assert_close(kept + zeros, first, name="the array from step 1, looked at after step 2")


@check("AdamW", points=2)
def test_decay_is_added_to_the_step_of_adam(student):
    """With lr = 0.2 and weight_decay = 0.25 the first step takes 0.2 * sign(g) and w / 20."""
    adamw = student.AdamW(lr=0.2, weight_decay=0.25)
    w, g = np.array([10.0, 10.0, -6.0, 0.0]), np.array([3.0, -1.0, -0.5, 8.0])
    (stepped,) = step(adamw, [w], [g])
    assert_close(stepped, [9.3, 9.7, -5.5, -0.2], rtol=1e-6, name="w after the first step")


@check("AdamW", points=2)
def test_every_parameter_decays_without_a_gradient(student):
    """With zero gradients every weight, biases too, shrinks by the factor 1 - lr * weight_decay."""
    params = [np.array([[4.0, -8.0], [0.0, 2.0]]), np.array([4.0, -1.0]), np.array(16.0)]
    gradients = [[np.zeros(w.shape) for w in params]] * 3
    path = walk(student.AdamW(lr=0.2, weight_decay=0.25), params, gradients)
    assert_quiet(student)
    for t, stepped in enumerate(path, start=1):
        for i, (w, new) in enumerate(zip(params, stepped, strict=True)):
            assert_close(new, w * 0.95**t, name=f"parameter [{i}] after step {t}")


@check("AdamW", points=2)
@given(w=arrays((3,)), g=GRADIENTS)
def test_decay_stays_out_of_the_averages(student, w, g):
    """Beside the decay itself, the moves depend on the gradients alone and not on the weights."""
    adamw = student.AdamW(lr=0.2, weight_decay=0.25)
    from_zero = student.AdamW(lr=0.2, weight_decay=0.25)
    for t, grad in enumerate(g, start=1):
        (stepped,) = step(adamw, [t * w], [grad])
        (move,) = step(from_zero, [np.zeros(3)], [grad])
        assert_close(stepped, 0.95 * t * w + move, name=f"w after step {t}")


@check("AdamW")
def test_no_decay_is_adam(student, rng):
    """AdamW with weight_decay=0 goes where Adam goes, with the same lr, betas and eps."""
    settings = {"lr": 0.2, "beta1": 0.6, "beta2": 0.8, "eps": 0.1}
    params = [rng.normal(size=(2, 2)), rng.normal(size=2)]
    gradients = [[rng.normal(size=w.shape) for w in params] for _ in range(4)]
    path = walk(student.AdamW(**settings, weight_decay=0.0), params, gradients)
    adam_path = walk(student.Adam(**settings), params, gradients)
    for t, (stepped, expected) in enumerate(zip(path, adam_path, strict=True), start=1):
        assert_close(stepped, expected, name=f"params after step {t}")


@check("AdamW")
def test_defaults_of_adamw(student):
    """AdamW() is AdamW(1e-3, 0.9, 0.999, 1e-8, 0.01)."""
    w, gradients = np.array([1.0, -20.0]), [[1.0, 1e-8], [-2.0, 3e-8], [0.0, 0.0]]
    bare = walk_one(student.AdamW(), w, gradients)
    spelt_out = walk_one(student.AdamW(1e-3, 0.9, 0.999, 1e-8, 0.01), w, gradients)
    assert_close(bare, spelt_out, name="w after each of 3 steps of AdamW()")


@check("AdamW")
def test_adamw_leaves_its_arguments(student):
    """A step of AdamW leaves params and grads as they were."""
    params = [np.full(shape, 2.0) for shape in [(2, 3), (3,), ()]]
    step(student.AdamW(lr=0.1), params, [np.full(w.shape, -0.5) for w in params])
    assert_unchanged(student)
