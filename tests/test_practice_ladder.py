"""The rungs below a blank page: what is told before, on the way, and at the end."""

import itertools
import json
import linecache
import re

import nbformat
import numpy as np
import pytest

from contents import BOOK, NOTEBOOKS
from descent.practice import check


def rungs(kind):
    """The cells of the exercises that check such a rung: its name, and the cell's text."""
    for notebook in NOTEBOOKS:
        if notebook.startswith("exercises/"):
            for cell in nbformat.read(BOOK / notebook, as_version=4).cells:
                if found := re.search(rf'^check\("({kind}-[\w-]+)"', cell.source, re.MULTILINE):
                    assert (kind == "order") == ("order" in cell.metadata.get("tags", []))
                    yield found[1], cell.source


ORDER, BLANK = dict(rungs("order")), dict(rungs("blank"))


def shuffled(name):
    """The head of a cell with lines to put in order, the lines, and its check."""
    (head, *lines), ending = (part.split("\n") for part in ORDER[name].split("\n\n\n"))
    return head, lines, ending


def answered(text):
    """The report of a cell whose last line is its check."""
    definition, _, ending = text.rpartition("\n")
    linecache.cache["a cell"] = (len(text), None, text.splitlines(True), "a cell")
    names = dict(np=np, check=check)
    exec(compile(definition, "a cell", "exec"), names)
    return eval(ending, names)


def ordered(name, numbers):
    """The report on some of the lines, counted from 1, in an order."""
    head, lines, ending = shuffled(name)
    return answered("\n".join([head, *(lines[number - 1] for number in numbers), *ending]))


# The right order, and each line that is too many in the place of its twin, with its mistake.
RIGHT = {
    "order-minibatches": ([5, 1, 3, 2], {"repeated-rows": {5: 4}}),
    "order-momentum": ([3, 2, 4], {"g-for-m": {2: 5}, "step-kept": {4: 1}}),
    "order-rmsprop": ([4, 3, 2, 5], {"abs-for-square": {4: 1}, "eps-inside": {3: 6}}),
    "order-adagrad": ([3, 2, 4, 1], {"square-forgotten": {3: 6}, "no-root": {2: 5}}),
    "order-adam": ([5, 9, 2, 4, 8, 1, 7], {"frozen-t": {8: 6}, "corrected-kept": {7: 3}}),
    "order-training-loop": ([1, 3, 8, 7, 5, 4, 2], {"scheduler-per-batch": {2: 6}}),
}


def test_every_rung_is_tried_here():
    assert set(RIGHT) == set(ORDER) and set(FILLED) == set(BLANK)


@pytest.mark.parametrize("name", RIGHT)
def test_lines_to_put_in_order_say_so_until_they_are(name):
    right, twins = RIGHT[name]
    numbers = range(1, len(shuffled(name)[1]) + 1)
    report = ordered(name, numbers)
    assert not report.passed and report.title == ""
    assert re.fullmatch(
        r"The lines of `\w+` are not in order yet: line \d reads `\w+` before any line has set it.",
        report.message,
    )
    # No line is followed by the one that should follow it, nor by that one's twin.
    also = {twin: line for pair in twins.values() for line, twin in pair.items()}
    neighbors = {(also.get(a, a), also.get(b, b)) for a, b in itertools.pairwise(numbers)}
    assert not neighbors & set(itertools.pairwise(right))
    assert set(numbers) == {*right, *also}
    assert ordered(name, right).passed
    for mistake, pair in twins.items():
        report = ordered(name, [pair.get(number, number) for number in right])
        assert mistake in (report.mistake, report.variant)


LEFT = {
    ("order-adam", (5, 9, 2, 4, 8, 1, 7, 3, 6)): (
        r"`return step, dict\(m=m_hat, v=v_hat, t=t\)` and `v_hat = v / \(1 - beta2\)` stand below"
    ),
    ("order-adam", (5, 9, 2, 4, 6, 8, 1, 7)): r"`v_hat = v / \(1 - beta2\)` stands there, and noth",
    ("order-momentum", (3, 5, 2, 4)): r"`step = lr \* g` stands there, and nothing reads",
    (
        "order-minibatches",
        (4, 5, 1, 3, 2),
    ): r"`order = rng.integers\(.*\)` stands there, and nothing",
}


@pytest.mark.parametrize("name, numbers", LEFT)
def test_a_line_that_is_too_many_is_named_as_long_as_it_stands_there(name, numbers):
    report = ordered(name, numbers)
    assert not report.passed and report.title == ""
    assert report.message.startswith("The order is right") and re.search(
        LEFT[name, numbers], report.message
    )


