"""Every rule walks step by step with its twin in torch.optim or Optax.

Without the two libraries these tests are skipped, and fail where CI=true.
"""

import ast
import functools
import inspect
import operator
import os
import re
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contents import BOOK
from descent import Optimizer, rules, schedules
from descent.averaging import ScheduleFree

STEPS = 300
LOOKS = {1, 2, 3, 10, 100, STEPS}
RTOL = {"float64": 1e-12, "float32": 1e-5}
cases = settings(max_examples=30, database=None)

lr = st.floats(-6, 0).map(lambda power: 10.0**power)
momentum = st.floats(0.001, 0.9999)  # At 0, torch keeps no buffer.
# torch computes beta * m + (1 - beta) * g as m + (1 - beta) * (g - m). For a small beta and a zero
# gradient almost all digits cancel there, and float32 keeps too few to compare with.
beta = st.one_of(st.just(0.0), st.floats(0.1, 0.9999))
eps = st.floats(-12, -1).map(lambda power: 10.0**power)
weight_decay = st.one_of(st.just(0.0), st.floats(0, 0.5))
seeds = st.integers(0, 2**32 - 1)
shapes = st.sampled_from([(), (0,), (3,), (2, 3), (2, 0, 3), (1, 4, 1)])


@pytest.fixture(autouse=True, scope="module")
def libraries():
    """The twins, in float64 where they would use float32: NAdam's product, and all of Optax."""
    # Not at the top: every worker collects this file, and the three take 300 MB and seconds.
    global jax, optax, torch
    try:
        import jax
        import optax
        import optax.contrib
        import torch
    except ImportError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"torch, jax and optax are needed: {error}")
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    with jax.enable_x64(True):
        yield
    torch.set_default_dtype(torch.float32)


@st.composite
def starts(draw):
    """Two or three arrays, each of a shape and a dtype of its own."""
    rng = np.random.default_rng(draw(seeds))
    dtypes = st.sampled_from(["float64", "float32"])
    kinds = draw(st.lists(st.tuples(shapes, dtypes), min_size=2, max_size=3))
    return [np.asarray(rng.normal(size=shape), dtype) for shape, dtype in kinds]


def gradients(params, seed):
    """All steps' gradients: of any size, each coordinate with its own, one in five zero."""
    rng = np.random.default_rng(seed)
    for p in params:
        scale = 10 ** rng.uniform(-3, 3, p.shape)
        g = scale * rng.normal(size=(STEPS, *p.shape)) * (rng.random((STEPS, *p.shape)) > 0.2)
        yield g.astype(p.dtype)


def defaults(function):
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


class Close:
    """Compares arrays within their dtype's tolerance of the largest entry that they have had.

    Parameters in float32 round at each of 300 additions, so theirs is the way that they have come.
    """

    def __init__(self):
        self.largest = {}

    def __call__(self, ours, theirs, label, dtype, way=0.0):
        assert np.shape(ours) == theirs.shape, label
        if theirs.size:
            largest = max(self.largest.get(label, 0), np.abs(theirs).max())
            self.largest[label] = largest
            scale = max(largest, way) if dtype == "float32" else largest
            assert np.abs(ours - theirs).max() <= RTOL[dtype] * scale, label


adams = dict(lr=lr, beta1=beta, beta2=beta, eps=eps)


def betas(beta1, beta2, **rest):
    return rest | dict(betas=(beta1, beta2))


