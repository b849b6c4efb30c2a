"""The built pages in a real browser: wide, narrow, and without JavaScript."""

import functools
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from html import unescape
from urllib.parse import urlsplit
from urllib.request import urlopen

import nbformat
import pytest

import audit
import book
from browsing import no_browser, serving
from contents import ALL_PAGES, BOOK, KINDS, NOTEBOOKS, PAGES, ROOT
from prose import BLOCK

PHONE, WIDE = dict(width=390, height=900), dict(width=1440, height=900)
# Solutions are alike, and exercises, and so is what can be read of any page without a script: all
# of them with DESCENT_ALL_PAGES=1, before a release.
ALIKE = ("solutions/", "exercises/")
SOME = [p for p in PAGES if ALL_PAGES or p in KINDS or not p.startswith(ALIKE)]
CHAPTERS = [name for name in PAGES if f"{name}.ipynb" in NOTEBOOKS]

# Resolves when the page is as a reader sees it: fonts and pictures loaded.
SETTLED = """async () => {
    await document.fonts.ready;
    for (const image of document.images) image.loading = "eager";
    await Promise.allSettled([...document.images].map(image => image.decode()));
}"""

FAULTS = """() => {
    const faults = [], root = document.documentElement;
    if (root.scrollWidth > root.clientWidth)
        faults.push(`the page is ${root.scrollWidth} pixels wide, the window ${root.clientWidth}`);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode())
        if (/\\\\[(\\[]|\\$\\$/.test(node.data) && !node.parentElement.closest("pre, code, script"))
            faults.push(`mathematics is not typeset: ${node.data.slice(0, 60)}`);
    for (const math of document.querySelectorAll("math:not(details:not([open]) *)")) {
        const { width, height } = math.getBoundingClientRect();
        if (!(width > 2 && height > 4) || math.querySelector("merror"))
            faults.push(`mathematics can't be seen: ${math.getAttribute("alttext")}`);
        // What is too wide scrolls, from its beginning.
        if (math.getBoundingClientRect().x < math.parentElement.getBoundingClientRect().x - 1)
            faults.push(`mathematics begins out of sight: ${math.getAttribute("alttext")}`);
    }
    for (const formula of document.querySelectorAll("div.math"))
        if (formula.scrollWidth > formula.clientWidth)
            faults.push(`wider than its column: ${formula.textContent}`);
    for (const image of document.images) {
        if (!image.naturalWidth) faults.push(`a picture is not loaded: ${image.src}`);
        if (!image.alt.trim()) faults.push(`a picture has no alt text: ${image.src}`);
    }
    for (const element of document.querySelectorAll(":not(:defined)"))
        faults.push(`nothing defines the element ${element.localName}`);
    return faults;
}"""


