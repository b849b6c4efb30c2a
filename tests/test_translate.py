"""A rule's text on another machine: the same numbers, or a sentence that says why not."""

import ast
import inspect
import math
import re

import nbformat
import numpy as np
import pytest

import book
import bundle
import carried
from contents import BOOK, NOTEBOOKS, ROOT
from descent import rules
from descent.translate import Untranslatable, javascript, module, read
from every_rule import ELEMENTWISE, defaults

# The only places besides rules.py where a rule is written out: cells that teach by it. Its notebook
# and cell, its name there, and the rule.
WRITTEN_OUT = {
    ("exercises/adam.ipynb#exhibit-b-code", "exhibit_b", "adam"),
    ("exercises/adam_promises.ipynb#outliers-stub", "clipped_sgd", "gd"),
    ("exercises/beyond_adam.ipynb#own-stub", "mine", "adam"),
    ("exercises/momentum.ipynb#forms-blank-line", "sum_with_a_blank", "momentum"),
    ("solutions/adagrad.ipynb#museum-solution", "exhibit", "adagrad"),
    ("solutions/adagrad.ipynb#rule-solution", "my_adagrad", "adagrad"),
    ("solutions/adam.ipynb#exhibit-a-solution", "exhibit_a", "adam"),
    ("solutions/adam.ipynb#exhibit-b-solution", "exhibit_b", "adam"),
    ("solutions/adam.ipynb#exhibit-c-solution", "exhibit_c", "adam"),
    ("solutions/adam.ipynb#exhibit-d-solution", "exhibit_d", "adam"),
    ("solutions/adam_challenges.ipynb#cure-solution", "my_amsgrad", "amsgrad"),
    ("solutions/adam_promises.ipynb#promise-solution", "broken", "adam"),
    ("solutions/gradient_descent.ipynb#rule-solution", "my_rule", "gd"),
    ("solutions/mixed.ipynb#exhibit-6-solution", "exhibit_6", "amsgrad"),
    ("solutions/momentum.ipynb#ahead-solution", "my_nesterov", "nesterov"),
    ("solutions/momentum.ipynb#exhibit-a-solution", "exhibit_a", "momentum"),
    ("solutions/momentum.ipynb#exhibit-b-solution", "exhibit_b", "momentum"),
    ("solutions/momentum.ipynb#forms-average", "my_average", "momentum_ema"),
    ("solutions/momentum.ipynb#forms-sum", "my_sum", "momentum"),
    ("solutions/rmsprop.ipynb#ball-solution", "my_ball", "rmsprop_momentum"),
    ("solutions/rmsprop.ipynb#exhibit-a-solution", "exhibit_a", "rmsprop"),
    ("solutions/rmsprop.ipynb#exhibit-b-solution", "exhibit_b", "rmsprop"),
    ("solutions/rmsprop.ipynb#rule-solution", "my_rmsprop", "rmsprop"),
    ("tests/test_practice_broken.py", "one_line", "rmsprop"),
    ("tests/test_practice_plan.py", "again", "momentum"),
}


def walked(rule, gradients, **hyper):
    """Each step and each number in memory of a rule, on these gradients."""
    memory, rows = {}, []
    for g in gradients:
        step, memory = rule(g, **memory, **hyper)
        rows.append([step, *(np.broadcast_to(value, g.shape) for value in memory.values())])
    return np.array(rows)


WALK = """([text, gradients, hyper]) => {
    const rule = new Function(`return ${text}`)();
    let memories = gradients[0].map(() => ({}));
    return gradients.map((row) => {
        const moved = row.map((g, i) => rule(g, memories[i], hyper));
        memories = moved.map(([, memory]) => memory);
        const names = Object.keys(memories[0]);
        return [moved.map(([step]) => step), ...names.map((n) => memories.map((m) => m[n]))];
    });
}"""


def rough(n=300, d=8):
    """Gradients of many sizes, with zeros among them."""
    rng = np.random.default_rng(0)
    g = rng.normal(size=(n, d)) * 10.0 ** rng.integers(-6, 3, size=(n, d))
    g[rng.random((n, d)) < 0.1] = 0
    return g


@pytest.mark.parametrize("rule", ELEMENTWISE, ids=lambda rule: rule.__name__)
def test_javascript_gives_the_same_numbers(page, rule):
    g, hyper = rough(), defaults(rule)
    with np.errstate(divide="ignore", invalid="ignore"):
        ours = walked(rule, g, **hyper)
    theirs = page.evaluate(WALK, [javascript(rule), g.tolist(), hyper])
    scale = np.abs(ours).max(axis=(0, 2), keepdims=True)
    assert (np.abs(np.array(theirs) - ours) <= 1e-12 * scale).all()


def test_the_page_has_what_python_writes(site):
    """Byte for byte, and before the page's own text, which has no rule."""
    served = (book.SITE / "_static" / "figures.mjs").read_text(encoding="utf-8")
    assert served.startswith(module(ELEMENTWISE))
    assert served == carried.scripts()["figures.mjs"]


