"""What the package's users look up stands in its docstrings: each parameter, result and error."""

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from types import FunctionType

import pytest

import descent
from descent.lives import Lives

# What `practice` offers is in its __init__; its other modules are its own workings. A rule's form
# is explained once, at the top of rules.py.
MODULES = [
    f"descent.{module.name}"
    for module in pkgutil.iter_modules(descent.__path__)
    if module.name != "rules"
]


def public(module):
    """Yield the name and the object of each function, class and method that users may call."""
    own = [name for name, thing in vars(module).items() if is_own(module, thing)]
    for name in getattr(module, "__all__", own):
        thing = getattr(module, name)
        if name.startswith("_") or not (inspect.isfunction(thing) or inspect.isclass(thing)):
            continue
        yield name, thing
        for part, method in vars(thing).items():
            shared = part.startswith("_") or (part in SHARED and issubclass(thing, Lives))
            if isinstance(method, FunctionType) and not shared:
                yield f"{name}.{part}", method


def is_own(module, thing):
    return getattr(thing, "__module__", None) == module.__name__


# What all figures and questions have is explained once, in `Lives` and in explore's own base class.
SHARED = {"html", "widget", "trace", "verdict", "figure", "draw"}


def sections(doc):
    """A docstring's sections: their titles, and the text under each."""
    parts = re.split(r"^(\w[\w ]*)\n-+$", doc, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def documented(text):
    """The names that a section of parameters or attributes explains."""
    heads = re.findall(r"^(\S[^:\n]*)(?: :|$)", text, re.MULTILINE)
    return {name.strip().lstrip("*") for head in heads for name in head.split(",")}


def own_nodes(function):
    """The nodes of a function's own body: not those of functions inside of it."""
    todo = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0].body[:]
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            todo += ast.iter_child_nodes(node)


def is_handed_out(thing):
    """Whether users get an object of this class, and never make one."""
    if not inspect.isclass(thing):
        return False
    return issubclass(thing, Exception) or "Made by `" in inspect.getdoc(thing)


def missing(thing):
    """Yield what a docstring should say and doesn't."""
    found = sections(inspect.getdoc(thing) or "")
    told = documented(found.get("Parameters", "") + "\n" + found.get("Attributes", ""))
    if not is_handed_out(thing):
        for name in inspect.signature(thing).parameters:
            if name != "self" and name not in told:
                yield f"the parameter {name}"
    if inspect.isclass(thing):
        return
    nodes = list(own_nodes(thing))
    returns = any(isinstance(node, ast.Return) and node.value for node in nodes)
    if returns and "Returns" not in found:
        yield "what it returns"
    if any(isinstance(node, ast.Yield) for node in nodes) and "Yields" not in found:
        yield "what it yields"
    if any(isinstance(node, ast.Raise) for node in nodes) and "Raises" not in found:
        yield "what it raises"


@pytest.mark.parametrize("name", MODULES)
def test_docstrings_explain_parameters_results_and_errors(name):
    found = dict(public(importlib.import_module(name)))
    assert found
    assert [f"{part}: {what}" for part, thing in found.items() for what in missing(thing)] == []


def walk(surface, *starts, seed=0, **hyper):
    """Walk.

    Parameters
    ----------
    surface : callable
    *starts : array
        One or more.

    Returns
    -------
    array
    """
    if not starts:
        raise ValueError("there must be a start")
    return [lambda: (yield seed)]


def test_what_is_missing_is_found():
    assert list(missing(walk)) == ["the parameter seed", "the parameter hyper", "what it raises"]
