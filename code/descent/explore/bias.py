"""Averages that start at zero: the bias microscope, the moving average, and decay beside L2.

Three settings of one figure: a stream of numbers, averages that forget, and the step that they
make. `book/_js/figures/bias.mjs` does the same arithmetic and says the same.
"""

import functools
import math
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from descent import tasks
from descent.explore.base import Choice, Figure, Slider, Switch
from descent.loop import descend
from descent.rules import adam, gd, momentum_ema

STEPS = 20
STREAMS = {
    "steady": [1.0] * STEPS,
    "noisy": (0.5 + np.random.default_rng(0).standard_normal(STEPS)).round(2).tolist(),
    "spike": [10.0 if t == 8 else 1.0 for t in range(1, STEPS + 1)],
    "alternating": [(-1.0) ** t for t in range(STEPS)],
}
STREAM_NAMES = (
    ("steady", "steady: always 1"),
    ("noisy", "noisy: 0.5 on average"),
    ("spike", "a spike: 10 at step 8"),
    ("alternating", "alternating: 1, −1"),
)
EPS = 1e-8
CORRECTED = {
    (False, False): "neither",
    (True, False): "only m",
    (False, True): "only v",
    (True, True): "both",
}


@dataclass(eq=False, repr=False)
class Bias(Figure):
    """Adam's first steps under a microscope, each correction on or off. Made by `bias`."""

    settings: tuple
    near: float = 0.1
    least: float = 0.8
    kind = "bias"
    tall = (784, 1319)

    @property
    def task(self):
        """What the reader is asked to do."""
        return (
            f"Goal: keep beta1 at {self.least:g} or more, and find a first step that is right by "
            f"itself: {1 - self.near:g} to {1 + self.near:g} lr without any correction."
        )

    def trace(self, **values):
        """Memory and steps at the given settings (the starting ones unless given).

        Returns
        -------
        types.SimpleNamespace
            ``values``, the settings, and arrays of shape (20,): ``g``, ``m``, ``root`` (of v),
            ``m_hat``, ``root_hat``, and in units of lr the steps as set, ``step``, without
            correction, ``none``, and with both corrections, ``both``.
        """
        values = self.at(values)
        beta1, beta2 = values["beta1"], values["beta2"]
        names = ("g", "m", "root", "m_hat", "root_hat", "step", "none", "both")
        memory, rows = {}, []
        for t, g in enumerate(STREAMS[values["gradients"]], 1):
            both, memory = adam(g, **memory, lr=1.0, beta1=beta1, beta2=beta2, eps=EPS)
            m, root = memory["m"], math.sqrt(memory["v"])
            m_hat = m / (1 - beta1**t)
            root_hat = math.sqrt(memory["v"] / (1 - beta2**t))
            above = m_hat if values["correct_m"] else m
            below = root_hat if values["correct_v"] else root
            steps = above / (below + EPS), m / (root + EPS), both
            rows.append((g, m, root, m_hat, root_hat, *steps))
        return SimpleNamespace(values=values, **dict(zip(names, np.transpose(rows), strict=True)))

    def verdict(self, trace, k=STEPS):
        """What happens at step k; after the last, what correction makes of the first step."""
        beta1, beta2 = trace.values["beta1"], trace.values["beta2"]
        if k == 0:
            return "Before the first step m and v are zero."
        if k < STEPS:
            row = {n: a[k - 1] for n, a in vars(trace).items() if n != "values"}
            m, v = (f"{100 * (1 - beta**k):.3g} %" for beta in (beta1, beta2))
            return (
                f"Step {k}: {m} of m's weights have come in, and {v} of v's. "
                f"m = {row['m']:.3g}, corrected {row['m_hat']:.3g}; √v = {row['root']:.3g}, "
                f"corrected {row['root_hat']:.3g}. The step is {row['step']:.3g} lr."
            )
        sizes = np.abs(trace.step)
        # Equal steps differ in their last digit.
        at = 1 + int(np.argmax(sizes >= sizes.max() * (1 - 1e-9)))
        return (
            f"The first step is {trace.step[0]:.3g} lr, the longest {sizes.max():.3g} (step {at}). "
            f"{self._told(beta1, beta2)}"
        )

    def _told(self, beta1, beta2):
        first = (1 - beta1) / math.sqrt(1 - beta2)
        by = max(first, 1 / first)
        if by < 1.005:
            return "Both corrections together leave the first step as it is: 1 lr."
        makes = f"{by:.3g} times {'shorter' if first > 1 else 'longer'}"
        return (
            f"Both corrections together make the first step {makes}: 1 lr instead of {first:.3g}."
        )

    def judge(self, trace):
        """Whether the goal is met, and why.

        Parameters
        ----------
        trace : types.SimpleNamespace
            As `trace` gives it.

        Returns
        -------
        met : bool
        why : str
        """
        beta1, beta2 = trace.values["beta1"], trace.values["beta2"]
        above, below = 1 - beta1, math.sqrt(1 - beta2)
        met = beta1 >= self.least and abs(above / below - 1) <= self.near
        return met, (
            f"Of the first gradient, {above:.3g} is in m, and of its size {below:.3g} is in √v: "
            "both are too small alike. With a larger beta2, √v holds less than m and correction "
            "shortens the step; with a smaller one it lengthens it."
            if met
            else self._told(beta1, beta2)
        )

    def draw(self, fig, **values):
        """Draw the steps beside the two averages."""
        from descent import plot

        trace = self.trace(**values)
        corrected = trace.values["correct_m"], trace.values["correct_v"]
        t = np.arange(1, STEPS + 1)
        fig.set_size_inches(7.4, 3.4)
        axes = fig.subplot_mosaic([["step", "m"], ["step", "v"]], width_ratios=(1.3, 1))
        color, marker, _ = plot.LOOK["adam"]
        ends = [(trace.step[-1], CORRECTED[corrected], color)]
        for y, which, dash in ((trace.none, (False, False), ":"), (trace.both, (True, True), "--")):
            if which != corrected:
                axes["step"].plot(t, y, color=plot.INK, ls=dash, lw=1)
                ends.append((y[-1], CORRECTED[which], plot.INK))
        axes["step"].plot(t, trace.step, color=color, marker=marker)
        rises = trace.step[1] > trace.step[0]
        axes["step"].annotate(
            f"{trace.step[0]:.3g} lr",
            (1, trace.step[0]),
            (6, -12 if rises else 4),
            textcoords="offset points",
            color=color,
        )
        axes["step"].set(xlabel="step", title="step, in lr, by what is corrected")
        axes["step"].set_ylim(*limits(trace.step, trace.none, trace.both))
        _name(axes["step"], ends)
        for name, g, plain, hat, switch in (
            ("m", trace.g, trace.m, trace.m_hat, corrected[0]),
            ("v", np.abs(trace.g), trace.root, trace.root_hat, corrected[1]),
        ):
            color, marker, _ = plot.LOOK["momentum" if name == "m" else "rmsprop"]
            ax = axes[name]
            ax.plot(t, g, "o", color="0.6", ms=2.5)
            # Before the first step both averages are zero; corrected, they aren't there yet.
            for y, begin, used in ((np.r_[0, plain], 0, not switch), (hat, 1, switch)):
                look = (
                    dict(ls="-", marker=marker, markevery=(1 - begin, 1)) if used else dict(ls=":")
                )
                ax.plot(np.arange(begin, STEPS + 1), y, color=color, **look)
            ax.set_ylim(*limits(g, plain, hat))
            inner = ("m", r"\hat m") if name == "m" else (r"\sqrt{v}", r"\sqrt{\hat v}")
            _name(ax, [(y[-1], f"${s}$", color) for y, s in zip((plain, hat), inner, strict=True)])
        axes["m"].set(title="gradients (dots), and m")
        axes["v"].set(title="sizes (dots), and the root of v", xlabel="step")
        for ax in axes.values():
            ax.set(xlim=(0, STEPS + 0.5), xticks=(1, 5, 10, 15, 20))

    @property
    def alt(self):
        """The figure at the starting values, in words."""
        start = self.at({})
        return (
            f"Twenty steps of Adam on a stream of gradients ({start['gradients']}), at beta1 = "
            f"{start['beta1']:g} and beta2 = {start['beta2']:g}: its steps in lr, and its two "
            f"averages with and without correction. {self.verdict(self.trace())}"
        )

    @property
    def details(self):
        """What the script needs to know besides."""
        return dict(steps=STEPS, streams=STREAMS, eps=EPS, near=self.near, least=self.least)

    def __repr__(self):
        return f"Explore Adam's bias correction. {self.task}"


