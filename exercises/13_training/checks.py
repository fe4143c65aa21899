"""Checks of exercise 13: the training loop, and the search for good settings.

The loss, its gradients and the step are functions of our own, called back from the learner's loop,
and what they are asked is written down. Which random numbers are drawn, and in which order, is left
open, so chance is judged by counts and laws; the probability that a right answer is refused stands
beside each.
"""

import functools
import itertools

import numpy as np
from hypothesis import strategies as st

from grader.checking import (
    as_array,
    assert_close,
    assert_equal,
    assert_integers,
    assert_reaches,
    assert_same_run,
    assert_unchanged,
    check,
    fail,
    generators,
    given,
    unpack,
)
from grader.datasets import load

# Functions that are handed to the learner's code. Each is complete in itself, and answers the same
# question in the same way always, so that a counterexample can show it and a replay repeats it.


def pulled_to_the_batch(params, x, labels):
    target = np.mean(x) + np.mean(labels)
    spread = np.mean((x[:, 0] + labels - target) ** 2)
    grads = [(w - target, b - target) for w, b in params]
    distances = sum(np.sum(dw**2) + np.sum(db**2) for dw, db in grads)
    return distances / 2 + spread, grads


def softmax_layer(params, x, labels):
    ((w, b),) = params
    z = x @ w + b
    p = np.exp(z - np.max(z, axis=1, keepdims=True))
    p = p / np.sum(p, axis=1, keepdims=True)
    hit = np.arange(w.shape[1]) == labels[:, np.newaxis]
    loss = -np.mean(np.log(p[hit]))
    error = (p - hit) / len(x)
    return loss, [(x.T @ error, np.sum(error, axis=0))]


def half_a_step(params, grads):
    return [p - 0.5 * g for p, g in zip(params, grads, strict=True)]


def step_by_position(params, grads):
    return [p - g / (i + 2) for i, (p, g) in enumerate(zip(params, grads, strict=True))]


def largest_output(params, x):
    ((w, b),) = params
    return np.argmax(x @ w + b, axis=-1)


def loss_after_training(lr):
    if lr > 9:
        return {10.0: np.nan, 30.0: np.inf, 100.0: -np.inf, 300.0: 1e12}[lr]
    return 100 * (np.log10(lr) + 1.25) ** 2 - 200


def near_the_summit(settings):
    return -abs(settings["units"] - 16) - 3 * settings["decay"] - settings["shuffle"]


def summit_beside_a_cliff(settings):
    lr, decay = settings["lr"], settings["decay"]
    if lr > 0.5:
        return float("nan")
    return -1000 - 100 * np.log10(lr) ** 2 - np.log10(decay) ** 2


def small_steps_are_best(settings):
    return -10 - settings["lr"]


def diverging(settings):
    if settings["lr"] > 0.01:
        return float("nan")
    return -10 - 1000 * abs(settings["lr"] - 0.001)


def asked_of(function, asked):
    """Return the same function, which also puts its one argument on the list."""

    @functools.wraps(function)
    def answering(settings):
        if type(settings) is not dict:
            fail("evaluate takes one dict, from each name to a value")
        asked.append(settings)
        return float(function(settings))

    return answering


# train: the learner's loop, and what it asked


class Run:
    """A run of the learner's `train`: its results, and all that it asked.

    Both lists have one entry for each step. `batches` has `(x, labels, loss)`, as they were met;
    `steps` has `(params, grads, stepped, met, gradients)`: the params and grads that step was
    given, its answer, and, as flat lists, the params at which the gradients were taken, and these.
    """

    def __init__(self, params, losses, asked):
        self.params, self.losses = params, losses
        self.batches, self.steps = [], []
        latest = None
        for kind, *what in asked:
            if kind == "loss":
                latest = what
            elif latest is None:
                fail("step was called before loss_and_gradients was")
            else:
                pairs, x, labels, loss, grads = latest
                self.batches.append((x, labels, loss))
                self.steps.append((*what, flat(pairs), flat(grads)))


def flat(pairs):
    return [array for pair in pairs for array in pair]


