import itertools
import math
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from descent import tasks

pytestmark = pytest.mark.filterwarnings("error")

MAKERS = {
    "diabetes": tasks.diabetes,
    "breast_cancer": tasks.breast_cancer,
    "breast_cancer raw": lambda: tasks.breast_cancer(standardized=False),
    "digits": tasks.digits,
    "digits_mlp": tasks.digits_mlp,
    "mnist1d": tasks.mnist1d,
    "moons": tasks.moons,
    "bag_of_words": tasks.bag_of_words,
    "words": tasks.words,
}


class Made(dict):
    """Tasks by name, each made once it is asked for: whoever only collects tests needs none."""

    def __missing__(self, name):
        return self.setdefault(name, MAKERS[name]())


TASKS = Made()


@pytest.fixture
def task(request):
    return TASKS[request.param]


def every(names):
    return pytest.mark.parametrize("task", names, indirect=True)


def largest_input(task):
    """The largest feature: what a step must be divided by to be a small one."""
    return 1 if isinstance(task, tasks.WordPairs) else max(1, np.abs(task.X).max())


def made_up(kind, rng, n=12, d=3):
    """A small task of random rows."""
    if kind == "word_pairs":
        data = tasks.Data(*rng.integers(6, size=(2, n)), *rng.integers(6, size=(2, 5)))
        return tasks.WordPairs(data, list("abcdef"), embedding=d)
    classes = dict(least_squares=0, logistic=2, softmax=4, mlp2=2, mlp4=4)[kind.split("-")[0]]
    X, X_test = rng.normal(size=(n, d)), rng.normal(size=(5, d))
    if not classes:
        return tasks.LeastSquares(tasks.Data(X, rng.normal(size=n), X_test, rng.normal(size=5)))
    y, y_test = np.arange(n) % classes, np.arange(5) % classes
    data = tasks.Data(X, rng.permutation(y), X_test, y_test)
    if kind == "logistic":
        return tasks.Logistic(data)
    if kind == "softmax":
        return tasks.Softmax(data)
    hidden = (5, 4) if rng.random() < 0.5 else (6,)
    return tasks.MLP(data, hidden, activation=kind.split("-")[1])


every_kind = pytest.mark.parametrize(
    "kind",
    [
        "least_squares",
        "logistic",
        "softmax",
        "mlp2-relu",
        "mlp2-tanh",
        "mlp4-relu",
        "mlp4-tanh",
        "word_pairs",
    ],
)


def plain_loss(task, w, X, y):
    """The mean loss, row by row and without any care for range or speed."""
    p = task.unpack(w)
    total = 0.0
    for x, answer in zip(X, y, strict=True):
        if isinstance(task, tasks.MLP):
            for i in task.layers:
                x = x @ p[f"W{i}"] + p[f"b{i}"]
                if i < task.layers[-1]:
                    x = np.tanh(x) if task.activate is np.tanh else x * (x > 0)
        elif isinstance(task, tasks.WordPairs):
            x = p["E"][x] @ p["U"] + p["b"]
        else:
            x = x @ p["W"] + p["b"]
        if isinstance(task, tasks.LeastSquares):
            total += (x[0] - answer) ** 2 / 2
        elif len(x) == 1:
            p1 = 1 / (1 + math.exp(-x[0]))
            total -= math.log(p1 if answer == 1 else 1 - p1)
        else:
            total -= math.log(math.exp(x[answer]) / sum(map(math.exp, x)))
    return total / len(X)


@every_kind
@settings(max_examples=30)
@given(seed=st.integers(0, 2**32), batch=st.integers(1, 20))
def test_loss_and_gradient_on_random_rows(kind, seed, batch):
    rng = np.random.default_rng(seed)
    task = made_up(kind, rng)
    w = rng.normal(size=task.size)
    rows = rng.integers(task.n, size=batch)
    f = task.on(rows)
    loss, gradient = f(w)
    assert loss == pytest.approx(plain_loss(task, w, task.X[rows], task.y[rows]), rel=1e-9)
    h = 1e-5
    numerical = [(f(w + h * e)[0] - f(w - h * e)[0]) / (2 * h) for e in np.eye(task.size)]
    assert gradient == pytest.approx(np.array(numerical), rel=1e-6, abs=1e-8)


