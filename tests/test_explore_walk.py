"""The walk: Python's and the page's, its goals, and what a hand does to it."""

import itertools
import json

import numpy as np
import pytest

from browsing import painted, show, spec_of, told
from descent import descend, explore, rules
from descent.explore.walk import BESIDE, yours
from descent.practice.exercises import EXERCISES
from descent.surfaces import bowl
from descent.translate import Untranslatable
from every_rule import ELEMENTWISE

CARRIED = [rule.__name__ for rule in ELEMENTWISE]
# The figures of the chapters, by their call.
GAMES = dict(
    gd=lambda: explore.walk(rules.gd, lr=(0.001, 1, 0.02)),
    hills=lambda: explore.walk(
        rules.gd,
        surface="hills",
        starts=((1.5, -2.4), (-2.1, 0.8), (-0.5, 2.5)),
        lr=(0.001, 2, 0.1),
    ),
    sgd=lambda: explore.walk(
        rules.gd, lr=(0.001, 1, 0.05), batch=(1, 64, 1), noise=4, steps=200, goal=0.015
    ),
    momentum=lambda: explore.walk(
        rules.momentum, lr=(0.001, 0.1, 0.0198), beta=(0, 0.99, 0), kappa=(100, 500, 100)
    ),
    rmsprop=lambda: explore.walk(
        rules.rmsprop, lr=(0.001, 1, 0.3), beta2=(0.1, 0.99, 0.5), steps=300, goal=8e-4
    ),
    spike=lambda: explore.walk(
        rules.rmsprop, lr=(0.001, 1, 0.03), beta2=(0.1, 0.999, 0.99), spike=(1, 1000, 100)
    ),
    adagrad=lambda: explore.walk(
        rules.adagrad, lr=(0.01, 10, 0.5), rare=(1, 50, 20), kappa=(1, 100, 1)
    ),
    adam=lambda: explore.walk(
        rules.adam,
        steps=40,
        goal=1e-12,
        lr=(0.001, 1, 0.02),
        beta1=(0, 0.99, 0.9),
        beta2=(0.9, 0.999, 0.999),
    ),
    torch=lambda: explore.walk(
        rules.adam,
        goal=1e-20,
        lr=(0.001, 1, 0.005),
        beta1=(0, 0.99, 0.9),
        beta2=(0.9, 0.999, 0.999),
    ),
    promises=lambda: explore.walk(
        rules.adam, goal=8e-4, lr=(0.001, 1, 0.02), eps=(1e-8, 100, 1e-8)
    ),
    nadam=lambda: explore.walk(rules.nadam, steps=60, lr=(0.001, 1, 0.02), goal=1e-9),
)
# Where each goal is reached by who knows the answer.
ANSWERS = dict(
    gd=dict(lr=0.09),
    hills=dict(lr=0.9),
    sgd=dict(lr=0.03, batch=32),
    momentum=dict(lr=0.0331, beta=0.67),
    rmsprop=dict(lr=0.0165),
    adagrad=dict(lr=1.5),
    adam=dict(lr=0.5, beta1=0.1, beta2=0.95),
    torch=dict(lr=0.35, beta1=0.3, beta2=0.98),
    promises=dict(lr=0.17),
    nadam=dict(lr=0.88),
)
MADE = {}


def game(name):
    if name not in MADE:
        MADE[name] = GAMES[name]()
    return MADE[name]


def random_values(figure, n, seed, still=()):
    """Settings drawn as the sliders have their places; those of `still` stay where they start."""
    random, found = np.random.default_rng(seed), []
    for _ in range(n):
        values = {}
        for s in figure.settings:
            if s.name in still:
                values[s.name] = s.value
            elif hasattr(s, "window"):
                values[s.name] = [round(random.uniform(*w), 3) for w in s.window]
            else:
                u = random.random()
                value = s.low * (s.high / s.low) ** u if s.log else s.low + u * (s.high - s.low)
                values[s.name] = round(value) if s.step else float(f"{value:.3g}")
        found.append(values)
    return found


