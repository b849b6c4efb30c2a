"""Functions of two variables to walk on, each with its gradient and its minimizers.

A surface is called with the coordinates first, ``x.shape == (2, ...)``. Whatever axes follow are
points of their own, so a whole contour grid is one call.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["Surface", "beale", "bowl", "hills", "ravine", "rosenbrock", "saddle"]


@dataclass(frozen=True)
class Surface:
    """A function to walk on; ``surface(x)`` returns ``(loss, gradient)``.

    Attributes
    ----------
    name : str
        What to call it in a figure.
    f : callable
        The formula, ``f(x) -> (loss, gradient)``, with the coordinates as first axis.
    minimizers : ndarray, shape (k, d)
        All its local minima, the lowest first; k is 0 for the saddle.
    window : tuple of (low, high)
        What a figure should show, one pair a coordinate.
    start : tuple of float
        A point inside the window from which the walk is worth watching.
    """

    name: str
    f: Callable
    minimizers: np.ndarray
    window: tuple
    start: tuple

    def __call__(self, x):
        """Return the loss and the gradient at x.

        Parameters
        ----------
        x : array_like, shape (d, ...)
            Coordinates first. Floats keep their dtype, whole numbers become float64. Half
            precision is reckoned in float32 and rounded once.

        Returns
        -------
        loss : array, shape (...)
            Far out it may be infinite; that is no error and no warning.
        gradient : ndarray, shape (d, ...)

        Raises
        ------
        TypeError
            If x does not hold real numbers.
        ValueError
            If the first axis does not hold d coordinates.
        """
        x = np.asarray(x)
        if x.shape[:1] != (len(self.start),):
            raise ValueError(
                f"{self.name} has {len(self.start)} coordinates, on the first axis; "
                f"x has shape {x.shape}"
            )
        if x.dtype.kind not in "fiub":
            raise TypeError(f"x must hold real numbers; got {x.dtype}")
        if x.dtype.kind != "f":
            x = x.astype(float)
        # A walk that diverges overflows: the caller sees inf, and needs no warning beside it.
        with np.errstate(over="ignore", invalid="ignore"):
            if x.dtype == np.float16:
                loss, gradient = self.f(x.astype(np.float32))
                return np.float16(loss), np.float16(gradient)
            return self.f(x)


def bowl(curvatures=(1.0, 20.0)):
    """Half the sum of ``curvatures[i] * x[i]**2``: the surface that all chapters share.

    Parameters
    ----------
    curvatures : sequence of float, default (1, 20)
        The second derivative along each axis, all positive; as many coordinates as curvatures.

    Returns
    -------
    Surface
    """
    h = _positive(curvatures)

    def f(x):
        hx = (h.astype(x.dtype) * x.T).T  # dL/dx_i = h_i x_i
        return (x * hx).sum(axis=0) / 2, hx

    d = len(h)
    window = ((-5.0, 5.0),) + ((-2.5, 2.5),) * (d - 1)
    return Surface("bowl", f, np.zeros((1, d)), window, (-4.0,) + (1.5,) * (d - 1))


def ravine(curvatures=(1.0, 20.0)):
    """The bowl turned by 45 degrees: now no axis is steep and none is flat.

    Parameters
    ----------
    curvatures : pair of float, default (1, 20)
        The second derivative along the diagonal (1, 1), and across it.

    Returns
    -------
    Surface

    Raises
    ------
    ValueError
        If there are not two curvatures, or one is not positive.
    """
    h = _positive(curvatures)
    if len(h) != 2:
        raise ValueError(f"the ravine takes two curvatures, got {len(h)}")
    along, across = h.tolist()

    def f(x):
        s, d = (x[0] + x[1]) / 2, (x[1] - x[0]) / 2
        loss = along * s**2 + across * d**2
        return loss, np.stack([along * s - across * d, along * s + across * d])

    return Surface("ravine", f, np.zeros((1, 2)), ((-4.0, 4.0), (-4.0, 4.0)), (-3.5, -1.5))


def rosenbrock():
    """A curved valley, ``(1 - x)**2 + 100 * (y - x**2)**2`` (Rosenbrock 1960).

    Getting into the valley is quick, getting along it is slow.

    Returns
    -------
    Surface
    """

    def f(x):
        x, y = x
        r, s = 1 - x, y - x**2
        return r**2 + 100 * s**2, np.stack([-2 * r - 400 * x * s, 200 * s])

    return Surface("Rosenbrock", f, np.ones((1, 2)), ((-2.0, 2.0), (-1.0, 3.0)), (-1.2, 1.0))


def beale():
    """Flat plateaus between steep walls (Beale 1958).

    The sum of ``(c - x + x * y**k)**2`` for k = 1, 2, 3 with c = 1.5, 2.25, 2.625.

    Returns
    -------
    Surface
    """

    def f(x):
        x, y = x
        r1 = 1.5 - x + x * y
        r2 = 2.25 - x + x * y**2
        r3 = 2.625 - x + x * y**3
        dx = 2 * (r1 * (y - 1) + r2 * (y**2 - 1) + r3 * (y**3 - 1))
        dy = 2 * x * (r1 + 2 * y * r2 + 3 * y**2 * r3)
        return r1**2 + r2**2 + r3**2, np.stack([dx, dy])

    return Surface("Beale", f, np.array([[3.0, 0.5]]), ((-4.5, 4.5), (-4.5, 4.5)), (1.0, 1.0))


def saddle():
    """Up along x, down along y: ``(x**2 - y**2) / 2``, flat at the origin, with no minimum.

    Returns
    -------
    Surface
    """

    def f(x):
        x, y = x
        return (x**2 - y**2) / 2, np.stack([x, -y])

    return Surface("saddle", f, np.empty((0, 2)), ((-3.0, 3.0), (-2.0, 2.0)), (-2.5, 0.001))


def hills():
    """A wide bowl with three round wells of different depth, so the start decides which is found.

    ``(x**2 + y**2) / 20`` minus a Gaussian for each well, shifted so that the deepest is at 0.

    Returns
    -------
    Surface
    """
    centers = ((1.5, -1.0), (-1.5, -0.5), (0.5, 1.5))
    depths = (2.0, 1.5, 1.0)
    minimizers = np.array(
        [  # by Newton's method; the tests hold the gradient there to 0
            [1.46266589917103, -0.974468811945258],
            [-1.4504503404075029, -0.4833537588697453],
            [0.47656929915382995, 1.4221259148206893],
        ]
    )
    lowest = -1.842516079948414

    def f(x):
        loss, gradient = (x**2).sum(axis=0) / 20 - lowest, x / 10
        for (a, b), depth in zip(centers, depths, strict=True):
            away = np.stack([x[0] - a, x[1] - b])
            well = depth * np.exp(-(away**2).sum(axis=0))
            loss = loss - well
            gradient = gradient + 2 * well * away
        return loss, gradient

    return Surface("hills", f, minimizers, ((-3.0, 3.0), (-3.0, 3.0)), (-0.5, 2.5))


def _positive(curvatures):
    h = np.array(curvatures, dtype=float)
    if h.ndim != 1 or not h.size or not np.all(np.isfinite(h) & (h > 0)):
        raise ValueError(f"curvatures must be positive numbers, one a coordinate; got {curvatures}")
    return h
