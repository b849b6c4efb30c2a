"""Figures on the built pages: the coloring and the width that is asked for, and no other."""

import io
import json
import re
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

import figures
from contents import BOOK

PAGES = ["adagrad", "exercises/momentum"]

SHOWN = "() => [...document.images].filter(i => i.checkVisibility()).map(i => i.currentSrc)"

GROUNDS = """() => [...document.querySelectorAll("picture img")].map(
    i => getComputedStyle(i).backgroundColor)"""


def read(page):
    """Scroll from top to bottom, so that all that is lazy comes."""
    for y in range(0, page.evaluate("document.documentElement.scrollHeight"), 600):
        page.evaluate(f"scrollTo({{ top: {y}, behavior: 'instant' }})")
        page.wait_for_timeout(30)
    page.wait_for_load_state("networkidle")


def drawn(name):
    """How many figures a page has."""
    cells = json.loads((BOOK / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    static = sum("image/png" in output.get("data", {}) for output in outputs)
    return static + sum("data-dark=" in json.dumps(output.get("data", {})) for output in outputs)


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("name", PAGES)
def test_only_what_is_shown_is_loaded(browser, site, name, width, theme):
    # The reader's switch counts, not the system.
    system = "dark" if theme == "light" else "light"
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=system)
    context.add_init_script(f"localStorage.setItem('mode', '{theme}');")
    context.add_init_script(f"localStorage.setItem('theme', '{theme}');")
    page = context.new_page()
    loaded = []
    page.on("request", lambda request: loaded.append(urlsplit(request.url).path))
    page.goto(f"{site}{name}.html", wait_until="load")
    read(page)
    shown = page.evaluate(SHOWN)
    live = page.locator("descent-figure").count()
    grounds = set(page.evaluate(GROUNDS))
    context.close()
    assert grounds == {"rgba(0, 0, 0, 0)"}, "the page shows through"
    pictures = [path for path in loaded if path.endswith(".webp")]
    wanted = theme if width > 720 else {"light": "narrow", "dark": "narrow_dark"}[theme]
    seen = {urlsplit(address).path for address in shown}
    # A live figure's own picture may have been fetched before its script was.
    assert seen <= set(pictures) and len(set(pictures) - seen) <= live
    assert seen or live
    assert len(pictures) == len(set(pictures)) <= drawn(name)
    for path in pictures:
        assert path.endswith(f"-{wanted}.webp")


def test_a_page_keeps_its_place_while_its_pictures_come(browser, site):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{site}adagrad.html", wait_until="load")
    height = "document.documentElement.scrollHeight"
    before = page.evaluate(height)
    read(page)
    assert page.evaluate(height) == before
    context.close()


def test_a_smaller_picture_has_the_same_pixels():
    file = io.BytesIO()
    drawn = np.random.default_rng(0).integers(0, 256, (40, 60, 4), dtype=np.uint8)
    drawn[..., 3] |= 1  # What can't be seen at all may have any color.
    Image.fromarray(drawn).save(file, format="png")
    smaller = Image.open(io.BytesIO(figures.smaller(file.getvalue())))
    assert smaller.format == "WEBP"
    np.testing.assert_array_equal(np.asarray(smaller), drawn)


def test_a_picture_says_its_sizes_and_its_text_in_both_colorings():
    files = {kind: f"{kind}.png" for kind in figures.KINDS}
    html = figures.pair('A "path" & a loss', files, (740, 260), (360, 500))
    images = re.findall(r"<img[^>]*>", html)
    assert len(images) == 2 == html.count("<picture class=")
    for image in images:
        assert 'alt="A &quot;path&quot; &amp; a loss"' in image
        assert 'width="740" height="260" loading="lazy" decoding="async"' in image
    assert html.count('width="360" height="500"') == 2
