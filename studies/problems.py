"""What the rules run on: each problem has rows to learn from, rows to tune by, and rows to test on.

A quarter of a task's training rows is set aside for tuning. The test rows are those of the course.
"""

import copy

import numpy as np

from descent import tasks

# Where the best learning rate of a rule can lie, wide enough that no best one has been on its edge.
ADAPTIVE = (2.0**-14, 2.0**2)
PLAIN = (2.0**-10, 2.0**6)


class Problem:
    """A task of the course, its training rows split in two.

    Parameters
    ----------
    task : descent.tasks.Task
    plain : (float, float)
        The range of learning rates for rules that don't divide by the gradients' size.
    together : bool
        Whether many seeds are walked side by side, which is quicker where a step is short.
    """

    def __init__(self, task, plain=PLAIN, together=True):
        data = tasks.split(task.X, task.y, seed=1)
        self.task, self.aside = copy.copy(task), task
        self.task.X, self.task.y, self.task.X_test, self.task.y_test = data
        self.task.n, self.plain, self.together = len(self.task.X), plain, together
        self.lost = 1e4  # In nats, on one mini-batch: beyond return.

    def start(self, seed):
        """The weights to start from, those of a linear model spread a little too."""
        w = self.task.start(seed)
        return w if w.any() else 0.01 * np.random.default_rng(seed).standard_normal(w.shape)

    def draw(self, batch, seeds):
        """The task on each seed's next mini-batch, at each call."""
        return self.task.noisy(batch, list(seeds) if self.together else seeds[0])

    def rates(self, rule):
        """From which to which learning rate a rule's line goes."""
        plain = rule in (
            "gd",
            "momentum",
            "nesterov",
            "clipped_gd",
            "clipped_momentum",
            "each_clipped_gd",
        )
        return self.plain if plain else ADAPTIVE

    def measured(self, w):
        """The losses on the three parts, and the share of test rows that are wrong."""
        found = dict(train=self.task(w)[0], valid=self.task.test_loss(w))
        found["test"] = self.aside.test_loss(w)
        if hasattr(self.aside, "accuracy"):
            found["error"] = 1 - self.aside.accuracy(w)
        return found


class NoisyBowl:
    """A round bowl of twenty coordinates whose gradients carry noise; lower is better.

    Parameters
    ----------
    noise : function of a Generator and a shape
    """

    task, lost, plain, together = None, np.inf, (2.0**-14, 2.0**2), True

    def __init__(self, noise):
        self.noise = noise

    def start(self, seed):
        """Ones, for every seed: what differs is the noise."""
        return np.ones(20)

    def draw(self, batch, seeds):
        """The gradient with fresh noise, and the loss without."""
        rngs = [np.random.default_rng(seed) for seed in seeds]
        self.tail = []

        def noisy(w):
            loss = (w * w).sum(axis=-1) / 2
            self.tail.append(loss)
            return loss, w + np.stack([self.noise(rng, w.shape[-1:]) for rng in rngs])

        return noisy

    rates = Problem.rates

    def measured(self, w):
        """The mean loss over the last fifth of the steps. There are no rows to set aside."""
        tail = self.tail[-max(1, len(self.tail) // 5) :]
        return dict.fromkeys(("train", "valid", "test"), np.mean(tail, axis=0))


PROBLEMS = {
    "digits": lambda: Problem(tasks.digits_mlp()),
    "wide": lambda: Problem(tasks.digits_mlp(hidden=512), together=False),
    "mnist1d": lambda: Problem(tasks.mnist1d()),
    "words": lambda: Problem(tasks.words(embedding=8), together=False),
    "cells": lambda: Problem(tasks.breast_cancer()),
    "raw": lambda: Problem(tasks.breast_cancer(standardized=False), (2.0**-26, 2.0**-6)),
    "sentences": lambda: Problem(tasks.bag_of_words()),
    "heavy": lambda: NoisyBowl(lambda rng, shape: rng.standard_t(1.5, shape)),
    "normal": lambda: NoisyBowl(lambda rng, shape: rng.standard_normal(shape)),
}
