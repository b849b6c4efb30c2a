"""The valley: what so many tries of a learning rate bring, with five rules."""

import functools
import math
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from descent import studies
from descent.explore.base import Choice, Figure, Slider

# Each rule of the study under the name that it has on mini-batches, and whose look it has.
RULES = {
    "gd": ("SGD", "sgd"),
    "momentum": ("momentum", "momentum"),
    "rmsprop": ("RMSprop", "rmsprop"),
    "adagrad": ("AdaGrad", "adagrad"),
    "adam": ("Adam", "adam"),
}
# What each problem is called, and how many answers there are to guess from.
PROBLEMS = {
    "digits": ("Digits", 10),
    "words": ("Lincoln's next word", 1000),
    "sentences": ("Lincoln or Buchanan", 2),
    "cells": ("Cells, standardized", 2),
    "raw": ("Cells, raw", 2),
}
BUDGETS = {"short": "short", "long": "four times as long"}
MOST, SEEDS = 32, 3  # of tries, and of runs to a learning rate
DRAWS = 99
AIM = "gd"  # the rule that the reader is asked to bring ahead
MARGIN = 1.02  # A rule is ahead on a seed where every other's loss is at least 2 % higher.
FLOOR, SIGNS = 1e-4, "0123456789abcdefghijklmnopqrstuvwxyz"


@functools.cache
def measured():
    """What the study found along each rule's line of learning rates, to four digits.

    Returns
    -------
    dict
        For each of `PROBLEMS` and of `BUDGETS` its ``steps``, the loss of guessing, ``guess``, and
        for each of `RULES` its learning ``rates``, each twice the one before, and the validation
        ``losses``, shape (rates, seeds). What ended above guessing counts as guessing.
    """
    rows, found = studies.rows("races").where(phase="line", schedule="constant"), {}
    for problem, (_, answers) in PROBLEMS.items():
        part, guess, found[problem] = rows.where(problem=problem), math.log(answers), {}
        budgets = np.unique(part["budget"])[: len(BUDGETS)]
        for budget, steps in zip(BUDGETS, budgets, strict=True):
            rates, losses = {}, {}
            for rule in RULES:
                line = part.where(rule=rule, budget=steps)
                order = np.lexsort((line["seed"], line["lr"]))
                # Powers of two, which the rows round.
                rates[rule] = 2.0 ** np.round(np.log2(np.unique(line["lr"])))
                ended = line["valid"][order].reshape(-1, SEEDS)
                short = [float(f"{max(x, FLOOR):.3e}") if x < guess else guess for x in ended.flat]
                losses[rule] = np.reshape(short, ended.shape)
            found[problem][budget] = SimpleNamespace(
                steps=int(steps), guess=guess, rates=rates, losses=losses
            )
    return found


@functools.cache
def known(problem, budget):
    """What holds for all draws: `measured`, and what follows from it.

    Parameters
    ----------
    problem : str
    budget : str

    Returns
    -------
    types.SimpleNamespace
        Of `measured`; and for each rule, shape (MOST, SEEDS): ``expects``, the expected loss after
        so many tries; ``behind``, the same over the lowest of the five; ``ahead``, whether all
        others are at least 2 % higher.
    """
    found = measured()[problem][budget]
    expects = {
        rule: np.transpose([expected(line) for line in losses.T])
        for rule, losses in found.losses.items()
    }
    lowest = np.min(list(expects.values()), axis=0)
    ahead = {
        rule: np.min([o for other, o in expects.items() if other != rule], axis=0) >= MARGIN * own
        for rule, own in expects.items()
    }
    behind = {rule: own / lowest for rule, own in expects.items()}
    return SimpleNamespace(**vars(found), expects=expects, behind=behind, ahead=ahead)