JUDGED = """([spec, all]) => all.map(values => {
    const { walk } = descent.figures, result = walk.compute(spec, values);
    return [...result.judged, walk.say(spec, values, result, spec.steps)];
})"""


@pytest.mark.parametrize("name", GAMES)
def test_the_page_says_what_python_says(figures, name):
    figure = game(name)
    # A draw that is judged walks twenty times.
    settings = random_values(figure, 6 if figure.noise else 30, seed=1)
    settings += random_values(figure, 6, seed=2, still=(*figure.starts, "kappa"))
    settings += [figure.at(ANSWERS.get(name, {}))]
    said = figures.evaluate(JUDGED, [spec_of(figure), settings])
    for values, (met, why, end) in zip(settings, said, strict=True):
        assert (met, why) == figure.judged(**values), values
        assert end == figure.said(figure.steps, **values), values


@pytest.mark.parametrize("name", ANSWERS)
def test_a_goal_is_unmet_at_first_and_reached_by_who_knows(figures, name):
    figure = game(name)
    settings = [figure.at({}), figure.at(ANSWERS[name])]
    start, answer = figures.evaluate(JUDGED, [spec_of(figure), settings])
    assert not start[0] and answer[0], (start, answer)
    assert figure.verdict(**ANSWERS[name]) == f"Goal reached: {answer[1]}"


@pytest.mark.parametrize("name", ANSWERS)
def test_a_goal_is_not_met_by_chance(figures, name):
    figure = game(name)
    # Once with the ring and all sliders anywhere; once with the ring and the bowl as they are.
    for still in ((), (*figure.starts, "kappa")):
        settings = random_values(figure, 600, seed=0, still=still)
        said = figures.evaluate(JUDGED, [spec_of(figure), settings])
        assert np.mean([met for met, *_ in said]) <= 0.05


@pytest.mark.parametrize("name", ANSWERS)
def test_a_goal_is_not_met_by_the_ring_alone(figures, name):
    figure = game(name)
    (x0, _), (_, y1) = figure.settings[-1].window
    near = [[0, 0], [1e-4, 1e-4], [0, 1.5], [-4, 0], [0.1, -0.1], [x0, 0], [0, y1]]
    for answer in ({}, ANSWERS[name]):
        settings = [figure.at(answer | {n: at for n in figure.starts}) for at in near]
        said = figures.evaluate(JUDGED, [spec_of(figure), settings])
        assert not any(met for met, *_ in said)


@pytest.mark.parametrize("name", ["gd", "momentum", "adam"])
def test_a_goal_is_not_met_on_an_easier_bowl(name):
    figure = game(name)
    least = next(s for s in figure.settings if s.name == "kappa")
    if least.low < least.value:
        met, why = figure.judged(**ANSWERS[name] | dict(kappa=least.low))
        assert not met and (why.startswith("The goal counts") or "loss" in why)


def test_a_lucky_dip_does_not_count():
    figure = explore.walk(rules.adam, lr=(0.001, 1, 0.2), goal=1e-4)
    trace = figure.trace()
    assert trace.loss.min() < figure.goal < trace.loss[-1]
    said = figure.verdict(trace)
    assert said.startswith("The goal is not reached yet. The loss falls below 0.0001 at step ")
    assert "doesn't stay" in said


STEP = """([name, surface, curvatures, points, steps, hyper]) => {
    const { arithmetic, rules } = descent;
    const f = arithmetic.surfaces[surface](curvatures).f;
    return points.map(x => arithmetic.descend(f, x, rules[name], steps, hyper));
}"""