# Rule: hyper-parameters, twin in torch.optim, the twin's arguments, and where the twin keeps the
# rule's memory.
TORCH = {
    "gd": (dict(lr=lr), "SGD", lambda lr: dict(lr=lr), {}),
    "momentum": (
        dict(lr=lr, beta=momentum),
        "SGD",
        lambda lr, beta: dict(lr=lr, momentum=beta),
        dict(m="momentum_buffer"),
    ),
    # The average form is the sum form with lr and memory times 1 - beta.
    "momentum_ema": (
        dict(lr=lr, beta=beta),
        "SGD",
        lambda lr, beta: dict(lr=lr * (1 - beta), momentum=beta),
        {},
    ),
    "nesterov": (
        dict(lr=lr, beta=momentum),
        "SGD",
        lambda lr, beta: dict(lr=lr, momentum=beta, nesterov=True),
        dict(m="momentum_buffer"),
    ),
    "rmsprop": (
        dict(lr=lr, beta2=beta, eps=eps),
        "RMSprop",
        lambda lr, beta2, eps: dict(lr=lr, alpha=beta2, eps=eps),
        dict(v="square_avg"),
    ),
    "rmsprop_momentum": (
        dict(lr=lr, beta1=momentum, beta2=beta, eps=eps),
        "RMSprop",
        lambda lr, beta1, beta2, eps: dict(lr=lr, momentum=beta1, alpha=beta2, eps=eps),
        dict(m="momentum_buffer", v="square_avg"),
    ),
    "adagrad": (
        dict(lr=lr, lr_decay=st.floats(0, 1), eps=eps),
        "Adagrad",
        dict,
        dict(v="sum"),
    ),
    "adam": (
        dict(**adams, weight_decay=weight_decay),
        "AdamW",
        betas,
        dict(m="exp_avg", v="exp_avg_sq", t="step"),
    ),
    "adamax": (adams, "Adamax", betas, dict(m="exp_avg", u="exp_inf", t="step")),
    "nadam": (
        dict(**adams, momentum_decay=st.floats(0, 0.1)),
        "NAdam",
        betas,
        dict(m="exp_avg", v="exp_avg_sq", t="step", mu_product="mu_product"),
    ),
    "radam": (adams, "RAdam", betas, dict(m="exp_avg", v="exp_avg_sq", t="step")),
    "amsgrad": (
        dict(**adams, weight_decay=weight_decay),
        "AdamW",
        lambda **hyper: betas(**hyper, amsgrad=True),
        dict(m="exp_avg", v="exp_avg_sq", v_max="max_exp_avg_sq", t="step"),
    ),
}


@pytest.mark.parametrize("name", TORCH)
@cases
@given(data=st.data(), params=starts(), seed=seeds)
def test_torch(name, data, params, seed):
    strategies, twin, arguments, names = TORCH[name]
    twin = getattr(torch.optim, twin)
    hyper = data.draw(st.fixed_dictionaries(strategies))
    tensors = [torch.from_numpy(p.copy()) for p in params]
    now = [np.zeros_like(p) for p in params]
    for tensor, g in zip(tensors, now, strict=True):
        tensor.grad = torch.from_numpy(g)
    theirs = twin(tensors, **arguments(**hyper))
    if "lr_decay" in hyper:
        hyper["lr"] = schedules.inverse_time(hyper["lr"], hyper.pop("lr_decay"))
    ours = Optimizer(params, getattr(rules, name), **hyper)
    close = Close()
    way = np.zeros(len(params))
    for k, grads in enumerate(zip(*gradients(params, seed), strict=True), start=1):
        for g, new in zip(now, grads, strict=True):
            g[...] = new
        before = [p.copy() for p in params]
        ours.step(now)
        theirs.step()
        way += [np.abs(p - q).max(initial=0) for p, q in zip(params, before, strict=True)]
        if k in LOOKS:
            for i, (p, tensor) in enumerate(zip(params, tensors, strict=True)):
                close(p, tensor.numpy(), f"params[{i}]", p.dtype.name, way[i])
                for memory, key in names.items():
                    value = theirs.state[tensor][key].numpy()
                    close(ours.memory[i][memory], value, f"{memory} of {i}", p.dtype.name)


def belief(lr, beta1, beta2, eps):
    return optax.adabelief(lr, b1=beta1, b2=beta2, eps=eps, eps_root=eps)


def lion(lr, beta1, beta2):
    return optax.lion(lr, b1=beta1, b2=beta2, weight_decay=0)


def factored(lr, decay_rate, d, eps):
    """optax.adafactor without parameter scaling; its decay rate is worked out in float32, so the
    same chain is built here with the one in float64."""
    return optax.chain(
        optax.scale_by_factored_rms(
            min_dim_size_to_factor=1,
            decay_rate=decay_rate,
            epsilon=eps,
            decay_rate_fn=lambda i, c: 1 - (i + 1.0) ** -c,
        ),
        optax.clip_by_block_rms(d),
        optax.scale(-lr),
    )


def means(state):
    """Optax calls the means over the longer axis rows."""
    pairs = zip(state[0].v_row, state[0].v_col, factorable, strict=True)
    pairs = [(r, c) if rows <= columns else (c, r) for r, c, ((rows, columns), _) in pairs]
    return dict(v_row=[r for r, _ in pairs], v_col=[c for _, c in pairs])


def orthogonal(lr, beta, eps):
    return optax.contrib.muon(lr, beta=beta, eps=eps)


any_shape = [((), "float64"), ((0,), "float64"), ((2, 3), "float64"), ((4,), "float32")]
matrices = [((2, 3), "float64"), ((4, 2), "float64"), ((1, 1), "float64")]
factorable = [*matrices, ((3, 5), "float32")]

