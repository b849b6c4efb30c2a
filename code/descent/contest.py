"""A fair race between rules: a counted budget to tune with, and fresh seeds to be judged on."""

import inspect
from copy import copy
from itertools import count, islice

import numpy as np

from descent.checks import rate, whole
from descent.loop import descend
from descent.tables import show
from descent.tasks import Task


def validation(task, share=0.25):
    """The task with a share of its training rows set aside, to choose hyper-parameters by.

    Parameters
    ----------
    task : descent.tasks.Task
        It is not changed.
    share : float
        Of the training rows, the last ones: above 0 and below 1.

    Returns
    -------
    descent.tasks.Task
        It trains on the rest, and its test rows are those set aside: the task's own test rows stay
        unseen until the end.

    Raises
    ------
    TypeError, ValueError
        If task is none, or if the share leaves no row to train on or none to choose by.
    """
    _check_task(task)
    aside = round(rate("share", share, below=1) * task.n)
    if not 0 < aside < task.n:
        raise ValueError(f"share must leave a row on each side; {share} of {task.n} is {aside}")
    inner = copy(task)
    inner.n = task.n - aside
    inner.X, inner.X_test = np.split(task.X, [inner.n])
    inner.y, inner.y_test = np.split(task.y, [inner.n])
    return inner


class Race:
    """A task, a length of run, and the same budget for everybody who enters.

    Parameters
    ----------
    task : descent.tasks.Task
    batch_size : int
        Rows to a mini-batch.
    steps : int
        Gradients in a training run.
    budget : int
        Gradients that an entry may spend on tuning.
    seeds : sequence of int
        Of the final runs: the start and the mini-batches. Every entry gets the same ones, so that
        entries can be compared seed by seed. Tuning uses others.

    Raises
    ------
    TypeError, ValueError
        If task is none; if batch_size or steps is not a whole number, 1 or more; if the budget or
        a seed is not one, 0 or more; if there is no seed, or one twice.
    """

    def __init__(self, task, *, batch_size, steps, budget, seeds=(100, 101, 102, 103, 104)):
        _check_task(task)
        self.task = task
        self.batch_size = whole("batch_size", batch_size)
        self.steps = whole("steps", steps)
        self.budget = whole("budget", budget, least=0)
        if np.ndim(seeds) != 1:
            raise ValueError(f"seeds must be a list of whole numbers; got {seeds!r}")
        self.seeds = tuple(whole("a seed", seed, least=0) for seed in seeds)
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds must be one or more, all different; got {seeds!r}")
        self.entries = []

    def enter(self, rule, name=None):
        """Enter a rule, under its own name unless another is given.

        An entry of that name makes way, unless it has finished. What it spent stays spent.

        Parameters
        ----------
        rule : function
            A rule, such as `descent.rules.adam`.
        name : str, optional
            What to call it in the table. Default: the rule's own name.

        Returns
        -------
        Entry

        Raises
        ------
        TypeError
            If rule is not a function, or name not a string.
        RuntimeError
            If the entry of that name has finished.
        """
        if not inspect.isfunction(rule):
            raise TypeError(f"rule must be a function such as descent.rules.adam; got {rule!r}")
        name = rule.__name__ if name is None else name
        if not isinstance(name, str) or not name:
            raise TypeError(f"name must be a string, and not empty; got {name!r}")
        entry = Entry(self, rule, name)
        for other in self.entries:
            if other.name == name:
                other._check_open()
                entry.spent, entry.log = other.spent, other.log
        self.entries = [other for other in self.entries if other.name != name] + [entry]
        return entry

    def train(self, task, rule, seeds, **hyper):
        """Train on a task, once a seed.

        Parameters
        ----------
        task : descent.tasks.Task
        rule : function
        seeds : sequence of int
            Of the starts and the mini-batches.
        **hyper : number, array or function
            The rule's hyper-parameters.

        Returns
        -------
        descent.Trace
            With the mini-batch losses, shape (steps + 1, seeds).
        """
        start = np.stack([task.start(seed) for seed in seeds])
        noisy = task.noisy(self.batch_size, seeds)
        return descend(noisy, start, rule, steps=self.steps, keep=("loss",), **hyper)

    def finished(self):
        """The entries that have finished.

        Returns
        -------
        list of Entry
            By their median test loss, the lowest first.
        """
        done = [entry for entry in self.entries if entry.has_finished]
        return sorted(done, key=lambda entry: np.median(entry.test))

    def table(self):
        """Show who finished: the median over the seeds, and the lowest and the highest.

        `ahead` counts the seeds on which the winner's test loss is lower.
        """
        done = self.finished()
        if not done:
            print("nobody has finished yet")
            return
        first, rows = done[0], []
        for entry in done:
            losses = (
                f"{np.median(loss):.4f} ({loss.min():.4f} to {loss.max():.4f})"
                for loss in (entry.test, entry.train)
            )
            ahead = (first.test < entry.test).sum()
            told = "" if entry is first else f"{ahead} of {len(self.seeds)}"
            rows.append((entry.name, *losses, told, f"{entry.spent:,}"))
        show(("rule", "test loss", "train loss", f"{first.name} is ahead", "tuned with"), rows)


