"""The bias microscope, the moving average and decay beside L2: Python, and the page held to it."""

import functools
import math
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from browsing import painted, show, spec_of, told
from descent import Optimizer, explore, rules

MAKE = {
    "bias": explore.bias,
    "average": explore.average,
    "corrected average": functools.partial(explore.average, correct=False, since=0),
    "decay": explore.decay,
}
TOUCH = dict(has_touch=True, viewport=dict(width=390, height=800))


@functools.cache
def made(name):
    """A figure and what its element hands to the script."""
    figure = MAKE[name]()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a label that can't be read
        return figure, spec_of(figure)


def place(setting, share):
    """The value of a setting at a share of its slider, from 0 to 1."""
    if setting["kind"] != "range":
        options = [o[0] for o in setting.get("options", ())] or [False, True]
        return options[min(int(share * len(options)), len(options) - 1)]
    low, high = setting["low"], setting["high"]
    if limit := setting.get("toward"):
        distance = (limit - low) * ((limit - high) / (limit - low)) ** share
        return round(limit - float(f"{distance:.3g}"), 12)
    return float(f"{low * (high / low) ** share:.3g}")


def at_random(name, n):
    """Settings, each with equal chances everywhere on its slider."""
    draw, settings = np.random.default_rng(0), made(name)[1]["settings"]
    return [{s["name"]: place(s, draw.random()) for s in settings} for _ in range(n)]


@pytest.mark.parametrize("name, n", [("bias", 300), ("corrected average", 100), ("decay", 20)])
def test_the_page_computes_and_says_what_python_does(figures, name, n):
    figure, spec = made(name)
    last = figures.evaluate(f"s => descent.figures.{figure.kind}.length(s)", spec)
    draw = np.random.default_rng(1)
    cases = [(values, int(draw.integers(last + 1))) for values in at_random(name, n)]
    theirs = figures.evaluate(
        f"""([spec, cases]) => cases.map(([values, k]) => {{
          const figure = descent.figures.{figure.kind}, result = figure.compute(spec, values);
          const said = [k, figure.length(spec)].map((k) => figure.say(spec, values, result, k));
          return {{ result, said, goal: figure.goal(spec, values, result) }};
        }})""",
        [spec, cases],
    )
    for (values, k), found in zip(cases, theirs, strict=True):
        trace = figure.trace(**values)
        for part, computed in found["result"].items():
            ours = getattr(trace, part)
            np.testing.assert_allclose(computed, ours, rtol=1e-12, atol=1e-12, err_msg=part)
        assert found["said"] == [figure.verdict(trace, k), figure.verdict(trace)]
        assert (found["goal"]["met"], found["goal"]["why"]) == figure.judge(trace)


def traces(name, cases):
    """What a figure computes at each of many settings."""
    figure, _ = made(name)
    if name != "decay":
        yield from (figure.trace(**values) for values in cases)
        return
    for how in ("l2", "decoupled"):  # all strengths in one walk
        c = np.array([values["c"] for values in cases if values["how"] == how])
        found = figure.trace(how=how, c=c)
        for quiet, loud in zip(found.quiet.T, found.loud.T, strict=True):
            yield SimpleNamespace(quiet=quiet, loud=loud)


@pytest.mark.parametrize("name", MAKE)
def test_a_goal_is_seldom_met_by_luck(name):
    figure, spec = made(name)
    assert not figure.judge(figure.trace())[0]
    settings = spec["settings"]
    ends = [{s["name"]: place(s, end) for s in settings} for end in (0.0, 1.0)]
    assert not any(figure.judge(figure.trace(**values))[0] for values in ends)
    met = sum(figure.judge(trace)[0] for trace in traces(name, at_random(name, 1000)))
    assert 0 < met <= 50


ANSWERS = [
    ("bias", dict(beta2=0.99), "shortens"),
    ("bias", dict(beta1=0.8, beta2=0.96), "shortens"),
    ("average", dict(beta=0.91), "About 11.1 values"),
    ("corrected average", dict(beta=0.65, correct=True), "About 2.86 values"),
    ("decay", dict(how="decoupled", c=0.55), "Under L2 no c does this"),
]


@pytest.mark.parametrize("name, values, why", ANSWERS)
def test_who_knows_the_answer_meets_the_goal_and_is_told_why(name, values, why):
    figure, _ = made(name)
    met, said = figure.judge(figure.trace(**values))
    assert met and why in said


def test_without_memory_there_is_no_correction_and_no_prize():
    figure, _ = made("bias")
    trace = figure.trace(beta1=0.0, beta2=0.0)
    assert trace.none[0] == pytest.approx(1) and not figure.judge(trace)[0]


def test_no_strength_of_l2_lets_both_weights_keep_a_third():
    figure, _ = made("decay")
    cases = [dict(how="l2", c=c) for c in np.geomspace(0.01, 10, 301)] + [
        dict(how="decoupled", c=1)
    ]
    *l2, _ = traces("decay", cases)
    assert len(l2) == 301 and not any(figure.judge(trace)[0] for trace in l2)


def test_decoupled_decay_is_the_optimizers():
    figure, _ = made("decay")
    w = np.ones(1)
    optimizer = Optimizer([w], rules.adam, lr=0.001, weight_decay=0.7)
    for k in range(2000):
        optimizer.step([np.array([-10.0 if k % 2 else 10.0])])
    assert figure.trace(how="decoupled", c=0.7).loud[-1] == pytest.approx(w[0], rel=1e-12)