@every_kind
def test_the_test_rows_are_others(kind):
    rng = np.random.default_rng(0)
    task = made_up(kind, rng)
    w = rng.normal(size=task.size)
    assert task.test_loss(w) == pytest.approx(plain_loss(task, w, task.X_test, task.y_test))
    swapped = made_up(kind, np.random.default_rng(0))
    swapped.X, swapped.X_test = task.X_test, task.X
    swapped.y, swapped.y_test = task.y_test, task.y
    assert swapped(w)[0] == task.test_loss(w) != task(w)[0]
    if hasattr(task, "accuracy"):
        assert swapped.accuracy(w, "train") == task.accuracy(w) != task.accuracy(w, "train")


@every(MAKERS)
def test_gradient_on_the_real_data(task):
    rng = np.random.default_rng(0)
    w = task.start() + 0.1 * rng.normal(size=task.size) / largest_input(task)
    _, gradient = task(w)
    for _ in range(5):
        along = rng.normal(size=task.size) / largest_input(task)
        h = 1e-7  # small, so that no more than a few relu units of a few rows turn on or off
        slope = (task(w + h * along)[0] - task(w - h * along)[0]) / (2 * h)
        assert gradient @ along == pytest.approx(slope, rel=1e-5, abs=1e-7)


@every_kind
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), lead=st.lists(st.integers(1, 3), max_size=3), own=st.booleans())
def test_runs_are_one_run_after_the_other(kind, seed, lead, own):
    rng = np.random.default_rng(seed)
    task = made_up(kind, rng)
    w = rng.normal(size=(*lead, task.size))
    rows = rng.integers(task.n, size=(*lead, 7) if own else 7)
    loss, gradient = task.on(rows)(w)
    test_loss = task.test_loss(w)
    assert loss.shape == test_loss.shape == tuple(lead) and gradient.shape == w.shape
    for i in np.ndindex(*lead):
        one = task.on(rows[i] if own else rows)(w[i])
        assert loss[i] == pytest.approx(one[0], rel=1e-12)
        assert gradient[i] == pytest.approx(one[1], rel=1e-12, abs=1e-14)
        assert test_loss[i] == pytest.approx(task.test_loss(w[i]), rel=1e-12)
        if hasattr(task, "accuracy"):
            assert task.accuracy(w)[i] == task.accuracy(w[i])


def test_no_run_at_all():
    task = TASKS["diabetes"]
    loss, gradient = task(np.zeros((0, task.size)))
    assert loss.shape == (0,) and gradient.shape == (0, task.size)


@every(MAKERS)
def test_all_rows_are_the_mean_of_equal_parts(task):
    w = np.random.default_rng(0).normal(size=task.size) / largest_input(task)
    losses, gradients = [], []
    rows = np.arange(task.n - task.n % 4)
    for part in np.split(rows, 4):
        loss, gradient = task.on(part)(w)
        losses.append(loss)
        gradients.append(gradient)
    loss, gradient = task.on(rows)(w)
    assert loss == pytest.approx(np.mean(losses))
    assert gradient == pytest.approx(np.mean(gradients, axis=0), abs=1e-12)
    everything = task.on(np.arange(task.n))(w)
    assert everything[0] == pytest.approx(task(w)[0])
    assert everything[1] == pytest.approx(task(w)[1], abs=1e-12)


@every(MAKERS)
def test_a_walk_downhill_is_one(task):
    w = task.start()
    first, _ = task(w)
    lr = 0.1 / largest_input(task) ** 2
    for _ in range(20):
        w = w - lr * task(w)[1]
    assert task(w)[0] < first


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("diabetes", 0.5),
        ("breast_cancer", math.log(2)),
        ("bag_of_words", math.log(2)),
        ("digits", math.log(10)),
    ],
)
def test_the_loss_at_the_start_is_known(name, loss):
    task = TASKS[name]
    assert task(task.start())[0] == pytest.approx(loss, rel=1e-14)
    assert np.array_equal(task.start(1), np.zeros(task.size))


def test_diabetes_is_least_squares():
    task = TASKS["diabetes"]
    A = np.column_stack([task.X, np.ones(task.n)])
    best = np.linalg.lstsq(A, task.y)[0]
    loss, gradient = task(best)
    assert np.abs(gradient).max() < 1e-14
    assert 1 - 2 * loss == pytest.approx(0.5, abs=0.05)  # the share of the variance explained
    assert task.X.mean(axis=0) == pytest.approx(0, abs=1e-14)
    assert task.X.std(axis=0) == pytest.approx(1)


