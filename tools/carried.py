"""Sphinx extension: the page's script, with the rules that `rules.py` has at this moment.

`book/_js/descent.mjs` has no rule of its own. What the pages load is that text, and before it the
rules, written by `descent.translate`: one file, so that no browser keeps the old half of a pair.
"""

import inspect
from pathlib import Path

from descent import rules, translate

SOURCE = Path(__file__).resolve().parent.parent / "book" / "_js" / "descent.mjs"


def script():
    """The page's script.

    Returns
    -------
    str
    """
    ours = filter(inspect.isfunction, vars(rules).values())
    return f"{translate.module(ours)}\n{SOURCE.read_text(encoding='utf-8')}"


def write(app):
    """Put the script among the static files, before Sphinx gives them their versions."""
    folder = Path(app.doctreedir).parent / "made"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SOURCE.name).write_text(script(), encoding="utf-8", newline="\n")
    app.config.html_static_path.append(str(folder))


def setup(app):
    """Write the script when a build begins."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
