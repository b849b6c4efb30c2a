"""Adam on the stream of losses on which it fails (Reddi et al., 2018)."""

import itertools
import math
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from descent.explore.base import Figure, Slider
from descent.rules import adam


@dataclass(eq=False, repr=False)
class Stream(Figure):
    """Adam on the stream of losses on which it fails (Reddi et al., 2018). Made by `stream`."""

    settings: tuple
    steps: int = 900
    goal: float = 0.1
    kind = "stream"
    tall = (430, 700)

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
        values = self.at(values)
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
        return "Adam's x over the steps, and the last three of them as arrows. " + self.verdict(
            self.trace()
        )

    @property
    def details(self):
        """What the script needs to know besides."""
        return dict(steps=self.steps, goal=self.goal)

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
