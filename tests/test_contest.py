"""The race keeps its books, and nobody sees the test rows before the end."""

import numpy as np
import pytest

from descent import contest, descend, tasks
from descent.rules import adam, gd, momentum


@pytest.fixture
def race():
    return contest.Race(tasks.breast_cancer(), batch_size=32, steps=20, budget=240, seeds=(7, 8, 9))


def test_validation_splits_the_training_rows_and_hides_the_test_rows():
    task = tasks.digits()
    X, y = task.X.copy(), task.y.copy()
    inner = contest.validation(task)
    assert inner.n + len(inner.y_test) == task.n
    assert abs(len(inner.y_test) / task.n - 0.25) < 0.001
    np.testing.assert_array_equal(np.concatenate([inner.X, inner.X_test]), X)
    np.testing.assert_array_equal(np.concatenate([inner.y, inner.y_test]), y)
    np.testing.assert_array_equal(task.X, X)
    assert task.n == len(task.X)


def test_tuning_costs_gradients_and_stops_at_the_budget(race):
    entry = race.enter(gd)
    losses = entry.tune(lr=np.array([0.01, 0.1, 1.0]), seeds=2)
    assert losses.shape == (3, 2)
    assert entry.spent == 3 * 2 * 20
    with pytest.raises(ValueError, match="7 settings, 1 run of each, take 140 gradients; 120"):
        entry.tune(lr=np.geomspace(0.01, 1, 7))
    assert entry.spent == 120
    entry.tune(lr=np.geomspace(0.01, 1, 6))
    assert entry.spent == race.budget


def test_tuning_is_a_training_run_on_the_validation_task(race):
    tuned = race.enter(momentum).tune(lr=np.array([0.01, 0.1]), beta=0.8, seeds=2)
    inner = contest.validation(race.task)
    for i, lr in enumerate((0.01, 0.1)):
        for seed in range(2):
            walk = descend(
                inner.noisy(32, seed), inner.start(seed), momentum, steps=20, lr=lr, beta=0.8
            )
            assert tuned[i, seed] == pytest.approx(inner.test_loss(walk.final), rel=1e-12)


def test_the_final_run_is_on_all_training_rows_and_on_the_race_s_seeds(race):
    entry = race.enter(gd)
    entry.finish(lr=0.1)
    assert entry.spent == 0
    assert entry.loss.shape == (21, 3)
    for seed, test, train in zip(race.seeds, entry.test, entry.train, strict=True):
        walk = descend(race.task.noisy(32, seed), race.task.start(seed), gd, steps=20, lr=0.1)
        assert test == pytest.approx(race.task.test_loss(walk.final), rel=1e-12)
        assert train == pytest.approx(race.task(walk.final)[0], rel=1e-12)


def test_the_test_rows_are_shown_once(race):
    entry = race.enter(gd)
    entry.tune(lr=0.1)
    entry.finish(lr=0.1)
    before = entry.test.copy(), entry.spent, entry.hyper
    sentence = "gd has finished: .*; enter under another name"
    for again in (
        lambda: entry.finish(lr=0.2),
        lambda: entry.tune(lr=0.2),
        lambda: race.enter(gd),
        lambda: race.enter(momentum, "gd"),
    ):
        with pytest.raises(RuntimeError, match=sentence):
            again()
    assert race.entries == [entry]
    assert np.array_equal(entry.test, before[0])
    assert (entry.spent, entry.hyper) == before[1:]
    race.enter(gd, "gd, a second look").finish(lr=0.2)
    assert len(race.finished()) == 2


def test_an_entry_that_made_way_is_out_of_the_race(race):
    old = race.enter(gd)
    race.enter(gd)
    for go_on in (old.tune, old.finish):
        with pytest.raises(RuntimeError, match="gd was entered anew"):
            go_on(lr=0.1)
    assert old.test is None and old.spent == 0


def test_what_was_spent_under_a_name_stays_spent(race):
    race.enter(gd).tune(lr=np.array([0.1, 0.2]), seeds=3)
    assert repr(race.enter(gd)) == "<gd: 120 of 240 gradients spent>"


def test_what_fails_costs_nothing_and_shows_nothing(race):
    entry = race.enter(gd)
    for call, error, sentence in [
        (lambda: entry.tune(lr=np.array([0.1]), beta=0.9), TypeError, "gd has no hyper-parameter"),
        (lambda: entry.tune(lr=-1), ValueError, "lr must be 0 or more"),
        (lambda: entry.tune(lr=0.1, seeds=0), ValueError, "seeds must be a whole number, 1 or"),
        (lambda: entry.tune(lr=0.1, seeds=1.5), ValueError, "seeds must be a whole number, 1 or"),
        (lambda: entry.tune(lr=np.ones((2, 3))), ValueError, "arrays of one axis; got"),
        (lambda: entry.tune(lr=[]), ValueError, r"one length, 1 or more; got .*\(0,\)"),
        (lambda: entry.tune(lr=lambda k: 0.1), ValueError, "must be numbers or arrays"),
        (lambda: entry.tune(lr=[0.1, 0.2], beta=[1, 2, 3]), ValueError, "one length.*2.*3"),
        (lambda: entry.finish(lr=np.array([0.1, 0.2])), ValueError, "lr must be one number"),
        (lambda: entry.finish(lr=lambda k: np.ones(2)), ValueError, "lr must be one number"),
        (lambda: entry.finish(beta=0.1), TypeError, "gd has no hyper-parameter"),
    ]:
        with pytest.raises(error, match=sentence):
            call()
    assert entry.spent == 0 and not entry.has_finished and entry.test is None
    entry.finish(lr=lambda k: 0.1)
    assert entry.has_finished


