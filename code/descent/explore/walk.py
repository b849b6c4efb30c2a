"""A rule walking on a surface, with what it remembers."""

import inspect
import math
from dataclasses import dataclass

import numpy as np

from descent.explore.base import Figure, Point, Slider, family, is_ours
from descent.loop import descend
from descent.surfaces import bowl
from descent.translate import javascript


@dataclass(eq=False, repr=False)
class Walk(Figure):
    """A rule walking on the bowl, with sliders, a start to drag, and a goal. Made by `walk`."""

    rule: object
    settings: tuple
    steps: int
    goal: float
    noise: np.ndarray
    kind = "walk"
    tall = (480, 800)

    def trace(self, **values):
        """The walk at the given slider values (the starting ones unless given).

        Returns
        -------
        descent.Trace
        """
        values = self.at(values)
        start, surface = values.pop("start"), bowl((1.0, values.pop("kappa")))
        noise = iter(self.noise / math.sqrt(values.pop("batch", 1)))

        def f(x):
            loss, g = surface(x)
            return loss, g + next(noise)

        return descend(f, start, self.rule, steps=self.steps, **values)

    def verdict(self, trace):
        """One sentence: where the walk ended, and whether it reached the goal."""
        if trace.diverged_at is not None or trace.loss[-1] > trace.loss[0]:
            return "The steps overshoot: the loss ends higher than it began."
        if self.noise.any():
            last = trace.loss[-self.tail :].mean()
            word = "Goal reached" if last < self.goal else "The goal is not reached yet"
            return f"{word}: the mean loss of the last {self.tail} steps is {last:.2g}."
        reached = np.flatnonzero(trace.loss < self.goal)
        if len(reached):
            said = f"Goal reached: the loss is below {self.goal:g} after {reached[0]} steps."
            return said if trace.loss[-1] < self.goal else f"{said} It ends above it again."
        loss = f"After {self.steps} steps the loss is {trace.loss[-1]:.2g}."
        return f"{loss} The goal is not reached yet."

    @property
    def task(self):
        """What the reader is asked to do."""
        if self.noise.any():
            return f"Goal: bring the mean loss of the last {self.tail} steps below {self.goal:g}."
        return f"Goal: bring the loss below {self.goal:g} within {self.steps} steps."

    @property
    def tail(self):
        """How many of the last steps are averaged where the gradients are noisy."""
        return self.steps // 5

    @property
    def family(self):
        """The rule whose look this walk has."""
        return "sgd" if self.noise.any() else family(self.rule.__name__)

    def draw(self, fig, **values):
        """Draw the path on the bowl beside its loss."""
        from descent import plot

        trace = self.trace(**values)
        name = self.family
        kappa = self.at(values)["kappa"]
        fig.set_size_inches(7.4, 2.6)
        left, right = fig.subplots(1, 2, width_ratios=(1.7, 1))
        plot.landscape(left, bowl((1.0, kappa)))
        plot.path(left, trace, name)
        plot.curve(right, np.clip(trace.loss, 1e-12, 1e9), name)
        right.axhline(self.goal, color=plot.INK, lw=0.8, ls=":")
        right.annotate("goal", (self.steps, self.goal), ha="right", va="bottom", fontsize=9)
        right.set(
            yscale="log", ylim=(1e-10, 1e4), xlim=(0, self.steps), xlabel="step", ylabel="loss"
        )

    @property
    def alt(self):
        """The figure at the starting values, in words."""
        return f"The path of {self.rule.__name__} on the bowl beside its loss. " + self.verdict(
            self.trace()
        )

    def __repr__(self):
        return f"Explore {self.rule.__name__}. {self.task}"

    @property
    def details(self):
        """What the script needs to know besides."""
        return dict(
            rule=self.rule.__name__,
            look=self.family,
            steps=self.steps,
            goal=self.goal,
            fixed=self.fixed,
            noise=self.noise.tolist() if self.noise.any() else None,
            tail=self.tail,
        ) | ({} if is_ours(self.rule) else dict(text=javascript(self.rule)))

    @property
    def fixed(self):
        """The rule's hyper-parameters that have no slider, at their defaults."""
        moved = {s.name for s in self.settings}
        return {n: value for n, value in defaults(self.rule).items() if n not in moved}


def defaults(rule):
    """A rule's hyper-parameters with their defaults."""
    parameters = inspect.signature(rule).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def walk(rule, *, steps=100, goal=1e-6, start=None, noise=0.0, **sliders):
    """A rule on the course's bowl, with sliders, and a goal to reach with them.

    Parameters
    ----------
    rule : callable
        A rule of `descent.rules`.
    steps : int
        Length of the walk.
    goal : float
        The loss to get below.
    start : (float, float), optional
        Where the walk begins; the bowl's own start unless given.
    noise : float
        Standard deviation of the gradient on one row, where it is to be that of a mini-batch. The
        goal is then one for the mean loss of the last fifth of the walk.
    **sliders : (low, high, value)
        ``kappa``, the ratio of the bowl's curvatures, any hyper-parameters of the rule, and with
        noise ``batch``, the rows in a mini-batch, by whose square root the noise is divided.

    Returns
    -------
    Walk
        Shown by the notebook as a widget, by the built page as a figure that needs no kernel.

    Raises
    ------
    descent.translate.Untranslatable
        When the page couldn't run the rule: it needs a whole matrix, or its text has more in it
        than arithmetic.
    TypeError
        When a slider is for something that the rule doesn't have.
    """
    javascript(rule)
    table = noise * np.random.default_rng(0).standard_normal((steps + 1, 2))
    start = Point("start", tuple(start or bowl().start), bowl().window)
    known = {"kappa", *defaults(rule)} | ({"batch"} if noise else set())
    for name in sliders:
        if name not in known:
            raise TypeError(f"{rule.__name__} has no {name!r}; there are {sorted(known)}")
    sliders.setdefault("kappa", (1.0, 100.0, 20.0))
    made = tuple(Slider(name, *map(float, values)) for name, values in sliders.items())
    return Walk(rule, (*made, start), steps, goal, np.round(table, 3))
