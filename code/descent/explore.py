"""Interactive figures: a rule walks, and the hand changes what it walks with.

On the built page `_js/descent.mjs` draws the same figure and does the same arithmetic; a test
holds the two together step by step.
"""

import html
import inspect
import itertools
import json
import math
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np

from descent import rules
from descent.lives import Lives
from descent.loop import descend
from descent.rules import adam
from descent.surfaces import bowl
from descent.translate import javascript

LABEL = {
    "lr": "learning rate, lr",
    "kappa": "condition number, κ",
    "beta": "momentum, beta",
    "beta1": "memory of gradients, beta1",
    "beta2": "memory of squares, beta2",
    "eps": "eps",
    "batch": "rows in a mini-batch, B",
    "C": "the rare slope, C",
}
# Whose color a rule has that has none of its own.
FAMILY = {
    "momentum_ema": "momentum",
    "nesterov": "momentum",
    "lion": "momentum",
    "rmsprop_momentum": "rmsprop",
    "adamax": "adam",
    "nadam": "adam",
    "radam": "adam",
    "amsgrad": "adam",
    "adabelief": "adam",
}


@dataclass(frozen=True)
class Slider:
    """A quantity that the hand moves: from `low` to `high`, starting at `value`. Made by `walk`."""

    name: str
    low: float
    high: float
    value: float

    @property
    def label(self):
        """What to call it beside the slider."""
        return LABEL.get(self.name, self.name)

    @property
    def log(self):
        """Whether equal distances on the slider are equal factors."""
        return self.low > 0 and self.high >= 20 * self.low


class _Figure(Lives):
    """What all figures with sliders share.

    A subclass has `sliders`, a `task` for the reader and an `alt` text; `trace(**values)` and
    `draw(fig, **values)` at the sliders' values, `verdict(trace)`; and for the page a `tag` and
    what its script needs, `spec`.
    """

    def values(self, moved):
        """The sliders' values: those that were moved, and the others where they start."""
        return {s.name: s.value for s in self.sliders} | moved

    @property
    def settings(self):
        """The sliders' starting values in words."""
        return ", ".join(f"{s.name} = {s.value:g}" for s in self.sliders)

    @property
    def controls(self):
        """The sliders as the page's script reads them."""
        return [
            dict(name=s.name, label=s.label, low=s.low, high=s.high, value=s.value, log=s.log)
            for s in self.sliders
        ]

    def _drawn(self, finish, **values):
        """What `finish` makes of the figure at the given slider values."""
        # Not by pyplot, which would choose a backend for the reader and keep the figure.
        from matplotlib import style
        from matplotlib.figure import Figure

        from descent import plot

        with style.context(plot.STYLE):
            fig = Figure()
            self.draw(fig, **values)
            return finish(fig)

    def figure(self, **values):
        """The figure at the given slider values, as PNG bytes."""
        from descent import plot

        return self._drawn(plot.png, **values)

    def html(self):
        """A custom element; until the script takes over, it holds the figure as it starts."""
        from descent import plot

        picture = self._drawn(lambda fig: plot.html(fig, self.alt))
        return (
            f"<{self.tag} spec='{html.escape(json.dumps(self.spec, ensure_ascii=False))}'>"
            f"{picture}<p>{self.task} {self.verdict(self.trace())}</p></{self.tag}>"
        )

    def widget(self):
        """The figure as ipywidgets: the sliders call the Python rule."""
        import ipywidgets as w

        picture = w.Image(format="png", layout=w.Layout(width="740px", max_width="100%"))
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
                description=s.label,
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
                description=s.label,
                layout=wide,
                style=style,
            )
            for s in self.sliders
        }

        def redraw(_=None):
            values = {name: float(f"{c.value:.3g}") for name, c in controls.items()}
            picture.value = self.figure(**values)
            status.value = f"{self.task}<br><strong>{self.verdict(self.trace(**values))}</strong>"

        for control in controls.values():
            control.observe(redraw, "value")
        redraw()
        return w.VBox([*controls.values(), picture, status])


@dataclass(frozen=True, repr=False)
class Walk(_Figure):
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
        values = self.values(values)
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
        """The rule whose color this walk has."""
        if self.noise.any():
            return "sgd"
        from descent.plot import LOOK

        name = FAMILY.get(self.rule.__name__, self.rule.__name__)
        return name if name in LOOK else "own"

    def draw(self, fig, **values):
        """Draw the path on the bowl beside its loss."""
        from descent import plot

        trace = self.trace(**values)
        name = self.family
        kappa = self.values(values)["kappa"]
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
        return (
            f"The path of {self.rule.__name__} on the bowl beside its loss, at {self.settings}. "
            + self.verdict(self.trace())
        )

    def __repr__(self):
        return f"Explore {self.rule.__name__}. {self.task}"

    tag = "descent-walk"

    @property
    def spec(self):
        """What the page's script needs to know of this walk."""
        from descent.plot import DARK, LOOK

        return dict(
            rule=self.rule.__name__,
            steps=self.steps,
            goal=self.goal,
            start=self.start,
            task=self.task,
            sliders=self.controls,
            fixed=self.fixed,
            noise=self.noise.tolist() if self.noise.any() else None,
            tail=self.tail,
            color=(LOOK[self.family][0], DARK[self.family]),
            window=bowl().window,
        ) | ({} if is_ours(self.rule) else dict(text=javascript(self.rule)))

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