def packed(losses, guess):
    """Losses of four digits as a text: three signs each, of the digits and of the power of ten.

    Parameters
    ----------
    losses : array, shape (rates, seeds)
    guess : float
        This loss is written ``zzz``.

    Returns
    -------
    str
    """
    written = []
    for loss in losses.flat:
        digits, power = f"{loss:.3e}".split("e")
        code = 9000 * (int(power) + 4) + int(digits.replace(".", "")) - 1000
        code = 36**3 - 1 if loss == guess else code
        written += [SIGNS[code // 36**n % 36] for n in (2, 1, 0)]
    return "".join(written)


def expected(losses):
    """The mean of the lowest of 1 to `MOST` tries, drawn with replacement.

    Parameters
    ----------
    losses : array, shape (n,)
        What each of the rates brings, all equally likely.

    Returns
    -------
    ndarray, shape (MOST,)
    """
    low_first, n = np.sort(losses), len(losses)
    left = np.arange(n, -1, -1) / n
    chance = left ** np.arange(1, MOST + 1)[:, None]
    return (chance[:, :-1] - chance[:, 1:]) @ low_first


def wins(losses, tries, guess):
    """How often each rule has the lowest loss, if all have so many tries.

    Parameters
    ----------
    losses : list of array
        What each rate of each rule brings.
    tries : int
    guess : float
        Who ends there has not won, even if nobody did better.

    Returns
    -------
    list of float
        A share for each rule; those that are level share a win. The rest is nobody's.
    """
    values = np.unique(np.concatenate(losses))
    values = values[values < guess]
    above = [np.mean(of[:, None] > values, axis=0) ** tries for of in losses]
    exact = [
        np.mean(of[:, None] >= values, axis=0) ** tries - a
        for of, a in zip(losses, above, strict=True)
    ]
    shares = []
    for i in range(len(losses)):
        # How likely it is that none of the others, one, two ... end at that very value, and the
        # rest above it.
        level = [np.ones(len(values))]
        for j in set(range(len(losses))) - {i}:
            more = zip([*level, 0], [0, *level], strict=True)
            level = [above[j] * a + exact[j] * b for a, b in more]
        shared = sum(p / (1 + others) for others, p in enumerate(level))
        shares.append(float((exact[i] * shared).sum()))
    return shares


def numbers(seed):
    """Random numbers from 0 to 1, the same here and on the page (Mulberry32).

    Parameters
    ----------
    seed : int

    Yields
    ------
    float
    """
    word = 0xFFFFFFFF
    while True:
        seed = (seed + 0x6D2B79F5) & word
        t = (seed ^ seed >> 15) * (seed | 1) & word
        t ^= t + ((t ^ t >> 7) * (t | 61) & word) & word
        yield (t ^ t >> 14) / 2**32


def median(values):
    """The middle of each row, one a seed.

    Parameters
    ----------
    values : array, shape (..., seeds)

    Returns
    -------
    ndarray
    """
    return np.median(values, axis=-1)


def count(tries):
    """So many tries, in words.

    Parameters
    ----------
    tries : int

    Returns
    -------
    str
    """
    return "1 try" if tries == 1 else f"{tries} tries"


@dataclass(eq=False, repr=False)
class Valley(Figure):
    """Five valleys, and random tries in them. Made by `valley`."""

    settings: tuple
    kind = "valley"
    tall = (938, 1566)

    @property
    def task(self):
        """What the reader is asked to do."""
        return (
            f"Goal: find a use for plain {RULES[AIM][0]}. With which problem, budget and number of "
            f"tries is it ahead: its expected loss at least {percent(MARGIN - 1)} below every "
            "other rule's, on each of the three seeds?"
        )

    def trace(self, **values):
        """What tries bring at the given values (the starting ones unless given).

        Returns
        -------
        types.SimpleNamespace
            All of `known`; ``tries`` and ``luck``, as given; ``won``, for each rule how often it
            wins with so many tries, shape (SEEDS,). Of one draw: ``seed``; for each rule ``drawn``,
            the place of each try's learning rate on the line, and ``best``, the lowest loss after
            0, 1, ... tries.
        """
        values = self.at(values)
        found = known(values["problem"], values["budget"])
        tries, luck = int(values["tries"]), int(values["luck"])
        seed, number = luck % SEEDS, numbers(luck)
        drawn, best = {rule: [] for rule in RULES}, {rule: [found.guess] for rule in RULES}
        for _ in range(tries):
            for rule, losses in found.losses.items():
                at = int(next(number) * len(losses))
                drawn[rule].append(at)
                best[rule].append(min(best[rule][-1], float(losses[at, seed])))
        won = [
            wins([losses[:, s] for losses in found.losses.values()], tries, found.guess)
            for s in range(SEEDS)
        ]
        return SimpleNamespace(
            **vars(found),
            tries=tries,
            luck=luck,
            won=dict(zip(RULES, np.transpose(won), strict=True)),
            seed=seed,
            drawn=drawn,
            best=best,
        )

    def say(self, trace, k=None):
        """Who leads with so many tries, and who does in one draw.

        Parameters
        ----------
        trace : types.SimpleNamespace
            As `trace` gives it.
        k : int, optional
            After how many tries of the draw; all unless given.

        Returns
        -------
        str
        """
        k = trace.tries if k is None else min(k, trace.tries)
        first, often = leader(trace, trace.tries), max(RULES, key=lambda r: trace.won[r].mean())
        loss = median(trace.expects[first][trace.tries - 1])
        often_wins = "and wins" if often == first else f"but {RULES[often][0]} wins"
        one, many = (RULES[leader(trace, n)][0] for n in (1, MOST))
        now = min(RULES, key=lambda rule: trace.best[rule][k])
        found = f"{RULES[now][0]} is first, with {trace.best[now][k]:.4g}"
        if trace.best[now][k] >= trace.guess:
            found = "nobody does better than guessing"
        return (
            f"With {count(trace.tries)} {RULES[first][0]} expects the lowest loss, {loss:.4g}, "
            f"{often_wins} most often, in {percent(trace.won[often].mean())} of draws. Lowest with "
            f"1 try: {one}; with {MOST}: {many}. Draw {trace.luck}, after {count(k)}: {found}."
        )

    def goal(self, trace):
        """Whether the goal is reached, and why it could be.

        Parameters
        ----------
        trace : types.SimpleNamespace
            As `trace` gives it.

        Returns
        -------
        (bool, str)
        """
        if not trace.ahead[AIM][trace.tries - 1].all():
            return False, ""
        other = max(width(trace, rule) for rule in RULES if rule != AIM)
        bottoms = [median(losses).min() for losses in trace.losses.values()]
        return True, (
            f"{RULES[AIM][0]}'s valley is the widest here: {width(trace, AIM)} of its "
            f"{len(trace.losses[AIM])} rates bring at least half of what can be gained, of no "
            f"other rule's more than {other}. With few tries that decides. With {MOST} everybody "
            f"finds the bottom, and the bottoms are level: {min(bottoms):.4g} to "
            f"{max(bottoms):.4g}."
        )

    def verdict(self, trace):
        """The same in one: who leads, and whether the goal is reached."""
        met, why = self.goal(trace)
        return f"Goal reached. {why} {self.say(trace)}" if met else self.say(trace)

    def draw(self, fig, **values):
        """Draw the valleys beside who leads by tries, and how often each wins."""
        from matplotlib.ticker import FixedLocator, NullLocator

        from descent import plot

        values = self.at(values)
        trace = self.trace(**values)
        fig.set_size_inches(7.4, 4.4)
        grid = fig.add_gridspec(2, 2, width_ratios=(1.25, 1))
        left = fig.add_subplot(grid[:, 0])
        right, below = (fig.add_subplot(grid[i, 1]) for i in (0, 1))
        for rule, (name, look) in RULES.items():
            losses, behind = trace.losses[rule], trace.behind[rule]
            plot.curve(left, losses, look, name, x=trace.rates[rule])
            plot.curve(right, behind, look, x=np.arange(1, MOST + 1))
            mine = np.unique(trace.drawn[rule])
            left.plot(
                trace.rates[rule][mine],
                losses[mine, trace.seed],
                "o",
                ms=6,
                mfc="none",
                mec=plot.LOOK[look][0],
            )
        left.axhline(trace.guess, color=plot.INK, lw=0.8, ls=":")

        right.axvline(trace.tries, color=plot.INK, lw=0.8, ls=":")
        title, _ = PROBLEMS[values["problem"]]
        left.set(
            xscale="log",
            yscale="log",
            xlabel=f"learning rate ({title}, {trace.steps} steps)",
            ylabel="validation loss",
        )
        right.set(
            xscale="log",
            yscale="log",
            xlabel="random tries",
            title="expected loss, over the lowest",
        )
        for ax, ticks in ((left, around(*left.get_ylim())), (right, around(*right.get_ylim()))):
            ax.yaxis.set_major_locator(FixedLocator(ticks))
            ax.yaxis.set_minor_locator(NullLocator())
            ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        right.xaxis.set_minor_locator(NullLocator())
        right.set_xticks([1, 2, 4, 8, 16, 32], ["1", "2", "4", "8", "16", "32"])
        left.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.45, 1))
        for row, (rule, (_, look)) in enumerate(RULES.items()):
            share = trace.won[rule].mean()
            below.barh(row, share, color=plot.LOOK[look][0], height=0.6)
            below.text(share + 0.02, row, percent(share), va="center", fontsize=9)
        below.set(
            xlim=(0, 1.15), ylim=(len(RULES) - 0.5, -0.5), title=f"wins with {count(trace.tries)}"
        )
        below.set_yticks(range(len(RULES)), [name for name, _ in RULES.values()])
        below.set_xticks([])
        below.spines["bottom"].set_visible(False)

    @property
    def alt(self):
        """The figure at the starting values, in words."""
        title, _ = PROBLEMS[self.at({})["problem"]]
        return (
            f"Validation loss over the learning rate for five rules ({title}): five valleys. "
            "Beside them the loss that each expects from the best of so many random tries, over "
            "the lowest of the five, and how often each wins. " + self.say(self.trace())
        )

    @property
    def details(self):
        """The rows of the study, and what is in them."""
        problems = {
            problem: {
                budget: dict(
                    steps=found.steps,
                    guess=found.guess,
                    lines={
                        rule: (int(np.log2(found.rates[rule][0])), packed(losses, found.guess))
                        for rule, losses in found.losses.items()
                    },
                )
                for budget, found in budgets.items()
            }
            for problem, budgets in measured().items()
        }
        return dict(
            rules=RULES,
            titles={problem: title for problem, (title, _) in PROBLEMS.items()},
            problems=problems,
            seeds=SEEDS,
            most=MOST,
            draws=DRAWS,
            aim=AIM,
            margin=MARGIN,
        )

    def __repr__(self):
        return f"Explore five valleys. {self.task}"


