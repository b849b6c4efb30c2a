"""Sphinx extension: formulas that can be read without JavaScript.

MathJax typesets the TeX where scripts run. Beside it, for readers without them, stands the same
formula as MathML, which browsers draw by themselves; `descent.css` then hides the TeX.
"""

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util.math import get_node_equation_number


def formula(node, tex, display):
    """The formula in both forms."""
    mathml = convert(node.astext().strip(), display=display)
    return f'<span class="tex">{tex}</span><noscript>{mathml}</noscript>'


def visit_math(self, node):
    """An inline formula."""
    tex = rf"\({self.encode(node.astext())}\)"
    span = self.starttag(node, "span", "", CLASS="math notranslate nohighlight")
    self.body.append(f"{span}{formula(node, tex, 'inline')}</span>")
    raise nodes.SkipNode


def visit_math_block(self, node):
    """A displayed formula, with its number where it has one."""
    text = self.encode(node.astext().strip())
    tex = text if node.get("nowrap") else rf"\[{text}\]"
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})</span>')
    div = self.starttag(node, "div", "", CLASS="math notranslate nohighlight")
    self.body.append(f"{div}{formula(node, tex, 'block')}</div>")
    raise nodes.SkipNode


def setup(app):
    """Take the two nodes over from Sphinx."""
    app.add_node(nodes.math, override=True, html=(visit_math, None))
    app.add_node(nodes.math_block, override=True, html=(visit_math_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
