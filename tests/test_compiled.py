"""Machine code from a rule's text: the rule's own numbers to the last bit, or not at all."""

import math
import multiprocessing
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from descent import Optimizer, compiled, rules
from descent.practice import sandbox
from descent.schedules import cosine
from every_rule import ELEMENTWISE

by_rule = pytest.mark.parametrize("rule", ELEMENTWISE, ids=lambda rule: rule.__name__)


@pytest.fixture
def at_once(monkeypatch):
    """Every array counts as large, and is worth several threads."""
    monkeypatch.setattr(compiled, "SIZE", 1)
    monkeypatch.setattr(compiled, "LEAST", 1)
    monkeypatch.setattr(compiled, "LEAST_LOOK", 1)


def pairs(monkeypatch, rule, p, steps, gradients, **hyper):
    """What two Optimizers come to, one compiled and one not: parameters, and memory."""
    monkeypatch.setattr(compiled, "LEAST", 100)
    found = []
    for size in (1, math.inf):
        monkeypatch.setattr(compiled, "SIZE", size)
        q = p.copy()
        optimizer = Optimizer([q], rule, **hyper)
        rng = np.random.default_rng(1)
        for _ in range(steps):
            optimizer.step([gradients(rng)])
        found.append((q, optimizer.memory[0]))
    return found


def rough(shape, dtype):
    """Gradients of many sizes, with zeros among them."""

    def draw(rng):
        g = rng.normal(size=shape) * 10.0 ** rng.integers(-6, 3, size=shape)
        g[rng.random(shape) < 0.1] = 0
        return g.astype(dtype)

    return draw


def assert_same(found):
    (p, memory), (q, other) = found
    np.testing.assert_array_equal(p, q)
    assert memory.keys() == other.keys()
    for name, value in memory.items():
        np.testing.assert_array_equal(value, other[name])
        assert type(value) is type(other[name])
        assert np.asarray(value).dtype == np.asarray(other[name]).dtype


@by_rule
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_numbers_are_the_rules_own_to_the_last_bit(monkeypatch, rule, dtype):
    assert compiled.kernel(rule, np.dtype(dtype)) is not None
    p = np.random.default_rng(0).normal(size=(17, 31)).astype(dtype)
    gradients = rough(p.shape, dtype)
    schedule = cosine(0.01, 200)
    hyper = dict(lr=schedule, weight_decay=0.1)
    assert_same(pairs(monkeypatch, rule, p, 300, gradients, **hyper))


def decided_late(g, m=0.5, t=0, *, lr=0.1, beta=0.9, late=3):
    t = t + 1
    share = min(t / late, 1) * beta
    if t > late:
        g = g / math.sqrt(t)
    m = share * m + (1 - share) * -g
    return lr * np.sign(m) * abs(m) ** 0.5, {"t": t, "m": m}


def test_a_learners_own_rule_is_compiled_too(monkeypatch):
    p = np.random.default_rng(0).normal(size=50).astype("float32")
    assert compiled.kernel(decided_late, p.dtype) is not None
    assert_same(pairs(monkeypatch, decided_late, p, 10, rough(p.shape, "float32")))


def averages(g, *, lr=0.1):
    return lr * (g - np.mean(g)), {}


def branches(g, m=0, *, lr=0.1):
    m = m + g
    return lr * (m if m.any() else g), dict(m=m)


def cubes(g, *, lr=0.1):
    return lr * g**3, {}


def squashes(g, *, lr=0.1):
    return lr * np.tanh(g), {}


def constant(g, m=0, *, lr=0.1):
    return lr * g, dict(m=m) if lr else dict(m=g)


def forgets_at_times(g, m=0, t=0, *, lr=0.1):
    if t > 2:
        return lr * g, dict(m=0.0, t=0)
    return lr * g, dict(m=m + g, t=t + 1)


def numpys_numbers(g, t=0, *, lr=0.1):
    t = t + 1
    root = np.sqrt(t)
    return lr * g / root, dict(t=t)


REFUSED = [averages, branches, cubes, squashes, constant, forgets_at_times, rules.muon]


