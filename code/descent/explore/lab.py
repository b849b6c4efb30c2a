"""The momentum lab: the map of all pairs of lr and beta, and the walk of the pair pointed at."""

import math
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from descent.explore.base import Figure, Slider, Switch
from descent.loop import descend
from descent.rules import momentum
from descent.surfaces import bowl

# What the verdict says of a direction, by its kind of walk.
SAID = {
    "creep": "creeps",
    "critical": "is critical",
    "swing": "swings",
    "zigzag": "zigzags",
    "fly": "flies off",
}
# How near beta must be to the border between two kinds to be called critical.
NEAR = 0.01
# Steps to a tenth of the distance at which the map gets darker, which of them it names, and how
# dark each coat is.
LEVELS = (200, 100, 70, 50, 30, 20, 15, 10, 7, 5, 3, 2)
NAMED = (50, 20, 10, 5)
COAT = 0.2


def roots(rate, beta):
    """The two factors by which one direction of a bowl moves, of which its walk is a mixture.

    They solve ``r^2 - (1 + beta - rate) r + beta = 0`` (Polyak, 1964).

    Parameters
    ----------
    rate : float
        The learning rate times the curvature.
    beta : float

    Returns
    -------
    list of (float, float)
        Real and imaginary part of each, the one of larger size first.
    """
    middle = (1 + beta - rate) / 2
    inside = middle * middle - beta
    if inside < 0:
        return [(middle, math.sqrt(-inside)), (middle, -math.sqrt(-inside))]
    # The larger by a sum, the smaller from their product: no digits cancel.
    large = middle + math.copysign(math.sqrt(inside), middle)
    return [(large, 0.0), (beta / large if large else 0.0, 0.0)]


def factor(rate, beta):
    """By how much one direction shrinks at each step, in the long run: the larger root's size.

    Parameters
    ----------
    rate : float or array
        The learning rate times the curvature.
    beta : float or array

    Returns
    -------
    float or array
    """
    middle = (1 + beta - rate) / 2
    inside = middle * middle - beta
    real = np.abs(middle) + np.sqrt(np.maximum(inside, 0))
    return np.where(inside < 0, np.sqrt(beta), real)


def border(rate):
    """The beta of critical damping, below which a direction creeps or zigzags and above it swings.

    Parameters
    ----------
    rate : float or array
        The learning rate times the curvature, at most 4.

    Returns
    -------
    float or array
    """
    return (1 - np.sqrt(rate)) ** 2


def kind(rate, beta):
    """Which kind of walk one direction has.

    Parameters
    ----------
    rate : float
        The learning rate times the curvature.
    beta : float

    Returns
    -------
    str
        A key of `SAID`.
    """
    if rate >= 2 * (1 + beta):
        return "fly"
    if abs(beta - float(border(rate))) <= NEAR:
        return "critical"
    if beta > border(rate):
        return "swing"
    return "creep" if rate < 1 else "zigzag"


def area(factor, kappa):
    """All pairs whose slower direction shrinks by at most this factor: a part of the map.

    Both roots of a direction are of size f or less if, and only if, beta is at most f^2 and
    ``|1 + beta - rate| <= f + beta / f``. So its edges are straight.

    Parameters
    ----------
    factor : float
        Above 0 and below 1.
    kappa : float
        The condition number of a bowl whose steepest curvature is 1.

    Returns
    -------
    list of (float, float)
        The corners, lr and beta; none where no pair is as fast.
    """
    left, right = kappa * (1 - factor), 1 + factor
    if kappa * (1 - factor) ** 2 > right**2:
        return []
    if left <= right:
        bottom = [(left, 0.0), (right, 0.0)]
    else:
        beta = factor * (left - right) / (left + right)
        bottom = [(right * (1 + beta / factor), beta)]
    return [*bottom, (right**2, factor**2), (left * (1 - factor), factor**2)]


def pace(factor):
    """How many steps leave a tenth of a distance.

    Parameters
    ----------
    factor : float
        By which it shrinks at each step, not below 0.

    Returns
    -------
    float
        Infinite where it doesn't shrink.
    """
    if factor >= 1:
        return math.inf
    return math.log(0.1) / math.log(factor) if factor else 0.0


def best_pair(kappa):
    """The fastest pair on a bowl whose steepest curvature is 1 (Polyak, 1964).

    Parameters
    ----------
    kappa : float
        The bowl's condition number.

    Returns
    -------
    lr, beta, factor : float
    """
    root = math.sqrt(kappa)
    factor = (root - 1) / (root + 1)
    return 4 / (1 + 1 / root) ** 2, factor * factor, factor


