"""Figures of the course: landscapes, paths, curves, each drawn on an `ax` that is handed in.

Importing this module changes none of Matplotlib's settings; `plt.style.use(plot.STYLE)` turns the
course's style on. Every function returns None, so that a notebook cell may end in a call and print
nothing.
"""

import base64
import difflib
import functools
import html as markup
import inspect
import os
import warnings

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgb

from descent.looks import DARK, LOOK
from descent.pictures import one, pictures, quick

# What names the kind of picture that is drawn, where a page's Python draws for that page alone.
KIND = "DESCENT_PICTURE"
# The name under which Matplotlib finds descent.mplstyle in this package.
STYLE = "descent.descent"

INK, DARK_INK = "#333333", "#DDDDDD"
DARK_PAGE = "#15181C"
PNG = "data:image/png;base64,"


def look(name):
    """Color, marker and dash of a rule, as keyword arguments for `ax.plot`.

    Parameters
    ----------
    name : str
        A key of `looks.LOOK`: ``"gd"``, ``"momentum"``, ...

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
        Whose colors to use, a key of `looks.LOOK`.
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
        Whose colors to use, a key of `looks.LOOK`.
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
        Whose colors to use, a key of `looks.LOOK`.
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
    _show(f"```python\n{inspect.getsource(function)}```")


def _show(text):
    # Only where a notebook runs: elsewhere figures are drawn without IPython.
    from IPython.display import Markdown, display

    display(Markdown(text))


def changed_lines(old, new):
    """The lines in which the bodies of two rules differ, from their own sources.

    Parameters
    ----------
    old, new : callable
        Rules of `descent.rules`. Their names, arguments and docstrings aren't compared.

    Returns
    -------
    list of str
        Each begins with a minus where the line went, with a plus where it came.
    """
    bodies = [inspect.getsource(f).split('"""')[2].splitlines()[1:] for f in (old, new)]
    return [line for line in difflib.ndiff(*bodies) if line[0] in "-+"]


def changes(old, new):
    """Show what a rule changes in the rule that it comes from, line by line.

    Parameters
    ----------
    old, new : callable
        Rules of `descent.rules`.
    """
    lines = "\n".join(line[:2] + line[6:] for line in changed_lines(old, new))
    _show(f"```diff\n{lines}\n```")


def tint(name, fraction):
    """A shade of a rule's color, for several runs of the same rule.

    It is mixed with the ink, not with white: so it stays as easy to see.

    Parameters
    ----------
    name : str
        A key of `looks.LOOK`.
    fraction : float
        0 is the color itself, 1 is `INK`.

    Returns
    -------
    (float, float, float)
        Red, green and blue, from 0 to 1.
    """
    color, ink = np.array(to_rgb(LOOK[name][0])), np.array(to_rgb(INK))
    return tuple((color + (ink - color) * fraction).tolist())


@functools.cache
def dark(color):
    """The twin of a color in the dark.

    Parameters
    ----------
    color : tuple of float
        RGB or RGBA, from 0 to 1. A rule's color goes to its twin in `looks.DARK`, a `tint` to the
        same tint of that, a gray to the gray that is as far from the dark page as it was from
        white. Others, such as those of a color scale, stay as they are.

    Returns
    -------
    tuple of float
        As long as `color`; what is transparent stays so.
    """
    rgb, ink, dark_ink, page = map(np.array, (color[:3], *map(to_rgb, (INK, DARK_INK, DARK_PAGE))))
    found = rgb
    if np.ptp(rgb) < 0.01:
        found = page + (dark_ink - page) * (1 - rgb) / (1 - ink)
    else:
        for name, twin in DARK.items():
            if name == "own":  # A gray, as above.
                continue
            begin, twin = np.array(to_rgb(LOOK[name][0])), np.array(to_rgb(twin))
            fraction = np.clip(
                (rgb - begin) @ (ink - begin) / ((ink - begin) @ (ink - begin)), 0, 1
            )
            if np.abs(begin + fraction * (ink - begin) - rgb).max() < 0.005:
                found = twin + fraction * (dark_ink - twin)
    return (*np.clip(found, 0, 1).tolist(), *color[3:])


def png(fig):
    """The figure as it is, on white, as PNG bytes, without a date or a program's version.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        It is closed.

    Returns
    -------
    bytes
    """
    plt.close(fig)
    return quick(fig)


def _stored(fig):
    """The figure's four pictures, with a warning of what can't be read in one of them."""
    plt.close(fig)
    found, problems = pictures(fig, dark)
    if problems:
        warnings.warn("\n".join(["A figure can't be read:", *problems]), stacklevel=3)
    return found, {name: base64.b64encode(p.png).decode() for name, p in found.items()}


def show(fig, alt):
    """Show a figure in the notebook, with a text for those who don't see it.

    The notebook shows the light picture. The others, for a page in the dark and for a phone, are
    in the output's metadata; the book's pages take them from there. With `KIND` in the environment,
    there is one of that kind alone.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        It is closed, and changed.
    alt : str
        What there is to see, in a sentence or two.
    """
    from IPython.display import Image, display

    if kind := os.environ.get(KIND):
        plt.close(fig)
        picture = one(fig, kind, dark)
        display(Image(picture.png, alt=alt, width=picture.width, height=picture.height))
        return
    found, code = _stored(fig)
    light, narrow = found["light"], found["narrow"]
    display(
        Image(
            light.png,
            alt=alt,
            width=light.width,
            height=light.height,
            metadata=dict(
                needs_background="light",
                dark=code["dark"],
                narrow=code["narrow"],
                narrow_dark=code["narrow_dark"],
                narrow_width=narrow.width,
                narrow_height=narrow.height,
            ),
        )
    )


def html(fig, alt):
    """A figure as an ``<img>`` that holds its light picture, and the others as data attributes.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        It is closed, and changed.
    alt : str
        What there is to see, in a sentence or two.

    Returns
    -------
    str
    """
    if kind := os.environ.get(KIND):
        plt.close(fig)
        picture = one(fig, kind, dark)
        code = base64.b64encode(picture.png).decode()
        size = f'width="{picture.width}" height="{picture.height}"'
        return f'<img alt="{markup.escape(alt)}" {size} src="{PNG}{code}">'
    found, code = _stored(fig)
    light, narrow = found["light"], found["narrow"]
    return (
        f'<img alt="{markup.escape(alt)}" width="{light.width}" height="{light.height}" '
        f'style="background: #fff" src="{PNG}{code["light"]}" '
        f'data-dark="{PNG}{code["dark"]}" data-narrow="{PNG}{code["narrow"]}" '
        f'data-narrow_dark="{PNG}{code["narrow_dark"]}" '
        f'data-narrow_width="{narrow.width}" data-narrow_height="{narrow.height}">'
    )