@contextmanager
def opened(browser, address, **options):
    """Open a page; yield it, and a list of what went wrong with it that goes on growing."""
    page = browser.new_page(**options)
    wrong = []

    def on_console(message):
        if message.type == "error":
            wrong.append(f"console: {message.text}")

    def on_request(request):
        if urlsplit(request.url).netloc not in ("", urlsplit(address).netloc):
            wrong.append(f"a request leaves this machine: {request.url}")

    def on_response(response):
        if response.status >= 400:
            wrong.append(f"{response.status}: {response.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("request", on_request)
    page.on("response", on_response)
    page.goto(address, wait_until="load")
    yield page, wrong
    page.close()


def look(page):
    """Return the faults that can be seen on an opened page."""
    page.evaluate(SETTLED)
    if page.locator("descent-figure").count():  # What draws it comes when it is near.
        page.evaluate("document.querySelector('descent-figure').scrollIntoView()")
        page.wait_for_function("() => !!customElements.get('descent-figure')")
    page.wait_for_timeout(200)
    return page.evaluate(FAULTS)


@pytest.mark.parametrize("name", SOME)
def test_a_page_is_whole_on_a_phone_and_wide(browser, site, name):
    with opened(browser, f"{site}{name}.html", viewport=PHONE) as (page, wrong):
        assert not look(page)
        page.set_viewport_size(WIDE)
        assert not look(page)
        if name in CHAPTERS:
            compare_with_notebook(page, name)
            assert page.locator("article math").count() > 0 or has_no_formula(name)
        assert not wrong


@pytest.mark.parametrize("name", [p for p in CHAPTERS if ALL_PAGES or p in KINDS or "/" not in p])
def test_a_chapter_can_be_read_without_javascript(browser, site, name):
    with opened(browser, f"{site}{name}.html", java_script_enabled=False) as (page, wrong):
        compare_with_notebook(page, name)
        assert not wrong
        formulas = page.locator("article math:not(details *)")  # What is folded can't be seen.
        assert page.locator("article math:visible").count() >= formulas.count()
        assert formulas.count() > 0 or has_no_formula(name)
        # An interactive figure shows what it holds: a picture, a question and its answer.
        for element in page.locator("article :not(:defined)").all():
            assert element.is_visible()
            assert element.inner_text().strip() or element.locator("img").count()


def has_no_formula(name):
    """Whether a page may do without a formula: an exercise, a solution, and the race."""
    return name.startswith(("exercises/", "solutions/")) or name == "capstone"


ELEMENTS = "descent-figure"


def words(text):
    return " ".join(re.findall(r"\w+", text))


def compare_with_notebook(page, name):
    """Assert that a page shows all that its notebook stores."""
    notebook = nbformat.read(BOOK / f"{name}.ipynb", as_version=4)
    article = page.locator("article")
    headings = [
        line.lstrip("#")
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for line in BLOCK.sub("", cell.source).splitlines()
        if line.startswith("#")
    ]
    shown = article.locator("h1, h2, h3, h4").all_inner_texts()
    assert len(shown) == len(headings) > 0
    for heading, text in zip(headings, shown, strict=True):
        # Up to its first formula, and without the marks of Markdown and the link that follows.
        assert words(text).startswith(words(heading.partition("$")[0]))

    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    alts = []
    for output in outputs:
        data = output.get("data", {})
        if "image/png" in data:
            alts.append(output.metadata["image/png"]["alt"])
        elif not data.get("text/html", "").startswith("<descent-"):  # Which a script fills anew.
            alts += map(
                unescape, re.findall(r'<img [^>]*?alt="([^"]*)"', data.get("text/html", ""))
            )
    # Each stands there for the light and for the dark, and one of the two isn't displayed.
    for theme in ("light", "dark"):
        pictures = article.locator(f".cell_output picture.only-{theme}:not({ELEMENTS} *) img")
        assert [picture.get_attribute("alt") for picture in pictures.all()] == alts
    text = " ".join(article.text_content().split())
    for output in outputs:
        assert " ".join(output.get("text", "").split()) in text


def test_links_between_pages_lead_somewhere(site):
    assert len(audit.pages()) == len(PAGES)
    assert not audit.broken_links()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_the_book_says_where_it_is_served_and_stops_quietly(site):
    command = [sys.executable, str(ROOT / "tools" / "book.py"), "0"]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    # What a shell starts in the background ignores Ctrl-C, and so would all that it starts.
    options["preexec_fn"] = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, **options) as served:
        try:
            said = served.stdout.readline() + served.stdout.readline()
            address = re.search(r"The book is at (http://127\.0\.0\.1:\d+)", said)[1]
            with urlopen(f"{address}/index.html") as answer:
                assert answer.read() == (book.SITE / "index.html").read_bytes()
        finally:
            served.send_signal(signal.SIGINT)
        try:
            rest = served.communicate(timeout=10)
        finally:
            served.kill()
    assert rest == ("\n", "")
    assert served.returncode == 0


# The checks themselves, on pages that have one fault each.


@pytest.mark.parametrize(
    "body, fault",
    [
        ("<p>Good</p>", None),
        ('<script>console.error("no")</script>', "console: no"),
        ('<script>throw new Error("no")</script>', "error: no"),
        ('<img alt="A" src="http://127.0.0.1:9/a.png">', "a request leaves this machine"),
        ('<img alt="A" src="a.png">', "404"),
        ('<img alt="A" src="data:image/png;base64,AAAA">', "a picture is not loaded"),
        ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">', "a picture has no alt text"),
        ('<p style="width: 2000px">Wide</p>', "the page is 20"),
        (r"<p>\(x\)</p>", "mathematics is not typeset"),
        ("<p><code>$$</code></p>", None),
        ("<p><math></math></p>", "mathematics can't be seen"),
        (
            '<p style="overflow: auto"><math style="margin-left: -9px"><mi>x</mi></math></p>',
            "mathematics begins out of sight",
        ),
        ("<descent-nothing></descent-nothing>", "nothing defines the element"),
    ],
)
def test_the_checks_see_a_fault(browser, tmp_path, body, fault):
    html = f'<!doctype html><link rel="icon" href="data:,"><body>{body}</body>'
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    with serving(tmp_path) as address, opened(browser, f"{address}page.html") as (page, wrong):
        faults = look(page) + wrong
    if fault is None:
        assert not faults
    else:
        assert any(found.startswith(fault) for found in faults)


def test_a_missing_browser_skips_and_fails_where_nothing_may_be_skipped(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no browser"):
        no_browser()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no browser"):
        no_browser()