# Rule: hyper-parameters, twin, the twin's memory in its state, and the arrays to walk.
OPTAX = {
    # With small betas, s is the square of one g - m of which float32 has few digits left.
    "adabelief": (
        adams | dict(beta1=st.floats(0.1, 0.9999), beta2=st.floats(0.5, 0.9999)),
        belief,
        lambda s: dict(m=s[0].mu, s=s[0].nu),
        any_shape,
    ),
    "lion": (
        dict(lr=lr, beta1=beta, beta2=beta),
        lion,
        lambda s: dict(m=s[0].mu),
        any_shape,
    ),
    "adafactor": (
        dict(lr=lr, decay_rate=st.floats(0.1, 1), d=st.floats(0.1, 10), eps=eps),
        factored,
        means,
        factorable,
    ),
    "muon": (
        dict(lr=lr, beta=beta, eps=eps),
        orthogonal,
        lambda s: dict(m=s.inner_states["muon"].inner_state[0].mu),
        matrices,
    ),
}


@functools.cache
def walk(name):
    """Optax's walk over all steps at once, compiled: parameters and memory after each of them."""
    _, twin, memory, _ = OPTAX[name]

    @jax.jit
    def walk(hyper, params, grads):
        optimizer = twin(**hyper)

        def step(carry, grads):
            params, state = carry
            updates, state = optimizer.update(grads, state, params)
            params = optax.apply_updates(params, updates)
            return (params, state), (params, memory(state))

        return jax.lax.scan(step, (params, optimizer.init(params)), grads)[1]

    return walk


@pytest.mark.parametrize("name", OPTAX)
@cases
@given(data=st.data(), seed=seeds)
def test_optax(name, data, seed):
    strategies, _, _, kinds = OPTAX[name]
    hyper = data.draw(st.fixed_dictionaries(strategies))
    rng = np.random.default_rng(seed)
    params = [np.asarray(rng.normal(size=shape), dtype) for shape, dtype in kinds]
    grads = list(gradients(params, seed))
    points, memories = walk(name)(hyper, [p.copy() for p in params], grads)
    ours = Optimizer(params, getattr(rules, name), **hyper)
    close = Close()
    for k in range(STEPS):
        ours.step([g[k] for g in grads])
        if k + 1 in LOOKS:
            for i, p in enumerate(params):
                close(p, np.asarray(points[i][k]), f"params[{i}]", p.dtype.name)
                for memory, values in memories.items():
                    value = np.asarray(values[i][k])
                    close(ours.memory[i][memory], value, f"{memory} of {i}", p.dtype.name)


# Rule: its name there and here, where torch's defaults are not of the same name and value.
DEFAULTS = {
    "gd": ("torch.optim.SGD", dict(lr="lr")),
    "momentum": ("torch.optim.SGD", dict(lr="lr")),
    "momentum_ema": ("torch.optim.SGD", dict(lr="lr")),
    "nesterov": ("torch.optim.SGD", dict(lr="lr")),
    "rmsprop": ("torch.optim.RMSprop", dict(lr="lr", beta2="alpha", eps="eps")),
    "rmsprop_momentum": ("torch.optim.RMSprop", dict(lr="lr", beta2="alpha", eps="eps")),
    "adagrad": ("torch.optim.Adagrad", dict(lr="lr", eps="eps")),
    "adam": ("torch.optim.Adam", dict(lr="lr", eps="eps")),
    "adamax": ("torch.optim.Adamax", dict(lr="lr", eps="eps")),
    "nadam": ("torch.optim.NAdam", dict(lr="lr", eps="eps", momentum_decay="momentum_decay")),
    "radam": ("torch.optim.RAdam", dict(lr="lr", eps="eps")),
    "amsgrad": ("torch.optim.Adam", dict(lr="lr", eps="eps")),
    "adabelief": ("optax.adabelief", dict(beta1="b1", beta2="b2", eps="eps")),
    "lion": ("optax.lion", dict(beta1="b1", beta2="b2")),
    "adafactor": (
        "optax.adafactor",
        dict(decay_rate="decay_rate", d="clipping_threshold", eps="eps"),
    ),
    "muon": ("optax.contrib.muon", dict(beta="beta", eps="eps", ns_steps="ns_steps")),
}
# torch has momentum off by default. Optax has no learning rates: the first two are their papers',
# the others torch's.
OURS = {
    "momentum": dict(beta=0.9),
    "momentum_ema": dict(beta=0.9),
    "nesterov": dict(beta=0.9),
    "rmsprop_momentum": dict(beta1=0.9),
    "adabelief": dict(lr=1e-3),
    "lion": dict(lr=1e-4),
    "adafactor": dict(lr=1e-2),
    "muon": dict(lr=1e-3),
}


