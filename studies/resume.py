"""Adam that goes on with its memory, and without. Budget: a minute of CPU."""

import numpy as np

from descent import rules
from studies.problems import PROBLEMS
from studies.protocol import REPORT

BEFORE, AFTER, BATCH = 200, 200, 64
LOOKS = (*range(1, 11), 20, 30, 40, 50, 100, 180, 190, 200)
COLUMNS = ("lr", "seed", "leap", "setback", "hurts", "late")
RATES = (0.003, 0.03)


def went_on(problem, w, memory, lr, seed):
    """The training losses at the looks."""
    draw, losses = problem.task.noisy(BATCH, seed + 500), []
    for k in range(1, AFTER + 1):
        step, memory = rules.adam(draw(w)[1], **memory, lr=lr)
        w = w - step
        if k in LOOKS:
            losses.append(float(problem.task(w)[0]))
    return np.array(losses)


def resumed(problem, lr, seed):
    """What forgetting does, as ratios: at once, from 20 to 50 steps, at 100, and at the end."""
    draw, w, memory = problem.task.noisy(BATCH, seed), problem.start(seed), {}
    for _ in range(BEFORE):
        step, memory = rules.adam(draw(w)[1], **memory, lr=lr)
        w = w - step
    with_it, without = (went_on(problem, w, m, lr, seed) for m in (memory, {}))
    ratio = without / with_it
    sums = [
        without[part].mean() / with_it[part].mean() for part in (slice(10, 14), slice(-3, None))
    ]
    leap = without[:10].max() / float(problem.task(w)[0])
    values = (lr, seed, leap, sums[0], ratio[14], sums[1])
    return dict(zip(COLUMNS, map(float, values), strict=True))


def all_rows():
    """A row for each learning rate and seed."""
    problem = PROBLEMS["digits"]()
    return [resumed(problem, lr, seed) for lr in RATES for seed in REPORT]


def differences(rows):
    """Resume one run at each learning rate again, and say what differs."""
    problem = PROBLEMS["digits"]()
    for lr in RATES:
        again, before = resumed(problem, lr, 0), rows.where(lr=lr)
        for name in ("leap", "hurts"):
            if not before[name].min() * 0.9 <= again[name] <= before[name].max() * 1.1:
                yield f"{name} at lr = {lr} is {again[name]:.4g}"


PARTS = {"both rates": all_rows}
