"""Adam with lr alone tuned, at the default betas; the races have it with all three tuned.

Budget: two minutes of CPU.
"""

from studies.protocol import Race

RACES = [
    Race("digits", "adam", (200, 800, 3200), lines=0),
    Race("words", "adam", (100, 400), batch=32, lines=0),
]
