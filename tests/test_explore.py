"""What all figures share: their lives, their settings as traits, the module, the page's state."""

import gzip
import json
import subprocess
import sys
from html import unescape

import ipywidgets
import pytest
import traitlets

import book
import carried
from browsing import painted, show, spec_of, told
from contents import BOOK, PAGES
from descent import explore, plot, rules
from descent.explore import base


def has_figure(name):
    notebook = BOOK / f"{name}.ipynb"
    return notebook.exists() and "<descent-figure" in notebook.read_text(encoding="utf-8")


WITH_FIGURES = ["index", *filter(has_figure, PAGES)]


@pytest.fixture(scope="module")
def figure():
    return explore.walk(rules.adam, lr=(0.001, 1, 0.1), beta1=(0, 0.99, 0.9))


def test_a_notebook_shows_the_widget_and_a_page_the_element(figure):
    bundle = figure._repr_mimebundle_()
    assert any("widget-view" in key for key in bundle)
    assert bundle["text/plain"].startswith("Explore adam. Goal: ")
    html = bundle["text/html"]
    assert html.startswith("<descent-figure kind='walk' ")
    assert json.loads(unescape(html.split("spec='")[1].split("'")[0])) == spec_of(figure)
    assert "<img" in html and 'alt="The path of adam on the bowl' in html and "Goal:" in html


WITHOUT = """
import sys
for name in ("anywidget", "ipywidgets"):
    sys.modules[name] = None
from descent import explore, rules
figure = explore.walk(rules.adam, lr=(0.001, 1, 0.1))
assert set(figure._repr_mimebundle_()) == {"text/plain", "text/html"}
seen = []
figure.observe(seen.append, "lr")
figure.lr = 0.2
assert seen[0].new == 0.2
try:
    figure.widget()
except ImportError as error:
    assert "needs anywidget" in str(error)
else:
    raise AssertionError
"""


PLAIN = """
import sys
for name in ("anywidget", "ipywidgets", "traitlets", "IPython"):
    sys.modules[name] = None
from descent import contest, explore, ledger, optional, plot, predict, tables
figure = explore.bias()
assert set(figure._repr_mimebundle_()) == {"text/plain", "text/html"}
name = figure.settings[0].name
assert getattr(figure, name) == figure.settings[0].value
"""


ALONE = """
import sys
for name in ("anywidget", "ipywidgets", "traitlets", "IPython", "matplotlib"):
    sys.modules[name] = None
from descent import explore, rules
assert "descent-figure" in explore.walk(rules.adam).element("")
"""


@pytest.mark.parametrize("text", [WITHOUT, PLAIN, ALONE])
def test_without_anywidget_there_is_the_html_alone(text):
    run = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_settings_are_traits_that_can_be_watched_and_linked():
    figure = explore.walk(rules.adam, lr=(0.001, 1, 0.1))
    slider, seen = ipywidgets.FloatSlider(min=0.001, max=1), []
    ipywidgets.link((figure, "lr"), (slider, "value"))
    figure.observe(lambda change: seen.append(change.new), "lr")
    slider.value = 0.3
    figure.lr = 0.2
    assert seen == [0.3, 0.2] and slider.value == 0.2
    figure.start = (1, 2)
    assert figure.start == (1.0, 2.0)
    assert ipywidgets.VBox([figure]).children == (figure,)


@pytest.mark.parametrize(
    "name, value", [("lr", 5), ("lr", "much"), ("start", (9, 0)), ("start", 1)]
)
def test_a_setting_keeps_to_its_range(figure, name, value):
    with pytest.raises(traitlets.TraitError, match=f"'{name}' trait"):
        setattr(figure, name, value)


def test_a_setting_hides_nothing_of_the_figures():
    with pytest.raises(TypeError, match="can't have a setting called keys"):
        explore.walk(lambda g, *, keys=1: (g, {}), keys=(0, 1, 1))


def test_choices_and_switches_are_traits_too():
    choice = base.Choice("rule", (("gd", "gradient descent"), "adam"), "adam")
    switch = base.Switch("bias", True)
    assert choice.trait.values == ["gd", "adam"] and switch.trait.default_value is True
    assert choice.described["options"] == choice.options and switch.described["kind"] == "switch"


