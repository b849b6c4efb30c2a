"""Rules walking on a surface, with what they remember."""

import html
import inspect
import itertools
import math
import types
from dataclasses import dataclass

import numpy as np

from descent import surfaces
from descent.explore.base import Figure, Point, Slider, is_ours
from descent.looks import family
from descent.loop import descend
from descent.translate import Untranslatable, javascript

SURFACES = ("bowl", "ravine", "rosenbrock", "beale", "saddle", "hills")
# What makes it harder: a goal counts from where the figure starts, and not below.
HARDER = ("kappa", "rare", "spike")
# Over so many draws of its noise a goal is judged.
DRAWS = 20
STARTS = ("start", "start2", "start3")
# How near to the largest lr that lets a walk rest is near enough.
CLOSE = 0.2
WHOLE = dict(step=1, scale="log")
WELLS = ("the deepest", "the second", "the third")
# Where a learner's rule begins beside the right one, by the right one's name.
_BETAS = dict(beta1=(0, 0.99, 0.9), beta2=(0.9, 0.999, 0.999))
_ADAM = dict(lr=(0.001, 1, 0.2), **_BETAS)
_HEAVY = dict(lr=(0.001, 0.1, 0.02), beta=(0, 0.99, 0.8))
BESIDE = dict(
    gd=dict(lr=(0.001, 1, 0.05)),
    momentum=_HEAVY,
    nesterov=_HEAVY,
    momentum_ema=dict(lr=(0.001, 1, 0.1), beta=(0, 0.99, 0.8)),
    rmsprop=dict(lr=(0.001, 1, 0.1), beta2=(0.1, 0.99, 0.9)),
    adagrad=dict(lr=(0.01, 10, 0.5)),
    rmsprop_momentum=dict(lr=(0.001, 1, 0.02), beta1=(0, 0.99, 0.8), beta2=(0.1, 0.99, 0.9)),
    adam=_ADAM,
    amsgrad=_ADAM,
    adamax=_ADAM,
    nadam=_ADAM,
    radam=dict(lr=(0.001, 1, 0.1), beta1=(0, 0.99, 0.9), beta2=(0.9, 0.999, 0.99)),
    adabelief=_ADAM,
    lion=dict(lr=(0.001, 1, 0.05), beta1=(0, 0.99, 0.9), beta2=(0.1, 0.999, 0.99)),
)