def test_pixels_go_from_0_to_1():
    for name in ("digits", "digits_mlp"):
        task = TASKS[name]
        assert task.X.min() == 0 and task.X.max() == 1


def test_breast_cancer_raw_keeps_its_units():
    raw, task = TASKS["breast_cancer raw"], TASKS["breast_cancer"]
    assert raw.X.std(axis=0).max() / raw.X.std(axis=0).min() > 1e5
    assert task.X_test == pytest.approx((raw.X_test - raw.X.mean(axis=0)) / raw.X.std(axis=0))
    assert np.array_equal(raw.y, task.y)


@every([name for name in MAKERS if name != "moons"])
def test_a_quarter_is_for_testing(task):
    assert len(task.X) == len(task.y) == task.n
    assert len(task.X_test) == len(task.y_test) == (task.n + len(task.y_test)) // 4


def test_split_loses_nothing_and_keeps_pairs():
    X, y = np.arange(22).reshape(11, 2), 2 * np.arange(11)
    data = tasks.split(X, y)
    assert sorted([*data.y, *data.y_test]) == list(y)
    assert np.array_equal(data.X[:, 0], data.y) and np.array_equal(data.X_test[:, 0], data.y_test)
    assert np.array_equal(tasks.split(X, y, seed=0).y, data.y)
    assert not np.array_equal(tasks.split(X, y, seed=1).y, data.y)


# Outputs so large that exp overflows, and so far apart that a probability rounds to 0.


def test_logistic_far_out():
    z = np.array([[-1e4], [-800.0], [800.0], [1e4]])
    y = np.array([0, 1, 0, 1])
    with np.errstate(over="ignore"):  # as a task does
        loss, dz = tasks.binary_cross_entropy(z, y)
    assert loss == (800 + 800) / 4
    assert dz[:, 0] * 4 == pytest.approx([0, -1, 1, 0])


def test_softmax_far_out():
    z = np.array([[0, 1e4, -1e4], [0, 900, 0.0]])
    loss, dz = tasks.cross_entropy(z, np.array([2, 1]))
    assert loss == 2e4 / 2
    assert dz * 2 == pytest.approx(np.array([[0, 1, -1], [0, 0, 0]]))


@every(MAKERS)
@pytest.mark.parametrize("far", [1e160, 1e308, np.inf, np.nan])
def test_a_run_that_diverged_neither_warns_nor_spoils_the_others(task, far):
    w = np.stack([task.start(), np.resize([far, -far], task.size)])
    loss, gradient = task(w)
    one = task(w[0])
    assert loss[0] == one[0] and np.array_equal(gradient[0], one[1])
    assert not loss[1] < 1e10  # huge, infinite or NaN
    assert np.isfinite(task.test_loss(w)[0])


@every(MAKERS)
def test_w_is_left_alone_and_results_are_new(task):
    w = task.start()
    before = w.copy()
    _, gradient = task(w)
    kept = gradient.copy()
    task(w + 1e-3)
    assert np.array_equal(w, before) and np.array_equal(gradient, kept)


@every(MAKERS)
def test_results_are_float64(task):
    loss, gradient = task(task.start().astype(np.float32))
    assert isinstance(loss, np.float64) and gradient.dtype == np.float64


@every(MAKERS)
def test_unpack_gives_views_of_all_of_w(task):
    w = np.zeros((2, task.size))
    arrays = task.unpack(w)
    assert {name: a.shape[1:] for name, a in arrays.items()} == task.shapes
    for a in arrays.values():
        a += 1
    assert np.all(w == 1)


def test_sizes():
    assert TASKS["diabetes"].size == 10 + 1
    assert TASKS["breast_cancer"].size == 30 + 1
    assert TASKS["digits"].size == 64 * 10 + 10
    assert TASKS["digits_mlp"].shapes == dict(W1=(64, 32), b1=(32,), W2=(32, 10), b2=(10,))
    assert tasks.digits_mlp(hidden=8).size == 65 * 8 + 9 * 10
    assert tasks.mnist1d(hidden=(20,)).size == 41 * 20 + 21 * 10
    assert TASKS["moons"].size == 3 * 5 + 6 * 2 + 3 * 1
    assert TASKS["bag_of_words"].size == 1000 + 1
    assert TASKS["words"].shapes == dict(E=(1000, 16), U=(16, 1000), b=(1000,))
    assert tasks.words(embedding=2).size == 1000 * (2 + 2 + 1)


