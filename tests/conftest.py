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
