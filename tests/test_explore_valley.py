"""The valley: what tries bring, exactly, in Python and on the page, and what the reader is told."""

import itertools
import warnings
from functools import cache
from importlib import import_module

import numpy as np
import pytest

from browsing import painted, show, spec_of, told
from descent import explore, studies, tasks

# The package has the function of that name.
valley = import_module("descent.explore.valley")
GROUNDS = list(itertools.product(valley.PROBLEMS, valley.BUDGETS))
EVERY = [
    dict(problem=problem, budget=budget, tries=tries)
    for problem, budget in GROUNDS
    for tries in range(1, valley.MOST + 1)
]


@pytest.fixture(scope="module")
def figure():
    made = explore.valley()
    made.html = cache(made.html)  # Its pictures are the same in all tests.
    return made


@pytest.fixture(scope="module")
def settings():
    """A few hundred settings, at random."""
    rng = np.random.default_rng(0)
    return [
        dict(chosen, luck=int(rng.integers(1, valley.DRAWS + 1)))
        for chosen in rng.choice(EVERY, 300)
    ]


def best_of(lines, tries):
    """All that so many tries of each line can bring, all equally likely."""
    each = [[min(chosen) for chosen in itertools.product(line, repeat=tries)] for line in lines]
    return itertools.product(*each)


@pytest.mark.parametrize("tries", [1, 2, 3])
def test_the_expected_loss_is_the_mean_over_all_draws(tries):
    line = np.array([0.3, 0.1, 0.7, 0.1])
    every = [min(chosen) for chosen in itertools.product(line, repeat=tries)]
    assert valley.expected(line)[tries - 1] == pytest.approx(np.mean(every), rel=1e-14)


@pytest.mark.parametrize("tries", [1, 2])
def test_wins_are_counted_over_all_draws_and_shared_where_two_are_level(tries):
    lines, guess = [[0.1, 0.2, 1], [0.2, 0.3, 1], [0.1, 0.2, 0.2]], 1
    won, draws = np.zeros(3), 0
    for found in best_of(lines, tries):
        first = min(found)
        level = np.array(found) == first
        won += level / level.sum() if first < guess else 0
        draws += 1
    ours = valley.wins([np.array(line) for line in lines], tries, guess)
    np.testing.assert_allclose(ours, won / draws, rtol=1e-14)


def test_where_all_only_guess_nobody_wins():
    lines = [np.array([0.5, 1.0]), np.array([1.0, 1.0])]
    np.testing.assert_allclose(valley.wins(lines, 1, 1.0), [0.5, 0])


def test_what_is_drawn_is_what_the_study_found():
    rows = studies.rows("races").where(phase="line", schedule="constant")
    for (problem, budget), rule in itertools.product(GROUNDS, valley.RULES):
        found = valley.measured()[problem][budget]
        part = rows.where(problem=problem, rule=rule, budget=found.steps)
        rates, losses = found.rates[rule], found.losses[rule]
        np.testing.assert_array_equal(rates, rates[0] * 2.0 ** np.arange(len(rates)))
        np.testing.assert_allclose(rates, np.unique(part["lr"]), rtol=1e-11)
        assert losses.size == len(part)
        for rate, row in zip(np.unique(part["lr"]), losses, strict=True):
            theirs = np.minimum(part.where(lr=rate)["valid"], found.guess)
            np.testing.assert_allclose(np.sort(row), np.sort(theirs), rtol=5e-4)
        assert losses.min() > valley.FLOOR


def test_guessing_is_among_as_many_answers_as_there_are():
    made = dict(
        digits=tasks.digits_mlp(hidden=2).y.max(),
        words=tasks.words(embedding=2).y.max(),
        sentences=tasks.bag_of_words().y.max(),
        cells=tasks.breast_cancer().y.max(),
        raw=tasks.breast_cancer(standardized=False).y.max(),
    )
    assert {name: answers for name, (_, answers) in valley.PROBLEMS.items()} == {
        name: int(highest) + 1 for name, highest in made.items()
    }


def test_the_rows_are_small_in_the_page(figure):
    assert len(figure.written) < 12_000


def test_the_page_reads_the_losses_as_they_are(figures, figure):
    spec = spec_of(figure)
    for problem, budget in GROUNDS:
        theirs = figures.evaluate(
            "([s, v]) => { const { losses, rates } = descent.figures.valley.compute(s, v);"
            " return [losses, rates] }",
            [spec, figure.at(dict(problem=problem, budget=budget))],
        )
        found = valley.measured()[problem][budget]
        for rule in valley.RULES:
            np.testing.assert_array_equal(theirs[0][rule], found.losses[rule])
            np.testing.assert_array_equal(theirs[1][rule], found.rates[rule])


