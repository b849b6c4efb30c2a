"""Figures of the course: landscapes, paths, curves, each drawn on an `ax` that is handed in.

Importing this module changes none of Matplotlib's settings; `plt.style.use(plot.STYLE)` turns the
course's style on. Every function returns None, so that a notebook cell may end in a call and print
nothing.
"""

import inspect
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Image, Markdown, display
from matplotlib.colors import to_rgb

# The name under which Matplotlib finds descent.mplstyle in this package.
STYLE = "descent.descent"

# One color to a rule in the whole book (Okabe and Ito's, safe for the color-blind), and a marker
# and a dash of its own, so that color is never the only sign.
LOOK = {
    "gd": ("#0072B2", "o", "-"),
    "sgd": ("#56B4E9", "v", (0, (5, 1, 1, 1, 1, 1))),
    "momentum": ("#E69F00", "s", (0, (5, 1.5))),
    "rmsprop": ("#CC79A7", "^", (0, (1, 1))),
    "adagrad": ("#009E73", "D", (0, (4, 1, 1, 1))),
    "adam": ("#D55E00", "P", (0, (8, 1.5))),
}
INK = "#333333"


def look(name):
    """Color, marker and dash of a rule, as keyword arguments for `ax.plot`.

    Parameters
    ----------
    name : str
        A key of `LOOK`: ``"gd"``, ``"momentum"``, ...

    Returns
    -------
    dict
        ``color``, ``marker`` and ``linestyle``.
    """
    color, marker, linestyle = LOOK[name]
    return dict(color=color, marker=marker, linestyle=linestyle)


def landscape(ax, surface, levels=12):
    """Draw the contours of a surface in gray, evenly spaced in log loss, with its minimizers.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    surface : descent.surfaces.Surface
        Its window gives the limits of the axes.
    levels : int
        Number of contours.
    """
    (left, right), (low, high) = surface.window
    x = np.stack(np.meshgrid(np.linspace(left, right, 201), np.linspace(low, high, 201)))
    loss = surface(x)[0]
    height = np.log10(loss - loss.min() + 1e-2 * np.ptp(loss) / levels)
    steps = np.linspace(height.min(), height.max(), levels + 1)[:-1]
    ax.contour(*x, height, levels=steps, colors="0.75", linewidths=0.8, linestyles="solid")
    if len(surface.minimizers):
        ax.plot(*np.transpose(surface.minimizers), "+", color=INK, ms=9, mew=1.2, zorder=3)
    ax.set(xlim=(left, right), ylim=(low, high), xlabel="$x_1$", ylabel="$x_2$")


def path(ax, trace, name="gd", label=None, every=1):
    """Draw a walk on a surface: a dot to each iterate, so that the step length can be seen.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    trace : descent.Trace
        Its ``x`` has shape (steps + 1, 2).
    name : str
        Whose colors to use, a key of `LOOK`.
    label : str, optional
        The text of the legend.
    every : int
        Draw a dot at each `every`-th iterate only.
    """
    ax.plot(*trace.x.T, **look(name), lw=1, label=label, markevery=every, clip_on=True)
    ax.plot(*trace.x[0], "o", ms=8, mfc="white", mec=INK, mew=1.4, zorder=4)


def curve(ax, y, name="gd", label=None, band=None, x=None):
    """Draw a curve over the steps, with a band around it where it is one of several runs.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    y : array, shape (n,) or (n, runs)
        With several runs, their median is drawn, and a band from the lowest to the highest.
    name : str
        Whose colors to use, a key of `LOOK`.
    label : str, optional
        The text of the legend.
    band : (array, array), optional
        Lower and upper edge of the band, where it isn't taken from `y`.
    x : array, shape (n,), optional
        The horizontal axis; the step number unless given.
    """
    y = np.asarray(y)
    x = np.arange(len(y)) if x is None else x
    if y.ndim == 2:
        band = band or (y.min(axis=1), y.max(axis=1))
        y = np.median(y, axis=1)
    color, marker, linestyle = LOOK[name]
    dots = max(1, len(y) // 6)
    ax.plot(x, y, color=color, ls=linestyle, marker=marker, label=label, markevery=dots)
    if band is not None:
        ax.fill_between(x, *band, color=color, alpha=0.2, lw=0)


def loss(ax, trace, name="gd", label=None):
    """Draw the loss of a walk over its steps, on a logarithmic axis.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    trace : descent.Trace
    name : str
        Whose colors to use, a key of `LOOK`.
    label : str, optional
        The text of the legend.
    """
    curve(ax, trace.loss, name, label)
    ax.set(yscale="log", xlabel="step", ylabel="loss")


def rule(function):
    """Show the text of a rule from its own source, so that what is read is what runs.

    Parameters
    ----------
    function : callable
        A rule of `descent.rules`.
    """
    display(Markdown(f"```python\n{inspect.getsource(function)}```"))


def tint(name, fraction):
    """A lighter shade of a rule's color, for several runs of the same rule.

    Parameters
    ----------
    name : str
        A key of `LOOK`.
    fraction : float
        0 is the color itself, 1 is white.
    """
    return tuple(c + (1 - c) * fraction for c in to_rgb(LOOK[name][0]))


def png(fig):
    """The figure as PNG bytes, without a date or a program's version, and closed.

    Parameters
    ----------
    fig : matplotlib.figure.Figure

    Returns
    -------
    bytes
    """
    data = BytesIO()
    fig.savefig(data, format="png", dpi=160, metadata={"Software": None})
    plt.close(fig)
    return data.getvalue()


def show(fig, alt):
    """Show a figure in the notebook, with a text for those who don't see it.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
    alt : str
        What there is to see, in a sentence or two.
    """
    width = round(fig.get_figwidth() * 100)  # pixels on the page; the picture itself is sharper
    display(Image(png(fig), alt=alt, width=width))
