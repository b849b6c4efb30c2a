"""Sphinx extension: each figure in the coloring and the width that the reader's page has.

A notebook stores a figure once for the light and once for the dark, wide and narrow (see
`descent.plot.show`). Here these become files, and a pair of `<picture>` elements: the theme hides
one of them, which the browser then doesn't load.
"""

import base64
import hashlib
import html
import io
import json
import re
from pathlib import Path

from docutils import nodes
from PIL import Image

NARROW = "(max-width: 720px)"
INLINE = re.compile(r'<img (?P<rest>[^>]*?\bdata-dark="[^>]*)>')
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
KINDS = ("light", "dark", "narrow", "narrow_dark")


def pair(alt, files, wide, narrow):
    """The two elements.

    Parameters
    ----------
    alt : str
    files : dict of str
        An address for each of `KINDS`.
    wide, narrow : (int, int)
        Width and height in pixels of the page.

    Returns
    -------
    str
        HTML.
    """

    def sized(size):
        return f'width="{size[0]}" height="{size[1]}"'

    return "".join(
        f'<picture class="only-{theme}">'
        f'<source media="{NARROW}" srcset="{files[small]}" {sized(narrow)}>'
        f'<img class="dark-light" alt="{html.escape(alt)}" src="{files[theme]}" {sized(wide)}'
        ' loading="lazy" decoding="async"></picture>'
        for theme, small in (("light", "narrow"), ("dark", "narrow_dark"))
    )


def smaller(png):
    """Return the same pixels as WebP without loss, a fifth smaller than a PNG."""
    file = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    picture.save(file, format="WEBP", lossless=True, method=3, quality=40)
    return file.getvalue()


def written(app, docname, light, stored):
    """Write a figure's pictures as files. Return their addresses, as the page calls them."""
    folder = Path(app.outdir, "_images")
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for kind in KINDS:
        data = base64.b64decode(light if kind == "light" else stored[kind])
        name = f"{hashlib.sha256(data).hexdigest()[:16]}-{kind}.webp"
        (folder / name).write_bytes(smaller(data))
        files[kind] = f"{'../' * docname.count('/')}_images/{name}"
    return files


def outputs(path):
    """The figures of a notebook, by the name that MyST-NB gives their light picture."""
    found = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            stored = output.get("metadata", {}).get("image/png", {})
            if "dark" in stored:
                light = "".join(output["data"]["image/png"])
                name = hashlib.sha256(base64.b64decode(light)).hexdigest()
                found[f"{name}.png"] = light, stored
    return found


def show(app, doctree):
    """Put pairs in the place of a page's single pictures."""
    docname = app.env.docname
    path = Path(app.env.doc2path(docname))
    known = outputs(path) if path.suffix == ".ipynb" else {}

    def from_html(match):
        data = dict(ATTRIBUTE.findall(match["rest"]))
        stored = {kind: data[f"data-{kind}"].split(",")[1] for kind in KINDS[1:]}
        files = written(app, docname, data["src"].split(",")[1], stored)
        narrow = data["data-narrow_width"], data["data-narrow_height"]
        return pair(html.unescape(data["alt"]), files, (data["width"], data["height"]), narrow)

    for node in list(doctree.findall(nodes.raw)):
        if node.get("format") == "html" and "data-dark=" in node.astext():
            text = INLINE.sub(from_html, node.astext())
            node.replace_self(nodes.raw("", text, format="html"))
    for node in list(doctree.findall(nodes.image)):
        name = Path(node["uri"]).name
        if name not in known:
            continue
        light, stored = known[name]
        files = written(app, docname, light, stored)
        wide = stored["width"], stored["height"]
        narrow = stored["narrow_width"], stored["narrow_height"]
        node.replace_self(nodes.raw("", pair(node["alt"], files, wide, narrow), format="html"))


def thin(app, exception):
    """Leave the outputs out of the notebooks that readers download: they stand on the page.

    Without line breaks between its lists, a notebook is a sixth smaller.
    """
    for path in Path(app.outdir, "_sources").rglob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
            if cell["cell_type"] == "code":
                cell |= {"outputs": [], "execution_count": None}
        text = json.dumps(notebook, ensure_ascii=False, separators=(",", ":"))
        path.write_text(f"{text}\n", encoding="utf-8", newline="\n")


def setup(app):
    """Before Sphinx collects the images of a page, and when all is written."""
    app.connect("doctree-read", show, priority=400)
    app.connect("build-finished", thin)
    return {"parallel_read_safe": True}