@dataclass(eq=False, repr=False)
class Walk(Figure):
    """One rule, or two, walking on a surface. Made by `walk`."""

    rules: tuple
    surface: str
    settings: tuple
    steps: int
    goal: float
    noise: float
    kind = "walk"

    @property
    def rule(self):
        """The first rule."""
        return self.rules[0]

    @property
    def starts(self):
        """The names of the points to start from."""
        return [s.name for s in self.settings if isinstance(s, Point)]

    @property
    def tall(self):
        """The height of the live figure in pixels, on a wide page and on a narrow one."""
        sliders = sum(
            not (getattr(s, "hidden", False) or isinstance(s, Point)) for s in self.settings
        )
        plain = [rule.__name__ for rule in self.rules] == ["gd"]  # nothing that is remembered
        wide, narrow = (615, 1050) if plain else (700, 1119)
        if self.surface == "hills":  # a higher map, and three curvatures
            wide, narrow = wide + 121, narrow + 145
        return wide + 32 * sliders, narrow + 61 * sliders

    def ground(self, kappa=20.0, **values):
        """The surface at the given values.

        Returns
        -------
        descent.surfaces.Surface
        """
        made = getattr(surfaces, self.surface)
        return made((1.0, kappa)) if self.surface in ("bowl", "ravine") else made()

    def walks(self, **values):
        """All walks at the given values: of each rule, from each start.

        Returns
        -------
        list of descent.Trace
            With the `values` of each.
        """
        values = self.at(values)
        found = []
        for rule in self.rules:
            hyper = {n: values.get(n, default) for n, default in defaults(rule).items()}
            for name in self.starts:
                felt = self.felt(**values)
                trace = descend(felt, values[name], rule, steps=self.steps, **hyper)
                trace.values = values
                found.append(trace)
        return found

    def trace(self, **values):
        """The walk of the first rule from the first start.

        Returns
        -------
        descent.Trace
            With its `values`.
        """
        return self.walks(**values)[0]

    def felt(self, *, batch=1, rare=1, spike=1, seed=0, **values):
        """The surface as the rules feel it: with noise, with gradients left out, with a spike.

        Returns
        -------
        function
            To be handed to `descend` once: it counts its calls.
        """
        surface, k = self.ground(**values), -1
        normal = normals(int(seed))

        def f(x):
            nonlocal k
            k += 1
            loss, g = surface(x)
            if self.noise:
                g = g + np.array([next(normal), next(normal)]) * (self.noise / math.sqrt(batch))
            if k % rare:
                g = np.array([g[0], 0.0])
            if k == self.steps // 2 and spike != 1:
                g = g * spike
            return loss, g

        return f

    @property
    def tail(self):
        """How many of the last steps a goal must hold: a tenth, or a fifth where it is a mean."""
        return self.steps // (5 if self.noise else 10)

    def settled(self, **values):
        """The mean loss of the last steps, over `DRAWS` draws of the noise."""
        values = self.at(values)
        surface, scale = self.ground(**values), self.noise / math.sqrt(values.get("batch", 1))
        draws = zip(*(normals(seed) for seed in range(DRAWS)), strict=True)
        rule, start = self.rule, np.array(values[self.starts[0]])

        def f(x):
            loss, g = surface(x)
            return loss, g + np.array([next(draws), next(draws)]) * scale

        hyper = {n: values.get(n, default) for n, default in defaults(rule).items()}
        begin = np.repeat(start[:, None], DRAWS, axis=1)
        trace = descend(f, begin, rule, steps=self.steps, keep=("loss",), **hyper)
        if (trace.diverged_at >= 0).any():
            return math.inf
        total = 0.0
        for losses in trace.loss[-self.tail :]:
            total = total + losses
        return float(sum((total / self.tail).tolist()) / DRAWS)

    def harder(self, **values):
        """What is easier than where the figure starts, in words; None if nothing is."""
        values, start = self.at(values), self.at({})
        for name in HARDER:
            if name in start and values[name] < start[name]:
                label = next(s.label for s in self.settings if s.name == name).rpartition(", ")[2]
                return f"The goal counts from {label} = {start[name]:.3g} on."
        for name, center in itertools.product(self.starts, self.ground(**start).minimizers[:1]):
            near = np.abs(values[name] - center) < np.abs(start[name] - center) / 2
            if near.any():
                return "The goal counts from a ring further out."
        return None

    def verdict(self, trace=None, **values):
        """One sentence or two: where the walks end, and whether they reach the goal.

        Parameters
        ----------
        trace : descent.Trace, optional
            A walk by whose values to judge, in the place of `values`.
        """
        met, why = self.judged(**(trace.values if trace is not None else values))
        if not self.goal:
            return why
        return f"Goal reached: {why}" if met else f"The goal is not reached yet. {why}"

    def judged(self, **values):
        """Whether the goal is met, and a sentence that says why or why not.

        Returns
        -------
        bool, str
        """
        values = self.at(values)
        walks = self.walks(**values)[: len(self.starts)]
        if self.surface == "hills":
            return self._held(walks)
        if any(t.diverged_at is not None or t.loss[-1] > t.loss[0] for t in walks):
            end = "the loss ends higher than it began."
            return False, f"The steps overshoot: {end}" if self.goal else end.capitalize()
        easier = self.harder(**values)
        if self.noise:
            mean = self.settled(**values)
            said = (
                f"the loss of the last {self.tail} steps is {mean:.2g}, the mean of {DRAWS} draws "
                "of the noise."
            )
            met = mean < self.goal
        else:
            highest = max(t.loss[-self.tail - 1 :].max() for t in walks)
            below = [np.flatnonzero(t.loss < self.goal) for t in walks]
            met = bool(highest < self.goal)
            if met:
                away = [np.flatnonzero(t.loss >= self.goal) for t in walks]
                first = max(a[-1] + 1 if len(a) else 0 for a in away)
                said = f"from step {first} on the loss stays below {self.goal:g}."
            elif all(len(b) for b in below):
                first = max(b[0] for b in below)
                said = (
                    f"the loss falls below {self.goal:g} at step {first}, but doesn't stay: in the "
                    f"last {self.tail} steps it is up to {highest:.2g}."
                )
            else:
                said = f"after {self.steps} steps the loss is {walks[0].loss[-1]:.2g}."
        if met and easier:
            return False, easier
        return met, said if met else said[0].upper() + said[1:]

    def _held(self, walks):
        """The goal on the hills: a walk still rests, and at a little more lr none does."""
        wells = [self.well(trace) for trace in walks]
        values, start = walks[0].values, self.at({})
        if all(well is None for well in wells):
            return False, "No walk comes to rest."
        named = ", ".join("none" if well is None else WELLS[well] for well in wells)
        more = values["lr"] * (1 + CLOSE)
        further = self.walks(**values | dict(lr=more))[: len(self.starts)]
        if any(self.well(trace) is not None for trace in further):
            return False, f"The walks come to rest in these wells: {named}."
        if any(values[name] != start[name] for name in self.starts):
            return False, "The goal counts with the rings where they were at first."
        held = next(WELLS[well] for well in wells if well is not None)
        return True, (
            f"at {values['lr']:.3g} a walk rests in {held} well, which is curved least; at "
            f"{more:.3g} none does."
        )

    def said(self, k, **values):
        """What the page says of the k-th step of the first walk, and at the end of all.

        Parameters
        ----------
        k : int

        Returns
        -------
        str
        """
        trace = self.trace(**values)
        met, _ = self.judged(**values)
        at = min(k, trace.steps) - 1
        if at < 0 or k >= self.steps:
            end = f"After {self.steps} steps the loss is {trace.loss[-1]:.2g}."
            return end if met else self.verdict(**values)
        shown = dict(m=("m", trace.memory.get("m")), v=("√v", trace.memory.get("v")))
        shown |= dict(s=("√s", trace.memory.get("s")), u=("u", trace.memory.get("u")))
        remembered = "".join(
            f" {label} {_pair(np.sqrt(record[at]) if '√' in label else record[at])},"
            for label, record in shown.values()
            if record is not None
        )
        return (
            f"Step {at + 1}: gradient {_pair(trace.grad[at])},{remembered} "
            f"step {_pair(trace.step[at])}; loss {trace.loss[at + 1]:.2g}."
        )

    def well(self, trace):
        """Which minimizer a walk stays at in its last steps, or None."""
        away = trace.x[-self.tail - 1 :, None] - self.ground(**trace.values).minimizers
        farthest = np.hypot(away[..., 0], away[..., 1]).max(axis=0)
        return int(farthest.argmin()) if farthest.min() < 0.01 else None

    @property
    def task(self):
        """What the reader is asked to do."""
        if not self.goal:
            return ""
        if self.surface == "hills":
            within = f"within {CLOSE:.0%}"
            return f"Goal: find the largest lr at which a walk still comes to rest ({within})."
        if self.noise:
            return f"Goal: bring the mean loss of the last {self.tail} steps below {self.goal:g}."
        who = f" of {self.rule.__name__}" if len(self.rules) > 1 else ""
        return (
            f"Goal: bring the loss{who} below {self.goal:g} within {self.steps} steps, "
            "and keep it there."
        )

    @property
    def looks(self):
        """The look of each rule."""
        if self.noise:
            return ["sgd"]
        return [family(rule.__name__) if is_ours(rule) else "own" for rule in self.rules]

    def radius(self, *, lr, batch=1, **values):
        """Where noise keeps a walk of gradient descent: the predicted spread of each coordinate.

        Each step adds noise of variance ``(lr * noise)**2 / batch`` and shrinks the rest by
        ``1 - lr * h``; the two balance where the variance is ``lr * noise**2 / (batch * h *
        (2 - lr * h))``.

        Returns
        -------
        tuple of float
            A standard deviation for each coordinate; infinite where nothing balances.
        """
        curvatures = 1.0, values.get("kappa", 20.0)
        return tuple(
            math.sqrt(lr * self.noise**2 / (batch * h * (2 - lr * h))) if lr * h < 2 else math.inf
            for h in curvatures
        )

    def draw(self, fig, **values):
        """Draw the paths on the surface beside their loss."""
        from descent import plot

        walks, (low, high) = self.walks(**values), self.losses
        fig.set_size_inches(7.4, 2.6)
        left, right = fig.subplots(1, 2, width_ratios=(1.7, 1))
        plot.landscape(left, self.ground(**self.at(values)))
        names = [name for name in self.looks for _ in self.starts]
        for trace, name in zip(walks, names, strict=True):
            plot.path(left, trace, name)
            plot.curve(right, np.clip(trace.loss, low / 10 if low > 0 else low, 1e9), name)
        if self.surface != "hills" and self.goal:
            right.axhline(self.goal, color=plot.INK, lw=0.8, ls=":")
            right.annotate("goal", (self.steps, self.goal), ha="right", va="bottom", fontsize=9)
        right.set(
            yscale="linear" if self.surface == "saddle" else "log",
            ylim=(low, high),
            xlim=(0, self.steps),
        )
        right.set(xlabel="step", ylabel="loss")

    @property
    def losses(self):
        """The lowest and the highest loss that is shown."""
        if self.surface == "hills":
            return 1e-2, 10
        if self.surface == "saddle":
            return -4, 4
        return min(1e-10, self.goal / 100 or 1), 1e4

    @property
    def title(self):
        """The rules' names."""
        return " beside ".join(rule.__name__ for rule in self.rules)

    @property
    def alt(self):
        """The figure at the starting values, in words."""
        start = ", ".join(f"{s.name} = {s.value:g}" for s in self.settings if s.name not in STARTS)
        paths = "The path" if len(self.rules) * len(self.starts) == 1 else "The paths"
        named = self.surface in ("rosenbrock", "beale")
        where = f"{self.surface.capitalize()}'s function" if named else f"the {self.surface}"
        return f"{paths} of {self.title} on {where} beside the loss, at {start}. {self.verdict()}"

    def __repr__(self):
        return f"Explore {self.title}. {self.task}"

    @property
    def details(self):
        """What the script needs to know besides."""
        return dict(
            rules=[
                dict(
                    rule=rule.__name__,
                    look=look,
                    hyper=defaults(rule),
                    text=None if is_ours(rule) else translated(rule),
                )
                for rule, look in zip(self.rules, self.looks, strict=True)
            ],
            surface=self.surface,
            starts=self.starts,
            steps=self.steps,
            tail=self.tail,
            goal=self.goal,
            noise=self.noise,
            draws=DRAWS,
            close=CLOSE,
            losses=self.losses,
            remote=self.remote,
        )

    @property
    def remote(self):
        """Whether a rule's text can't be carried over, so that Python walks for the script."""
        return any(not is_ours(rule) and translated(rule) is None for rule in self.rules)

    def send(self, _=None):
        """Walk in Python at the present settings, and hand the walks to the script."""
        self._sent = self.sent(**{s.name: getattr(self, s.name) for s in self.settings})

    def sent(self, **values):
        """All walks at the given values, and whether the goal is met, as the script reads them.

        Returns
        -------
        dict
        """
        return dict(
            values=values,
            walks=[
                dict(
                    x=trace.x.tolist(),
                    loss=trace.loss.tolist(),
                    grad=trace.grad.tolist(),
                    step=trace.step.tolist(),
                    memory={n: m.tolist() for n, m in trace.memory.items()},
                    diverged=trace.diverged_at is not None,
                )
                for trace in self.walks(**values)
            ],
            judged=self.judged(**values),
        )

    def html(self):
        """A custom element, or a picture with a sentence where a page can't run the rule."""
        if not self.remote:
            return super().html()
        said = []
        for rule in self.rules:
            try:
                javascript(rule)
            except Untranslatable as error:
                said.append(f"{error}.")
        why = html.escape(" ".join(said), quote=False)
        return (
            f"<div>{self.picture()}<p>{self.task} {self.verdict()}</p>"
            f"<p>In a notebook this figure moves. A page can't run it: {why}</p></div>"
        )


