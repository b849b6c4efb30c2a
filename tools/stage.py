"""Look at one figure alone, on a page with nothing of the book.

    python tools/stage.py "explore.walk(rules.adam)" FOLDER [ADDRESS]

writes the page into the folder, and pictures of it: light and dark, wide and 390 pixels. It first
bundles `book/_js/figures`. ADDRESS is a state, such as "#figure-walk?lr=.1&at=5". Serve the folder
(`python -m http.server -d FOLDER`) to try the figure.
"""

import sys
import threading
from pathlib import Path

import audit
import book
import bundle
import carried
from descent import explore, rules

STYLES = "page.css", "descent.css"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A figure</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css"><link rel="stylesheet" href="descent.css">
<body style="margin: 16px; max-width: 740px"><main></main>
<script type="module">window.descent = await import("./figures.mjs")</script>"""


def write(folder, figure=None):
    """Write the page and all that it loads.

    Parameters
    ----------
    folder : pathlib.Path
    figure : descent.explore.base.Figure, optional
        Without one, the page has the module alone, as `descent`.
    """
    main = figure.html() if figure else ""
    texts = carried.scripts() | {"index.html": PAGE.replace("<main>", f"<main>{main}")}
    static = book.ROOT / "book" / "_static"
    texts |= {name: (static / name).read_text(encoding="utf-8") for name in STYLES}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def main(call, folder, state=""):
    """Bundle the figures, and write a page and its pictures."""
    source = bundle.SOURCES / "figures.mjs"
    bundle.result(source).write_text(bundle.bundle(source), encoding="utf-8", newline="\n")
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, eval(call, {"explore": explore, "rules": rules}))
    with book.server(0, folder) as server, audit.a_browser() as browser:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for width in (820, 390):
            for scheme in ("light", "dark"):
                page = browser.new_page(viewport=dict(width=width, height=700))
                page.on("console", lambda message: print("console:", message.text))
                page.on("pageerror", lambda error: print("error:", error))
                page.goto(f"http://127.0.0.1:{server.server_address[1]}/{state}")
                page.evaluate("theme => { document.documentElement.dataset.theme = theme }", scheme)
                page.locator("descent-figure .status:not(:empty)").wait_for()
                page.wait_for_timeout(300)
                wide = page.evaluate("document.documentElement.scrollWidth")
                picture = folder / f"{width}-{scheme}.png"
                page.screenshot(path=picture, full_page=True)
                print(f"{picture}{'' if wide <= width else f': the page is {wide} pixels wide'}")
        server.shutdown()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
