"""What an argument must be: each check returns the value, or says what was asked for and given.

They are for the places where something is made: a schedule, a task, a race. What it does later
needs no check then.
"""

import math
from numbers import Integral, Real

import numpy as np


def whole(name, value, least=1):
    """Return a whole number as an int, which no addition overflows.

    Parameters
    ----------
    name : str
        What the error calls it.
    value : int or NumPy integer
    least : int, default 1
        The smallest that will do.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If it is something else, or less.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise ValueError(f"{name} must be a whole number, {least} or more; got {value!r}")
    return int(value)


def rate(name, value, below=math.inf):
    """Return a finite number that is 0 or more as a float, or an array of such.

    Parameters
    ----------
    name : str
        What the error calls it.
    value : float or ndarray
        An array is copied; whole numbers become float64 and half precision float32, since what is
        reckoned with them may not fit.
    below : float, default infinity
        What it must stay below.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError
        If it is neither a number nor an array of numbers.
    ValueError
        If it, or one of its entries, is out of range.
    """
    array = isinstance(value, np.ndarray)
    if isinstance(value, bool) or not isinstance(value, (Real, np.ndarray)):
        raise TypeError(f"{name} must be a number or an array; got {value!r}")
    if array and value.dtype.kind not in "fiu":
        raise TypeError(f"{name} must be an array of numbers; got one of {value.dtype}")
    if not np.all((value >= 0) & (value < below)):
        most = "finite" if below == math.inf else f"below {below}"
        raise ValueError(f"{name} must be 0 or more, and {most}; got {value}")
    if not array:
        return float(value)
    return value.astype(float if value.dtype.kind in "iu" else np.result_type(value, np.float32))
