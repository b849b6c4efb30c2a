"""The rules by hand, by their properties, and beside the conventions that they do not follow."""

import ast
import inspect
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from descent import rules
from descent.rules import adagrad, adam, lion, momentum, momentum_ema, rmsprop

NAMES = [name for name, rule in vars(rules).items() if inspect.isfunction(rule)]
NAMES.remove("whole_matrix")
RULES = [getattr(rules, name) for name in NAMES]
named = pytest.mark.parametrize("rule", RULES, ids=NAMES)


def walk(rule, gradients, **hyper):
    """The rule's steps on these gradients, and its memory in the end."""
    steps, memory = [], {}
    for g in gradients:
        step, memory = rule(g, **memory, **hyper)
        steps.append(step)
    return steps, memory


def gradients(rule, dtype="float64", n=6):
    rng = np.random.default_rng(1)
    shape = (3, 4) if hasattr(rule, "whole_matrix") else (5,)
    return [rng.normal(size=shape).astype(dtype) for _ in range(n)]


# By hand: lr = 10, beta = beta1 = 0.2, beta2 = 3/4, and eps = 1, so that it is seen. For each
# gradient in turn, the step and the memory after it.
OPEN = dict(lr=10, beta1=0.2, beta2=0.75, eps=1)
# For the gradients 5 and 10, v is 1/4 * 25 = 6.25, the square of 2.5, and then
V2 = 0.75 * 6.25 + 0.25 * 100
# The corrections divide by 1 - 0.2 = 0.8 and 1 - 0.2**2 = 0.96, 1 - 0.75 = 0.25 and
# 1 - 0.75**2 = 0.4375, so m_hat is 5 at first and v_hat its square.
# With momentum_decay = 2, NAdam's mu are
MU = [0.2 * (1 - 0.9216 / 2), 0.2 * (1 - 0.84934656 / 2), 0.2 * (1 - 0.782757789696 / 2)]


def newton_schulz(s):
    """What Muon's step makes of a singular value."""
    return 3.4445 * s - 4.775 * s**3 + 2.0315 * s**5


ROW = np.array([[0.6, 0.8, 0, 0]])

