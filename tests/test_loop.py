"""The loops: what they record, what they write, what they refuse, and what stays as it was."""

import copy
import inspect
import io
import json
import pickle
import re
import subprocess
import sys
import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from descent import Optimizer, descend, loop, rules
from descent.averaging import ScheduleFree
from descent.rules import adam, gd, momentum, muon, rmsprop

RULES = [
    rule
    for name, rule in vars(rules).items()
    if inspect.isfunction(rule) and name != "whole_matrix"
]
BLOCKED = [rule for rule in RULES if not hasattr(rule, "whole_matrix")]
every = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
blocked = pytest.mark.parametrize("rule", BLOCKED, ids=lambda rule: rule.__name__)


def bowl(x):
    """Curvature 1 in each coordinate: the loss is a number."""
    return 0.5 * np.sum(x**2), 1.0 * x


def parabolas(x):
    """Each coordinate a run of its own: the loss is an array."""
    return 0.5 * x**2, 1.0 * x


def start(rule, dtype="float64", seed=0):
    shape = (3, 4) if hasattr(rule, "whole_matrix") else (5,)
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def changing(k):
    return 0.1 / (k + 1)


def random_gradients(params, n, seed=1):
    rng = np.random.default_rng(seed)
    return [[rng.normal(size=p.shape).astype(p.dtype) for p in params] for _ in range(n)]


# descend


@every
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_each_point_is_the_last_less_the_step(rule, dtype):
    hyper = {"eps": 1e-3} if "eps" in inspect.signature(rule).parameters else {}
    x = start(rule, dtype)
    trace = descend(bowl, x, rule, steps=20, **hyper)
    assert trace.x.shape == (21, *x.shape)
    assert trace.x.dtype == trace.grad.dtype == trace.step.dtype == dtype
    np.testing.assert_array_equal(trace.x[1:], trace.x[:-1] - trace.step)
    np.testing.assert_array_equal(trace.x[0], x)
    np.testing.assert_array_equal(trace.x[-1], trace.final)


@every
def test_a_trace_is_what_a_loop_by_hand_records(rule):
    x, memory = start(rule), {}
    trace = descend(bowl, x, rule, steps=10, lr=0.05)
    assert trace.steps == 10
    assert trace.diverged_at is None
    for k in range(10):
        loss, g = bowl(x)
        step, memory = rule(g, **memory, lr=0.05)
        assert trace.loss[k] == loss
        np.testing.assert_array_equal(trace.x[k], x)
        np.testing.assert_array_equal(trace.grad[k], g)
        np.testing.assert_array_equal(trace.step[k], step)
        for name, value in memory.items():
            np.testing.assert_array_equal(trace.memory[name][k], value)
        x = x - step
    assert trace.loss[10] == bowl(x)[0]
    assert trace.memory.keys() == memory.keys()
    assert len(trace.step) == 10
    assert all(len(values) == 10 for values in trace.memory.values())


@pytest.mark.parametrize("x", [3.0, np.float64(3), np.array(3.0), np.float32(3)])
def test_a_number(x):
    trace = descend(lambda x: (0.5 * x**2, x), x, adam, steps=4, lr=0.1)
    assert trace.x.shape == (5,)
    assert trace.memory["v"].shape == trace.memory["t"].shape == (4,)
    assert trace.x.dtype == trace.memory["v"].dtype == np.asarray(x).dtype
    assert trace.memory["t"].dtype == int
    assert np.ndim(trace.final) == 0


def test_lists_will_do():
    trace = descend(lambda x: (0.5 * x @ x, [x[0], x[1]]), [3.0, 1.0], gd, steps=2, lr=0.5)
    np.testing.assert_array_equal(trace.x, [[3, 1], [1.5, 0.5], [0.75, 0.25]])


def test_f_is_called_once_a_point():
    seen = []

    def f(x):
        seen.append(x.copy())
        return bowl(x)

    trace = descend(f, np.ones(2), gd, steps=7)
    np.testing.assert_array_equal(seen, trace.x)


def test_the_start_does_not_change():
    x = np.ones(3)
    trace = descend(bowl, x, adam, steps=5, lr=0.1)
    np.testing.assert_array_equal(x, np.ones(3))
    trace.x[0] = trace.final[:] = 7
    np.testing.assert_array_equal(x, np.ones(3))


def test_f_may_use_its_arrays_again():
    buffer, loss = np.empty(2), np.empty(())

    def f(x):
        buffer[:] = x
        loss[...] = 0.5 * x @ x
        return loss, buffer

    trace = descend(f, np.array([3.0, 1.0]), momentum, steps=5, lr=0.1)
    expected = descend(bowl, np.array([3.0, 1.0]), momentum, steps=5, lr=0.1)
    np.testing.assert_array_equal(trace.grad, expected.grad)
    np.testing.assert_array_equal(trace.loss, expected.loss)


def test_f_can_t_change_the_point():
    def f(x):
        x *= 2
        return bowl(x)

    with pytest.raises(ValueError, match="read-only"):
        descend(f, np.ones(2), gd, steps=3)


def test_keep():
    trace = descend(bowl, np.ones(3), adam, steps=4, keep=("x", "loss"))
    assert trace.x.shape == (5, 3)
    assert trace.loss.shape == (5,)
    with pytest.raises(AttributeError, match="memory was not kept: this walk recorded x, loss"):
        _ = trace.memory
    with pytest.raises(AttributeError, match="a Trace has no 'momentum'; it has x, loss, grad"):
        _ = trace.momentum
    nothing = descend(bowl, np.ones(3), adam, steps=4, keep=())
    np.testing.assert_array_equal(nothing.final, trace.x[-1])
    memory = descend(bowl, np.ones(3), adam, steps=4, keep=["memory"]).memory
    assert memory["v"].shape == (4, 3)


@pytest.mark.parametrize("names", [iter, set, dict.fromkeys, lambda names: (n for n in names)])
def test_keep_is_any_iterable_and_read_once(names):
    trace = descend(bowl, np.ones(3), gd, steps=4, keep=names(["loss", "x"]))
    assert (trace.x.shape, trace.loss.shape) == ((5, 3), (5,))


@pytest.mark.parametrize("keep", ["x", ("x", "v"), [1], 5, [["x"]], [np.ones(2)]])
def test_keep_refuses_what_it_doesn_t_know(keep):
    with pytest.raises(ValueError, match="keep must hold names among x, loss, grad, step, memory"):
        descend(bowl, 1.0, gd, steps=1, keep=keep)


def test_no_steps():
    trace = descend(bowl, np.ones(3), adam, steps=0)
    assert (trace.x.shape, trace.loss.shape, trace.grad.shape) == ((1, 3), (1,), (1, 3))
    assert trace.step.shape == (0, 3)
    assert [len(values) for values in trace.memory.values()] == [0, 0, 0]


def test_no_coordinates():
    assert descend(bowl, np.ones((0, 2)), adam, steps=3).x.shape == (4, 0, 2)


def test_a_schedule_is_called_once_a_step_from_zero():
    seen = []

    def lr(k):
        seen.append(k)
        return 0.1 / (k + 1)

    trace = descend(bowl, 1.0, gd, steps=4, lr=lr)
    assert seen == [0, 1, 2, 3]
    np.testing.assert_allclose(trace.step, trace.grad[:-1] * 0.1 / np.arange(1, 5))


def test_any_hyper_parameter_may_be_a_schedule_and_lr_may_reach_zero():
    trace = descend(bowl, 1.0, momentum, steps=3, lr=lambda k: 2 - k, beta=lambda k: 0.5 * (k > 0))
    np.testing.assert_array_equal(trace.memory["m"], [1, 0.5 * 1 - 1, 0.5 * -0.5 - 0.5])
    np.testing.assert_array_equal(trace.step, [2, -0.5, 0])