def trained(student, params, x, labels, loss_and_gradients, step, epochs, batch_size, rng):
    """Let the learner's code train, and return the run; its arguments stay as they are."""
    asked = []

    @functools.wraps(loss_and_gradients)
    def answer_loss(params, x, labels):
        if type(params) not in (list, tuple):
            fail("params should be a list of (w, b)")
        pairs = [unpack(pair, 2, f"params[{i}]") for i, pair in enumerate(params)]
        pairs = [(as_array(w, name="w"), as_array(b, name="b")) for w, b in pairs]
        x, labels = as_array(x, name="x"), assert_integers(labels, "labels")
        if x.ndim != 2 or labels.shape != x.shape[:1]:
            fail(f"a batch should be rows with a label each; x is {x.shape}, labels {labels.shape}")
        loss, grads = loss_and_gradients(pairs, x, labels)
        asked.append(("loss", pairs, x, labels, loss, grads))
        return float(loss), grads

    @functools.wraps(step)
    def answer_step(params, grads):
        flats = []
        for name, arrays in (("params", params), ("grads", grads)):
            if type(arrays) not in (list, tuple):
                fail(f"step takes {name} as a flat list of arrays, [w1, b1, w2, b2, ...]")
            if any(type(array) in (list, tuple) for array in arrays):
                fail(f"step takes {name} as a flat list, [w1, b1, w2, b2, ...], not as pairs")
            flats.append([as_array(array, name=name) for array in arrays])
        stepped = step(*flats)
        asked.append(("step", *flats, stepped))
        return stepped

    got = student.train(params, x, labels, answer_loss, answer_step, epochs, batch_size, rng)
    assert_unchanged(student)
    got_params, losses = unpack(got, 2, "params, losses")
    losses = as_array(losses, (epochs,), name=f"losses of {epochs} epochs")
    if type(got_params) not in (list, tuple) or len(got_params) != len(params):
        fail(f"params should come back as a list of (w, b), one pair a layer: {len(params)} here")
    pairs = [unpack(pair, 2, f"params[{i}]") for i, pair in enumerate(got_params)]
    return Run(pairs, losses, asked)