@pytest.mark.parametrize(("activation", "gain"), [("tanh", 1), ("relu", 2)])
def test_where_a_network_starts(activation, gain):
    rng = np.random.default_rng(0)
    data = tasks.Data(rng.normal(size=(4, 500)), np.arange(4), np.zeros((1, 500)), np.zeros(1, int))
    task = tasks.MLP(data, (100, 200), activation)
    p = task.unpack(task.start(3))
    for i, fan_in in zip(task.layers, (500, 100, 200), strict=True):
        assert p[f"W{i}"].std() == pytest.approx(math.sqrt(gain / fan_in), rel=0.1)
        assert not p[f"b{i}"].any()
    assert np.array_equal(task.start(), task.start(0))
    assert not np.array_equal(task.start(3), task.start(4))


@every([name for name in MAKERS if name not in ("diabetes", "words")])
def test_accuracy_counts_right_answers(task):
    w = task.start(1) + 0.01 * np.random.default_rng(0).normal(size=task.size)
    z = task.outputs(w, task.X)
    guess = (z[:, 0] > 0) if z.shape[1] == 1 else np.argmax(z, axis=1)
    assert task.accuracy(w, "train") == np.mean(guess == task.y)
    assert 0 <= task.accuracy(w) <= 1
    with pytest.raises(ValueError, match='"train" or "test", got \'validation\''):
        task.accuracy(w, "validation")


# Words.


def test_word_pairs_are_what_lincoln_wrote():
    task = TASKS["words"]
    with np.load(Path(tasks.__file__).parent / "data" / "lincoln.npz") as data:
        messages = np.split(data["tokens"].astype(int), data["starts"][1:])
    written = sorted(pair for m in messages for pair in itertools.pairwise(m))
    first, second = np.append(task.X, task.X_test), np.append(task.y, task.y_test)
    assert sorted(zip(first, second, strict=True)) == written
    assert len(written) == 30_014 - 4  # no pair across two messages
    assert list(task.vocabulary[[1, 2]]) == ["the", ","]


def test_word_pairs_far_out():
    task = made_up("word_pairs", np.random.default_rng(0))
    w = np.zeros(task.size)
    task.unpack(w)["b"][:] = [0, 1e4, 0, 0, 0, 0]
    loss, gradient = task(w)
    b = task.unpack(gradient)["b"]
    assert loss == pytest.approx(1e4 * np.mean(task.y != 1))
    assert b + np.bincount(task.y, minlength=6) / task.n == pytest.approx([0, 1, 0, 0, 0, 0])


def test_a_batch_of_word_pairs_moves_only_its_own_words():
    task = TASKS["words"]
    rows = np.arange(64)
    w = task.start() + 0.1
    E = task.unpack(task.on(rows)(w)[1])["E"]
    assert set(np.flatnonzero(E.any(axis=1))) == set(task.X[rows])
    both = task.unpack(task.on(np.stack([rows, rows[::-1]]))(np.stack([w, w]))[1])["E"]
    assert both == pytest.approx(np.stack([E, E]), abs=1e-15)


def test_word_pairs_start_small_at_random():
    task = TASKS["words"]
    p = task.unpack(task.start(5))
    assert p["E"].std() == pytest.approx(0.1, rel=0.05) == p["U"].std()
    assert not p["b"].any()
    assert np.array_equal(task.start(), task.start(0))
    assert not np.array_equal(task.start(5), task.start(6))
    assert task(task.start())[0] == pytest.approx(math.log(1000), rel=1e-3)


def test_a_batch_of_sentences_moves_only_its_own_words():
    task = TASKS["bag_of_words"]
    rows = np.arange(8)
    W = task.unpack(task.on(rows)(task.start())[1])["W"]
    assert not W[~task.X[rows].any(axis=0)].any()
    assert np.count_nonzero(W) > 50
    assert set(np.unique(task.X)) == {0, 1} and len(task.vocabulary) == 1000


# The moons lab. Its published costs are those of the last mini-batch of an epoch.


def lab_epoch(k):
    """The mini-batches of epoch k, k = 0, 1, ..., by the lab's shuffle."""
    return np.split(np.random.RandomState(11 + k).permutation(300), [64, 128, 192, 256])


