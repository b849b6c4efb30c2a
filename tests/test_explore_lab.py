"""The momentum lab: its map, its walks and what it says, in Python and on the page."""

import importlib
import itertools
import warnings

import numpy as np
import pytest

from browsing import painted, show, spec_of, told
from descent import descend, explore
from descent.rules import momentum
from descent.surfaces import bowl

# Not the function of the same name.
module = importlib.import_module("descent.explore.lab")

PHONE = dict(viewport=dict(width=390, height=844), has_touch=True)
COMPUTE = """([spec, all]) => all.map((values) => {
    const { x, roots, factors, kinds, pace, best } = descent.figures.lab.compute(spec, values);
    return { x, roots, factors, kinds, pace, best };
})"""
SAY = """([spec, all]) => all.map(([values, k]) => {
    const result = descent.figures.lab.compute(spec, values);
    const { met, why } = descent.figures.lab.goal(spec, values, result);
    return [descent.figures.lab.say(spec, values, result, k), met, why];
})"""


def some(count, seed=0):
    """Settings as the hand could leave them: even over the map, and over the factors of κ."""
    rng = np.random.default_rng(seed)
    lr, beta = rng.uniform(0.02, 4, count), rng.uniform(0, 0.99, count)
    kappa = np.exp(rng.uniform(np.log(2), np.log(200), count))
    return [
        dict(lr=float(f"{a:.3g}"), beta=float(f"{b:.3g}"), kappa=float(f"{c:.3g}"))
        for a, b, c in zip(lr, beta, kappa, strict=True)
    ]


EDGES = [
    dict(lr=1.0, beta=0.0, kappa=20.0),  # a root of zero
    dict(lr=1.0, beta=0.25, kappa=4.0),  # two roots that meet, to the last digit
    dict(lr=3.0, beta=0.5, kappa=20.0),  # on the border of what converges
    dict(lr=4.0, beta=0.0, kappa=2.0),  # both fly off, or nearly
]


@pytest.fixture(scope="module")
def figure():
    """The lab as it opens; its pictures are drawn once."""
    figure = explore.lab()
    written = figure.html()
    figure.html = lambda: written
    return figure


# ------------------------------------------------------------------ the theory


def test_factors_are_the_sizes_of_the_roots_of_the_polynomial():
    for values in some(200):
        rate, beta = values["lr"], values["beta"]
        (a, b), (c, d) = module.roots(rate, beta)
        ours = np.array([a + b * 1j, c + d * 1j])
        np.testing.assert_allclose(ours.sum(), 1 + beta - rate, atol=1e-12)
        np.testing.assert_allclose(ours.prod(), beta, atol=1e-12)
        np.testing.assert_allclose(module.factor(rate, beta), np.abs(ours).max(), rtol=1e-12)
        assert abs(ours[0]) >= abs(ours[1]) * (1 - 1e-12)


def test_a_walk_shrinks_by_its_factor():
    for values in some(60, seed=1):
        rate, beta = values["lr"], values["beta"]
        if rate >= 2 * (1 + beta):
            continue
        one = bowl((1.0,))
        x = descend(one, [1.0], momentum, steps=1000, lr=rate, beta=beta, keep=("x",)).x
        early, late = (np.linalg.norm(x[t : t + 20]) for t in (40, 80))
        if early < 1e-100:
            continue
        # Where two roots meet, t * r^t lasts long.
        assert (late / early) ** (1 / 40) == pytest.approx(module.factor(rate, beta), rel=0.03)


def test_each_kind_of_walk_looks_like_it():
    pairs = dict(
        creep=(0.04, 0.3), critical=(0.04, 0.64), swing=(0.04, 0.95), zigzag=(1.8, 0.05),
        fly=(2.5, 0.1),
    )  # fmt: skip
    for kind, (rate, beta) in pairs.items():
        assert module.kind(rate, beta) == kind
        x = descend(bowl((1.0,)), [1.0], momentum, steps=60, lr=rate, beta=beta).x[:, 0]
        flips = np.count_nonzero(np.diff(np.sign(x)))
        if kind in ("creep", "critical"):
            assert flips == 0
        elif kind == "swing":
            assert 1 < flips < 20
        else:
            assert flips == 60, "at every step"
        assert (abs(x[-1]) > 1) == (kind == "fly")


