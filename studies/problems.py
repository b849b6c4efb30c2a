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
    """

    def __init__(self, task, plain=PLAIN):
        data = tasks.split(task.X, task.y, seed=1)
        self.task, self.aside = copy.copy(task), task
        self.task.X, self.task.y, self.task.X_test, self.task.y_test = data
        self.task.n, self.plain = len(self.task.X), plain
        self.lost = 1e4  # In nats, on one mini-batch: beyond return.

    def start(self, seed):
        """The weights to start from, those of a linear model spread a little too."""
        w = self.task.start(seed)
        return w if w.any() else 0.01 * np.random.default_rng(seed).standard_normal(w.shape)

    def draw(self, batch, seed):
        """The task on the next mini-batch, at each call."""
        return self.task.noisy(batch, seed)

    def rates(self, rule):
        """From which to which learning rate a rule's line goes."""
        plain = rule in ("gd", "momentum", "nesterov", "clipped_gd", "clipped_momentum")
        return self.plain if plain else ADAPTIVE

    def measured(self, w):
        """The losses on the three parts, and the share of test rows that are wrong."""
        found = dict(train=float(self.task(w)[0]), valid=float(self.task.test_loss(w)))
        found["test"] = float(self.aside.test_loss(w))
        if hasattr(self.aside, "accuracy"):
            found["error"] = 1 - float(self.aside.accuracy(w))
        return found


class NoisyBowl:
    """A round bowl of twenty coordinates whose gradients carry noise; lower is better.

    Parameters
    ----------
    noise : function of a Generator and a shape
    """

    task, lost, plain = None, np.inf, (2.0**-14, 2.0**2)

    def __init__(self, noise):
        self.noise = noise

    def start(self, seed):
        """Ones, for every seed: what differs is the noise."""
        return np.ones(20)

    def draw(self, batch, seed):
        """The gradient with fresh noise, and the loss without."""
        rng = np.random.default_rng(seed)
        self.tail = []

        def noisy(w):
            loss = float(w @ w) / 2
            self.tail.append(loss)
            return loss, w + self.noise(rng, w.shape)

        return noisy

    rates = Problem.rates

    def measured(self, w):
        """The mean loss over the last fifth of the steps. There are no rows to set aside."""
        tail = self.tail[-max(1, len(self.tail) // 5) :]
        return dict.fromkeys(("train", "valid", "test"), float(np.mean(tail)))


PROBLEMS = {
    "digits": lambda: Problem(tasks.digits_mlp()),
    "wide": lambda: Problem(tasks.digits_mlp(hidden=512)),
    "mnist1d": lambda: Problem(tasks.mnist1d()),
    "words": lambda: Problem(tasks.words(embedding=8)),
    "cells": lambda: Problem(tasks.breast_cancer()),
    "raw": lambda: Problem(tasks.breast_cancer(standardized=False), (2.0**-26, 2.0**-6)),
    "sentences": lambda: Problem(tasks.bag_of_words()),
    "heavy": lambda: NoisyBowl(lambda rng, shape: rng.standard_t(1.5, shape)),
    "normal": lambda: NoisyBowl(lambda rng, shape: rng.standard_normal(shape)),
}
