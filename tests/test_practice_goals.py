"""Goals: the solution's answer wins; one that is drawn, or that stands somewhere, doesn't."""

import re

import numpy as np
import pytest

from descent import contest, rules, schedules, tasks
from descent.practice import goal
from descent.practice import goals as played
from descent.practice.goals import GOALS


def many(low, high, n=50, seed=0):
    """Numbers that a player could draw: evenly on a logarithmic scale, as far as that is known."""
    return np.exp(np.random.default_rng(seed).uniform(np.log(low), np.log(high), n))


def constants(low, high, *seen, n=50):
    """Answers that always return one number, drawn or seen."""
    return [lambda *_, c=float(c): c for c in (*seen, *many(low, high, n))]


# What the solution pages say.


def rates(curvatures):
    return [1 / h for h in sorted(curvatures, reverse=True)]


def stream(X, y, batch_size, rng):
    waiting = []
    while True:
        while len(waiting) < batch_size:
            waiting.extend(rng.permutation(len(X)))
        rows, waiting = waiting[:batch_size], waiting[batch_size:]
        yield X[rows], y[rows]


def median(lengths):
    return float(np.median(lengths))


def forgets_uphill(g, m=0, *, lr, beta):
    if np.sum(g * m) < 0:
        m = 0
    m = beta * m + g
    return lr * m, dict(m=m)


def falling(k, steps, far):
    return far * (1 + np.cos(np.pi * k / steps)) / 20


def is_adam(rule):
    g, b1, b2, eps = np.array([1.0, -3.0, 2.0, 0.05, 0.0, -0.5]), 0.8, 0.95, 1e-2
    memory = {}
    for t in range(1, 7):
        age = np.arange(t)[::-1]
        m_hat = np.average(g[:t], weights=b1**age)
        v_hat = np.average(g[:t] ** 2, weights=b2**age)
        step, memory = rule(g[t - 1], **memory, lr=1.0, beta1=b1, beta2=b2, eps=eps)
        if not np.isclose(step, m_hat / (np.sqrt(v_hat) + eps), rtol=1e-9, atol=0):
            return False
    return True


def clipped_sgd(g, *, lr, max_norm):
    length = np.linalg.norm(g, axis=-1, keepdims=True)
    return lr * g * np.minimum(1, max_norm / length), {}


def beta2(gap):
    return 1 - 1 / (1.8 * gap)


