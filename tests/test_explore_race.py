"""The race: the page's arithmetic, ranking and words are Python's, and its goal is no accident."""

import importlib
import re
from types import SimpleNamespace

import numpy as np
import pytest
from traitlets import TraitError

from browsing import painted, show, told
from descent import descend, explore

# The module, whose name in the package is that of its function.
race = importlib.import_module("descent.explore.race")

FIGURE = explore.race()
NAMES = list(race.NAMES)
# What is smooth enough for a whole walk to be the same in two languages. (On another processor the
# hills' sines have other last digits, of which a rate that is far too large makes other walks.)
CALM = ("bowl", "ravine", "saddle")


def settings(count, seed=0, surfaces=tuple(race.TRACKS)):
    """Random settings of the figure."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        starts = {
            key: tuple(float(f"{rng.uniform(*side):.4g}") for side in track.window)
            for key, track in race.TRACKS.items()
        }
        lr = float(f"{10 ** rng.uniform(-3, 0):.3g}")
        rates = str(rng.choice(["best", "shared"]))
        found.append(dict(surface=str(rng.choice(surfaces)), rates=rates, lr=lr) | starts)
    return found


def sent(race):
    """A race as the script has it, from Python's."""
    walks = [dict(loss=walk.loss.tolist()) for walk in race.walks]
    return dict(walks=walks, arrived=race.arrived, off=race.off, order=race.order)


def test_it_opens_with_the_ranking_turned():
    trace = FIGURE.trace()
    assert trace.key == "ravine" and trace.lr == 0.1
    first, last = ([NAMES[r.order[i]] for r in (trace.shared, trace.best)] for i in (0, -1))
    assert first == ["rmsprop", "nesterov"] and last == ["nesterov", "momentum"]
    # The two that come last at one rate for all are the two that win at their best.
    assert {*trace.shared.order[-2:]} == {*trace.best.order[:2]}
    assert trace.shared.arrived[NAMES.index("gd")] > race.TRACKS["ravine"].steps
    assert max(trace.best.arrived) <= race.TRACKS["ravine"].steps
    assert "Nesterov is last and flies off" in FIGURE.verdict(trace)


@pytest.mark.parametrize("key", race.TRACKS)
@pytest.mark.parametrize("rule", race.RULES)
def test_the_best_rate_is_the_best_and_not_at_the_edge(key, rule):
    track, best = race.TRACKS[key], race.best(key, rule)
    at = race.RATES.index(best)
    assert 0 < at < len(race.RATES) - 1
    start = np.tile(np.reshape(track.surface.start, (2, 1)), len(race.RATES))
    loss = descend(track.surface, start, rule, steps=track.steps, lr=np.array(race.RATES)).loss
    tried = race.arrival(loss, track.steps, track.finish)
    assert tried[at] == tried.min()
    if tried.min() <= track.steps:
        assert at == tried.argmin(), "of equals the smallest"
    alone = descend(track.surface, track.surface.start, rule, steps=track.steps, lr=best).loss
    assert race.arrival(alone, track.steps, track.finish) == tried[at]


def test_who_arrives_stays():
    loss = np.array([3.0, 0.5, 2.0, 0.5, 0.2])
    assert race.arrival(loss, 4, 1.0) == 3
    assert race.arrival(loss, 4, 0.1) == 5 and race.arrival(loss, 4, 9.0) == 0
    assert race.arrival(loss, 9, 1.0) == 10, "it diverged"
    np.testing.assert_array_equal(race.arrival(np.stack([loss, loss / 9], axis=1), 4, 1.0), [3, 0])


def test_those_that_never_arrive_are_ranked_by_their_last_loss():
    losses = [np.array(loss) for loss in ([9, 5.0004], [9, 5.0], [9, 0], [9, np.inf], [9, 11], [9])]
    ranked = race.standing(losses, 1, 1.0)
    assert ranked.order == [2, 0, 1, 4, 3, 5]
    assert ranked.off == [False, False, False, True, True, True]


