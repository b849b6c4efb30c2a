"""The race keeps its books, and nobody sees the test rows before the end."""

import numpy as np
import pytest

from descent import contest, descend, tasks
from descent.rules import gd, momentum


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
    with pytest.raises(ValueError, match="7 settings, 1 runs of each, take 140 gradients; 120"):
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


def test_the_table_ranks_by_the_median_and_counts_seeds(race, capsys):
    for lr, name in ((1e-3, "slow"), (0.3, "quick")):
        race.enter(gd, name).finish(lr=lr)
    race.enter(gd, "waiting")
    race.table()
    _, first, second = capsys.readouterr().out.splitlines()
    assert first.split()[0] == "quick" and second.split()[0] == "slow"
    assert "3/3" in second and "/" not in first


def test_an_entry_of_the_same_name_takes_the_place_of_the_old(race):
    race.enter(gd, "mine")
    new = race.enter(momentum, "mine")
    assert race.entries == [new]
    assert repr(new) == "<mine: 0 of 240 gradients spent>"
