"""Adam with a warm-up and without, on MNIST-1D. Budget: three minutes of CPU."""

from dataclasses import replace

from studies.problems import PROBLEMS
from studies.protocol import REPORT, Race, Search, row, rows

COLD = Race("mnist1d", "adam", (200, 800), {}, by=("train",), lines=0)
RACES = [COLD, replace(COLD, tuned={"warm": 0.1})]


def all_rates():
    """At the best rate without a warm-up, and at eight times that, two warm-ups and none."""
    problem, budget = PROBLEMS[COLD.problem](), COLD.budgets[0]
    best = next(
        r["lr"] for r in rows(problem, replace(COLD, budgets=(budget,))) if r["phase"] == "report"
    )
    race = RACES[1]
    search = Search(problem, race, budget)
    for times in (1, 8):
        for warm in (0, 0.025, 0.25):
            setting = (best * times, (("warm", warm),))
            for seed, found in zip(REPORT, search.run(setting, REPORT), strict=True):
                yield row(race, budget, f"at {times} x", "", seed, setting, found)


PARTS = {"at two rates": all_rates}
