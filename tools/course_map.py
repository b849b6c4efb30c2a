"""Sphinx extension: the way through the course.

In `index.md` the line `% map of the chapters` becomes a list of them, each with the first clause of
what it claims and the time it takes to read, both taken from its notebook. And the arrows at a
page's foot lead from a chapter to its exercises and on to the next chapter: solutions are reached
from their exercises, and nobody is led into them.
"""

import json
import re
from pathlib import Path

from sphinx_external_toc.parsing import parse_toc_yaml

from claims import title

MAP = re.compile(r"^% map of the chapters$", re.MULTILINE)
# What a reader does in a minute: words of prose, lines of code in sight.
WORDS, LINES = 250, 8
SOLUTIONS = "solutions/"


def minutes(notebook):
    """How long a notebook takes to read, in minutes.

    Parameters
    ----------
    notebook : dict
        As read from its file. Code that is folded costs no time.
    """
    words = lines = 0
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            words += len(source.split())
        elif not {"hide-input", "hide-cell", "remove-cell"} & set(cell["metadata"].get("tags", [])):
            lines += sum(bool(line.strip()) for line in source.splitlines())
    return words / WORDS + lines / LINES


def rounded(minutes):
    """A time to the nearest five minutes, and five at least."""
    return max(5, 5 * round(minutes / 5))


def spoken(minutes):
    """A time in words: "35 min", "1 h 10 min".

    Parameters
    ----------
    minutes : int
    """
    hours, rest = divmod(minutes, 60)
    return " ".join([f"{hours} h"] * (hours > 0) + [f"{rest} min"] * (rest > 0))


def claim(notebook):
    """The first clause of what a chapter claims, as a sentence."""
    source = "".join(notebook["cells"][0]["source"])
    said = re.search(r"^\*\*Claim\.\*\* (.+)$", source, re.MULTILINE)
    if not said:
        raise ValueError(
            f"{title(notebook)!r} has no paragraph that begins with **Claim.** in its first cell, "
            "and the map of the chapters shows what each claims"
        )
    return re.split(r"[.:;](?:\s|$)", said[1], maxsplit=1)[0] + "."


def chapters(book, toc):
    """The chapters that are notebooks, as pairs (caption, [(file, notebook)]) of the contents."""
    for part in parse_toc_yaml(toc).root.subtrees:
        paths = [Path(book, f"{file}.ipynb") for file in part.files()]
        found = [
            (path.name, json.loads(path.read_text(encoding="utf-8")))
            for path in paths
            if path.exists()
        ]
        if found:
            yield part.caption, found


def drawn(book, toc):
    """The map in Markdown: a heading and a list for each part of the course."""
    lines = []
    for caption, found in chapters(book, toc):
        whole = spoken(sum(rounded(minutes(notebook)) for _, notebook in found))
        lines += [f"### {caption}\n", f":::{{div}} part\n{whole}\n:::\n", "::::{div} map"]
        for file, notebook in found:
            time = spoken(rounded(minutes(notebook)))
            lines.append(f"[{title(notebook)}]({file})\n: {claim(notebook)}\n: {time}\n")
        lines.append("::::\n")
    return "\n".join(lines)


def fill(app, docname, source):
    """Draw the map, and draw it again when a chapter or the contents change."""
    if MAP.search(source[0]):
        toc = app.config.external_toc_path
        source[0] = MAP.sub(lambda _: drawn(app.srcdir, toc), source[0])
        for path in (*Path(app.srcdir).glob("*.ipynb"), toc):
            app.env.note_dependency(str(path))


def lead(app, pagename, templatename, context, doctree):
    """Let the arrows pass over the solutions."""
    for key, way in (("prev", 1), ("next", 2)):
        target = app.builder.relations.get(pagename, [None] * 3)[way]
        while target and target.startswith(SOLUTIONS):
            target = app.builder.relations[target][way]
        heading = target and app.builder.render_partial(app.env.titles[target])["title"]
        link = target and app.builder.get_relative_uri(pagename, target)
        context[key] = target and {"link": link, "title": heading}


def setup(app):
    """Fill the landing page as it is read, and each page's arrows as it is written."""
    app.connect("source-read", fill)
    app.connect("html-page-context", lead)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
