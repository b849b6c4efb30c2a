"""Bug hunts: the right line follows from the mend, and neither luck nor an earlier answer wins."""

import functools
import itertools
import json
import linecache
import re

import nbformat
import numpy as np
import pytest

from contents import BOOK, NOTEBOOKS
from descent import practice
from descent.practice import check, hunts, tells
from descent.practice.exercises import EXERCISES
from descent.practice.exhibits import EXHIBITS
from descent.practice.mistakes import BY_ID, edited, first_sentence

ALL = list(EXHIBITS.values())
FAULTY = [exhibit for exhibit in ALL if exhibit.mends]
count = itertools.count()


def ran(text, name=None, **known):
    """The function of a text, run as a cell is: its lines can be read."""
    file = f"<cell {next(count)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    names = {"np": np} | known
    exec(compile(text, file, "exec"), names)
    return names[name or re.search(r"def (\w+)", text)[1]]


def marked(text, *numbers, mark="  # here"):
    """A text with a mark behind some of its statements."""
    rows = text.splitlines()
    for number in numbers:
        rows[hunts.lines_of(text)[number].last - 1] += mark
    return "\n".join(rows) + "\n"


def takes_shares(rule):
    """Whether decay takes the same share of two weights without a gradient."""
    before = np.array([10.0, 0.5])
    hyper = dict(lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.3)
    share = rule(before, np.zeros(2), **hyper)[0] / before
    return np.isclose(*share)


# Of the exhibits that ask for a test before they are mended, one that sees the fault.
TESTS = {"decay": takes_shares}


def hunt(name, function, **settings):
    """The answer of a hunt, with a test that sees the fault where one is asked for."""
    asked = {"test": TESTS[name]} if isinstance(name, str) and name in TESTS else {}
    return practice.hunt(name, function, **asked | settings)


def cases(exhibits=ALL):
    return [pytest.param(exhibit, id=exhibit.name) for exhibit in exhibits]


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A function that says what was written down in a learner's folder."""
    folder = tmp_path / "my-work"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def noted():
        path = folder / "progress.json"
        done = json.loads(path.read_text()) if path.exists() else {}
        return {name: (entry["tries"], entry["passed"]) for name, entry in done.items()}

    return noted


@functools.cache
def cells_of(name):
    return nbformat.read(BOOK / name, as_version=4).cells


def called(function, name):
    """The exhibits for which the cells of a page call a function, in order."""
    wanted = rf'{function}\(\s*"([\w-]+)"'
    code = [cell.source for cell in cells_of(name) if cell.cell_type == "code"]
    return [found for source in code for found in re.findall(wanted, source)]


EXERCISE_PAGES = [name for name in NOTEBOOKS if name.startswith("exercises/")]
PAGES = [name for name in EXERCISE_PAGES if called("hunt", name)]


def defined(exhibit, name):
    """The cells of a page that define an exhibit's function."""
    head = f"def {exhibit.called}("
    return [at for at, cell in enumerate(cells_of(name)) if cell.source.startswith(head)]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_exhibits_as_they_are_and_tells_no_fault(name):
    shown = "\n".join(c.source + json.dumps(c.get("outputs", [])) for c in cells_of(name))
    for exhibit in map(EXHIBITS.get, called("hunt", name)):
        (at,) = defined(exhibit, name)
        assert cells_of(name)[at].source == exhibit.text.rstrip()
        assert not re.search(rf'check\("\w+", {exhibit.called}\)', shown), exhibit.name
        if mistake := hunts._diagnosis(exhibit.name):
            assert BY_ID[mistake].tells(exhibit.exercise)[:40] not in shown, exhibit.name


def test_every_exhibit_is_hunted_once():
    hunted = [exhibit for name in EXERCISE_PAGES for exhibit in called("hunt", name)]
    assert sorted(hunted) == sorted(EXHIBITS)


@pytest.mark.parametrize("name", PAGES)
def test_a_solution_names_the_line_and_says_why_and_is_the_exhibit_mended(name):
    solved = name.replace("exercises", "solutions")
    for exhibit in map(EXHIBITS.get, called("hunt", name)):
        at = defined(exhibit, solved)[0]
        said = next(c.source for c in cells_of(solved)[at:] if "**Why.**" in c.source)
        if not exhibit.mends:
            assert "**The line.**" not in said
            continue
        mended = cells_of(solved)[at].source.split("\n\n\n")[0]
        assert hunt(exhibit.name, ran(mended)).passed, exhibit.name
        told = re.search(r"\*\*The line\.\*\* (.+)", said)[1]
        rows, lines = exhibit.text.splitlines(), hunts.lines_of(exhibit.text)
        faulty = [rows[lines[i].first - 1].strip() for i in hunts.faults(exhibit)]
        named = [code.split(", ...")[0] for code in re.findall("`([^`]+)`", told)]
        assert any(row.startswith(code) for row in faulty for code in named) or (
            "last one" in told and max(hunts.faults(exhibit)) == len(lines) - 1
        ), exhibit.name