BY_HAND = {
    "gd": (
        dict(lr=10),
        (5, 10 * 5, {}),
        (10, 10 * 10, {}),
    ),
    "momentum": (
        dict(lr=10, beta=0.2),
        (5, 10 * 5, dict(m=5)),
        (10, 10 * 11, dict(m=0.2 * 5 + 10)),
    ),
    "momentum_ema": (
        dict(lr=10, beta=0.2),
        (5, 10 * 4, dict(m=0.8 * 5)),
        (10, 10 * 8.8, dict(m=0.2 * 4 + 0.8 * 10)),
    ),
    "nesterov": (
        dict(lr=10, beta=0.2),
        (5, 10 * (0.2 * 5 + 5), dict(m=5)),
        (10, 10 * (0.2 * 11 + 10), dict(m=0.2 * 5 + 10)),
    ),
    "rmsprop": (
        dict(lr=10, beta2=0.75, eps=1),
        (5, 10 * 5 / (2.5 + 1), dict(v=6.25)),
        (10, 10 * 10 / (V2**0.5 + 1), dict(v=V2)),
    ),
    "rmsprop_momentum": (
        OPEN,
        (5, 10 * 5 / 3.5, dict(v=6.25, m=5 / (2.5 + 1))),
        (
            10,
            10 * (0.2 * 5 / 3.5 + 10 / (V2**0.5 + 1)),
            dict(v=V2, m=0.2 * 5 / 3.5 + 10 / (V2**0.5 + 1)),
        ),
    ),
    "adagrad": (
        dict(lr=10, eps=1),
        (4, 10 * 4 / (4 + 1), dict(v=16)),
        (3, 10 * 3 / (5 + 1), dict(v=16 + 9)),
    ),
    "adam": (
        OPEN,
        (5, 10 * 5 / (5 + 1), dict(m=0.8 * 5, v=6.25, t=1)),
        (
            10,
            10 * (8.8 / 0.96) / ((V2 / 0.4375) ** 0.5 + 1),
            dict(m=0.2 * 4 + 0.8 * 10, v=V2, t=2),
        ),
    ),
    "adamax": (
        OPEN,
        (5, 10 * 5 / 6, dict(m=4, u=5 + 1, t=1)),
        (-2, 10 * (-0.8 / 0.96) / 4.5, dict(m=0.2 * 4 - 0.8 * 2, u=0.75 * 6, t=2)),  # > 2 + 1.
        (-9, 10 * (-7.36 / 0.992) / 10, dict(m=-0.2 * 0.8 - 0.8 * 9, u=9 + 1, t=3)),
    ),
    "nadam": (
        OPEN | dict(momentum_decay=2),
        (
            5,
            10 * (MU[1] * 4 / (1 - MU[0] * MU[1]) + (1 - MU[0]) * 5 / (1 - MU[0])) / (5 + 1),
            dict(m=4, v=6.25, t=1, mu_product=MU[0]),
        ),
        (
            10,
            10
            * (MU[2] * 8.8 / (1 - MU[0] * MU[1] * MU[2]) + (1 - MU[1]) * 10 / (1 - MU[0] * MU[1]))
            / ((V2 / 0.4375) ** 0.5 + 1),
            dict(m=8.8, v=V2, t=2, mu_product=MU[0] * MU[1]),
        ),
    ),
    # rho_inf = 2 / (1 - 3/4) - 1 = 7, and rho = 7 - 2 * 0.75 / 0.25 = 1 at first: no division yet.
    "radam": (
        OPEN,
        (5, 10 * 4 / 0.8, dict(m=4, v=6.25, t=1)),
        (10, 10 * 8.8 / 0.96, dict(m=8.8, v=V2, t=2)),
    ),
    "amsgrad": (
        OPEN,
        (5, 10 * 5 / (5 + 1), dict(m=4, v=6.25, v_max=6.25, t=1)),
        (
            0,
            10 * (0.8 / 0.96) / ((6.25 / 0.4375) ** 0.5 + 1),
            dict(m=0.2 * 4, v=0.75 * 6.25, v_max=6.25, t=2),
        ),
    ),
    # s = 1/4 (5 - 4)^2 + 1 = 1.25, and 3/4 * 1.25 + 1/4 (10 - 8.8)^2 + 1 = 2.2975.
    "adabelief": (
        OPEN,
        (5, 10 * 5 / ((1.25 / 0.25) ** 0.5 + 1), dict(m=4, s=1.25, t=1)),
        (10, 10 * (8.8 / 0.96) / ((2.2975 / 0.4375) ** 0.5 + 1), dict(m=8.8, s=2.2975, t=2)),
    ),
    # c = 0.8 * 4 at first, and then 0.2 * 1 + 0.8 g, which is 0 at g = -1/4: there the step turns.
    "lion": (
        dict(lr=10, beta1=0.2, beta2=0.75),
        ([4, 4, 0], [10, 10, 0], dict(m=[0.25 * 4, 0.25 * 4, 0])),
        (
            [-0.24, -0.26, -1],
            [10, -10, -10],
            dict(m=[0.75 - 0.25 * 0.24, 0.75 - 0.25 * 0.26, -0.25]),
        ),
    ),
    # beta2 = 1 - 1/t is 0, then 1/2. The first square is of rank one, so u is all ones, and its
    # root mean square 1 is clipped to 1/4. The second u has one entry that isn't zero, and a root
    # mean square of half of it: clipped at 1/4, it is 1/2.
    "adafactor": (
        dict(lr=10, decay_rate=1, d=0.25, eps=0),
        (
            [[1, 2], [2, 4]],
            [[10 / 4, 10 / 4], [10 / 4, 10 / 4]],
            dict(v_row=[(1 + 4) / 2, (4 + 16) / 2], v_col=[(1 + 4) / 2, (4 + 16) / 2], t=1),
        ),
        (
            [[0, 3], [0, 0]],
            [[0, 10 / 2], [0, 0]],
            dict(v_row=[0.5 * (2.5 + 4.5), 0.5 * 10], v_col=[0.5 * 2.5, 0.5 * (10 + 4.5)], t=2),
        ),
    ),
    # All gradients lie along one row of length 1, so a matrix here is one singular value:
    # 0.2 * 4 / 0.96 + 0.8 * 5 / 0.8 = 35/6 at first, of which eps = 35/24 makes 4/5. Then m is
    # 0.2 * 4 + 0.8 * 2.5 = 2.8. The shape, 1 x 4, doubles the step.
    "muon": (
        dict(lr=10, beta=0.2, eps=35 / 24, ns_steps=1),
        (5 * ROW, 10 * 2 * newton_schulz(0.8) * ROW, dict(m=4 * ROW, t=1)),
        (
            2.5 * ROW,
            10
            * 2
            * newton_schulz(
                (0.2 * 2.8 / 0.992 + 0.8 * 2.5 / 0.96)
                / (0.2 * 2.8 / 0.992 + 0.8 * 2.5 / 0.96 + 35 / 24)
            )
            * ROW,
            dict(m=2.8 * ROW, t=2),
        ),
    ),
}


