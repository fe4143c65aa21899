"""A right answer in generators that hand on one batch, and one candidate, at a time."""

import numpy as np


def initial_loss(k):
    p = np.full(k, 1 / k)
    return -(p * np.log(p)).sum()


def minibatches(n, batch_size, rng):
    waiting = rng.choice(n, size=n, replace=False)
    while len(waiting):
        yield waiting[-batch_size:]
        waiting = waiting[:-batch_size]


def train(params, x, labels, loss_and_gradients, step, epochs, batch_size, rng):
    def one_epoch(params):
        for rows in minibatches(len(x), batch_size, rng):
            loss, grads = loss_and_gradients(params=params, x=x[rows], labels=labels[rows])
            flat = iter(step(list(unfolded(params)), list(unfolded(grads))))
            params = list(zip(flat, flat, strict=True))
            yield params, loss

    losses = []
    for _ in range(epochs):
        met = []
        for new_params, loss in one_epoch(params):
            params = new_params
            met.append(loss)
        losses.append(np.array(sum(met) / len(met)))
    return params, losses


def unfolded(pairs):
    for w, b in pairs:
        yield w
        yield b


def accuracy(params, x, labels, predict):
    hits = [predict(params, x[i : i + 1])[0] == labels[i] for i in range(len(x))]
    return np.average(hits)


def lr_sweep(train_once, lrs):
    losses, best_lr, best_loss = [], None, None
    for lr in lrs:
        loss = train_once(lr)
        losses.append(loss if np.isfinite(loss) else float("inf"))
        if np.isfinite(loss) and (best_loss is None or loss < best_loss):
            best_lr, best_loss = lr, loss
    return best_lr, losses


def every_combination(grid):
    candidates = [{}]
    for name, values in grid.items():
        candidates = [candidate | {name: value} for candidate in candidates for value in values]
    yield from candidates


def log_uniform(space, trials, rng):
    for _ in range(trials):
        exponents = {name: rng.uniform(*np.log2(bounds)) for name, bounds in space.items()}
        yield {name: 2.0**exponent for name, exponent in exponents.items()}


def best(evaluate, candidates):
    winner = None, float("-inf")
    for candidate in candidates:
        score = evaluate(dict(candidate))
        if not score <= winner[1] and not np.isnan(score):
            winner = candidate, score
    return winner


def grid_search(evaluate, grid):
    return best(evaluate, every_combination(grid))


def random_search(evaluate, space, trials, rng):
    return best(evaluate, log_uniform(space, trials, rng))
