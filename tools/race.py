"""Sphinx extension: the landing page's race, in the place of the line `% the race` of `index.md`.

It is `explore.race()`, made when the book is built: no notebook holds it.
"""

import re

from descent import explore

PLACE = re.compile(r"^% the race$", re.MULTILINE)


def fill(app, docname, source):
    """Put the figure where the page asks for it."""
    if PLACE.search(source[0]):
        figure = explore.race().html()
        source[0] = PLACE.sub(lambda _: f"```{{raw}} html\n{figure}\n```", source[0])


def setup(app):
    """Fill the page as it is read."""
    app.connect("source-read", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