@blocked
def test_a_sweep_is_one_walk(rule):
    """Of learning rates, and the same to the last bit as each walk alone."""
    rates = np.array([0.01, 0.1, 0.3])
    x = np.array([3.0, -1.0, 0.5, 2.0])
    sweep = descend(
        lambda x: (0.5 * np.sum(x**2, axis=-1), x), x, rule, steps=12, lr=rates[:, None]
    )
    assert sweep.x.shape == (13, 3, 4)
    assert sweep.loss.shape == (13, 3)
    for i, lr in enumerate(rates):
        alone = descend(lambda x: (0.5 * np.sum(x**2, axis=-1), x), x, rule, steps=12, lr=lr)
        np.testing.assert_array_equal(sweep.x[:, i], alone.x)
        np.testing.assert_array_equal(sweep.loss[:, i], alone.loss)


SWEEPS = dict(
    lr=[0.01, 0.1, 0.3],
    beta=[0, 0.5, 0.9],
    beta1=[0, 0.5, 0.9],
    beta2=[0.5, 0.9, 0.999],
    eps=[0, 1e-8, 1e-2],
    momentum_decay=[0, 0.1, 1],
)


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (rule, p.name)
        for rule in BLOCKED
        for p in inspect.signature(rule).parameters.values()
        if p.kind is p.KEYWORD_ONLY and (rule, p.name) != (rules.radam, "beta2")
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_sweep_of_any_hyper_parameter_is_one_walk(rule, name):
    values = np.array(SWEEPS[name])

    def f(x):
        return 0.5 * np.sum(x**2, axis=-1), x

    x = np.array([3.0, -1.0, 0.5, 2.0])
    sweep = descend(f, x, rule, steps=30, **{name: values[:, None]})
    for i, value in enumerate(values):
        alone = descend(f, x, rule, steps=30, **{name: value})
        np.testing.assert_allclose(sweep.x[:, i], alone.x, rtol=1e-12, atol=1e-12)
        for kind, memory in alone.memory.items():
            swept = sweep.memory[kind]
            swept = swept if swept.ndim == 1 else swept[:, i]
            memory = memory if swept.ndim == memory.ndim else memory[:, None] + np.zeros(4)
            np.testing.assert_allclose(swept, memory, rtol=1e-12, atol=1e-12)


def test_a_sweep_that_a_rule_can_t_take_is_refused_by_name():
    betas = np.array([0.9, 0.99])
    message = "radam takes no array for beta2, which must be a number: a walk for each; The truth"
    with pytest.raises(ValueError, match=message):
        descend(parabolas, np.ones(2), rules.radam, steps=3, lr=np.array([0.1, 0.2]), beta2=betas)
    with pytest.raises(ValueError, match=message):
        descend(parabolas, np.ones(2), rules.radam, steps=3, beta2=lambda k: betas)


def test_an_error_that_is_not_the_sweep_s_comes_through():
    def rule(g, *, lr=0.1):
        return lr * g, {} if all(g > 0) else g > 0 or 1

    with pytest.raises(ValueError, match=r"^The truth value of an array"):
        descend(parabolas, -np.ones(2), rule, steps=3, lr=np.array([0.1, 0.2]))


@pytest.mark.parametrize("lr", [np.full((3, 1, 1), 0.1), lambda k: np.full((3, 1, 1), 0.1)])
@pytest.mark.parametrize("rule", [rules.adafactor, muon], ids=["adafactor", "muon"])
def test_rules_for_matrices_refuse_a_sweep_by_name(rule, lr):
    message = rf"{rule.__name__} needs a whole matrix at once, so lr must be a number: a walk for"
    with pytest.raises(ValueError, match=message):
        descend(bowl, np.ones((4, 2)), rule, steps=3, lr=lr)


@pytest.mark.parametrize("shape", [(2,), (4, 3), (2, 1, 1)])
def test_a_schedule_keeps_to_the_shape_of_the_walk(shape):
    def lr(k):
        return np.full(shape, 0.1) if k == 2 else 0.1

    message = r"lr must broadcast to the shape \(3,\) that x has taken; got .* at step 2"
    with pytest.raises(ValueError, match=message):
        descend(bowl, np.ones(3), gd, steps=3, lr=lr)
    descend(bowl, np.ones(3), gd, steps=3, lr=lambda k: np.full(1 + 2 * (k == 2), 0.1))


def test_a_sweep_over_surfaces_puts_the_coordinates_first():
    def f(x):
        h = np.array([1.0, 20.0]).reshape(2, *[1] * (x.ndim - 1))
        return 0.5 * np.sum(h * x**2, axis=0), h * x

    sweep = descend(f, np.array([[3.0], [1.0]]), gd, steps=9, lr=np.array([0.01, 0.05, 0.2]))
    assert sweep.x.shape == (10, 2, 3)
    alone = descend(f, np.array([3.0, 1.0]), gd, steps=9, lr=0.05)
    np.testing.assert_array_equal(sweep.x[:, :, 1], alone.x)


def test_a_sweep_keeps_the_dtype():
    sweep = descend(parabolas, np.float32(1), adam, steps=3, lr=np.array([0.1, 1]), beta1=[0.1][0])
    assert sweep.x.dtype == sweep.memory["m"].dtype == np.float32


@pytest.mark.filterwarnings("error")
def test_divergence_ends_the_walk_without_a_warning():
    trace = descend(bowl, np.array([3.0, 1.0]), gd, steps=10_000, lr=4.0)
    k = trace.diverged_at
    assert 300 < k < 400
    assert len(trace.x) == len(trace.loss) == len(trace.grad) == k + 1
    assert len(trace.step) == trace.steps == k
    assert np.isfinite(trace.loss[:-1]).all()
    assert not np.isfinite(trace.loss[-1])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("f", "diverged_at", "finite"),
    [
        (lambda x: (np.nan if x < 2 else 1.0, x), 1, ("x", "grad")),
        (lambda x: (1.0, np.array(np.inf) if x < 2 else x), 1, ("x", "loss")),
        (lambda x: (1.0, np.float64(1e308) if x < 3 else x), 3, ("loss", "grad")),
    ],
    ids=["loss", "gradient", "point"],
)
def test_what_diverges_first(f, diverged_at, finite):
    """The last walk goes from 3 to 0, to -1.5e308, and out of float64."""
    trace = descend(f, 3.0, gd, steps=9, lr=lambda k: 1.0 if k == 0 else 1.5)
    assert trace.diverged_at == diverged_at
    assert trace.steps == diverged_at
    for name in ("x", "loss", "grad"):
        assert np.isfinite(getattr(trace, name)[-1]) == (name in finite), name


@pytest.mark.filterwarnings("error")
def test_runs_diverge_one_by_one():
    trace = descend(parabolas, 1.0, gd, steps=1000, lr=np.array([0.1, 2.5, 4.0]))
    alone = [descend(parabolas, 1.0, gd, steps=1000, lr=lr).diverged_at for lr in (2.5, 4.0)]
    assert trace.diverged_at.tolist() == [-1, *alone]
    assert len(trace.x) == 1001


def test_the_walk_ends_when_all_runs_have_diverged():
    trace = descend(parabolas, 1.0, gd, steps=1000, lr=np.array([3.0, 4.0]))
    assert len(trace.x) == max(trace.diverged_at) + 1 < 1000