def test_the_page_expects_what_python_expects(figures, figure):
    spec = spec_of(figure)
    for problem, budget in GROUNDS:
        ours = figure.trace(problem=problem, budget=budget)
        theirs = figures.evaluate(
            "([s, v]) => { const { expects, behind, ahead } = descent.figures.valley.compute(s, v);"
            " return { expects, behind, ahead } }",
            [spec, figure.at(dict(problem=problem, budget=budget))],
        )
        for rule in valley.RULES:
            for name in ("expects", "behind"):
                np.testing.assert_allclose(
                    theirs[name][rule], getattr(ours, name)[rule], rtol=1e-12
                )
            np.testing.assert_array_equal(theirs["ahead"][rule], ours.ahead[rule])


def test_the_page_draws_wins_and_speaks_as_python_does(figures, figure, settings):
    theirs = figures.evaluate(
        """([spec, settings]) => settings.map((values) => {
            const { valley } = descent.figures, result = valley.compute(spec, values);
            const { won, drawn, best, seed, tries } = result;
            const said = [0, 1, tries].map((k) => valley.say(spec, values, result, k));
            return { won, drawn, best, seed, said, goal: valley.goal(spec, values, result) };
        })""",
        [spec_of(figure), settings],
    )
    for values, found in zip(settings, theirs, strict=True):
        ours = figure.trace(**values)
        assert (found["drawn"], found["best"]) == (ours.drawn, ours.best)
        assert found["seed"] == ours.seed
        for rule in valley.RULES:
            np.testing.assert_allclose(found["won"][rule], ours.won[rule], rtol=1e-12, atol=1e-15)
        assert found["said"] == [figure.say(ours, k) for k in (0, 1, ours.tries)]
        assert found["goal"] == dict(zip(("met", "why"), figure.goal(ours), strict=True))


def test_more_tries_go_on_with_the_same_draw(figure):
    few, many = figure.trace(tries=5), figure.trace(tries=32)
    assert all(many.drawn[rule][:5] == few.drawn[rule] for rule in valley.RULES)


def test_all_rates_and_seeds_are_drawn(figure):
    traces = [figure.trace(tries=32, luck=luck) for luck in range(1, valley.DRAWS + 1)]
    assert {trace.seed for trace in traces} == {0, 1, 2}
    drawn = np.concatenate([trace.drawn["adam"] for trace in traces])
    share = np.bincount(drawn) / len(drawn)
    np.testing.assert_allclose(share, 1 / 17, atol=0.02)


def test_it_opens_where_the_first_changes_with_the_tries(figure):
    said = figure.verdict(figure.trace())
    assert said.startswith("With 8 tries AdaGrad expects the lowest loss, 4.6")
    assert "Lowest with 1 try: momentum; with 32: AdaGrad." in said
    assert "AdaGrad is first, with 4.5" in said
    assert not figure.goal(figure.trace())[0]
    # On each of the three seeds, so it isn't luck.
    expects = figure.trace().expects
    for tries, first in ((1, "momentum"), (8, "adagrad"), (32, "adagrad")):
        for seed in range(3):
            assert first == min(valley.RULES, key=lambda rule: expects[rule][tries - 1][seed])


def test_the_first_changes_with_problem_budget_and_tries(figure):
    def first(problem, budget, tries):
        return valley.leader(figure.trace(problem=problem, budget=budget), tries)

    assert first("digits", "short", 8) == "adam"
    assert first("words", "short", 8) == "rmsprop"
    assert first("words", "long", 8) == "adagrad"
    assert first("words", "long", 1) == "momentum"
    assert first("cells", "long", 3) == "gd"


