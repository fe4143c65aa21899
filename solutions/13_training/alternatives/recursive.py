"""A right answer that walks down the grid by recursion, and leaves the bookkeeping to max."""

import math


def initial_loss(k):
    return math.log(k)


def train(params, x, labels, loss_and_gradients, step, epochs, batch_size, rng):
    if epochs == 0:
        return params, []
    deck = rng.permutation(len(labels)).tolist()
    met = []
    while deck:
        batch, deck = deck[:batch_size], deck[batch_size:]
        loss, grads = loss_and_gradients(params, x[batch], labels[batch])
        met += [loss]
        params = paired(step(flat(params), flat(grads)))
    rest = (x, labels, loss_and_gradients, step, epochs - 1, batch_size, rng)
    params, later = train(params, *rest)
    return params, [sum(met) / len(met), *later]


def flat(pairs):
    return [*pairs[0], *flat(pairs[1:])] if pairs else []


def paired(arrays):
    return [(arrays[0], arrays[1]), *paired(arrays[2:])] if arrays else []


def accuracy(params, x, labels, predict):
    return sum(map(int, predict(params, x) == labels)) / len(x)


def lr_sweep(train_once, lrs):
    losses = tuple(map(train_once, lrs))
    usable = [(loss, lr) for loss, lr in zip(losses, lrs, strict=True) if math.isfinite(loss)]
    return min(usable)[1] if usable else None, losses


def best_of(results):
    results = list(results)
    real = [result for result in results if result[1] == result[1]]
    return max(real or results, key=lambda result: result[1])


def grid_search(evaluate, grid):
    def combinations(names):
        if not names:
            yield {}
            return
        for rest in combinations(names[:-1]):
            for value in grid[names[-1]]:
                yield {**rest, names[-1]: value}

    return best_of((settings, evaluate(settings)) for settings in combinations(list(grid)))


def random_search(evaluate, space, trials, rng):
    def draw(low, high):
        return 10 ** rng.uniform(math.log10(low), math.log10(high))

    draws = [{name: draw(*space[name]) for name in space} for _ in range(trials)]
    return best_of((settings, evaluate(settings)) for settings in draws)
