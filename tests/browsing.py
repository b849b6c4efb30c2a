"""A server and a browser for the tests that look at pages."""

import os
import threading
from contextlib import contextmanager

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


def no_browser():
    """Skip what needs a browser; fail it where nothing may be skipped."""
    reason = "no browser: neither Chromium nor Chrome, nor Playwright's own (see README.md)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