def inside(corners, point):
    """Whether a point is in a convex area."""
    if not corners:
        return False
    turns = [
        (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])
        for a, b in itertools.pairwise([*corners, corners[0]])
    ]
    return min(turns) >= 0


def test_the_map_is_dark_where_walks_are_quick():
    rng = np.random.default_rng(2)
    count = 0
    for values in some(300, seed=3):
        lr, beta, kappa = values.values()
        slow = max(module.factor(lr / kappa, beta), module.factor(lr, beta))
        for level in rng.uniform(0.05, 0.999, 5):
            if abs(slow - level) > 1e-9:
                found = inside(module.area(level, kappa), (lr, beta))
                assert found == (slow < level), (values, level)
                count += found
    assert count > 100


@pytest.mark.parametrize("kappa", [2, 20, 200])
def test_no_pair_is_faster_than_the_best(kappa):
    lr, beta, factor = module.best_pair(kappa)
    assert max(module.factor(lr / kappa, beta), module.factor(lr, beta)) == pytest.approx(
        factor, abs=1e-7
    )
    assert module.area(factor * 0.999, kappa) == []
    assert len(module.area(factor * 1.001, kappa)) == 3
    lrs, betas = np.meshgrid(np.linspace(0.02, 4, 200), np.linspace(0, 0.99, 200))
    all_pairs = np.maximum(module.factor(lrs / kappa, betas), module.factor(lrs, betas))
    assert factor < all_pairs.min() < factor + 0.05


# ------------------------------------------------------------------ Python and the page


def test_the_page_computes_what_python_computes(figures, figure):
    asked = some(300) + EDGES
    every = figures.evaluate(COMPUTE, [spec_of(figure), asked])
    for values, got in zip(asked, every, strict=True):
        ours = figure.trace(**values)
        # What is far off comes as a whole number of many digits.
        theirs = np.array(got["x"], float)
        np.testing.assert_allclose(theirs, ours.x, rtol=1e-12, atol=1e-14, err_msg=str(values))
        for name in ("roots", "factors", "pace", "best"):
            mine = getattr(ours, name)
            np.testing.assert_allclose(got[name], mine, rtol=1e-12, atol=1e-15)
        assert got["kinds"] == ours.kinds


def test_the_page_says_what_python_says(figures, figure):
    asked = some(300, seed=4) + EDGES
    for kappa in (2.0, 20.0, 200.0):
        lr, beta, _ = module.best_pair(kappa)
        asked.append(dict(lr=lr, beta=beta + 0.002, kappa=kappa))
    steps = [k % 101 for k in range(0, 37 * len(asked), 37)]
    steps[-1] = 100
    pairs = [list(pair) for pair in zip(asked, steps, strict=True)]
    theirs = figures.evaluate(SAY, [spec_of(figure), pairs])
    met = 0
    for (values, k), got in zip(pairs, theirs, strict=True):
        trace = figure.trace(**values)
        assert got == [figure.verdict(trace, k), *figure.reached(trace)], values
        met += got[1]
    assert met >= 3


def test_the_map_of_the_page_has_the_same_areas(figures, figure):
    element = show(figures, figure, "#figure-lab?kappa=50")
    levels = [n for n in module.LEVELS if module.area(0.1 ** (1 / n), 50)]
    drawn = element.locator(".levels path:not(.outside)")
    assert drawn.count() == len(levels) > 5
    # Corners in pixels, back on the map.
    frame = element.locator(".lab-map .ground")
    x0, y0, wide, tall = (float(frame.get_attribute(n)) for n in ("x", "y", "width", "height"))
    for i, steps in enumerate(levels):
        text = drawn.nth(i).get_attribute("d").strip("Mz")
        corners = np.array([pair.split(",") for pair in text.split("L")], float)
        corners = (corners - (x0, y0)) / (wide, tall) * (4, -1) + (0, 1)
        np.testing.assert_allclose(corners, module.area(0.1 ** (1 / steps), 50), atol=2e-3)


# ------------------------------------------------------------------ what it tells, and its goal