def test_the_moons_lab_gives_its_published_costs():
    task = TASKS["moons"]
    w = np.stack([task.start()] * 3)  # gradient descent, momentum, Adam
    m, v = np.zeros((2, *w.shape))
    beta = np.array([[0], [0.9], [0.9]])
    for t, rows in enumerate(lab_epoch(0), start=1):
        cost, g = task.on(rows)(w)
        m = beta * m + (1 - beta) * g
        v = 0.999 * v + 0.001 * g**2
        step = m.copy()
        step[2] = m[2] / (1 - 0.9**t) / (np.sqrt(v[2] / (1 - 0.999**t)) + 1e-8)
        w = w - 0.0007 * step
    assert cost == pytest.approx([0.690736, 0.690741, 0.690552], abs=5e-7)


def test_the_moons_lab_in_the_columns_of_the_original():
    """The same net, written once more with a column to a point, stays with it for ten epochs."""
    task = TASKS["moons"]
    X, Y = task.X.T, task.y[None, :]
    rng = np.random.RandomState(3)
    W = [rng.randn(o, i) * np.sqrt(2 / i) for i, o in ((2, 5), (5, 2), (2, 1))]
    b = [np.zeros((o, 1)) for o in (5, 2, 1)]
    w = task.start()
    for k in range(10):
        for rows in lab_epoch(k):
            x, y = X[:, rows], Y[:, rows]
            a1 = np.maximum(W[0] @ x + b[0], 0)
            a2 = np.maximum(W[1] @ a1 + b[1], 0)
            p = 1 / (1 + np.exp(-(W[2] @ a2 + b[2])))
            cost = -np.mean(np.where(y == 1, np.log(p), np.log(1 - p)))
            d3 = (p - y) / len(rows)
            d2 = W[2].T @ d3 * (a2 > 0)
            d1 = W[1].T @ d2 * (a1 > 0)
            for i, (d, a) in enumerate([(d1, x), (d2, a1), (d3, a2)]):
                W[i] = W[i] - 0.1 * d @ a.T
                b[i] = b[i] - 0.1 * d.sum(axis=1, keepdims=True)
            loss, g = task.on(rows)(w)
            w = w - 0.1 * g
            assert loss == pytest.approx(cost, rel=1e-9)
    arrays = task.unpack(w)
    for i in range(3):
        np.testing.assert_allclose(arrays[f"W{i + 1}"], W[i].T, rtol=1e-9)
        np.testing.assert_allclose(arrays[f"b{i + 1}"], b[i][:, 0], rtol=1e-9, atol=1e-12)


# Mini-batches.


@given(n=st.integers(1, 200), batch_size=st.integers(1, 250), seed=st.integers(0, 2**40))
def test_every_row_comes_once_and_the_last_batch_is_smaller(n, batch_size, seed):
    batches = list(tasks.minibatches(n, batch_size, seed))
    assert sorted(np.concatenate(batches)) == list(range(n))
    sizes = [len(rows) for rows in batches]
    assert all(size == batch_size for size in sizes[:-1])
    assert sizes[-1] == n - batch_size * (len(sizes) - 1) and 1 <= sizes[-1] <= batch_size


def test_148_rows_in_batches_of_64():
    assert [len(rows) for rows in tasks.minibatches(148, 64, 0)] == [64, 64, 20]


def test_the_shuffle_follows_the_seed():
    def epoch(seed):
        return np.concatenate(list(tasks.minibatches(100, 30, seed))).tolist()

    assert epoch(0) == epoch(0)
    assert epoch(0) != epoch(1) != epoch((0, 1))
    assert epoch(0) != list(range(100))
    rng = np.random.default_rng(0)
    assert epoch(rng) != epoch(rng)


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, True, "all"])
def test_a_batch_has_a_row(batch_size):
    with pytest.raises(
        ValueError, match=f"batch_size must be a whole number, .* got {batch_size!r}"
    ):
        tasks.minibatches(10, batch_size, 0)
    with pytest.raises(
        ValueError, match=f"batch_size must be a whole number, .* got {batch_size!r}"
    ):
        TASKS["moons"].noisy(batch_size, 0)


def test_small_integers_do_not_overflow():
    """NumPy's uint8 ends at 255: a batch of 100 that starts at row 200 does not."""
    sizes = [len(rows) for rows in tasks.minibatches(np.uint16(442), np.uint8(100), 0)]
    assert sizes == [100, 100, 100, 100, 42]