@named
def test_by_hand(rule):
    hyper, *calls = BY_HAND[rule.__name__]
    memory = {}
    for g, expected_step, expected_memory in calls:
        step, memory = rule(np.array(g, float), **memory, **hyper)
        np.testing.assert_allclose(step, expected_step, rtol=1e-14)
        assert memory.keys() == expected_memory.keys()
        for name, value in expected_memory.items():
            np.testing.assert_allclose(memory[name], value, rtol=1e-14, err_msg=name)


def test_radam_by_hand_once_it_divides():
    """At the eighth step, rho = 7 - 2 * 8 * 0.75**8 / (1 - 0.75**8) = 5.22 > 5."""
    step, memory = rules.radam(6.0, m=2, v=4, t=7, **OPEN)
    fade = 0.75**8
    rho = 7 - 16 * fade / (1 - fade)
    r = ((rho - 4) * (rho - 2) * 7 / ((7 - 4) * (7 - 2) * rho)) ** 0.5
    assert 5 < rho < 5.3
    m_hat, v = 5.2 / (1 - 0.2**8), 12  # 0.2 * 2 + 0.8 * 6, and 0.75 * 4 + 0.25 * 36.
    assert memory == pytest.approx(dict(m=5.2, v=12, t=8), rel=1e-14)
    assert step == pytest.approx(10 * r * m_hat * (1 - fade) ** 0.5 / (v**0.5 + 1), rel=1e-14)


def test_radam_does_not_divide_yet_where_rho_is_five():
    """As torch. At one of these beta2, rho comes out as 5 to the last bit, as powers round here."""

    def rho(beta2, t):
        return 2 / (1 - beta2) - 1 - 2 * t * beta2**t / (1 - beta2**t)

    near = [(0.8397685748659791, 6), (0.7678067796924252, 7), (0.7074214607621472, 9)]
    near += [(0.6937178744260639, 10), (0.6849310413287895, 11), (0.6791437362250181, 12)]
    beta2, t = next(pair for pair in near if rho(*pair) == 5)
    step, memory = rules.radam(6.0, m=2, v=4, t=t - 1, **(OPEN | dict(beta2=beta2)))
    assert step == pytest.approx(10 * 5.2 / (1 - 0.2**t), rel=1e-14)
    v = beta2 * 4 + (1 - beta2) * 36
    assert memory == pytest.approx(dict(m=5.2, v=v, t=t), rel=1e-14)


def test_adafactor_by_hand_unclipped():
    """eps = 1 in sight, and a root mean square that d = 10 lets pass. The rows' means are
    (2 + 5 + 10) / 3 = 17/3 and (17 + 2 + 2) / 3 = 7, the columns' (2 + 17) / 2, (5 + 2) / 2, 6."""
    g = np.array([[1.0, 2, 3], [4, 1, 1]])
    step, memory = rules.adafactor(g, lr=10, decay_rate=1, d=10, eps=1)
    np.testing.assert_allclose(memory["v_row"], [17 / 3, 7], rtol=1e-14)
    np.testing.assert_allclose(memory["v_col"], [19 / 2, 7 / 2, 6], rtol=1e-14)
    v = np.array([[17 / 3 * 19 / 2, 17 / 3 * 7 / 2, 17 / 3 * 6], [7 * 19 / 2, 7 * 7 / 2, 7 * 6]])
    np.testing.assert_allclose(step, 10 * g / (v / (19 / 3)) ** 0.5, rtol=1e-14)


def test_muon_changes_the_singular_values_alone():
    """Five times by default, which brings them near 1; a tall matrix isn't scaled."""
    rng = np.random.default_rng(0)
    left, right = (np.linalg.qr(rng.normal(size=(n, 3)))[0] for n in (5, 3))
    expected = np.array([1.0, 0.5, 0.1])
    g = left * expected @ right.T
    expected /= np.linalg.norm(expected)
    for _ in range(5):
        expected = newton_schulz(expected)
    np.testing.assert_allclose(rules.muon(g, lr=10)[0], 10 * left * expected @ right.T, rtol=1e-6)
    assert (abs(expected - 1) < 0.35).all()


