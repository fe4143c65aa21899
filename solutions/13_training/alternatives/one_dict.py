"""A right answer with a class for the loop, and one dict of settings that is copied when best."""

import copy

import numpy as np


class Trainer:
    def __init__(self, params, loss_and_gradients, step):
        self.params = copy.deepcopy(params)
        self.loss_and_gradients = loss_and_gradients
        self.step = step

    def learn(self, x, labels):
        loss, grads = self.loss_and_gradients(self.params, x, labels)
        weights = [w for layer in self.params for w in layer]
        gradients = [g for layer in grads for g in layer]
        weights = self.step(weights, gradients)
        self.params = [tuple(weights[i : i + 2]) for i in range(0, len(weights), 2)]
        return float(loss)


def initial_loss(k):
    return np.log2(k) * np.log(2)


def train(params, x, labels, loss_and_gradients, step, epochs, batch_size, rng):
    trainer = Trainer(params, loss_and_gradients, step)
    history = []
    for _ in range(epochs):
        order = rng.permuted(np.arange(len(x)))
        cuts = np.arange(batch_size, len(x), batch_size)
        table = [trainer.learn(x[rows], labels[rows]) for rows in np.split(order, cuts)]
        history.append(np.mean(table))
    loss_and_gradients(trainer.params, x, labels)  # a look at the whole set, for nobody
    return trainer.params, np.array(history)


def accuracy(params, x, labels, predict):
    predicted = np.asarray(predict(params, x))
    return np.array((predicted == np.asarray(labels)).mean())


def lr_sweep(train_once, lrs):
    results = {}
    for lr in sorted(lrs):
        results[lr] = train_once(lr)
    tame = [lr for lr in results if abs(results[lr]) < np.inf]
    return min(tame or lrs, key=lambda lr: results[lr]), [results[lr] for lr in lrs]


def grid_search(evaluate, grid):
    total = int(np.prod([len(values) for values in grid.values()]))
    settings, best = {}, None
    for number in range(total):
        for name, values in grid.items():
            number, position = divmod(number, len(values))
            settings[name] = values[position]
        score = evaluate(settings)
        if score == score and (best is None or score > best[1]):
            best = (dict(settings), score)
    return best


def random_search(evaluate, space, trials, rng):
    settings, best = {}, None
    for _ in range(trials):
        for name in space:
            low, high = np.log10(space[name])
            settings[name] = 10.0 ** (low + (high - low) * rng.uniform())
        score = evaluate(settings)
        if score == score and (best is None or score > best[1]):
            best = (settings.copy(), score)
    # The score once more, as an average of two evaluations would need it.
    return (best[0], evaluate(best[0])) if best else ({}, float("nan"))
