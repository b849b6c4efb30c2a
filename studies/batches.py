"""SGD and momentum on the digits in batches of four sizes, for eight epochs.

Budget: two minutes of CPU.
"""

from studies.protocol import Race

EPOCHS, ROWS = 8, 1011
RACES = [
    Race("digits", rule, (EPOCHS * ROWS // batch,), tuned, batch, by=("train",), lines=0)
    for batch in (256, 64, 16, 4)
    for rule, tuned in {"gd": {}, "momentum": {"beta": 0.9}}.items()
]
