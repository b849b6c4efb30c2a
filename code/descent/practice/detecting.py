"""How a test that a learner writes is judged: by what it accepts, and by what it lets pass.

It is handed right things and wrong ones, and says of each whether it is right. What kind of wrong
ones it lets pass tells what it doesn't look at.
"""

import ast
import functools
import inspect
import textwrap

import numpy as np

from descent import rules

from .calls import Caller, NotBegun, Played, Refused, brief, name_of
from .judging import Verdict
from .mistakes import BY_ID, edited, function_of, source, wrong_answers
from .playing import steps_along

FORM = "A test answers with one True or False."


def _said(result, submission):
    """What a test said, as a bool."""
    if result is Ellipsis or result is NotImplemented:
        raise NotBegun
    name = name_of(submission)
    if result is None:
        raise Refused(f"{name} returned None. {FORM} Is there a `return` on every way through it?")
    if np.ndim(result) and np.size(result) != 1:
        raise Refused(
            f"{name} returned {brief(result)}. {FORM} Which of these answers should count: all of "
            "them?"
        )
    said = np.asarray(result)
    if said.dtype.kind != "b" and not (said.dtype.kind in "iu" and said.item() in (0, 1)):
        raise Refused(f"{name} returned {brief(result)}. {FORM}")
    return bool(said.item())


# One function that is wrong


def play_two(right, wrong):
    """How a test is played that should tell one function from another."""

    def play(exercise, submission):
        played = Played()
        call = Caller(submission, played, exercise.required)
        call.check_fit(len(exercise.required), exercise.hyper)
        for function in (right, wrong):
            said = _said(call(function), submission)
            played.add(function.__name__, function.__name__, float(said), "")
        call.again()
        said = [bool(value) for _, _, value, _ in played.values]
        played.seen["cause"] = "" if said == [True, False] else _cause(submission, right, wrong)
        return played

    return play


def _cause(test, right, wrong):
    """Why a test of a symptom without a gradient doesn't tell two functions apart, if it shows."""
    handed = []

    def watched(*args, **kwargs):
        handed.append(inspect.signature(right).bind_partial(*args, **kwargs).arguments)
        return right(*args, **kwargs)

    test(watched)
    if not handed:
        return (
            "It never calls what it is handed: does it call by another name, or return before it "
            "has asked?"
        )
    if any(np.any(call.get("g", 0)) for call in handed):
        return (
            "It hands in a gradient that isn't zero, so that Adam's own step is in what the "
            "weights lose. What was seen was seen without a gradient."
        )
    near = _with_room(test)
    if near is not None and near(right) and not near(wrong):
        return (
            "It compares in all digits. What comes of floating-point numbers agrees in many of "
            "them, and hardly ever in all: `np.isclose` leaves room for that."
        )
    return ""


class _Room(ast.NodeTransformer):
    """Puts `np.isclose` in the place of `==` and `!=`."""

    def visit_Compare(self, node):
        self.generic_visit(node)
        if len(node.ops) > 1 or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
            return node
        close = ast.parse("np.isclose(a, b)", mode="eval").body
        close.args = [node.left, *node.comparators]
        apart = isinstance(node.ops[0], ast.NotEq)
        return ast.UnaryOp(ast.Invert(), close) if apart else close