@pytest.mark.parametrize("surface", ["bowl", "ravine", "rosenbrock", "beale", "saddle", "hills"])
def test_the_page_has_pythons_surfaces(figures, surface):
    from descent import surfaces

    curvatures = [1.0, 37.5] if surface in ("bowl", "ravine") else None
    ours = getattr(surfaces, surface)(*([curvatures] if curvatures else []))
    random = np.random.default_rng(0)
    points = np.stack([random.uniform(*w, 300) for w in ours.window])
    loss, gradient = ours(points)
    theirs = figures.evaluate(
        "([name, h, points]) => {"
        " const s = h ? descent.arithmetic.surfaces[name](h) : descent.arithmetic.surfaces[name]();"
        " return { ...s, f: points.map(s.f) }; }",
        [surface, curvatures, points.T.tolist()],
    )
    scale = np.abs(loss).max()
    np.testing.assert_allclose([v[0] for v in theirs["f"]], loss, rtol=1e-12, atol=1e-13 * scale)
    np.testing.assert_allclose(
        np.transpose([v[1] for v in theirs["f"]]), gradient, rtol=1e-12, atol=1e-13 * scale
    )
    assert theirs["name"] == ours.name
    assert theirs["window"] == [list(w) for w in ours.window]
    assert theirs["start"] == list(ours.start)
    np.testing.assert_array_equal(np.reshape(theirs["minimizers"], (-1, 2)), ours.minimizers)


