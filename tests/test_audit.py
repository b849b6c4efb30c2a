"""What every page may weigh, and what the frame around it holds; see tools/audit.py."""

import re

import pytest

import audit
import book
from contents import ALL_PAGES, KINDS, PAGES
from styles import bundle

# In bytes as sent. The bounds follow the pages: whoever makes them lighter lowers them (the goal is
# 600,000 for a chapter, 12,000,000 for the site).
CHAPTER = 800_000
LANDING = 250_000
BLOCKING = 30_000
REQUESTS = 25
ELEMENTS = 5_000
SITE = 12_000_000
# None on an idle machine; a font that comes late on a busy one moves a line by a pixel or two.
SHIFT = 0.01


@pytest.fixture(scope="module")
def served(site):
    with audit.serving() as address:
        yield address


# In the dark, colors alone differ, and four pages show them all: figures, code, tables, questions,
# notes, cells to answer. All pages are looked at with DESCENT_ALL_PAGES=1, before a release, and by
# `make audit`; in the light chapters always, since they weigh most.
LIGHT = [p for p in PAGES if p in KINDS or "/" not in p or ALL_PAGES]
DARK = KINDS if ALL_PAGES else ["index", "adam", "adam_in_pytorch", "exercises/adam"]


@pytest.mark.parametrize(
    ("name", "scheme"), [(p, "light") for p in LIGHT] + [(p, "dark") for p in DARK]
)
def test_a_page_is_light_still_and_open_to_all(browser, served, name, scheme):
    weight = audit.weigh(browser, f"{served}{name}.html", scheme)
    if weight.shift > SHIFT:  # A busy machine may paint a page before its script has come.
        weight = audit.weigh(browser, f"{served}{name}.html", scheme)
    assert weight.axe == []
    assert weight.shift <= SHIFT
    assert weight.load + weight.scroll <= (LANDING if name == "index" else CHAPTER)
    assert weight.blocking <= BLOCKING
    assert weight.requests <= REQUESTS
    assert weight.elements <= ELEMENTS


def test_the_whole_site_is_small(site):
    """The book alone: without Python's part, the package and the editor that come with a focus."""
    later = {book.SITE / "_static" / name for name in ("python", "editor.mjs")}
    files = [path for path in book.SITE.rglob("*") if path.is_file()]
    ours = [path for path in files if not later & {path, *path.parents}]
    assert sum(path.stat().st_size for path in ours) <= SITE


@pytest.fixture(scope="module")
def pages(site):
    found = {
        path.relative_to(book.SITE).as_posix(): path.read_text(encoding="utf-8")
        for path in book.SITE.rglob("*.html")
    }
    return {name: page for name, page in found.items() if 'http-equiv="refresh"' not in page}


def test_every_icon_has_its_mask(pages):
    css = (book.SITE / "_static" / "book.css").read_text(encoding="utf-8")
    drawn = set(re.findall(r"\.fa-([\w-]+)\{--icon:url", css))
    asked = {
        name
        for page in pages.values()
        for classes in re.findall(r'class="([^"]*\bfas?(?:-solid)?\b[^"]*)"', page)
        for name in re.findall(r"\bfa-(?!solid\b)([\w-]+)", classes)
    }
    assert asked
    assert asked <= drawn
    assert not any("fontawesome" in page.lower() for page in pages.values())


def test_every_button_has_a_name_and_something_to_see(browser, site):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{site}adam.html")
    buttons = page.locator("button:visible, summary:visible").all()
    assert len(buttons) > 5
    for button in buttons:
        said = button.evaluate("b => b.getAttribute('aria-label') || b.title || b.innerText")
        assert said.strip()
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 8
    icons = page.locator(".bd-header-article :is(.fa-solid, .fas):visible").all()
    assert len(icons) >= 4
    for icon in icons:
        assert "url(" in icon.evaluate("i => getComputedStyle(i).maskImage")
        assert icon.bounding_box()["width"] >= 8
    page.close()


def test_a_page_asks_for_no_script_but_the_books_own(pages):
    for name, page in pages.items():
        scripts = re.findall(r"<script[^>]* src=\"([^\"?]*)", page)
        if name != "search.html":
            assert all(script.endswith(".mjs") for script in scripts), name
        assert len(re.findall(r'rel="stylesheet"', page)) == 1


