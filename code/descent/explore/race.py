"""Six rules on one surface: the race with one learning rate for all, and with each at its best."""

import functools
import math
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from descent import rules, surfaces
from descent.explore.base import Choice, Figure, Point, Slider
from descent.explore.walk import defaults
from descent.loop import descend

RULES = (
    rules.gd,
    rules.momentum,
    rules.nesterov,
    rules.adagrad,
    rules.rmsprop,
    rules.adam,
)
# What each is called in a sentence, and in a drawing if that is shorter.
NAMES = dict(
    gd="gradient descent",
    momentum="momentum",
    nesterov="Nesterov",
    adagrad="AdaGrad",
    rmsprop="RMSprop",
    adam="Adam",
)
SHORT = NAMES | dict(gd="GD")
# Twenty rates to a factor of ten, as they are written: the best ones are found among these.
RATES = tuple(float(f"{lr:.3g}") for lr in np.geomspace(1e-4, 10, 101))
# Which rules are to win the race on the ravine, and by how many steps.
WINNERS, LEAD = ("adagrad", "rmsprop"), 5


@dataclass(frozen=True)
class Track:
    """A surface to race on.

    Attributes
    ----------
    surface : descent.surfaces.Surface
    label : str
    steps : int
    finish : float
        The loss to get below, and to stay below until the last step.
    shown : (float, float)
        The losses between which curves are drawn.
    """

    surface: surfaces.Surface
    label: str
    steps: int
    finish: float
    shown: tuple

    @property
    def window(self):
        """What is drawn: the surface's window, made a square, so that 45 degrees look it."""
        half = max(high - low for low, high in self.surface.window) / 2
        return tuple(
            ((low + high) / 2 - half, (low + high) / 2 + half) for low, high in self.surface.window
        )

    @property
    def log(self):
        """Whether the loss is drawn on a logarithmic axis."""
        return self.shown[0] > 0


TRACKS = dict(
    bowl=Track(surfaces.bowl(), "bowl", 100, 1e-2, (1e-4, 1e2)),
    ravine=Track(surfaces.ravine(), "ravine at 45°", 100, 1e-2, (1e-4, 1e2)),
    rosenbrock=Track(surfaces.rosenbrock(), "Rosenbrock’s valley", 200, 1e-2, (1e-4, 1e2)),
    beale=Track(surfaces.beale(), "Beale’s walls", 200, 1e-2, (1e-4, 1e2)),
    saddle=Track(surfaces.saddle(), "saddle", 100, -2.0, (-4.0, 4.0)),
    hills=Track(surfaces.hills(), "hills with three wells", 100, 1e-1, (1e-3, 1e1)),
)


def arrival(loss, steps, finish):
    """The step from which on the loss stays below the finish.

    Parameters
    ----------
    loss : array, shape (n + 1, ...)
        Of one walk or of several; n is less than `steps` where all of them diverged.
    steps : int
    finish : float

    Returns
    -------
    int or array of int, shape (...)
        ``steps + 1`` where it never does.
    """
    loss = np.asarray(loss)
    if len(loss) <= steps:
        return np.full(loss.shape[1:], steps + 1)[()]
    outside = ~(loss < finish)
    last = steps - outside[::-1].argmax(axis=0)
    return np.where(outside.any(axis=0), last + 1, 0)[()]


@functools.cache
def best(key, rule):
    """The learning rate with which a rule arrives first, from the surface's own start.

    Parameters
    ----------
    key : str
        A key of `TRACKS`.
    rule : function

    Returns
    -------
    float
        One of `RATES`: of equals the smallest, and where none arrives, the one with the lowest mean
        loss on the way. All other hyper-parameters have their defaults.
    """
    track = TRACKS[key]
    start = np.tile(np.reshape(track.surface.start, (2, 1)), len(RATES))
    loss = descend(
        track.surface, start, rule, steps=track.steps, lr=np.array(RATES), keep=("loss",)
    ).loss
    arrived = arrival(loss, track.steps, track.finish)
    if arrived.min() <= track.steps:
        return RATES[arrived.argmin()]
    return RATES[np.nanargmin(np.where(np.isfinite(loss), loss, np.inf).mean(axis=0))]


def standing(losses, steps, finish):
    """Who arrives when.

    Parameters
    ----------
    losses : list of arrays, shape (n + 1,) each
        A walk that diverged has fewer entries than ``steps + 1``.
    steps : int
    finish : float

    Returns
    -------
    types.SimpleNamespace
        ``arrived``, for each the step, or ``steps + 1``; ``off``, whether it flies off: it ends
        higher than it began; ``order``, the numbers of the walks from the first to the last. Those
        that don't arrive are ranked by their last loss, to three decimals.
    """
    arrived = [int(arrival(loss, steps, finish)) for loss in losses]
    last = [loss[-1] if len(loss) > steps else math.inf for loss in losses]
    off = [
        a > steps and bool(end > loss[0])
        for a, end, loss in zip(arrived, last, losses, strict=True)
    ]
    end = [math.floor(1000 * v + 0.5) if math.isfinite(v) else v for v in last]
    order = sorted(
        range(len(losses)), key=lambda i: (arrived[i], end[i] if arrived[i] > steps else 0, i)
    )
    return SimpleNamespace(arrived=arrived, off=off, order=order)