@pytest.mark.filterwarnings("error")
def test_large_numbers_have_not_diverged():
    trace = descend(lambda x: (1.0, x), np.full(3, 1e200), gd, steps=3)
    assert trace.diverged_at is None


@pytest.mark.parametrize(
    "x", [1, [1, 2], np.array([1], dtype="int8"), True, "a", 1j, np.longdouble(1)]
)
def test_a_start_that_isn_t_float_is_refused(x):
    with pytest.raises(TypeError, match="x must hold float16, float32 or float64; got"):
        descend(bowl, x, gd, steps=1)


def test_a_start_that_isn_t_finite_is_refused():
    with pytest.raises(ValueError, match="x must be finite at the start; 2 of its numbers are not"):
        descend(bowl, np.array([1, np.nan, np.inf]), gd, steps=1)


@pytest.mark.parametrize("steps", [-1, 2.0, "3", None])
def test_steps_that_can_t_be_taken_are_refused(steps):
    with pytest.raises(ValueError, match="steps must be a whole number, 0 or more; got"):
        descend(bowl, 1.0, gd, steps=steps)


@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda x: 1.0, TypeError, r"f must return its loss and gradient; got float 1\.0"),
        (lambda x: [1.0, x], TypeError, "f must return its loss and gradient; got list"),
        (lambda x: (None, x), TypeError, "f must return a loss of numbers; got NoneType None"),
        (lambda x: (1.0, x[:1]), ValueError, r"gradient of the shape \(2,\) of x; got \(1,\)"),
        (lambda x: (1.0, [1, 2]), TypeError, "f must return a gradient of floats; got int64"),
        (lambda x: (x[: int(x[0])], x), ValueError, r"a loss of shape \(0,\) after one of \(1,\)"),
    ],
)
def test_what_f_can_t_return(f, error, message):
    with pytest.raises(error, match=message):
        descend(f, np.array([1.0, 2.0]), gd, steps=9, lr=0.1)


def test_hyper_parameters_that_don_t_broadcast_are_refused():
    with pytest.raises(ValueError, match=r"broadcast with x, of shape \(2,\); got .*'lr': \(3,\)"):
        descend(bowl, np.ones(2), gd, steps=1, lr=np.ones(3))


def test_a_trace_is_shown_without_an_address():
    assert repr(descend(bowl, 1.0, gd, steps=3)) == "<Trace of 3 steps>"


# Optimizer


@every
def test_optimizer_and_descend_walk_alike(rule):
    p = start(rule)
    trace = descend(bowl, p, rule, steps=10)
    optimizer = Optimizer([p], rule)
    for k in range(10):
        optimizer.step([bowl(p)[1]])
        np.testing.assert_array_equal(p, trace.x[k + 1])
        for name, values in trace.memory.items():
            np.testing.assert_array_equal(optimizer.memory[0][name], values[k])
    assert optimizer.steps == 10


@blocked
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_blocks_make_no_difference(rule, dtype, monkeypatch):
    """To the last bit, whatever the shape, and also in the last block, which is shorter."""
    params = [
        start(rule, dtype),
        np.ones((7, 3), dtype),
        np.ones((), dtype),
        np.ones((0, 3), dtype),
    ]
    whole = [p.copy() for p in params]
    grads = random_gradients(params, 12)
    one = Optimizer(whole, rule, weight_decay=0.1)
    for g in grads:
        one.step(g)
    monkeypatch.setattr(loop, "BLOCK_BYTES", 32)
    many = Optimizer(params, rule, weight_decay=0.1)
    for g in grads:
        many.step(g)
    for i, (p, q) in enumerate(zip(params, whole, strict=True)):
        np.testing.assert_array_equal(p, q)
        for name, value in one.memory[i].items():
            np.testing.assert_array_equal(many.memory[i][name], value)
            assert np.shape(value) in ((), p.shape)


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0),
        elements=st.floats(-100, 100, width=32),
    ),
    st.sampled_from(BLOCKED),
)
def test_any_array_is_updated_in_place(p, rule):
    before = p.copy()
    view = p.view()
    optimizer = Optimizer({"p": p}, rule, lr=0.5)
    g = np.ones_like(p)
    optimizer.step({"p": g})
    step, memory = rule(np.ones_like(p), lr=0.5)
    np.testing.assert_array_equal(view, before - step)
    for name, value in memory.items():
        np.testing.assert_array_equal(optimizer.memory["p"][name], value)
    np.testing.assert_array_equal(g, 1)


@pytest.mark.parametrize("container", [list, tuple])
def test_keys_are_positions_or_names(container):
    p, q = np.ones(2), np.ones((2, 2))
    optimizer = Optimizer(container([p, q]), rmsprop)
    optimizer.step(container([p.copy(), q.copy()]))
    assert optimizer.memory[1]["v"].shape == (2, 2)
    named = Optimizer({"W": q, "b": p}, rmsprop)
    named.step({"b": np.ones(2), "W": np.ones((2, 2))})
    assert named.memory["b"]["v"].shape == (2,)
    assert repr(named) == "<Optimizer: rmsprop, 2 arrays, 1 steps>"


def test_before_the_first_step_there_is_no_memory():
    optimizer = Optimizer([np.ones(2)], adam)
    assert optimizer.memory == {0: {}}
    assert optimizer.steps == 0


@pytest.mark.parametrize("cut", [np.s_[::2], np.s_[:, ::-1], np.s_[1], np.s_[:, 1], np.s_[...]])
@pytest.mark.parametrize("order", "CF")
def test_views_and_arrays_that_are_not_contiguous(cut, order, monkeypatch):
    monkeypatch.setattr(loop, "BLOCK_BYTES", 32)
    whole = np.asarray(np.random.default_rng(0).normal(size=(6, 5)), order=order)
    before = whole.copy()
    g = np.asfortranarray(np.random.default_rng(1).normal(size=whole.shape))
    Optimizer([whole[cut]], adam, lr=0.1).step([g[cut]])
    expected = before.copy()
    expected[cut] -= adam(g[cut], lr=0.1)[0]
    np.testing.assert_array_equal(whole, expected)


def test_float16():
    p = np.ones(3, "float16")
    optimizer = Optimizer([p], adam, lr=0.1, eps=1e-4)
    for _ in range(5):
        optimizer.step([p.copy()])
    assert p.dtype == optimizer.memory[0]["v"].dtype == np.float16
    np.testing.assert_allclose(p, 0.5, rtol=0.02)


@pytest.mark.parametrize("run", [descend, Optimizer])
def test_an_eps_that_is_zero_in_float16_is_refused(run):
    """It would divide by zero wherever a gradient is zero."""
    with pytest.raises(
        ValueError, match=r"eps must be 0 or at least 5.96.*e-08.* in float16; got 1e-08"
    ):
        if run is descend:
            descend(bowl, np.float16(1), adam, steps=1)
        else:
            Optimizer([np.ones(2), np.ones(2, "float16")], adam)


FLOAT16 = [
    (dict(eps=1e-8), r"eps must be 0 or at least 5.96.*e-08.* in float16; got 1e-08"),
    (dict(eps=1e-3, lr=1e5), r"lr must be finite in float16; got 100000\.0"),
]
PATHS = {
    "number": lambda value: value,
    "NumPy number": np.float64,
    "array without axes": np.array,
    "schedule": lambda value: lambda k: value if k == 2 else 0.01,
    "array": lambda value: np.array([0.01, value]),
    "schedule of arrays": lambda value: lambda k: np.array([0.01, value if k == 2 else 0.01]),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("hyper", "message"), FLOAT16, ids=["eps", "lr"])