@pytest.mark.parametrize("exhibit", cases())
def test_each_line_marked_in_turn(exhibit, work):
    right = hunts.faults(exhibit)
    assert bool(right) == bool(exhibit.mends)
    assert len(right) <= max(1, len(hunts.lines_of(exhibit.text)) * 2 / 3)
    wrong = 0
    for number, line in enumerate(hunts.lines_of(exhibit.text)):
        report = hunt(exhibit.name, ran(marked(exhibit.text, number)))
        found = report.message.startswith("That is the")
        assert found == (number in right), line.text
        assert not report.passed and report.mistake is None
        wrong += not found
        if not found:
            # What is said of it is true: the right one has this line.
            text = exhibit.text.splitlines()[line.first - 1]
            assert f"`{text.strip()}` stands in the right one" in report.message
            assert all(text in mended.splitlines() for mended in exhibit.mended)
    assert work() == ({f"hunt-{exhibit.name}": (wrong, False)} if wrong else {})


@pytest.mark.parametrize("exhibit", cases())
def test_an_exhibit_as_it_was_is_no_try_and_nothing_is_told(exhibit, work):
    for text in (exhibit.text, exhibit.text.replace("):\n", "):\n    # So?\n\n", 1)):
        report = hunt(exhibit.name, ran(text))
        assert "as it was" in report.message and "`# here`" in report.message
        assert "as it was" in check(exhibit.exercise, ran(text)).message
    assert work() == {}


@pytest.mark.parametrize("exhibit", cases(FAULTY))
def test_a_mended_exhibit_passes_marked_or_not(exhibit, work):
    for mended in exhibit.mended:
        for text in (mended, marked(mended, 1)):
            assert hunt(exhibit.name, ran(text)).passed
    assert work() == {f"hunt-{exhibit.name}": (1, True)}


@pytest.mark.parametrize("exhibit", cases())
def test_an_exhibit_that_is_changed_and_not_mended_is_told_no_more_than_that(exhibit, work):
    head, body = exhibit.text.split("\n", 1)
    report = hunt(exhibit.name, ran(f"{head}\n    idle = 0\n{body}"))
    assert not report.passed and report.mistake is report.variant is None
    if before := hunts._diagnosis(exhibit.name):
        assert "not all of the fault is gone yet" in report.message
        assert BY_ID[before].tells(exhibit.exercise) not in report.message
    assert work() == {f"hunt-{exhibit.name}": (1, False)}


RENAMED = """def exhibit_d(grad, mean=0, square=0, step=0, *, lr, beta1, beta2, eps):
    step = step + 1
    mean = beta1 * mean + (1 - beta1) * grad
    square = beta2 * square + (1 - beta2) * grad**2
    mean_hat = mean / (1 - beta1**step)
    square_hat = square / (1 - beta2**step)
    out = lr * mean_hat / (np.sqrt(square_hat) + eps)
    return out, dict(mean=mean, square=square, step=step)
"""
SPLIT = """def one_step_for_all(gradients, state=None, *, lr, beta1, beta2, eps):
    \"\"\"Adam for all arrays.\"\"\"
    t, memory = state or (0, {})
    t += 1  # Once for all of them.
    steps, new = {}, {}
    for name, g in gradients.items():
        m, v = memory.get(name, (0, 0))
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = (
            m / (1 - beta1**t),
            v / (1 - beta2**t),
        )
        steps[name], new[name] = lr * m_hat / (np.sqrt(v_hat) + eps), (m, v)
    return steps, (t, new)
"""
COPIES = """def my_walk(loss, x, *, lr, steps):
    x = x.copy()
    points = [x.copy()]
    for _ in range(steps):
        x -= lr * loss(x)[1]
        points.append(x.copy())
    return np.array(points)
"""
TYPED = """def exhibit_b(g: np.ndarray, m=0, *, lr: float, beta: float) -> tuple:
    m = beta * m + g
    step = lr * m
    return step, {"m": m}
"""
ONE_ORDER = """def exhibit_a(X, y, batch_size, rng):
    rows = rng.permutation(len(X))
    for first in range(0, len(X), batch_size):
        some = rows[first : first + batch_size]
        yield X[some], y[some]
"""
CORRECTED = """def exhibit_a(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    step = lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return step, dict(m=m, v=v, t=t)
"""