def test_learning_rates_that_optax_lacks_are_torchs():
    assert OURS["adafactor"]["lr"] == defaults(torch.optim.Adafactor)["lr"]
    assert OURS["muon"]["lr"] == defaults(torch.optim.Muon)["lr"]


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults(name):
    twin, names = DEFAULTS[name]
    theirs = defaults(operator.attrgetter(twin)(SimpleNamespace(torch=torch, optax=optax)))
    expected = {ours: theirs[there] for ours, there in names.items()} | OURS.get(name, {})
    if "betas" in theirs:
        expected |= zip(("beta1", "beta2"), theirs["betas"], strict=True)
    assert getattr(rules, name).__kwdefaults__ == expected


# What the table of book/package.md says of a library's default, by the name that it has here.
NUMBER = r"(−?\d\S*?)(?=[,;]|$)"
STATED = {
    rf"\blr {NUMBER}": "lr",
    rf"\beps {NUMBER}": "eps",
    rf"is beta2, {NUMBER}": "beta2",
    rf"`beta2_decay` is {NUMBER}": "beta2_decay",
    rf"weight decay {NUMBER}": "weight_decay",
    rf"sum starts at {NUMBER}": "initial_accumulator_value",
    rf"by default {NUMBER}": "momentum",
    "by default (none)": "momentum",
}
# Theirs, and ours. One pair of betas is torch's two.
SYNONYMS = dict(
    b1="beta1", b2="beta2", alpha="beta2", decay="beta2", clipping_threshold="d", learning_rate="lr"
)


def cells():
    """Each library's cell in each row of the table: rule, library, the call, and what is said."""
    page = (BOOK / "package.md").read_text(encoding="utf-8")
    for rule, *theirs in re.findall(r"^\| (?:{rule})?`(\w+)`.*? \| (.+?) \| (.+?) \|", page, re.M):
        for library, cell in zip(("torch.optim", "optax"), theirs, strict=True):
            if cell != "–":
                call, said = re.fullmatch(r"`(.+?)`[,;]?\s?(.*)", cell).groups()
                yield pytest.param(rule, library, call, said, id=f"{rule} {library}.{call}")


@pytest.mark.parametrize(("rule", "library", "call", "said"), list(cells()))
def test_the_page_says_what_another_library_does_otherwise(rule, library, call, said):
    call = ast.parse(call, mode="eval").body
    name, given = (call.func, call) if isinstance(call, ast.Call) else (call, None)
    library = torch.optim if library == "torch.optim" else optax
    twin = operator.attrgetter(ast.unparse(name))(library)
    parameters = inspect.signature(twin).parameters
    ours = getattr(rules, rule).__kwdefaults__
    if given:  # binding fails for an argument that the twin doesn't take
        passed = {keyword.arg: ast.literal_eval(keyword.value) for keyword in given.keywords}
        inspect.signature(twin).bind_partial(*map(ast.literal_eval, given.args), **passed)
        if "momentum" in passed:
            assert passed["momentum"] == ours.get("beta", ours.get("beta1"))

    stated = {}
    for pattern, what in STATED.items():
        if match := re.search(pattern, said):
            value = match[1].replace("−", "-")
            stated[what] = None if value == "none" else float(value)
            said = said.replace(match[0], "")
    # The one number left is the factor between the sum and the average.
    left = re.findall(r"(?<!\w)\d\S*", re.sub("`[^`]*`", "", said))
    assert left == (["0.1"] if "with 0.1 times the lr" in said else []), "a number is not compared"
    for code in re.findall("`([^`]+)` is ", said):
        assert code in parameters

    theirs = {SYNONYMS.get(name, name): default for name, default in defaults(twin).items()}
    theirs |= zip(("beta1", "beta2"), theirs.get("betas", ()), strict=False)
    if isinstance(theirs.get("eps"), tuple):
        del theirs["eps"]  # torch's Adafactor has two, neither of which is Optax's
    if theirs.get("lr", 0) is None:
        del theirs["lr"]  # Optax's Adafactor has a schedule of its own
    assert stated.keys() <= theirs.keys()
    expected = dict(weight_decay=0, initial_accumulator_value=0) | ours | stated
    for name in expected.keys() & theirs.keys():
        assert theirs[name] == expected[name], name


