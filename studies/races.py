"""Tuned rules on every problem of the course: the table that most claims ask.

Budget: two hours of CPU.
"""

from studies.protocol import Race

ADAM = {"beta1": 0.9, "beta2": 0.999}
TUNED = {
    "gd": {},
    "momentum": {"beta": 0.9},
    "rmsprop": {"beta2": 0.99},
    "adagrad": {},
    "adam": ADAM,
    "adam_long": {},
    "lion": {"beta1": 0.9, "beta2": 0.99},
    "muon": {"beta": 0.95},
    "schedule_free": {"beta": 0.9, "beta2": 0.999},
}
FIVE = ("gd", "momentum", "rmsprop", "adagrad", "adam")


def races(problem, names, budgets, long=(), batch=64, **how):
    """A race for each rule; `long` names those that run at the last budget too."""
    for name in names:
        yield Race(
            problem,
            name,
            budgets if name in long else budgets[:2],
            TUNED[name],
            batch,
            lines=LINES.get(problem, 0) if name in FIVE and "schedule" not in how else 0,
            **how,
        )


# At how many budgets the whole line of learning rates is walked. (A step on the words is dear.)
LINES = {"digits": 2, "words": 2, "sentences": 2, "cells": 2, "raw": 2}
NEWER = ("lion", "schedule_free", "muon")
STEPS = (200, 800, 3200)
FEWER = (100, 400, 1600)
FALLING = ("momentum", "rmsprop", "adam")
RACES = [
    *races("digits", FIVE + NEWER, STEPS, long=FIVE + NEWER),
    *races("cells", FIVE, FEWER, long=("momentum", "rmsprop"), batch=32),
    *races("raw", FIVE, FEWER, long=("momentum", "rmsprop"), batch=32),
    *races("sentences", FIVE, FEWER, long=("momentum", "adam"), batch=32),
    *races("digits", FALLING, STEPS, long=FALLING, schedule="falling"),
    *races("wide", ("momentum", "adam"), (60, 240)),
    *races("words", ("adam",), FEWER, ("adam",), 32, by=("train", "valid", "train_mean")),
    *races("words", ("gd", "momentum", "rmsprop", "adagrad", "adam_long"), FEWER, batch=32),
    *races("words", FALLING, FEWER, long=("adam",), batch=32, schedule="falling"),
    *races("words", ("schedule_free", "lion"), FEWER, long=("schedule_free",), batch=32),
    *races("mnist1d", ("adam", *NEWER), STEPS),
]
