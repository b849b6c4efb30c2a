"""How every experiment is made, so that none is made to win.

A *race* is one rule on one problem. Its hyper-parameters are tuned on seeds of their own, three
mostly, at each budget anew, once by the training loss and once by the loss on rows that were set
aside for it. The best setting found runs on twenty other seeds, and these runs are reported, with
the loss on the test rows too, which nothing was tuned on.

The search is one of patterns, by factors of two: first a line of learning rates at the defaults, a
factor of four apart; from its best one step at a time, up and down in lr and in each other
hyper-parameter, and along their diagonal, until no neighbor is better; then again from the best
setting that was tried for any measure, until none of those tried is better than what the search
ended with. So the best learning rate never lies on the edge of what was tried; a memory can, and
there may be a better setting that no search came to. All rules are searched alike.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from descent import Optimizer, rules
from descent.averaging import ScheduleFree
from descent.schedules import constant, cosine, inverse_sqrt, warm_up

TUNING, REPORT = (1000, 1001, 1002), tuple(range(20))
# What a run is measured by: the loss on the rows it learned from, on those set aside for tuning,
# and on the test rows, with the share of these that it gets wrong; the same of the mean of the
# points of its second half; and the sum of its first ten losses, by which a run is known again.
MEASURES = (
    *("train", "valid", "test", "error"),
    *("train_mean", "valid_mean", "test_mean"),
    "first",
)
COLUMNS = (
    *("problem", "rule", "batch", "schedule", "budget", "phase", "by", "seed"),
    *("lr", "hyper", *MEASURES),
)
# What a hyper-parameter of that name may be, a factor of two in 1 - beta apart.
MEMORIES = {
    "beta": (0, 0.5, 0.8, 0.9, 0.95, 0.975, 0.9875, 0.99375),
    "beta1": (0, 0.5, 0.8, 0.9, 0.95, 0.975, 0.9875),
    "beta2": (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.99975),
    "clip": tuple(2.0**k for k in range(-6, 8)),
    "each": tuple(2.0**k for k in range(-8, 6)),
    "warm": (0, 0.025, 0.05, 0.1, 0.25, 0.5),
}
# How lr goes over the steps, by lr and budget.
SCHEDULES = {
    "constant": lambda lr, steps: constant(lr),
    "falling": cosine,
    "root": lambda lr, steps: inverse_sqrt(lr),
}


@dataclass(frozen=True)
class Race:
    """One rule on one problem.

    Attributes
    ----------
    problem : str
        A key of `problems.PROBLEMS`.
    rule : str
        A key of `RULES`, or a rule of `descent.rules`.
    budgets : tuple of int
        Steps.
    tuned : dict of str to float
        The hyper-parameters to tune besides lr, each with the value that the search begins at.
    batch : int
        Rows to a mini-batch.
    schedule : {"constant", "falling", "root"}
        Falling is half a cosine, to zero at the end; root is 1 / sqrt(t), as AdaGrad has built in.
    by : tuple of str
        The measures to tune by, one after the other.
    lines : int
        At how many of the budgets the whole line of learning rates is walked at the defaults, a
        factor of two apart, on all tuning seeds.
    factors : tuple of float
        By which lr is moved in the search, from coarse to fine.
    tuning : tuple of int
        The seeds to tune on.
    """

    problem: str
    rule: str
    budgets: tuple
    tuned: dict = field(default_factory=dict, hash=False)
    batch: int = 64
    schedule: str = "constant"
    by: tuple = ("train", "valid")
    lines: int = 2
    factors: tuple = (2,)
    tuning: tuple = TUNING

    @property
    def name(self):
        """What the race is called."""
        return " ".join(map(str, (self.problem, self.rule, *self.tuned, self.schedule, self.batch)))


class Rule:
    """A rule on flat weights, runs first: `step(w, g, lr)` returns the new weights.

    Parameters
    ----------
    task : descent.tasks.Task or None
        Its arrays, for rules that need whole matrices.
    name : str
    hyper : dict
    """

    together = True  # Many runs are one walk.

    def __init__(self, task, name, hyper):
        hyper = dict(hyper)
        self.clip, self.each = hyper.pop("clip", None), hyper.pop("each", None)
        hyper.pop("warm", None)
        self.rule, self.hyper, self.memory = getattr(rules, name), hyper, {}

    def step(self, w, g, lr):
        """The weights after one step."""
        if self.clip:
            length = np.sqrt((g * g).sum(axis=-1, keepdims=True))
            g = g * np.minimum(1, self.clip / np.maximum(length, 1e-300))
        if self.each:
            g = np.clip(g, -self.each, self.each)
        step, self.memory = self.rule(g, **self.memory, lr=lr, **self.hyper)
        return w - step

    def result(self, w):
        """The weights to evaluate."""
        return w


class ByMatrix(Rule):
    """A rule that sees whole matrices; vectors are Adam's, at the same learning rate."""

    together = False

    def __init__(self, task, name, hyper):
        self.task, self.lr = task, 0.0
        self.parts = None
        self.name, self.hyper = name, hyper

    def step(self, w, g, lr):
        """The weights after one step."""
        if self.parts is None:
            self.w = w.copy()
            named = self.task.unpack(self.w).items()
            self.parts = []
            for want, rule, hyper in (
                (True, getattr(rules, self.name), self.hyper),
                (False, rules.adam, {}),
            ):
                part = {k: a for k, a in named if (a.ndim == 2) is want}
                self.parts.append((part, Optimizer(part, rule, lr=lambda k: self.lr, **hyper)))
        self.lr = lr
        arrays = self.task.unpack(g)
        for part, optimizer in self.parts:
            optimizer.step({k: arrays[k] for k in part})
        return self.w


