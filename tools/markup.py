"""Sphinx extension: markup for readers, where the theme's and MyST-NB's would be in their way.

- A folded cell is a mark at its edge, with a name, and no bar.
- The paragraph in italics after a figure or an output is its caption. It says "above" for "left"
  where a phone shows the panels so.
- A table scrolls by itself, by keyboard too, and one that code shows as well. An empty corner of it
  is no heading.
- A measurement's line says what was measured, and leads to its row on the answer page, from every
  folder.
- The contents show the exercises of the chapter that is open, and need no buttons to unfold.
"""

import re
from html import escape
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms.post_transforms import SphinxPostTransform

from claims import capital, readable
from descent import ledger
from descent.lives import inline

FONTS = ("regular", "italic", "semibold")
NUMBERS = '<table class="numbers">'
HEAD = re.compile(r'<th scope="col">(.*?)</th>')
EMPTY = '<th scope="col"></th>'
WEIGHED = re.compile(r'<p class="weighed"><a href="(claims\.html#([a-z0-9-]+)">)')


def visit_folded(self, node):
    """The mark is drawn by the style sheet; its name is there for all who can't see it."""
    classes = " ".join(["hide", *node["classes"]])
    name = escape(node["prompt_show"])
    self.body.append(f'<details class="{classes}"><summary><span>{name}</span></summary>\n')


def depart_folded(self, node):
    """Close what was opened."""
    self.body.append("</details>\n")


def is_table(node):
    """Whether a node is a table, of the text's or one that code shows."""
    raw = isinstance(node, nodes.raw) and node.get("format") == "html"
    return isinstance(node, nodes.table) or (raw and NUMBERS in node.astext())


def framed(node, heads):
    """The opening tag of a frame that scrolls, has a name, and is reached by the Tab key."""
    number = 1 + list(node.document.findall(is_table)).index(node)
    name = escape(": ".join([f"Table {number}", ", ".join(filter(None, heads))]), quote=True)
    return f'<div class="framed" role="region" tabindex="0" aria-label="{name}">'


def visit_table(self, node):
    """A table in its frame."""
    heads = [entry.astext() for head in node.findall(nodes.thead) for entry in head[0]]
    self.body.append(framed(node, heads))
    type(self).visit_table(self, node)


def depart_table(self, node):
    """Close what was opened."""
    type(self).depart_table(self, node)
    self.body.append("</div>\n")


def mend(app, doctree):
    """Give tables that code shows their frames, and measurements their subject and their way."""
    way = "../" * app.env.docname.count("/")
    evidence = ledger.claims()["evidence"]

    def opened_line(match):
        what = evidence.get(match[2], {}).get("measures", "")
        subject = f"{capital(what)}: " if what else ""
        return f'<p class="weighed">{inline(subject)}<a href="{way}{match[1]}'

    html = [node for node in doctree.findall(nodes.raw) if node.get("format") == "html"]
    opened = [framed(node, HEAD.findall(node.astext())) for node in filter(is_table, html)]
    for node in html:
        text, lines = WEIGHED.subn(opened_line, node.astext())
        if lines:
            text = readable(text)
        if is_table(node):
            text = text.replace(NUMBERS, opened.pop(0) + '<table class="table numbers">')
            text = text.replace("</table>", "</table></div>").replace(EMPTY, "<td></td>")
        if text != node.astext():
            node.replace_self(nodes.raw("", text, format="html"))


def visit_entry(self, node):
    """A cell of a table; an empty one in its head is a plain cell."""
    in_head = isinstance(node.parent.parent, nodes.thead)
    if in_head and not node.astext().strip():
        self.body.append("<td>")
        self.context.append("</td>\n")
    else:
        type(self).visit_entry(self, node)


def depart_entry(self, node):
    """Close what was opened."""
    type(self).depart_entry(self, node)


def is_shown(node):
    """Whether a node is a picture, or a cell of code with what it shows."""
    return (
        isinstance(node, nodes.image)
        or (isinstance(node, nodes.raw) and "<picture" in node.astext())
        or (isinstance(node, nodes.container) and node.get("nb_element") == "cell_code")
    )


# Where a phone has the panels of a figure: below each other.
STACKED = {"left": "above", "Left": "Above", "right": "below", "Right": "Below"}
PLACE = re.compile(r"(?:^|(?<=[.:] ))(left|right)(?=, )", re.IGNORECASE)


def placed(text):
    """A caption's text as nodes: panels that stand left and right are above and below on a phone.

    Parameters
    ----------
    text : str

    Yields
    ------
    docutils.nodes.Node
    """
    for i, part in enumerate(PLACE.split(text)):
        if i % 2 == 0:
            yield nodes.Text(part)
            continue
        for kind, word in (("wide", part), ("narrow", STACKED[part])):
            yield nodes.raw("", f'<span class="{kind}-only">{word}</span>', format="html")


class Captions(SphinxPostTransform):
    """A paragraph in italics after a picture or a cell becomes its caption, upright."""

    default_priority = 900
    formats = ("html",)

    def run(self, **options):
        """Mark each caption, and take the emphasis away."""
        for paragraph in list(self.document.findall(nodes.paragraph)):
            inner = paragraph.children
            if len(inner) != 1 or not isinstance(inner[0], nodes.emphasis):
                continue
            place = paragraph.parent.index(paragraph)
            above = paragraph.parent[place - 1] if place else None
            paragraph["classes"].append("caption" if is_shown(above) else "aside")
            paragraph.children = []
            paragraph.extend(inner[0].children)
            # One that names the right panel; else "left" is a part of the only one.
            told = [found[0].lower() for found in PLACE.finditer(paragraph.astext())]
            if is_shown(above) and "right" in told:
                for text in list(paragraph.findall(nodes.Text)):
                    text.parent.replace(text, list(placed(text.astext())))


def configure(app, config):
    """Put the book's templates before the theme's, and leave out what no page needs."""
    config.templates_path.insert(0, str(Path(app.srcdir) / "_templates"))
    config.html_theme_options |= {"use_fullscreen_button": False, "toc_title": "On this page"}


def preload(app, pagename, templatename, context, doctree):
    """Ask for the typeface at once."""
    root = context["content_root"]
    context["metatags"] = context.get("metatags", "") + "".join(
        f'<link rel="preload" href="{root}_static/fonts/serif-{style}.woff2" as="font" '
        'type="font/woff2" crossorigin>\n'
        for style in FONTS
    )


def setup(app):
    """Replace what MyST-NB and Sphinx would write."""
    app.add_node(HideCodeCellNode, override=True, html=(visit_folded, depart_folded))
    app.add_node(nodes.table, override=True, html=(visit_table, depart_table))
    app.add_node(nodes.entry, override=True, html=(visit_entry, depart_entry))
    app.add_post_transform(Captions)
    app.connect("config-inited", configure)
    app.connect("doctree-read", mend)
    app.connect("html-page-context", preload, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
