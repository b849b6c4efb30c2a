"""Five rules on the digits, all at one learning rate, at thirteen. Budget: a minute of CPU."""

from studies import compare
from studies.problems import PROBLEMS
from studies.protocol import REPORT, Race, walk

RULES = ("gd", "momentum", "rmsprop", "adagrad", "adam")
RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
STEPS = 300
COLUMNS = ("rule", "lr", "seed", "first", "valid")


def run(rule, lr, seeds=REPORT):
    """A row for each seed: the loss on the rows set aside, the rule at its defaults."""
    race = Race("digits", rule, (STEPS,))
    found = walk(PROBLEMS["digits"](), race, STEPS, lr, {}, seeds)
    return [
        dict(zip(COLUMNS, (rule, lr, seed, run["first"], run["valid"]), strict=True))
        for seed, run in zip(seeds, found, strict=True)
    ]


def differences(rows):
    """Run each rule at one rate again, on the first seed, and say what differs."""
    for rule in RULES:
        before = rows.where(rule=rule, lr=0.01)
        (again,) = run(rule, 0.01, REPORT[:1])
        yield from compare.differences(rule, again, before, REPORT[0], "valid")


PARTS = {rule: lambda rule=rule: [row for lr in RATES for row in run(rule, lr)] for rule in RULES}
