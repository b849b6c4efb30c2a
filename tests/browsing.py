"""A server and a browser for the tests that look at pages."""

import os
import shutil
import threading
from contextlib import contextmanager

import pytest

import book

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    # So that all requests that are seen are the pages'.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def serving(folder):
    """Serve a folder on this machine and yield its address."""
    with book.server(0, folder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@contextmanager
def a_browser():
    """Yield the system's Chromium or Chrome, or else the browser that Playwright installed."""
    # Here, so that a reader who has no Playwright can run the other tests.
    from playwright.sync_api import Error, sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    choices = [{"executable_path": path} for path in map(shutil.which, names) if path]
    # Chrome where Windows and macOS keep it, off the PATH; then Playwright's own.
    choices += [{"channel": "chrome"}, {}]
    with sync_playwright() as playwright:
        for choice in choices:
            try:
                browser = playwright.chromium.launch(args=FLAGS, **choice)
            except Error:
                continue
            yield browser
            browser.close()
            return
    no_browser()


def no_browser():
    """Skip what needs a browser; fail it where nothing may be skipped."""
    reason = "no browser: neither Chromium nor Chrome, nor Playwright's own (see README.md)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