def test_sliders_that_span_much_are_logarithmic_unless_they_count():
    assert base.Slider("lr", 0.001, 1, 0.1).log
    assert not base.Slider("beta", 0, 1, 0.1).log and not base.Slider("t", 1, 20, 1, step=1).log
    assert base.Slider("batch", 1, 64, 1, step=1, scale="log").log


# The module.


def test_the_page_has_every_rule_and_look(figures):
    from every_rule import ELEMENTWISE

    names = [rule.__name__ for rule in ELEMENTWISE]
    assert figures.evaluate("Object.keys(descent.rules)") == names
    look = figures.evaluate("descent.look")
    assert set(look) == {*plot.LOOK, *base.FAMILY}
    for name, (color, marker, _) in plot.LOOK.items():
        assert look[name]["color"] == [color, plot.DARK[name]]
        assert look[name]["marker"] == marker


def test_the_page_and_jupyter_have_one_module(figure):
    scripts = carried.scripts()
    assert scripts["figures.mjs"] == base.module() == figure._esm
    assert "export const rules" in scripts["figures.mjs"]
    # What all pages load doesn't draw: it fetches what does, by a name that changes with it.
    assert 'import("./figures.mjs?v=' in scripts["descent.mjs"]
    assert "export const rules" not in scripts["descent.mjs"]


def test_a_pages_scripts_are_light(site):
    names = "frame.mjs", "descent.mjs", "practise.mjs", "figures.mjs"
    texts = [(book.SITE / "_static" / name).read_bytes() for name in names]
    assert sum(len(gzip.compress(text, 6)) for text in texts) < 60_000


def test_numbers_are_written_alike(figures):
    values = [0.0, 1e-6, 1.234e-5, 9.9999e-5, 0.0123456, 1.0, 20.0, 123456.0, 1234567.0, 9.996]
    for digits in (2, 3, 6):
        said = figures.evaluate(
            "([v, d]) => v.map(v => descent.arithmetic.short(v, d))", [values, digits]
        )
        assert said == [f"{value:.{digits}g}" for value in values]


# The page.


def test_a_state_is_kept_in_the_address_and_read_from_it(figures, figure):
    address = "/#figure-walk?lr=0.3&start=-2,1&at=7&controls=lr,play"
    element = show(figures, figure, address)
    assert painted(element).locator(".controls output").first.inner_text() == "0.3"
    assert painted(element).locator(".player output").inner_text() == "step 7 of 100"
    assert element.locator(".controls > div:visible").count() == 1
    assert element.locator(".player").is_visible()
    assert not element.get_by_role("button", name="Start over").is_visible()
    ring = painted(element).locator(".ring").get_attribute("aria-valuetext")
    assert ring == "x1 = -2, x2 = 1"
    element.get_by_role("button", name="One step on").click()
    figures.wait_for_function("location.hash.includes('at=8')")
    hash_ = figures.evaluate("location.hash")
    assert hash_ == "#figure-walk?lr=0.3&start=-2,1&at=8&controls=lr,play"


@pytest.mark.parametrize("query", ["lr=much", "lr=", "lr=99&nothing=1", "start=1", "at=x"])
def test_an_address_that_makes_no_sense_does_no_harm(figures, figure, query):
    element = show(figures, figure, f"/#figure-walk?{query}")
    lr = "1" if "99" in query else "0.1"
    assert painted(element).locator(".controls output").first.inner_text() == lr


def test_nothing_is_computed_out_of_view(figures, figure):
    figures.evaluate(
        "html => { document.querySelector('main').innerHTML = "
        "'<div style=\"height: 5000px\"></div>' + html }",
        figure.element(""),
    )
    figures.wait_for_timeout(200)
    status = figures.locator("descent-figure .status")
    assert painted(status).inner_text() == ""
    status.scroll_into_view_if_needed()
    figures.locator("descent-figure .status:not(:empty)").wait_for()


def test_a_step_under_the_mouse_is_shown_as_long_as_the_mouse_is_there(figures, figure):
    element = show(figures, figure)
    at_end = told(element)
    loss = element.locator("svg").nth(1)
    loss.hover(position=dict(x=120, y=100))
    assert told(element).startswith("Step ")
    element.locator(".hint").hover()
    assert told(element) == at_end
    loss.click(position=dict(x=120, y=100))
    element.locator(".hint").hover()
    assert told(element).startswith("Step ")