def _steps(count):
    return f"{count} step{'' if count == 1 else 's'}"


def _listed(names):
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), names[-1]])


def told(standing, steps):
    """A race in half a sentence.

    Parameters
    ----------
    standing : types.SimpleNamespace
        As `standing` gives it.
    steps : int

    Returns
    -------
    str
    """
    names, arrived = list(NAMES.values()), standing.arrived
    least, last = min(arrived), standing.order[-1]
    if least > steps:
        return f"nobody arrives within {_steps(steps)}"
    if min(arrived) == max(arrived):
        return f"all six arrive after {_steps(least)}"
    first = [names[i] for i in standing.order if arrived[i] == least]
    said = f"{_listed(first)} {'are' if first[1:] else 'is'} first, after {_steps(least)}; "
    said += f"{names[last]} is last"
    if standing.off[last]:
        return f"{said} and flies off"
    return (
        f"{said} and doesn’t arrive" if arrived[last] > steps else f"{said}, after {arrived[last]}"
    )


class _OneRate(Slider):
    label = "one lr for all"


@dataclass(eq=False, repr=False)
class Race(Figure):
    """Six rules on one surface, at one learning rate and each at its best. Made by `race`."""

    settings: tuple
    kind = "race"
    tall = (672, 1300)
    task = (
        "On the ravine, each at its best rate, Nesterov wins. Drag the ring to a start from which "
        f"AdaGrad or RMSprop wins by {LEAD} steps."
    )

    def trace(self, **values):
        """Both races at the given values (the starting ones unless given).

        Returns
        -------
        types.SimpleNamespace
            ``shared`` and ``best``, each with ``walks``, a `descent.Trace` to each of `RULES`, and
            what `standing` says of them; ``key``, the surface's in `TRACKS`; ``start``; ``lr``;
            ``rates``, which of the two is drawn.
        """
        values = self.at(values)
        key, lr = values["surface"], values["lr"]
        track, start = TRACKS[key], tuple(map(float, values[key]))

        def run(rates):
            walks = [
                descend(track.surface, start, rule, steps=track.steps, lr=rate)
                for rule, rate in zip(RULES, rates, strict=True)
            ]
            losses = [walk.loss for walk in walks]
            return SimpleNamespace(walks=walks, **vars(standing(losses, track.steps, track.finish)))

        return SimpleNamespace(
            shared=run([lr] * len(RULES)),
            best=run([best(key, rule) for rule in RULES]),
            key=key,
            start=start,
            lr=lr,
            rates=values["rates"],
        )

    def met(self, trace):
        """Whether what the task asks for is so: on the ravine, a rule of `WINNERS` wins clearly."""
        arrived = dict(zip(NAMES, trace.best.arrived, strict=True))
        ours = min(arrived[name] for name in WINNERS)
        others = min(arrived[name] for name in arrived if name not in WINNERS)
        return trace.key == "ravine" and ours + LEAD <= others

    why = (
        "On a diagonal both numbers of the gradient stay equal, but for their sign. A rate for "
        "each coordinate is then one rate for both, and dividing by √v takes the curvature out, as "
        "it does on a bowl that lies along the axes."
    )

    def verdict(self, trace, k=None):
        """Who wins each race, and who comes last.

        Parameters
        ----------
        trace : types.SimpleNamespace
            As `trace` gives it.
        k : int, optional
            A step before the last one: who is lowest there, and who is highest.

        Returns
        -------
        str
        """
        track = TRACKS[trace.key]
        if k is not None and k < track.steps:
            losses = [w.loss for w in getattr(trace, trace.rates).walks]
            at = [float(loss[k]) if k < len(loss) else math.inf for loss in losses]
            rates = "each at its best rate"
            if trace.rates == "shared":
                rates = f"at lr = {trace.lr:.3g} for all"
            low, high = (list(NAMES.values())[at.index(end)] for end in (min(at), max(at)))
            return (
                f"After {k} of {_steps(track.steps)}, {rates}: {low} is lowest, with a loss of "
                f"{min(at):.2g}; {high} is highest, with {max(at):.2g}."
            )
        said = (
            f"At lr = {trace.lr:.3g} for all, {told(trace.shared, track.steps)}. "
            f"Each at its best rate, {told(trace.best, track.steps)}."
        )
        if trace.start == track.surface.start:
            return said
        return f"{said} The best rates were found for the start at the ×, not for this one."

    def draw(self, fig, **values):
        """Draw the paths beside the two rankings and the losses."""
        from descent import plot

        trace = self.trace(**values)
        track, shown = TRACKS[trace.key], getattr(trace, trace.rates)
        fig.set_size_inches(7.4, 3.7)
        grid = fig.add_gridspec(2, 2, width_ratios=(1, 1), height_ratios=(1, 1))
        ground = fig.add_subplot(grid[:, 0])
        places, losses = fig.add_subplot(grid[0, 1]), fig.add_subplot(grid[1, 1])
        plot.landscape(ground, track.surface, levels=8)
        every = track.steps // 10
        for name, walk in zip(NAMES, shown.walks, strict=True):
            far = np.clip(walk.x, -1e3, 1e3)
            ground.plot(*far.T, **plot.look(name), lw=1.3, markevery=(every, every))
        ground.plot(*trace.start, "o", ms=9, mfc="white", mec=plot.INK, mew=1.6, zorder=4)
        ground.set(xlim=track.window[0], ylim=track.window[1], xlabel="", ylabel="")
        ground.set(xticks=[], yticks=[], aspect="equal")
        self._draw_places(places, trace)
        self._draw_losses(losses, track, shown)

    def _draw_places(self, ax, trace):
        from descent import plot

        steps = TRACKS[trace.key].steps
        both = trace.shared, trace.best
        for i, name in enumerate(NAMES):
            heights = [6 - race.order.index(i) for race in both]
            ax.plot((0, 1), heights, **plot.look(name), ms=6, clip_on=False)
            left, right = (_place(race, i, steps) for race in both)
            rate = best(trace.key, RULES[i])
            ax.text(-0.13, heights[0], f"{SHORT[name]} {left}", ha="right", va="center", fontsize=9)
            text = f"{right} {SHORT[name]} ({rate:.2g})"
            ax.text(1.13, heights[1], text, ha="left", va="center", fontsize=9)
        ax.text(-0.13, 7.2, f"lr = {trace.lr:.3g} for all", ha="right", va="center", weight="bold")
        ax.text(1.13, 7.2, "each at its best (lr)", ha="left", va="center", weight="bold")
        ax.set(xlim=(-1.5, 2.9), ylim=(0.5, 7.7))
        ax.axis("off")

    def _draw_losses(self, ax, track, shown):
        from descent import plot

        for name, walk, arrived in zip(NAMES, shown.walks, shown.arrived, strict=True):
            color, marker, dash = plot.LOOK[name]
            ax.plot(np.clip(walk.loss, *track.shown), color=color, ls=dash, lw=1.3)
            if arrived <= track.steps:
                ax.plot(arrived, track.finish, marker, color=color, ms=6, zorder=4)
        ax.axhline(track.finish, color=plot.INK, lw=0.8, ls=":")
        ax.annotate("finish", (track.steps, track.finish), ha="right", va="bottom", fontsize=9)
        scale = "log" if track.log else "linear"
        ax.set(yscale=scale, ylim=track.shown, xlim=(0, track.steps), xlabel="step", ylabel="loss")

    @property
    def alt(self):
        """The figure at the starting values, in words."""
        return (
            "Six paths on a narrow ravine that runs at 45 degrees; beside them, how the ranking of "
            "six rules turns from one learning rate for all to each at its best; and the losses. "
            + self.verdict(self.trace())
        )

    def __repr__(self):
        return f"Explore a race of six rules. {self.task}"

    @property
    def details(self):
        """What the script needs to know besides."""
        return dict(
            rules=[
                dict(
                    name=rule.__name__,
                    says=NAMES[rule.__name__],
                    short=SHORT[rule.__name__],
                    hyper={n: v for n, v in defaults(rule).items() if n != "lr"},
                )
                for rule in RULES
            ],
            tracks={
                key: dict(
                    steps=track.steps,
                    finish=track.finish,
                    shown=track.shown,
                    log=track.log,
                    window=track.window,
                    start=track.surface.start,
                    best=[best(key, rule) for rule in RULES],
                )
                for key, track in TRACKS.items()
            },
            winners=WINNERS,
            lead=LEAD,
            why=self.why,
        )


def _place(race, i, steps):
    """What stands beside a rule's name: when it arrives."""
    if race.off[i]:
        return "flies off"
    return str(race.arrived[i]) if race.arrived[i] <= steps else f"> {steps}"


def race(lr=(0.001, 1.0, 0.1), surface="ravine"):
    """Six rules on one surface: with one learning rate for all, and with each at its best.

    The best rates are found when the figure is made, for the surface's own start, by `best`. A rule
    arrives at the step from which on its loss stays below the finish.

    Parameters
    ----------
    lr : (low, high, value)
        The slider of the one learning rate.
    surface : str
        Where the race begins: a key of `TRACKS`, the others can be chosen.

    Returns
    -------
    Race
        Shown by the notebook as a widget, by the built page as a figure that needs no kernel.
    """
    settings = [
        Choice("surface", tuple((key, t.label) for key, t in TRACKS.items()), surface),
        Choice(
            "rates",
            (("best", "each at its best"), ("shared", "one for all")),
            "best",
            "learning rates",
        ),
        _OneRate("lr", *map(float, lr)),
    ]
    for key, track in TRACKS.items():
        settings.append(Point(key, track.surface.start, track.window, f"start, {track.label}"))
    return Race(tuple(settings))