def _pair(values):
    return f"({', '.join(f'{v:.3g}'.replace('-', '−', 1) for v in values)})"


def defaults(rule):
    """A rule's hyper-parameters with their defaults.

    Parameters
    ----------
    rule : function

    Returns
    -------
    dict
    """
    parameters = inspect.signature(rule).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def translated(rule):
    """A rule in JavaScript, or None where its text can't be carried over.

    Parameters
    ----------
    rule : function

    Returns
    -------
    str or None

    Raises
    ------
    descent.translate.Untranslatable
        When it needs a whole matrix: it can't walk on a surface at all.
    """
    try:
        return javascript(rule)
    except Untranslatable:
        if getattr(rule, "whole_matrix", False):
            raise
        return None


def normals(seed):
    """Normal numbers without end, the same as the page's: mulberry32 and Box and Muller's formula.

    Parameters
    ----------
    seed : int

    Yields
    ------
    float
    """
    state = seed * 0x9E3779B1 & 0xFFFFFFFF

    def uniform():
        nonlocal state
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        t = ((state ^ state >> 15) * (state | 1)) & 0xFFFFFFFF
        t ^= (t + ((t ^ t >> 7) * (t | 61) & 0xFFFFFFFF)) & 0xFFFFFFFF
        return ((t ^ t >> 14) + 0.5) / 4294967296

    while True:
        length, angle = math.sqrt(-2 * math.log(uniform())), 2 * math.pi * uniform()
        yield length * math.cos(angle)
        yield length * math.sin(angle)


