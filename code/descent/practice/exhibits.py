"""The exhibits of the bug hunts: each is a function that is wrong, and how it may be mended.

Their texts are those of the cells in the exercises. Which lines are at fault isn't typed in
anywhere: it is what a mend changes (see `hunts.faults`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from .mistakes import edited


class Exhibit(NamedTuple):
    """A function in which a line is at fault.

    Attributes
    ----------
    name : str
        What `hunt` calls it.
    exercise : str
        What it should do: the name of an exercise.
    text : str
        As it stands in its cell.
    mends : tuple of str
        Ways to mend it, as edits of the bank: ``old -> new``, separated by ``;``. There are none
        where nothing is wrong.
    says : dict
        What else to say of a line that isn't at fault, by its text.
    tested : bool
        Whether a test is written before it is mended.
    """

    name: str
    exercise: str
    text: str
    mends: tuple = ()
    says: Mapping = MappingProxyType({})
    tested: bool = False

    @property
    def called(self):
        """The name of the function."""
        return self.text.split("(")[0].removeprefix("def ")

    @property
    def mended(self):
        """The text after each mend."""
        return tuple(edited(self.text, mend) for mend in self.mends)


_TABLE = (
    Exhibit(
        "walk",
        "walk",
        '''def my_walk(loss, x, *, lr, steps):
    """Every point of gradient descent, the start first."""
    points = [x]
    for _ in range(steps):
        x -= lr * loss(x)[1]
        points.append(x)
    return np.array(points)
''',
        ("x -= lr * loss(x)[1] -> x = x - lr * loss(x)[1]",),
        {
            "points.append(x)": "It keeps `x` itself, and no copy of it. That does no harm as long "
            "as nobody changes what it kept.",
            "points = [x]": "It keeps `x` itself, and no copy of it. That does no harm as long as "
            "nobody changes what it kept.",
        },
    ),
    Exhibit(
        "minibatches-a",
        "minibatches",
        """def exhibit_a(X, y, batch_size, rng):
    X, y = rng.permutation(X), rng.permutation(y)
    for first in range(0, len(X), batch_size):
        yield X[first : first + batch_size], y[first : first + batch_size]