class Entry:
    """A rule in a race. Made by `Race.enter`.

    Attributes
    ----------
    spent : int
        Gradients spent on tuning.
    has_finished : bool
        Whether the test rows have been seen. Then it can't be tuned, finished or replaced.
    test, train : array or None
        The final losses on all test and on all training rows, one a seed, once it has finished.
        Infinite where a run diverged.
    log : list of (dict, array)
        What was tried in tuning: the hyper-parameters, and the validation loss at the end of each
        run, shape (k, seeds).
    hyper : dict or None
        What it finished with.
    loss : array or None, shape (steps + 1, seeds)
        The mini-batch losses of the final runs. Shorter if all of them diverged.
    """

    def __init__(self, race, rule, name):
        self.race, self.rule, self.name = race, rule, name
        self.spent, self.log = 0, []
        self.test = self.train = self.loss = self.hyper = None

    def __repr__(self):
        return f"<{self.name}: {self.spent:,} of {self.race.budget:,} gradients spent>"

    @property
    def has_finished(self):
        """Whether the test rows have been seen."""
        return self.test is not None

    def tune(self, *, seeds=1, **hyper):
        """Try settings, on validation rows, and pay for them.

        Parameters
        ----------
        seeds : int
            Runs of each setting.
        **hyper : number or array, shape (k,)
            The rule's hyper-parameters. Arrays of one length are k settings, side by side.

        Returns
        -------
        array, shape (k, seeds)
            The validation loss at the end of each run.

        Raises
        ------
        TypeError, ValueError
            When the budget does not reach, or an argument won't do. Nothing is spent.
        RuntimeError
            When the entry has finished.
        """
        self._check_open()
        settings, columns = _side_by_side(hyper)
        cost = settings * whole("seeds", seeds) * self.race.steps
        if cost > self.race.budget - self.spent:
            each = f"{settings} setting{'s' * (settings > 1)}, {seeds} run{'s' * (seeds > 1)}"
            raise ValueError(
                f"{each} of each, take {cost:,} gradients; "
                f"{self.race.budget - self.spent:,} are left of {self.race.budget:,}"
            )
        others = (s for s in count() if s not in self.race.seeds)
        inner = validation(self.race.task)
        trace = self.race.train(inner, self.rule, [*islice(others, seeds)], **columns)
        self.spent += cost
        losses = inner.test_loss(trace.final)
        self.log.append((hyper, losses.copy()))
        return losses

    def finish(self, **hyper):
        """Train on all training rows, on the race's own seeds, and be measured on the test rows.

        Only once: whoever could look and tune again would choose by the test rows.

        Parameters
        ----------
        **hyper : number or function
            The rule's hyper-parameters.

        Raises
        ------
        TypeError, ValueError
            When a hyper-parameter won't do. Then the entry hasn't finished.
        RuntimeError
            When it has already finished.
        """
        self._check_open()
        for name, value in hyper.items():
            if np.ndim(value(0) if callable(value) else value):
                raise ValueError(f"{name} must be one number when an entry finishes; got {value!r}")
        task = self.race.task
        trace = self.race.train(task, self.rule, self.race.seeds, **hyper)
        train, test = task(trace.final)[0], task.test_loss(trace.final)
        self.hyper, self.loss = hyper, trace.loss
        self.train, self.test = (np.where(np.isnan(loss), np.inf, loss) for loss in (train, test))

    def _check_open(self):
        if self.has_finished:
            raise RuntimeError(
                f"{self.name} has finished: its test loss has been seen, and whoever goes on would "
                "choose by it; enter under another name, so that the table shows both"
            )
        if self not in self.race.entries:
            raise RuntimeError(f"{self.name} was entered anew, and the new entry took its place")


def _side_by_side(hyper):
    """How many settings there are, and each hyper-parameter as a column of them."""
    shapes = {name: np.shape(value) for name, value in hyper.items()}
    lengths = {shape[0] for shape in shapes.values() if len(shape) == 1} or {1}
    if any(map(callable, hyper.values())) or max(map(len, shapes.values()), default=0) > 1:
        raise ValueError(f"hyper-parameters must be numbers or arrays of one axis; got {hyper}")
    if len(lengths) > 1 or 0 in lengths:
        raise ValueError(f"arrays must have one length, 1 or more; got the shapes {shapes}")
    (settings,) = lengths
    columns = {
        name: np.broadcast_to(value, (settings,))[:, None, None] for name, value in hyper.items()
    }
    return settings, columns


def _check_task(task):
    if not isinstance(task, Task):
        raise TypeError(f"task must be one of descent.tasks, such as digits(); got {task!r}")