def half(g, m=0, v=0, t=0, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    g = g.astype(np.float32)
    step, memory = rules.adam(g, m, v, t, lr=lr, beta1=beta1, beta2=beta2, eps=eps)
    return step.astype(np.float16), memory


def rising_and_falling(steps):
    return schedules.warm_up(schedules.cosine(0.1, steps), steps // 6)


def every_seed(a, b):
    return (a < b).all()


def searched(race):
    """Three rates far apart, more where the best is at an edge, then three around it."""
    entry, found = race.enter(rules.nadam, "mine"), {}
    grid = [0.003, 0.03, 0.3]
    while grid:
        found.update(zip(grid, entry.tune(lr=np.array(grid)).ravel(), strict=True))
        best = min(found, key=found.get)
        grid = [best / 10] * (best == min(found)) + [best * 10] * (best == max(found))
    fine = best * np.array([1 / 3, 1, 3])
    entry.finish(lr=fine[entry.tune(lr=fine, seeds=3).mean(axis=1).argmin()])


SOLUTIONS = {
    "goal-three-steps": [rates],
    "goal-stream": [stream],
    "goal-broken-images": [median],
    "goal-uphill": [forgets_uphill],
    "goal-rest": [falling],
    "goal-distance": [median],
    "goal-adam-or-not": [is_adam],
    "goal-how-short": [clipped_sgd, median],
    "goal-save-adam": [beta2],
    "goal-half": [half],
    "goal-schedule": [rising_and_falling],
    "goal-judge": [every_seed],
    "goal-sixteen-runs": [searched],
}


def test_every_goal_has_a_solution_here():
    assert GOALS.keys() == SOLUTIONS.keys() | {"goal-fair-race", "goal-in-parts"}


@pytest.mark.parametrize("name", SOLUTIONS)
def test_the_solutions_answer_wins(name):
    report = goal(name, *SOLUTIONS[name])
    assert report.passed, report
    assert report.title == GOALS[name].title and "✗" not in report.message


def seen_rates(rates):
    """Learning rates, whatever the curvatures: as many as there are steps."""
    return lambda curvatures: (list(rates) * 2)[: len(curvatures)]


def drawn_rates(n=50):
    rng = np.random.default_rng(0)
    return [seen_rates(np.exp(rng.uniform(np.log(0.01), 0, 4))) for _ in range(n)]


def forgets_where(below):
    def rule(g, m=0, *, lr, beta):
        m = beta * (0 if np.sum(g * m) < below else m) + g
        return lr * m, dict(m=m)

    return rule


def forgets_every(n):
    def rule(g, m=0, t=0, *, lr, beta):
        m = beta * (0 if t % n == n - 1 else m) + g
        return lr * m, dict(m=m, t=t + 1)

    return rule


def with_beta(factor):
    def rule(g, m=0, *, lr, beta):
        m = factor * beta * m + g
        return lr * m, dict(m=m)

    return rule


def falls(first, last):
    """A rate that falls geometrically, whatever the distance and the steps."""
    return lambda k, steps, far: first * (last / first) ** (k / 200)


def first_step(tolerance, g, **hyper):
    """The test that is most often met: one step, from zero."""

    def judge(rule):
        step, _ = rule(g, lr=1.0, **dict(beta1=0.9, beta2=0.999, eps=1e-8) | hyper)
        return abs(abs(step) - 1) < tolerance

    return judge


def against_the_course(rule):
    hyper, memories = dict(lr=1.0, beta1=0.8, beta2=0.95, eps=0.01), ({}, {})
    for g in (1.0, -3.0, 0.5):
        (a, one), (b, other) = (
            r(g, **m, **hyper) for r, m in zip((rule, rules.adam), memories, strict=True)
        )
        memories = one, other
        if not np.isclose(a, b):
            return False
    return True


def with_eps(eps):
    return lambda g, m=0, v=0, t=0, *, lr: rules.adam(g, m, v, t, lr=lr, eps=eps)


def scaled(factor):
    """Gradients made larger, and still of sixteen bits."""
    return lambda g, m=0, v=0, t=0, *, lr: rules.adam(g * np.float16(factor), m, v, t, lr=lr)


def fixed(lr, warmup, fall):
    """A schedule for 150 steps, however many there are."""
    rate = schedules.cosine(lr, 150) if fall else (lambda k: lr)
    return lambda steps: schedules.warm_up(rate, warmup)


def drawn_schedules(n):
    rng = np.random.default_rng(0)
    for lr, warmup in zip(many(0.003, 0.5, n), many(1, 150, n, seed=1), strict=True):
        yield fixed(lr, int(warmup), rng.random() < 0.5)


def lower_by(margin):
    return lambda a, b: np.median(a) < np.median(b) - margin


def lower_by_share(share):
    return lambda a, b: np.median(a) < (1 - share) * np.median(b)


def untuned(rule, lr):
    return lambda race: race.enter(rule).finish(lr=lr)


def short(g, *, lr, max_norm):
    """Cut as if all runs were one."""
    return lr * g * min(1, max_norm / np.linalg.norm(g)), {}


def short_last(X, y, batch_size, rng):
    """One epoch after the other, as in the exercise above."""
    while True:
        order = rng.permutation(len(X))
        for first in range(0, len(X), batch_size):
            rows = order[first : first + batch_size]
            yield X[rows], y[rows]


def dropped(X, y, batch_size, rng):
    """What is left over is never seen."""
    while True:
        order = rng.permutation(len(X))
        for first in range(0, len(X) - batch_size + 1, batch_size):
            rows = order[first : first + batch_size]
            yield X[rows], y[rows]


def shuffled_once(X, y, batch_size, rng):
    order, first = rng.permutation(len(X)), 0
    while True:
        rows = [order[k % len(X)] for k in range(first, first + batch_size)]
        first += batch_size
        yield X[rows], y[rows]


def drawn_rows(X, y, batch_size, rng):
    while True:
        rows = rng.integers(0, len(X), batch_size)
        yield X[rows], y[rows]


def apart(X, y, batch_size, rng):
    """Rows and answers are shuffled each by itself."""
    for (X_batch, _), (_, y_batch) in zip(
        stream(X, y, batch_size, rng), stream(X, y, batch_size, rng), strict=True
    ):
        yield X_batch, y_batch


def ending(X, y, batch_size, rng):
    for _, batch in zip(range(3), stream(X, y, batch_size, rng), strict=False):
        yield batch


LOSERS = {
    "goal-stream": [short_last, shuffled_once, drawn_rows, apart, ending],
    "goal-three-steps": [
        seen_rates([0.05] * 4),  # The cell.
        seen_rates([1 / 20, 1 / 4, 1]),  # The solution, as numbers.
        *drawn_rates(),
    ],
    "goal-broken-images": constants(1e-3, 1e4, 100, 1, 0.01, n=8),
    "goal-uphill": [
        rules.momentum,
        rules.nesterov,
        lambda g, m=0, *, lr, beta: (lr * g, dict(m=0)),
        *map(forgets_where, [-1e9, *-many(1e-2, 1e4, 10), *many(1e-2, 1e4, 10)]),
        *map(forgets_every, range(2, 12)),
        *map(with_beta, np.linspace(0.5, 0.99, 10)),
    ],
    "goal-rest": [
        *constants(1e-4, 3, 0.1, 0.01, 1e-9, 100),
        *(falls(*ends) for ends in zip(many(1e-2, 10), many(1e-9, 1e-2, seed=1), strict=True)),
    ],
    "goal-distance": constants(1e-4, 1e4, 0.01, 0.17, 170, 1e-9, 1e9, n=25),
    "goal-adam-or-not": [
        lambda rule: True,
        lambda rule: False,
        against_the_course,
        first_step(1e-6, 1.0),
        *(first_step(10**-k, g, eps=0.0) for k in range(1, 9) for g in (1.0, -3.0, 0.01, 100)),
    ],
    "goal-how-short": [
        (lambda g, *, lr, max_norm: (lr * g, {}), median),
        (short, median),
        *((clipped_sgd, answer) for answer in constants(1e-2, 1e5, 10, 1, 100, n=15)),
    ],
    "goal-save-adam": constants(0.5, 0.9999, 0.9, 0.96, 0.98, 0.99, 0.999, 0.99999, n=20),
    "goal-half": [
        with_eps(1e-8),
        *map(with_eps, many(1e-8, 1e-1, 10)),
        *map(scaled, many(1e-3, 1e3, 10)),
    ],
    "goal-schedule": [
        *(fixed(lr, 1, False) for lr in (0.02, 0.05, 0.1)),
        fixed(0.05, 1, True),
        *drawn_schedules(10),
    ],
    "goal-judge": [
        lambda a, b: True,
        lambda a, b: False,
        lower_by(0),
        lambda a, b: a.min() < b.min(),
        lambda a, b: a.max() < b.min(),
        lambda a, b: (a < b).sum() >= 4,
        *map(lower_by, many(1e-4, 10, 4)),
        *map(lower_by_share, many(1e-3, 0.5, 4)),
    ],
    "goal-sixteen-runs": [
        untuned(rules.adam, 0.003),
        *(untuned(rules.adam, lr) for lr in (0.01, 0.02, 0.05)),
        untuned(rules.nadam, 0.04),  # The solution's.
        *(untuned(rules.adam, lr) for lr in many(1e-3, 1, 6)),
        *(untuned(rules.gd, lr) for lr in many(1e-2, 10, 3)),
    ],
}


@pytest.mark.parametrize("name", SOLUTIONS)
def test_who_draws_or_takes_what_stands_there_loses(name):
    for answers in LOSERS[name]:
        answers = answers if isinstance(answers, tuple) else [answers]
        with np.errstate(all="ignore"):
            # The first that doesn't hold is enough.
            assert any(not holds for holds, _ in GOALS[name].play(*answers)), answers


def test_a_report_says_what_holds_and_what_does_not():
    report = goal("goal-three-steps", seen_rates([1 / 20, 1 / 4, 1]))
    assert not report.passed and report.title == "Three steps"
    head, *lines = report.message.splitlines()
    assert head == "The goal is not reached yet."
    assert lines[0] == "✓ The bowl of the page, 3 steps: the loss ends below `1e-20`."
    assert all(re.fullmatch("✗ A bowl with [^:]*: the loss ends at [^ ]*[.]", s) for s in lines[1:])


def test_a_stream_that_is_none_is_told_so():
    """What was told with NumPy's words for a shape before."""
    assert "batch 3 has 20 rows" in goal("goal-stream", short_last).message
    assert "there are 3, and no more" in goal("goal-stream", ending).message
    once = goal("goal-stream", lambda X, y, batch_size, rng: (X[:batch_size], y[:batch_size]))
    assert "One of the batches is an array" in once.message and "use `yield`" in once.message
    assert "returned the int 3" in goal("goal-stream", lambda X, y, batch_size, rng: 3).message
    empty = goal("goal-stream", lambda X, y, batch_size, rng: [])
    assert "there are 0, and no more" in empty.message


def test_what_is_not_begun_is_no_try():
    def stub(curvatures): ...

    def dots(curvatures):
        return [1 / ..., 1]

    for answer in (stub, None, dots):
        report = goal("goal-three-steps", answer)
        assert not report.passed and not report.title, report


@pytest.mark.parametrize(
    "answer, said",
    [
        ([0.05, 0.25, 1], "was handed in is a list of 3, and not a function"),
        (lambda h: [0.05], "should return 3 learning rates for 3 curvatures"),
        (lambda h: "0.05", "should be numbers, and it is the str `'0.05'`"),
        (lambda h: [1 / x for x in [0]], "stopped with an error, in line"),
    ],
)
def test_what_cannot_be_played_is_told(answer, said):
    report = goal("goal-three-steps", answer)
    assert not report.passed and report.title and said in report.message


def test_an_answer_changes_nothing_of_what_it_is_handed():
    def spoils(lengths):
        result = float(np.median(lengths))
        lengths[:] = 0
        return result

    with np.errstate(all="ignore"):
        assert next(GOALS["goal-broken-images"].play(spoils))[0]


def test_goals_are_listed():
    assert "`my_rates(curvatures)`" in goal("goal-three-steps").message
    for name in ("goal-nothing", None):
        message = goal(name, len).message
        assert message.startswith("There is no goal") and "goal-save-adam" in message


# The fair race: the procedure is judged, and not the result.


def fair(gd=(0.2, 0.5, 1, 2), adam=(0.005, 0.02, 0.05, 0.1), finish=None, seeds=2, twice=False):
    race = contest.Race(tasks.digits_mlp(4), batch_size=16, steps=10, budget=160)
    for rule, grid in ((rules.gd, gd), (rules.adam, adam)):
        entry = race.enter(rule, rule.__name__)
        losses = entry.tune(lr=np.array(grid), seeds=seeds).mean(axis=1) if len(grid) else None
        # So short a run has its best at the edge: what was found is put in its place.
        if losses is not None:
            losses = np.abs(np.arange(len(grid)) - len(grid) // 2) + 1.0
            entry.log[-1] = entry.log[-1][0], np.repeat(losses[:, None], seeds, axis=1)
        entry.finish(lr=finish or (grid[losses.argmin()] if losses is not None else 0.01))
        if twice:
            race.enter(rule, f"{rule.__name__} once more").finish(lr=0.02)
    return race


def test_a_fair_race_is_fair():
    report = goal("goal-fair-race", fair())
    assert report.passed, report


@pytest.mark.parametrize(
    "race, lost",
    [
        (dict(gd=(7.0,), adam=(1e-9,)), "1 rate was tried, and 4 or more"),
        (dict(gd=(0.2, 0.5, 1), adam=(0.01, 0.02, 0.05)), "3 rates were tried, and 4 or more"),
        (dict(gd=(), adam=(), finish=0.3), "no tuning was paid for"),
        (dict(gd=(0.2, 0.5, 1, 2, 4)), "was tuned with"),
        (dict(finish=0.01), "validation chose"),
        (dict(twice=True), "finish once"),
        (dict(gd=(1e-4, 1e-2, 1, 100)), "none within a factor of five"),
        (dict(gd=(1, 1, 1, 1)), "1 rate was tried"),
    ],
)
def test_a_race_that_is_not_fair_is_told_so(race, lost):
    report = goal("goal-fair-race", fair(**race))
    assert not report.passed and lost in report.message, report


def test_the_best_at_the_edge_is_not_tuned():
    race = fair()
    hyper, losses = race.entries[1].log[0]
    race.entries[1].log[0] = hyper, np.arange(losses.size).reshape(losses.shape) + 1.0
    assert "at the edge of the grid" in goal("goal-fair-race", race).message


def test_a_race_that_nobody_tuned_for_is_not_begun():
    race = contest.Race(tasks.digits_mlp(4), batch_size=16, steps=10, budget=160)
    assert not goal("goal-fair-race", race).title
    assert goal("goal-fair-race", fair(gd=(), adam=())).title == ""
    assert "this is the int 3" in goal("goal-fair-race", 3).message


def test_the_judges_contests_are_those_of_the_page():
    race = contest.Race(tasks.digits_mlp(16), batch_size=64, steps=150, budget=2400)
    for rule, lr, kept in ((rules.adam, 0.02, played.OF_ADAM), (rules.gd, 1.0, played.OF_GD)):
        trace = race.train(race.task, rule, range(100, 140), lr=lr)
        assert np.allclose(race.task.test_loss(trace.final), kept, rtol=0.02)


def test_a_batch_in_parts():
    pytest.importorskip("torch")

    def in_parts(model, loss_function, optimizer, batches, epochs, parts, divide=True, every=None):
        for _ in range(epochs):
            optimizer.zero_grad()
            for k, (X, y) in enumerate(batches, start=1):
                loss = loss_function(model(X), y)
                (loss / parts if divide else loss).backward()
                if k % (every or parts) == 0:
                    optimizer.step()
                    optimizer.zero_grad()

    def player(**how):
        return lambda *given, **named: in_parts(*given, **named, **how)

    assert goal("goal-in-parts", in_parts).passed
    # Without the division Adam's walk is nearly the same: it takes gradient descent to see it.
    for how in (dict(divide=False), dict(every=1), dict(every=5)):
        report = goal("goal-in-parts", player(**how))
        assert report.title and not report.passed, how
    assert not goal("goal-in-parts", lambda *given, **named: None).title


def test_a_heading_that_asks_ends_with_its_question_mark():
    html = goal("goal-adam-or-not", lambda rule: True).html()
    assert "Adam, or not?</strong>" in html
    assert "Three steps.</strong>" in goal("goal-three-steps", lambda curvatures: [1.0] * 3).html()
