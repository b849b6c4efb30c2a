"""The rules that take one coordinate at a time, and the defaults of their hyper-parameters."""

import inspect

from descent import rules

ELEMENTWISE = [
    rule
    for rule in vars(rules).values()
    if inspect.isfunction(rule) and "g" in inspect.signature(rule).parameters
    if not hasattr(rule, "whole_matrix")
]


def defaults(rule):
    """A rule's hyper-parameters with their defaults."""
    parameters = inspect.signature(rule).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