@pytest.mark.parametrize("rule", REFUSED, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("dtype", [np.dtype("float32"), np.dtype("float64")])
def test_what_cannot_be_compiled_is_left_to_the_rule(rule, dtype):
    assert compiled.kernel(rule, dtype) is None


def test_a_number_of_numpys_is_left_to_the_rule_where_it_would_widen():
    assert compiled.kernel(numpys_numbers, np.dtype("float32")) is None
    assert compiled.kernel(numpys_numbers, np.dtype("float64")) is not None


def test_a_rule_that_is_refused_still_steps(at_once):
    p = np.array([1.0, 2.0])
    Optimizer([p], averages, lr=1.0).step([np.array([1.0, 3.0])])
    np.testing.assert_array_equal(p, [2.0, 1.0])


@pytest.mark.parametrize("array", [np.ones(8, "float16"), np.ones(16)[::2], np.ones((4, 4)).T[:2]])
def test_half_precision_and_scattered_arrays_take_the_blocks(at_once, array):
    array = array if array.base is None else array.base[::2]
    optimizer = Optimizer([array], rules.adam, eps=1e-3)
    assert optimizer._kernel(array) is None
    optimizer.step([np.ones(array.shape)])
    np.testing.assert_allclose(array, 0.999, rtol=2e-3)


def test_another_rate_does_not_compile_again(at_once):
    kernel = compiled.kernel(rules.radam, np.dtype("float64"))
    p = np.ones(10)
    optimizer = Optimizer([p], rules.radam, lr=lambda k: 1 if k % 2 else 0.1 / (k + 1))
    for _ in range(20):
        optimizer.step([p])
    loops = dict(kernel.loops)
    assert len(loops) == 2, "one for the steps before the threshold, one for those after it"
    for lr in (1, 0.5, 0):
        Optimizer([p], rules.radam, lr=lr).step([p])
    assert kernel.loops == loops
    assert all(len(loop.signatures) == 1 for loop in loops.values())


def test_a_gradient_that_is_not_finite_changes_nothing(at_once):
    p, q = np.ones(5), np.ones(7)
    optimizer = Optimizer([p, q], rules.adam)
    bad = np.ones(7)
    bad[3] = np.nan
    with pytest.raises(ValueError, match=r"grads\[1\] must be finite; 1 of its 7 numbers are not"):
        optimizer.step([np.ones(5), bad])
    assert (p == 1).all() and (q == 1).all() and optimizer.steps == 0
    optimizer.step([np.ones(5), np.ones(7)])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_number_is_looked_at(at_once, dtype):
    largest = np.full(1001, np.finfo(dtype).max, dtype)
    assert compiled.finite(largest) and compiled.finite(-largest)
    assert compiled.finite(np.zeros((3, 4), dtype)) and compiled.finite(np.zeros(0, dtype))
    for i in (0, 1, 499, 500, 501, 1000):
        for value in (np.inf, -np.inf, np.nan, -np.nan):
            array = largest.copy()
            array[i] = value
            assert not compiled.finite(array)


def test_what_overflows_is_an_error(at_once):
    p = np.ones(4, "float32")
    optimizer = Optimizer([p], rules.adam)
    with pytest.raises(FloatingPointError, match=r"adam made .* params\[0\] that must be finite"):
        optimizer.step([np.full(4, 1e30)])
    with pytest.raises(RuntimeError, match="an earlier step failed halfway"):
        optimizer.step([np.ones(4)])


def fails(g, t=0, *, lr=0.1):
    return lr / t * g, dict(t=t + 1)


def test_a_rule_that_fails_before_the_loop_changes_nothing(at_once):
    p = np.ones(4)
    optimizer = Optimizer([p], fails)
    with pytest.raises(ZeroDivisionError):
        optimizer.step([np.ones(4)])
    assert (p == 1).all() and not optimizer._torn


def test_a_state_goes_on_to_the_last_bit(at_once):
    g = rough((40,), "float32")
    rng = np.random.default_rng(2)
    p = np.ones(40, "float32")
    whole = Optimizer([p], rules.adam)
    for _ in range(5):
        whole.step([g(rng)])
    q = p.copy()
    other = Optimizer([q], rules.adam)
    other.load_state_dict(whole.state_dict())
    last = g(rng)
    whole.step([last])
    other.step([last])
    np.testing.assert_array_equal(p, q)
    np.testing.assert_array_equal(whole.memory[0]["v"], other.memory[0]["v"])


def step_once(p):
    optimizer = Optimizer([p], rules.adam, lr=0.5)
    optimizer.step([np.ones_like(p)])
    return p


def answer(queue):
    queue.put(step_once(np.ones(1000))[0])


@pytest.mark.skipif(not hasattr(multiprocessing, "get_context"), reason="no processes")
@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork")
def test_a_forked_child_can_step(at_once):
    expected = step_once(np.ones(1000))[0]  # Its threads are there when the child is made.
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=answer, args=(queue,))
    child.start()
    assert queue.get(timeout=60) == expected
    child.join(timeout=60)
    assert child.exitcode == 0


def test_the_practice_sandbox_does_not_wait_for_a_compiler(monkeypatch):
    monkeypatch.setattr(compiled, "SIZE", 1)

    def work():
        return compiled.SIZE, float(step_once(np.ones(1000))[0])

    (size, stepped), _ = sandbox.run(work)
    assert size == (math.inf if sandbox.CAN_FORK else 1)
    assert stepped == pytest.approx(0.5)


def test_several_threads_can_step_at_once(at_once):
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(step_once, [np.ones(1000) for _ in range(50)]))
    assert all((result == results[0]).all() for result in results)


SMALL = """
import sys, numpy as np
from descent import Optimizer, rules
Optimizer([np.ones(50_000)], rules.adam).step([np.ones(50_000)])
assert "numba" not in sys.modules, "for a small array"
p = np.ones(200_000)
Optimizer([p], rules.adam).step([np.ones(200_000)])
print("numba" in sys.modules, p[0])
"""


def python(text):
    run = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    return run.stdout.split()


def test_numba_is_imported_for_large_arrays_only_and_not_needed():
    with_numba, number = python(SMALL)
    assert with_numba == "True"
    hidden = "import sys; sys.modules['numba'] = None\n" + SMALL.replace(
        '"numba" not in sys.modules', "True"
    ).replace('"numba" in sys.modules', "sys.modules['numba']")
    assert python(hidden) == ["None", number]
