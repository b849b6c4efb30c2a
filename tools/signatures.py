"""Sphinx extension: a rule's name and defaults, as `rules.py` writes them.

In Markdown, {rule}`momentum` becomes the code `momentum(lr=1e-3, beta=0.9)`.
"""

import ast
import inspect

from docutils import nodes
from sphinx.util.docutils import SphinxRole

from descent import rules


def signature(name):
    """A rule's name and defaults.

    Parameters
    ----------
    name : str
        Of a function in `descent.rules`.

    Returns
    -------
    str
        The call with all hyper-parameters at their defaults, in the digits that `rules.py` has:
        a signature's own text would say 0.001 for 1e-3.

    Raises
    ------
    ValueError
        If there is no such rule. It lists those there are.
    """
    source = inspect.getsource(rules)
    written = {node.name: node.args for node in ast.parse(source).body if is_rule(node)}
    if name not in written:
        raise ValueError(f"there is no rule {name!r}; there are {', '.join(written)}")
    arguments = written[name]
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    defaults = [f"{a.arg}={ast.get_source_segment(source, value)}" for a, value in pairs]
    return f"{name}({', '.join(defaults)})"


def is_rule(node):
    """Whether a statement of `rules.py` defines a rule: a function of a gradient `g`."""
    return isinstance(node, ast.FunctionDef) and node.args.args[0].arg == "g"


class Rule(SphinxRole):
    """The role `rule`."""

    def run(self):
        """The signature as code, or a warning, which fails the build."""
        self.env.note_dependency(rules.__file__)
        try:
            text = signature(self.text)
        except ValueError as error:
            message = self.inliner.reporter.warning(str(error), line=self.lineno)
            return [], [message]
        return [nodes.literal(text, text, classes=["code"])], []


def setup(app):
    """Add the role."""
    app.add_role("rule", Rule())
    return {"parallel_read_safe": True}
