"""The falling rate that AdaGrad has built in, for rules with a memory that forgets.

Budget: ten minutes of CPU.
"""

from studies.protocol import Race
from studies.races import TUNED

RACES = [
    Race("words", rule, (100, 400), TUNED["rmsprop"], batch=32, schedule="root", lines=0)
    for rule in ("rmsprop", "rmsprop_corrected")
]
