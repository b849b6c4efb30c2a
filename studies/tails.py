"""Rules under noise, normal and with heavy tails, with clipping in the race: ten minutes of CPU."""

from studies.protocol import Race
from studies.races import TUNED

CLIPPED = {"clipped_gd": {"clip": 4.0}, "clipped_momentum": {"beta": 0.9, "clip": 4.0}}
RULES = ("gd", "momentum", "rmsprop", "adagrad", "adam")
RACES = [
    Race(noise, rule, (500, 2000), tuned, by=("train",), lines=0)
    for noise in ("heavy", "normal")
    for rule, tuned in ({name: TUNED[name] for name in RULES} | CLIPPED).items()
]
