"""Write a page of all the book's formulas, each beside what MathJax makes of it, to look at.

    python tools/formulas.py

It reads the built pages and writes `_build/formulas/index.html`. MathJax comes from npm.
"""

import re
import shutil
import sys
from html import escape, unescape

import audit
import book

MATHJAX = "3.2.2"
MATH = re.compile(
    r'<math(?P<block> display="block")? alttext="(?P<tex>[^"]*)">.*?</math>', re.DOTALL
)
PAGE = """<!doctype html><meta charset="utf-8"><title>Formulas</title>
<link rel="stylesheet" href="../html/_static/math.css">
<script defer src="mathjax/es5/tex-chtml.js"></script>
<style>
body {{ font: 17px/1.6 system-ui, sans-serif; margin: 1rem; columns: {columns}; }}
p {{ margin: 0; padding: .3rem; border-bottom: 1px solid #ccc; break-inside: avoid; }}
</style>
{rows}"""


def formulas(site=book.SITE):
    """Return the MathML of every distinct formula of the built pages, by its TeX and display."""
    found = {}
    for path in sorted(site.rglob("*.html")):
        for match in MATH.finditer(path.read_text(encoding="utf-8")):
            found[unescape(match["tex"]), bool(match["block"])] = match[0]
    return found


def main():
    if book.build():
        sys.exit("The book could not be built: its messages are above.")
    folder = book.ROOT / "_build" / "formulas"
    folder.mkdir(exist_ok=True)
    if not (folder / "mathjax").exists():
        audit.npm_install(f"mathjax@{MATHJAX}")
        shutil.copytree(audit.CACHE / "node_modules" / "mathjax", folder / "mathjax")
    rows = []
    for (tex, block), mathml in sorted(formulas().items(), key=lambda item: item[0][1]):
        theirs = rf"\[{escape(tex)}\]" if block else rf"\({escape(tex)}\)"
        ours = f'<div class="math">{mathml}</div>' if block else mathml
        rows.append(f"<p>a {ours} z<br>a {theirs} z</p>" if not block else f"<p>{ours}{theirs}</p>")
    page = PAGE.format(columns=4, rows="\n".join(rows))
    (folder / "index.html").write_text(page, encoding="utf-8")
    print(f"{len(rows)} formulas: _build/formulas/index.html")


if __name__ == "__main__":
    main()