@pytest.mark.parametrize("run", [descend, Optimizer])
def test_every_path_into_a_hyper_parameter_is_checked_alike(run, hyper, message, path):
    *_, name = hyper
    hyper = hyper | {name: PATHS[path](hyper[name])}
    if "array" in path and "axes" not in path:
        message = message.split("; got")[0] + r"; got \[1\.e-02 1\.e[-+]0\d\]"
        if run is Optimizer:
            message = f"{name} must be a number or a function; got ndarray"
    if "schedule" in path and "a function" not in message:
        message = f"{message} at step 2"
    p = np.ones(2, "float16")
    with pytest.raises((TypeError, ValueError), match=message):
        if run is descend:
            descend(parabolas, p, adam, steps=3, **hyper)
        else:
            optimizer = Optimizer([p], adam, **hyper)
            for _ in range(3):
                before, state = p.copy(), optimizer.state_dict()
                optimizer.step([np.ones(2)])
    if run is Optimizer and "a function" not in message and "schedule" in path:
        np.testing.assert_array_equal(p, before)
        np.testing.assert_equal(optimizer.state_dict(), state)


@pytest.mark.parametrize(
    "eps", [3e-8, 5.97e-8, 1e-4, np.array([1e-4, 0]), lambda k: 1e-4 * (k > 1)]
)
def test_an_eps_that_float16_has_is_taken(eps):
    """Half of the least number is rounded up to it, just above half."""
    trace = descend(parabolas, np.ones(2, "float16"), adam, steps=3, lr=0.1, eps=eps)
    assert np.isfinite(trace.x).all()


@pytest.mark.parametrize("lr", [np.float16(0.5), np.longdouble(0.5), Fraction(1, 2), np.array(0.5)])
def test_a_hyper_parameter_is_a_number_of_python_s_own(lr):
    """Others would turn float32 into float64, or into objects, in the rule."""
    seen = []

    def rule(g, m=0, *, lr=0.1):
        seen.append(type(lr))
        return lr * g, dict(m=m + lr * g)

    p = np.ones(2, "float32")
    optimizer = Optimizer([p], rule, lr=lr)
    optimizer.step([np.ones(2)])
    trace = descend(bowl, np.ones(2, "float32"), rule, steps=1, lr=lambda k: lr)
    assert seen == [float, float]
    assert trace.memory["m"].dtype == np.float32
    np.testing.assert_array_equal(p, 0.5)
    np.testing.assert_array_equal(trace.final, p)


@pytest.mark.parametrize("lr", [10**400, Fraction(10**400)])
def test_a_number_that_is_no_float_is_not_finite(lr):
    with pytest.raises(ValueError, match=r"lr must be finite; got 1000.*"):
        Optimizer([np.ones(2)], gd, lr=lr)


def test_a_gradient_is_used_in_its_parameter_s_dtype():
    p = np.ones(3, "float32")
    optimizer = Optimizer([p], momentum)
    optimizer.step([np.full(3, 1 / 3)])
    assert optimizer.memory[0]["m"].dtype == np.float32
    np.testing.assert_array_equal(optimizer.memory[0]["m"], np.float32(1 / 3))


def test_a_gradient_may_be_the_parameter_itself():
    p, q = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    Optimizer([p, q], gd, lr=0.5).step([q, p])
    np.testing.assert_array_equal([p, q], [[-0.5, 0.0], [2.5, 3.0]])