class Free(Rule):
    """Schedule-Free: the gradient is taken near the average, which is what counts in the end."""

    together = False

    def __init__(self, task, name, hyper):
        self.walk, self.hyper, self.lr = None, dict(hyper), 0.0

    def step(self, w, g, lr):
        """The weights after one step."""
        self.lr = lr
        if self.walk is None:
            self.w, hyper = w.copy(), dict(self.hyper)
            beta = hyper.pop("beta", 0.9)
            self.walk = ScheduleFree(
                [self.w], rules.adam, beta=beta, beta1=0, lr=lambda k: self.lr, **hyper
            )
        self.walk.step([g])
        return self.w

    def result(self, w):
        """The average."""
        return self.walk.average[0]


# Rules under names of their own: how they step, and what they keep fixed.
RULES = {
    "clipped_gd": (Rule, "gd", {}),
    "clipped_momentum": (Rule, "momentum", {}),
    "each_clipped_gd": (Rule, "gd", {}),
    # RMSprop whose memory begins unbiased.
    "rmsprop_corrected": (Rule, "adam", {"beta1": 0}),
    # The same with a memory of a hundred steps.
    "rmsprop_hundred": (Rule, "adam", {"beta1": 0, "beta2": 0.99}),
    # Long memory without the falling rate: AdaGrad's memory, nearly, but corrected.
    "adam_long": (Rule, "adam", {"beta1": 0, "beta2": 0.9999}),
    "muon": (ByMatrix, "muon", {}),
    "schedule_free": (Free, "adam", {}),
}


def stepping(task, name, hyper):
    """A new rule of that name on a task, ready to step."""
    kind, rule, fixed = RULES.get(name, (Rule, name, {}))
    return kind(task, rule, fixed | hyper)


