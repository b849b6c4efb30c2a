"""Schedules: functions of the step number, to stand where a hyper-parameter could be a number.

`descend(f, x, adam, steps=100, lr=cosine(0.1, 100))`. The first step is number 0. Each function
here returns one such function, and any function of the step number will do as well.

Rates, factors and decays are finite and 0 or more: numbers, or arrays for a sweep. Counts of steps
are whole numbers, 1 or more. What isn't raises a TypeError or ValueError when the schedule is made.
"""

import math

from .checks import rate, whole


def constant(lr):
    """Stay at `lr`.

    Parameters
    ----------
    lr : float or ndarray

    Returns
    -------
    function
        From the step number, an int, to the value at that step.
    """
    lr = rate("lr", lr)
    return lambda k: lr


def step_decay(lr, every, factor=0.1):
    """Multiply `lr` by `factor` after each `every` steps. torch's StepLR.

    Parameters
    ----------
    lr : float or ndarray
        Of the first `every` steps.
    every : int
    factor : float or ndarray, default 0.1

    Returns
    -------
    function
        From the step number, an int, to the value at that step.
    """
    lr, every, factor = rate("lr", lr), whole("every", every), rate("factor", factor)
    return lambda k: lr * factor ** (k // every)


def cosine(lr, steps, final=0.0):
    """Fall along half a cosine, and stay constant from there on (Loshchilov and Hutter, 2017).

    torch's CosineAnnealingLR.

    Parameters
    ----------
    lr : float or ndarray
        Of the first step.
    steps : int
        After so many steps the fall has ended.
    final : float or ndarray, default 0
        What it falls to.

    Returns
    -------
    function
        From the step number, an int, to the value at that step.
    """
    lr, steps, final = rate("lr", lr), whole("steps", steps), rate("final", final)
    return lambda k: final + (lr - final) * (1 + math.cos(math.pi * min(k / steps, 1))) / 2


def inverse_time(lr, decay):
    """Fall as `lr / (1 + decay * k)`, by which SGD converges (Robbins and Monro, 1951).

    With `adagrad`, it is torch's `lr_decay`.

    Parameters
    ----------
    lr : float or ndarray
        Of the first step, k = 0.
    decay : float or ndarray
        Per step.

    Returns
    -------
    function
        From the step number, an int, to the value at that step.
    """
    lr, decay = rate("lr", lr), rate("decay", decay)
    return lambda k: lr / (1 + decay * k)


def inverse_sqrt(lr, steps=1):
    """Stay at `lr`, and then fall as `lr * sqrt(steps / (k + 1))` (Vaswani et al., 2017).

    Parameters
    ----------
    lr : float or ndarray
        Of the first `steps` steps.
    steps : int, default 1
        The fall counts from the first step too.

    Returns
    -------
    function
        From the step number, an int, to the value at that step.
    """
    lr, steps = rate("lr", lr), whole("steps", steps)
    return lambda k: lr * math.sqrt(steps / max(steps, k + 1))


def warm_up(schedule, steps):
    """Let another schedule rise to its full size in equal parts.

    Parameters
    ----------
    schedule : function
        Of the step number, such as `cosine(0.1, 100)`.
    steps : int
        The first step takes `1 / steps` of it, so 1 is no warm-up.

    Returns
    -------
    function
        From the step number, an int, to the value at that step.

    Raises
    ------
    TypeError
        If `schedule` is a number or anything else that can't be called.
    """
    if not callable(schedule):
        raise TypeError(f"schedule must be a function, such as constant(0.1); got {schedule!r}")
    steps = whole("steps", steps)
    return lambda k: schedule(k) * min(1, (k + 1) / steps)