@pytest.mark.parametrize("n", [10, 100_000])
def test_gradients_may_be_parts_of_the_parameters(n):
    """Large arrays are written block by block, and a block's gradient may stand in one written."""
    whole = np.arange(2.0 * n)
    p, q = whole[:n], whole[n:]
    before = whole.copy()
    Optimizer([p, q], gd, lr=0.5).step([q, whole[n // 2 : n // 2 + n]])
    np.testing.assert_array_equal(p, before[:n] - 0.5 * before[n:])
    np.testing.assert_array_equal(q, before[n:] - 0.5 * before[n // 2 : n // 2 + n])


def test_memory_is_a_copy_of_the_gradient():
    """A rule may return its gradient as memory; a caller may use its array again."""

    def last(g, before=0, *, lr=0.1):
        return lr * (2 * g - before), dict(before=g)

    p, g = np.ones(2), np.ones(2)
    optimizer = Optimizer([p], last)
    optimizer.step([g])
    g[:] = 7
    np.testing.assert_array_equal(optimizer.memory[0]["before"], 1)


def test_a_numpy_scalar_in_memory_does_not_change_the_dtype():
    def scaled(g, norm=1, *, lr=0.1):
        return lr * g / norm, dict(norm=np.float64(2) * norm)

    p = np.ones(3, "float32")
    optimizer = Optimizer([p], scaled)
    for _ in range(3):
        optimizer.step([p.copy()])
    assert type(optimizer.memory[0]["norm"]) is float
    trace = descend(bowl, np.ones(3, "float32"), scaled, steps=3)
    np.testing.assert_array_equal(trace.final, p)


@blocked
@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_weight_decay_is_decoupled(rule, weight_decay):
    """With no gradient, it is all that happens to the parameters."""
    p = np.array([4.0, -2.0])
    optimizer = Optimizer([p], rule, weight_decay=weight_decay, lr=lambda k: [0.5, 0.25][k])
    optimizer.step([np.zeros(2)])
    np.testing.assert_array_equal(p, np.array([4.0, -2.0]) * (1 - 0.5 * weight_decay))
    optimizer.step([np.zeros(2)])
    np.testing.assert_allclose(
        p,
        np.array([4.0, -2.0]) * (1 - 0.5 * weight_decay) * (1 - 0.25 * weight_decay),
        rtol=1e-15,
    )
    assert not any(
        np.any(optimizer.memory[0].get(name, 0)) for name in "mvs" if rule.__name__ != "adabelief"
    )


def test_l2_is_not_weight_decay_under_adam():
    """In the gradient, decay is divided by its own size: a step of about lr, whatever it was."""
    decayed, l2 = np.array([4.0]), np.array([4.0])
    Optimizer([decayed], adam, lr=0.1, weight_decay=0.01).step([np.zeros(1)])
    Optimizer([l2], adam, lr=0.1).step([0.01 * l2])
    assert 4 - decayed[0] == pytest.approx(0.1 * 0.01 * 4)
    assert 4 - l2[0] == pytest.approx(0.1, rel=1e-6)


def test_scratch_memory_is_small():
    """Under 2 % of the parameters' own, beside the memory that the rule keeps."""
    p = np.zeros(10_000_000, "float32")
    optimizer = Optimizer([p], adam)
    g = np.ones_like(p)
    optimizer.step([g])
    tracemalloc.start()
    optimizer.step([g])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.02 * p.nbytes


# What fails changes nothing.

TABLE = np.ones((4, 6))

BAD_GRADS = {
    "a shape": (
        [np.ones(3), np.ones((2, 3))],
        ValueError,
        r"grads\[1\] must have its parameter's shape \(2, 2\); got \(2, 3\)",
    ),
    "too few": (
        [np.ones(3)],
        ValueError,
        "grads must have the keys of params; missing: 1$",
    ),
    "too many": ([np.ones(3)] * 3, ValueError, "the keys of params; not among them: 2$"),
    "other keys": ({"W": np.ones(3)}, ValueError, "missing: 0, 1, not among them: 'W'"),
    "no list": (np.ones(3), TypeError, "grads must be a list or a dict of arrays; got ndarray"),
    "integers": (
        [np.ones(3), np.ones((2, 2), int)],
        TypeError,
        r"grads\[1\] must hold float16, float32 or float64; got int64",
    ),
    "None": ([np.ones(3), None], TypeError, r"grads\[1\] must hold .*; got NoneType None"),
    "ragged": ([[[1.0], 2.0, 3.0], np.ones((2, 2))], ValueError, r"grads\[0\] must be an array of"),
    "keys in text": (
        {"0": np.ones(3), "1": np.ones((2, 2))},
        ValueError,
        "the keys of params; missing: 0, 1, not among them: '0', '1'",
    ),
    "NaN": (
        [np.ones(3), np.full((2, 2), np.nan)],
        ValueError,
        r"grads\[1\] must be finite; 4 of its 4 numbers are not",
    ),
    "infinity": (
        [np.array([1, np.inf, -np.inf]), np.ones((2, 2))],
        ValueError,
        r"grads\[0\] must be finite; 2 of its 3 numbers are not",
    ),
}


@pytest.mark.parametrize("bad", BAD_GRADS)
@pytest.mark.parametrize("rule", [gd, adam], ids=["gd", "adam"])
def test_a_step_that_fails_changes_nothing(bad, rule):
    grads, error, message = BAD_GRADS[bad]
    params = [np.ones(3), np.ones((2, 2))]
    optimizer = Optimizer(params, rule)
    optimizer.step([np.ones(3), np.ones((2, 2))])
    before, state = [p.copy() for p in params], optimizer.state_dict()
    with pytest.raises(error, match=message):
        optimizer.step(grads)
    np.testing.assert_equal([*params], before)
    np.testing.assert_equal(optimizer.state_dict(), state)
    optimizer.step([np.ones(3), np.ones((2, 2))])
    assert optimizer.steps == 2


OVERFLOWS = [
    (
        adam,
        dict(eps=1e-4),
        "float16",
        300.0,
        "v for .* finite; 3 of its 3 .* too large for float16",
    ),
    (adam, dict(eps=0), "float64", 0.0, r"step for params\['w'\] .* or divided by zero \(is eps 0"),
    (
        momentum,
        dict(lr=1e300),
        "float64",
        1e300,
        r"momentum made a step for params\['w'\] that must",
    ),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("rule", "hyper", "dtype", "large", "message"), OVERFLOWS)
def test_a_step_or_memory_that_is_not_finite_is_refused(rule, hyper, dtype, large, message):
    """It would stay in memory: v at infinity, for one, holds its parameter where it is."""
    b, w = np.ones(3, dtype), np.ones(3, dtype)
    optimizer = Optimizer({"b": b, "w": w}, rule, **hyper)
    optimizer.step({"b": np.ones(3), "w": np.full(3, 1e-2)})
    before, state = [b.copy(), w.copy()], optimizer.state_dict()
    if large == 0:
        optimizer = Optimizer({"b": b, "w": w}, rule, **hyper)
        state = optimizer.state_dict()
    with pytest.raises(FloatingPointError, match=message):
        optimizer.step({"b": np.ones(3), "w": np.full(3, large)})
    np.testing.assert_equal([b, w], before)
    np.testing.assert_equal(optimizer.state_dict(), state)
    optimizer.step({"b": np.ones(3), "w": np.ones(3)})
    assert not np.any(w == before[1])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_number_in_memory_that_is_not_finite_is_refused():
    def growing(g, scale=1e200, *, lr=0.1):
        return lr * g, dict(scale=scale * scale)

    p = np.ones(3)
    with pytest.raises(FloatingPointError, match=r"made a scale for .* 1 of its 1 numbers are not"):
        Optimizer([p], growing).step([np.ones(3)])
    np.testing.assert_array_equal(p, 1)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_large_array_that_overflows_goes_no_further():
    p, g = np.ones(100_000, "float32"), np.ones(100_000, "float32")
    g[-1] = 1e30
    optimizer = Optimizer([p], adam)
    with pytest.raises(FloatingPointError, match="too large for float32"):
        optimizer.step([g])
    with pytest.raises(RuntimeError, match="an earlier step failed halfway"):
        optimizer.step([np.ones_like(p)])


@pytest.mark.parametrize("i", [0, 9_999, 10_000, 25_000])
def test_one_nan_among_many_numbers_is_found(i):
    p, g = np.ones(25_001), np.ones(25_001)
    g[i] = np.nan
    with pytest.raises(ValueError, match="1 of its 25001 numbers are not"):
        Optimizer([p], gd).step([g])
    np.testing.assert_array_equal(p, 1)
    assert descend(lambda x: (1.0, g), p, gd, steps=3, keep=()).diverged_at == 0


@pytest.mark.filterwarnings("error")
def test_large_gradients_are_finite():
    p = np.ones(3, "float32")
    Optimizer([p], gd, lr=1e-30).step([np.full(3, 3e38, "float32")])
    np.testing.assert_allclose(p, 1 - 3e8, rtol=1e-6)


def inconsistent(g, m=0, *, lr=0.1):
    """Fails at the third gradient that it sees with a 7 in it."""
    if 7 in g:
        raise ZeroDivisionError("seven")
    return lr * g, dict(m=m + g)


def test_a_rule_that_fails_on_a_later_array_changes_nothing():
    params = [np.ones(3), np.ones(2)]
    optimizer = Optimizer(params, inconsistent)
    optimizer.step([np.ones(3), np.ones(2)])
    before, state = [p.copy() for p in params], optimizer.state_dict()
    with pytest.raises(ZeroDivisionError, match="seven"):
        optimizer.step([np.ones(3), np.array([1.0, 7.0])])
    np.testing.assert_equal([*params], before)
    np.testing.assert_equal(optimizer.state_dict(), state)
    optimizer.step([np.ones(3), np.ones(2)])


def test_a_rule_that_fails_in_the_middle_of_a_large_array():
    """What was written can't be taken back, so the Optimizer says so and goes no further."""
    p = np.ones(100_000)
    optimizer = Optimizer([p], inconsistent)
    g = np.ones_like(p)
    g[-1] = 7
    with pytest.raises(ZeroDivisionError):
        optimizer.step([g])
    with pytest.raises(RuntimeError, match="an earlier step failed halfway"):
        optimizer.step([np.ones_like(p)])


def test_numbers_in_memory_must_not_differ_between_blocks():
    def normed(g, norm=0, *, lr=0.1):
        return lr * g, dict(norm=float(np.linalg.norm(g)))

    Optimizer([np.ones(10)], normed).step([np.ones(10)])
    with pytest.raises(ValueError, match="normed returned a norm that differs from block to block"):
        Optimizer([np.ones(100_001)], normed).step([np.ones(100_001)])


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        (np.ones(3), TypeError, "params must be a list or a dict of arrays; got ndarray"),
        ([1.0], TypeError, r"params\[0\] must be an array; got float 1\.0"),
        ({"W": [1.0]}, TypeError, r"params\['W'\] must be an array; got list \[1\.0\]"),
        ([np.ones(2), np.ones(2, int)], TypeError, r"params\[1\] must hold float16.*; got int64"),
        ([np.broadcast_to(1.0, 3)], ValueError, r"params\[0\] must be writeable; got a read-only"),
        ([], ValueError, r"params must hold at least one array; got list \[\]"),
        ({}, ValueError, r"params must hold at least one array; got dict \{\}"),
        ([TABLE, TABLE], ValueError, r"params\[0\] and params\[1\] must not share numbers"),
        ({"a": TABLE[:3], "b": TABLE[:, 2:]}, ValueError, r"\['a'\] and params\['b'\] must not sh"),
        ([TABLE[:2], np.ones(3), TABLE.T], ValueError, r"params\[[02]\] and params\[[02]\] must"),
        (
            [np.lib.stride_tricks.sliding_window_view(np.ones(9), 3, writeable=True)],
            ValueError,
            r"params\[0\] must not overlap itself; got strides \(8, 8\)",
        ),
    ],
)
def test_parameters_that_can_t_be_updated_are_refused(params, error, message):
    with pytest.raises(error, match=message):
        Optimizer(params, gd)
    with pytest.raises(error, match=message):
        ScheduleFree(params, gd)


@pytest.mark.parametrize(
    "params",
    [
        [TABLE[:, ::2], TABLE[:, 1::2]],
        [TABLE[0], TABLE[1:, 0], TABLE[1:, 1:]],
        [TABLE[::-1, ::-3].T],
        [np.ones((0, 3))] * 2,
    ],
    ids=["interleaved", "beside each other", "turned", "empty"],
)
def test_views_that_share_no_number_are_parameters(params):
    before = [p.copy() for p in params]
    Optimizer(params, gd, lr=0.5).step([np.ones_like(p) for p in params])
    for p, start in zip(params, before, strict=True):
        np.testing.assert_array_equal(p, start - 0.5)


@pytest.mark.parametrize("make", [Optimizer, ScheduleFree])
def test_another_array_under_a_parameter_s_key_is_refused(make):
    """`params["w"] = ...` would leave the Optimizer with an array that nobody looks at."""
    w, b = np.ones(2), np.ones(3)
    params = {"w": w, "b": b}
    optimizer = make(params, gd)
    grads = {"w": np.ones(2), "b": np.ones(3)}
    message = (
        r"params\['w'\] must be the array that the Optimizer was given and updates; got another"
    )
    params["w"] = w - 0.1
    with pytest.raises(ValueError, match=message):
        optimizer.step(grads)
    del params["w"]
    with pytest.raises(ValueError, match=message):
        optimizer.step(grads)
    params |= {"w": w, "c": np.ones(2)}
    with pytest.raises(ValueError, match=message.replace("w", "c", 1)):
        optimizer.step(grads)
    del params["c"]
    w.setflags(write=False)
    with pytest.raises(ValueError, match=r"params\['w'\] must be writeable"):
        optimizer.step(grads)
    w.setflags(write=True)
    np.testing.assert_equal([w, b], [np.ones(2), np.ones(3)])
    params["w"] -= 0  # In place: the same array.
    optimizer.step(grads)
    np.testing.assert_allclose(w, 1 - 1e-3)


@pytest.mark.parametrize("name", ["lr", "weight_decay", "steps", "memory", "anything"])
def test_attributes_that_can_t_be_set(name):
    optimizer = Optimizer([np.ones(2)], adam, lr=0.5)
    with pytest.raises(AttributeError, match=f"{name} can't be set: hyper-parameters are given wh"):
        setattr(optimizer, name, 0)
    optimizer.step([np.ones(2)])
    assert optimizer.steps == optimizer.memory[0]["t"] == 1
    with pytest.raises(AttributeError, match="lr"):
        ScheduleFree([np.ones(2)], gd).lr = 0


@pytest.mark.parametrize(
    ("hyper", "error", "message"),
    [
        (dict(momentum=0.9), TypeError, "hyper-parameter momentum; it has lr, beta1, beta2, eps"),
        (dict(m=0.9), TypeError, "adam has no hyper-parameter m; it has lr"),
        (dict(lr=-0.1), ValueError, r"lr must be 0 or more; got -0\.1"),
        (dict(lr=np.nan), ValueError, "lr must be finite; got nan"),
        (dict(lr=np.inf), ValueError, "lr must be finite; got inf"),
        (dict(lr="0.1"), TypeError, "lr must be a number.* or a function; got str '0.1'"),
        (dict(lr=True), TypeError, "lr must be a number.* or a function; got bool True"),
        (dict(lr=None), TypeError, "lr must be a number.* or a function; got NoneType None"),
        (dict(lr=lambda k: -1.0), ValueError, r"lr must be 0 or more; got -1\.0 at step 0"),
        (dict(lr=lambda k: "a"), TypeError, "lr must be a number.*; got str 'a' at step 0"),
        (dict(beta1=lambda k: np.float64(1)), ValueError, r"below 1; got 1\.0 at step 0"),
        (dict(beta1=1), ValueError, "beta1 must be at least 0 and below 1; got 1"),
        (dict(beta2=-0.1), ValueError, r"beta2 must be at least 0 and below 1; got -0\.1"),
        (dict(eps=-1e-8), ValueError, "eps must be 0 or more; got -1e-08"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("run", [descend, Optimizer])
def test_hyper_parameters_that_can_t_be_are_refused(run, hyper, error, message):
    with pytest.raises(error, match=message):
        if run is descend:
            descend(bowl, 1.0, adam, steps=1, **hyper)
        else:
            Optimizer([np.ones(2)], adam, **hyper).step([np.ones(2)])


@pytest.mark.parametrize("lr", [np.array([0.1, -1]), np.array([0.1, np.inf])])
def test_arrays_are_looked_at_as_numbers_are(lr):
    with pytest.raises(ValueError, match="lr must be"):
        descend(parabolas, 1.0, gd, steps=1, lr=lr)
    with pytest.raises(ValueError, match="beta must be at least 0 and below 1"):
        descend(parabolas, 1.0, momentum, steps=1, beta=np.array([0.5, 1]))
    with pytest.raises(ValueError, match="beta must be at least 0 and below 1 in float16; got"):
        descend(parabolas, np.float16(1), momentum, steps=1, beta=np.array([0.5, 0.9999]))
    with pytest.raises(ValueError, match=r"lr must hold at least one number; got \[\]"):
        descend(parabolas, 1.0, gd, steps=1, lr=np.array([]))


def test_an_optimizer_takes_no_sweep():
    with pytest.raises(TypeError, match="lr must be a number or a function; got ndarray"):
        Optimizer([np.ones(2)], gd, lr=np.array([0.1, 0.2]))


def test_numpy_numbers_are_numbers():
    p = np.ones(3, "float32")
    optimizer = Optimizer(
        [p], adam, lr=np.float64(0.1), beta1=np.array(0.5), weight_decay=np.float32(0)
    )
    optimizer.step([p.copy()])
    assert optimizer.memory[0]["m"].dtype == np.float32


@pytest.mark.parametrize(
    ("weight_decay", "message"),
    [
        (-0.1, r"0 or more; got -0\.1"),
        (np.nan, "finite; got nan"),
        ("a", "a number; got str 'a'"),
        (changing, "a number; got function"),
    ],
)
def test_weight_decay_is_a_number(weight_decay, message):
    with pytest.raises((ValueError, TypeError), match=f"weight_decay must be {message}"):
        Optimizer([np.ones(2)], adam, weight_decay=weight_decay)


def test_weight_decay_needs_an_lr():
    def rate(g, *, rate=0.1):
        return rate * g, {}

    with pytest.raises(ValueError, match="weight_decay needs an lr; rate has none"):
        Optimizer([np.ones(2)], rate, weight_decay=0.1)


@pytest.mark.parametrize("shape", [(), (3,), (2, 2, 2), (0, 3)])
def test_rules_for_matrices_refuse_the_rest(shape):
    with pytest.raises(ValueError, match="muon needs matrices: 2 axes, and not empty; got shape"):
        Optimizer([np.ones((2, 2)), np.ones(shape)], muon)
    with pytest.raises(ValueError, match="muon needs matrices"):
        descend(bowl, np.ones(shape), muon, steps=1)


def test_rules_for_matrices_see_them_whole(monkeypatch):
    monkeypatch.setattr(loop, "BLOCK_BYTES", 32)
    p = np.random.default_rng(0).normal(size=(7, 5))
    expected = p - muon(p, lr=0.1)[0]
    Optimizer([p], muon, lr=0.1).step([p.copy()])
    np.testing.assert_array_equal(p, expected)


# Rules of one's own.


def changes_gradient(g, *, lr=0.1):
    g *= lr
    return g, {}


def changes_memory(g, m=0, *, lr=0.1):
    m += g
    return lr * m, dict(m=m)


def returns_step_alone(g, *, lr=0.1):
    return lr * g


def returns_a_list(g, *, lr=0.1):
    return [lr * g, {}]


def returns_none(g, *, lr=0.1):
    pass


def returns_a_scalar(g, *, lr=0.1):
    return lr, {}


def returns_text(g, *, lr=0.1):
    return np.full(g.shape, "a"), {}


def forgets(g, m=0, v=0, *, lr=0.1):
    return lr * g, dict(m=m)


def invents(g, *, lr=0.1):
    return lr * g, dict(velocity=g)


def reshapes(g, m=0, *, lr=0.1):
    return lr * g, dict(m=g[:1])


def keeps_a_list(g, m=0, *, lr=0.1):
    return lr * g, dict(m=[1.0])


@pytest.mark.parametrize(
    ("rule", "error", "message"),
    [
        (changes_gradient, ValueError, "changes_gradient changed an array that it was given"),
        (changes_memory, ValueError, "changes_memory changed an array that it was given"),
        (returns_step_alone, TypeError, "its step and a dict of its memory; got ndarray"),
        (returns_a_list, TypeError, "must return its step and a dict of its memory; got list"),
        (returns_none, TypeError, "must return its step and a dict of its memory; got NoneType"),
        (returns_a_scalar, ValueError, r"a step of the gradient's shape \(2,\); got \(\)"),
        (returns_text, TypeError, "must return a step of numbers; got ndarray"),
        (forgets, ValueError, "must return the memory m, v; got m"),
        (invents, ValueError, "must return the memory of no name; got velocity"),
        (keeps_a_list, TypeError, r"must return m as a number or an array; got list \[1\.0\]"),
        (reshapes, ValueError, r"m as a number or in the gradient's shape \(2,\); got \(1,\)"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
@pytest.mark.parametrize("run", [descend, Optimizer])
def test_rules_that_are_not_rules(run, rule, error, message):
    p = np.ones(2)
    with pytest.raises(error, match=message):
        if run is descend:
            descend(bowl, p, rule, steps=3)
        else:
            optimizer = Optimizer([p], rule)
            for _ in range(3):
                before = p.copy()
                optimizer.step([np.ones(2)])
    np.testing.assert_array_equal(p, 1 if run is descend else before)


def by_position(g, m=0, lr=0.1):
    return lr * g, dict(m=m)


def any_hyper(g, *, lr=0.1, **rest):
    return lr * g, {}


def no_start(g, m, *, lr=0.1):
    return lr * g, dict(m=m)


def nothing():
    return 0, {}


@pytest.mark.parametrize("rule", [any_hyper, no_start, nothing])
def test_functions_of_another_form(rule):
    with pytest.raises(TypeError, match=rf"{rule.__name__} must have the form rule\(g, m=0, "):
        descend(bowl, 1.0, rule, steps=1)


@pytest.mark.parametrize("rule", ["adam", None, adam(np.ones(2))])
def test_what_isn_t_a_function(rule):
    with pytest.raises(TypeError, match="rule must be a function such as"):
        descend(bowl, 1.0, rule, steps=1)


def test_hyper_parameters_by_position_are_memory():
    with pytest.raises(TypeError, match="by_position has no hyper-parameter lr"):
        descend(bowl, 1.0, by_position, steps=1, lr=0.1)


def test_a_hyper_parameter_without_a_default_is_needed():
    def rule(g, *, lr):
        return lr * g, {}

    assert descend(bowl, 1.0, rule, steps=1, lr=0.5).final == 0.5
    with pytest.raises(TypeError, match="rule needs a value for lr"):
        descend(bowl, 1.0, rule, steps=1)


def test_an_error_of_the_rule_s_own_comes_through():
    def rule(g, *, lr=0.1):
        raise ValueError("no")

    with pytest.raises(ValueError, match=r"^no$"):
        descend(bowl, 1.0, rule, steps=1)


# Saving and going on.


@every
def test_five_and_five_steps_are_ten(rule):
    p, whole = start(rule), start(rule)
    grads = random_gradients([p], 10)
    one = Optimizer([whole], rule, lr=changing)
    for g in grads:
        one.step(g)
    first = Optimizer([p], rule, lr=changing)
    for g in grads[:5]:
        first.step(g)
    second = Optimizer([p], rule, lr=changing)
    second.load_state_dict(first.state_dict())
    for g in grads[5:]:
        second.step(g)
    np.testing.assert_array_equal(p, whole)
    np.testing.assert_equal(second.state_dict(), one.state_dict())


def test_a_state_is_a_copy():
    optimizer = Optimizer([np.ones(2)], momentum)
    optimizer.step([np.ones(2)])
    state = optimizer.state_dict()
    optimizer.load_state_dict(state)
    optimizer.step([np.ones(2)])
    np.testing.assert_array_equal(state["memory"][0]["m"], 1)
    assert state["steps"] == 1


def test_a_new_optimizer_s_state():
    optimizer = Optimizer([np.ones(2)], momentum)
    state = optimizer.state_dict()
    assert state == dict(rule="momentum", steps=0, memory={0: {}})
    optimizer.step([np.ones(2)])
    optimizer.load_state_dict(state)
    assert optimizer.state_dict() == state


def holding(**memory):
    return dict(rule="momentum", steps=1, memory={0: memory})


def state_of(params, rule):
    optimizer = Optimizer(params, rule)
    optimizer.step([p.copy() for p in params] if isinstance(params, list) else dict(params))
    return optimizer.state_dict()


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        (state_of([np.ones((2, 3))], adam), ValueError, "that of momentum; got that of adam"),
        (state_of([np.ones((3, 2))], momentum), ValueError, r"\(2, 3\)\}; got \{'m': \(3, 2\)\}"),
        (state_of([np.ones((2, 3)), np.ones(2)], momentum), ValueError, "not among them: 1"),
        (state_of({"W": np.ones((2, 3))}, momentum), ValueError, "missing: 0, not among them: 'W'"),
        (dict(rule="momentum", steps=1, memory={0: {}}), ValueError, r"\(2, 3\)\}; got \{\}"),
        (dict(rule="momentum", steps=1, memory={0: dict(m=0.5)}), ValueError, r"got \{'m': \(\)\}"),
        (dict(rule="momentum", steps=0, memory={0: dict(m=0.5)}), ValueError, r"the shapes \{\}"),
        (dict(rule="momentum", steps="many", memory={0: {}}), ValueError, "got str 'many'"),
        (dict(rule="momentum", steps=-5, memory={0: {}}), ValueError, "0 or more; got int -5"),
        (dict(rule="momentum", steps=True, memory={0: {}}), ValueError, "or more; got bool True"),
        (dict(rule="momentum", steps=1.0, memory={0: {}}), ValueError, r"or more; got float 1\.0"),
        (dict(rule="momentum", steps=0, memory=[{}]), TypeError, "memory must be a dict; got list"),
        (dict(rule="momentum", steps=1, memory={0: [1]}), TypeError, r"params\[0\] must be a dict"),
        (holding(m=[[1, 2, 3], [4, 5]]), ValueError, "must have the shapes .*; setting an array"),
        (holding(m=[[1, 2, 3], [4, 5, "a"]]), TypeError, "m in the memory of .* must hold numbers"),
        (holding(m=np.full((2, 3), None)), TypeError, "m in the memory of .* must hold numbers"),
        (holding(m=np.full((2, 3), np.nan)), ValueError, "must be finite; 6 of its 6 numbers are"),
        (holding(m=np.ones((2, 3)), v=np.ones((2, 3))), ValueError, r"; got \{'m': .*, 'v': "),
        (dict(steps=1), TypeError, r"what state_dict returned; got dict \{'steps': 1"),
        (None, TypeError, "state must be what state_dict returned; got NoneType"),
    ],
)  # fmt: skip
def test_another_state_is_refused(state, error, message):
    optimizer = Optimizer([np.ones((2, 3))], momentum)
    optimizer.step([np.ones((2, 3))])
    before = optimizer.state_dict()
    with pytest.raises(error, match=message):
        optimizer.load_state_dict(state)
    np.testing.assert_equal(optimizer.state_dict(), before)


@pytest.mark.parametrize("rule", [rules.adafactor, muon], ids=["adafactor", "muon"])
def test_a_state_of_another_matrix_is_refused(rule):
    optimizer = Optimizer([np.ones((2, 3))], rule)
    with pytest.raises(ValueError, match="must have the shapes"):
        optimizer.load_state_dict(state_of([np.ones((3, 2))], rule))


def through_json(state):
    return json.loads(json.dumps(state, default=np.ndarray.tolist))


def through_numpy(state):
    file = io.BytesIO()
    np.savez(file, **state)
    file.seek(0)
    return np.load(file, allow_pickle=True)


@every
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("through", [through_json, through_numpy])
@pytest.mark.parametrize("key", [0, "W"])
def test_a_state_survives_a_file(rule, dtype, through, key):
    """To the last bit."""
    hyper = {"eps": 1e-3} if "eps" in inspect.signature(rule).parameters else {}
    p = start(rule, dtype)
    one = Optimizer({key: p}, rule, **hyper)
    grads = random_gradients([p], 4)
    for (g,) in grads[:3]:
        one.step({key: g})
    q = p.copy()
    two = Optimizer({key: q}, rule, **hyper)
    two.load_state_dict(through(one.state_dict()))
    np.testing.assert_equal(two.state_dict(), one.state_dict())
    one.step({key: grads[3][0]})
    two.step({key: grads[3][0]})
    np.testing.assert_array_equal(q, p)
    for name, value in one.memory[key].items():
        assert type(two.memory[key][name]) is type(value)
        assert np.asarray(two.memory[key][name]).dtype == np.asarray(value).dtype


@pytest.mark.parametrize("through", [through_json, through_numpy])
def test_a_state_of_arrays_without_axes_survives_a_file(through):
    p, q = np.ones(()), np.ones(())
    one, two = Optimizer([p], adam), Optimizer([q], adam)
    one.step([np.ones(())])
    two.load_state_dict(through(one.state_dict()))
    for optimizer in (one, two):
        optimizer.step([np.ones(())])
    np.testing.assert_equal(two.state_dict(), one.state_dict())


def test_keys_in_text_that_could_be_two_are_refused():
    params = {1: np.ones(2), "1": np.ones(2)}
    optimizer = Optimizer(params, momentum)
    optimizer.step({1: np.ones(2), "1": np.zeros(2)})
    with pytest.raises(ValueError, match=r"the keys of params; missing: 1$"):
        optimizer.load_state_dict(through_json(optimizer.state_dict()))
    optimizer.load_state_dict(optimizer.state_dict())


def test_a_state_of_another_precision_is_taken_where_nothing_is_lost():
    p = np.ones(2, "float32")
    optimizer = Optimizer([p], momentum)
    state = dict(rule="momentum", steps=1, memory={0: dict(m=np.array([0.5, 0.25]))})
    optimizer.load_state_dict(state)
    assert optimizer.memory[0]["m"].dtype == np.float32
    state["memory"][0]["m"][0] = 0.1
    with pytest.raises(ValueError, match="must be float32; got float64, with numbers that it does"):
        optimizer.load_state_dict(state)
    np.testing.assert_array_equal(optimizer.memory[0]["m"], [0.5, 0.25])


def test_a_count_of_steps_is_whole():
    optimizer = Optimizer([np.ones(2)], adam)
    state = state_of([np.ones(2)], adam)
    state["memory"][0]["t"] = 2.5
    with pytest.raises(TypeError, match=r"t in the memory of .* must be a whole number; got float"):
        optimizer.load_state_dict(state)
    assert optimizer.steps == 0


def by_pickle(value):
    return pickle.loads(pickle.dumps(value))


@every
@pytest.mark.parametrize("copied", [copy.deepcopy, by_pickle])
def test_parameters_and_optimizer_are_copied_together(rule, copied):
    params = {"w": start(rule)}
    optimizer = Optimizer(params, rule, lr=changing)
    grads = [{"w": g} for (g,) in random_gradients([params["w"]], 4)]
    optimizer.step(grads[0])
    other, twin = copied((params, optimizer))
    before = params["w"].copy()
    for g in grads[1:]:
        twin.step(g)
    np.testing.assert_array_equal(params["w"], before)
    assert (optimizer.steps, twin.steps) == (1, 4)
    for g in grads[1:]:
        optimizer.step(g)
    np.testing.assert_equal(other, params)
    np.testing.assert_equal(twin.state_dict(), optimizer.state_dict())


def test_a_copy_has_a_memory_of_its_own():
    p = np.ones(2)
    optimizer = Optimizer([p], momentum, lr=0.5)
    optimizer.step([np.ones(2)])
    twin = copy.copy(optimizer)
    twin.step([np.ones(2)])
    np.testing.assert_array_equal(optimizer.memory[0]["m"], 1)
    np.testing.assert_array_equal(twin.memory[0]["m"], 1.9)
    np.testing.assert_array_equal(p, 1 - 0.5 - 0.95)
    assert (optimizer.steps, twin.steps) == (1, 2)


def test_a_schedule_made_in_a_function_can_t_be_pickled():
    optimizer = Optimizer([np.ones(2)], gd, lr=lambda k: 0.1)
    with pytest.raises((AttributeError, pickle.PicklingError), match=r"[Cc]an't pickle|get local"):
        pickle.dumps(optimizer)
    assert copy.deepcopy(optimizer).steps == 0


# The package.


def test_importing_loads_neither_matplotlib_nor_ipywidgets():
    code = (
        "import sys, descent, descent.rules, descent.schedules, descent.averaging;"
        "print([name for name in ('matplotlib', 'ipywidgets', 'IPython') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_package_exports_its_loops():
    import descent

    assert {descent.descend, descent.Optimizer, descent.Trace} == {
        loop.descend,
        loop.Optimizer,
        loop.Trace,
    }
    assert descent.__version__


# The package's page in the book.

PAGE = (Path(__file__).parents[1] / "book" / "package.md").read_text(encoding="utf-8")


def test_the_code_on_the_page_runs():
    names = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(block, names)
    trace, sweep = names["trace"], names["sweep"]
    assert (trace.x.shape, trace.loss.shape, trace.step.shape) == ((101, 2), (101,), (100, 2))
    assert f"sweep.x.shape  # {sweep.x.shape}" in PAGE
    assert f"# {sweep.diverged_at!r}" in PAGE
    assert f".shape  # {names['optimizer'].memory['W']['v'].shape}" in PAGE
    assert abs(names["walk"].average[0]).max() < 0.3
