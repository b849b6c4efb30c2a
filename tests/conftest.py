"""The built book at an address, and a browser to read it with."""

import pytest

import book
from browsing import a_browser, serving


@pytest.fixture(scope="session")
def site():
    assert book.build() == 0, "the book could not be built without a warning"
    with serving(book.SITE) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    with a_browser() as browser:
        yield browser


@pytest.fixture
def page(site, browser):
    """A page that has nothing but the script that all pages load, as `descent`."""
    page = browser.new_page()
    page.goto(f"{site}_static/descent.css")
    page.evaluate("import('./descent.mjs').then(script => window.descent = script)")
    page.wait_for_function("window.descent")
    yield page
    page.close()