@pytest.mark.parametrize("beta2, word", [(0.999, "shorter"), (0.95, "longer"), (0.99, "as it is")])
def test_correction_lengthens_the_first_step_or_shortens_it(beta2, word):
    figure, _ = made("bias")
    trace = figure.trace(beta2=beta2)
    assert trace.step[0] == pytest.approx((1 - 0.9) / math.sqrt(1 - beta2), rel=1e-6)
    assert trace.both == pytest.approx(np.ones(20), rel=1e-6)
    assert word in figure.verdict(trace)


def test_with_both_switches_the_microscope_shows_adam():
    figure, _ = made("bias")
    trace, memory = figure.trace(gradients="noisy", correct_m=True, correct_v=True), {}
    for g, step in zip(trace.g, trace.step, strict=True):
        ours, memory = rules.adam(g, **memory, lr=1.0)
        assert step == pytest.approx(ours, rel=1e-12)


def test_the_average_is_that_of_the_chapter():
    """The figure's distances are those that the chapter on momentum prints."""
    figure, _ = made("average")
    away = {b: figure.trace(beta=b).distance for b in (0.5, 0.8, 0.9, 0.98)}
    assert [f"{d:.3f}" for d in away.values()] == ["0.062", "0.039", "0.032", "0.092"]
    assert figure.trace(beta=0.9).held == pytest.approx(1 - 0.9**10)


def test_decay_leaves_what_the_chapter_measures():
    """As with random noise: the chapter on Adam's challenges has .819 and .135."""
    figure, _ = made("decay")
    assert figure.trace().loud[-1] == pytest.approx(0.819, abs=0.003)
    assert figure.trace(how="decoupled").quiet[-1] == pytest.approx(0.135, abs=0.002)


def test_a_figure_takes_ones_own_numbers():
    y = np.sin(np.arange(50) / 9)
    figure = explore.average(y + 0.1, y, since=5)
    assert len(figure.trace().line) == 50 and 0 < figure.goal < 1


def test_the_microscope_opens_with_its_message_and_answers_mouse_and_keys(figures):
    figure, _ = made("bias")
    element = show(figures, figure)
    status, goal = element.locator("p.status"), element.locator("p.goal")
    assert painted(status).inner_text() == figure.verdict(figure.trace())
    assert "3.16 times shorter" in painted(status).inner_text()
    assert painted(element).locator(".lenses").inner_text().count("3.16 lr") == 1
    element.get_by_label("correct v").click()
    assert "The first step is 0.1 lr" in painted(status).inner_text()
    element.get_by_label("correct m").click()
    assert "The first step is 1 lr" in painted(status).inner_text()
    beta2 = element.get_by_label("beta2")
    beta2.focus()
    for _ in range(120):
        figures.keyboard.press("ArrowLeft")
        if "reached" in painted(goal).get_attribute("class"):
            break
    assert "with a smaller one it lengthens it" in painted(element).locator("p.why").inner_text()
    element.get_by_role("button", name="Start over").click()
    assert painted(status).inner_text() == figure.verdict(figure.trace())
    assert "reached" not in painted(goal).get_attribute("class")


def test_a_step_that_is_pointed_at_is_told(figures):
    figure, _ = made("bias")
    element = show(figures, figure)
    for view in element.locator(".lenses svg").all():
        view.hover(position=dict(x=36 + 8, y=60))
        assert told(element).startswith("Step 1: 10 % of m's weights")
        view.hover(position=dict(x=36 + 100, y=60))
        assert not told(element).startswith("Step 1:")


@pytest.mark.parametrize("figures", [TOUCH], indirect=True)
@pytest.mark.parametrize(
    "name, label, value",
    [("bias", "beta2", 0.99), ("average", "beta", 0.91), ("decay", "strength", 0.55)],
)
def test_goals_are_reached_by_touch(figures, name, label, value):
    figure, spec = made(name)
    element = show(figures, figure)
    if name == "decay":
        element.get_by_label("decay").select_option("decoupled")
    setting = next(s for s in spec["settings"] if label in s["label"])
    shares = np.linspace(0, 1, 401)
    share = min(shares, key=lambda share: abs(place(setting, share) - value))
    box = element.get_by_label(label).bounding_box()
    reach = box["width"] - 16  # the thumb's middle goes from 8 pixels to 8 from the end
    figures.touchscreen.tap(box["x"] + 8 + share * reach, box["y"] + box["height"] / 2)
    element.locator("p.goal.reached").wait_for()
    assert figures.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_state_is_read_from_the_address(figures):
    figure, _ = made("bias")
    element = show(figures, figure, "#figure-bias?beta2=0.95&correct_m=1&gradients=spike&at=8")
    trace = figure.trace(beta2=0.95, correct_m=True, gradients="spike")
    assert painted(element).locator("p.status").inner_text() == figure.verdict(trace, 8)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_a_slider_toward_a_limit_goes_by_factors_of_the_distance(figures, share):
    figure, spec = made("bias")
    element = show(figures, figure)
    element.get_by_label("beta2").fill(str(round(400 * share)))
    setting = next(s for s in spec["settings"] if s["name"] == "beta2")
    beta2 = painted(element).locator(".controls .range", has_text="beta2")
    assert (
        float(beta2.locator("output").inner_text())
        == place(setting, share)
        == round(1 - 10 ** (-4 * share), 12)
    )
