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

    As in Markdown: nothing is done to what stands between backticks, and code that holds a backtick
    stands between more of them (see `code`). Stars mark words only where they touch them on the
    inside and no letter or digit outside, so ``2 * 3 * 4`` and ``2*3*4`` stay as they are. A
    backtick or star without its partner is shown.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return _MARKED.sub(_tagged, html.escape(text, quote=False))


def code(text):
    """Put a text that somebody else wrote between backticks, more than any that it holds in a row.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        Which `inline` shows as that very text.
    """
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if len(fence) > 1 or not text else ""
    return f"{fence}{space}{text}{space}{fence}"


_CODE = r"(?<!`)(?P<fence>`+)(?!`)(?P<code>.+?)(?<!`)(?P=fence)(?!`)"
_WORDS = r"(?<![\w*])\*(?![\s*])(?P<words>(?:[^*`\n]|(?<!`)`[^`\n]+`(?!`))+)(?<!\s)\*(?![\w*])"
_MARKED = re.compile(f"{_CODE}|{_WORDS}", re.DOTALL)


def _tagged(match):
    if match["words"]:
        return f"<em>{_MARKED.sub(_tagged, match['words'])}</em>"
    written = match["code"]
    if len(match["fence"]) > 1:
        written = re.sub(r"^ (.*) $", r"\1", written, flags=re.DOTALL)
    return f"<code>{written}</code>"