def test_a_button_that_leads_nowhere_says_so_and_keeps_the_focus(figures, figure):
    element = show(figures, figure)
    on, back = (element.get_by_role("button", name=f"One step {to}") for to in ("on", "back"))
    assert painted(on).get_attribute("aria-disabled") == "true"
    back.click()
    assert told(element) and on.get_attribute("aria-disabled") == "false"
    on.press("Enter")
    assert told(element) and on.get_attribute("aria-disabled") == "true"
    assert on.evaluate("e => e === document.activeElement")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", WITH_FIGURES)
def test_the_room_that_is_kept_is_enough(site, browser, name, width):
    """So nothing moves when a figure comes to life; and not so much that the page gapes."""
    page = browser.new_page(viewport=dict(width=width, height=800), has_touch=width == 390)
    page.goto(f"{site}{name}.html")
    for figure in page.locator("descent-figure").all():
        figure.scroll_into_view_if_needed()
        figure.locator(".status:not(:empty)").wait_for()
        kept = figure.evaluate("e => parseFloat(getComputedStyle(e).minHeight)")
        whole, live = (e.bounding_box()["height"] for e in (figure, figure.locator(".live")))
        assert kept > 400 and whole <= kept + 0.5 and live >= kept - 180, (kept, whole, live)
    page.close()


def test_on_paper_there_is_the_picture(figures, figure):
    element = show(figures, figure)
    element.locator(".still").evaluate("e => e.append('a picture')")
    assert not element.locator(".still").is_visible() and element.locator(".live").is_visible()
    figures.emulate_media(media="print")
    assert element.locator(".still").is_visible() and not element.locator(".live").is_visible()


@pytest.mark.parametrize("figures", [dict(forced_colors="active")], indirect=True)
def test_with_forced_colors_lines_are_told_by_their_dash(figures):
    element = show(figures, explore.walk(rules.adam, beside=rules.gd, lr=(0.001, 0.1, 0.05)))
    dashes = (
        element.locator("svg")
        .first.locator(".walk .done")
        .evaluate_all("all => all.map(e => getComputedStyle(e).strokeDasharray)")
    )
    assert len(set(dashes)) == 2


MODEL = """async ([values, spec]) => {
    const heard = {}, model = {
        values: { ...values, _kind: spec.kind, _spec: spec, _sent: null }, saved: [],
        get(name) { return this.values[name] },
        set(name, value) { this.values[name] = value; this.saved.push([name, value]) },
        save_changes() {},
        on(name, f) { (heard[name] ??= []).push(f) },
        off(name, f) { heard[name] = heard[name].filter(g => g !== f) },
    };
    const el = document.querySelector("main");
    window.close_ = descent.default.render({ model, el });
    window.model = model;
    window.hear = (name, value) => {
        model.values[name] = value;
        heard[`change:${name}`].forEach(f => f());
    };
    window.heard = heard;
}"""


def test_in_jupyter_the_hand_moves_the_traits_and_the_traits_the_figure(figures, figure):
    values = figure.at({}) | dict(lr=0.3)
    figures.evaluate(MODEL, [values, spec_of(figure)])
    output = figures.locator(".controls output").first
    assert painted(output).inner_text() == "0.3"
    figures.get_by_label("learning rate, lr").press("Home")
    figures.wait_for_function("model.saved.length")
    assert figures.evaluate("model.saved") == [["lr", 0.001]]
    figures.evaluate("hear('lr', 0.2)")
    assert painted(output).inner_text() == "0.2"
    assert figures.evaluate("location.hash") == ""
    figures.evaluate("close_()")
    assert figures.evaluate("Object.values(heard).flat().length") == 0


def test_every_page_with_a_figure_fetches_the_module_when_it_comes_near(site, browser):
    page = browser.new_page(viewport=dict(width=1200, height=700))
    fetched = []
    page.on("request", lambda r: fetched.append(r.url) if "figures.mjs" in r.url else None)
    page.goto(f"{site}momentum.html")
    page.wait_for_timeout(300)
    assert not fetched, "the figure is far down the page"
    page.locator("descent-figure").first.scroll_into_view_if_needed()
    page.locator("descent-figure .status:not(:empty)").first.wait_for()
    assert len(fetched) == 1
    page.goto(f"{site}glossary.html")
    page.wait_for_timeout(300)
    assert len(fetched) == 1
    page.close()