# Whatever the line that is too many does to the numbers.
TWICE = {
    ("order-adagrad", (3, 6, 2, 5, 4, 1)): ["v = v + g**2", "v = v + g", "root = v + eps"],
    ("order-adagrad", (3, 6, 2, 4, 1)): ["v = v + g**2", "v = v + g"],
    ("order-rmsprop", (1, 4, 3, 2, 5)): ["abs(g)", "g**2"],
    ("order-rmsprop", (4, 3, 6, 2, 5)): ["np.sqrt(v) + eps", "np.sqrt(v + eps)"],
}


@pytest.mark.parametrize("name, numbers", TWICE)
def test_a_name_that_two_lines_set_is_told_however_it_ends(name, numbers):
    report = ordered(name, numbers)
    assert not report.passed and "none of the mistakes" not in report.message
    told = report.message.partition("belongs there")[0] if report.title else report.message
    assert "is set by several lines" in told or "stands there, and nothing reads" in told
    assert any(line in told for line in TWICE[name, numbers])


def test_what_is_missing_may_stand_below_the_return():
    report = ordered("order-rmsprop", [3, 2, 5, 4])
    assert report.mistake and report.message.endswith("below the `return`, where nothing is run.")
    # A comment, and what the blank page holds, are nobody's affair.
    head, lines, _ = shuffled("order-momentum")
    body = "\n".join([head, lines[2], lines[1], lines[3], f"#{lines[0]}", "    m = 3", "", ""])
    assert answered(f'{body}\ncheck("momentum", sum_in_order)').passed


# Of each blank what belongs there, and two things that are named.
FILLED = {
    "blank-momentum": ("g", {"(1 - beta) * g": "doubled", "lr * g": "lr-twice"}),
    "blank-rmsprop": (
        "(1 - beta2) * g**2",
        {"g**2": "no-one-minus-beta", "(1 - beta2) * g": "square-forgotten"},
    ),
    "blank-adagrad": (
        "(np.sqrt(v) + eps)",
        {"np.sqrt(v) + eps": "eps-outside", "(v + eps)": "no-root"},
    ),
    "blank-adam": (
        "m_hat / (np.sqrt(v_hat) + eps)",
        {"m_hat / np.sqrt(v_hat) + eps": "eps-outside", "g / (np.sqrt(v_hat) + eps)": "g-for-m"},
    ),
}


@pytest.mark.parametrize("name", FILLED)
def test_a_blank_says_that_it_is_there_until_it_is_filled(name):
    right, wrong = FILLED[name]
    assert BLANK[name].count("____") == 1
    report = answered(BLANK[name])
    assert not report.passed and report.title == ""
    assert re.fullmatch(
        r"`\w+` is not finished yet: there is still a blank, `____`, in it.", report.message
    )
    assert answered(BLANK[name].replace("____", right)).passed
    for filling, mistake in wrong.items():
        assert answered(BLANK[name].replace("____", filling)).mistake == mistake


def test_a_rung_is_no_answer_from_a_blank_page(tmp_path, monkeypatch):
    (tmp_path / "my-work").mkdir()
    monkeypatch.chdir(tmp_path / "my-work")
    answered(ORDER["order-adam"])
    answered(BLANK["blank-adam"])
    assert not (tmp_path / "my-work" / "progress.json").exists()
    ordered("order-adam", RIGHT["order-adam"][0])
    kept = json.loads((tmp_path / "my-work" / "progress.json").read_text(encoding="utf-8"))
    assert list(kept) == ["order-adam"]
    assert kept["order-adam"]["passed"] and kept["order-adam"]["tries"] == 1


def early(g, *, lr):
    step = lr * slope  # noqa: F821
    slope = g  # noqa: F841
    return step, {}


def early_in_one_case(g, *, lr):
    if lr < 0:
        slope = g
    return lr * slope, {}


def from_its_own_old_value(g, *, lr):
    slope = slope + g  # noqa: F821
    return lr * slope, {}


def early_elsewhere(g, *, lr):
    return early(g, lr=lr)


@pytest.mark.parametrize(
    "rule, said",
    [
        (early, "not in order yet: line [0-9]+ reads `slope`"),
        (early_in_one_case, "UnboundLocalError"),
        (from_its_own_old_value, "UnboundLocalError"),
        (early_elsewhere, "UnboundLocalError"),
        (lambda g, *, lr: lr * __, "there is still a blank, `__`"),  # noqa: F821
        (lambda g, *, lr: lr * _g, "NameError"),  # noqa: F821
    ],
)
def test_only_lines_that_stand_in_a_wrong_order_are_said_to(rule, said):
    assert re.search(said, check("gradient_descent", rule).message)