@dataclass(eq=False, repr=False)
class Lab(Figure):
    """All pairs of lr and beta on a bowl, and the walk of one of them. Made by `lab`."""

    settings: tuple
    steps: int = 100
    # At most so many times the best pair's steps.
    goal: float = 1.4
    start: tuple = bowl().start

    kind = "lab"
    task = (
        "Goal: find the fastest pair of lr and beta. It counts if it needs at most 1.4 times "
        "the steps of the best."
    )

    @property
    def tall(self):
        """Pixels that the live figure has at first, wide and narrow."""
        return (1063, 1731) if self.at({})["roots"] else (848, 1504)

    def trace(self, **values):
        """The walk of a pair, and what is known of it without walking.

        Returns
        -------
        types.SimpleNamespace
            ``x``, shape (steps + 1, 2), or less where it diverged: along the valley and across;
            ``roots``, ``factors`` and ``kinds`` of the two directions; ``pace``, the steps in
            which the slower of them shrinks to a tenth, and ``best``, the best pair's.
        """
        values = self.at(values)
        lr, beta, kappa = values["lr"], values["beta"], values["kappa"]
        rates = lr / kappa, lr
        surface = bowl((1 / kappa, 1.0))
        walk = descend(surface, self.start, momentum, steps=self.steps, lr=lr, beta=beta)
        factors = [float(factor(rate, beta)) for rate in rates]
        return SimpleNamespace(
            x=walk.x,
            roots=[roots(rate, beta) for rate in rates],
            factors=factors,
            kinds=[kind(rate, beta) for rate in rates],
            pace=pace(max(factors)),
            best=pace(best_pair(kappa)[2]),
            values=values,
        )

    def verdict(self, trace, k=None):
        """What kind of walk each direction has, and how fast the slower one is.

        Parameters
        ----------
        trace : types.SimpleNamespace
            As `trace` gives it.
        k : int, optional
            The step that is pointed at; the last unless given.

        Returns
        -------
        str
        """
        along, across = trace.factors
        first, second = (SAID[name] for name in trace.kinds)
        there = ""
        if k is not None and k < len(trace.x) - 1:
            one, other = trace.x[k] / self.start
            there = (
                f" At step {k}, {one:.2g} of the distance along and {other:.2g} of that across are "
                "left."
            )
        if "fly" in trace.kinds:
            limit = 2 * (1 + trace.values["beta"])
            where = "Across the valley it flies off" if along < 1 else "It flies off both ways"
            return (
                f"{where} (× {across:.3g} a step). At this beta, lr must stay below {limit:.3g}."
                + there
            )
        left = (
            f"in the long run it takes {in_words(trace.pace)} steps to a tenth; this bowl's best "
            f"pair needs {in_words(trace.best)}.{there}"
        )
        if trace.kinds == ["swing", "swing"]:
            return f"Both directions swing, and shrink alike (× {along:.3g} a step): {left}"
        return (
            f"Along the valley it {first} (× {along:.3g} a step), across it {second} "
            f"(× {across:.3g}). The slower one sets the pace: {left}"
        )

    def reached(self, trace):
        """Whether the pair is fast enough, and why it is.

        Returns
        -------
        met : bool
        why : str
            Empty where it isn't.
        """
        if not trace.pace <= self.goal * trace.best:
            return False, ""
        lr, beta, _ = best_pair(trace.values["kappa"])
        return True, (
            f"Where the two lines cross, at lr = {lr:.3g} and beta = {beta:.3g}, both directions "
            "are critical at once: that is the best pair. With less memory the flat direction "
            "creeps or the steep one zigzags; with more, both swing, and swings shrink more slowly."
        )

    def draw(self, fig, **values):
        """Draw the map beside the two directions' walks and the path on the bowl."""
        from descent import plot

        trace = self.trace(**values)
        kappa = trace.values["kappa"]
        fig.set_size_inches(7.4, 4.6)
        grid = fig.add_gridspec(3, 2, width_ratios=(1.35, 1), height_ratios=(1, 1, 1.25))
        self._draw_map(fig.add_subplot(grid[:, 0]), trace)
        t = np.arange(len(trace.x))
        for i, (name, mark) in enumerate((("along", "o"), ("across", "D"))):
            ax = fig.add_subplot(grid[i, 1])
            share = np.clip(trace.x[:, i] / self.start[i], -9, 9)
            if trace.kinds[i] in ("swing", "zigzag"):
                for sign in (1, -1):
                    ax.plot(t, sign * trace.factors[i] ** t, color="0.6", lw=0.8)
            color = plot.tint("momentum", 0.45 * i)
            ax.plot(t, share, color=color, lw=1.2, marker=mark, ms=2.2)
            ax.axhline(0, color="0.8", lw=0.8, zorder=0)
            ax.set(xlim=(0, self.steps), ylim=(-1.1, 1.1), yticks=(-1, 0, 1))
            said = SAID[trace.kinds[i]].removeprefix("is ")
            title = f"{name} the valley: {said} (× {trace.factors[i]:.3g})"
            ax.set_title(title, fontsize=9.5)
        ax.set_xlabel("step")
        ax = fig.add_subplot(grid[2, 1])
        plot.landscape(ax, bowl((1 / kappa, 1.0)))
        plot.path(ax, trace, "momentum")

    def _draw_map(self, ax, trace):
        from descent import plot

        kappa = trace.values["kappa"]
        orange = plot.LOOK["momentum"][0]
        ax.fill((2, 4, 4), (0, 0, 1), fc="0.95")
        plate = dict(fontsize=9, bbox=dict(fc="white", ec="none", alpha=0.75, pad=1))
        for steps in LEVELS:
            corners = area(0.1 ** (1 / steps), kappa)
            if corners:
                # Each lies in the one before, and adds a coat.
                dark = steps < 10
                ax.fill(*zip(*corners, strict=True), fc=plot.INK if dark else orange, alpha=COAT)
            if corners and steps in NAMED:
                x, y = corners[-2]
                ax.text(x - 0.12, y, f"{steps}", ha="right", va="center", **plate)
        b = np.linspace(0, 1, 300)
        line = dict(color=plot.INK, lw=1.2)
        ax.plot(2 * (1 + b), b, color=plot.INK, lw=1.8)
        flat = kappa * (1 - np.sqrt(b)) ** 2
        ax.plot(np.where(flat < 2 * (1 + b), flat, np.nan), b, ls="--", **line)
        for sign in (1, -1):
            ax.plot((1 + sign * np.sqrt(b)) ** 2, b, ls=":", **line)
        at = trace.values["lr"], trace.values["beta"]
        ax.plot(*at, "o", ms=10, mfc="white", mec=plot.INK, mew=2, zorder=4)
        above, below = border(1.5 / kappa), border(1.6 / kappa)
        ax.text(1.5, (1 + above) / 2, "both swing", ha="center", **plate)
        if below > 0.2:
            words = "along creeps,\nacross swings"
            ax.text(1.05, below / 2, words, ha="center", va="center", **plate)
        ax.text(2.95, 0.2, "flies off", fontsize=9)
        ax.text(2.2, 0.03, "across zigzags", fontsize=9)
        ax.text(0.03, 0.03, "both\ncreep", fontsize=9)
        ax.set(xlim=(0, 4), ylim=(0, 1), xticks=range(5), xlabel="lr", ylabel="beta")
        ax.set_title("steps to a tenth, in the long run", fontsize=9.5)

    @property
    def alt(self):
        """The figure at the starting values, in words."""
        return (
            "A map of all pairs of lr and beta, in shades of the steps that it takes to a tenth of "
            "the distance: for large beta the shade depends on beta alone, for small beta mostly "
            "on lr, and beyond a slanting line walks fly off. Beside it the walk of one pair: how "
            f"far each direction is from the minimum over {self.steps} steps, and the path on the "
            "bowl. " + self.verdict(self.trace())
        )

    @property
    def details(self):
        """What the script needs to know besides."""
        return dict(steps=self.steps, goal=self.goal, start=self.start, levels=LEVELS, named=NAMED)

    def __repr__(self):
        return f"Explore all pairs of lr and beta. {self.task}"


def in_words(steps):
    """A number of steps as it is told.

    Parameters
    ----------
    steps : float

    Returns
    -------
    str
    """
    return f"{steps:.3g}" if steps < 999.5 else "more than 1,000"


def lab(*, lr=0.4, beta=0.6, kappa=20, roots=False):
    """The map of all pairs of lr and beta on a bowl, and the walk of the pair pointed at.

    The bowl's curvature is 1 across the valley and 1/κ along it.

    Parameters
    ----------
    lr : float
        Where the ring starts on the map, from 0.02 to 4.
    beta : float
        As well, from 0 to 0.99.
    kappa : float
        The condition number that the bowl has at first, from 2 to 200.
    roots : bool
        Whether the roots in the complex plane are shown at first.

    Returns
    -------
    Lab
    """
    settings = (
        Slider("lr", 0.02, 4.0, float(lr), step=0.02),
        Slider("beta", 0.0, 0.99, float(beta), step=0.005),
        Slider("kappa", 2.0, 200.0, float(kappa)),
        Switch("roots", roots, "show the roots (complex numbers)"),
    )
    return Lab(settings)
