"""The interactive figures: their Python, and the page's JavaScript twin held to it."""

import itertools
import json
from html import unescape

import ipywidgets
import numpy as np
import pytest

from descent import descend, explore, rules
from descent.surfaces import bowl
from descent.translate import Untranslatable
from every_rule import ELEMENTWISE, defaults

# Rates at which every rule moves and none flies off.
RATES = dict(gd=0.09, momentum=0.02, nesterov=0.02, adagrad=0.8)
CARRIED = [rule.__name__ for rule in ELEMENTWISE]


def spec_of(figure):
    """What the element hands to the script."""
    return json.loads(unescape(figure.html().split("spec='")[1].split("'")[0]))


def test_the_page_has_every_rule_that_takes_one_coordinate_at_a_time(page):
    assert page.evaluate("Object.keys(descent.rules)") == CARRIED


@pytest.mark.parametrize("name", CARRIED)
def test_the_page_walks_as_python_does(page, name):
    curvatures, start, steps = (1.0, 20.0), (-4.0, 1.5), 200
    rule = getattr(rules, name)
    hyper = defaults(rule) | dict(lr=RATES.get(name, 0.05))
    ours = descend(bowl(curvatures), start, rule, steps=steps, **hyper)
    theirs = page.evaluate(
        "([h, x, name, n, hyper]) =>"
        " descent.descend(descent.bowl(h), x, descent.rules[name], n, hyper)",
        [curvatures, start, name, steps, hyper],
    )
    np.testing.assert_allclose(theirs["x"], ours.x, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(theirs["loss"], ours.loss, rtol=1e-12, atol=1e-14)
    assert len(theirs["x"]) == steps + 1


def test_the_page_stops_where_python_stops(page):
    ours = descend(bowl((1.0, 20.0)), (1.0, 1.0), rules.gd, steps=500, lr=1.0)
    theirs = page.evaluate(
        "descent.descend(descent.bowl([1, 20]), [1, 1], descent.rules.gd, 500, {lr: 1})"
    )
    assert theirs["diverged"] and ours.diverged_at == len(theirs["loss"]) - 1


def test_the_page_is_as_noisy_as_python(page):
    figure = explore.walk(rules.gd, lr=(0.001, 1, 0.05), batch=(1, 64, 4), noise=2.0)
    theirs = page.evaluate(
        "([noise, x, n, hyper]) => descent.descend("
        " descent.noisy(descent.bowl([1, 20]), noise, 4), x, descent.rules.gd, n, hyper)",
        [figure.noise.tolist(), figure.start, figure.steps, dict(lr=0.05)],
    )
    np.testing.assert_allclose(theirs["x"], figure.trace().x, rtol=1e-12, atol=1e-14)
    assert figure.trace(batch=64).loss[-20:].mean() < figure.trace(batch=1).loss[-20:].mean()


@pytest.mark.parametrize("noise", [0.0, 1.0])
@pytest.mark.parametrize("lr", [0.01, 0.09, 0.3])
def test_the_page_says_what_python_says(page, lr, noise):
    goal = 0.1 if noise else 1e-6
    figure = explore.walk(rules.gd, lr=(0.001, 1, lr), noise=noise, goal=goal)
    trace = figure.trace()
    said = page.evaluate(
        "([t, spec]) => descent.verdict(t, spec)",
        [
            dict(loss=trace.loss.tolist(), diverged=False),
            spec_of(figure),
        ],
    )
    assert said == figure.verdict(trace)


def test_a_goal_that_is_left_again_is_said_to_be(page):
    figure = explore.walk(rules.adam, lr=(0.001, 1, 0.2), goal=1e-4)
    trace = figure.trace()
    assert trace.loss.min() < figure.goal < trace.loss[-1]
    spec = [dict(loss=trace.loss.tolist(), diverged=False), spec_of(figure)]
    said = page.evaluate("([t, spec]) => descent.verdict(t, spec)", spec)
    assert said == figure.verdict(trace)
    assert said.startswith("Goal reached") and said.endswith("It ends above it again.")


def test_numbers_are_written_alike(page):
    values = [0.0, 1e-6, 1.234e-5, 9.9999e-5, 0.0123456, 1.0, 20.0, 123456.0, 1234567.0, 9.996]
    for value, digits in itertools.product(values, (2, 3, 6)):
        assert (
            page.evaluate("([v, d]) => descent.short(v, d)", [value, digits])
            == f"{value:.{digits}g}"
        )


def test_the_goal_can_be_reached_and_missed():
    figure = explore.walk(rules.gd, lr=(0.001, 1, 0.02))
    assert "not reached" in figure.verdict(figure.trace())
    assert "Goal reached" in figure.verdict(figure.trace(lr=0.09))
    assert "overshoot" in figure.verdict(figure.trace(lr=0.11))


def test_the_widget_redraws_with_the_python_rule():
    figure = explore.walk(rules.gd, lr=(0.001, 1, 0.02))
    box = figure.widget()
    sliders = [c for c in box.children if isinstance(c, ipywidgets.FloatLogSlider)]
    picture = next(c for c in box.children if isinstance(c, ipywidgets.Image))
    before = picture.value
    next(s for s in sliders if "lr" in s.description).value = 0.09
    assert picture.value != before
    assert "Goal reached" in box.children[-1].value


def test_the_element_can_be_read_without_a_script():
    html = explore.walk(rules.gd, lr=(0.001, 1, 0.02)).html()
    assert "<img" in html and 'alt="The path of gd' in html and "Goal:" in html


def test_the_element_carries_what_the_script_needs():
    bundle = explore.walk(rules.adam, lr=(0.001, 1, 0.1))._repr_mimebundle_()
    assert spec_of(explore.walk(rules.adam, lr=(0.001, 1, 0.1)))["fixed"] == dict(
        beta1=0.9, beta2=0.999, eps=1e-8
    )
    assert any("widget-view" in key for key in bundle)


def test_an_unknown_slider_is_refused():
    with pytest.raises(TypeError, match=r"gd has no 'beta'; there are \['kappa', 'lr'\]"):
        explore.walk(rules.gd, beta=(0, 1, 0.5))


STREAMS = [(4.0, 1 / 17), (4.0, 0.4), (10.0, 0.0), (2.5, 0.999)]


@pytest.mark.parametrize("C, beta2", STREAMS)
def test_the_page_follows_a_stream_as_python_does(page, C, beta2):
    figure = explore.stream(C=(2, 20, C), beta2=(0, 0.999, beta2))
    ours = figure.trace()
    theirs = page.evaluate("([n, v]) => descent.stream(n, v)", [900, dict(C=C, beta2=beta2)])
    for name in ("x", "regret", "round"):
        np.testing.assert_allclose(theirs[name], getattr(ours, name), rtol=1e-12, atol=1e-12)
    said = page.evaluate("([t, s]) => descent.streamVerdict(t, s)", [theirs, spec_of(figure)])
    assert said == figure.verdict(ours)


def test_a_stream_leads_adam_astray_until_beta2_is_large():
    figure = explore.stream()
    lost, saved = figure.trace(), figure.trace(beta2=0.9)
    assert lost.x[-1] > 0.9 and "not reached" in figure.verdict(lost)
    assert saved.x[-1] < -0.9 and "Goal reached" in figure.verdict(saved)
    left, *right = lost.round
    assert left + sum(right) < 0 < sum(saved.round)


def test_a_stream_has_all_three_lives():
    figure = explore.stream()
    assert 'alt="Adam&#x27;s x over the steps' in figure.html() and "Goal:" in figure.html()
    box = figure.widget()
    picture = next(c for c in box.children if isinstance(c, ipywidgets.Image))
    before = picture.value
    next(c for c in box.children if "beta2" in getattr(c, "description", "")).value = 0.9
    assert picture.value != before
    assert "Goal reached" in box.children[-1].value


@pytest.mark.parametrize("name", CARRIED)
def test_every_rule_can_walk_in_a_figure(name):
    figure = explore.walk(getattr(rules, name), lr=(0.001, 1, 0.05))
    assert spec_of(figure)["rule"] == name
    assert "text" not in spec_of(figure), "the page has it"
    assert "<img" in figure.html()


def half_way(g, m=0, *, lr=0.1, share=0.5):
    m = share * m + (1 - share) * g
    return lr * (m + g) / 2, dict(m=m)


def test_a_rule_of_ones_own_walks_too(page):
    figure = explore.walk(half_way, lr=(0.001, 1, 0.05), share=(0, 0.9, 0.5))
    theirs = page.evaluate(
        "([spec, hyper]) => descent.descend(descent.bowl([1, 20]), spec.start,"
        " new Function(`return ${spec.text}`)(), spec.steps, hyper)",
        [spec_of(figure), dict(lr=0.05, share=0.5)],
    )
    np.testing.assert_allclose(theirs["x"], figure.trace().x, rtol=1e-12, atol=1e-14)


def test_a_rule_of_ones_own_is_drawn_by_the_page(page):
    figure = explore.walk(half_way, lr=(0.001, 1, 0.05))
    page.evaluate("html => { document.documentElement.innerHTML = html }", figure.html())
    assert page.locator("descent-walk .status").inner_text() == figure.verdict(figure.trace())


@pytest.mark.parametrize("rule", [rules.muon, rules.adafactor])
def test_what_the_page_cannot_run_is_refused_before(rule):
    message = f"{rule.__name__} can't be carried over, since it needs a whole matrix at once"
    with pytest.raises(Untranslatable, match=message):
        explore.walk(rule)
