"""Hidden checks of exercise 10: early stopping beside the reference on random curves."""

import numpy as np

from grader.checking import as_array, assert_close, check, fail

SETTINGS = [(1, 0.0), (2, 0.0), (3, 0.0), (2, 0.25), (4, 0.5), (6, 0.125)]


def curve(rng):
    """Draw 40 losses that fall and rise again, in eighths so that ties are frequent, some NaN."""
    bowl = ((np.arange(40) - 25) / 10) ** 2
    losses = np.round(8 * (bowl + 0.5 * rng.normal(size=40))) / 8
    losses[1:][rng.random(39) < 0.1] = np.nan
    return losses.tolist()


def follow(mine, theirs, losses):
    """Feed both objects until the reference stops; yield after each epoch, for others to go on."""
    for t, loss in enumerate(losses):
        got = as_array(mine.update(loss, [np.full(2, t)]), (), "what update returns")
        stop = theirs.update(loss, [np.full(2, t)])
        if bool(got) != bool(stop):
            fail(f"one of the two says stop after epoch {t + 1}, and the other does not")
        if t == 0:
            start = as_array(mine.best_epoch, (), "best_epoch") - theirs.best_epoch
        assert_close(mine.best_loss, theirs.best_loss, name="best_loss")
        assert_close(mine.best_params, theirs.best_params, name="best_params")
        epoch = as_array(mine.best_epoch, (), "best_epoch")
        assert_close(epoch - start, theirs.best_epoch, name="best_epoch")
        if stop:
            return
        yield


@check("EarlyStopping", points=3, hidden=True)
def test_random_curves(student, reference, rng):
    """On noisy curves it stops where the reference does, with two objects in turns."""
    for patience, min_delta in SETTINGS:
        runs = [
            follow(
                student.EarlyStopping(patience, min_delta),
                reference.EarlyStopping(patience, min_delta),
                curve(rng),
            )
            for _ in range(2)
        ]
        while runs:
            runs = [run for run in runs if next(run, "over") != "over"]