@pytest.mark.parametrize("seed", [-1, 0.5, [], [0, -1], [[0, 1]], "a", None])
def test_seeds_are_whole_numbers(seed):
    with pytest.raises(ValueError, match="seed must be"):
        TASKS["moons"].noisy(8, seed)


def test_a_refused_call_uses_up_no_batch():
    task = TASKS["moons"]
    f, w = task.noisy(8, seed=[0, 1]), np.zeros((2, task.size))
    with pytest.raises(ValueError, match=r"hold 30 parameters on its last axis; .* \(2, 3\)"):
        f(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"2 runs, one a seed, .* its shape is \(3, 30\)"):
        f(np.zeros((3, task.size)))
    assert np.array_equal(f(w)[0], task.noisy(8, seed=[0, 1])(w)[0])


def test_noisy_deals_the_epochs_out_in_batches_of_one_size():
    task = made_up("softmax", np.random.default_rng(0))
    w = np.random.default_rng(1).normal(size=task.size)
    f = task.noisy(5, seed=7)
    epochs = [np.random.default_rng((7, k)).permutation(task.n) for k in range(5)]
    assert task.n % 5, "otherwise no batch crosses from one epoch into the next"
    for rows in np.concatenate(epochs).reshape(-1, 5):
        loss, gradient = f(w)
        assert loss == task.on(rows)(w)[0]
        assert np.array_equal(gradient, task.on(rows)(w)[1])


def test_a_batch_may_be_larger_than_the_data():
    task = made_up("softmax", np.random.default_rng(0))
    w = np.random.default_rng(1).normal(size=task.size)
    f = task.noisy(2 * task.n, seed=7)
    assert f(w)[0] == pytest.approx(task(w)[0], rel=1e-12)
    assert f(w)[0] == pytest.approx(task(w)[0], rel=1e-12)


def test_noisy_gives_each_run_its_own_stream():
    task = made_up("mlp4-tanh", np.random.default_rng(0))
    w = np.random.default_rng(1).normal(size=(2, 3, task.size))  # two learning rates, three seeds
    together = task.noisy(5, seed=[4, 5, 6])
    apart = [task.noisy(5, seed=s) for s in (4, 5, 6)]
    for _ in range(7):
        loss, gradient = together(w)
        for k, f in enumerate(apart):
            one_loss, one_gradient = f(w[:, k])
            assert loss[:, k] == pytest.approx(one_loss, rel=1e-12)
            assert gradient[:, k] == pytest.approx(one_gradient, rel=1e-12, abs=1e-14)


# Errors: a sentence with what was given and what was expected.


def test_w_of_another_size():
    with pytest.raises(ValueError, match=r"hold 11 parameters on its last axis; .* \(11, 3\)"):
        TASKS["diabetes"](np.zeros((11, 3)))


def test_parameters_are_real_numbers():
    task = TASKS["moons"]
    for w in (np.zeros(task.size, complex), ["a"] * task.size, [None] * task.size):
        with pytest.raises(TypeError, match="w must hold real numbers; got"):
            task(w)
    with pytest.raises(TypeError, match="w must be an array, to be seen in parts; got a list"):
        task.unpack([0.0] * task.size)
    with pytest.raises(ValueError, match=r"hold 30 parameters on its last axis; .* \(31,\)"):
        task.unpack(np.zeros(31))
    w = np.arange(task.size) % 3
    for dtype in (int, "u1", "f2", "f4"):
        assert task(w.astype(dtype))[0] == task(w.astype(float))[0]
        assert np.array_equal(task(w.astype(dtype))[1], task(w.astype(float))[1])


# What a task can learn from.

MODELS = {
    "least_squares": tasks.LeastSquares,
    "logistic": tasks.Logistic,
    "softmax": tasks.Softmax,
    "mlp": tasks.MLP,
    "words": lambda data: tasks.WordPairs(data, list("abc"), embedding=2),
}
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
every_classifier = pytest.mark.parametrize(
    "model", [tasks.Logistic, tasks.Softmax, tasks.MLP], ids=["logistic", "softmax", "mlp"]
)


def rows_for(model, **other):
    """Data that the model can learn from, but for what is given."""
    if model is MODELS["words"]:
        good = dict(X=[0, 1, 2, 1], y=[1, 2, 0, 1], X_test=[0, 2], y_test=[2, 1])
    else:
        X, X_test = np.arange(8.0).reshape(4, 2), np.ones((2, 2))
        good = dict(X=X, y=[0, 1, 1, 0], X_test=X_test, y_test=[1, 0])
    return tasks.Data(**good | other)