def walk(
    rule,
    *,
    beside=None,
    surface="bowl",
    steps=100,
    goal=1e-6,
    start=None,
    starts=None,
    noise=0.0,
    **sliders,
):
    """One rule, or two beside each other, on a surface, with sliders and a goal to reach.

    Parameters
    ----------
    rule, beside : callable
        Rules of `descent.rules`, or in their form. Where a page can't run the text of one, the
        figure moves in Jupyter alone. They share each slider that both have.
    surface : {"bowl", "ravine", "rosenbrock", "beale", "saddle", "hills"}
        The first two have a slider ``kappa``, the ratio of their curvatures.
    steps : int
        Length of the walk.
    goal : float
        The loss to get below, and to stay below in the last tenth of the walk. On the hills the
        goal is another: the largest learning rate at which a walk still comes to rest. With 0
        there is none.
    start : (float, float), optional
        Where the walk begins; the surface's own start unless given.
    starts : sequence of up to three (float, float), optional
        Several, from each of which a walk begins.
    noise : float
        Standard deviation of the gradient on one row, where it is to be that of a mini-batch. The
        goal is then one for the mean loss of the last fifth of the walk.
    **sliders : (low, high, value)
        ``kappa``; any hyper-parameters of the rules; with noise ``batch``, the rows in a
        mini-batch; ``rare``, where the second coordinate has a gradient at every rare-th step
        alone; ``spike``, by which the gradient in the middle of the walk is multiplied.

    Returns
    -------
    Walk
        A widget, whose settings are traits; on the built page a figure that needs no kernel.

    Raises
    ------
    descent.translate.Untranslatable
        When a rule needs a whole matrix.
    TypeError
        When a slider is for something that no rule has.
    ValueError
        When there is no such surface, or more than three starts.
    """
    rules = (rule, beside) if beside else (rule,)
    for one in rules:
        translated(one)
    if surface not in SURFACES:
        raise ValueError(f"surface must be one of {', '.join(SURFACES)}; got {surface!r}")
    curved = surface in ("bowl", "ravine")
    ground = getattr(surfaces, surface)()
    begin = list(starts or [start or ground.start])
    if len(begin) > len(STARTS):
        raise ValueError(f"there may be {len(STARTS)} starts; got {len(begin)}")
    known = {"rare", "spike", *(name for one in rules for name in defaults(one))}
    known |= ({"batch"} if noise else set()) | ({"kappa"} if curved else set())
    for name in sliders:
        if name not in known:
            names = " and ".join(one.__name__ for one in rules)
            own = sorted(known - {"rare", "spike"})
            raise TypeError(f"{names} has no {name!r}; there are {own}")
    if curved:
        sliders.setdefault("kappa", (1.0, 100.0, 20.0))
    made = [
        Slider(name, *map(float, values), **WHOLE if name in ("batch", "rare") else {})
        for name, values in sliders.items()
    ]
    if noise:
        made.append(Slider("seed", 0, 999, 0, step=1, hidden=True))
    points = [
        Point(name, tuple(map(float, at)), ground.window)
        for name, at in zip(STARTS, begin, strict=False)
    ]
    return Walk(rules, surface, (*made, *points), steps, goal, noise)


