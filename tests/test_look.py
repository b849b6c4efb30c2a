"""How the pages look: their measures, colors and marks, on paper, magnified, and by keyboard."""

import json
import re
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document

import book
import course_map
from contents import BOOK, KINDS, NOTEBOOKS, PAGES, ROOT

CHAPTER = "gradient_descent"
WIDE = {"width": 1440, "height": 900}

# The characters of each line that is followed by another one, in paragraphs of nothing but text.
LINES = """() => {
    const full = [];
    for (const p of document.querySelectorAll("article section > p:not([class])")) {
        if (p.querySelector("code, .math, math, img")) continue;
        const range = document.createRange();
        const walk = document.createTreeWalker(p, NodeFilter.SHOW_TEXT);
        let top = null, count = 0;
        for (let text; (text = walk.nextNode());)
            for (let i = 0; i < text.length; i += 1) {
                range.setStart(text, i);
                range.setEnd(text, i + 1);
                const [box] = range.getClientRects();
                if (box && top !== null && box.top > top + 8) {
                    full.push(count);
                    count = 0;
                }
                if (box) top = count ? Math.min(top, box.top) : box.top;
                count += 1;
            }
    }
    return full.sort((a, b) => a - b);
}"""

STYLE = """(element) => {
    const { fontSize, lineHeight, fontStyle, color } = getComputedStyle(element);
    return { size: parseFloat(fontSize), leading: parseFloat(lineHeight) / parseFloat(fontSize),
        style: fontStyle, color };
}"""

COLORS = """() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const probe = document.body.appendChild(document.createElement("p"));
    return Object.fromEntries(["paper", "surface", "ink", "muted", "edge", "accent", "right",
        "wrong", "code-word", "code-string", "code-number", "code-name"].map(name => {
            probe.style.color = `var(--${name})`;
            canvas.fillStyle = getComputedStyle(probe).color;
            canvas.fillRect(0, 0, 1, 1);
            return [name, [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)];
        }));
}"""


@pytest.fixture
def page(browser, request):
    """A page of the browser, with the options of the test's mark."""
    page = browser.new_page(**({"viewport": WIDE} | getattr(request, "param", {})))
    yield page
    page.close()


def html(name):
    return (book.SITE / f"{name}.html").read_text(encoding="utf-8")


