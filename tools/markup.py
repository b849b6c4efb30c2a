"""Sphinx extension: markup for readers, where the theme's and MyST-NB's would be in their way.

- A folded cell is a mark at its edge, with a name, and no bar.
- The paragraph in italics after a figure or an output is its caption.
- A table scrolls by itself, by keyboard too. An empty corner of it is no heading.
- The contents show the exercises of the chapter that is open, and need no buttons to unfold.
"""

from html import escape
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms.post_transforms import SphinxPostTransform

FONTS = ("regular", "italic", "semibold")


def visit_folded(self, node):
    """The mark is drawn by the style sheet; its name is there for all who can't see it."""
    classes = " ".join(["hide", *node["classes"]])
    name = escape(node["prompt_show"])
    self.body.append(f'<details class="{classes}"><summary><span>{name}</span></summary>\n')


def depart_folded(self, node):
    """Close what was opened."""
    self.body.append("</details>\n")


def visit_table(self, node):
    """A table in a frame that scrolls, has a name, and is reached by the Tab key.

    The ledger's rows go below each other instead.
    """
    if "ledger" not in node["classes"]:
        number = 1 + list(node.document.findall(nodes.table)).index(node)
        heads = [entry.astext() for head in node.findall(nodes.thead) for entry in head[0]]
        name = escape(": ".join([f"Table {number}", ", ".join(filter(None, heads))]), quote=True)
        self.body.append(f'<div class="framed" role="region" tabindex="0" aria-label="{name}">')
    type(self).visit_table(self, node)


def depart_table(self, node):
    """Close what was opened."""
    type(self).depart_table(self, node)
    if "ledger" not in node["classes"]:
        self.body.append("</div>\n")


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
    app.connect("html-page-context", preload, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