def test_it_opens_where_one_direction_creeps_and_the_other_swings(figures, figure):
    said = figure.verdict(figure.trace())
    assert said == (
        "Along the valley it creeps (× 0.945 a step), across it swings (× 0.775). The slower one "
        "sets the pace: in the long run it takes 40.9 steps to a tenth; this bowl's best pair "
        "needs 5.06."
    )
    assert said in figure.alt
    element = show(figures, figure)
    assert told(element) == said
    assert told(element, ".why") == ""
    assert element.locator(".lab-swing .title").all_text_contents() == [
        "along the valley: creeps (× 0.945)",
        "across the valley: swings (× 0.775)",
    ]
    assert painted(element).locator(".told").text_content() == "40.9 steps"


def test_the_goal_is_for_those_who_find_it(figure):
    assert figure.reached(figure.trace()) == (False, "")
    found = [figure.reached(figure.trace(**values))[0] for values in some(1000, seed=5)]
    assert 0 < sum(found) <= 50
    start = figure.at({})
    for name, low, high in (("lr", 0.02, 4), ("beta", 0, 0.99), ("kappa", 2, 200)):
        for value in np.linspace(low, high, 150):
            moved = start | {name: float(value)}
            assert not figure.reached(figure.trace(**moved))[0], f"one slider is enough: {moved}"
    for lr in np.linspace(0.02, 4, 100):
        assert not figure.reached(figure.trace(lr=float(lr), beta=0.9))[0], "the habit wins"


@pytest.mark.parametrize("kappa", [2.0, 4.0, 20.0, 100.0, 200.0])
def test_the_best_pair_reaches_the_goal(kappa):
    figure = explore.lab(kappa=kappa)
    lr, beta, _ = module.best_pair(kappa)
    # As near as the sliders come, on the side that forgives.
    trace = figure.trace(lr=np.floor(lr * 50) / 50, beta=np.ceil(beta * 200) / 200)
    met, why = figure.reached(trace)
    assert met and f"lr = {lr:.3g} and beta = {beta:.3g}" in why
    assert trace.pace < 1.1 * trace.best


def test_the_sentence_about_critical_damping_is_true():
    """At the best pair both directions are critical; less memory and more do what it says."""
    for kappa in (5.0, 20.0, 100.0):
        lr, beta, _ = module.best_pair(kappa)
        kinds = [module.kind(rate, beta) for rate in (lr / kappa, lr)]
        assert kinds == ["critical", "critical"]
        assert [module.kind(rate, beta + 0.05) for rate in (lr / kappa, lr)] == ["swing", "swing"]
        less = [module.kind(rate, beta - 0.05) for rate in (lr / kappa, lr)]
        assert less[0] == "creep" and less[1] in ("zigzag", "fly")


def test_the_still_picture_can_be_read():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for asked in ({}, dict(lr=1.4, beta=0.9, kappa=100)):
            assert 'alt="A map of all pairs' in explore.lab(**asked).html()


# ------------------------------------------------------------------ the hand


def place(element, lr, beta):
    """Where a pair stands on the screen."""
    frame = element.locator(".lab-map .ground").bounding_box()
    return frame["x"] + lr / 4 * frame["width"], frame["y"] + (1 - beta) * frame["height"]


def now(element):
    """The pair that the page shows."""
    return element.evaluate("(e) => [e.live.state.values.lr, e.live.state.values.beta]")


def says(page, element, figure):
    """Wait for what Python would say of the pair that the page shows."""
    lr, beta = now(element)
    trace = figure.trace(lr=lr, beta=beta)
    said = figure.verdict(trace)
    page.wait_for_function(
        "(said) => document.querySelector('descent-figure .status').textContent === said", arg=said
    )
    return trace


def test_a_mouse_drags_the_ring_to_the_goal(figures, figure):
    element = show(figures, figure)
    figures.mouse.move(*place(element, 0.4, 0.6))
    figures.mouse.down()
    figures.mouse.move(*place(element, 1.4, 0.9), steps=3)
    trace = says(figures, element, figure)
    assert trace.kinds == ["swing", "swing"] and now(element) == pytest.approx([1.4, 0.9], abs=0.02)
    assert "reached" not in painted(element).locator(".goal").get_attribute("class")
    figures.mouse.move(*place(element, 2.6, 0.42), steps=3)
    figures.mouse.up()
    trace = says(figures, element, figure)
    assert told(element, ".why") == figure.reached(trace)[1] != ""
    element.get_by_role("button", name="Start over").click()
    assert says(figures, element, figure).values == figure.at({})


