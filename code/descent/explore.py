"""Interactive figures: a rule walks on the course's bowl, and the hand changes what it walks with.

On the built page `_static/descent.mjs` draws the same figure and does the same arithmetic; a test
holds the two together step by step.
"""

import base64
import html
import inspect
import json
import math
from dataclasses import dataclass, replace

import numpy as np

from descent.lives import Lives
from descent.loop import descend
from descent.surfaces import bowl

LABEL = {
    "lr": "learning rate, lr",
    "kappa": "condition number, κ",
    "beta": "momentum, beta",
    "beta1": "memory of gradients, beta1",
    "beta2": "memory of squares, beta2",
    "eps": "eps",
    "batch": "rows in a mini-batch, B",
}


@dataclass(frozen=True)
class Slider:
    """A quantity that the hand moves: from `low` to `high`, starting at `value`."""

    name: str
    low: float
    high: float
    value: float

    @property
    def log(self):
        """Whether equal distances on the slider are equal factors."""
        return self.low > 0 and self.high >= 20 * self.low


@dataclass(frozen=True, repr=False)
class Walk(Lives):
    """A rule walking on the bowl, with sliders, a start to drag, and a goal. Made by `walk`."""

    rule: object
    sliders: tuple
    steps: int
    goal: float
    start: tuple
    noise: np.ndarray

    def trace(self, **values):
        """The walk at the given slider values (the starting ones unless given).

        Returns
        -------
        descent.Trace
        """
        values = {s.name: s.value for s in self.sliders} | values
        surface = bowl((1.0, values.pop("kappa")))
        noise = iter(self.noise / math.sqrt(values.pop("batch", 1)))

        def f(x):
            loss, g = surface(x)
            return loss, g + next(noise)

        return descend(f, self.start, self.rule, steps=self.steps, **values)

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
            return f"Goal reached: the loss is below {self.goal:g} after {reached[0]} steps."
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
        """The rule whose color this walk has."""
        if self.noise.any():
            return "sgd"
        first = self.rule.__name__.split("_")[0]
        return {"nesterov": "momentum"}.get(first, first)

    def figure(self, **values):
        """The path on the bowl beside its loss, as PNG bytes."""
        import matplotlib.pyplot as plt

        from descent import plot

        trace = self.trace(**values)
        name = self.family
        kappa = values.get("kappa", dict((s.name, s.value) for s in self.sliders)["kappa"])
        fig, (left, right) = plt.subplots(1, 2, figsize=(7.4, 2.6), width_ratios=(1.7, 1))
        plot.landscape(left, bowl((1.0, kappa)))
        plot.path(left, trace, name)
        plot.curve(right, np.clip(trace.loss, 1e-12, 1e9), name)
        right.axhline(self.goal, color=plot.INK, lw=0.8, ls=":")
        right.annotate("goal", (self.steps, self.goal), ha="right", va="bottom", fontsize=8)
        right.set(
            yscale="log", ylim=(1e-10, 1e4), xlim=(0, self.steps), xlabel="step", ylabel="loss"
        )
        return plot.png(fig)

    @property
    def alt(self):
        """The figure at the starting values, in words."""
        values = ", ".join(f"{s.name} = {s.value:g}" for s in self.sliders)
        return (
            f"The path of {self.rule.__name__} on the bowl beside its loss, at {values}. "
            + self.verdict(self.trace())
        )

    def __repr__(self):
        return f"Explore {self.rule.__name__}. {self.task}"

    def html(self):
        """A custom element; until the script takes over, it holds the figure as it starts."""
        from descent.plot import LOOK

        spec = dict(
            rule=self.rule.__name__,
            steps=self.steps,
            goal=self.goal,
            start=self.start,
            task=self.task,
            sliders=[
                dict(
                    name=s.name,
                    label=LABEL[s.name],
                    low=s.low,
                    high=s.high,
                    value=s.value,
                    log=s.log,
                )
                for s in self.sliders
            ],
            fixed=self.fixed,
            noise=self.noise.tolist() if self.noise.any() else None,
            tail=self.tail,
            color=LOOK[self.family][0],
            window=bowl().window,
        )
        picture = base64.b64encode(self.figure()).decode()
        return (
            f"<descent-walk spec='{html.escape(json.dumps(spec, ensure_ascii=False))}'>"
            f'<img width="740" alt="{html.escape(self.alt)}" src="data:image/png;base64,{picture}">'
            f"<p>{self.task} {self.verdict(self.trace())}</p></descent-walk>"
        )

    @property
    def fixed(self):
        """The rule's hyper-parameters that have no slider, at their defaults."""
        moved = {s.name for s in self.sliders}
        parameters = inspect.signature(self.rule).parameters.values()
        return {
            p.name: p.default
            for p in parameters
            if p.kind is p.KEYWORD_ONLY and p.name not in moved
        }

    def widget(self):
        """The figure as ipywidgets: the sliders call the Python rule."""
        import ipywidgets as w

        picture = w.Image(format="png", layout=w.Layout(max_width="100%"))
        status = w.HTML()
        wide = w.Layout(width="min(30em, 95%)")
        style = dict(description_width="14em")
        controls = {
            s.name: w.FloatLogSlider(
                s.value,
                base=10,
                min=math.log10(s.low),
                max=math.log10(s.high),
                step=0.005,
                readout_format=".3g",
                description=LABEL[s.name],
                layout=wide,
                style=style,
            )
            if s.log
            else w.FloatSlider(
                s.value,
                min=s.low,
                max=s.high,
                step=(s.high - s.low) / 200,
                readout_format=".3g",
                description=LABEL[s.name],
                layout=wide,
                style=style,
            )
            for s in self.sliders
        }

        def draw(_=None):
            values = {name: float(f"{c.value:.3g}") for name, c in controls.items()}
            picture.value = self.figure(**values)
            status.value = f"{self.task}<br><strong>{self.verdict(self.trace(**values))}</strong>"

        for control in controls.values():
            control.observe(draw, "value")
        draw()
        return w.VBox([*controls.values(), picture, status])


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
    """
    table = noise * np.random.default_rng(0).standard_normal((steps + 1, 2))
    start = tuple(start or bowl().start)
    figure = Walk(rule, (), steps, goal, start, np.round(table, 3))
    known = {"kappa", *figure.fixed} | ({"batch"} if noise else set())
    for name in sliders:
        if name not in known:
            raise TypeError(f"{rule.__name__} has no {name!r}; there are {sorted(known)}")
    sliders.setdefault("kappa", (1.0, 100.0, 20.0))
    made = tuple(Slider(name, *map(float, values)) for name, values in sliders.items())
    return replace(figure, sliders=made)