def walk(problem, race, budget, lr, hyper, seeds, steps=None):
    """Run one rule on some seeds.

    Parameters
    ----------
    problem : Problem
        Of `studies.problems`.
    race : Race
    budget : int
        The steps that the schedule is made for.
    lr : float
    hyper : dict
    seeds : sequence of int
        Of the starts and the mini-batches. They are walked side by side where that is quicker.
    steps : int or None
        How many steps are taken, all by default.

    Returns
    -------
    list of dict
        The `MEASURES` of each seed; infinite where the run was lost.
    """
    rule = stepping(problem.task, race.rule, hyper)
    together = problem.together and rule.together
    if len(seeds) > 1 and not together:
        return [walk(problem, race, budget, lr, hyper, [s], steps)[0] for s in seeds]
    draw, w = problem.draw(race.batch, seeds), np.stack([problem.start(s) for s in seeds])
    rate = SCHEDULES[race.schedule](lr, budget)
    if warm := math.ceil(hyper.get("warm", 0) * budget):
        rate = warm_up(rate, warm)
    first, mean, lost = 0.0, 0.0, np.zeros(len(seeds), bool)
    with np.errstate(all="ignore"):
        for k in range(steps or budget):
            loss, g = draw(w)
            if k < 10:
                first = first + loss
            lost |= ~(loss < problem.lost)
            if lost.all():
                break
            w = rule.step(w, g, rate(k)) if together else rule.step(w[0], g[0], rate(k))[None]
            if k >= budget // 2:
                mean = mean + (w - mean) / (k - budget // 2 + 1)
        if lost.all():
            return [dict.fromkeys(MEASURES, math.inf) for _ in seeds]
        found = problem.measured(rule.result(w) if together else rule.result(w[0])[None])
        if steps is None:
            found |= {f"{k}_mean": v for k, v in problem.measured(mean).items() if k != "error"}
    found = dict.fromkeys(MEASURES, np.full(len(seeds), math.nan)) | found | {"first": first}
    ended = found["train"]
    lost |= ~np.isfinite(ended)
    return [
        {k: math.inf if lost[i] else float(v[i]) for k, v in found.items()}
        for i in range(len(seeds))
    ]


class Search:
    """The settings of one race that were tried at one budget, and how well each did."""

    def __init__(self, problem, race, budget):
        self.problem, self.race, self.budget = problem, race, budget
        self.runs = {}  # (lr, hyper), seed -> measures

    def run(self, setting, seeds):
        """A run for each seed, or what it was when it ran before."""
        lr, hyper = setting
        if new := [seed for seed in seeds if (setting, seed) not in self.runs]:
            found = walk(self.problem, self.race, self.budget, lr, dict(hyper), new)
            self.runs |= {(setting, seed): run for seed, run in zip(new, found, strict=True)}
        return [self.runs[setting, seed] for seed in seeds]

    def score(self, setting, by, seeds=None):
        """The mean of a measure over seeds, all that one tunes on by default."""
        seeds = seeds or self.race.tuning
        return float(np.mean([run[by] for run in self.run(setting, seeds)]))

    def climb(self, setting, by):
        """The best setting that single steps lead to."""
        best = self.score(setting, by)
        for factor in self.race.factors:
            while True:
                near = {n: self.score(n, by) for n in self.neighbors(setting, factor)}
                nearest = min(near, key=near.get)
                if not near[nearest] < best:
                    break
                setting, best = nearest, near[nearest]
        return setting

    def best_tried(self, by):
        """The best setting of those that ran on all tuning seeds."""
        ran = [{s for s, seed in self.runs if seed == wanted} for wanted in self.race.tuning]
        return min(sorted(set.intersection(*ran)), key=lambda s: self.score(s, by))

    def tune(self, starts):
        """The best setting by each measure: none that was tried is better.

        Parameters
        ----------
        starts : dict of str to tuple
            The setting that each measure's search begins at.

        Returns
        -------
        dict of str to tuple
        """
        best = {by: self.climb(setting, by) for by, setting in starts.items()}
        while True:
            again = {by: self.best_tried(by) for by in best}
            if all(self.score(again[by], by) >= self.score(best[by], by) for by in best):
                return best
            best = {by: self.climb(setting, by) for by, setting in again.items()}

    def neighbors(self, setting, factor):
        """Settings one step away: lr, each hyper-parameter, and lr against a memory."""
        lr, hyper = setting
        yield from ((lr * factor, hyper), (lr / factor, hyper))
        for i, (name, value) in enumerate(hyper):
            choices = MEMORIES[name]
            at = choices.index(value)
            for to in (at - 1, at + 1):
                if 0 <= to < len(choices):
                    moved = (*hyper[:i], (name, choices[to]), *hyper[i + 1 :])
                    yield (lr, moved)
                    # A longer memory of gradients makes longer steps, or steadier ones.
                    if name in ("beta", "beta1"):
                        yield (lr / 2 if to > at else lr * 2, moved)
                    # A longer warm-up bears a larger rate.
                    if name == "warm":
                        yield (lr * 2 if to > at else lr / 2, moved)

    def line(self, factor, seeds):
        """The learning rates of the problem for this rule, at the defaults; their settings."""
        hyper = tuple(self.race.tuned.items())
        low, high = self.problem.rates(self.race.rule)
        count = round(math.log(high / low, factor)) + 1
        settings = [(low * factor**k, hyper) for k in range(count)]
        for setting in settings:
            self.run(setting, seeds)
        return settings


def rows(problem, race):
    """Tune a race at each budget and report it.

    Parameters
    ----------
    problem : Problem
    race : Race

    Yields
    ------
    dict
        A row each, with the `COLUMNS`.
    """
    best = {}
    for i, budget in enumerate(race.budgets):
        search = Search(problem, race, budget)
        if i < race.lines:
            search.line(2, race.tuning)
        if i == 0:
            line = search.line(4, race.tuning[:1])
            for by in race.by:
                best[by] = min(line, key=lambda s: search.score(s, by, race.tuning[:1]))
        lined = set(search.runs)
        best = search.tune(best)
        for (setting, seed), found in search.runs.items():
            phase = "line" if (setting, seed) in lined else "try"
            yield row(race, budget, phase, "", seed, setting, found)
        for by in race.by:
            for seed, found in zip(REPORT, search.run(best[by], REPORT), strict=True):
                yield row(race, budget, "report", by, seed, best[by], found)


def row(race, budget, phase, by, seed, setting, found):
    """One run as a row."""
    lr, hyper = setting
    told = " ".join(f"{name}={value:g}" for name, value in hyper)
    return dict(
        zip(
            COLUMNS,
            (
                *(race.problem, race.rule, race.batch, race.schedule, budget, phase, by, seed),
                *(lr, told, *(found[name] for name in MEASURES)),
            ),
            strict=True,
        )
    )