# The form of a rule.


def test_the_rules_and_their_order():
    order = "gd momentum momentum_ema nesterov rmsprop rmsprop_momentum adagrad adam adamax nadam"
    order += " radam amsgrad adabelief lion adafactor muon"
    assert order.split() == NAMES


@named
def test_a_rule_is_at_most_ten_lines(rule):
    function = ast.parse(inspect.getsource(rule)).body[0]
    docstring, *body = function.body
    lines = {line for node in body for line in range(node.lineno, node.end_lineno + 1)}
    assert 1 <= len(lines) <= 10
    assert isinstance(docstring.value, ast.Constant)
    assert not [n for n in ast.walk(function) if isinstance(n, (ast.Raise, ast.Assert, ast.Try))]


@named
def test_the_docstring_cites_its_paper(rule):
    first = inspect.getdoc(rule).replace("\n", " ").split("). ")[0]
    assert first.rstrip(").")[-4:].isdigit()


@named
def test_memory_has_the_names_of_the_parameters(rule):
    g, *_ = gradients(rule)
    _, memory = rule(g)
    parameters = list(inspect.signature(rule).parameters.values())
    names = [p.name for p in parameters[1:] if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert list(memory) == names
    assert parameters[0].name == "g"
    assert [p.default for p in parameters[1 : len(names) + 1]] == [
        1 if name == "mu_product" else 0 for name in names
    ]


@named
def test_zero_stands_for_the_zero_array(rule):
    g, *_ = gradients(rule)
    _, memory = rule(g)
    zeros = {
        name: np.zeros_like(value)
        for name, value in memory.items()
        if isinstance(value, np.ndarray)
    }
    step, again = rule(g, **zeros)
    np.testing.assert_array_equal(step, rule(g)[0])
    assert all(np.array_equal(again[name], memory[name]) for name in memory)


@named
def test_nothing_that_a_rule_is_given_changes(rule):
    """Neither the gradient nor the memory can be written to; twice is the same as once."""
    memory = {}
    for g in gradients(rule):
        g.setflags(write=False)
        step, new = rule(g, **memory)
        again, new_again = rule(g, **memory)
        np.testing.assert_array_equal(step, again)
        for name, value in new.items():
            np.testing.assert_array_equal(value, new_again[name])
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
        memory = new


@named
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtypes(rule, dtype):
    """Steps and arrays in memory have the gradient's dtype; numbers in memory are Python's."""
    hyper = {"eps": 1e-3} if "eps" in inspect.signature(rule).parameters else {}
    check_dtypes(rule, gradients(rule, dtype, n=12), hyper, dtype)
    if not hasattr(rule, "whole_matrix"):
        check_dtypes(rule, [g[0] for g in gradients(rule, dtype, n=12)], hyper, dtype)


def check_dtypes(rule, given, hyper, dtype):
    memory = {}
    for g in given:
        step, memory = rule(g, **memory, **hyper)
        assert step.dtype == dtype
        for name, value in memory.items():
            if name in ("t", "mu_product"):
                assert type(value) is (int if name == "t" else float)
            else:
                assert value.dtype == dtype, name


def test_marked_rules():
    assert [rule.__name__ for rule in RULES if hasattr(rule, "whole_matrix")] == [
        "adafactor",
        "muon",
    ]


# What a rule promises.

sizes = st.floats(-8, 8).map(lambda power: 10.0**power)
signs = st.sampled_from([-1.0, 1.0])


@given(st.lists(st.tuples(signs, sizes), min_size=1, max_size=5), sizes)
def test_adam_s_first_step_is_lr_times_the_sign(parts, lr):
    g = np.array([sign * size for sign, size in parts])
    step, _ = adam(g, lr=lr, eps=0)
    np.testing.assert_allclose(step, lr * np.sign(g), rtol=1e-12)


@pytest.mark.parametrize(
    "name", ["rmsprop", "rmsprop_momentum", "adagrad", "adam", "adamax", "nadam", "amsgrad"]
)
@given(powers=st.lists(st.integers(-30, 30), min_size=5, max_size=5))
def test_invariance_to_diagonal_rescaling(name, powers):
    """At eps = 0, and to the last bit for powers of two."""
    rule = getattr(rules, name)
    scale = 2.0 ** np.array(powers)
    given = gradients(rule)
    plain, _ = walk(rule, given, eps=0)
    scaled, _ = walk(rule, [scale * g for g in given], eps=0)
    np.testing.assert_array_equal(plain, scaled)


@pytest.mark.parametrize("name", ["gd", "momentum", "momentum_ema", "nesterov"])
def test_the_rest_scale_with_the_gradient(name):
    rule = getattr(rules, name)
    given = gradients(rule)
    plain, _ = walk(rule, given)
    scaled, _ = walk(rule, [8 * g for g in given])
    np.testing.assert_array_equal(8 * np.array(plain), scaled)


@given(st.floats(0.01, 0.9999), st.floats(-8, 0).map(lambda power: 10.0**power))
def test_rmsprop_corrected_is_adam_at_beta1_zero(beta2, eps):
    given = gradients(adam)
    ours, _ = walk(adam, given, lr=0.1, beta1=0, beta2=beta2, eps=eps)
    v = 0
    for t, (g, step) in enumerate(zip(given, ours, strict=True), start=1):
        _, memory = rmsprop(g, v, beta2=beta2)
        v = memory["v"]
        np.testing.assert_allclose(step, 0.1 * g / (np.sqrt(v / (1 - beta2**t)) + eps), rtol=1e-12)


@given(st.floats(0, 0.9999))
def test_lion_at_equal_betas_is_sign_descent_of_the_average(beta):
    given = gradients(lion)
    ours, _ = walk(lion, given, lr=0.1, beta1=beta, beta2=beta)
    average, _ = walk(momentum_ema, given, lr=1, beta=beta)
    np.testing.assert_array_equal(ours, 0.1 * np.sign(average))


@given(st.floats(0, 0.99))
def test_without_beta_momentum_is_gradient_descent(lr):
    given = gradients(momentum)
    plain, _ = walk(rules.gd, given, lr=lr)
    for rule in (momentum, momentum_ema, rules.nesterov):
        np.testing.assert_array_equal(walk(rule, given, lr=lr, beta=0)[0], plain)


def test_amsgrad_never_raises_its_rate():
    rng = np.random.default_rng(0)
    v_max = [0.0]
    for g in rng.normal(size=100) * np.linspace(3, 0.1, 100):
        memory = rules.amsgrad(g, v_max=v_max[-1], v=v_max[-1])[1]
        v_max.append(memory["v_max"])
    assert all(b >= a for a, b in itertools.pairwise(v_max))


# Conventions that others follow: how far apart they are from ours.


def test_eps_outside_the_root_or_inside():
    """torch, Optax and Keras (Adam): outside. Optax's RMSprop, fastai: inside. For a gradient as
    small as eps, a half against a ten thousandth of lr."""
    g = 1e-8
    outside, memory = adam(g, lr=1, eps=1e-8)
    inside = g / (memory["v"] / (1 - 0.999) + 1e-8) ** 0.5
    assert outside == pytest.approx(0.5)
    assert inside == pytest.approx(1e-4, rel=1e-6)


def test_eps_or_epsilon_hat():
    """TensorFlow and Keras correct lr, and not v: their eps counts sqrt(1 / (1 - beta2**t)) times
    as much, 31.6 times at the first step."""
    g, eps = 1e-8, 1e-8
    ours, memory = adam(g, lr=1, eps=eps)
    rate = (1 - 0.999) ** 0.5 / (1 - 0.9)
    hat = rate * memory["m"] / (memory["v"] ** 0.5 + eps)
    assert ours == pytest.approx(1 / 2)
    assert hat == pytest.approx(1 / (1 + 1000**0.5))
    assert hat == pytest.approx(adam(g, lr=1, eps=eps * 1000**0.5)[0])


def test_momentum_as_a_sum_or_an_average():
    """torch, Keras and Optax add up; the average form's steps are 1 - beta as long, to the end."""
    steady = [1.0] * 200
    added, _ = walk(momentum, steady, lr=1)
    averaged, _ = walk(momentum_ema, steady, lr=1)
    assert added[-1] == pytest.approx(10)
    assert averaged[-1] == pytest.approx(1)
    np.testing.assert_allclose(added, 10 * np.array(averaged), rtol=1e-12)


def test_lr_outside_the_velocity_or_inside():
    """torch: outside. Keras and Sutskever: inside. The same while lr is constant; when it drops to
    a tenth, ours follows at once, and theirs coasts on for 1 / (1 - beta) steps."""
    rates = [1.0] * 100 + [0.1] * 100
    m, inside, outside, velocity = 0, [], [], 0
    for lr in rates:
        step, memory = momentum(1.0, m, lr=lr)
        m = memory["m"]
        outside.append(step)
        velocity = 0.9 * velocity + lr * 1.0
        inside.append(velocity)
    np.testing.assert_allclose(inside[:100], outside[:100], rtol=1e-12)
    assert outside[100] == pytest.approx(1, rel=1e-3)
    assert inside[100] == pytest.approx(9.1, rel=1e-3)
    assert inside[-1] == pytest.approx(outside[-1], rel=1e-3)


def test_adagrad_starts_at_zero_or_at_a_tenth():
    """Keras and Optax start the sum at 0.1: the first step of a small gradient is far shorter."""
    assert adagrad(0.01, lr=1)[0] == pytest.approx(1)
    assert adagrad(0.01, v=0.1, lr=1)[0] == pytest.approx(0.01 / (0.1 + 1e-4) ** 0.5)
    assert adagrad(0.01, v=0.1, lr=1)[0] < 0.032


def test_adam_s_first_steps_uncorrected():
    """Without the correction, a steady gradient's first step is (1 - beta1) / sqrt(1 - beta2) =
    3.16 lr; with that of m alone, 31.6 lr."""
    step, memory = adam(1.0, lr=1, eps=0)
    assert step == pytest.approx(1)
    assert memory["m"] / memory["v"] ** 0.5 == pytest.approx(10**0.5)
    assert memory["m"] / (1 - 0.9) / memory["v"] ** 0.5 == pytest.approx(1000**0.5)


def test_amsgrad_takes_the_largest_before_the_correction():
    """Of v, as torch does. The largest of the corrected v stays sqrt(1 / (1 - beta2)) = 31.6 times
    larger for good after a first gradient that was large."""
    memory, largest_corrected = {}, 0
    for g in [1.0] + [0.0] * 10_000:
        _, memory = rules.amsgrad(g, **memory)
        largest_corrected = max(largest_corrected, memory["v"] / (1 - 0.999 ** memory["t"]))
    v_hat = memory["v_max"] / (1 - 0.999 ** memory["t"])
    assert (largest_corrected / v_hat) ** 0.5 == pytest.approx(31.6, rel=1e-3)


def test_rmsprop_starts_at_zero_without_correction():
    """So that its first step is sqrt(1 / (1 - beta2)) = 10 times lr, whatever the gradient."""
    assert rmsprop(1e-3, lr=1)[0] == pytest.approx(10, rel=1e-3)
    assert rmsprop(1e3, lr=1)[0] == pytest.approx(10, rel=1e-3)


def test_nadam_s_beta1_rises_slowly_fast_or_not_at_all():
    """As torch's, as Keras's, whose momentum_decay is 1, or as Optax's, whose is without end."""
    first = [rules.nadam(1.0, lr=1, momentum_decay=decay)[0] for decay in (4e-3, 1, 1e6)]
    assert first == pytest.approx([1.056, 1.063, 1.474], abs=5e-4)
    optax = 0.9 * 0.1 / (1 - 0.9**2) + 0.1 / 0.1
    assert first[2] == pytest.approx(optax, rel=1e-6)
    halfway = 0.9 * (1 - 0.5 * 0.96 ** (4e-3 * 4245))
    assert halfway == pytest.approx(0.9 * 0.75, rel=1e-4)


def test_radam_s_eps_counts_before_the_correction():
    """As in torch. In Optax it counts after it, where it is 12.9 times smaller at the sixth step,
    the first that divides."""
    steps, memory = walk(rules.radam, [1e-8] * 6, lr=1, eps=1e-8)
    plain, _ = walk(rules.radam, [1e-8] * 6, lr=1, eps=0)
    factor = 1 / (1 - 0.999**6) ** 0.5
    assert factor == pytest.approx(12.93, abs=0.01)
    assert steps[4] == plain[4] == pytest.approx(1e-8)
    assert steps[5] / plain[5] == pytest.approx(1 / (1 + factor))
    v_hat = memory["v"] / (1 - 0.999**6)
    assert v_hat**0.5 / (v_hat**0.5 + 1e-8) == pytest.approx(1 / 2)


def test_muon_scales_by_columns_over_rows():
    """As Optax, for weights of inputs x outputs. torch and Keras have them the other way round."""
    g = np.random.default_rng(0).normal(size=(2, 8))
    wide, tall = rules.muon(g, lr=1)[0], rules.muon(g.T, lr=1)[0]
    np.testing.assert_allclose(wide, 2 * tall.T, rtol=1e-10)
