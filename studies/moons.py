"""The lab of two moons, three rules at sixteen learning rates each. Budget: a minute of CPU."""

import numpy as np

from descent import descend, rules, tasks
from studies import compare
from studies.protocol import TUNING

RULES = ("gd", "momentum_ema", "adam")
# From the lab's own rate up, a factor of two apart; the lab's own start is the first of the twenty.
RATES = 0.0007 * 2.0 ** np.arange(16)
REPORT = tuple(range(3, 23))
BUDGETS, BATCH = (586, 2344), 64
COLUMNS = ("rule", "budget", "lr", "seed", "first", "train", "right", "right_new")


def swept(rule, budget, rates=RATES, seeds=TUNING + REPORT):
    """A row for each learning rate and start.

    The training loss and the share of points on the right side, of those it learned from and of new
    ones, are means over the last tenth of the steps; `first` is the sum of the first ten losses.
    """
    task, lr = tasks.moons(), np.asarray(rates)[:, None, None]
    starts = [task.start(seed) for seed in seeds]
    w = np.broadcast_to(starts, (len(rates), len(seeds), task.size))
    f = task.noisy(BATCH, seeds)
    walk = descend(f, w, getattr(rules, rule), lr=lr, steps=budget, keep=("x", "loss"))
    steps = np.arange(budget)
    late = walk.x[1:][(steps >= 0.9 * budget) & (steps % 6 == 0)]
    sides = (task.accuracy(late, part).mean(axis=0) for part in ("train", "test"))
    loss = walk.loss[:budget]
    found = loss[:10].sum(axis=0), loss[-(budget // 10) :].mean(axis=0), *sides
    return [
        dict(
            zip(
                COLUMNS,
                (rule, budget, float(at), seed, *(float(a[i, j]) for a in found)),
                strict=True,
            )
        )
        for i, at in enumerate(rates)
        for j, seed in enumerate(seeds)
    ]


def differences(rows):
    """Run each rule again at one rate, on the first start, and say what differs."""
    for rule in RULES:
        before = rows.where(rule=rule, budget=BUDGETS[0], lr=RATES[8])
        (again,) = swept(rule, BUDGETS[0], RATES[8:9], REPORT[:1])
        yield from compare.differences(rule, again, before, REPORT[0], "train")


PARTS = {
    f"{rule} {budget}": lambda rule=rule, budget=budget: swept(rule, budget)
    for rule in RULES
    for budget in BUDGETS
}