def limits(*curves):
    """Limits of an axis that stands still while the hand moves a little.

    Parameters
    ----------
    *curves : array

    Returns
    -------
    (float, float)
        The first is 0 where no curve is negative; the second is 1.25 or more.
    """
    low, high = min(map(np.min, curves)), max(map(np.max, curves))
    return -_rung(-low) if low < 0 else 0.0, max(1.25, _rung(high))


def _rung(height):
    return 1.25 * 2.0 ** (math.ceil(2 * math.log2(max(height, 0.3) / 1.25)) / 2)


def _name(ax, ends):
    """Write each curve's name behind its end, none on top of another."""
    low, high = ax.get_ylim()
    gap, last = 0.11 * (high - low), -math.inf
    for y, text, color in sorted(ends):
        last = max(y, last + gap)
        ax.annotate(
            text,
            (1, last),
            (3, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            color=color,
            va="center",
        )


def bias(
    beta1=(0.0, 0.98, 0.9),
    beta2=(0.0, 0.9999, 0.999),
    *,
    gradients="steady",
    correct_m=False,
    correct_v=False,
):
    """Adam's first twenty steps, with each bias correction on or off.

    Parameters
    ----------
    beta1, beta2 : (low, high, value)
        Their sliders.
    gradients : str
        The stream at the start: ``"steady"``, ``"noisy"``, ``"spike"`` or ``"alternating"``.
    correct_m, correct_v : bool
        The switches at the start.

    Returns
    -------
    Bias
        Shown by the notebook as a widget, by the built page as a figure that needs no kernel.
    """
    return Bias(
        (
            Choice("gradients", STREAM_NAMES, gradients, "gradients"),
            Slider("beta1", *map(float, beta1), toward=1.0),
            Slider("beta2", *map(float, beta2), toward=1.0),
            Switch("correct_m", correct_m, "correct m"),
            Switch("correct_v", correct_v, "correct v"),
        )
    )


AGES = 60  # values whose weights are shown


@dataclass(eq=False, repr=False)
class Average(Figure):
    """A moving average of noisy numbers, and the window that its beta means. Made by `average`."""

    settings: tuple
    series: np.ndarray
    truth: np.ndarray
    since: int
    goal: float
    kind = "average"
    tall = (551, 1039)

    @property
    def task(self):
        """What the reader is asked to do."""
        where = f"after step {self.since}" if self.since else "from the first step on"
        return (
            f"Goal: bring the average nearer than {self.goal:g} to the dashed line, {where} "
            "(root mean square)."
        )

    def trace(self, **values):
        """The average at the given settings (the starting ones unless given).

        Returns
        -------
        types.SimpleNamespace
            ``values``, the settings; arrays as long as the series, ``m`` and ``line`` (corrected
            or not, as set); ``window``, the number of values that the beta means, and ``held``,
            their share of the weight; ``distance`` from the truth.
        """
        values = self.at(values)
        beta = values["beta"]
        m, line = smoothed(self.series, beta, values.get("correct"))
        window = 1 / (1 - beta)
        return SimpleNamespace(
            values=values,
            m=m,
            line=line,
            window=window,
            held=1 - beta**window,
            distance=float(distance(line, self.truth, self.since)),
        )

    def verdict(self, trace, k=None):
        """What the average is made of at step k; after the last, how far it is from the truth."""
        beta, n = trace.values["beta"], len(self.series)
        if k == 0:
            return "Before the first value the average is zero."
        if k and k < n:
            share = f"{100 * (1 - beta**k):.3g} %"
            corrected = trace.values.get("correct")
            what = "correction divides by that" if corrected else "the rest is on zero"
            return (
                f"Step {k}: {share} of the weights have come in; {what}. The average is "
                f"{trace.line[k - 1]:.3g}, the dashed line {self.truth[k - 1]:.3g}."
            )
        return (
            f"beta = {beta:g} means a window of about {trace.window:.3g} values: they have "
            f"{100 * trace.held:.3g} % of the weight. The average is {trace.distance:.3g} away "
            "from the dashed line."
        )

    def judge(self, trace):
        """Whether the goal is met, and why.

        Parameters
        ----------
        trace : types.SimpleNamespace
            As `trace` gives it.

        Returns
        -------
        met : bool
        why : str
        """
        met = trace.distance < self.goal
        return met, (
            f"About {trace.window:.3g} values: with fewer the noise stays in, with more the past "
            "does."
            if met
            else f"The average is {trace.distance:.3g} away from the dashed line."
        )

    def draw(self, fig, **values):
        """Draw the series with its average beside the weights of the values."""
        from descent import plot

        trace = self.trace(**values)
        color = plot.LOOK["momentum"][0]
        t = np.arange(1, len(self.series) + 1)
        fig.set_size_inches(7.4, 2.8)
        left, right = fig.subplots(1, 2, width_ratios=(1.7, 1))
        left.plot(t, self.series, ".", color="0.5", ms=2.5)
        left.plot(t, trace.line, color=color, lw=1.8)
        left.plot(t, self.truth, color=plot.INK, ls="--", lw=1.2)
        left.set(xlabel="step", xlim=(0, len(t)), ylim=(0, self.top))
        age = np.arange(AGES)
        weights = (1 - trace.values["beta"]) * trace.values["beta"] ** age
        right.axvspan(-0.5, trace.window - 0.5, color="0.9", lw=0)
        right.bar(age, weights, width=1, color=color)
        right.text(AGES, 0.95 * weights[0], f"window: {trace.window:.3g} values", ha="right")
        right.text(
            AGES, 0.84 * weights[0], f"with {100 * trace.held:.3g} % of the weight", ha="right"
        )
        right.set(xlabel="steps ago", title="weight of a value", xlim=(-0.5, AGES), ylim=(0, None))

    @property
    def top(self):
        """Where the axis of the numbers ends: what is higher is out of sight."""
        if self.since:
            return float(f"{1.1 * np.quantile(self.series, 0.97):.2g}")
        return float(f"{1.05 * self.truth.max():.2g}")

    @property
    def alt(self):
        """The figure at the starting values, in words."""
        return (
            "Left, noisy numbers as gray dots, the truth dashed, and the moving average in orange. "
            f"Right, the weights of the values by their age. {self.verdict(self.trace())}"
        )

    @property
    def details(self):
        """What the script needs to know besides."""
        return dict(
            series=self.series.tolist(),
            truth=self.truth.tolist(),
            since=self.since,
            goal=self.goal,
            top=self.top,
            ages=AGES,
        )

    def __repr__(self):
        return f"Explore a moving average. {self.task}"


def average(series=None, truth=None, *, beta=(0.0, 0.99, 0.5), correct=None, since=100):
    """A moving average of noisy numbers beside the truth, and the weights that it gives them.

    The goal is a distance that one setting in twenty-five comes below.

    Parameters
    ----------
    series, truth : array, shape (n,), optional
        Noisy numbers, and what they would be without noise. Unless given, the mini-batch losses of
        SGD on the digits, and the loss on all images.
    beta : (low, high, value)
        Its slider.
    correct : bool, optional
        The state of a switch for bias correction at the start; there is none unless given.
    since : int
        How many steps don't count for the goal.

    Returns
    -------
    Average
        Shown by the notebook as a widget, by the built page as a figure that needs no kernel.
    """
    if series is None:
        series, truth = losses()
    series, truth = (np.round(np.asarray(a, float), 3) for a in (series, truth))
    settings = (Slider("beta", *map(float, beta), toward=1.0, called="memory, beta"),)
    if correct is not None:
        settings += (Switch("correct", correct, "correct the start at zero"),)
    places = 1 - (1 - beta[0]) * ((1 - beta[1]) / (1 - beta[0])) ** np.linspace(0, 1, 401)
    away = [
        distance(smoothed(series[:, None], places, on)[1], truth[:, None], since)
        for on in ([False] if correct is None else [False, True])
    ]
    goal = float(f"{np.quantile(away, 0.04):.3g}")
    return Average(settings, series, truth, since, goal)


@functools.cache
def losses():
    """The mini-batch losses of SGD on the digits, and at each step the loss on all images.

    Returns
    -------
    series, truth : array, shape (301,)
    """
    digits = tasks.digits()
    f, start = digits.noisy(16, seed=0), digits.start()
    walk = descend(f, start, gd, lr=0.5, steps=300, keep=("x", "loss"))
    return walk.loss, digits(walk.x)[0]


def smoothed(series, beta, correct):
    """The moving average of numbers, before and after correction.

    Parameters
    ----------
    series : array, shape (n, ...)
    beta : float or array
    correct : bool
        Whether the second is corrected.

    Returns
    -------
    m, line : array, shape (n, ...)
    """
    memory, m = {}, []
    for y in series:
        _, memory = momentum_ema(y, **memory, lr=1.0, beta=beta)
        m.append(memory["m"])
    m = np.array(m)
    t = np.arange(1, len(m) + 1).reshape(-1, *[1] * (m.ndim - 1))
    return m, m / (1 - beta**t) if correct else m


def distance(line, truth, since):
    """Root mean square distance of two curves after the first `since` steps.

    Parameters
    ----------
    line, truth : array, shape (n, ...)
    since : int

    Returns
    -------
    array, shape (...)
    """
    return np.sqrt(np.mean((line - truth)[since:] ** 2, axis=0))


DECAYED, DECAY_LR = 2000, 0.001
# As many digits as every processor's powers agree in.
SIZES = np.array([float(f"{size:.12g}") for size in np.logspace(-2, 2, 17)])
QUIET, LOUD = 4, 12  # where in `SIZES` the two weights' noise is: 0.1 and 10
FEW = [0, QUIET, LOUD, 16]  # enough for a level line


@dataclass(eq=False, repr=False)
class Decay(Figure):
    """What L2 and decoupled decay leave of weights whose gradients are noise. Made by `decay`."""

    settings: tuple
    kept: tuple = (0.28, 0.4)
    kind = "decay"
    tall = (554, 977)

    @property
    def task(self):
        """What the reader is asked to do."""
        low, high = self.kept
        return f"Goal: let both weights keep about a third of themselves, from {low:g} to {high:g}."

    def trace(self, **values):
        """Both weights at the given settings (the starting ones unless given).

        Returns
        -------
        types.SimpleNamespace
            ``values``, the settings; ``quiet`` and ``loud``, shape (2001,), the weights before
            each step and after the last; ``l2``, shape (17,), what L2 leaves at each of `SIZES`,
            and ``decoupled``, shape (4,), what decoupled decay leaves at four of them, `FEW`.
        """
        values = self.at(values)
        l2 = decayed("l2", values["c"], SIZES)
        decoupled = decayed("decoupled", values["c"], SIZES[FEW])
        quiet, loud = (
            l2[:, [QUIET, LOUD]] if values["how"] == "l2" else decoupled[:, 1:3]
        ).swapaxes(0, 1)
        return SimpleNamespace(
            values=values, quiet=quiet, loud=loud, l2=l2[-1], decoupled=decoupled[-1]
        )

    def verdict(self, trace, k=DECAYED):
        """What is left of both weights at step k."""
        how = "L2" if trace.values["how"] == "l2" else "Decoupled"
        return (
            f"{how}, after {k} steps: {trace.quiet[k]:.3g} is left of the weight with quiet "
            f"gradients, {trace.loud[k]:.3g} of the one with loud gradients."
        )

    def judge(self, trace):
        """Whether the goal is met, and why.

        Parameters
        ----------
        trace : types.SimpleNamespace
            As `trace` gives it.

        Returns
        -------
        met : bool
        why : str
        """
        low, high = self.kept
        quiet, loud = trace.quiet[-1], trace.loud[-1]
        met = bool(low <= quiet <= high and low <= loud <= high)
        return met, (
            "Decoupled, each weight is multiplied by 1 − lr · c at each step, whatever its "
            "gradients. Under L2 no c does this: the pull is divided by the size of the noise."
            if met
            else f"They keep {quiet:.3g} and {loud:.3g}."
        )

    def draw(self, fig, **values):
        """Draw both weights over the steps beside what is left at each size of noise."""
        from descent import plot

        trace = self.trace(**values)
        color, marker, _ = plot.LOOK["adam"]
        fig.set_size_inches(7.4, 2.8)
        left, right = fig.subplots(1, 2)
        left.plot(trace.quiet, color=color)
        left.plot(trace.loud, color=color, ls="--")
        _name(left, [(trace.quiet[-1], "quiet", color), (trace.loud[-1], "loud", color)])
        left.set(xlim=(0, DECAYED), ylim=(0, 1.05), xlabel="step", title="what is left of a weight")
        ends = []
        for how, sizes, left_over in (
            ("L2", SIZES, trace.l2),
            ("decoupled", SIZES[FEW], trace.decoupled),
        ):
            chosen = how.lower() == trace.values["how"]
            ink = color if chosen else plot.INK
            right.plot(
                sizes, left_over, color=ink, ls="-" if chosen else ":", lw=1.5 if chosen else 1
            )
            ends.append((left_over[-1], how, ink))
        marks = trace.quiet[-1], trace.loud[-1]
        right.plot(SIZES[[QUIET, LOUD]], marks, color=color, marker=marker, ls="")
        _name(right, ends)
        right.set(xscale="log", xlim=SIZES[[0, -1]], ylim=(0, 1.05), xlabel="size of the noise")
        right.set(title=f"left after {DECAYED} steps")

    @property
    def alt(self):
        """The figure at the starting values, in words."""
        return (
            "Left, two weights over the steps, one with quiet and one with loud gradients. Right, "
            "what is left at the end against the size of the noise, by both kinds of decay. "
            + self.verdict(self.trace())
        )

    @property
    def details(self):
        """What the script needs to know besides."""
        return dict(
            steps=DECAYED,
            sizes=SIZES.tolist(),
            quiet=QUIET,
            loud=LOUD,
            few=FEW,
            kept=self.kept,
            hyper=dict(lr=DECAY_LR, beta1=0.9, beta2=0.999, eps=EPS),
        )

    def __repr__(self):
        return f"Explore weight decay under Adam. {self.task}"


def decayed(how, c, sizes):
    """Weights that start at 1, under Adam, with gradients that say nothing: +s, −s, +s, ...

    Parameters
    ----------
    how : {"l2", "decoupled"}
    c : float, or array of shape (n,)
        The strength of the decay.
    sizes : array, shape (k,)
        The sizes s of the noise.

    Returns
    -------
    array, shape (2001, k) or (2001, k, n)
        The weights before each step and after the last.
    """
    c = np.asarray(c)
    noise = sizes.reshape(-1, *[1] * c.ndim)
    w, memory = np.ones(np.broadcast(noise, c).shape), {}
    path = [w]
    for k in range(DECAYED):
        g = -noise if k % 2 else noise
        step, memory = adam(g + c * w if how == "l2" else g, **memory, lr=DECAY_LR)
        w = (w if how == "l2" else (1 - DECAY_LR * c) * w) - step
        path.append(w)
    return np.array(path)


def decay(c=(0.01, 10.0, 1.0), *, how="l2"):
    """Adam with weight decay: L2 in the gradient, or decoupled, for quiet and for loud gradients.

    Parameters
    ----------
    c : (low, high, value)
        The slider of its strength.
    how : {"l2", "decoupled"}
        Which of the two at the start.

    Returns
    -------
    Decay
        Shown by the notebook as a widget, by the built page as a figure that needs no kernel.
    """
    kinds = ("l2", "L2, in the gradient"), ("decoupled", "decoupled, beside the step")
    strength = Slider("c", *map(float, c), called="strength, c")
    return Decay((Choice("how", kinds, how, "decay"), strength))