def test_a_press_on_the_map_moves_the_ring(figures, figure):
    element = show(figures, figure)
    figures.mouse.click(*place(element, 3.2, 0.3))
    assert says(figures, element, figure).kinds[1] == "fly"
    assert painted(element).locator(".told").text_content() == "flies off"
    ring = element.locator(".lab-map .ring")
    lr, beta = now(element)
    assert [lr, beta] == pytest.approx([3.2, 0.3], abs=0.02)
    assert painted(ring).get_attribute("aria-valuetext") == (
        f"lr {lr:.3g}, beta {beta:.3g}: along the valley it creeps, across it flies off"
    )


def test_the_arrow_keys_find_where_the_steep_direction_stops_swinging(figures, figure):
    element = show(figures, figure)
    element.locator(".lab-map .ring").focus()
    for _ in range(9):
        figures.keyboard.press("Shift+ArrowDown")
    for _ in range(3):
        figures.keyboard.press("ArrowDown")
    trace = says(figures, element, figure)
    assert now(element) == [0.4, pytest.approx(0.135)] and trace.kinds == ["creep", "critical"]
    assert float(module.border(0.4)) == pytest.approx(0.135, abs=0.001)
    figures.keyboard.press("ArrowRight")
    assert now(element)[0] == pytest.approx(0.42)
    for _ in range(60):
        figures.keyboard.press("Shift+ArrowUp")
    assert now(element)[1] == 0.99


@pytest.mark.parametrize("figures", [PHONE], indirect=True)
def test_a_finger_taps_drags_the_ring_and_scrolls_beside_it(figures, figure):
    element = show(figures, figure)
    element.locator(".lab-map").scroll_into_view_if_needed()
    figures.touchscreen.tap(*place(element, 2.5, 0.43))
    trace = says(figures, element, figure)
    assert figure.reached(trace)[0] and told(element, ".why")
    touch = "(e) => getComputedStyle(e).touchAction"
    ring = element.locator(".lab-map .ring")
    assert ring.evaluate(touch) == "none"
    assert element.locator(".lab-map svg").first.evaluate(touch) == "auto"
    reach = ring.locator(".reach").bounding_box()
    assert min(reach["width"], reach["height"]) == pytest.approx(44, abs=0.1)
    session = figures.context.new_cdp_session(figures)

    def finger(kind, at=None):
        points = [dict(x=at[0], y=at[1])] if at else []
        session.send("Input.dispatchTouchEvent", dict(type=kind, touchPoints=points))

    before = figures.evaluate("scrollY")
    finger("touchStart", place(element, *now(element)))
    for lr, beta in ((2, 0.5), (1.5, 0.7), (1, 0.9)):
        target = place(element, lr, beta)
        finger("touchMove", target)
    finger("touchEnd")
    assert now(element) == pytest.approx([1, 0.9], abs=0.05)
    assert figures.evaluate("scrollY") == before
    pair = now(element)
    finger("touchStart", place(element, 2, 0.2))
    for beta in (0.3, 0.4, 0.5, 0.6):
        finger("touchMove", place(element, 2, beta))
    finger("touchEnd")
    figures.wait_for_function("before => scrollY > before + 20", arg=before)
    assert now(element) == pair


def test_a_step_that_is_pointed_at_lights_up_everywhere(figures, figure):
    element = show(figures, figure)
    panel = element.locator(".lab-swing .ground").first.bounding_box()
    figures.mouse.move(panel["x"] + 0.12 * panel["width"], panel["y"] + 10)
    said = figure.verdict(figure.trace(), 12)
    assert said.endswith("are left.") and "At step 12, " in said
    figures.wait_for_function(
        "(said) => document.querySelector('descent-figure .status').textContent === said", arg=said
    )
    lit = element.locator(".here[visibility=visible]")
    assert lit.count() == 3, "along, across, and on the bowl"
    x = figure.trace().x[12]
    spot, ground = lit.nth(2).bounding_box(), element.locator(".lab-bowl .ground").bounding_box()
    middle = spot["x"] + spot["width"] / 2 - ground["x"]
    assert middle / ground["width"] == pytest.approx((x[0] + 5) / 10, abs=0.01)


