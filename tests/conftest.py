"""The built book at an address, a browser to read it, and how Hypothesis looks for examples."""

import os

import pytest
from hypothesis import settings

import book
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


@pytest.fixture
def page(site, browser):
    """A page that has nothing but the script that all pages load, as `descent`."""
    page = browser.new_page()
    page.goto(f"{site}_static/descent.css")
    page.evaluate("import('./descent.mjs').then(script => window.descent = script)")
    page.wait_for_function("window.descent")
    yield page
    page.close()