def test_the_page_has_no_rule_by_hand():
    """No arithmetic on anything that is named as a rule's hyper-parameter."""
    named = "|".join({name for rule in ELEMENTWISE for name in defaults(rule)} - {"lr"})
    folder = bundle.SOURCES.parent / "figures"
    sources = [folder / f"{name}.mjs" for name in ("arithmetic", "core", "walk")]
    sources.append(bundle.SOURCES / "descent.mjs")
    own = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    assert not re.search(rf"[-+*/] ({named})\b|\b({named}) [-+*/]", own)


def skeleton(function):
    """A function's tree without what doesn't matter: names, annotations, its docstring."""
    function = ast.parse(ast.unparse(function)).body[0]
    if ast.get_docstring(function) is not None:
        del function.body[0]
    numbers = {}
    for node in ast.walk(ast.Module(function.body, [])):
        if isinstance(node, ast.Name):
            node.id = f"x{numbers.setdefault(node.id, len(numbers))}"
        elif isinstance(node, ast.keyword):
            node.arg = "x"
    return ast.dump(ast.Module(function.body, []))


RULES = {
    skeleton(ast.parse(inspect.getsource(rule)).body[0]): rule.__name__ for rule in ELEMENTWISE
}


def repeated(source, where):
    """The rules that a text repeats, each as (where, its name there, the rule)."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and skeleton(node) in RULES:
            yield where, node.name, RULES[skeleton(node)]


def test_a_rule_stands_in_one_place():
    """In the tests, a step of `lr * g` is not a copy of gd: many a helper there has that line."""
    found = set()
    for folder in ("code", "tools", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            if path != ROOT / "code" / "descent" / "rules.py":
                where = path.relative_to(ROOT).as_posix()
                found |= set(repeated(path.read_text(encoding="utf-8"), where))
    for name in NOTEBOOKS:
        for cell in nbformat.read(BOOK / name, as_version=4).cells:
            if cell.cell_type == "code":
                found |= set(repeated(cell.source, f"{name}#{cell.id}"))
    found = {row for row in found if not (row[0].startswith("tests/") and row[2] == "gd")}
    assert found == WRITTEN_OUT


def test_a_repeated_rule_is_seen_whatever_it_is_called():
    text = inspect.getsource(rules.adam)
    for old, new in (("def adam", "def f"), ("m_hat", "a"), ("v_hat", "b"), ("beta1", "p")):
        text = text.replace(old, new)
    assert [rule for *_, rule in repeated(text, "here")] == ["adam"]
    assert not list(repeated(text.replace("b) + eps", "b + eps)"), "here"))


# Learners' own rules.


def with_dict_display(g, m=0.5, *, lr=0.1, beta=0.5):
    """Its docstring is not carried over."""
    m = -(beta**2) * m + g
    return lr * -m, {"m": m}


def with_branches(g, m=0, t=0, *, lr=0.1, beta=0.9, late=3):
    t += 1
    share = 1 if t < 2 else beta if t < late and not t >= 4 else 0.5
    if t > late or beta == 0:
        g = g / max(t, 2)
    elif t == late:
        return lr * g, dict(m=m, t=t)
    m = share * m + (1 - share) * g
    return lr * math.sqrt(t) * np.maximum(m, -1), dict(t=t, m=m)


def with_powers(g, m=0, *, lr=0.1, beta=0.9):
    a = 2 ** -(beta**2)
    m = (a - (beta - 0.5) - 1) * m - (-g) ** 2 / (a / 2 / 4) * (1 / (2 * a)) + np.pi * g**3
    return lr * np.tanh(m), dict(m=m)


@pytest.mark.parametrize("rule", [with_dict_display, with_branches, with_powers])
def test_other_ways_to_write_a_rule(page, rule):
    g, hyper = rough(n=20), defaults(rule)
    theirs = page.evaluate(WALK, [javascript(rule), g.tolist(), hyper])
    ours = walked(rule, g, **hyper)
    np.testing.assert_allclose(theirs, ours, rtol=1e-12, atol=1e-12)


def test_what_depends_on_the_gradient_is_known_from_what_does_not():
    assert {rule.__name__: sorted(read(rule).arrays) for rule in ELEMENTWISE} == {
        "gd": [],
        "momentum": ["m"],
        "momentum_ema": ["m"],
        "nesterov": ["m"],
        "rmsprop": ["v"],
        "rmsprop_momentum": ["m", "v"],
        "adagrad": ["v"],
        "adam": ["m", "v"],
        "adamax": ["m", "u"],
        "nadam": ["m", "v"],
        "radam": ["m", "v"],
        "amsgrad": ["m", "v", "v_max"],
        "adabelief": ["m", "s"],
        "lion": ["m"],
    }
    assert read(with_branches).arrays == {"m"}


LIMIT = 1.0


def uses_a_global(g, *, lr=0.1):
    return lr * np.minimum(g, LIMIT), {}


def calls_another(g, *, lr=0.1):
    return rules.gd(g, lr=lr)


def takes_a_mean(g, *, lr=0.1):
    return lr * g / np.mean(g), {}


def takes_a_norm(g, *, lr=0.1):
    return lr * g / np.linalg.norm(g), {}


def branches_on_an_array(g, m=0, *, lr=0.1):
    m = m + g
    if m > 0:
        return lr * g, dict(m=m)
    return g, dict(m=m)


def chooses_on_an_array(g, *, lr=0.1):
    return (lr if g > 0 else -lr), {}


def compares_an_array(g, *, lr=0.1):
    return lr * (g > 0), {}


def loops(g, *, lr=0.1):
    for _ in range(3):
        g = g / 2
    return lr * g, {}


def changes_in_place(g, m=0, *, lr=0.1):
    m += g
    return lr * m, dict(m=m)


def divides_whole(g, *, lr=0.1):
    return lr * (g // 1), {}


def forgets(g, m=0, *, lr=0.1):
    return lr * g, {}


def returns_one(g, *, lr=0.1):
    return lr * g


def ends(g, t=0, *, lr=0.1):
    if t < 5:
        return lr * g, dict(t=t + 1)


def unset(g, t=0, *, lr=0.1):
    if t > 5:
        late = 2
    return lr * g * late, dict(t=t + 1)


def two_at_once(g, m=0, *, lr=0.1):
    a, b = g, m
    return lr * a, dict(m=b)


def without_form(g, m, *, lr=0.1):
    return lr * g, dict(m=m)


def starts_infinite(g, m=math.inf, *, lr=0.1):
    return lr * g, dict(m=m + g)


def one_argument(g, *, lr=0.1):
    return lr * np.sqrt(g, g), {}


def of_numbers(g, *, lr=0.1):
    return lr * max(g, 0), {}


def closure(limit=2.0):
    def rule(g, *, lr=0.1):
        return lr * g / limit, {}

    return rule


@np.vectorize
def decorated(g, *, lr=0.1):
    return lr * g, {}


def wrapped():
    def rule(g, *, lr=0.1):
        return 2 * lr * g, {}

    rule.__wrapped__ = rules.gd
    return rule


@pytest.mark.parametrize(
    "rule, why",
    [
        (rules.muon, "needs a whole matrix at once"),
        (rules.adafactor, "needs a whole matrix at once"),
        (uses_a_global, "uses a name that is neither its parameter nor set before: `LIMIT`"),
        (calls_another, "must return its step and a dict of its memory"),
        (takes_a_mean, r"has an operation that isn't on the list: `np.mean\(g\)`"),
        (takes_a_norm, r"has an operation that isn't on the list: `np.linalg.norm\(g\)`"),
        (branches_on_an_array, "decides by what depends on the gradient: `m > 0`"),
        (chooses_on_an_array, "decides by what depends on the gradient"),
        (compares_an_array, "decides by what depends on the gradient: `g > 0`"),
        (loops, "does more than assign, branch and return"),
        (changes_in_place, r"may change an array that it was given: `m \+= g`"),
        (divides_whole, "has an operation that isn't on the list: `g // 1`"),
        (forgets, "must return the memory that it takes"),
        (returns_one, "must return its step and a dict of its memory"),
        (ends, "can end without a `return`"),
        (unset, "uses a name that is neither its parameter nor set before: `late`"),
        (two_at_once, "assigns to more than one name"),
        (without_form, "must have the form"),
        (starts_infinite, "starts m at something else than a number, inf"),
        (one_argument, "calls np.sqrt with 2 arguments"),
        (of_numbers, "hands an array to a function of numbers"),
        (closure(), "uses limit from the function around it"),
        (decorated, "isn't a plain function"),
        (wrapped(), "isn't a plain function"),
        (lambda g, *, lr=0.1: (lr * g, {}), "has no text that can be read|isn't a plain `def`"),
        (len, "isn't a plain function"),
        (eval(compile("lambda g: (g, {})", "nowhere", "eval")), "has no text that can be read"),
    ],
)
def test_what_cannot_be_carried_over_is_refused_with_a_reason(rule, why):
    with pytest.raises(Untranslatable, match=f"can't be carried over, since it ({why})"):
        javascript(rule)


def test_a_text_that_is_not_what_runs_is_refused():
    space = {"np": np}
    exec(inspect.getsource(rules.gd), space)
    changed = space["gd"]
    changed.__code__ = (lambda g, *, lr=0.1: (2 * lr * g, {})).__code__.replace(
        co_filename=rules.__file__, co_firstlineno=rules.gd.__code__.co_firstlineno
    )
    with pytest.raises(Untranslatable, match=r"isn't (what its text says|a plain `def`)"):
        read(changed)


def test_another_np_is_refused():
    space = {"np": math}
    code = compile(inspect.getsource(inspect.getmodule(rules.gd)), rules.__file__, "exec")
    exec(code, space)
    space["np"] = math
    with pytest.raises(Untranslatable, match="means something else by np"):
        read(space["rmsprop"])


def test_a_word_of_javascript_is_refused_as_a_name():
    with pytest.raises(Untranslatable, match="JavaScript keeps the name `new` for itself"):
        javascript(with_a_javascript_word)


def with_a_javascript_word(g, *, lr=0.1):
    new = lr * g
    return new, {}