def luminance(color):
    parts = [c / 255 for c in color]
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(part * weight for part, weight in zip(parts, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_text_keeps_to_its_measure(page, site):
    page.goto(f"{site}{CHAPTER}.html")
    page.evaluate("() => document.fonts.ready")
    page.reload()  # A font that came late the first time isn't shown before the second.
    page.evaluate("() => document.fonts.ready")
    full = page.evaluate(LINES)
    assert len(full) > 20
    assert 65 <= full[len(full) // 2] <= 75

    def style(selector):
        return page.locator(selector).first.evaluate(STYLE)

    text, caption = style("article section > p"), style("article p.caption")
    assert (text["size"], text["leading"]) == (17, pytest.approx(1.6))
    assert 26 <= style("article h2")["size"] <= 28
    assert 13 <= caption["size"] <= 14
    assert caption["style"] == "normal"
    assert caption["color"] != text["color"]
    assert style("article .cell_input pre")["leading"] == pytest.approx(1.45)
    column = page.locator("article .cell_input:visible").first.bounding_box()["width"]
    assert column > 1.2 * page.locator("article section > p").first.bounding_box()["width"]


def test_a_figure_has_one_caption_and_it_is_upright(page, site):
    page.goto(f"{site}momentum.html")
    captions = page.locator("article .cell + p.caption")
    assert captions.count() >= 6
    assert page.locator("article p.caption").count() == captions.count()
    told = page.get_by_text(re.compile("^What to see: "))
    assert told.count() == captions.count()
    styles = captions.evaluate_all("all => all.map(e => getComputedStyle(e).fontStyle)")
    assert set(styles) == {"normal"}


@pytest.mark.parametrize("page", [{}, {"viewport": {"width": 390, "height": 844}}], indirect=True)
def test_a_folded_cell_has_a_mark_that_can_be_found_named_and_pressed(page, site):
    page.goto(f"{site}{CHAPTER}.html")
    marks = page.locator("details.hide > summary")
    assert marks.count() > 5
    for mark in marks.all():
        box = mark.bounding_box()
        assert min(box["width"], box["height"]) >= 24
        assert mark.inner_text() == "Show the code"
    # It takes no line of its own: what it folds up stands where its cell begins.
    cell = page.locator("div.cell:has(> details.hide)").first
    assert cell.locator("details").bounding_box()["height"] == 0
    marks.first.focus()
    assert cell.locator("summary span").evaluate("e => getComputedStyle(e).opacity") == "1"
    page.keyboard.press("Enter")
    assert cell.locator("pre").first.is_visible()


def test_exercises_are_listed_under_their_chapter(page, site):
    page.goto(f"{site}exercises/adam.html")
    contents = page.get_by_role("navigation", name="Contents", exact=True)
    below = contents.locator("li:has(> a:text-is('Adam')) li a")
    assert below.all_inner_texts() == ["Going deeper", "Exercises", "Solutions"]
    assert contents.locator("[aria-current=page]").all_inner_texts() == ["Exercises"]
    assert contents.locator("button, summary, input").count() == 0
    # Those of other chapters are left out, so that the contents can be seen at a glance.
    assert contents.get_by_text("Exercises").count() == 1
    assert contents.get_by_role("link").count() < 25


def arrows(name):
    """The addresses to which the arrows at a page's foot lead, by their side."""
    found = re.findall(r'<a class="(left|right)-\w+"\s+href="([^"]+)"', html(name))
    return {side: address for side, address in found}


def test_the_arrows_lead_past_the_solutions(site):
    assert arrows("momentum")["right"] == "deeper/momentum.html"
    assert arrows("deeper/momentum") == {
        "left": "../momentum.html",
        "right": "../exercises/momentum.html",
    }
    assert arrows("exercises/momentum") == {
        "left": "../deeper/momentum.html",
        "right": "../rmsprop.html",
    }
    assert arrows("rmsprop")["left"] == "exercises/momentum.html"
    assert arrows("solutions/momentum")["right"] == "../rmsprop.html"
    for name in PAGES:
        assert not any("solutions/" in address for address in arrows(name).values())


def test_the_map_has_every_chapter_with_a_line_and_a_time(page, site):
    page.goto(f"{site}index.html")
    chapters = [name for name in PAGES if f"{name}.ipynb" in NOTEBOOKS and "/" not in name]
    links = page.locator(".map dt a").all()
    assert [link.get_attribute("href") for link in links] == [f"{name}.html" for name in chapters]
    for line in page.locator(".map dt + dd").all_inner_texts():
        assert 20 < len(line) < 160
        assert line.endswith(".")
    for time in page.locator(".map dd + dd").all_inner_texts():
        assert re.fullmatch(r"(\d h)? ?(\d\d? min)?", time)
    start = page.get_by_role("link", name="Start with gradient descent")
    assert start.get_attribute("href") == f"{chapters[0]}.html"
    assert start.bounding_box()["y"] < 700


def test_a_time_is_words_and_lines_in_sight():
    cells = [
        {"cell_type": "markdown", "source": "word " * 500, "metadata": {}},
        {"cell_type": "code", "source": "x = 1\n\n" * 8, "metadata": {}},
        {"cell_type": "code", "source": "x = 1\n" * 99, "metadata": {"tags": ["hide-input"]}},
    ]
    assert course_map.minutes({"cells": cells}) == 3
    times = {1: "5 min", 23: "25 min", 58: "1 h", 61: "1 h", 66: "1 h 5 min", 310: "5 h 10 min"}
    spoken, rounded = course_map.spoken, course_map.rounded
    assert {minutes: spoken(rounded(minutes)) for minutes in times} == times


@pytest.mark.parametrize("claim", ["Adam is short: it is.", "Adam is short; so.", "Adam is short."])
def test_a_line_of_the_map_is_the_first_clause_of_a_claim(claim):
    cell = {"cell_type": "markdown", "source": f"# Adam\n\n**Claim.** {claim} More.\n"}
    assert course_map.claim({"cells": [cell]}) == "Adam is short."


def test_a_map_without_a_claim_says_whose_is_missing():
    cell = {"cell_type": "markdown", "source": "# Adam\n\nIt is short."}
    with pytest.raises(ValueError, match="'Adam' has no paragraph that begins with"):
        course_map.claim({"cells": [cell]})


@pytest.mark.parametrize("width", [720, 390])
@pytest.mark.parametrize("name", KINDS)
def test_a_page_does_not_scroll_sideways_at_twice_the_size(browser, site, name, width):
    page = browser.new_page(viewport={"width": width, "height": 450})
    page.goto(f"{site}{name}.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.parametrize("page", [{"viewport": {"width": 390, "height": 844}}], indirect=True)
def test_wide_code_is_scrolled_by_keys_and_folded_code_once_it_is_opened(page, site):
    page.goto(f"{site}{CHAPTER}.html")
    reached = "element => element.tabIndex === 0"
    page.wait_for_selector("article pre[tabindex='0']")
    folded = page.locator("article details:not([open]) pre")
    assert folded.count() and not any(box.evaluate(reached) for box in folded.all())
    page.evaluate("document.querySelectorAll('article details').forEach(e => { e.open = true })")
    page.wait_for_selector("article details pre[tabindex='0']")
    for box in page.locator("article pre").all():
        assert box.evaluate(reached) == box.evaluate("e => e.scrollWidth > e.clientWidth")


@pytest.mark.parametrize("page", [{"viewport": {"width": 390, "height": 844}}], indirect=True)
def test_a_wide_table_scrolls_by_itself_and_has_a_name(page, site):
    page.goto(f"{site}package.html")
    frames = page.locator("article .framed")
    assert frames.count() > 1
    for frame in frames.all():
        assert re.match(r"Table \d+: \w", frame.get_attribute("aria-label"))
        assert frame.get_attribute("tabindex") == "0"
    assert frames.first.evaluate("e => e.scrollWidth > e.clientWidth")
    for name in ("package", "notation", "claims"):
        assert not re.search(r"<th\b[^>]*>(\s|<p>|</p>)*</th>", html(name))


def test_a_table_that_code_shows_is_framed_and_a_measurement_leads_out_of_its_folder():
    table = (
        '<table class="numbers"><thead><tr><th scope="col"></th><th scope="col">loss</th></tr>'
        "</thead><tbody></tbody></table>"
    )
    line = '<p class="weighed"><a href="claims.html#a-key">measured</a></p>'
    document = new_document("page")
    document += [nodes.table(), nodes.raw("", table, format="html")]
    known = line.replace("a-key", "promise-noise-heavy-1")
    document += [nodes.raw("", text, format="html") for text in (line, known)]
    document += [nodes.raw("", line, format="latex")]
    import markup  # With Sphinx it is fifty megabytes, which no other test of a worker needs.

    markup.mend(SimpleNamespace(env=SimpleNamespace(docname="deeper/adam")), document)
    _, framed, weighed, told, other = document.children
    assert framed.astext() == (
        '<div class="framed" role="region" tabindex="0" aria-label="Table 2: loss">'
        '<table class="table numbers"><thead><tr><td></td><th scope="col">loss</th></tr>'
        "</thead><tbody></tbody></table></div>"
    )
    assert weighed.astext() == line.replace("claims", "../claims")
    assert told.astext().startswith(
        "<p class=\"weighed\">Tuned momentum's loss over tuned Adam's on a bowl with heavy tails"
    )
    assert other.astext() == line


NARROW = {"viewport": {"width": 390, "height": 800}}


@pytest.mark.parametrize(
    ("page", "places"),
    [({}, ["left", "Right"]), (NARROW, ["above", "Below"])],
    indirect=["page"],
)
def test_a_caption_names_the_panels_where_they_stand(page, site, places):
    page.goto(f"{site}adagrad.html")
    caption = page.locator("p.caption", has_text="both come down the same way").inner_text()
    assert caption.startswith(f"What to see: {places[0]}, both come down")
    assert f". {places[1]}, RMSprop" in caption and "  " not in caption


def test_a_caption_of_one_panel_keeps_its_sides():
    import markup

    words = "What to see: left, a slope. To the right, a plateau."
    document = new_document("page")
    caption = nodes.paragraph("", "", nodes.emphasis(words, words))
    document += [nodes.raw("", "<picture>", format="html"), caption]
    markup.Captions(document).run()
    assert caption.astext() == words and not list(caption.findall(nodes.raw))


@pytest.mark.parametrize("page", [{"color_scheme": s} for s in ("light", "dark")], indirect=True)
def test_colors_can_be_told_from_what_is_behind_them(page, site):
    page.goto(f"{site}{CHAPTER}.html")
    dark = page.evaluate("document.documentElement.dataset.theme") == "dark"
    colors = page.evaluate(COLORS)
    behind = [colors.pop("paper"), colors.pop("surface")]
    if dark:
        assert all(0x10 <= c <= most for c, most in zip(behind[0], (0x1C, 0x1F, 0x24), strict=True))
    for name, color in colors.items():
        least = 3 if name == "edge" else 4.5
        assert min(contrast(color, ground) for ground in behind) >= least, name
    # What isn't listed in the style sheet keeps the ink's color, and no name of the theme's.
    tokens = page.locator("article .highlight span").evaluate_all(
        "all => [...new Set(all.map(e => getComputedStyle(e).color))]"
    )
    assert len(tokens) <= 6


@pytest.mark.parametrize("page", [{"forced_colors": "active"}], indirect=True)
def test_forced_colors_leave_edges_where_backgrounds_go(page, site):
    page.goto(f"{site}{CHAPTER}.html")
    width = "e => getComputedStyle(e).borderTopWidth"
    assert page.locator("article .cell_input pre").first.evaluate(width) == "1px"
    ring = page.locator("predict-choice, descent-figure").first
    assert ring.evaluate("e => getComputedStyle(e).borderLeftStyle") == "solid"
    page.goto(f"{site}index.html")
    assert page.get_by_role("link", name="Start with gradient descent").evaluate(width) == "1px"


@pytest.mark.parametrize("page", [{"reduced_motion": "reduce"}], indirect=True)
def test_nothing_moves_for_those_who_asked_for_it(page, site):
    page.goto(f"{site}{CHAPTER}.html")
    moving = """() => [...document.querySelectorAll("*")].filter(e => {
        const style = getComputedStyle(e);
        return style.animationName !== "none" || style.transitionProperty !== "none"
            && parseFloat(style.transitionDuration) > 0;
    }).length"""
    assert page.evaluate(moving) == 0


def test_on_paper_there_is_the_text_and_its_figures_alone(page, site):
    page.goto(f"{site}{CHAPTER}.html")
    page.emulate_media(media="print")
    for gone in ("sidebar-primary", "sidebar-secondary", "header-article"):
        assert not page.locator(f".bd-{gone}:visible").count()
    assert not page.locator("details.hide > summary:visible").count()
    assert page.get_by_role("heading", level=1).inner_text().startswith("Gradient descent")
    pictures = page.locator("article .cell_output img:not(.only-dark, .only-dark *)")
    assert pictures.count() > 3
    assert all(picture.is_visible() for picture in pictures.all())


def test_the_keyboard_begins_with_a_way_past_the_contents(page, site):
    page.goto(f"{site}{CHAPTER}.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_typeface_is_small_and_has_every_letter_of_the_text():
    files = list((BOOK / "_static" / "fonts").glob("*.woff2"))
    assert len(files) == 3
    assert sum(file.stat().st_size for file in files) < 40_000
    made = (ROOT / "tools" / "text_font.py").read_text(encoding="utf-8")
    letters = set(re.search(r'LETTERS = "(.+)"', made)[1])
    texts = [(BOOK / "references.bib").read_text(encoding="utf-8")]
    for name in NOTEBOOKS:
        cells = json.loads((BOOK / name).read_text(encoding="utf-8"))["cells"]
        texts += ["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]
    used = {c for text in texts for c in text if c.isalpha() and "\x7f" < c < "\u0180"}
    assert not used - letters
