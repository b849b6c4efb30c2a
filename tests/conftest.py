"""The built book at an address, a browser to read it, and how Hypothesis looks for examples."""

import os

import pytest
from hypothesis import settings

import book
import stage as stage_page
from browsing import a_browser, serving

# No example fails for being slow on a busy machine, and none that is new fails only in CI.
settings.register_profile("course", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("course")


@pytest.fixture(scope="session")
def site():
    assert book.build() == 0, "the book could not be built without a warning"
    with serving(book.SITE) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    with a_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def stage(tmp_path_factory):
    """The address of a page with the module that draws figures, and nothing of the book."""
    folder = tmp_path_factory.mktemp("stage")
    stage_page.write(folder)
    with serving(folder) as address:
        yield address


@pytest.fixture
def figures(stage, browser, request):
    """A page with the figures' module as `descent`: `rules`, `figures` and `arithmetic`.

    Options of Playwright's `new_page` may be given as its parameter. `show(page, figure)` of
    `browsing` puts a figure on it.
    """
    options = getattr(request, "param", None)
    page = browser.new_page(**options) if options else request.getfixturevalue("one_stage")
    if options or not page.evaluate("!!window.descent"):
        page.goto(stage)
        page.wait_for_function("window.descent")
    page.evaluate("document.querySelector('main')?.replaceChildren()")
    page.evaluate("history.replaceState(null, '', '/'); scrollTo({ top: 0, behavior: 'instant' })")
    yield page
    if options:
        page.close()
    else:
        page.emulate_media(media="null")
        page.set_viewport_size(dict(width=1280, height=720))


@pytest.fixture(scope="module")
def one_stage(browser):
    """The page that the tests of a file share where they ask for no options."""
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture
def page(site, browser):
    """A page that has nothing but the script that all pages load, as `descent`."""
    page = browser.new_page()
    page.goto(f"{site}_static/descent.css")
    page.evaluate("import('./descent.mjs').then(script => window.descent = script)")
    page.wait_for_function("window.descent")
    yield page
    page.close()
