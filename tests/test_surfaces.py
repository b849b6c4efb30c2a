import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from descent import surfaces

pytestmark = pytest.mark.filterwarnings("error")

ALL = [
    surfaces.bowl(),
    surfaces.bowl((0.5, 3.0, 100.0)),
    surfaces.ravine(),
    surfaces.ravine((1.0, 400.0)),
    surfaces.rosenbrock(),
    surfaces.beale(),
    surfaces.saddle(),
    surfaces.hills(),
]
every_surface = pytest.mark.parametrize("surface", ALL, ids=lambda s: s.name)


def central_differences(f, x, h=1e-5):
    """The gradient of f at one point x, coordinate by coordinate."""
    return np.array([(f(x + h * e)[0] - f(x - h * e)[0]) / (2 * h) for e in np.eye(len(x))])


@every_surface
@settings(max_examples=50)
@given(data=st.data())
def test_gradient_is_that_of_central_differences(surface, data):
    x = np.array([data.draw(st.floats(low, high)) for low, high in surface.window])
    _, gradient = surface(x)
    numerical = central_differences(surface, x)
    assert gradient == pytest.approx(numerical, rel=1e-6, abs=1e-5)


@every_surface
def test_a_grid_is_one_call(surface):
    low, high = np.array(surface.window).T
    shape = (len(surface.start), 4, 3)
    x = np.random.default_rng(0).uniform(size=shape) * (high - low)[:, None, None]
    loss, gradient = surface(x)
    assert loss.shape == shape[1:] and gradient.shape == shape
    for i in np.ndindex(*shape[1:]):
        point = (slice(None), *i)
        one_loss, one_gradient = surface(x[point])
        assert one_loss == pytest.approx(loss[i], rel=1e-12)
        assert one_gradient == pytest.approx(gradient[point], rel=1e-12)


@every_surface
def test_minimizers_are_minima_the_lowest_first(surface):
    d = len(surface.start)
    assert surface.minimizers.shape[1:] == (d,)
    losses = []
    for x in surface.minimizers:
        loss, gradient = surface(x)
        assert np.abs(gradient).max() < 1e-14
        around = x[:, None] + 1e-3 * np.random.default_rng(0).normal(size=(d, 200))
        assert np.all(surface(around)[0] > loss)
        losses.append(loss)
    assert losses == sorted(losses)
    if losses:
        assert losses[0] == pytest.approx(0, abs=1e-15)


def test_the_number_of_minima():
    counts = {s.name: len(s.minimizers) for s in ALL}
    assert counts == dict(bowl=1, ravine=1, Rosenbrock=1, Beale=1, saddle=0, hills=3)


def test_hills_has_no_other_minimum():
    surface = surfaces.hills()
    x = np.random.default_rng(0).uniform(-3, 3, size=(2, 300))
    for _ in range(2000):
        x = x - 0.1 * surface(x)[1]
    gap = np.abs(x.T[:, None] - surface.minimizers).max(axis=-1)
    assert gap.min(axis=1).max() < 1e-9
    assert set(gap.argmin(axis=1)) == {0, 1, 2}


@every_surface
def test_start_and_minimizers_lie_in_the_window(surface):
    assert isinstance(surface.start, tuple)
    low, high = np.array(surface.window).T
    for x in (np.array(surface.start), *surface.minimizers):
        assert np.all((low < x) & (x < high))
    assert np.abs(surface(surface.start)[1]).max() > 0.1


def test_known_values():
    assert surfaces.bowl((2.0, 6.0))((1.0, -2.0))[0] == 0.5 * 2 * 1 + 0.5 * 6 * 4
    assert list(surfaces.bowl()((1.0, 1.0))[1]) == [1, 20]  # the curvatures of all chapters
    assert list(surfaces.ravine()((1.0, 1.0))[1]) == [1, 1]
    assert list(surfaces.ravine()((-1.0, 1.0))[1]) == [-20, 20]
    assert surfaces.rosenbrock()((-1.2, 1.0))[0] == pytest.approx(24.2)
    assert surfaces.beale()((1.0, 1.0))[0] == pytest.approx(14.203125)
    assert surfaces.saddle()((2.0, 1.0))[0] == 1.5


@pytest.mark.parametrize("curvatures", [(1.0, 20.0), (3.0, 3.0)])
def test_the_ravine_is_the_turned_bowl(curvatures):
    turn = np.array([[1, 1], [-1, 1]]) / np.sqrt(2)
    x = np.random.default_rng(0).normal(size=(2, 50))
    loss, gradient = surfaces.bowl(curvatures)(turn @ x)
    turned_loss, turned_gradient = surfaces.ravine(curvatures)(x)
    assert turned_loss == pytest.approx(loss)
    assert turned_gradient == pytest.approx(turn.T @ gradient)


@every_surface
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_keep_their_dtype(surface, dtype):
    loss, gradient = surface(np.array(surface.start, dtype))
    assert loss.dtype == gradient.dtype == dtype


@every_surface
def test_half_precision_is_rounded_once(surface):
    low, high = np.array(surface.window).T[:, :, None]
    x = np.random.default_rng(0).uniform(low, high, (len(surface.start), 500)).astype("f2")
    for ours, exact in zip(surface(x), surface(x.astype(float)), strict=True):
        with np.errstate(over="ignore"):  # Some of it is more than half precision holds.
            np.testing.assert_allclose(ours, exact.astype("f2"), rtol=1e-3, atol=1e-6)


def test_half_precision_that_holds_the_loss_holds_its_sum():
    x = np.array([300.0, 300.0], "f2")
    loss, gradient = surfaces.bowl((0.5, 0.5))(x)  # The sum of squares is 90,000.
    assert loss == 45_000 and list(gradient) == [150, 150]
    constant = surfaces.Surface("flat", lambda x: (0.5, 0 * x), np.empty((0, 1)), ((0, 1),), (0,))
    loss, gradient = constant(np.ones(1, "f2"))
    assert loss == 0.5 and loss.dtype == gradient.dtype == np.float16


@pytest.mark.parametrize("x", [[1j, 0], ["a", "b"], [None, 1]])
def test_coordinates_are_real_numbers(x):
    with pytest.raises(TypeError, match="x must hold real numbers; got"):
        surfaces.bowl()(x)


@every_surface
def test_whole_numbers_and_lists_become_float64(surface):
    loss, gradient = surface([1] * len(surface.start))
    assert loss.dtype == gradient.dtype == np.float64


@every_surface
@pytest.mark.parametrize("far", [1e200, np.inf, np.nan])
def test_far_out_is_not_finite_and_does_not_warn(surface, far):
    loss, _ = surface(np.full(len(surface.start), far))
    if surface.name != "saddle" or far != 1e200:  # there the two squares cancel
        assert not np.isfinite(loss)


@every_surface
def test_x_is_left_alone(surface):
    x = np.array(surface.start)
    _, gradient = surface(x)
    gradient += 1
    assert np.array_equal(x, surface.start)


@every_surface
def test_a_wrong_number_of_coordinates(surface):
    with pytest.raises(ValueError, match=rf"{len(surface.start)} coordinates.*\(5, 2\)"):
        surface(np.zeros((5, 2)))


@pytest.mark.parametrize("wrong", [(), (1, -2), (0, 1), (1, np.nan), 3.0])
def test_curvatures_must_be_positive(wrong):
    with pytest.raises(ValueError, match="must be positive"):
        surfaces.bowl(wrong)


def test_the_ravine_has_two_curvatures():
    with pytest.raises(ValueError, match="two curvatures, got 3"):
        surfaces.ravine((1, 2, 3))
