"""The falling rate that AdaGrad has built in, for rules with a memory that forgets.

Budget: ten minutes of CPU.
"""

from studies.protocol import Race
from studies.races import TUNED

BETA2 = TUNED["rmsprop"]
RACES = [
    Race("words", rule, (100, 400), tuned, batch=32, schedule="root", lines=0)
    for rule, tuned in dict(rmsprop=BETA2, rmsprop_corrected=BETA2, rmsprop_hundred={}).items()
]