@pytest.mark.parametrize(
    "name, text",
    [
        ("adam-d", RENAMED),
        ("all-arrays", SPLIT),
        ("walk", COPIES),
        ("momentum-b", TYPED),
        ("minibatches-a", ONE_ORDER),
        ("adam-a", CORRECTED),
    ],
)
def test_honest_mends_of_other_styles_pass(name, text):
    report = hunt(name, ran(text))
    assert report.passed, report.message


SUM = """def my_sum(g, m=0, *, lr, beta):
    m = beta * m + g
    return lr * m, dict(m=m)


exhibit_a = my_sum
"""
SHORT = """def exhibit_b(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    m, v, t = m + (1 - beta1) * (g - m), v + (1 - beta2) * (g * g - v), t + 1
    c, d = 1 - beta1**t, 1 - beta2**t
    return lr * (m / c) / ((v / d) ** 0.5 + eps), {"m": m, "v": v, "t": t}
"""


@pytest.mark.parametrize(
    "name, function, said",
    [
        ("momentum-a", ran(SUM, "exhibit_a"), "my_sum"),
        ("momentum-a", EXERCISES["momentum"].answer, "momentum"),
        ("adam-b", ran(SHORT), "Most lines"),
        ("adam-b", ran("exhibit_b = lambda g: (g, {})", "exhibit_b"), "your function"),
        ("adam-b", 3, "the exhibit itself"),
        ("adam-b", None, "the exhibit itself"),
        ("adam-b", ran(EXHIBITS["adam-a"].text), "exhibit_a"),
    ],
)
def test_what_is_not_the_exhibit_mended_does_not_pass_and_is_no_try(name, function, said, work):
    report = hunt(name, function)
    assert not report.passed and said in report.message
    assert work() == {}


@pytest.mark.parametrize("exhibit", cases(FAULTY))
def test_an_exhibit_that_calls_an_earlier_answer_does_not_pass(exhibit, work):
    head = exhibit.text.split("\n")[0].replace("v=None", "v=0")
    given = ", ".join(
        f"{name}={name}" for name in re.findall(r"[(,] ?(\w+)", head.split("(", 1)[1].join("()"))
    )
    function = ran(f"{head}\n    return earlier({given})\n")
    function.__globals__["earlier"] = EXERCISES[exhibit.exercise].answer
    assert check(exhibit.exercise, function).passed
    assert not hunt(exhibit.name, function).passed
    assert f"hunt-{exhibit.name}" not in work()


def test_lines_that_nobody_has_are_told_and_no_try(work):
    function = ran(EXHIBITS["adam-a"].text)
    linecache.cache.pop(function.__code__.co_filename)
    assert "Run its cell again" in hunt("adam-a", function).message
    assert work() == {}


def test_a_mend_that_breaks_something_else_is_told_what(work):
    text = EXHIBITS["adam-c"].mended[0].replace("- beta2**t", "- beta2")
    report = hunt("adam-c", ran(text))
    assert report.mistake == "frozen-t" and report.title == "exhibit_c"
    assert work() == {"hunt-adam-c": (1, False)}


def test_a_line_that_is_indented_otherwise_is_a_change(work):
    text = EXHIBITS["all-arrays"].text.replace("    return steps", "        return steps")
    assert "as it was" not in hunt("all-arrays", ran(text)).message
    assert work() == {"hunt-all-arrays": (1, False)}


def test_a_mend_that_is_not_finished_is_no_try(work):
    text = EXHIBITS["adam-c"].mended[0].replace("m / (1 - beta1**t)", "...")
    assert "not finished" in hunt("adam-c", ran(text)).message
    assert work() == {}


@pytest.mark.parametrize("mark", ["# here", "#here", "# HERE!", "# here.", "## <- here"])
def test_a_mark_may_be_written_in_any_of_these_ways(mark):
    text = EXHIBITS["adam-c"].text
    assert "That is the line" in hunt("adam-c", ran(marked(text, 6, mark=f"  {mark}"))).message
    own_line = text.replace("    return", f"    {mark}\n    return")
    assert "That is the line" in hunt("adam-c", ran(own_line)).message
    assert "no line is marked" in hunt("adam-c", ran(text + "    # nowhere, not here\n")).message
    assert "That is the line" in hunt("adam-c", ran(f"{text}    {mark}\n")).message


