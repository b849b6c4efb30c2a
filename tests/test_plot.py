"""Static figures: what they leave alone."""

import subprocess
import sys

UNCHANGED = """
import matplotlib
def settings():
    # As they are stored: to read the backend's would choose one.
    return {key: repr(value) for key, value in dict.items(matplotlib.rcParams)}
before = settings()

from descent import contest, explore, ledger, plot, practice, predict, rules, surfaces
explore.walk(rules.adam, lr=(0.001, 1, 0.1)).html()
explore.stream().html()
explore.walk(rules.gd, lr=(0.001, 1, 0.1)).widget()
def adam(g, m=0, v=0, t=0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    return lr * m / (v**0.5 + eps), dict(m=m, v=v, t=t)

assert "<img" in practice.check("adam", adam).html()

assert settings() == before, set(settings().items()) ^ set(before.items())
assert not plot.plt.get_fignums()
"""


def test_importing_checking_and_drawing_change_nothing_of_matplotlibs():
    run = subprocess.run([sys.executable, "-c", UNCHANGED], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
