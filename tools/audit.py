"""Weigh the built pages: what a reader's load fetches, what blocks it, what shifts, what axe finds.

    python tools/audit.py [PAGE ...]                 a table of all pages, or of those named
    python tools/audit.py --lighthouse [PAGE ...]    and Lighthouse, the median of five runs each

A PAGE is named as in `_toc.yml`. Lighthouse needs Node; it is installed once, into `.audit/`.
"""

import argparse
import functools
import gzip
import http.server
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from urllib.parse import unquote, urlsplit

import book

CACHE = book.ROOT / ".audit"
LIGHTHOUSE = "13.5.0"
RUNS = 5
FORMS = ("mobile", "desktop")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    # So that all requests that are seen are the pages'.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WINDOW = {"width": 1440, "height": 900}

# Adds up how far things moved that no reader had touched, as the browser counts it.
SHIFTS = """
window.shifted = 0;
new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
SCROLL = """async () => {
    const pause = () => new Promise(done => setTimeout(done, 60));
    for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
        scrollTo({ top: y, behavior: "instant" });
        await pause();
    }
    // What the other theme shows is never loaded.
    const shown = [...document.images].filter(image => image.checkVisibility());
    await Promise.allSettled(shown.map(image => image.complete || image.decode()));
    await pause();
}"""
LOADED = """() => ({
    elements: document.querySelectorAll("*").length,
    blocking: performance.getEntriesByType("resource")
        .filter(entry => entry.renderBlockingStatus === "blocking")
        .reduce((sum, entry) => sum + entry.encodedBodySize, 0),
})"""
# What is folded is read too, and a label must contain what can be seen of it. Of all the words of
# code that look alike, and of all formulas, a first one is enough: with each, a page takes minutes.
AXE = """async dark => {
    for (const details of document.querySelectorAll("details")) details.open = true;
    // The page hears of it a task later, and makes what scrolls there reachable.
    await new Promise(done => setTimeout(done, 50));
    for (const fading of document.getAnimations()) fading.finish();
    const seen = new Set();
    for (const part of document.querySelectorAll(".highlight span[class], article math")) {
        const kind = `${part.className} ${part.localName} ${!!part.closest(".cell_output")}`;
        if (seen.has(kind)) part.replaceWith(part.textContent); else seen.add(kind);
    }
    const options = { resultTypes: ["violations"] };
    if (dark) options.runOnly = ["color-contrast"];
    else options.rules = { "label-content-name-mismatch": { enabled: true } };
    return (await axe.run(options)).violations.map(({ id, nodes }) =>
        `${id} (${nodes.length}): ${nodes[0].html.replace(/\\s+/g, " ").slice(0, 120)}`);
}"""


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serve files as a static host does: compressed, and kept by the browser."""

    TEXT = (".html", ".css", ".js", ".mjs", ".json", ".svg", ".xml", ".txt", ".ipynb")
    extensions_map = book.Handler.extensions_map | {".mjs": "text/javascript"}

    def log_message(self, *args):
        pass

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if path.suffix not in self.TEXT or not path.is_file():
            super().do_GET()
            return
        body = compressed(path, path.stat().st_mtime_ns)
        self.send_response(200)
        self.send_header("Content-Type", f"{self.guess_type(str(path))}; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self):
        self.send_header("Cache-Control", "max-age=600")
        super().end_headers()


@functools.cache
def compressed(path, changed):
    """Return a file's bytes, compressed. `changed` tells apart its states."""
    return gzip.compress(path.read_bytes(), 6)


@contextmanager
def serving(site=book.SITE):
    """Serve a folder as a static host would, and yield its address."""
    handler = functools.partial(Handler, directory=site)
    with book.Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def browsers():
    """Return how to start a browser: the system's, or else the one that Playwright installed."""
    names = ("chromium", "chromium-browser", "google-chrome")
    choices = [{"executable_path": path} for path in map(shutil.which, names) if path]
    # Chrome where Windows and macOS keep it, off the PATH; then Playwright's own.
    return [*choices, {"channel": "chrome"}, {}]


@contextmanager
def a_browser():
    """Yield a Chromium or Chrome, or None where there is none."""
    # Here, so that a reader who has no Playwright can import this.
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        for choice in browsers():
            try:
                browser = playwright.chromium.launch(args=FLAGS, **choice)
            except Error:
                continue
            yield browser
            browser.close()
            return
        yield None


@dataclass
class Weight:
    """What a page weighs. Sizes are in bytes, as sent.

    Attributes
    ----------
    load : int
        What a reader's load fetches.
    scroll : int
        What scrolling to the end fetches besides: the pictures further down.
    requests : int
        How many files both fetch.
    elements : int
        Elements of the page, without those in a closed `noscript`.
    blocking : int
        Styles and scripts that the first picture of the page waits for.
    shift : float
        Cumulative layout shift, from the load to the end of the page.
    axe : list of str
        The rules that axe finds broken, with the number of elements and the first of them.
    """

    load: int = 0
    scroll: int = 0
    requests: int = 0
    elements: int = 0
    blocking: int = 0
    shift: float = 0.0
    axe: list = field(default_factory=list)


def weigh(browser, address, scheme="light", window=WINDOW):
    """Open a page as a new reader whose system is light or dark, and return its `Weight`."""
    context = browser.new_context(viewport=window, color_scheme=scheme)
    context.add_init_script(SHIFTS)
    page = context.new_page()
    finished = []
    page.on("requestfinished", lambda request: finished.append(request))
    page.goto(address, wait_until="networkidle")
    load = size(finished)
    weight = Weight(load=load, **page.evaluate(LOADED))
    page.evaluate(SCROLL)
    page.wait_for_load_state("networkidle")
    weight.scroll = size(finished) - load
    weight.requests = len(asked(finished))
    weight.shift = page.evaluate("shifted")
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    page.evaluate(axe())
    # The rest doesn't depend on colors.
    weight.axe = page.evaluate(AXE, scheme == "dark")
    context.close()
    return weight


def asked(requests):
    """Return the requests that went to a server: not those that the page answers itself."""
    return [request for request in requests if urlsplit(request.url).scheme.startswith("http")]


def size(requests):
    """Return the bytes of the answers, as sent, with their heads."""
    sizes = [request.sizes() for request in asked(requests)]
    return sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes)