@pytest.mark.parametrize("exhibit", cases(FAULTY))
def test_who_has_mended_an_exhibit_is_told_what_was_wrong_and_nobody_else(exhibit):
    mistake = BY_ID[hunts._diagnosis(exhibit.name)]
    was = first_sentence(mistake.tells(exhibit.exercise, begins=False))
    assert hunt(exhibit.name, ran(exhibit.mended[0])).message.endswith(f"\nAs it was: {was}")
    assert not re.search(r"(?i)\byours?\b", was)  # It is the exhibit's.
    at = min(hunts.faults(exhibit))
    assert was not in hunt(exhibit.name, ran(marked(exhibit.text, at))).message


@pytest.mark.parametrize(
    "name, above, added",
    [
        ("mixed-7", "    return g", "    e = np.zeros_like(x)"),
        ("mixed-7", "    for i", "    e[...] = 0"),
        ("first-loop", "        for X, y", "        optimizer.zero_grad()"),
        ("minibatches-b", "    for first", "    first = 0"),
    ],
)
def test_what_is_put_outside_of_its_loop_is_told_so(name, above, added):
    text = EXHIBITS[name].text
    assert text.count(f"\n{above}") == 1
    message = hunt(name, ran(text.replace(f"\n{above}", f"\n{added}\n{above}"))).message
    assert re.search("not all .* is gone yet. What you have added stands outside of `for ", message)


@pytest.mark.parametrize(
    "name, edit, said",
    [
        ("adam-b", "beta2 * m + (1 - beta2) -> beta1 * m + (1 - beta1)", "not all of the fault"),
        ("adagrad", "0.9 * v + 0.1 -> v + 0.1", "one of the two weights of an average"),
        ("adagrad", "0.1 * g**2 -> g**2", "one of the two weights of an average"),
        ("mixed-1", "/ norm -> / max(norm, 1)", "not all of the fault"),
        ("adam-d", "np.sqrt(v) -> np.sqrt(v * 3)", "none of the mistakes"),
    ],
)
def test_half_a_mend_is_told_to_be_one(name, edit, said):
    assert said in hunt(name, ran(edited(EXHIBITS[name].text, edit))).message


def test_what_is_put_into_its_loop_is_not_told_to_be_outside():
    text = EXHIBITS["mixed-7"].text.replace("        g[i]", "        e = e + 0\n        g[i]")
    assert hunt("mixed-7", ran(text)).message.endswith("not all of the fault is gone yet.")


# A test that is written before the mend.


def raises_at(rule):
    return rule(1)


CHANGED = EXHIBITS["decay"].text.replace("g = g + weight_decay * w", "w = w - weight_decay * w")


@pytest.mark.parametrize(
    "test, mistake, said",
    [
        (lambda rule: True, "test-passes-all", "True to everything"),
        (lambda rule: False, "test-fails-all", "False to everything"),
        (lambda rule: not takes_shares(rule), "test-turned-round", "turned round"),
        (lambda rule: np.array([True, False]), None, "one True or False"),
        (raises_at, None, "stopped with an error"),
    ],
)
def test_a_test_that_does_not_see_the_fault_comes_before_the_mend(test, mistake, said, work):
    (exhibit,) = [exhibit for exhibit in ALL if exhibit.tested]
    for text in (exhibit.text, exhibit.mended[0]):
        report = hunt("decay", ran(text), test=test)
        assert not report.passed and report.mistake == mistake and said in report.message
    assert work() == {"hunt-decay": (2, False)}


# A learner's test of the symptom, from the two weights that it is shown on.
OF_TWO = """def my_test(rule):
    hyper = dict(lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.3)
    before = np.array([10.0, 0.5])
    after, _ = rule(before, np.zeros(2), **hyper)
    share = after / before
    return np.isclose(share[0], share[1])
"""
ALL_DIGITS = (
    "share = after / before\n    return np.isclose(share[0], share[1])",
    "lost = before - after\n    return lost[0] != lost[1]",
)


