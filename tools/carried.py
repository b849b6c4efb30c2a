"""Sphinx extension: the pages' scripts, with the rules that `rules.py` has at this moment.

What draws the figures has no rule of its own. Before its text come the rules, written by
`descent.translate`: one file, `figures.mjs`, so that no browser keeps the old half of a pair.
`descent.mjs`, which all pages load, fetches it where there is a figure, by a name that changes
with it.
"""

import hashlib
from pathlib import Path

from descent.explore import base

SOURCE = Path(__file__).resolve().parent.parent / "book" / "_js" / "made" / "descent.mjs"
FIGURES = "figures.mjs"


def scripts():
    """The texts of the scripts.

    Returns
    -------
    dict of str
        By their names among the static files.
    """
    figures, text = base.module(), SOURCE.read_text(encoding="utf-8")
    version = hashlib.sha256(figures.encode()).hexdigest()[:8]
    if text.count(f"./{FIGURES}") != 1:
        raise ValueError(f"{SOURCE.name} must name ./{FIGURES} once")
    return {
        SOURCE.name: text.replace(f"./{FIGURES}", f"./{FIGURES}?v={version}"),
        FIGURES: figures,
    }


def write(app):
    """Put the scripts among the static files, before Sphinx gives them their versions."""
    folder = Path(app.doctreedir).parent / "made"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in scripts().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    app.config.html_static_path.append(str(folder))


def setup(app):
    """Write the scripts when a build begins."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