def is_ours(rule):
    """Whether a rule is one of `descent.rules`, which the page has.

    Parameters
    ----------
    rule : function

    Returns
    -------
    bool
    """
    return getattr(rules, rule.__name__, None) is rule


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
    start = tuple(start or bowl().start)
    figure = Walk(rule, (), steps, goal, start, np.round(table, 3))
    known = {"kappa", *figure.fixed} | ({"batch"} if noise else set())
    for name in sliders:
        if name not in known:
            raise TypeError(f"{rule.__name__} has no {name!r}; there are {sorted(known)}")
    sliders.setdefault("kappa", (1.0, 100.0, 20.0))
    made = tuple(Slider(name, *map(float, values)) for name, values in sliders.items())
    return replace(figure, sliders=made)


@dataclass(frozen=True, repr=False)
class Stream(_Figure):
    """Adam on the stream of losses on which it fails (Reddi et al., 2018). Made by `stream`."""

    sliders: tuple
    steps: int = 900
    goal: float = 0.1
    tag = "descent-stream"

    @property
    def task(self):
        """What the reader is asked to do."""
        return f"Goal: bring the regret below {self.goal:g} a step."

    def trace(self, **values):
        """The walk at the given slider values (the starting ones unless given).

        Returns
        -------
        types.SimpleNamespace
            ``x``, shape (steps + 1,), the point before each step and after the last; ``regret``, a
            number, a step; ``round``, shape (3,), the last three steps, each in units of its lr.
        """
        values = self.values(values)
        x, memory, walk, regret, lengths = 0.0, {}, [0.0], 0.0, []
        for k in range(self.steps):
            g = values["C"] if k % 3 == 0 else -1.0
            regret += g * (x + 1)
            lr = 0.5 / math.sqrt(k + 1)
            step, memory = adam(g, **memory, lr=lr, beta1=0.0, beta2=values["beta2"])
            x = min(1.0, max(-1.0, x - float(step)))
            walk.append(x)
            lengths.append(float(step) / lr)
        return SimpleNamespace(
            x=np.array(walk), regret=regret / self.steps, round=np.array(lengths[-3:])
        )

    def verdict(self, trace):
        """Whether the goal is reached, where Adam ended, and how far its last round went."""
        left, *right = trace.round
        word = "Goal reached" if trace.regret < self.goal else "The goal is not reached yet"
        return (
            f"{word}: x is {trace.x[-1]:.3g} after {self.steps} steps, and the regret "
            f"{trace.regret:.3g} a step. A round goes {left:.3g} lr to the left and "
            f"{-sum(right):.3g} lr to the right."
        )

    def draw(self, fig, **values):
        """Draw the walk over time beside the steps of its last round."""
        from descent import plot

        trace = self.trace(**values)
        color = plot.LOOK["adam"][0]
        fig.set_size_inches(7.4, 2.2)
        left, right = fig.subplots(1, 2, width_ratios=(1.7, 1))
        left.plot(trace.x, color=color, lw=1)
        left.set(ylim=(-1.1, 1.1), yticks=(-1, 0, 1), xlabel="step", ylabel="$x$")
        arrow = dict(arrowstyle="->", color=color, lw=1.6, shrinkA=0, shrinkB=0)
        for i, (a, b) in enumerate(itertools.pairwise(np.cumsum([0, *-trace.round]))):
            right.annotate("", (b, -i), (a, -i), arrowprops=arrow)
        right.axvline(0, color=plot.INK, lw=0.8, ls=":")
        right.set(xlim=(-2.2, 2.2), ylim=(-2.6, 0.6), yticks=(0, -1, -2), xlabel="one round, in lr")
        right.set_yticklabels(("$Cx$", "$-x$", "$-x$"))

    @property
    def alt(self):
        """The figure at the starting values, in words."""
        return (
            f"Adam's x over the steps, and the last three of them as arrows, at {self.settings}. "
            + self.verdict(self.trace())
        )

    @property
    def spec(self):
        """What the page's script needs to know of this walk."""
        from descent.plot import DARK, LOOK

        return dict(
            steps=self.steps,
            goal=self.goal,
            task=self.task,
            sliders=self.controls,
            color=(LOOK["adam"][0], DARK["adam"]),
        )

    def __repr__(self):
        return f"Explore a stream of losses. {self.task}"


def stream(C=(2.5, 10.0, 4.0), beta2=(0.0, 0.999, 0.0588)):
    """Adam without momentum on the losses C x, -x, -x, C x, ... on the interval from -1 to 1.

    The learning rate is 0.5 / sqrt(t), and after each step x is put back into the interval.

    Parameters
    ----------
    C, beta2 : (low, high, value)
        Their sliders.

    Returns
    -------
    Stream
        Shown by the notebook as a widget, by the built page as a figure that needs no kernel.
    """
    sliders = dict(C=C, beta2=beta2).items()
    return Stream(tuple(Slider(name, *map(float, values)) for name, values in sliders))