@every_classifier
@pytest.mark.parametrize("dtype", [bool, "u1", "i8", "f2", "f8"])
def test_labels_of_every_dtype_are_the_same_classes(model, dtype):
    data = rows_for(model)
    task, other = model(data), model(data._replace(y=np.array(data.y, dtype)))
    w = np.random.default_rng(0).normal(size=task.size)
    assert other.y.dtype.kind in "iu"
    assert other(w)[0] == task(w)[0] and np.array_equal(other(w)[1], task(w)[1])
    assert other.accuracy(w, "train") == task.accuracy(w, "train")


@pytest.mark.parametrize("dtype", [bool, "u1", "i8", "f2", "f4"])
@pytest.mark.parametrize("model", [tasks.LeastSquares, tasks.Logistic, tasks.Softmax, tasks.MLP])
def test_features_of_every_dtype_are_the_same_numbers(model, dtype):
    X = np.array([[0, 1], [1, 1], [1, 0], [0, 0]])
    task, other = (model(rows_for(model, X=rows)) for rows in (X.astype(float), X.astype(dtype)))
    w = np.random.default_rng(0).normal(size=task.size)
    assert other(w)[0] == pytest.approx(task(w)[0], rel=1e-14)
    assert other(w)[1] == pytest.approx(task(w)[1], rel=1e-14)


@every_model
def test_lists_will_do(model):
    data = tasks.Data(*(np.asarray(part).tolist() for part in rows_for(model)))
    task = model(data)
    assert np.isfinite(task(task.start())[0]) and np.isfinite(task.test_loss(task.start()))


@every_classifier
@pytest.mark.parametrize("name", ["y", "y_test"])
@pytest.mark.parametrize("label", [-1, 0.5, -0.5, 1e300])
def test_labels_are_whole_numbers_from_0(model, name, label):
    """At a label of -1 the logistic loss has one slope, and its gradient is another."""
    labels = [0, 1, 1, label] if name == "y" else [0, label]
    with pytest.raises(
        ValueError, match=rf"^{name} must hold whole numbers .*; got {re.escape(str(label))}"
    ):
        model(rows_for(model, **{name: labels}))


@pytest.mark.parametrize("name", ["y", "y_test"])
def test_logistic_regression_has_two_classes(name):
    data = rows_for(tasks.Logistic, **{name: [0, 1, 2, 0] if name == "y" else [2, 0]})
    with pytest.raises(ValueError, match=rf"^{name} must hold whole numbers in 0 \.\. 1; got 2"):
        tasks.Logistic(data)
    one = tasks.Logistic(rows_for(tasks.Logistic, y=[0, 0, 0, 0], y_test=[0, 0]))
    assert one(one.start())[0] == pytest.approx(math.log(2))


@pytest.mark.parametrize("model", [tasks.Softmax, tasks.MLP])
@pytest.mark.parametrize(
    ("y", "got"),
    [([1, 2, 3, 1], "3 from 1 to 3"), ([0, 5, 0, 0], "2 from 0 to 5"), ([0] * 4, "1 from 0 to 0")],
)
def test_classes_have_no_gap(model, y, got):
    with pytest.raises(ValueError, match=f"numbered from 0 without a gap, two or more; got {got}"):
        model(rows_for(model, y=y, y_test=y[:2]))


def test_a_class_may_be_among_the_test_rows_alone():
    task = tasks.Softmax(rows_for(tasks.Softmax, y_test=[1, 2]))
    assert task.shapes["b"] == (3,)


@pytest.mark.parametrize("name", ["X", "y", "X_test", "y_test"])
def test_words_are_in_the_vocabulary(name):
    model = MODELS["words"]
    for word in (3, -1, 0.5):
        wrong = np.array(getattr(rows_for(model), name), float)
        wrong[-1] = word
        with pytest.raises(ValueError, match=rf"^{name} must hold .* in 0 \.\. 2; got {word}"):
            model(rows_for(model, **{name: wrong}))