def epochs_of(run, n, batch_size, epochs):
    """The rows of each batch of each epoch: all in exactly one batch, each with its own label.

    Row i of such a run is `(i, 2i)`, and its label is i² + 1.
    """
    count = -(-n // batch_size)
    if len(run.batches) != count * epochs:
        fail(
            f"{n} rows in batches of {batch_size} make {count} steps an epoch, so {epochs} epochs "
            f"make {count * epochs}; there were {len(run.batches)}"
        )
    rows = []
    for number, (x, labels, _) in enumerate(run.batches):
        where = f"batch {number % count} of epoch {number // count + 1}"
        if len(x) > batch_size:
            fail(f"{where} has {len(x)} rows, and batch_size is {batch_size}")
        rows.append(x[:, 0])
        assert_close(x, np.outer(x[:, 0], [1.0, 2.0]), name=f"x of {where}")
        assert_close(labels, x[:, 0] ** 2 + 1, name=f"labels of {where}, which belong to its rows")
    dealt = [rows[start : start + count] for start in range(0, len(rows), count)]
    for number, batches in enumerate(dealt, start=1):
        met = np.sort(np.concatenate(batches))
        name = f"rows met in epoch {number}, sorted: each once"
        assert_close(met, np.arange(float(n)), name=name)
    return [[tuple(sorted(batch.astype(int).tolist())) for batch in epoch] for epoch in dealt]


def numbered(n):
    """Rows that tell their number, and labels that tell their row."""
    return np.outer(np.arange(float(n)), [1.0, 2.0]), np.arange(n) ** 2 + 1


def dealt(student, n, batch_size, epochs, rng):
    """The rows of each batch of each epoch of a short run."""
    x, labels = numbered(n)
    params = [(np.ones((1, 1)), np.zeros(1))]
    loss_and_gradients, step = pulled_to_the_batch, half_a_step
    run = trained(student, params, x, labels, loss_and_gradients, step, epochs, batch_size, rng)
    return epochs_of(run, n, batch_size, epochs)


def seeded(rng):
    """Return a generator from a small seed, which a counterexample can name."""
    return np.random.default_rng(int(rng.integers(1024)))


# initial_loss


@check("initial_loss")
def test_loss_before_training(student):
    """Before training the loss is 0.693 for 2 classes, 2.303 for 10, and 0 for a single one."""
    for k, expected in ((2, 0.6931471805599453), (10, 2.302585092994046), (1, 0.0)):
        assert_close(student.initial_loss(k), expected, name=f"initial_loss({k})")
    assert_close(student.initial_loss(1000), 6.907755278982137, name="initial_loss(1000)")


# train


@check("train", points=2)
def test_three_epochs_by_hand(student, rng):
    """With both rows in one batch, three epochs meet the losses 14, 6.5 and 4.625."""
    x, labels = np.array([[1.0], [3.0]]), np.array([0, 2])
    params = [(np.array([[7.0]]), np.array([1.0]))]
    for batch_size in (2, 5):
        pull, step = pulled_to_the_batch, half_a_step
        run = trained(student, params, x, labels, pull, step, 3, batch_size, seeded(rng))
        assert_same_run(run.losses, [14.0, 6.5, 4.625], name="losses")
        ((w, b),) = run.params
        assert_close(w, [[3.5]], name="w after three epochs")
        assert_close(b, [2.75], name="b after three epochs")


@check("train", points=2)
@given(n=st.integers(1, 7), batch_size=st.integers(1, 8), rng=generators())
def test_every_row_once_an_epoch(student, n, batch_size, rng):
    """An epoch meets every row once, with its own label, and makes a step for each batch."""
    dealt(student, n, batch_size, 2, rng)


@check("train", points=2)
def test_single_rows_are_shuffled_every_epoch(student, rng):
    """Each epoch deals the rows anew: any two rows share a batch now and then."""
    epochs = dealt(student, 4, 2, 60, seeded(rng))
    if all(set(epoch) == set(epochs[0]) for epoch in epochs):
        fail("all 60 epochs had the same batches; shuffle the rows anew in every epoch")
    # Two rows share a batch with 1/3. That a pair never does: 2e-10 for all six pairs together.
    shared = {batch for epoch in epochs for batch in epoch}
    for i, j in itertools.combinations(range(4), 2):
        if (i, j) not in shared:
            fail(f"of four rows, rows {i} and {j} never shared a batch of two in 60 epochs")


@check("train")
def test_the_generator_deals(student, rng):
    """The generator alone decides: the same state, the same batches; the next run, others."""
    seed, other = rng.choice(1024, size=2, replace=False).tolist()

    def batches(generator):
        return dealt(student, 12, 3, 2, generator)

    # 12 rows in four batches of three: two runs agree in both epochs with probability 7e-12.
    one = np.random.default_rng(seed)
    first, following = batches(one), batches(one)
    if batches(np.random.default_rng(seed)) != first:
        fail("two generators in the same state gave different batches")
    if batches(np.random.default_rng(other)) == first:
        fail("generators with different seeds gave the same batches: they should come from rng")
    if following == first:
        fail("the next run with the same generator gave the same batches again")


@check("train", points=2)
def test_losses_are_means_of_the_batch_losses(student, rng):
    """The loss of an epoch is the mean of its batch losses, taken before each batch's step."""
    x, labels = numbered(7)
    params = [(np.array([[4.0, -2.0]]), np.array([1.0, 3.0]))]
    run = trained(student, params, x, labels, pulled_to_the_batch, half_a_step, 3, 3, seeded(rng))
    epochs_of(run, 7, 3, 3)
    met = np.array([loss for _, _, loss in run.batches]).reshape(3, 3)
    sizes = np.array([len(rows) for rows, _, _ in run.batches]).reshape(3, 3)
    # A short batch may count as one of three, or by its rows: both are means of batch losses.
    if not np.allclose(run.losses, np.sum(met * sizes, axis=1) / 7, rtol=1e-9, atol=0.0):
        assert_close(run.losses, np.mean(met, axis=1), name="losses of three epochs")


@check("train", points=2)
def test_step_gets_flat_lists_and_its_answer_is_used(student, rng):
    """A step gets all params and gradients as flat lists; what it returns goes into the next."""
    sizes = (2, 2, 2, 2)
    params = [
        (rng.normal(size=pair).round(2), rng.normal(size=pair[1]).round(2))
        for pair in itertools.pairwise(sizes)
    ]
    x, labels = numbered(5)
    run = trained(
        student, params, x, labels, pulled_to_the_batch, step_by_position, 2, 2, seeded(rng)
    )
    epochs_of(run, 5, 2, 2)
    expected = flat(params)
    for number, (given_params, given_grads, stepped, met, grads) in enumerate(run.steps, start=1):
        assert_close(met, expected, name=f"params of loss_and_gradients {number}, flat")
        assert_close(given_params, expected, name=f"params of step {number}")
        assert_close(given_grads, grads, name=f"grads of step {number}")
        expected = stepped
    assert_close(flat(run.params), expected, name="params at the end, flat")


@check("train", points=2)
def test_a_softmax_layer_reads_digits(student, rng):
    """A single softmax layer learns in six epochs to read at least 85 % of unseen digits."""
    digits = load("digits")
    order = rng.permutation(len(digits.x))
    x, labels = digits.x[order] / 16, digits.labels[order]
    params = [(np.zeros((64, 10)), np.zeros(10))]
    seed = int(rng.integers(1024))
    known, true = x[500:], labels[500:]
    generator = np.random.default_rng(seed)
    run = trained(student, params, known, true, softmax_layer, half_a_step, 6, 64, generator)
    expected = losses_of_digits(known, true, np.random.default_rng(seed))
    ((w, b),) = run.params
    params = [(as_array(w, (64, 10), "w"), as_array(b, (10,), "b"))]
    share = np.mean(largest_output(params, x[:500]) == labels[:500])
    # Of 3,000 right runs the worst read 88.0 %; they spread by 1.1 around 93.0 %. None below is a
    # rate of at most 1e-3, with 95 % confidence.
    name = "accuracy on 500 test digits"
    assert_reaches(share, 0.85, false_alarm=1e-3, name=name, losses=(run.losses, expected))


def losses_of_digits(x, labels, rng):
    """The mean batch losses of six epochs of our own, to draw beside the learner's."""
    params, losses = [np.zeros((64, 10)), np.zeros(10)], []
    for _ in range(6):
        order, met = rng.permutation(len(x)), []
        for start in range(0, len(x), 64):
            rows = order[start : start + 64]
            loss, grads = softmax_layer([params], x[rows], labels[rows])
            params = half_a_step(params, flat(grads))
            met.append(loss)
        losses.append(np.mean(met))
    return losses


# accuracy


@check("accuracy", points=2)
@given(outputs=st.lists(st.integers(0, 3), min_size=1, max_size=8), seed=st.integers(0, 99))
def test_share_of_rows_that_are_right(student, outputs, seed):
    """The accuracy is the share of rows for which predict(params, x) gives the label."""
    # Without the params the answer is wrong: they move the largest entry of x on by one.
    params = [(np.roll(np.eye(4), 1, axis=1), np.zeros(4))]
    x = np.eye(4)[outputs]
    labels = np.random.default_rng(seed).integers(0, 4, size=len(outputs))
    got = student.accuracy(params, x, labels, largest_output)
    assert_unchanged(student)
    hits = sum((output + 1) % 4 == label for output, label in zip(outputs, labels, strict=True))
    assert_close(got, hits / len(outputs), name=f"accuracy, {hits} of {len(outputs)} right")


@check("accuracy")
def test_from_none_to_all(student):
    """No row right is 0, three of four are 0.75, all are 1."""
    params = [(np.eye(3), np.array([0.0, 0.5, 0.0]))]
    x = np.array([[2.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 3.0], [0.0, 0.0, 0.0]])
    for labels, expected in (([0, 1, 2, 1], 1.0), ([0, 1, 2, 0], 0.75), ([1, 2, 0, 0], 0.0)):
        got = student.accuracy(params, x, np.array(labels), largest_output)
        assert_close(got, expected, name=f"accuracy with the labels {labels}")


# lr_sweep

REAL = (float, np.float64, np.float32, np.ndarray)


def swept(student, lrs):
    """The result of the learner's sweep, whose arguments stay as they are."""
    got = student.lr_sweep(loss_after_training, lrs)
    assert_unchanged(student)
    return got


def assert_sweep(got, lrs, expected):
    """The best rate is the expected one, and each loss stands where its rate does."""
    best, losses = unpack(got, 2, "best_lr, losses")
    if type(losses) is np.ndarray:
        losses = list(losses)
    for lr, loss in zip(lrs, unpack(losses, len(lrs), "losses"), strict=True):
        true = loss_after_training(lr)
        name = f"the loss in the place of lr = {lr:g}, of {lrs}"
        if np.isfinite(true):
            assert_close(loss, true, name=name)
        elif type(loss) not in REAL or np.shape(loss) or np.isfinite(loss):
            fail(f"{name}: expected {true}, as it came")
    assert_close(best, expected, name=f"best_lr of {lrs}")


@check("lr_sweep", points=2)
def test_a_sweep_over_decades(student):
    """The best of one to five rates has the smallest loss; losses stand in the order of lrs."""
    # 100 (log₁₀ lr + 1.25)² − 200 is least, −193.75, at 0.1.
    for lrs in ([0.001, 0.01, 0.1, 1.0, 3.0], [1.0, 0.001, 0.1, 0.01], [0.01, 0.001], [3.0]):
        best = {4: 0.1, 5: 0.1, 2: 0.01, 1: 3.0}[len(lrs)]
        assert_sweep(swept(student, lrs), lrs, best)


@check("lr_sweep", points=2)
def test_a_diverged_run_never_wins(student):
    """A run that ends in NaN, inf or −inf never wins, wherever it stands."""
    sweeps = [
        [0.1, 10.0],
        [10.0, 0.1, 1.0],
        [1.0, 30.0, 10.0],
        [30.0, 0.01, 10.0, 0.1],
        [1.0, 100.0, 0.1],
        [100.0, 10.0, 3.0],
        [10.0, 300.0, 30.0],
        [300.0, 100.0],
    ]
    # All are run before one is judged: what goes wrong where tells which mistake it is.
    runs = [(lrs, swept(student, lrs)) for lrs in sweeps]
    for lrs, got in runs:
        # The 1e12 of lr = 300 is a bad loss, and yet a better one than none.
        tame = [lr for lr in lrs if np.isfinite(loss_after_training(lr))]
        expected = min(tame, key=loss_after_training)
        assert_sweep(got, lrs, expected)


# grid_search and random_search


def settings_of(got, names, what):
    """A dict of settings with these names, its values as floats."""
    if type(got) is not dict:
        fail(f"{what}: expected a dict, from each name to a value")
    if set(got) != set(names):
        fail(f"{what}: expected a dict with {', '.join(names)}, got {', '.join(map(str, got))}")
    return {name: float(as_array(got[name], (), f"{what}[{name!r}]")) for name in names}


def searched(student, search, evaluate, ranges, *rest):
    """What the learner's search returned, `best` and `score`, and all settings it evaluated."""
    asked = []
    got = getattr(student, search)(asked_of(evaluate, asked), ranges, *rest)
    assert_unchanged(student)
    best, score = unpack(got, 2, "best, score")
    tried = [settings_of(settings, ranges, "the settings to evaluate") for settings in asked]
    return best, score, tried


def assert_best(best, score, expected, expected_score):
    """The best settings and their score are the expected ones."""
    best = settings_of(best, expected, "best")
    assert_close(list(best.values()), list(expected.values()), name=f"best {', '.join(expected)}")
    assert_close(score, expected_score, name="score")


@check("grid_search", points=2)
def test_every_combination_is_evaluated(student):
    """A grid of 3 × 2 × 2 values makes 12 evaluations, one of every combination."""
    grid = {"units": [8, 16, 64], "decay": [0.5, 0.25], "shuffle": [True, False]}
    best, score, tried = searched(student, "grid_search", near_the_summit, grid)
    met = {tuple(settings[name] for name in grid) for settings in tried}
    wanted = set(itertools.product(*grid.values()))
    for combination in sorted(wanted - met):
        fail(f"{dict(zip(grid, combination, strict=True))} was never evaluated")
    for combination in sorted(met - wanted):
        fail(f"{dict(zip(grid, combination, strict=True))} is not in the grid")
    assert_best(best, score, {"units": 16.0, "decay": 0.25, "shuffle": 0.0}, -0.75)


@check("grid_search", points=2)
@given(
    lrs=st.permutations([0.01, 0.1, 1.0]), decays=st.permutations([0.0001, 0.1, 1.0]), examples=20
)
def test_the_largest_score_wins_and_nan_never(student, lrs, decays):
    """The best settings have the largest score; NaN never wins, wherever it stands."""
    grid = {"lr": lrs, "decay": decays}
    best, score, _ = searched(student, "grid_search", summit_beside_a_cliff, grid)
    # -1100 at (0.1, 1), -1101 at (0.1, 0.1), -1400 at (0.01, 1), ...; NaN wherever lr is 1.
    assert_best(best, score, {"lr": 0.1, "decay": 1.0}, -1100.0)


RANGES = {"lr": (1e-4, 1.0), "decay": (1e-6, 1e-2), "width": (10.0, 1000.0)}


@check("random_search")
def test_trials_lie_in_their_ranges(student, rng):
    """Every trial evaluates new settings, with each value inside its range."""
    for trials in (1, 7, 40):
        got = searched(student, "random_search", small_steps_are_best, RANGES, trials, seeded(rng))
        _, _, tried = got
        different = {tuple(settings.values()) for settings in tried}
        assert_equal(len(different), trials, name=f"different settings in {trials} trials")
        for settings in tried:
            for name, (low, high) in RANGES.items():
                if not low * (1 - 1e-9) <= settings[name] <= high * (1 + 1e-9):
                    fail(f"{name} = {settings[name]:g} is not between {low:g} and {high:g}")


@check("random_search", points=2)
def test_every_decade_gets_its_share(student, rng):
    """Values are log-uniform, with as many from each decade, and independent of each other."""
    got = searched(student, "random_search", small_steps_are_best, RANGES, 300, seeded(rng))
    _, _, tried = got
    ranks = (np.arange(len(tried)) + 0.5) / len(tried)
    heights = {}
    for name, (low, high) in RANGES.items():
        values = np.array([settings[name] for settings in tried])
        # Where in its range a value lies on a logarithmic scale: 0 at low, 1 at high.
        heights[name] = np.log(values / low) / np.log(high / low)
        off = np.abs(np.sort(heights[name]) - ranks)
        # That 300 uniform numbers are off by more: 2e-10 for all three names (Massart 1990).
        if off.max() > 0.2:
            below = np.mean(heights[name] < 0.5)
            fail(
                f"{name}: half of the values should lie below {np.sqrt(low * high):g}, the middle "
                f"of {low:g} to {high:g} on a logarithmic scale; {below:.0%} do"
            )
    for one, other in itertools.combinations(RANGES, 2):
        # Seven standard deviations: for independent draws 2e-12, by normal approximation.
        if abs(np.corrcoef(heights[one], heights[other])[0, 1]) > 0.4:
            fail(f"{one} and {other} go together; draw each of them on its own")


@check("random_search", points=2)
def test_the_best_trial_wins(student, rng):
    """The best settings are those of the trial with the largest score; NaN never wins."""
    for _ in range(8):
        # Half of the trials give NaN. That all 40 do, which is left open: 1e-12.
        got = searched(student, "random_search", diverging, RANGES, 40, seeded(rng))
        best, score, tried = got
        scores = [diverging(settings) for settings in tried]
        winner = int(np.nanargmax(scores))
        assert_best(best, score, tried[winner], scores[winner])


@check("random_search")
def test_the_generator_draws(student, rng):
    """The generator alone decides: the same state, the same trials; the next search, others."""
    seed, other = rng.choice(1024, size=2, replace=False).tolist()

    def trials(generator):
        got = searched(student, "random_search", small_steps_are_best, RANGES, 4, generator)
        return got[2]

    one = np.random.default_rng(seed)
    first, following = trials(one), trials(one)
    if trials(np.random.default_rng(seed)) != first:
        fail("two generators in the same state gave different trials")
    if trials(np.random.default_rng(other)) == first:
        fail("generators with different seeds gave the same trials: they should come from rng")
    if following == first:
        fail("the next search with the same generator made the same trials again")
