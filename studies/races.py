"""Tuned rules on every problem of the course: the table that most claims ask.

Budget: an hour of CPU.
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
    "nadam": ADAM,
    "radam": {"beta1": 0.9, "beta2": 0.999},
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
            lines=LINES[problem] if name in FIVE and "schedule" not in how else 0,
            **how,
        )


# At how many budgets the whole line of learning rates is walked.
LINES = {"digits": 2, "words": 2, "sentences": 2, "cells": 2, "raw": 2, "mnist1d": 1, "wide": 0}
NEWER = ("lion", "muon", "schedule_free", "nadam", "radam")
STEPS = (200, 800, 3200)
FEWER = (100, 400, 1600)
FALLING = ("momentum", "rmsprop", "adam")
RACES = [
    *races("digits", FIVE + NEWER, STEPS, long=FIVE + NEWER[:-1]),
    *races("digits", FALLING, STEPS, long=FALLING, schedule="falling"),
    *races("words", ("gd", "rmsprop", "adagrad", "adam_long", "lion", "nadam"), FEWER, batch=32),
    *races("words", ("momentum", "schedule_free"), FEWER, long=("schedule_free",), batch=32),
    *races(
        "words", ("adam",), FEWER, long=("adam",), by=("train", "valid", "train_mean"), batch=32
    ),
    *races("words", FALLING, FEWER, long=("adam",), schedule="falling", batch=32),
    *races("sentences", FIVE, FEWER, long=("momentum", "adam"), batch=32),
    *races("cells", FIVE, FEWER, long=("momentum", "rmsprop"), batch=32),
    *races("raw", FIVE, FEWER, long=("momentum", "rmsprop"), batch=32),
    *races(
        "mnist1d",
        ("momentum", "adam", "lion", "muon", "schedule_free", "nadam"),
        STEPS,
        long=("momentum", "adam", "lion", "schedule_free", "nadam"),
    ),
    *races("wide", ("momentum", "adam"), (60, 240)),
]
