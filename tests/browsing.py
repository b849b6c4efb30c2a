"""A server and a browser for the tests that look at pages."""

import json
import os
import threading
from contextlib import contextmanager
from html import unescape

import pytest

import audit
import book


@contextmanager
def serving(folder):
    """Serve a folder on this machine and yield its address."""
    with book.server(0, folder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@contextmanager
def a_browser():
    """Yield a browser, or say that there is none."""
    with audit.a_browser() as browser:
        yield browser or no_browser()


def spec_of(figure):
    """What a figure's element hands to the script."""
    return json.loads(unescape(figure.element("").split("spec='")[1].split("'")[0]))


def show(page, figure, address=""):
    """Put a figure on the page of the fixture `figures` and wait until it is drawn.

    `address` is what follows the page's own, such as ``#figure-walk?lr=0.1``. Returns the figure's
    locator.
    """
    page.evaluate("address => history.replaceState(null, '', address || '/')", address)
    html = figure.element("")  # Without its picture, which takes long to draw.
    page.evaluate("html => { document.querySelector('main').innerHTML = html }", html)
    element = page.locator("descent-figure")
    element.locator(".status:not(:empty)").wait_for()
    return element


def painted(element):
    """Return a figure, or a part of it, once what was done to it is drawn: at most once a frame."""
    element.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    return element


def told(element, part=".status"):
    """Return what a figure says of what was done to it."""
    return painted(element).locator(part).inner_text()


def no_browser():
    """Skip what needs a browser; fail it where nothing may be skipped."""
    reason = "no browser: neither Chromium nor Chrome, nor Playwright's own (see README.md)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