@pytest.mark.parametrize(
    "change, said",
    [
        (("= rule(", "= my_adamw("), "It never calls what it is handed"),
        (("after, _ = rule(before, np.zeros(2), **hyper)", "return False"), "It never calls what"),
        (("np.zeros(2)", "np.ones(2)"), "a gradient that isn't zero"),
        (ALL_DIGITS, "It compares in all digits"),
        (("after, _ =", "after ="), "A rule returns two: take them apart"),
    ],
)
def test_why_a_test_does_not_see_the_fault_is_told(change, said, work):
    text = OF_TWO.replace(*change)
    assert text != OF_TWO
    exhibit = EXHIBITS["decay"]
    told = hunt("decay", ran(exhibit.text), test=ran(text, my_adamw=ran(exhibit.text)))
    assert said in told.message and ("all digits" in told.message) == (change is ALL_DIGITS)


SEES_NOT = "Your test says True of it all the same"


@pytest.mark.parametrize(
    "mend, said",
    [
        ("w = w - weight_decay * w", SEES_NOT),
        ("w = w * (1 - lr) * weight_decay", SEES_NOT),
        ("w = w + lr * weight_decay * w", SEES_NOT),
        ("w = w - lr * weight_decay", "Your test says False of it, too"),
        ("w = w - lr * weight_decay * nothing", ""),
    ],
)
def test_what_a_learners_test_says_of_a_wrong_mend_is_told_as_it_is(mend, said, work):
    text = EXHIBITS["decay"].text.replace("g = g + weight_decay * w", mend)
    message = hunt("decay", ran(text), test=takes_shares).message
    assert said in message and message.count("Your test") == bool(said)


@pytest.mark.parametrize(
    "mend, mistake, said",
    [
        ("rate = 3 * lr", "every-rate-another", "All walk at 3 times the rates of the list."),
        ("rate = lr / 3", "every-rate-another", "All walk at 0.333 times"),
        ('rate = 3 * lr if "v" or "s" in memory else lr', "every-rate-another", "fair in appear"),
        ("rate = 0.1", "every-rate-another", "All walk at 0.1 too, which is not on the list."),
        (
            'rate = 3 * lr if "v" in memory or "s" in memory else lr',
            "some-rates-another",
            "`rmsprop`, `adam` and `twin` walk at 3 times the rates of the list, from their second",
        ),
        ("rate = 3 * lr if memory else lr", "some-rates-another", "for `gd` it is the list"),
        (
            'rate = 3 * lr if "m" in memory else lr',
            "some-rates-another",
            "`momentum` and `adam` walk at 3 times the rates of the list, from their second",
        ),
        (
            'rate = lr if "v" in memory else 3 * lr',
            "some-rates-another",
            "for `rmsprop` and `adam` it is the list",
        ),
        ("pass", None, "reads `rate`, and no line of it sets that any more"),
    ],
)
def test_what_a_mend_of_the_race_does_is_told(mend, mistake, said, work):
    old = 'rate = 3 * lr if "v" in memory else lr'
    report = hunt("race", ran(EXHIBITS["race"].text.replace(old, mend)))
    assert report.mistake == mistake and said in report.message


def test_a_hunt_with_a_test_is_judged_on_both(work):
    exhibit = EXHIBITS["decay"]
    for test, said in ((None, "begins with a test"), (lambda rule: ..., "not begun")):
        assert said in hunt("decay", ran(exhibit.mended[0]), test=test).message
    assert "no line is marked" in hunt("decay", ran(exhibit.text)).message
    assert work() == {}
    assert "sees the fault" in hunt("decay", ran(exhibit.text)).message
    # The same share of each, and too much of it: the test doesn't see that, and the hunt does.
    assert hunt("decay", ran(CHANGED)).mistake == "decay-unscaled"

    mended = exhibit.text.replace("g = g + weight_decay * w", "w = w * (1 - lr * weight_decay)")

    def by_its_text(rule):
        return takes_shares(rule) and "1 - lr" not in (hunts.text_of(rule) or "")

    assert "says False all the same" in hunt("decay", ran(mended), test=by_its_text).message
    assert hunt("decay", ran(mended)).passed
    assert work() == {"hunt-decay": (3, True)}


# Luck, and laziness.


def test_lazy_players_lose(work):
    first = last = 0
    for exhibit in FAULTY:
        lines = len(hunts.lines_of(exhibit.text))
        reports = [hunt(exhibit.name, ran(marked(exhibit.text, at))) for at in (0, lines - 1)]
        first += reports[0].message.startswith("That is the")
        last += reports[1].message.startswith("That is the")
        both = hunt(exhibit.name, ran(marked(exhibit.text, *range(lines))))
        assert "mark one line" in both.message
        assert not both.passed
    assert first < len(FAULTY) / 10 and last < len(FAULTY) / 3
    assert not any(passed for _, passed in work().values())


