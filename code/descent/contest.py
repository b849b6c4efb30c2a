"""A fair race between rules: a counted budget to tune with, and fresh seeds to be judged on."""

from copy import copy

import numpy as np

from descent.loop import descend


def validation(task, share=0.25):
    """The task with a share of its training rows set aside, to choose hyper-parameters by.

    Parameters
    ----------
    task : descent.tasks.Task
        It is not changed.
    share : float
        Of the training rows, the last ones.

    Returns
    -------
    descent.tasks.Task
        It trains on the rest, and its test rows are those set aside: the task's own test rows stay
        unseen until the end.
    """
    inner = copy(task)
    inner.n = task.n - round(share * task.n)
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
    """

    def __init__(self, task, *, batch_size, steps, budget, seeds=(100, 101, 102, 103, 104)):
        self.task = task
        self.batch_size = batch_size
        self.steps = steps
        self.budget = budget
        self.seeds = seeds
        self.entries = []

    def enter(self, rule, name=None):
        """Enter a rule, under its own name unless another is given. An entry of that name goes."""
        entry = Entry(self, rule, name or rule.__name__)
        self.entries = [other for other in self.entries if other.name != entry.name] + [entry]
        return entry

    def train(self, task, rule, seeds, **hyper):
        """Train on a task, once a seed, and return the `Trace` with the mini-batch losses."""
        start = np.stack([task.start(seed) for seed in seeds])
        noisy = task.noisy(self.batch_size, seeds)
        return descend(noisy, start, rule, steps=self.steps, keep=("loss",), **hyper)

    def finished(self):
        """The entries that have finished, by their median test loss, the lowest first."""
        done = [entry for entry in self.entries if entry.test is not None]
        return sorted(done, key=lambda entry: np.median(entry.test))

    def table(self):
        """Print who finished: the median over the seeds, and the lowest and the highest.

        `ahead` counts the seeds on which the winner's test loss is lower.
        """
        first, *_ = done = self.finished()
        print(f"{'':18}{'test loss':^24}{'train loss':^24}{'ahead':8}tuned with")
        for entry in done:
            row = "".join(
                f"{np.median(loss):8.4f} ({loss.min():.4f}..{loss.max():.4f})"
                for loss in (entry.test, entry.train)
            )
            ahead = "" if entry is first else f"{(first.test < entry.test).sum()}/{len(self.seeds)}"
            print(f"{entry.name:16}{row}   {ahead:6}{entry.spent:6,}")


class Entry:
    """A rule in a race. Made by `Race.enter`.

    Attributes
    ----------
    spent : int
        Gradients spent on tuning.
    test, train : array or None
        The final losses on all test and on all training rows, one a seed, once it has finished.
    loss : array or None, shape (steps + 1, seeds)
        The mini-batch losses of the final runs.
    """

    def __init__(self, race, rule, name):
        self.race, self.rule, self.name = race, rule, name
        self.spent = 0
        self.test = self.train = self.loss = self.hyper = None

    def __repr__(self):
        return f"<{self.name}: {self.spent:,} of {self.race.budget:,} gradients spent>"

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
        ValueError
            When the budget does not reach. Nothing is spent.
        """
        settings = np.broadcast_shapes((1,), *map(np.shape, hyper.values()))[0]
        cost = settings * seeds * self.race.steps
        if cost > self.race.budget - self.spent:
            raise ValueError(
                f"{settings} settings, {seeds} runs of each, take {cost:,} gradients; "
                f"{self.race.budget - self.spent:,} are left of {self.race.budget:,}"
            )
        self.spent += cost
        columns = {
            name: np.broadcast_to(value, (settings,))[:, None, None]
            for name, value in hyper.items()
        }
        inner = validation(self.race.task)
        trace = self.race.train(inner, self.rule, range(seeds), **columns)
        return inner.test_loss(trace.final)

    def finish(self, **hyper):
        """Train on all training rows, on the race's own seeds, and be measured on the test rows.

        Parameters
        ----------
        **hyper : number or function
            The rule's hyper-parameters.
        """
        trace = self.race.train(self.race.task, self.rule, self.race.seeds, **hyper)
        self.hyper = hyper
        self.loss = trace.loss
        self.train = self.race.task(trace.final)[0]
        self.test = self.race.task.test_loss(trace.final)