def test_every_rule_has_a_twin():
    public = {name for name, rule in vars(rules).items() if inspect.isfunction(rule)}
    assert public - {"whole_matrix"} == TORCH.keys() | OPTAX.keys() == DEFAULTS.keys()


def test_adafactor_is_optax_s_own():
    """The chain that stands for optax.adafactor differs from it by float32's rounding alone."""
    rng = np.random.default_rng(0)
    p = rng.normal(size=(3, 5))
    theirs = optax.adafactor(0.1, min_dim_size_to_factor=1, multiply_by_parameter_scale=False)
    q = jax.numpy.asarray(p)
    state, update = theirs.init(q), jax.jit(theirs.update)
    ours = Optimizer([p], rules.adafactor, lr=0.1)
    for _ in range(50):
        g = rng.normal(size=p.shape)
        ours.step([g])
        updates, state = update(g, state, q)
        q = optax.apply_updates(q, updates)
    np.testing.assert_allclose(p, q, rtol=1e-5)


def test_muon_and_torch_agree_as_far_as_bfloat16_goes():
    """For a square matrix, whose shape both scale alike; the first step, before the averages
    differ: torch's is not corrected."""
    rng = np.random.default_rng(0)
    p = rng.normal(size=(8, 8))
    q = torch.from_numpy(p.copy()).float()
    before = p.copy()
    g = rng.normal(size=p.shape)
    q.grad = torch.from_numpy(g).float()
    torch.optim.Muon([q], lr=1.0, weight_decay=0).step()
    Optimizer([p], rules.muon, lr=1.0).step([g])
    difference = np.linalg.norm(p - q.numpy())
    assert 0.01 < difference / np.linalg.norm(before - p) < 0.1


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (
            schedules.step_decay(0.1, 30, 0.5),
            lambda o: torch.optim.lr_scheduler.StepLR(o, 30, gamma=0.5),
        ),
        (
            schedules.cosine(0.1, 100, final=0.01),
            lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 100, eta_min=0.01),
        ),
        (
            schedules.warm_up(schedules.constant(0.1), 20),
            lambda o: torch.optim.lr_scheduler.LinearLR(o, 1 / 20, total_iters=19),
        ),
        (
            schedules.inverse_time(0.1, 0.5),
            lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda k: 1 / (1 + 0.5 * k)),
        ),
    ],
    ids=["step_decay", "cosine", "warm_up", "inverse_time"],
)
def test_schedules(ours, theirs):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    scheduler = theirs(optimizer)
    for k in range(101):
        assert ours(k) == pytest.approx(scheduler.get_last_lr()[0], rel=1e-12, abs=1e-16)
        optimizer.step()
        scheduler.step()


@pytest.mark.parametrize("beta", [0.5, 0.9])
def test_schedule_free(beta):
    """Optax weighs the average by lr squared, which a constant lr makes even."""
    rng = np.random.default_rng(0)
    y = rng.normal(size=3)
    q = jax.numpy.asarray(y)
    theirs = optax.contrib.schedule_free(optax.sgd(0.1), 0.1, b1=beta)
    state, update = theirs.init(q), jax.jit(theirs.update)
    ours = ScheduleFree([y], rules.gd, lr=0.1, beta=beta)
    for _ in range(STEPS):
        g = rng.normal(size=y.shape)
        ours.step([g])
        updates, state = update(g, state, q)
        q = optax.apply_updates(q, updates)
    np.testing.assert_allclose(y, q, rtol=1e-9)
    average = optax.contrib.schedule_free_eval_params(state, q)
    np.testing.assert_allclose(ours.average[0], average, rtol=1e-9)


@pytest.mark.parametrize("decoupled", [False, True])
def test_l2_and_weight_decay(decoupled):
    """L2 is part of the gradient; decoupled decay is the Optimizer's."""
    rng = np.random.default_rng(0)
    p = rng.normal(size=3)
    q = torch.from_numpy(p.copy())
    twin = torch.optim.AdamW if decoupled else torch.optim.Adam
    theirs = twin([q], lr=0.01, weight_decay=0.1)
    ours = Optimizer([p], rules.adam, lr=0.01, weight_decay=0.1 if decoupled else 0)
    for _ in range(STEPS):
        g = rng.normal(size=p.shape)
        q.grad = torch.from_numpy(g.copy())
        theirs.step()
        ours.step([g if decoupled else g + 0.1 * p])
    np.testing.assert_allclose(p, q.numpy(), rtol=1e-12)
