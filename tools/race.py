"""Draw the landing page's pictures: the six rules on the bowl, each at its best learning rate.

The best has the lowest mean loss over the walk: the last loss alone rewards lucky jumps.

python tools/race.py
"""

from pathlib import Path

import numpy as np

from descent import descend, plot, surfaces
from descent.pictures import pictures
from descent.plot import plt
from descent.rules import adagrad, adam, gd, momentum, rmsprop
from figures import suffix

TARGET = Path(__file__).resolve().parent.parent / "book" / "_static" / "race.png"
RULES = dict(gd=gd, sgd=gd, momentum=momentum, rmsprop=rmsprop, adagrad=adagrad, adam=adam)
TITLES = dict(gd="gradient descent", sgd="SGD", momentum="momentum", rmsprop="RMSprop",
              adagrad="AdaGrad", adam="Adam")  # fmt: skip
STEPS = 40


def noisy(surface):
    """The surface with noise on its gradient, as a mini-batch has."""
    rng = np.random.default_rng(0)

    def f(x):
        loss, g = surface(x)
        return loss, g + rng.standard_normal(g.shape)

    return f


@plt.style.context(plot.STYLE)
def race():
    """The pictures as PNG bytes, by their paths."""
    bowl = surfaces.bowl()
    fig, axes = plt.subplots(2, 3, figsize=(7.4, 3.4), sharex=True, sharey=True)
    for ax, (name, rule) in zip(axes.flat, RULES.items(), strict=True):
        f = noisy(bowl) if name == "sgd" else bowl
        lr = np.geomspace(0.001, 4, 60)
        start = np.tile(np.reshape(bowl.start, (2, 1)), len(lr))
        x = descend(f, start, rule, lr=lr, steps=STEPS, keep=("x",)).x
        losses = bowl(np.moveaxis(x, 1, 0))[0].mean(axis=0)
        best = np.nanargmin(losses)
        f = noisy(bowl) if name == "sgd" else bowl
        plot.landscape(ax, bowl, levels=9)
        plot.path(ax, descend(f, bowl.start, rule, lr=lr[best], steps=STEPS), name)
        ax.set(title=TITLES[name], xlabel="", ylabel="", xticks=[], yticks=[])
    plt.close(fig)
    drawn, problems = pictures(fig, plot.dark)
    assert not problems, problems
    return {TARGET.with_name(TARGET.stem + suffix(kind)): drawn[kind].png for kind in drawn}


if __name__ == "__main__":
    for path, png in race().items():
        path.write_bytes(png)
        print(f"{path.relative_to(TARGET.parents[2])}: written")