@every_model
@pytest.mark.parametrize("name", ["X", "y", "X_test", "y_test"])
def test_data_are_finite_numbers_in_rows(model, name):
    right = np.array(getattr(rows_for(model), name), float)
    for bad in (np.nan, np.inf):
        wrong = right.copy()
        wrong[-1] = bad
        with pytest.raises(ValueError, match=f"^{name} must be finite; . of its . numbers are not"):
            model(rows_for(model, **{name: wrong}))
    for wrong in (right[:0], right[..., None], right[0]):
        with pytest.raises(ValueError, match=rf"^{name} must have the shape \(rows"):
            model(rows_for(model, **{name: wrong}))
    for wrong in (right.astype(complex), right.astype(str), right.astype(object)):
        with pytest.raises(TypeError, match=f"^{name} must hold real numbers; got"):
            model(rows_for(model, **{name: wrong}))


@every_model
def test_rows_and_answers_go_together(model):
    data = rows_for(model)
    for rows, answers in (("X", "y"), ("X_test", "y_test")):
        n = len(getattr(data, rows))
        short = getattr(data, answers)[:-1]
        with pytest.raises(ValueError, match=f"^{answers} must .* row of {rows}: {n}; got {n - 1}"):
            model(data._replace(**{answers: short}))
    for wrong in (data[:3], None, np.zeros(4)):
        with pytest.raises(TypeError, match=r"must be a Data\(X, y, X_test, y_test\); got a"):
            model(wrong)


@pytest.mark.parametrize("model", [tasks.LeastSquares, tasks.Logistic, tasks.Softmax, tasks.MLP])
def test_training_and_test_rows_have_the_same_columns(model):
    with pytest.raises(ValueError, match="X_test must have the 2 columns of X; got 3"):
        model(rows_for(model, X_test=np.ones((2, 3))))


def test_a_split_needs_pairs():
    for X, y in [(np.ones((4, 2)), np.ones(3)), (np.ones((4, 2)), 1), (1, 1)]:
        with pytest.raises(ValueError, match="X and y must have a row for each other; got"):
            tasks.split(X, y)
    data = tasks.split([[1], [2], [3], [4]], [1, 2, 3, 4])
    assert np.array_equal(data.X[:, 0], data.y) and len(data.y_test) == 1


@pytest.mark.parametrize("hidden", [(0,), (2.5,), (4, -1), (True,)])
def test_a_layer_has_units(hidden):
    with pytest.raises(ValueError, match=f"hidden must be a whole number, .* got {hidden[-1]}"):
        tasks.MLP(rows_for(tasks.MLP), hidden)


def test_hidden_is_a_tuple():
    with pytest.raises(TypeError, match="hidden must be a tuple of units, one a layer; got 32"):
        tasks.MLP(rows_for(tasks.MLP), 32)
    assert tasks.MLP(rows_for(tasks.MLP), ()).shapes == dict(W1=(2, 1), b1=(1,))


def test_a_word_is_described_by_a_number_or_more():
    with pytest.raises(ValueError, match="embedding must be a whole number, 1 or more; got 0"):
        tasks.WordPairs(rows_for(MODELS["words"]), list("abc"), 0)


@pytest.mark.parametrize("rows", [[0.0, 1.0], [True, False], [], 3])
def test_rows_are_whole_numbers(rows):
    with pytest.raises(ValueError, match="one or more whole numbers"):
        TASKS["diabetes"].on(rows)


@pytest.mark.parametrize("rows", [[-1, 0], [0, 332]])
def test_rows_are_training_rows(rows):
    with pytest.raises(IndexError, match=r"must lie in 0 \.\. 331, got"):
        TASKS["diabetes"].on(rows)


def test_as_many_runs_as_rows():
    task = TASKS["diabetes"]
    with pytest.raises(ValueError, match=r"runs of w, \(3,\), do not end in .* rows, \(2,\)"):
        task.on(np.zeros((2, 5), int))(np.zeros((3, task.size)))
    with pytest.raises(ValueError, match=r"runs of w, \(\), do not end in .* rows, \(2,\)"):
        task.on(np.zeros((2, 5), int))(np.zeros(task.size))


def test_an_unknown_activation():
    data = tasks.split(np.zeros((8, 2)), np.arange(8) % 2)
    with pytest.raises(ValueError, match='"tanh" or "relu", got \'gelu\''):
        tasks.MLP(data, activation="gelu")


def test_many_runs_do_not_fill_the_memory():
    task = TASKS["digits_mlp"]
    w = np.zeros((300, task.size))
    tracemalloc.start()
    try:
        task(w)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    hidden = 300 * task.n * 32 * w.itemsize  # what one layer's outputs would take at once
    assert peak < 4 * w.nbytes + 2**23 < hidden / 2
