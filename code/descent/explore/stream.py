"""Adam on the stream of losses on which it fails (Reddi et al., 2018), and AMSGrad beside it."""

import itertools
import math
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from descent.explore.base import Figure, Slider
from descent.rules import adam, amsgrad

# Adam is to be saved at beta2, and lost where beta2 is so much less: the tipping point is between.
MARGIN = 0.03


@dataclass(eq=False, repr=False)
class Stream(Figure):
    """Adam and AMSGrad on the losses C x, -x, -x, C x, ... Made by `stream`."""

    settings: tuple
    steps: int = 900
    kind = "stream"
    tall = (543, 1016)
    task = (
        "Goal: find the tipping point, the smallest beta2 at which Adam ends on the left "
        f"(within {MARGIN})."
    )

    def walked(self, rule, C, beta2):
        """The walk of a rule without momentum.

        Parameters
        ----------
        rule : function
            `adam` or `amsgrad`.
        C, beta2 : float

        Returns
        -------
        types.SimpleNamespace
            ``x``, shape (steps + 1,), the point before each step and after the last; ``regret``, a
            number, a step and in units of C; ``lengths``, shape (steps,), each step in units of
            its lr.
        """
        x, memory, walk, regret, lengths = 0.0, {}, [0.0], 0.0, []
        for k in range(self.steps):
            g = -1.0 if k % 3 else C
            regret += g * (x + 1)
            lr = 0.5 / math.sqrt(k + 1)
            step, memory = rule(g, **memory, lr=lr, beta1=0.0, beta2=beta2)
            x = min(1.0, max(-1.0, x - float(step)))
            walk.append(x)
            lengths.append(float(step) / lr)
        return SimpleNamespace(
            x=np.array(walk), regret=regret / (C * self.steps), lengths=np.array(lengths)
        )

    def trace(self, **values):
        """Adam's walk at the given values (where the sliders start unless given).

        Returns
        -------
        types.SimpleNamespace
            As `walked` returns it, with ``round``, its last three lengths; ``amsgrad``, the other
            rule's walk; ``less``, Adam's with a beta2 smaller by `MARGIN`; and the ``values``.
        """
        values = self.at(values)
        C, beta2 = values["C"], values["beta2"]
        trace = self.walked(adam, C, beta2)
        trace.round, trace.values = trace.lengths[-3:], values
        trace.amsgrad = self.walked(amsgrad, C, beta2)
        trace.less = self.walked(adam, C, max(0.0, beta2 - MARGIN))
        return trace

    def verdict(self, trace):
        """Where Adam ended, how far its last round went, and whether the goal is reached."""
        left, *right = trace.round
        end = (
            f"Adam ends at x = {trace.x[-1]:.3g}, AMSGrad at {trace.amsgrad.x[-1]:.3g}; their "
            f"regret a step is {trace.regret:.2g} C and {trace.amsgrad.regret:.2g} C. A round of "
            f"Adam's goes {left:.3g} lr to the left and {-sum(right):.3g} lr to the right."
        )
        met, why = self.judged(trace)
        return f"Goal reached: {why}" if met else f"{why} {end}"

    def judged(self, trace):
        """Whether Adam is saved here and lost a little below; and a sentence."""
        if trace.x[-1] >= 0:
            return False, "Adam isn't saved yet."
        if trace.less.x[-1] <= 0:
            return False, "Adam is saved, but a smaller beta2 would do."
        beta2 = trace.values["beta2"]
        less = max(0.0, beta2 - MARGIN)
        here = f"at {beta2:.3g} Adam ends on the left (x below 0)"
        return True, f"{here}, and at {less:.3g} on the right."

    def draw(self, fig, **values):
        """Draw the walks over time beside the steps of Adam's last round."""
        from descent import plot

        trace = self.trace(**values)
        fig.set_size_inches(7.4, 2.2)
        left, right = fig.subplots(1, 2, width_ratios=(1.7, 1))
        every = self.steps // 6
        look, other = plot.look("adam"), plot.look("own")
        left.plot(trace.x, **look | dict(linestyle="-"), lw=1, markevery=every)
        left.plot(trace.amsgrad.x, **other | dict(linestyle=(0, (4, 2))), lw=1, markevery=every)
        left.set(ylim=(-1.25, 1.25), yticks=(-1, 0, 1), xlabel="step", ylabel="$x$")
        for name, walk in (("Adam", trace), ("AMSGrad", trace.amsgrad)):
            above = walk.x[-1] < 0
            at = (self.steps, walk.x[-1] + (0.15 if above else -0.15))
            left.annotate(name, at, ha="right", va="bottom" if above else "top", fontsize=9)
        arrow = dict(arrowstyle="->", color=look["color"], lw=1.6, shrinkA=0, shrinkB=0)
        for i, (a, b) in enumerate(itertools.pairwise(np.cumsum([0, *-trace.round]))):
            right.annotate("", (b, -i), (a, -i), arrowprops=arrow)
        right.axvline(0, color=plot.INK, lw=0.8, ls=":")
        right.set(xlim=(-2.2, 2.2), ylim=(-2.6, 0.6), yticks=(0, -1, -2))
        right.set_xlabel("one round of Adam's, in lr")
        right.set_yticklabels(("$Cx$", "$-x$", "$-x$"))

    @property
    def alt(self):
        """The figure at the starting values, in words."""
        start = ", ".join(f"{s.name} = {s.value:g}" for s in self.settings)
        return (
            "Adam's x and AMSGrad's over the steps, and Adam's last three steps as arrows, at "
            f"{start}. {self.verdict(self.trace())}"
        )

    @property
    def details(self):
        """What the script needs to know besides."""
        return dict(steps=self.steps, margin=MARGIN, hyper=dict(eps=1e-8, beta1=0.0))

    def __repr__(self):
        return f"Explore a stream of losses. {self.task}"


def stream(C=(2.5, 10.0, 4.0), beta2=(0.0, 0.999, 0.0588)):
    """Adam without momentum on the losses C x, -x, -x, C x, ... on the interval from -1 to 1.

    The learning rate is 0.5 / sqrt(t), and after each step x is put back into the interval. AMSGrad
    walks beside it.

    Parameters
    ----------
    C, beta2 : (low, high, value)
        Their sliders.

    Returns
    -------
    Stream
        A widget, whose settings are traits; on the built page a figure that needs no kernel.
    """
    sliders = dict(C=C, beta2=beta2).items()
    return Stream(tuple(Slider(name, *map(float, values)) for name, values in sliders))
