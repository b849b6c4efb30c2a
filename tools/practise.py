"""Sphinx extension: what the pages need to run Python in the reader's browser.

The course's package as an archive, the worker and its runner, and the page's own script, before
which stands where Pyodide is: at its public address, or, with DESCENT_OFFLINE set to a folder of
its files (tools/pyodide.py), beside the page.
"""

import hashlib
import io
import json
import os
import shutil
import zipfile
from pathlib import Path

from docutils import nodes

from descent.practice import plan
from plan import CHECKED, OF_EXHIBITS
from pyodide import entry

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "code" / "descent"
SCRIPTS = ROOT / "book" / "_js"
OFFLINE = "DESCENT_OFFLINE"
# The tag of a chapter's cell that is open at once: to change a number in, and to run again.
EXPERIMENT = "experiment"
PUBLIC = "https://cdn.jsdelivr.net/pyodide/v{version}/full/"


def archive():
    """The package as a zip file, the same bytes for the same text.

    Returns
    -------
    bytes
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(PACKAGE.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                name = path.relative_to(PACKAGE.parent).as_posix()
                file.writestr(zipfile.ZipInfo(name), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def place(folder):
    """Put what Python in a page needs into a folder: worker, runner and package.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    str
        The package's archive, from there.
    """
    shutil.copytree(SCRIPTS / "python", folder / "python", dirs_exist_ok=True)
    packed = archive()
    name = f"python/descent-{hashlib.sha256(packed).hexdigest()[:8]}.zip"
    (folder / name).write_bytes(packed)
    return name


def write(app):
    """Put all of it among the static files."""
    folder = Path(app.doctreedir).parent / "practise"
    settings = {"pyodide": PUBLIC.format(version=entry()["version"]), "archive": place(folder)}
    if OFFLINE in os.environ:
        settings["pyodide"] = "pyodide/"
    settings["names"] = {
        f"exercises/{page}.html": [
            name for section in plan.SECTIONS if section.page == page for name in section.names
        ]
        for page in plan.TITLES
    }
    settings["checked"], settings["exhibits"] = CHECKED, OF_EXHIBITS
    text = (SCRIPTS / "made" / "practise.mjs").read_text(encoding="utf-8")
    script = f"const settings = {json.dumps(settings)};\n{text}"
    (folder / "practise.mjs").write_text(script, encoding="utf-8", newline="\n")
    app.config.html_static_path.append(str(folder))


def carry(app, exception):
    """Put Pyodide itself beside the pages (Sphinx copies no wheels)."""
    if OFFLINE in os.environ and not exception:
        target = Path(app.outdir, "_static", "pyodide")
        shutil.copytree(os.environ[OFFLINE], target, dirs_exist_ok=True)


def marked(app, doctree, name):
    """Mark the cells that are answered on the page, so that there is room for their buttons."""
    cells = [c for c in doctree.findall(nodes.container) if "cell" in c["classes"]]
    if name.startswith("exercises/"):
        # The first one imports.
        open_ = [cell for cell in cells[1:] if "tag_hide-input" not in cell["classes"]]
        # Room for what the script says of the page as a whole.
        title = next(doctree.findall(nodes.title))
        line = '<p class="page-progress"></p>'
        title.parent.insert(title.parent.index(title) + 1, nodes.raw("", line, format="html"))
    else:
        open_ = [cell for cell in cells if f"tag_{EXPERIMENT}" in cell["classes"]]
    for cell in open_:
        cell["classes"].append("answered")


def setup(app):
    """Write it when a build begins."""
    app.connect("doctree-resolved", marked)
    app.connect("builder-inited", write)
    # After the frame has deleted what no page names: of Pyodide's files, nearly all.
    app.connect("build-finished", carry, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