def leader(trace, tries):
    """The rule whose expected loss is the lowest after so many tries, by the median of the seeds.

    Parameters
    ----------
    trace : types.SimpleNamespace
        As `Valley.trace` gives it.
    tries : int

    Returns
    -------
    str
    """
    return min(RULES, key=lambda rule: median(trace.expects[rule][tries - 1]))


def width(trace, rule):
    """How many of a rule's rates bring at least half of what the best rate of any rule gains.

    Parameters
    ----------
    trace : types.SimpleNamespace
        As `Valley.trace` gives it.
    rule : str

    Returns
    -------
    int
    """
    bottom = min(median(losses).min() for losses in trace.losses.values())
    return int((median(trace.losses[rule]) <= (trace.guess + bottom) / 2).sum())


def percent(share):
    """A share in words.

    Parameters
    ----------
    share : float

    Returns
    -------
    str
    """
    return f"{math.floor(100 * share + 0.5)}\u00a0%"


def around(low, high):
    """Where to write numbers on a logarithmic axis that may be shorter than a power of ten.

    Parameters
    ----------
    low, high : float

    Returns
    -------
    list of float
    """
    from matplotlib.ticker import LogLocator, MaxNLocator

    ticker = MaxNLocator(5, steps=(1, 2, 5, 10)) if high < 4 * low else LogLocator(subs=(1, 2, 5))
    return [tick for tick in ticker.tick_values(low, high) if low <= tick <= high]