def test_the_page_takes_each_step_as_python_does(figures):
    rng = np.random.default_rng(1)
    cases, steps, after = [], [], []
    for values in settings(200, seed=1):
        key = values["surface"]
        rule = race.RULES[rng.integers(len(race.RULES))]
        lr = values["lr"] if values["rates"] == "shared" else race.best(key, rule)
        walk = descend(race.TRACKS[key].surface, values[key], rule, steps=1, lr=lr)
        cases.append([key, values[key], NAMES.index(rule.__name__), lr])
        steps.append(walk.x[1])
        after.append(walk.loss)
    theirs = figures.evaluate(
        "([spec, cases]) => cases.map(([key, start, i, lr]) => descent.arithmetic.descend("
        " descent.arithmetic.surfaces[key]().f, start, descent.rules[spec.rules[i].name], 1,"
        " { ...spec.rules[i].hyper, lr }))",
        [FIGURE.spec, cases],
    )
    np.testing.assert_allclose([t["x"][1] for t in theirs], steps, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose([t["loss"] for t in theirs], after, rtol=1e-12, atol=1e-14)


def test_the_page_races_as_python_does(figures):
    drawn = settings(40, seed=2, surfaces=CALM)
    traces = [FIGURE.trace(**values) for values in drawn]
    theirs = figures.evaluate(
        "([spec, drawn]) => drawn.map((values) => {"
        " const result = descent.figures.race.compute(spec, values);"
        " return { arrived: [result.shared.arrived, result.best.arrived],"
        " met: descent.figures.race.goal(spec, values, result).met,"
        " said: descent.figures.race.say(spec, values, result, 1000) }; })",
        [FIGURE.spec, drawn],
    )
    for ours, page in zip(traces, theirs, strict=True):
        assert page["arrived"] == [ours.shared.arrived, ours.best.arrived]
        assert page["met"] == FIGURE.met(ours)
        assert page["said"] == FIGURE.verdict(ours)


def test_the_page_says_what_python_says_of_the_same_losses(figures):
    rng = np.random.default_rng(3)
    drawn = settings(60, seed=3)
    given, said = [], []
    for values in drawn:
        trace = FIGURE.trace(**values)
        k = int(rng.integers(race.TRACKS[trace.key].steps + 1))
        given.append([values, k, dict(shared=sent(trace.shared), best=sent(trace.best))])
        said.append([FIGURE.verdict(trace, k), FIGURE.met(trace)])
    theirs = figures.evaluate(
        "([spec, given]) => given.map(([values, k, both]) => {"
        " const result = { start: values[values.surface], ...both };"
        " const { say, goal } = descent.figures.race;"
        " return [say(spec, values, result, k), goal(spec, values, result).met]; })",
        [FIGURE.spec, given],
    )
    assert theirs == said


def met(starts):
    """Whether the goal is met from each start on the ravine; all of them walk at once."""
    track = race.TRACKS["ravine"]
    arrived = []
    for rule in race.RULES:
        lr = np.full(len(starts), race.best("ravine", rule))
        loss = descend(track.surface, np.transpose(starts), rule, steps=track.steps, lr=lr).loss
        arrived.append(race.arrival(loss, track.steps, track.finish).tolist())
    both = [SimpleNamespace(arrived=each) for each in zip(*arrived, strict=True)]
    return [FIGURE.met(SimpleNamespace(key="ravine", best=best)) for best in both]


def test_the_goal_is_met_on_a_diagonal_and_hardly_anywhere_else():
    assert met([FIGURE.at({})["ravine"], (-2.5, -2.5)]) == [False, True]
    assert FIGURE.met(FIGURE.trace(ravine=(-2.5, -2.5))) and not FIGURE.met(FIGURE.trace())
    assert not any(met([(0, 0), (0.05, 0.05), (0.1, -0.05), (0.3, 0.1)])), "at the minimum"
    assert np.mean(met([(a, a) for a in (-3.5, -3, -2.5, -2, 2, 2.5, 3, 3.5)])) >= 0.75
    assert not any(met([(a, a + 1) for a in np.linspace(-4, 3, 29)]))
    assert not FIGURE.met(FIGURE.trace(surface="bowl"))


def test_the_goal_is_rare():
    # Among starts on the ravine alone; among all settings six times rarer.
    drawn = [values["ravine"] for values in settings(1000, seed=4)]
    assert 0 < sum(met(drawn)) <= 50


def test_on_a_diagonal_both_coordinates_walk_as_one():
    walks = FIGURE.trace(ravine=(-2.5, -2.5)).best.walks
    for walk in walks:
        np.testing.assert_allclose(walk.grad[:, 0], walk.grad[:, 1], rtol=1e-9, atol=1e-12)


def test_an_unknown_surface_is_refused():
    with pytest.raises(TraitError, match="canyon"):
        explore.race(surface="canyon")


# ---------------------------------------------------------------- in the browser

PHONE = dict(viewport=dict(width=390, height=844), has_touch=True, is_mobile=True)


def said(element):
    return told(element)


def test_it_says_its_message_untouched(figures):
    assert said(show(figures, FIGURE)) == FIGURE.verdict(FIGURE.trace())


def test_by_mouse_the_ring_is_dragged_to_the_goal(figures):
    element = show(figures, FIGURE)
    assert not element.locator(".goal.reached").count()
    drag(figures, element, (-2.5, -2.5))
    element.locator(".goal.reached").wait_for()
    assert "On a diagonal" in told(element, ".why")
    assert "The best rates were found for the start at the ×, not for this one." in said(element)
    element.get_by_role("button", name="Start over").click()
    element.locator(".goal:not(.reached)").wait_for()
    assert said(element) == FIGURE.verdict(FIGURE.trace())
    assert told(element, ".goal").endswith("(Reached before.)")


def test_a_press_on_the_map_puts_the_ring_there(figures):
    element = show(figures, FIGURE)
    box = element.locator("svg .ground").first.bounding_box()
    figures.mouse.click(box["x"] + 1.5 / 8 * box["width"], box["y"] + 6.5 / 8 * box["height"])
    element.locator(".goal.reached").wait_for()
    ring = painted(element).locator(".ring:visible").get_attribute("aria-valuetext")
    assert ring == "x1 = -2.51, x2 = -2.49"  # whole pixels


def drag(page, element, to):
    """Drag the ring that is shown to a point of the ravine."""
    box = element.locator("svg .ground").first.bounding_box()
    at = [
        box["x"] + (to[0] + 4) / 8 * box["width"],
        box["y"] + (4 - to[1]) / 8 * box["height"],
    ]
    ring = element.locator(".ring:visible").bounding_box()
    page.mouse.move(ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
    page.mouse.down()
    page.mouse.move(*at, steps=4)
    page.mouse.up()


def test_by_keyboard_the_ring_and_the_race_go_on(figures):
    element = show(figures, FIGURE)
    element.locator(".ring:visible").focus()
    for _ in range(6):
        figures.keyboard.press("ArrowRight")
        figures.keyboard.press("ArrowDown")
    figures.wait_for_function(
        "() => document.querySelector('.status').textContent.includes('at the ×')"
    )
    x = np.array(FIGURE.at({})["ravine"]) + np.array((1, -1)) * 6 * 0.02 * 8
    assert said(element) == FIGURE.verdict(FIGURE.trace(ravine=tuple(np.round(x, 2))))
    element.get_by_role("slider", name="Step", exact=True).focus()
    figures.keyboard.press("Home")
    figures.wait_for_function(
        "() => document.querySelector('.status').textContent.startsWith('After 0 of 100')"
    )
    element.get_by_role("button", name="One step on").press("Enter")
    figures.wait_for_function(
        "() => document.querySelector('.status').textContent.startsWith('After 1 of 100')"
    )


def test_each_surface_has_its_own_ring_and_race(figures):
    element = show(figures, FIGURE)
    for key in race.TRACKS:
        element.get_by_label("surface", exact=True).select_option(key)
        figures.wait_for_function(
            "text => document.querySelector('.status').textContent === text",
            arg=FIGURE.verdict(FIGURE.trace(surface=key)),
        )
        assert element.locator(".ring:visible").count() == 1


def test_the_race_that_is_shown_can_be_the_unfair_one(figures):
    element = show(figures, FIGURE, "#figure-race?rates=shared&at=20")
    assert said(element) == FIGURE.verdict(FIGURE.trace(rates="shared"), 20)
    assert painted(element).locator(".beside text.shown").text_content() == "lr = 0.1 for all"


@pytest.mark.parametrize("figures", [PHONE], indirect=True)
def test_by_touch_the_ring_moves_and_the_page_scrolls(figures):
    element = show(figures, FIGURE)
    assert figures.evaluate("document.documentElement.scrollWidth") == 390
    touched = figures.context.new_cdp_session(figures)

    def swipe(start, end):
        points = [np.add(start, np.subtract(end, start) * t) for t in np.linspace(0, 1, 6)]
        for kind, point in zip(["touchStart", *["touchMove"] * 5], points, strict=True):
            touched.send(
                "Input.dispatchTouchEvent",
                dict(type=kind, touchPoints=[dict(x=float(point[0]), y=float(point[1]))]),
            )
        touched.send("Input.dispatchTouchEvent", dict(type="touchEnd", touchPoints=[]))

    ground = element.locator("svg .ground").first.bounding_box()
    ring = element.locator(".ring:visible").bounding_box()
    middle = (ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
    unit = ground["width"] / 8
    swipe(middle, (ground["x"] + 1.5 * unit, ground["y"] + 6.5 * unit))
    element.locator(".goal.reached").wait_for()
    assert figures.evaluate("scrollY") == 0
    swipe((ground["x"] + 6 * unit, ground["y"] + 6 * unit), (ground["x"] + 6 * unit, 20))
    figures.wait_for_function("scrollY > 50")
    for control in element.locator("button:visible, select:visible").all():
        assert control.bounding_box()["height"] >= 44


@pytest.mark.parametrize("figures", [dict(viewport=dict(width=390, height=844)), {}], indirect=True)
def test_no_label_is_small_or_lies_on_another(figures):
    element = show(figures, FIGURE)
    for key in race.TRACKS:
        element.get_by_label("surface", exact=True).select_option(key)
        figures.wait_for_timeout(100)
        boxes = figures.evaluate(
            "() => [...document.querySelectorAll('descent-figure svg text')].map((text) => {"
            " const { left, right, top, bottom } = text.getBoundingClientRect();"
            " const { left: start, right: end } = text.ownerSVGElement.getBoundingClientRect();"
            " return [text.textContent, left, right, top, bottom,"
            "  parseFloat(getComputedStyle(text).fontSize), start - 8, end + 8]; })"
        )
        for i, (text, left, right, top, bottom, size, start, end) in enumerate(boxes):
            assert size >= 11 and start <= left and right <= end, (key, text)
            for other, left2, right2, top2, bottom2, *_ in boxes[:i]:
                apart = right <= left2 + 1 or right2 <= left + 1
                apart = apart or bottom <= top2 + 4 or bottom2 <= top + 4
                assert apart, (key, text, other)


def test_playing_ends_where_it_opened(figures):
    figures.emulate_media(reduced_motion="reduce")
    element = show(figures, FIGURE)
    element.get_by_role("slider", name="Step", exact=True).fill("3")
    figures.wait_for_function(
        "() => document.querySelector('.status').textContent.startsWith('After 3 of 100')"
    )
    element.get_by_role("button", name="Play").click()
    figures.wait_for_function(
        "text => document.querySelector('.status').textContent === text",
        arg=FIGURE.verdict(FIGURE.trace()),
    )


def test_without_a_script_it_is_a_picture_that_can_be_read(recwarn):
    html = FIGURE.html()
    assert "<img" in html and 'alt="Six paths' in html
    assert FIGURE.verdict(FIGURE.trace()) in html
    assert not [w for w in recwarn if "can't be read" in str(w.message)]
    stored = re.findall(r"base64,([^\"']+)", html)
    assert len(stored) == 4 and max(map(len, stored)) * 3 / 4 <= 25_000