""",
        (
            "X, y = rng.permutation(X), rng.permutation(y) -> "
            "order = rng.permutation(len(X))\n    X, y = X[order], y[order]",
        ),
    ),
    Exhibit(
        "minibatches-b",
        "minibatches",
        """def exhibit_b(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    for first in range(0, len(X) - batch_size, batch_size):
        rows = order[first : first + batch_size]
        yield X[rows], y[rows]
""",
        ("len(X) - batch_size, -> len(X),",),
    ),
    Exhibit(
        "momentum-a",
        "momentum",
        """def exhibit_a(g, m=0, *, lr, beta):
    m = beta * m - g
    return lr * m, dict(m=m)
""",
        ("beta * m - g -> beta * m + g",),
    ),
    Exhibit(
        "momentum-b",
        "momentum",
        """def exhibit_b(g, m=0, *, lr, beta):
    m = beta * m + lr * g
    return m, dict(m=m)
""",
        ("+ lr * g -> + g; return m -> return lr * m",),
    ),
    Exhibit(
        "rmsprop-a",
        "rmsprop",
        """def exhibit_a(g, v=0, *, lr, beta2, eps):
    v = beta2 * v + (1 - beta2) * np.mean(g**2)
    return lr * g / (np.sqrt(v) + eps), dict(v=v)
""",
        ("np.mean(g**2) -> g**2",),
    ),
    Exhibit(
        "rmsprop-b",
        "rmsprop",
        """def exhibit_b(g, v=None, *, lr, beta2, eps):
    v = g**2 if v is None else beta2 * v + (1 - beta2) * g**2
    return lr * g / (np.sqrt(v) + eps), dict(v=v)
""",
        ("v=None -> v=0; g**2 if v is None else beta2 -> beta2",),
    ),
    Exhibit(
        "adagrad",
        "adagrad",
        """def exhibit(g, v=0, *, lr, eps):
    v = 0.9 * v + 0.1 * g**2
    return lr * g / (np.sqrt(v) + eps), dict(v=v)
""",
        ("0.9 * v + 0.1 * g**2 -> v + g**2",),
    ),
    Exhibit(
        "adam-a",
        "adam",
        """def exhibit_a(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m = m / (1 - beta1**t)
    v = v / (1 - beta2**t)
    return lr * m / (np.sqrt(v) + eps), dict(m=m, v=v, t=t)
""",
        (
            "m = m / -> m_hat = m /; v = v / -> v_hat = v /; "
            "m / (np.sqrt(v) -> m_hat / (np.sqrt(v_hat)",
        ),
    ),
    Exhibit(
        "adam-b",
        "adam",
        """def exhibit_b(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    t = t + 1
    m = beta2 * m + (1 - beta2) * g
    v = beta1 * v + (1 - beta1) * g**2
    m_hat = m / (1 - beta2**t)
    v_hat = v / (1 - beta1**t)
    return lr * m_hat / (np.sqrt(v_hat) + eps), dict(m=m, v=v, t=t)
""",
        (
            "beta2 * m + (1 - beta2) -> beta1 * m + (1 - beta1); "
            "beta1 * v + (1 - beta1) -> beta2 * v + (1 - beta2); "
            "beta2**t -> BETA**t; beta1**t -> beta2**t; BETA**t -> beta1**t",
        ),
    ),
    Exhibit(
        "adam-c",
        "adam",
        """def exhibit_c(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return lr * m_hat / np.sqrt(v_hat) + eps, dict(m=m, v=v, t=t)
""",
        ("np.sqrt(v_hat) + eps -> (np.sqrt(v_hat) + eps)",),
    ),
    Exhibit(
        "adam-d",
        "adam",
        """def exhibit_d(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    return lr * m_hat / (np.sqrt(v) + eps), dict(m=m, v=v, t=t)
""",
        ("np.sqrt(v) -> np.sqrt(v / (1 - beta2**t))",),
    ),
    Exhibit(
        "promise",
        "adam",
        """def broken(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return lr * m_hat / (v_hat + eps), dict(m=m, v=v, t=t)
""",
        ("(v_hat + eps) -> (np.sqrt(v_hat) + eps)",),
    ),
    Exhibit(
        "decay",
        "adamw",
        """def my_adamw(w, g, m=0, v=0, t=0, *, lr, beta1, beta2, eps, weight_decay):
    t = t + 1
    g = g + weight_decay * w
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), dict(m=m, v=v, t=t)
""",
        ("g = g + weight_decay * w -> w = w - lr * weight_decay * w",),
        tested=True,
    ),
    Exhibit(
        "first-loop",
        "training_loop",
        """def first_loop(model, loss_function, optimizer, scheduler, batches, epochs):
    for _ in range(epochs):
        for X, y in batches:
            loss = loss_function(model(X), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
""",
        # What is missing may stand in three places.
        (
            "            loss = ->             optimizer.zero_grad()\n            loss =",
            "            loss.b ->             optimizer.zero_grad()\n            loss.b",
            "optimizer.step() -> optimizer.step()\n            optimizer.zero_grad()",
        ),
    ),
    Exhibit(
        "second-loop",
        "training_loop",
        """def second_loop(model, loss_function, optimizer, scheduler, batches, epochs):
    for _ in range(epochs):
        scheduler.step()
        for X, y in batches:
            optimizer.zero_grad()
            loss_function(model(X), y).backward()
            optimizer.step()
""",
        (
            "        scheduler.step()\n -> ; "
            "optimizer.step() -> optimizer.step()\n        scheduler.step()",
        ),
    ),
    Exhibit(
        "all-arrays",
        "adam_all",
        """def one_step_for_all(gradients, state=None, *, lr, beta1, beta2, eps):
    t, memory = state or (0, {})
    steps, new = {}, {}
    for name, g in gradients.items():
        t = t + 1
        m, v = memory.get(name, (0, 0))
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        steps[name], new[name] = lr * m_hat / (np.sqrt(v_hat) + eps), (m, v)
    return steps, (t, new)
""",
        ("        t = t + 1\n -> ; (0, {})\n -> (0, {})\n    t = t + 1\n",),
    ),
    Exhibit(
        "race",
        "fair_race",
        """def somebodys_race(rules, tune, test, start, *, rates, steps):
    best = {}
    for name, lr in ((name, lr) for name in rules for lr in rates):
        w, memory = start, {}
        for _ in range(steps):
            rate = 3 * lr if "v" in memory else lr
            step, memory = rules[name](tune(w)[1], **memory, lr=rate)
            w = w - step
        best[name] = min(best.get(name, w), w, key=lambda end: tune(end)[0])
    return {name: test(w)[0] for name, w in best.items()}
""",
        ('3 * lr if "v" in memory else lr -> lr',),
        {
            "for name, lr in ((name, lr) for name in rules for lr in rates):": "Every rule meets "
            "every rate of the list.",
            "w, memory = start, {}": "Every walk begins at the start, and remembers nothing yet.",
            "step, memory = rules[name](tune(w)[1], **memory, lr=rate)": "It hands the rule its "
            "gradient, its memory, and the rate of the line above.",
            "w = w - step": "It takes the step, and leaves the start as it was.",
            "best[name] = min(best.get(name, w), w, key=lambda end: tune(end)[0])": "It chooses by "
            "the tuning loss, for each rule alike.",
            "return {name: test(w)[0] for name, w in best.items()}": "It reports a loss by which "
            "nothing was chosen.",
        },
    ),
    Exhibit(
        "mixed-1",
        "clip",
        """def exhibit_1(g, *, max_norm):
    norm = np.sqrt((g**2).sum())
    return g * max_norm / norm
""",
        ("/ norm -> / max(norm, max_norm)",),
    ),
    Exhibit(
        "mixed-2",
        "nesterov",
        """def exhibit_2(g, m=0, *, lr, beta):
    ahead = g + beta * m
    m = beta * m + g
    return lr * ahead, dict(m=m)
""",
        (
            "    ahead = g + beta * m\n -> ; "
            "m = beta * m + g\n -> m = beta * m + g\n    ahead = g + beta * m\n",
        ),
    ),
    Exhibit(
        "mixed-3",
        "warmup_cosine",
        """def exhibit_3(k, *, lr, warmup, steps):
    if k < warmup:
        return lr * (k + 1) / warmup
    done = min(1, k / steps)
    return lr * (1 + np.cos(np.pi * done)) / 2
""",
        ("k / steps -> (k - warmup) / (steps - warmup)",),
    ),
    Exhibit(
        "mixed-4",
        "adam",
        """def exhibit_4(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    t = t + 1
    m = m + (1 - beta1) * (g - m)
    v = v + (1 - beta2) * (g * g - v)
    divisor = np.sqrt(v / (1 - beta2**t)) + eps
    return lr * m / divisor / (1 - beta1**t), dict(m=m, v=v, t=t)
""",
    ),
    Exhibit(
        "mixed-5",
        "minibatches",
        """def exhibit_5(X, y, batch_size, rng):
    order = rng.integers(len(X), size=len(X))
    for first in range(0, len(X), batch_size):
        rows = order[first : first + batch_size]
        yield X[rows], y[rows]
""",
        ("rng.integers(len(X), size=len(X)) -> rng.permutation(len(X))",),
    ),
    Exhibit(
        "mixed-6",
        "amsgrad",
        """def exhibit_6(g, m=0, v=0, v_max=0, t=0, *, lr, beta1, beta2, eps):
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    v_max = np.maximum(v_max, v)
    m_hat = m / (1 - beta1**t)
    v_hat = v_max / (1 - beta2**t)
    return lr * m_hat / (np.sqrt(v_hat) + eps), dict(m=m, v=v, t=t)
""",
        ("v=v, t=t -> v=v, v_max=v_max, t=t",),
    ),
    Exhibit(
        "mixed-7",
        "finite_difference",
        """def exhibit_7(loss, x):
    h = 1e-5
    e, g = np.zeros_like(x), np.zeros_like(x)
    for i in np.ndindex(x.shape):
        e[i] = h
        g[i] = (loss(x + e) - loss(x - e)) / (2 * h)
    return g
""",
        (
            "e, g = np.zeros_like(x), np.zeros_like(x) -> g = np.zeros_like(x); "
            "        e[i] = h ->         e = np.zeros_like(x)\n        e[i] = h",
        ),
    ),
    Exhibit(
        "mixed-8",
        "adamw",
        """def exhibit_8(w, g, m=0, v=0, t=0, *, lr, beta1, beta2, eps, weight_decay):
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    w = w - weight_decay * w
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), dict(m=m, v=v, t=t)
""",
        ("w = w - weight_decay -> w = w - lr * weight_decay",),
    ),
)

EXHIBITS = {exhibit.name: exhibit for exhibit in _TABLE}