def valley(*, problem="words", budget="long", tries=8, luck=2):
    """Five valleys of the study's learning rates, and what random tries in them bring.

    Parameters
    ----------
    problem : {"digits", "words", "sentences", "cells", "raw"}
        A problem of the study.
    budget : {"short", "long"}
        How many steps a run has: one or two hundred, or four times as many.
    tries : int
        How many learning rates are tried, drawn at random from each rule's line; at most 32.
    luck : int
        Which draw is shown.

    Returns
    -------
    Valley
        Shown by the notebook as a widget, by the built page as a figure that needs no kernel.

    Raises
    ------
    ValueError
        When there is no such problem or budget, or too many tries.
    """
    for name, value, known in (("problem", problem, PROBLEMS), ("budget", budget, BUDGETS)):
        if value not in known:
            raise ValueError(f"there is no {name} {value!r}; there are {', '.join(known)}")
    for name, value, most in (("tries", tries, MOST), ("luck", luck, DRAWS)):
        if value not in range(1, most + 1):
            raise ValueError(f"{name} must be a whole number from 1 to {most}; got {value!r}")
    titles = tuple((name, title) for name, (title, _) in PROBLEMS.items())
    return Valley(
        (
            Choice("problem", titles, problem),
            Choice("budget", tuple(BUDGETS.items()), budget, "budget, in steps"),
            Slider("tries", 1, MOST, tries, step=1),
            Slider("luck", 1, DRAWS, luck, step=1),
        )
    )