@pytest.mark.parametrize("name", CARRIED)
def test_the_page_takes_every_rules_step_as_python_does(figures, name):
    """From one state, after a few steps of chance: gradient, memory and step."""
    rule, random = getattr(rules, name), np.random.default_rng(3)
    hyper = explore.walk(rule).details["rules"][0]["hyper"]
    gradients = random.normal(size=(300, 4)) * 10 ** random.uniform(-3, 3, (300, 1))
    rates = 10 ** random.uniform(-4, 0, 300)
    theirs = figures.evaluate(
        "([name, all, rates, hyper]) => all.map((gs, i) => { let step, memory = {};"
        " for (const g of gs)"
        "   [step, memory] = descent.rules[name](g, memory, { ...hyper, lr: rates[i] });"
        " return [step, memory]; })",
        [name, gradients.tolist(), rates.tolist(), hyper],
    )
    for row, lr, (step, memory) in zip(gradients, rates, theirs, strict=True):
        ours = {}
        for g in row.tolist():
            mine, ours = rule(g, **ours, **hyper | dict(lr=lr))
        np.testing.assert_allclose(step, mine, rtol=1e-12)
        for key, value in ours.items():
            np.testing.assert_allclose(memory[key], value, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("name", ["gd", "momentum", "rmsprop", "adagrad", "adam", "nadam"])
def test_whole_walks_are_alike_on_the_bowl(figures, name):
    rule = getattr(rules, name)
    figure = explore.walk(rule, lr=(0.001, 1, 0.05), steps=200)
    ours = figure.trace()
    theirs = figures.evaluate(
        "([s, v]) => descent.figures.walk.compute(s, v).walks[0]", [spec_of(figure), figure.at({})]
    )
    for record in ("x", "loss", "grad", "step"):
        np.testing.assert_allclose(theirs[record], getattr(ours, record), rtol=1e-12, atol=1e-14)
    for key, record in ours.memory.items():
        found = [[one[key] for one in memory] for memory in theirs["memory"]]
        expected = record if record.ndim == 2 else np.stack([record, record], axis=1)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("values", [dict(seed=7, batch=3), dict(rare=4), dict(spike=50.0)], ids=str)
def test_what_is_done_to_the_gradient_is_done_alike(figures, values):
    figure = explore.walk(
        rules.rmsprop,
        noise=2.0 * ("batch" in values),
        lr=(0.001, 1, 0.02),
        **{k: (1, 100, v) for k, v in values.items() if k != "seed"},
    )
    theirs = figures.evaluate(
        "([s, v]) => descent.figures.walk.compute(s, v).walks[0].x",
        [spec_of(figure), figure.at(values)],
    )
    np.testing.assert_allclose(theirs, figure.trace(**values).x, rtol=1e-12, atol=1e-14)
    changed = {k: 1 if k != "seed" else 8 for k in values}
    assert not np.allclose(figure.trace(**changed).x, figure.trace(**values).x)


def test_the_noise_is_normal_and_shrinks_with_the_batch():
    from descent.explore.walk import normals

    draw = normals(5)
    sample = np.array([next(draw) for _ in range(20_000)])
    assert abs(sample.mean()) < 0.03 and abs(sample.std() - 1) < 0.02
    assert abs((np.abs(sample) < 1).mean() - 0.6827) < 0.015


def test_the_cloud_has_the_predicted_radius():
    figure = explore.walk(rules.gd, lr=(0.001, 1, 0.03), batch=(1, 64, 4), noise=4, steps=4000)
    spread = figure.trace().x[400:].std(axis=0)
    np.testing.assert_allclose(spread, figure.radius(**figure.at({})), rtol=0.2)


def test_what_is_said_of_a_step_is_pythons(figures):
    for name in ("gd", "momentum", "adam", "rmsprop"):
        figure = game(name)
        ks = [1, 2, 7, figure.steps - 1]
        said = figures.evaluate(
            "([s, v, ks]) => { const w = descent.figures.walk, r = w.compute(s, v);"
            " return ks.map(k => w.say(s, v, r, k)); }",
            [spec_of(figure), figure.at({}), ks],
        )
        assert said == [figure.said(k) for k in ks]


# A rule of one's own.


def half_way(g, m=0, *, lr=0.1, share=0.5):
    m = share * m + (1 - share) * g
    return lr * (m + g) / 2, dict(m=m)


def test_a_rule_of_ones_own_walks_beside_another(figures):
    figure = explore.walk(half_way, beside=rules.adam, lr=(0.001, 1, 0.05), share=(0, 0.9, 0.5))
    theirs = figures.evaluate(
        "([s, v]) => descent.figures.walk.compute(s, v).walks.map(w => w.x)",
        [spec_of(figure), figure.at({})],
    )
    for x, trace in zip(theirs, figure.walks(), strict=True):
        np.testing.assert_allclose(x, trace.x, rtol=1e-12, atol=1e-14)
    element = show(figures, figure)
    assert painted(element).locator(".legend").inner_text().split() == ["half_way", "adam"]
    assert told(element) == figure.verdict()


def test_a_rule_that_no_page_can_run_walks_in_python_and_says_so():
    pull = {"share": 0.5}

    def tied(g, *, lr=0.1):
        return lr * pull["share"] * g, {}

    figure = explore.walk(tied, lr=(0.001, 1, 0.05))
    html = figure.html()
    assert "descent-figure" not in html and "<img" in html
    assert "A page can't run it: tied can't be carried over, since it uses pull" in html
    assert figure._sent["walks"][0]["x"] == figure.trace().x.tolist()
    figure.lr = 0.15
    assert figure._sent["walks"][0]["x"] == figure.trace(lr=0.15).x.tolist()
    assert figure._sent["judged"] == figure.judged(lr=0.15)


def test_walks_that_python_sends_are_drawn_as_the_pages_own(figures):
    figure = game("adam")
    spec = spec_of(figure)
    figure.send()
    sent, figure._sent = figure._sent, None
    own, got = (
        figures.evaluate(
            "([s, v, t]) => { const w = descent.figures.walk, r = w.compute(s, v, t);"
            " return [w.say(s, v, r, 5), w.goal(s, v, r)]; }",
            [spec | dict(remote=remote), figure.at({}), json.loads(json.dumps(sent))],
        )
        for remote in (False, True)
    )
    assert own == got


@pytest.mark.parametrize("rule", [rules.muon, rules.adafactor])
def test_what_needs_a_matrix_is_refused(rule):
    message = f"{rule.__name__} can't be carried over, since it needs a whole matrix at once"
    with pytest.raises(Untranslatable, match=message):
        explore.walk(rule)


def test_what_is_not_there_is_refused():
    with pytest.raises(TypeError, match=r"gd has no 'beta'; there are \['kappa', 'lr'\]"):
        explore.walk(rules.gd, beta=(0, 1, 0.5))
    with pytest.raises(TypeError, match=r"gd has no 'kappa'; there are \['lr'\]"):
        explore.walk(rules.gd, surface="hills", kappa=(1, 2, 1))
    with pytest.raises(ValueError, match=r"surface must be one of bowl, .*; got 'moon'"):
        explore.walk(rules.gd, surface="moon")
    with pytest.raises(ValueError, match="there may be 3 starts; got 4"):
        explore.walk(rules.gd, starts=[(1, 1)] * 4)
    with pytest.raises(TypeError, match=r"no setting 'eps'; there are \['kappa', 'lr', 'start'\]"):
        game("gd").trace(eps=1)


@pytest.mark.parametrize("surface", ["bowl", "ravine", "rosenbrock", "beale", "saddle", "hills"])
def test_every_surface_can_be_walked_on(figures, surface):
    figure = explore.walk(rules.adam, beside=rules.gd, surface=surface, lr=(0.001, 1, 0.05))
    element = show(figures, figure)
    assert told(element) == figure.said(figure.steps)
    assert element.locator(".contours path").count() > 5
    assert element.locator("svg").count() >= 3


@pytest.mark.parametrize("name", CARRIED)
def test_every_rule_can_walk(name):
    spec = explore.walk(getattr(rules, name), lr=(0.001, 1, 0.05)).spec
    assert spec["rules"][0]["rule"] == name
    assert spec["rules"][0]["text"] is None, "the page has it"


# By hand.


def test_the_opening_shows_the_walk_and_says_where_it_ends(figures):
    element = show(figures, game("gd"))
    figure = game("gd")
    assert painted(element).locator("p.goal").inner_text() == figure.task
    assert told(element) == figure.verdict()
    assert element.locator(".views > *").count() == 4
    assert painted(element).locator(".player output").inner_text() == "step 100 of 100"


def test_the_goal_is_reached_by_the_keyboard_and_says_why(figures):
    figure = game("gd")
    element = show(figures, figure)
    slider = element.get_by_label("learning rate, lr")
    slider.focus()
    for _ in range(120):
        if element.locator(".goal.reached").count():
            break
        slider.press("ArrowRight")
        figures.wait_for_timeout(30)
    lr = float(painted(element).locator(".controls output").first.inner_text())
    assert figure.judged(lr=lr)[0]
    why = painted(element).locator(".why").inner_text()
    assert why.lower() == figure.judged(lr=lr)[1].lower()
    # Spoken a little later, once.
    element.get_by_role("status").filter(has_text="Goal reached. From step").wait_for()


def test_the_ring_is_dragged_and_moved_by_keys(figures):
    element = show(figures, game("gd"))
    ring = element.get_by_role("slider", name="Start of the walk")
    box = ring.locator("circle").last.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = painted(ring).get_attribute("aria-valuetext")
    figures.mouse.move(x, y)
    figures.mouse.down()
    figures.mouse.move(x + 80, y + 30, steps=4)
    figures.mouse.up()
    figures.wait_for_timeout(100)
    dragged = painted(ring).get_attribute("aria-valuetext")
    assert dragged != before
    ring.focus()
    ring.press("ArrowUp")
    figures.wait_for_timeout(100)
    assert painted(ring).get_attribute("aria-valuetext") not in (before, dragged)
    element.get_by_role("button", name="Start over").click()
    figures.wait_for_timeout(100)
    assert painted(ring).get_attribute("aria-valuetext") == before


def test_a_step_that_is_pointed_at_in_the_loss_lights_up_on_the_path(figures):
    figure = game("adam")
    element = show(figures, figure)
    loss = element.locator("svg").nth(1)
    box = loss.bounding_box()
    figures.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    figures.wait_for_timeout(100)
    k = int(painted(element).locator(".player output").inner_text().split()[1])
    assert 0 < k < figure.steps
    assert told(element) == figure.said(k)
    numbers = element.locator("table.numbers tr").nth(1).locator("td").all_inner_texts()
    trace = figure.trace()
    assert float(numbers[0].replace("−", "-")) == float(f"{trace.grad[k - 1][0]:.2g}")
    assert float(numbers[1].replace("−", "-")) == float(f"{trace.memory['m'][k - 1][0]:.2g}")
    shown = element.locator("svg .tag").all_text_contents()
    assert {"−g", "−m", "√v", "−step"} <= set(shown)


@pytest.mark.parametrize("figures", [dict(reduced_motion="reduce")], indirect=True)
def test_without_motion_play_goes_to_the_end_at_once(figures):
    element = show(figures, game("gd"))
    back = element.get_by_role("button", name="One step back")
    back.click()
    output = element.locator(".player output")
    figures.wait_for_timeout(100)
    assert painted(output).inner_text() == "step 99 of 100"
    element.get_by_role("button", name="Play").click()
    figures.wait_for_timeout(100)
    assert painted(output).inner_text() == "step 100 of 100"


def test_it_plays_and_pauses_and_draws_new_noise_each_time(figures):
    element = show(figures, game("sgd"))
    play = element.locator("button.play")
    path = element.locator("svg").first.locator(".walk .rest")
    play.click()
    element.locator(".player output", has_text="step 1 ").or_(
        element.locator(".player output", has_text="step 2")
    ).first.wait_for()
    play.click()
    assert painted(play).inner_text() == "Play"
    first = painted(path).get_attribute("d")
    element.get_by_label("Step", exact=True).evaluate(
        "e => { e.value = e.max; e.dispatchEvent(new Event('input')) }"
    )
    play.click()
    figures.wait_for_timeout(200)
    play.click()
    assert painted(path).get_attribute("d") != first


@pytest.mark.parametrize(
    "figures", [dict(viewport=dict(width=390, height=700), has_touch=True)], indirect=True
)
def test_on_a_phone_views_are_stacked_and_a_finger_that_starts_on_the_map_scrolls(figures):
    element = show(figures, game("adam"))
    boxes = [view.bounding_box() for view in element.locator(".views > *").all()]
    assert all(a["y"] + a["height"] <= b["y"] for a, b in itertools.pairwise(boxes))
    assert figures.evaluate("document.documentElement.scrollWidth") <= 390
    sizes = element.locator("svg text").evaluate_all(
        "all => all.map(e => parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().a)"
    )
    assert min(sizes) >= 11
    touch = "e => getComputedStyle(e).touchAction"
    assert element.locator("svg").first.evaluate(touch) == "auto"
    assert element.locator(".ring").first.evaluate(touch) == "none"
    for control in element.locator("button, input").all():
        assert control.bounding_box()["height"] >= 44
    element.get_by_role("button", name="One step back").tap()
    figures.wait_for_timeout(100)
    assert painted(element).locator(".player output").inner_text() == "step 39 of 40"


def test_bowls_are_where_python_has_them():
    figure = game("gd")
    trace = figure.trace(kappa=3.0, lr=0.1)
    ours = descend(bowl((1.0, 3.0)), figure.start, rules.gd, steps=100, lr=0.1)
    np.testing.assert_array_equal(trace.x, ours.x)


@pytest.mark.parametrize("name", BESIDE)
def test_a_learners_rule_beside_the_right_one_is_its_twin_if_it_is_right(name):
    right = getattr(rules, name)
    figure = yours(right, right)
    one, other = figure.walks()
    np.testing.assert_array_equal(one.x, other.x)
    # And it gets somewhere: what is wrong with a rule can be seen at these settings.
    assert one.loss[-1] < one.loss[0] / 50


def test_a_learners_rule_that_climbs_is_told_of_no_goal(figures):
    def climbs(g, *, lr=0.1):
        return -lr * g, {}

    figure = yours(climbs, rules.gd)
    assert "oal" not in figure.alt and figure.verdict() == "The loss ends higher than it began."
    element = show(figures, figure)
    element.locator(".status:not(:empty)").wait_for()
    assert told(element) == figure.verdict()
    assert "oal" not in element.inner_text()


def test_every_rule_that_is_an_exercise_has_its_settings():
    assert set(BESIDE) == {
        exercise.answer.__name__ for exercise in EXERCISES.values() if exercise.on_a_bowl
    }


def test_an_outlier_s_step_is_as_long_as_a_first_one():
    """As the page says where the figure stands (deeper/rmsprop)."""
    figure = GAMES["spike"]()
    walk = figure.walks()[0]
    first = 0.03 / np.sqrt(1 - 0.99)
    np.testing.assert_allclose(abs(walk.step[figure.steps // 2, 0]), first, rtol=0.01)
    assert abs(walk.step[figure.steps // 2 - 1, 0]) < first / 10
