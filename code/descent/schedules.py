"""Schedules: functions of the step number, to stand where a hyper-parameter could be a number.

`descend(f, x, adam, steps=100, lr=cosine(0.1, 100))`. The first step is number 0. Each function
here returns one such function, and any function of the step number will do as well.

Rates, factors and decays are finite and 0 or more: numbers, or arrays for a sweep. Counts of steps
are whole numbers, 1 or more. What isn't raises a TypeError or ValueError when the schedule is made.
"""

import math

from .checks import rate, whole


def constant(lr):
    """`lr` at every step."""
    lr = rate("lr", lr)
    return lambda k: lr


def step_decay(lr, every, factor=0.1):
    """`lr`, times `factor` after each `every` steps. torch's StepLR."""
    lr, every, factor = rate("lr", lr), whole("every", every), rate("factor", factor)
    return lambda k: lr * factor ** (k // every)


def cosine(lr, steps, final=0.0):
    """From `lr` down to `final` along half a cosine in `steps` steps, and constant from there on
    (Loshchilov and Hutter, 2017). torch's CosineAnnealingLR."""
    lr, steps, final = rate("lr", lr), whole("steps", steps), rate("final", final)
    return lambda k: final + (lr - final) * (1 + math.cos(math.pi * min(k / steps, 1))) / 2


def inverse_time(lr, decay):
    """`lr / (1 + decay * k)`, the decay by which SGD converges (Robbins and Monro, 1951). With
    `adagrad`, it is torch's `lr_decay`."""
    lr, decay = rate("lr", lr), rate("decay", decay)
    return lambda k: lr / (1 + decay * k)


def inverse_sqrt(lr, steps=1):
    """`lr` for the first `steps` steps, and `lr * sqrt(steps / (k + 1))` from there on, counted
    from the first (Vaswani et al., 2017)."""
    lr, steps = rate("lr", lr), whole("steps", steps)
    return lambda k: lr * math.sqrt(steps / max(steps, k + 1))


def warm_up(schedule, steps):
    """`schedule`, rising to its full size in equal parts over the first `steps` steps. The first
    step takes `1 / steps` of it, so 1 is no warm-up."""
    if not callable(schedule):
        raise TypeError(f"schedule must be a function, such as constant(0.1); got {schedule!r}")
    steps = whole("steps", steps)
    return lambda k: schedule(k) * min(1, (k + 1) / steps)