def test_the_goal_is_met_at_few_settings_and_by_no_luck(figure):
    met = [values for values in EVERY if figure.goal(figure.trace(**values))[0]]
    assert 0 < len(met) <= 0.05 * len(EVERY)
    assert {values["problem"] for values in met} == {"cells"}
    assert max(values["tries"] for values in met) < 8
    for values in EVERY[:: len(EVERY) // 20] + met:
        told = {figure.goal(figure.trace(**values, luck=luck)) for luck in (1, 7, 50)}
        assert len(told) == 1


def test_what_is_told_when_the_goal_is_met_is_so(figure):
    for budget in valley.BUDGETS:
        trace = figure.trace(problem="cells", budget=budget, tries=2)
        met, why = figure.goal(trace)
        assert met and why.startswith("SGD's valley is the widest here: 1")
        wide = {rule: valley.width(trace, rule) for rule in valley.RULES}
        assert all(wide["gd"] > w for rule, w in wide.items() if rule != "gd")
        bottoms = {rule: valley.median(x).min() for rule, x in trace.losses.items()}
        assert max(bottoms.values()) < 1.05 * min(bottoms.values())
        for rule, bottom in bottoms.items():
            assert valley.median(trace.expects[rule][-1]) < 1.05 * bottom
        assert not any(ahead[-1].all() for ahead in trace.ahead.values())


@pytest.mark.parametrize(
    "given, said",
    [
        (dict(problem="moons"), "there is no problem 'moons'; there are digits, words"),
        (dict(budget="longer"), "there is no budget 'longer'; there are short, long"),
        (dict(tries=33), "tries must be a whole number from 1 to 32; got 33"),
        (dict(luck=0.5), "luck must be a whole number from 1 to 99; got 0.5"),
    ],
)
def test_what_it_cannot_show_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        explore.valley(**given)


@pytest.mark.parametrize("problem", ["digits", "raw"])
def test_the_picture_can_be_read(problem):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        written = explore.valley(problem=problem).html()
    assert 'alt="Validation loss over the learning rate for five rules' in written


def test_its_settings_are_traits(figure):
    own = explore.valley()
    own.problem, own.tries = "cells", 3
    assert (own.problem, own.tries) == ("cells", 3.0)


def row(element, name):
    """The cells of a rule's row of the table."""
    return element.locator(".who tbody tr", has_text=name).locator("th, td").all_inner_texts()


def test_it_opens_with_its_message(figures, figure):
    element = show(figures, figure)
    trace = figure.trace()
    assert told(element) == figure.say(trace)
    assert painted(element).locator(".goal").inner_text().strip() == figure.task
    expects = valley.median(trace.expects["adagrad"][7])
    assert row(element, "AdaGrad") == [
        "AdaGrad",
        valley.percent(trace.won["adagrad"].mean()),
        f"{expects:.3g}",
        "0/3",
        f"{trace.best['adagrad'][-1]:.3g}",
    ]
    assert element.locator(".who .first").all_inner_texts() == [
        f"{expects:.3g}",
        f"{trace.best['adagrad'][-1]:.3g}",
    ]


def test_it_draws_each_try_where_it_fell(figures, figure):
    element = show(figures, figure, "#figure-valley?at=3")
    drawn = figure.trace().drawn["adam"][:3]
    circles = painted(element).locator(".tries").nth(4).get_attribute("d").count("M")
    assert circles == len(set(drawn))
    assert "after 3 tries" in told(element)


def test_who_knows_the_answer_reaches_the_goal_with_two_moves(figures, figure):
    element = show(figures, figure)
    element.get_by_label("problem").select_option("cells")
    assert not element.locator(".goal.reached").count()
    tries = element.get_by_label("tries for each rule")
    tries.focus()
    for _ in range(5):
        figures.keyboard.press("ArrowLeft")
    element.locator(".goal.reached").wait_for()
    trace = figure.trace(problem="cells", tries=3)
    assert told(element, ".why") == figure.goal(trace)[1]
    assert told(element) == figure.say(trace)
    element.get_by_role("button", name="Start over").click()
    element.locator(".goal:not(.reached)").wait_for()


def test_a_click_among_the_leaders_sets_the_tries(figures, figure):
    element = show(figures, figure)
    box = element.locator(".leads svg").bounding_box()
    figures.mouse.click(box["x"] + box["width"] - 14, box["y"] + 60)
    figures.wait_for_function("document.querySelector('.status').innerText.includes('With 3')")
    assert painted(element).locator("output").first.inner_text() in ("31", "32")


@pytest.mark.parametrize(
    "figures", [dict(has_touch=True, viewport=dict(width=390, height=700))], indirect=True
)
def test_a_tap_does_so_too_and_a_page_does_not_scroll_sideways(figures, figure):
    element = show(figures, figure)
    box = element.locator(".leads svg").bounding_box()
    element.locator(".leads svg").tap(position=dict(x=60, y=box["height"] / 2))
    figures.wait_for_function("document.querySelector('.status').innerText.includes('With 1 try')")
    assert figures.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("figures", [dict(reduced_motion="reduce")], indirect=True)
def test_each_play_draws_anew(figures, figure):
    element = show(figures, figure)
    element.get_by_role("button", name="Play").click()
    said = figure.say(figure.trace(luck=3))
    figures.wait_for_function(
        "said => document.querySelector('.status').innerText === said", arg=said
    )
    element.get_by_role("button", name="One step back").click()
    said = figure.say(figure.trace(luck=3), 7)
    figures.wait_for_function(
        "said => document.querySelector('.status').innerText === said", arg=said
    )


@pytest.mark.parametrize(
    "figures", [dict(viewport=dict(width=w, height=700)) for w in (390, 820)], indirect=True
)
def test_no_label_lies_on_another(figures, figure):
    element = show(figures, figure)
    for problem, budget in GROUNDS:
        element.get_by_label("problem").select_option(problem)
        element.get_by_label("steps").select_option(budget)
        said = figure.say(figure.trace(problem=problem, budget=budget))
        figures.wait_for_function(
            "said => document.querySelector('.status').innerText === said", arg=said
        )
        texts = element.locator("svg text").evaluate_all(
            """nodes => nodes.map((node) => {
                const { left, right, top, bottom } = node.getBoundingClientRect();
                const size = parseFloat(getComputedStyle(node).fontSize);
                return [node.textContent, size, left, right, top, bottom];
            })"""
        )
        assert min(size for _, size, *_ in texts) >= 11
        for (a, _, *first), (b, _, *second) in itertools.combinations(texts, 2):
            apart = [first[i + 1] <= second[i] + 2 or second[i + 1] <= first[i] + 2 for i in (0, 2)]
            assert any(apart), f"{problem}, {budget}: {a!r} lies on {b!r}"
