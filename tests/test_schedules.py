"""Schedules and averages, worked by hand. test_parity.py holds them beside torch's and Optax's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from descent import Optimizer, descend
from descent.averaging import ScheduleFree, ema, polyak
from descent.rules import adam, gd, rmsprop
from descent.schedules import constant, cosine, inverse_sqrt, inverse_time, step_decay, warm_up


@pytest.mark.parametrize(
    ("schedule", "values"),
    [
        (constant(0.5), {0: 0.5, 1000: 0.5}),
        (step_decay(8.0, 3, 0.5), {0: 8, 2: 8, 3: 4, 5: 4, 6: 2, 300: 8 * 0.5**100}),
        (step_decay(8.0, 3), {2: 8, 3: 8 * 0.1}),
        (cosine(4.0, 100), {0: 4, 25: 2 + 2**0.5, 50: 2, 100: 0, 101: 0, 200: 0}),
        (cosine(4.0, 100, final=1.0), {0: 4, 50: 2.5, 100: 1, 200: 1}),
        (inverse_time(6.0, 0.5), {0: 6, 1: 4, 2: 3, 10: 1}),
        (inverse_sqrt(6.0), {0: 6, 3: 3, 35: 1}),
        (inverse_sqrt(6.0, 4), {0: 6, 3: 6, 15: 3}),
        (warm_up(constant(8.0), 4), {0: 2, 1: 4, 3: 8, 4: 8, 100: 8}),
        (warm_up(inverse_time(8.0, 1), 4), {0: 2, 1: 2, 3: 2, 7: 1}),
    ],
)
def test_by_hand(schedule, values):
    for k, value in values.items():
        assert schedule(k) == pytest.approx(value, rel=1e-14, abs=1e-15), k
        assert isinstance(schedule(k), float)


@pytest.mark.parametrize(
    "schedule",
    [
        step_decay(0.1, 7),
        cosine(0.1, 50, final=0.01),
        inverse_time(0.1, 0.3),
        inverse_sqrt(0.1, 5),
        cosine(0.1, 50),
    ],
)
@given(k=st.integers(0, 100))
def test_without_a_warm_up_rates_never_rise(schedule, k):
    assert 0 <= schedule(k + 1) <= schedule(k) <= 0.1


def test_a_schedule_stands_where_a_number_could():
    trace = descend(lambda x: (x, np.float64(1)), 0.0, gd, steps=4, lr=step_decay(1.0, 2, 0.5))
    np.testing.assert_array_equal(trace.x, [0, -1, -2, -2.5, -3])
    p = np.zeros(1)
    optimizer = Optimizer([p], gd, lr=cosine(1.0, 2))
    for expected in (-1, -1.5, -1.5):
        optimizer.step([np.ones(1)])
        assert p[0] == pytest.approx(expected)


def test_constant_gradients_tell_which_decay_converges():
    """Sum of the steps: without end for 1 / k, and not for a geometric decay."""
    harmonic = inverse_time(1.0, 1)
    assert sum(harmonic(k) for k in range(1000)) == pytest.approx(7.485, abs=1e-3)
    assert sum(step_decay(1.0, 1, 0.5)(k) for k in range(1000)) == pytest.approx(2)


def test_polyak():
    x = np.array([[1.0, 8.0], [3.0, 4.0], [5.0, 0.0]])
    np.testing.assert_array_equal(polyak(x), [[1, 8], [2, 6], [3, 4]])
    np.testing.assert_array_equal(polyak([1.0, 3.0, 5.0]), [1, 2, 3])


def test_ema():
    x = np.array([[4.0], [8.0], [0.0]])
    np.testing.assert_array_equal(ema(x, 0.75), [[4], [0.75 * 4 + 0.25 * 8], [0.75 * 5]])
    np.testing.assert_array_equal(x, [[4], [8], [0]])
    assert ema(np.array([0.0, 1.0]))[1] == pytest.approx(0.01)


@pytest.mark.parametrize("average", [polyak, ema])
def test_averages_keep_the_dtype_and_the_constant(average):
    x = np.full((50, 2), 0.5, "float32")
    assert average(x).dtype == np.float32
    np.testing.assert_allclose(average(x), x, rtol=1e-6)


def test_averages_calm_noise():
    """SGD at a constant rate walks to and fro; the mean of its points does so far less."""
    rng = np.random.default_rng(0)
    x = descend(lambda x: (0.0, x + rng.normal()), 0.0, gd, steps=10_000, lr=0.1).x
    assert np.std(polyak(x)[5000:]) < 0.1 * np.std(x[5000:])
    assert np.std(ema(x, 0.99)[5000:]) < 0.5 * np.std(x[5000:])


def test_schedule_free_by_hand():
    """From y = z = x = 0 by steps of 1 to the left, with beta = 3/4."""
    y = np.zeros(1)
    walk = ScheduleFree([y], gd, lr=1.0, beta=0.75)
    for z, x in [(-1, -1), (-2, -1.5), (-3, -2)]:
        walk.step([np.ones(1)])
        assert walk.average[0] == pytest.approx(x)
        assert y == pytest.approx(0.75 * x + 0.25 * z)


def test_schedule_free_at_beta_zero_is_polyak_s_average():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=100)
    y = np.array([3.0])
    walk = ScheduleFree({"y": y}, gd, lr=0.1, beta=0)
    points = []
    for e in noise:
        walk.step({"y": y + e})
        points.append(y.copy())
    again = iter([*noise, 0])
    alone = descend(lambda x: (0.0, x + next(again)), 3.0, gd, steps=100, lr=0.1)
    np.testing.assert_allclose(np.ravel(points), alone.x[1:], rtol=1e-12)
    assert walk.average["y"] == pytest.approx(polyak(alone.x[1:])[-1], rel=1e-12)


def test_schedule_free_settles_where_a_constant_rate_does_not():
    rng = np.random.default_rng(0)
    y, p = np.full(100, 3.0), np.full(100, 3.0)
    free, plain = ScheduleFree([y], rmsprop, lr=0.03), Optimizer([p], rmsprop, lr=0.03)
    for _ in range(3000):
        free.step([y + rng.normal(size=100)])
        plain.step([p + rng.normal(size=100)])
    assert np.sqrt(np.mean(free.average[0] ** 2)) < 0.5 * np.sqrt(np.mean(p**2))


def test_schedule_free_refuses_what_the_optimizer_refuses():
    with pytest.raises(TypeError, match=r"params\[0\] must hold float16"):
        ScheduleFree([np.ones(2, int)], gd)
    with pytest.raises(ValueError, match="read-only"):
        ScheduleFree([np.broadcast_to(1.0, 2)], gd)
    with pytest.raises(TypeError, match="params must be a list or a dict"):
        ScheduleFree(np.ones(2), gd)
    with pytest.raises(ValueError, match="beta must be at least 0 and at most 1; got 2"):
        ScheduleFree([np.ones(2)], gd, beta=2)
    y = np.ones(2)
    walk = ScheduleFree([y], adam)
    with pytest.raises(ValueError, match="must be finite"):
        walk.step([np.full(2, np.nan)])
    with pytest.raises(TypeError, match="grads must be a list or a dict"):
        walk.step(np.ones(2))
    np.testing.assert_array_equal(y, 1)
    np.testing.assert_array_equal(walk.average[0], 1)