def yours(rule, right):
    """A learner's rule on the bowl beside the right one, with sliders for what both have.

    Parameters
    ----------
    rule : function
        In the form of those of `descent.rules`. A hyper-parameter without a default has the right
        one's.
    right : function
        A rule of `descent.rules`, one of those in `BESIDE`.

    Returns
    -------
    Walk
        In which the learner's rule is called ``yours``.

    Raises
    ------
    TypeError
        When the rule hasn't the right one's hyper-parameters, each by its name.
    """
    if not inspect.isfunction(rule):
        raise TypeError(f"only a plain function walks here, and {rule!r} is none")
    own, needed = defaults(rule), defaults(right)
    if own.keys() != needed.keys():
        raise TypeError(
            f"{right.__name__} has the hyper-parameters {', '.join(needed)}, after a `*`; "
            f"{rule.__name__} has {', '.join(own) or 'none'} there"
        )
    copy = types.FunctionType(
        rule.__code__, rule.__globals__, "yours", rule.__defaults__, rule.__closure__
    )
    empty = inspect.Parameter.empty
    copy.__kwdefaults__ = {n: needed[n] if v is empty else v for n, v in own.items()}
    # No goal: what is wrong may never reach one.
    return walk(copy, beside=right, goal=0, **BESIDE[right.__name__])