def test_the_roots_are_there_for_those_who_ask(figures, figure):
    element = show(figures, figure, "#figure-lab?beta=0.5")
    assert element.locator(".lab-roots").is_hidden()
    element.get_by_label("show the roots").check()
    element.locator(".lab-roots svg").wait_for()
    along, across = (element.locator(f".lab-roots .root.{n}") for n in ("along", "across"))
    figures.wait_for_function("document.querySelector('.lab-roots .root.across').hasAttribute('d')")
    middle = float(painted(element).locator(".unit").get_attribute("cx"))
    unit = float(painted(element).locator(".unit").get_attribute("r"))
    for shown, rate in ((along, 0.4 / 20), (across, 0.4)):
        first = painted(shown).get_attribute("d")[1:].split("m")[0].split(",")
        assert (float(first[0]) - middle) / unit == pytest.approx(
            module.roots(rate, 0.5)[0][0], abs=0.01
        )
    inner = float(painted(element).locator(".inner").get_attribute("r"))
    assert inner / unit == pytest.approx(0.5**0.5)
    tall = "document.querySelector('.lab-map svg').getBoundingClientRect().height"
    before = figures.evaluate(tall)
    element.get_by_label("show the roots").uncheck()
    element.locator(".lab-roots").wait_for(state="hidden")
    figures.wait_for_function(f"{tall} < {before}")
    element = show(figures, figure, "#figure-lab?roots=1")
    assert element.locator(".lab-roots").is_visible()


# ------------------------------------------------------------------ how it looks


ADDRESSES = ["", "kappa=2&roots=1", "kappa=200&lr=3.4&beta=0.76", "lr=1.5&beta=0.85&at=7"]


@pytest.mark.parametrize("figures", [{}, PHONE], indirect=True)
def test_no_label_covers_another(figures, figure):
    for address in ADDRESSES:
        element = show(figures, figure, f"#figure-lab?{address}")
        boxes = element.locator(".live svg").evaluate_all(
            """(all) => all.filter((svg) => svg.checkVisibility()).map((svg) =>
                [...svg.querySelectorAll("text")].filter((t) => t.textContent.trim()).map((t) => {
                    const { left, top, right, bottom } = t.getBoundingClientRect();
                    const size = parseFloat(getComputedStyle(t).fontSize);
                    return [t.textContent, left, top, right, bottom, size];
                }))"""
        )
        assert sum(map(len, boxes)) > 15
        for texts in boxes:
            for name, *_, size in texts:
                assert size >= 11, name
            for (one, a, b, c, d, _), (two, e, f, g, h, _) in itertools.combinations(texts, 2):
                apart = c <= e + 1 or g <= a + 1 or d <= f + 3 or h <= b + 3
                assert apart, f"{one!r} covers {two!r} at {address!r}"
        assert figures.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )


@pytest.mark.parametrize("figures", [PHONE], indirect=True)
def test_on_a_phone_the_map_comes_first_and_then_the_swing(figures, figure):
    element = show(figures, figure, "#figure-lab?roots=1")
    element.locator(".lab-roots svg").wait_for()
    boxes = [element.locator(f".lab-{n}").bounding_box() for n in ("map", "swing", "bowl", "roots")]
    for above, below in itertools.pairwise(boxes):
        assert above["y"] + above["height"] <= below["y"]
    assert len({box["x"] for box in boxes}) == 1


def test_wide_the_map_stands_beside_its_views(figures, figure):
    element = show(figures, figure)
    first, second, third = (
        element.locator(f".lab-{n}").bounding_box() for n in ("map", "swing", "bowl")
    )
    assert first["x"] + first["width"] <= second["x"] == third["x"]
    assert first["width"] > second["width"] and second["y"] + second["height"] <= third["y"]
