"""Averages of the parameters: what they do and why they are not rules.

A rule turns a gradient into a step and never sees the parameters. An average is one of
*parameters*, so it can't be a rule. `polyak` and `ema` need none of the loop either: they average
the points of a finished walk, `trace.x`. Schedule-Free takes its gradients at a point that depends
on the average, so it has to take part in the walk: it is a small class around an `Optimizer`.
"""

from numbers import Real

import numpy as np

from .checks import rate
from .loop import Optimizer, _keyed


def polyak(x):
    """The mean of all points so far, at every step (Polyak and Juditsky, 1992).

    Parameters
    ----------
    x : array, shape (n, ...)
        The points of a walk, such as `trace.x`. Floats keep their dtype, whole numbers become
        float64.

    Returns
    -------
    array, shape (n, ...)
        Entry k is the mean of `x[0]` to `x[k]`, not finite from the first point on that isn't.

    Raises
    ------
    TypeError, ValueError
        If x does not hold real numbers, or is a single one.
    """
    wide, dtype = _widened(x)
    counts = np.arange(1, len(wide) + 1).reshape(-1, *[1] * (wide.ndim - 1))
    with np.errstate(all="ignore"):
        return (np.cumsum(wide, axis=0) / counts).astype(dtype, copy=False)


def ema(x, beta=0.99):
    """A moving average of the points, at every step: it starts at the first of them.

    Parameters
    ----------
    x : array, shape (n, ...)
        The points of a walk, such as `trace.x`. Floats keep their dtype, whole numbers become
        float64.
    beta : float
        How much of the average is kept at each step, in [0, 1).

    Returns
    -------
    array, shape (n, ...)
        Entry 0 is `x[0]`; entry k is `beta * entry[k - 1] + (1 - beta) * x[k]`, not finite from
        the first point on that isn't.

    Raises
    ------
    TypeError, ValueError
        If x does not hold real numbers, or is a single one; if beta is out of range.
    """
    beta = rate("beta", beta, below=1)
    average, dtype = _widened(x)
    with np.errstate(all="ignore"):
        for k in range(1, len(average)):
            average[k] = beta * average[k - 1] + (1 - beta) * average[k]
        return average.astype(dtype, copy=False)


def _widened(x):
    """A copy of x to sum in, and the dtype to give back.

    A sum in half precision stands still at 2,048 ones, and whole numbers have no room for a mean.
    """
    x = np.asarray(x)
    if x.dtype.kind not in "fiub":
        raise TypeError(f"x must hold real numbers; got {x.dtype}")
    if not x.ndim:
        raise ValueError(f"x must be the points of a walk, on its first axis; got the number {x}")
    wide = x.astype(np.result_type(x, np.float64))
    return wide, x.dtype if x.dtype.kind == "f" else wide.dtype


class ScheduleFree:
    """Descend without a schedule, whose place an average takes (Defazio et al., 2024).

    The rule moves points `z`; `x` is the mean of all `z` so far; the gradient is taken in between,
    at `y = beta * x + (1 - beta) * z`. With `beta=0`, it is taken at `z`, and `x` is Polyak's
    average.

    Parameters
    ----------
    params : list, tuple or dict of float arrays
        The parameters at which the gradients are taken: `y`. `step` writes into them.
    rule : function
        A rule, such as `descent.rules.gd`. In the paper's Adam, `beta` stands for momentum, so
        take `rmsprop`, or `adam` with `beta1=0`.
    beta : float
        How near to the average gradients are taken, in [0, 1]. Default: 0.9.
    **hyper : number or function
        What `Optimizer` takes.

    Attributes
    ----------
    average : dict of arrays
        `x`, the parameters to evaluate and to keep, under the keys of `params` and in their
        dtypes. (A mean in half precision would soon stand still: it is kept in float32.)
    optimizer : Optimizer
        Moves `z`, by the rule.
    """

    __slots__ = ("_beta", "_given", "_x", "_y", "_z", "optimizer")  # So `walk.lr = 0` fails.

    def __init__(self, params, rule, *, beta=0.9, **hyper):
        if isinstance(beta, bool) or not isinstance(beta, Real) or not 0 <= beta <= 1:
            raise ValueError(f"beta must be a number, at least 0 and at most 1; got {beta!r}")
        self._beta = float(beta)
        self._given = Optimizer(params, rule, **hyper)  # Refuses what can't be written into.
        self._y = _keyed(params, "params")
        self._z = {key: y.copy() for key, y in self._y.items()}
        self._x = {key: y.astype(np.result_type(y, np.float32)) for key, y in self._y.items()}
        self.optimizer = Optimizer(self._z, rule, **hyper)

    @property
    def average(self):
        """The mean of all `z` so far."""
        return {key: x.astype(self._y[key].dtype, copy=False) for key, x in self._x.items()}

    def step(self, grads):
        """Take one step.

        Parameters
        ----------
        grads : list or dict of arrays
            As for `Optimizer.step`, taken at the parameters as they are.
        """
        self._given._check_same()
        self.optimizer.step(grads)
        for key, x in self._x.items():
            x += (self._z[key] - x) / self.optimizer.steps
            self._y[key][...] = self._beta * x + (1 - self._beta) * self._z[key]
