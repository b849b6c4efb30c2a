"""Adam with lr alone tuned, at the default betas; the races have it with all three tuned.

Budget: three minutes of CPU.
"""

from studies.protocol import Race

BUDGETS = {"digits": (200, 800, 3200), "mnist1d": (200, 800), "words": (100, 400)}
RACES = [Race(problem, "adam", steps, lines=0) for problem, steps in BUDGETS.items()]
