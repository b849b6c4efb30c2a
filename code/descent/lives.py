"""One cell, three lives: a widget with a kernel, an element on a page, plain HTML elsewhere."""

import html
import re


class Lives:
    """Something that a notebook cell shows, in every form that a reader may meet it.

    A subclass gives `widget()`, which needs a kernel, and `html()`, a custom element whose content
    can be read without JavaScript. Jupyter shows the widget, the built page the element.
    """

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = {"text/plain": repr(self), "text/html": self.html()}
        try:
            view = self.widget()._repr_mimebundle_()
        except ImportError:  # no ipywidgets: the HTML is all there is
            return bundle
        return bundle | {k: v for k, v in view.items() if "widget-view" in k}


def inline(text):
    """Escape a sentence for HTML; `code` and *emphasis* are kept.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    text = html.escape(text, quote=False)
    text = re.sub(r"`(.+?)`", r"<code>\1</code>", text)
    return re.sub(r"\*(.+?)\*", r"<em>\1</em>", text)