@functools.cache
def axe():
    """Return the text of axe-core, which its Python package carries."""
    return (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


class Links(HTMLParser):
    """The addresses that a page refers to, and the places in it that others may refer to."""

    def __init__(self, html):
        super().__init__()
        self.addresses = set()
        self.places = {""}
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.places |= {attributes.get("id"), attributes.get("name")}
        self.addresses |= {attributes.get("href"), attributes.get("src")} - {None}


def broken_links(site=book.SITE):
    """Return the links inside the book that lead nowhere, each as "page: address"."""
    html = {
        path.resolve(): Links(path.read_text(encoding="utf-8"))
        for path in site.glob("**/*.html")
        if "_static" not in path.relative_to(site).parts
    }
    broken = []
    for path, links in html.items():
        for address in links.addresses:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            places = html[target].places if target in html else {"", parts.fragment}
            if not target.exists() or unquote(parts.fragment) not in places:
                broken.append(f"{path.relative_to(site.resolve()).as_posix()}: {address}")
    return sorted(broken)


def npm_install(package):
    """Install a package of JavaScript into `CACHE`. `package` is its name, `@` and its version."""
    npm = shutil.which("npm") or sys.exit("This needs Node and its npm (https://nodejs.org).")
    subprocess.run([npm, "install", "--silent", "--prefix", str(CACHE), package], check=True)


def lighthouse(address, form):
    """Return the median scores (0 to 100) of a page, by category, on a "mobile" or a "desktop"."""
    program = CACHE / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not program.exists():
        npm_install(f"lighthouse@{LIGHTHOUSE}")
    command = ["node", str(program), address, "--output=json", "--quiet"]
    command += [f"--chrome-flags=--headless=new {' '.join(FLAGS)}"]
    command += ["--preset=desktop"] if form == "desktop" else []
    chrome = browsers()[0].get("executable_path")
    environment = os.environ | ({"CHROME_PATH": chrome} if chrome else {})
    runs = []
    for _ in range(RUNS):
        run = subprocess.run(command, env=environment, capture_output=True, check=True)
        runs.append(json.loads(run.stdout)["categories"])
    return {
        category: round(100 * statistics.median(run[category]["score"] or 0 for run in runs))
        for category in CATEGORIES
    }


def pages(site=book.SITE):
    """Return the names of the built pages, without Sphinx's own and those that have moved."""
    paths = [p for p in site.rglob("*.html") if 'http-equiv="refresh"' not in p.read_text("utf-8")]
    names = [path.relative_to(site).with_suffix("").as_posix() for path in paths]
    added = ("genindex", "search", "_static")
    return sorted(name for name in names if not name.startswith(added))


def row(name, light, dark):
    """Return a page's line of the table."""
    kilobytes = [light.load, light.scroll, light.load + light.scroll, dark.load + dark.scroll]
    cells = [f"{value / 1000:7.0f}" for value in kilobytes]
    cells += [f"{light.requests:5}", f"{light.elements:7}", f"{light.blocking / 1000:7.1f}"]
    cells += [f"{max(light.shift, dark.shift):7.4f}", f"{len(light.axe):3}/{len(dark.axe)}"]
    return f"{name:40}" + " ".join(cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__, usage="%(prog)s [options] [PAGE ...]")
    parser.add_argument("pages", nargs="*")
    parser.add_argument("--lighthouse", action="store_true")
    options = parser.parse_args()
    if book.build():
        sys.exit("The book could not be built: its messages are above.")
    known = pages()
    for name in options.pages:
        if name not in known:
            sys.exit(f"{name!r} is not a page of the book; its pages are {', '.join(known)}.")
    chosen = options.pages or known

    print(f"{'kB as sent':40}   load  scroll  light    dark files elements blocking shift axe l/d")
    found = {}
    with serving() as address, a_browser() as browser:
        if browser is None:
            sys.exit("The audit needs Chromium or Chrome, or Playwright's own (see README.md).")
        for name in chosen:
            both = [weigh(browser, f"{address}{name}.html", s) for s in ("light", "dark")]
            print(row(name, *both), flush=True)
            for problem in {problem for weight in both for problem in weight.axe}:
                found.setdefault(problem, []).append(name)
    for problem, names in sorted(found.items(), key=lambda item: -len(item[1])):
        print(f"axe, {len(names)} pages ({names[0]}): {problem}")
    for link in broken_links():
        print(f"broken link: {link}")
    files = [path for path in book.SITE.rglob("*") if path.is_file()]
    print(
        f"the site: {sum(path.stat().st_size for path in files) / 1e6:.1f} MB, {len(files)} files"
    )

    if options.lighthouse:
        print(f"\nLighthouse {LIGHTHOUSE}, median of {RUNS}: {', '.join(CATEGORIES)}")
        with serving() as address:
            for name in chosen:
                for form in FORMS:
                    scores = lighthouse(f"{address}{name}.html", form).values()
                    print(f"{name:40}{form:9}" + " ".join(f"{s:4}" for s in scores), flush=True)


if __name__ == "__main__":
    main()
