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


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: warm_up(constant(1.0), 0), "steps must be a whole number, 1 or more; got 0"),
        (lambda: warm_up(constant(1.0), 2.5), "steps must be a whole number, 1 or more; got 2.5"),
        (lambda: warm_up(0.1, 5), r"schedule must be a function, such as constant\(0.1\); got 0.1"),
        (lambda: inverse_sqrt(0.1, 0), "steps must be a whole number, 1 or more; got 0"),
        (lambda: inverse_sqrt(np.nan), "lr must be 0 or more, and finite; got nan"),
        (lambda: cosine(0.1, -3), "steps must be a whole number, 1 or more; got -3"),
        (lambda: cosine(0.1, True), "steps must be a whole number, 1 or more; got True"),
        (lambda: cosine(0.1, 9, final=-1), "final must be 0 or more, and finite; got -1"),
        (lambda: cosine(constant(1), 9), "lr must be a number or an array; got <function"),
        (lambda: cosine([0.1, 0.2], 9), r"lr must be a number or an array; got \[0.1, 0.2\]"),
        (lambda: step_decay(0.1, 0), "every must be a whole number, 1 or more; got 0"),
        (lambda: step_decay(0.1, 5, np.inf), "factor must be 0 or more, and finite; got inf"),
        (lambda: inverse_time(0.1, -0.5), "decay must be 0 or more, and finite; got -0.5"),
        (lambda: constant("0.1"), "lr must be a number or an array; got '0.1'"),
        (lambda: constant(True), "lr must be a number or an array; got True"),
        (lambda: constant(np.array([0.1, -1])), r"lr must be 0 or more, .* got \[ 0.1 -1. \]"),
        (lambda: constant(np.array(["a"])), "lr must be an array of numbers; got one of <U1"),
    ],
)
def test_a_schedule_checks_its_arguments_when_it_is_made(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


@pytest.mark.parametrize(
    ("schedule", "values"),
    [
        (constant(0), {0: 0, 9: 0}),
        (cosine(0.0, 1), {0: 0, 1: 0}),
        (step_decay(0.5, 1, 0), {0: 0.5, 1: 0}),
        (inverse_time(3, 0), {0: 3, 9: 3}),
        (warm_up(constant(3), 1), {0: 3, 9: 3}),  # no warm-up at all
    ],
)
def test_the_least_that_is_legal(schedule, values):
    for k, value in values.items():
        assert schedule(k) == value and isinstance(schedule(k), float)


def test_a_schedule_of_small_numbers_is_reckoned_in_full():
    """NumPy's scalars would keep their own type, and overflow or round in it."""
    assert step_decay(np.int64(1), 1, np.int64(10))(20) == 1e20
    assert inverse_time(np.float16(0.5), np.int8(100))(7) == 0.5 / 701
    assert cosine(np.float32(0.5), np.uint8(255))(1000) == 0


@pytest.mark.parametrize(("dtype", "becomes"), [("i1", "f8"), ("f2", "f4"), ("f4", "f4")])
def test_a_sweep_of_rates_is_one_schedule(dtype, becomes):
    rates = np.array([[1], [3], [100]], dtype)
    schedule = step_decay(rates, 2, 0.5)
    rates[:] = 0  # The schedule has its own.
    np.testing.assert_array_equal(schedule(5), [[0.25], [0.75], [25]])
    assert schedule(5).dtype == becomes


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


@pytest.mark.parametrize("dtype", [bool, "i1", "u1", "i8"])
def test_averages_of_whole_numbers_are_float64(dtype):
    x = np.array([0, 1, 1, 1], dtype)
    for average, expected in (
        (ema(x, 0.5), [0, 0.5, 0.75, 0.875]),
        (polyak(x), [0, 1 / 2, 2 / 3, 3 / 4]),
    ):
        assert average.dtype == np.float64
        np.testing.assert_allclose(average, expected, rtol=1e-15)
    np.testing.assert_array_equal(ema([0, 1, 1, 1], 0.5), [0, 0.5, 0.75, 0.875])
    assert polyak(np.full(200, 100, "i1"))[-1] == 100


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_averages_are_summed_in_a_wider_type_and_given_back_in_their_own(dtype):
    ones = np.ones(5000, dtype)
    np.testing.assert_array_equal(polyak(ones), ones)
    assert polyak(ones).dtype == ones.dtype
    step = np.append(np.zeros(1, dtype), 1000 * ones)
    expected = 1000 * (1 - 0.9995 ** np.arange(5001))
    np.testing.assert_allclose(ema(step, 0.9995), expected, rtol=np.finfo(dtype).eps, atol=1e-9)
    assert ema(step).dtype == ones.dtype


@pytest.mark.parametrize("average", [polyak, ema])
def test_averages_of_no_point_and_of_one(average):
    assert average(np.empty((0, 3), "f4")).shape == (0, 3)
    np.testing.assert_array_equal(average([[1.0, 2.0]]), [[1, 2]])


@pytest.mark.parametrize("average", [polyak, ema])
def test_averages_of_a_walk_that_diverged_are_not_finite_and_do_not_warn(average):
    x = np.array([1.0, 1.0, np.inf, -np.inf, np.nan, 1.0])
    np.testing.assert_array_equal(np.isfinite(average(x)), [True, True, *[False] * 4])


@pytest.mark.parametrize("average", [polyak, ema])
def test_averages_are_of_points(average):
    with pytest.raises(ValueError, match=r"on its first axis; got the number 3\.0"):
        average(3.0)
    with pytest.raises(TypeError, match="x must hold real numbers; got <U1"):
        average(["a"])
    with pytest.raises(TypeError, match="x must hold real numbers; got complex128"):
        average([1j])


def test_the_beta_of_a_moving_average():
    np.testing.assert_array_equal(ema([1.0, 3.0], 0), [1, 3])
    for beta in (1, 1.5, -0.1, np.nan):
        with pytest.raises(ValueError, match=f"beta must be 0 or more, and below 1; got {beta}"):
            ema([1.0, 3.0], beta)
    with pytest.raises(TypeError, match="beta must be a number or an array; got 'a'"):
        ema([1.0, 3.0], "a")


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


def test_schedule_free_in_half_precision_keeps_a_mean():
    """Half precision moves no mean of 1,000 steps, or more, by a thousandth of a difference."""
    half, full = np.zeros(1, "f2"), np.zeros(1)
    walks = [ScheduleFree([y], gd, lr=2**-7) for y in (half, full)]
    for _ in range(2000):
        for walk, y in zip(walks, (half, full), strict=True):
            walk.step([np.ones_like(y)])
    ours, expected = (walk.average[0] for walk in walks)
    assert ours.dtype == half.dtype
    assert expected == pytest.approx(-2001 / 2**8)
    assert ours == pytest.approx(expected, rel=1e-3)
    assert half == pytest.approx(full, rel=2e-3)


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
    with pytest.raises(ValueError, match="beta must be a number, at least 0 and at most 1; got 2"):
        ScheduleFree([np.ones(2)], gd, beta=2)
    for beta in (np.nan, "a", None):
        with pytest.raises(ValueError, match=f"at most 1; got {beta!r}"):
            ScheduleFree([np.ones(2)], gd, beta=beta)
    y = np.ones(2)
    walk = ScheduleFree([y], adam)
    with pytest.raises(ValueError, match="must be finite"):
        walk.step([np.full(2, np.nan)])
    with pytest.raises(TypeError, match="grads must be a list or a dict"):
        walk.step(np.ones(2))
    np.testing.assert_array_equal(y, 1)
    np.testing.assert_array_equal(walk.average[0], 1)