def test_tuning_never_sees_the_race_s_seeds():
    task = tasks.moons()
    race = contest.Race(task, batch_size=64, steps=3, budget=100, seeds=(0, 2))
    tuned = race.enter(gd).tune(lr=0.1, seeds=2)
    inner = contest.validation(task)
    expected = race.train(inner, gd, (1, 3), lr=0.1).final
    np.testing.assert_array_equal(tuned[0], inner.test_loss(expected))


def test_nobody_has_finished(race, capsys):
    race.enter(gd)
    race.table()
    assert capsys.readouterr().out == "nobody has finished yet\n"
    assert race.finished() == []


@pytest.fixture
def shown(monkeypatch):
    """The rows of the tables that are shown."""
    rows = []
    monkeypatch.setattr(contest, "show", lambda header, found: rows.extend(found))
    return rows


def test_a_run_that_diverged_is_last(shown):
    race = contest.Race(tasks.diabetes(), batch_size=32, steps=200, budget=0, seeds=(7, 8, 9))
    race.enter(gd, "wild").finish(lr=1e300)
    race.enter(gd, "tame").finish(lr=0.01)
    assert [entry.name for entry in race.finished()] == ["tame", "wild"]
    assert np.all(race.finished()[1].test == np.inf)
    race.table()
    assert shown[1][0] == "wild" and shown[1][3] == "3 of 3"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (dict(task=abs), "task must be one of descent.tasks, such as digits"),
        (dict(batch_size=0), "batch_size must be a whole number, 1 or more; got 0"),
        (dict(steps=2.5), "steps must be a whole number, 1 or more; got 2.5"),
        (dict(budget=-1), "budget must be a whole number, 0 or more; got -1"),
        (dict(budget="much"), "budget must be a whole number, 0 or more; got 'much'"),
        (dict(seeds=5), "seeds must be a list of whole numbers; got 5"),
        (dict(seeds=()), r"seeds must be one or more, all different; got \(\)"),
        (dict(seeds=(1, 1)), r"seeds must be one or more, all different; got \(1, 1\)"),
        (dict(seeds=(1, -1)), "a seed must be a whole number, 0 or more; got -1"),
    ],
)
def test_a_race_checks_its_arguments_when_it_is_made(wrong, message):
    right = dict(task=tasks.moons(), batch_size=8, steps=3, budget=10, seeds=range(3))
    race = contest.Race(**right)
    assert (race.batch_size, race.steps, race.budget, race.seeds) == (8, 3, 10, (0, 1, 2))
    with pytest.raises((TypeError, ValueError), match=message):
        contest.Race(**right | wrong)


def test_who_may_enter(race):
    with pytest.raises(TypeError, match=r"rule must be a function such as .*; got 'adam'"):
        race.enter("adam")
    for name in (5, ""):
        with pytest.raises(TypeError, match=f"name must be a string, .* got {name!r}"):
            race.enter(gd, name)
    assert race.entries == []


@pytest.mark.parametrize("share", [0, 1, 1.5, -0.1, np.nan, 0.0001, 0.9999])
def test_a_share_leaves_rows_on_each_side(share):
    with pytest.raises(ValueError, match="share must"):
        contest.validation(tasks.moons(), share)


def test_the_table_ranks_by_the_median_and_counts_seeds(race, shown):
    for lr, name in ((1e-3, "slow"), (0.3, "quick")):
        race.enter(gd, name).finish(lr=lr)
    race.enter(gd, "waiting")
    race.table()
    first, second = shown
    assert first[0] == "quick" and second[0] == "slow"
    assert first[3] == "" and second[3] == "3 of 3"


def test_an_entry_of_the_same_name_takes_the_place_of_the_old(race):
    race.enter(gd, "mine")
    new = race.enter(momentum, "mine")
    assert race.entries == [new]
    assert repr(new) == "<mine: 0 of 240 gradients spent>"


def test_an_entry_logs_what_it_tried():
    race = contest.Race(tasks.digits_mlp(4), batch_size=16, steps=2, budget=40)
    entry = race.enter(adam)
    losses = entry.tune(lr=np.array([0.01, 0.1]), beta1=0.5, seeds=3)
    kept = losses.copy()
    losses[:] = 0
    entry = race.enter(adam)  # Entered anew, it has still seen what it has seen.
    ((hyper, logged),) = entry.log
    assert list(hyper) == ["lr", "beta1"] and np.array_equal(logged, kept)
    entry.finish(lr=0.1)
    assert entry.hyper == dict(lr=0.1)