def _with_room(test):
    """A test as it would be if it compared with some room; None where its text can't be had."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(test)))
    except (OSError, TypeError, SyntaxError):
        return None
    if not isinstance(tree.body[0], ast.FunctionDef):
        return None
    names = test.__globals__ | {"np": np}
    exec(compile(ast.fix_missing_locations(_Room().visit(tree)), "<room>", "exec"), names)
    return names[test.__name__]


def judge_two(exercise, played):
    """Judge a test by what it says of a right function and of a wrong one."""
    right, wrong = (bool(value) for _, _, value, _ in played.values)
    if right and not wrong:
        return Verdict(True, "Your test sees the fault.")
    blind = "test-passes-all" if right else "test-fails-all"
    if right != wrong:
        return _verdict("test-turned-round", played.seen["cause"])
    return _verdict(blind, played.seen["cause"])


# Gradients


def _bowl(x):
    return float(0.5 * (np.array([1, 20, 3, 7, 2]) * x**2).sum() + x[0] * x[1])


def _bowl_gradient(x):
    return np.array([1, 20, 3, 7, 2]) * x + np.array([x[1], x[0], 0, 0, 0])


def _waves(x):
    return float(np.sin(x).sum() + np.exp(x[0] / 2))


def _waves_gradient(x):
    return np.cos(x) + np.array([np.exp(x[0] / 2) / 2, *[0.0] * (len(x) - 1)])


def _scaled(function, scale):
    return lambda x: scale * function(x)


def _in_one_place(place, change):
    def changed(g):
        g = g.copy()
        g[place] = change(g[place])
        return g

    return changed


def _cancelling(g):
    size = 0.2 * np.abs(g).max()
    return g + size * np.array([1, -1, 0, 0, 0])


# What is wrong with a gradient: one with ...
FAULTS = {
    "its sign turned": lambda g: -g,
    "all entries doubled": lambda g: 2 * g,
    "all entries halved": lambda g: g / 2,
    "all entries 2 % too large": lambda g: 1.02 * g,
    "the sign of its first entry turned": _in_one_place(0, lambda x: -x),
    "a 0 for its second entry": _in_one_place(1, lambda x: 0 * x),
    "its fourth entry halved": _in_one_place(3, lambda x: x / 2),
    "its last entry doubled": _in_one_place(4, lambda x: 2 * x),
    "two entries exchanged": lambda g: g[[1, 0, 2, 3, 4]],
    "errors that cancel": _cancelling,
    "something added to every entry": lambda g: g + 0.1 * np.abs(g).max(),
    "something taken from every entry": lambda g: g - 0.1 * np.abs(g).max(),
}
# The third entry of the first gradient is 0.
LOSSES = (
    ("a bowl", _bowl, _bowl_gradient, np.array([1.0, -0.5, 0.0, 0.8, 2.0])),
    ("waves", _waves, _waves_gradient, np.array([0.3, -1.0, 2.0, 0.5, 2.6])),
)
SCALES = {1: "", 1e5: " times 100,000", 1e-5: " times 0.00001"}


def play_gradient_test(exercise, submission):
    """Hand in right and wrong gradients of two losses, each at three scales."""
    played = Played(seen=dict(asked=[]))
    call = Caller(submission, played, exercise.required)
    call.check_fit(len(exercise.required), exercise.hyper)
    for scale, words in SCALES.items():
        for name, loss, gradient, x in LOSSES:
            loss = _scaled(loss, scale)
            for fault, change in ((None, lambda g: g), *FAULTS.items()):

                def handed(x, gradient=gradient, change=change, scale=scale):
                    return change(scale * gradient(x))

                said = _said(call(loss, handed, x.copy()), submission)
                played.seen["asked"].append((fault, scale, name, said))
                title = f"{fault or 'right'}, {name}{words}"
                played.add(title, title, float(said), "")
    call.again()
    return played


def judge_gradient_test(exercise, played):
    """Judge a gradient check by which right ones it refuses, and which wrong ones it accepts."""
    asked = played.seen["asked"]
    refused = [(scale, name) for fault, scale, name, said in asked if not fault and not said]
    missed = [(fault, scale, name) for fault, scale, name, said in asked if fault and said]
    if not (refused or missed):
        wrong = sum(fault is not None for fault, *_ in asked)
        return Verdict(
            True, f"Right: {wrong} wrong gradients caught, {len(asked) - wrong} right ones passed."
        )
    if len(missed) + len(refused) > 0.9 * len(asked) and refused:
        return _verdict("test-turned-round", "")
    if not refused and all(said for *_, said in asked):
        return _verdict("test-passes-all", "")
    if not missed and not any(said for *_, said in asked):
        return _verdict("test-fails-all", "")
    # An entry that is 0 agrees with many a wrong one, so the other loss tells more.
    kinds = {fault for fault, _, name in missed if name == "waves"}
    kinds = kinds or {fault for fault, *_ in missed}
    words = _those(refused, missed)
    scales = {scale for scale, _ in refused} | {scale for _, scale, _ in missed}
    if 1 not in scales:
        return _verdict("test-without-scale", words)
    if len(refused) == len(SCALES) * len(LOSSES) and len(kinds) == 1:
        (only,) = kinds
        if only == "its sign turned":
            return _verdict("difference-turned", words)
        if only in ("all entries doubled", "all entries halved"):
            return _verdict("width-miscounted", words)
    if refused:
        bowl = all(name == "a bowl" for _, name in refused)
        return _verdict("test-divides-by-zero" if bowl else "test-too-strict", words)
    if len(kinds) > len(FAULTS) / 2 and "its sign turned" not in kinds:
        return _verdict("test-of-descent", words)
    for mistake, known in BLIND_TO.items():
        if kinds <= known:
            return _verdict(mistake, words)
    return Verdict(False, f"Your test doesn't look at enough. {words}")


SIZES = {"all entries doubled", "all entries halved", "all entries 2 % too large"}
SIGNS = {"its sign turned", "the sign of its first entry turned"}
CANCEL = {"errors that cancel", "two entries exchanged"}
ONE = {fault for fault in FAULTS if "its" in fault and "entry" in fault}
SHIFTS = {"something added to every entry", "something taken from every entry"}
# Where nothing but these passes, that is what a test doesn't see: the narrowest first.
BLIND_TO = {
    "test-too-coarse": {"all entries 2 % too large"},
    "test-of-direction": SIZES,
    "test-lets-errors-cancel": CANCEL,
    "test-of-sizes": SIGNS | {"two entries exchanged"},
    "test-of-some-entries": ONE | CANCEL,
    "test-of-one-sign": SIZES | SIGNS | ONE | SHIFTS,
}


def _those(refused, missed):
    """What was refused and is right, and what was accepted and is wrong."""
    words = []
    if refused:
        scale, name = refused[0]
        words.append(f"It refuses the right gradient of {name}{SCALES[scale]}.")
    if missed:
        fault, scale, name = missed[0]
        count = f"{len(missed)} wrong gradients" if len(missed) > 1 else "a wrong gradient"
        words.append(f"It accepts {count}, such as that of {name}{SCALES[scale]} with {fault}.")
    return " ".join(words)


def _verdict(name, words):
    return Verdict(False, f"{BY_ID[name].tells('gradient_test')} {words}".rstrip(), name)


# Adam

# Adams, written another way: all of them are right.
RIGHT = (
    "",
    "m_hat = m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)\n    return lr * m_hat / "
    "(np.sqrt(v_hat) + eps) -> return lr * np.sqrt(1 - beta2**t) / (1 - beta1**t) * m / "
    "(np.sqrt(v) + eps * np.sqrt(1 - beta2**t))",
    "beta1 * m + (1 - beta1) * g -> m + (1 - beta1) * (g - m); "
    "beta2 * v + (1 - beta2) * g**2 -> v + (1 - beta2) * (g * g - v)",
)


@functools.cache
def right_ones():
    """Adam in several styles."""
    text = source(rules.adam)
    return tuple(function_of(edited(text, edit) if edit else text, rules.adam) for edit in RIGHT)


@np.errstate(all="ignore")
def play_adam_test(exercise, submission):
    """Hand in Adam in several styles, and every wrong Adam of the bank."""
    played = Played(seen=dict(passed=[], which=[]))
    call = Caller(submission, played, exercise.required)
    call.check_fit(len(exercise.required), exercise.hyper)
    for number, rule in enumerate(right_ones()):
        played.add("right", f"Adam {number}", float(_said(call(rule), submission)), "")
    for number, (name, edit, rule) in enumerate(wrong_answers(rules.adam)):
        try:
            said = _said(call(rule), submission)
        except (Refused, NotBegun):
            raise
        except Exception:  # What a test stumbles over, it doesn't accept.
            said = False
        played.add(name, edit, float(said), "")
        if said:
            played.seen["passed"].append(name)
            played.seen["which"].append(number)
    call.again()
    return played


# What a test doesn't look at, by the wrong Adams that it lets pass: the first that fits is told.
UNSEEN = (
    ("test-of-the-outcome", {"no-correction", "only-m-corrected"}),
    ("test-of-the-first-step", {"corrected-kept"}),
    ("test-of-steady-gradients", {"g-for-m"}),
    ("test-at-size-one", {"no-root", "root-multiplies", "square-forgotten", "abs-for-square"}),
    ("test-of-steady-gradients", {"betas-swapped"}),
    ("test-blind-to-eps", {"eps-inside", "eps-hat", "eps-outside", "eps-forgotten", "eps-fixed"}),
    ("test-of-one-number", {"scalar-accumulator"}),
    ("test-at-one-lr", {"lr-forgotten", "lr-twice"}),
)


def _is_no_number(rule):
    """Whether one of the first steps of a rule is no number."""
    hyper = dict(lr=0.1, beta1=0.8, beta2=0.95, eps=0.01)
    return not np.isfinite(steps_along(rule, np.array([1.0, -3.0, 2.0, 0.5]), hyper)).all()


def judge_adam_test(exercise, played):
    """Judge a test of Adam by how many wrong ones it lets pass, and of which kind."""
    said = [bool(value) for _, _, value, _ in played.values]
    accepts, passed = said[: len(RIGHT)], played.seen["passed"]
    wrong = len(said) - len(RIGHT)
    if all(accepts) and not passed:
        return Verdict(
            True,
            f"Right: {wrong} wrong Adams caught; {len(RIGHT)} right ones, in three styles, passed.",
        )
    if not any(accepts) and len(passed) > 0.9 * wrong:
        return _verdict("test-turned-round", "")
    if not any(said):
        return _verdict("test-fails-all", "")
    if all(said):
        return _verdict("test-passes-all", "")
    kinds = list(dict.fromkeys(passed))
    words = f"It lets {len(passed)} of {wrong} wrong Adams pass"
    words += f", such as `{'`, `'.join(kinds[:3])}`." if passed else "."
    if not any(accepts) and len(kinds) == 1:
        says = f"What your test expects is no Adam. {BY_ID[kinds[0]].tells(exercise.name)}"
        return Verdict(False, f"{says} {words}", kinds[0])
    if not all(accepts):
        return _verdict("test-too-strict", words)
    bank = wrong_answers(rules.adam)
    if all(_is_no_number(bank[number][-1]) for number in played.seen["which"]):
        return _verdict("test-passes-nan", words)
    for name, unseen in UNSEEN:
        if unseen & set(passed):
            return _verdict(name, words)
    return Verdict(False, f"Your test doesn't look at enough. {words}")