def test_every_page_says_what_it_is_about(pages):
    titles = [re.search(r"<title>(.*?)</title>", page)[1] for page in pages.values()]
    assert len(set(titles)) == len(titles)
    for name in PAGES:
        about = re.search(r'<meta name="description" content="([^"]*)"', pages[f"{name}.html"])
        assert about, name
        assert 20 <= len(about[1]) <= 250
    assert 'content="noindex"' in pages["search.html"]
    # Where the book stands is one setting, and it isn't set.
    assert not any('rel="canonical"' in page for page in pages.values())


# What the frame's own script does.


@pytest.fixture
def page(browser, site):
    page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
    page.goto(f"{site}adam.html")
    yield page
    page.close()


def test_the_theme_is_switched_and_remembered(page):
    theme = "document.documentElement.dataset.theme"
    assert page.evaluate(theme) == "light"
    page.locator(".theme-switch-button").click()
    assert page.evaluate(theme) == "dark"
    page.reload()
    assert page.evaluate(theme) == "dark"
    page.locator(".theme-switch-button").click()
    assert page.evaluate(theme) == "light"


def test_a_search_finds_a_page(page):
    page.keyboard.press("Control+k")
    page.keyboard.type("Nesterov")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=Nesterov")
    page.locator("#search-results li a").first.wait_for()


def test_escape_closes_the_search_and_gives_the_focus_back(page):
    page.locator(".search-button-field").click()
    assert page.locator(".search-button__wrapper input").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".search-button__wrapper input").is_visible()
    assert page.evaluate("document.activeElement.className").startswith("btn search-button-field")


def test_the_contents_are_a_drawer_on_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 800})
    link = page.locator(".bd-sidebar-primary a", has_text="RMSprop").first
    assert not link.is_visible() or link.bounding_box()["x"] < 0
    page.locator(".primary-toggle").click()
    page.wait_for_function(
        "document.querySelector('.bd-sidebar-primary').getBoundingClientRect().x >= 0"
    )
    page.keyboard.press("Escape")


def test_the_way_back_to_the_top_lies_on_nothing(page):
    button = page.locator("#pst-back-to-top")
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(300)  # What a change of the width scrolls.
        for top in (3000, 2500):
            page.evaluate("top => scrollTo({ top, behavior: 'instant' })", top)
            page.wait_for_function("top => Math.abs(scrollY - top) < 2", arg=top)
            page.wait_for_timeout(100)
        button.wait_for()
        box, bar = button.bounding_box(), page.locator(".bd-header-article").bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= bar["y"] + bar["height"]
        for other in page.locator(".bd-header-article :is(button, a):visible").all():
            place = other.bounding_box()
            left, right = place["x"], place["x"] + place["width"]
            assert left >= box["x"] + box["width"] or right <= box["x"]
    button.click()
    page.wait_for_function("() => scrollY === 0")


def test_code_is_copied_without_its_button(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    code = page.locator("div.highlight:visible").first
    code.hover()
    code.locator(".copybtn").click()
    code.locator(".copybtn.success").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == code.locator("pre").text_content()


def test_a_formula_is_copied_as_its_tex(page):
    copied = page.evaluate("""() => {
        const math = document.querySelector("p math");
        getSelection().selectAllChildren(math.closest("p"));
        const event = new ClipboardEvent("copy", { clipboardData: new DataTransfer() });
        dispatchEvent(event);
        return [math.getAttribute("alttext"), event.clipboardData.getData("text/plain")];
    }""")
    assert f"${copied[0]}$" in copied[1]


# What is left of a stylesheet.


def test_a_stylesheet_is_cut_to_what_is_used():
    files = {
        "a.css": """@charset "utf-8"; @import url("deep/b.css"); /* A comment. */
            :root { --used: red; --unused: blue; --chain: var(--unused) }
            .there, .not-there { color: var(--used) }
            .not-there p { color: red }
            p:not(.not-there) > a:hover { margin : 0  1px !important }
            #here::before { content: "a  b" }
            @media print { .not-there { color: red } .by-script { color: red } }
            @media print { .not-there { color: red } }
            @keyframes turn { from { opacity: 0 } 50% { opacity: 1 } }""",
        "deep/b.css": "p { background: url(../x.png) } a { background: url(data:image/png,x) }",
    }
    html = '<html><body><p class="there" id="here"><a>'
    found = bundle(["a.css"], [html], ["element.classList.add('by-script')"], files.__getitem__)
    assert found == (
        "p{background:url(x.png);}a{background:url(data:image/png,x);}"
        ":root{--used:red;}.there{color:var(--used);}"
        "p:not(.not-there) > a:hover{margin:0 1px!important;}"
        '#here::before{content:"a  b";}'
        "@media print{.by-script{color:red;}}"
        "@keyframes turn{from{opacity:0;}50%{opacity:1;}}"
    )