def test_one_of_the_mixed_is_sound_and_guessing_that_costs_a_try(work):
    mixed = [exhibit for exhibit in ALL if exhibit.name.startswith("mixed-")]
    (sound,) = [exhibit for exhibit in mixed if not exhibit.mends]
    assert len({exhibit.exercise for exhibit in mixed}) == len(mixed) > 5
    for exhibit in mixed:
        report = hunt(exhibit.name, ran(exhibit.text), sound=True)
        assert report.passed == (exhibit is sound)
        assert (
            "Which is it?" in hunt(exhibit.name, ran(marked(exhibit.text, 1)), sound=True).message
        )
    assert work() == {f"hunt-{e.name}": (1, e is sound) for e in mixed}
    assert EXERCISES[sound.exercise].is_rule
    assert not hunt(sound.name, ran(sound.text.replace("g * g", "g**2"))).passed


def test_a_name_that_is_not_there_is_one_sentence():
    assert "Is it `adam-a`?" in hunt("adam_a", len).message
    assert "comes first" in hunt(len, "adam-a").message
    assert "comes first" in tells([1, 2], "adam-a").message


# A list of gradients that tells two rules apart.


ASKED = [
    (name, exhibit)
    for name in EXERCISE_PAGES
    for exhibit in called("tells", name)
    if EXHIBITS[exhibit].mends
]
TOLD = {
    "momentum-b": dict(gradients=[1, 1, 1], lr=[0.1, 0.1, 0.01]),
    "rmsprop-a": dict(gradients=[[1, 20]]),
    "adagrad": dict(gradients=[1] + [0] * 40 + [1]),
    "adam-b": dict(gradients=[1, 0, 0, 0]),
    "promise": dict(gradients=[1, 10]),
}


def test_each_chapter_with_hunts_of_rules_asks_for_one_list():
    assert sorted(name for _, name in ASKED) == sorted(TOLD)
    assert len({page for page, _ in ASKED}) == len(TOLD)


@pytest.mark.parametrize("name", TOLD)
def test_a_list_tells_and_lazy_lists_do_not(name, work):
    lazy = [[1.0], [0.0, 0.0], [1, 1, 1, 1, 1], [2, 2]]
    for gradients in lazy:
        report = tells(name, gradients)
        assert not report.passed and "?" in report.message + "?"
        assert len(report.table.splitlines()) == 1 + len(gradients)
    report = tells(name, **TOLD[name])
    assert report.passed, report
    assert f"<pre>{report.table.splitlines()[0]}" in report.html()
    assert work() == {f"tells-{name}": (len(lazy) + 1, True)}


def test_a_list_on_which_both_agree_gets_a_sentence_that_is_true_of_it():
    assert "steady" in tells("adam-b", [1, 1]).message
    assert "zero" in tells("adam-b", [0, 0]).message
    assert "alone" in tells("adam-b", [3]).message
    assert "nearly by one factor" in tells("adagrad", [1, 1]).message
    assert "0.5 times" in tells("promise", [2]).message


@pytest.mark.parametrize(
    "name, given, said",
    [
        ("adam-b", dict(gradients=[...]), "not begun"),
        ("adam-b", dict(gradients=...), "not begun"),
        ("adam-b", dict(gradients=[]), "list of numbers"),
        ("adam-b", dict(gradients=["a"]), "list of numbers"),
        ("adam-b", dict(gradients=[[1], [1, 2]]), "list of numbers"),
        ("adam-b", dict(gradients=[float("nan")]), "list of numbers"),
        ("adam-b", dict(gradients=[1] * 999), "999 gradients"),
        ("adam-b", dict(gradients=[1], beta=3), "no `beta` here"),
        ("momentum-b", dict(gradients=[1], lr=[...]), "The list of `lr`"),
        ("momentum-b", dict(gradients=[1, 2], lr=[1, 2, 3]), "each of the 2 gradients"),
        ("momentum-b", dict(gradients=[1, 2], lr="a"), "each of the 2 gradients"),
        ("walk", dict(gradients=[1]), "no gradient alone"),
        ("decay", dict(gradients=[1]), "no gradient alone"),
    ],
)
def test_what_is_no_list_is_told_and_no_try(name, given, said, work):
    report = tells(name, **given)
    assert said in report.message and not report.passed
    assert work() == {}


class Pretends:
    """An object that answers the question for its kind with an error."""

    @property
    def __class__(self):
        raise RuntimeError


def test_what_answers_no_question_is_no_exhibit():
    assert "A hunt is for the exhibit itself" in hunt("adam-a", Pretends()).message
