"""A rule's own text, read once, so that other machines can run it too.

A rule is straight-line arithmetic with at most an `if`. `read` takes its text apart; `javascript`
writes it for the book's pages, and `descent.compiled` turns it into machine code. So a rule stands
in `rules.py`, or in a learner's cell, and nowhere else.

What a rule does to one coordinate it does to all: here it is read as arithmetic on numbers, and
what depends on the gradient is known from what doesn't, such as a count of steps.
"""

import ast
import inspect
import math
import textwrap
from dataclasses import dataclass

import numpy as np

# What may be called: its name in JavaScript, its number of arguments, and whether it takes arrays.
CALLS = {
    "abs": ("Math.abs", 1, True),
    "max": ("Math.max", 2, False),
    "min": ("Math.min", 2, False),
    "math.cos": ("Math.cos", 1, False),
    "math.exp": ("Math.exp", 1, False),
    "math.log": ("Math.log", 1, False),
    "math.sqrt": ("Math.sqrt", 1, False),
    "np.abs": ("Math.abs", 1, True),
    "np.exp": ("Math.exp", 1, True),
    "np.log": ("Math.log", 1, True),
    "np.maximum": ("Math.max", 2, True),
    "np.minimum": ("Math.min", 2, True),
    "np.sign": ("Math.sign", 1, True),
    "np.sqrt": ("Math.sqrt", 1, True),
    "np.tanh": ("Math.tanh", 1, True),
}
CONSTANTS = {"math.pi": "Math.PI", "np.pi": "Math.PI"}
# Symbols in JavaScript and how strongly they bind, which is as in Python.
SYMBOLS = {
    ast.Or: ("||", 1),
    ast.And: ("&&", 2),
    ast.Lt: ("<", 4),
    ast.LtE: ("<=", 4),
    ast.Gt: (">", 4),
    ast.GtE: (">=", 4),
    ast.Eq: ("===", 4),
    ast.NotEq: ("!==", 4),
    ast.Add: ("+", 5),
    ast.Sub: ("-", 5),
    ast.Mult: ("*", 6),
    ast.Div: ("/", 6),
    ast.USub: ("-", 7),
    ast.Pow: ("**", 8),
}
NOT, IF_ELSE, ATOM = 3, 0, 9
# Words that can't be a name in JavaScript, or would hide one that is used there.
RESERVED = """
    arguments await break case catch class const continue debugger default delete do else enum eval
    export extends false finally for function if implements import in instanceof interface let Math
    new null package private protected public return static super switch this throw true try typeof
    var void while with yield
"""


class Untranslatable(ValueError):
    """A rule whose text has something in it that isn't carried over; the message says what."""


@dataclass(frozen=True)
class Set:
    """`name = value`, where `arrays` names what depended on the gradient before.

    Made by `read`.
    """

    name: str
    value: ast.expr
    arrays: frozenset


@dataclass(frozen=True)
class Branch:
    """Where a rule takes one of two ways, by a condition on numbers alone. Made by `read`."""

    condition: ast.expr
    then: tuple
    otherwise: tuple


@dataclass(frozen=True)
class Return:
    """What a rule returns: its step, and a dict of its memory. Made by `read`."""

    step: ast.expr
    memory: dict
    arrays: frozenset


@dataclass(frozen=True)
class Text:
    """A rule that was read.

    Attributes
    ----------
    name : str
    gradient : str
        What the rule calls it.
    memory, hyper : dict
        The names and the start values of its memory, and of its hyper-parameters.
    body : tuple
        `Set`s, and at last a `Return`, or a `Branch` of two such bodies.
    arrays : frozenset of str
        The names in memory that depend on the gradient: the others are numbers, alike for all
        coordinates.
    """

    name: str
    gradient: str
    memory: dict
    hyper: dict
    body: tuple
    arrays: frozenset


def read(rule):
    """Take a rule's text apart.

    Parameters
    ----------
    rule : function
        In the form of those in `descent.rules`.

    Returns
    -------
    Text

    Raises
    ------
    Untranslatable
        When its text can't be read, or has something in it besides assignments, `if`, one `return`
        to each way, arithmetic, and the functions in `CALLS`.
    """
    return _Reader(rule).text()


class _Reader:
    def __init__(self, rule):
        self.rule = rule
        self.name = getattr(rule, "__name__", type(rule).__name__)
        if getattr(rule, "whole_matrix", False):
            raise self.refusal("needs a whole matrix at once")
        self.tree = self.parsed()
        parameters = inspect.signature(rule).parameters.values()
        kinds = {p.kind for p in parameters}
        if not kinds <= {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}:
            raise self.refusal("must have the form rule(g, m=0, ..., *, lr=0.1, ...)")
        places = {p.name: p.default for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD}
        self.gradient, *memory = places or [None]
        self.memory = {name: places[name] for name in memory}
        self.hyper = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
        if self.gradient is None or inspect.Parameter.empty in self.memory.values():
            raise self.refusal("must have the form rule(g, m=0, ..., *, lr=0.1, ...)")
        for name, value in self.memory.items():
            if type(value) not in (int, float) or not math.isfinite(value):
                raise self.refusal(f"starts {name} at something else than a number, {value!r}")

    def refusal(self, why, node=None):
        code = f": `{ast.unparse(node)}`" if node is not None else ""
        return Untranslatable(f"{self.name} can't be carried over, since it {why}{code}")

    def parsed(self):
        """The tree of the function's text, which must be the text of what runs."""
        function = self.rule
        if not inspect.isfunction(function) or hasattr(function, "__wrapped__"):
            raise self.refusal("isn't a plain function")
        try:
            source = textwrap.dedent(inspect.getsource(function))
            tree = ast.parse(source).body[0]
        except (OSError, TypeError, SyntaxError):
            raise self.refusal("has no text that can be read") from None
        if not isinstance(tree, ast.FunctionDef) or tree.decorator_list:
            raise self.refusal("isn't a plain `def`")
        code = function.__code__
        if code.co_freevars:
            raise self.refusal(f"uses {', '.join(code.co_freevars)} from the function around it")
        # Python compiles `np.sqrt` in two ways, by whether the same text imports np.
        modules = [n for n in code.co_names if inspect.ismodule(function.__globals__.get(n))]
        texts = source, "\n".join([*(f"import {name}" for name in modules), source])
        if not any(_same(code, _compiled(text, tree.name)) for text in texts):
            raise self.refusal("isn't what its text says any more")
        for name, meant in (("np", np), ("math", math)):
            if name in code.co_names and function.__globals__.get(name) is not meant:
                raise self.refusal(f"means something else by {name}")
        for name in ("abs", "max", "min", "dict"):
            if name in code.co_names and name in function.__globals__:
                raise self.refusal(f"means something else by {name}")
        return tree

    def text(self):
        body = self.tree.body[1:] if ast.get_docstring(self.tree) is not None else self.tree.body
        # Memory depends on the gradient if what is returned does. That may depend on other memory.
        arrays, more = None, frozenset()
        while more != arrays:
            arrays = more
            walked = self.walk(body, arrays | {self.gradient}, {*self.memory, *self.hyper})
            more = arrays | {
                name
                for end in _ends(walked)
                for name, value in end.memory.items()
                if names(value) & end.arrays
            }
        return Text(self.name, self.gradient, self.memory, self.hyper, walked, arrays)

    def walk(self, statements, arrays, known):
        """The statements as a body; `arrays` depend on the gradient, `known` are the numbers."""
        walked = []
        for k, node in enumerate(statements):
            if isinstance(node, ast.If):
                self.check(node.test, frozenset(), known, arrays)
                rest = statements[k + 1 :]
                ways = (self.walk(way + rest, arrays, known) for way in (node.body, node.orelse))
                return (*walked, Branch(node.test, *ways))
            if isinstance(node, ast.Return):
                step, memory = self.returned(node)
                for value in (step, *memory.values()):
                    self.check(value, arrays, known)
                return (*walked, Return(step, memory, arrays))
            name, value = self.assigned(node, arrays)
            self.check(value, arrays, known)
            walked.append(Set(name, value, arrays))
            is_array = bool(names(value) & arrays)
            arrays = arrays | {name} if is_array else arrays - {name}
            known = known - {name} if is_array else known | {name}
        raise self.refusal("can end without a `return`")

    def assigned(self, node, arrays):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AugAssign):
            target = node.target
            value = ast.BinOp(ast.Name(ast.unparse(target), ast.Load()), node.op, node.value)
            if names(target) & arrays:
                raise self.refusal("may change an array that it was given", node)
        else:
            raise self.refusal("does more than assign, branch and return", node)
        if not isinstance(target, ast.Name):
            raise self.refusal("assigns to more than one name", node)
        return target.id, value

    def returned(self, node):
        match node.value:
            case ast.Tuple(elts=[step, ast.Dict(keys=keys, values=values)]):
                given = [key.value if isinstance(key, ast.Constant) else None for key in keys]
            case ast.Tuple(
                elts=[step, ast.Call(func=ast.Name(id="dict"), args=[], keywords=pairs)]
            ):
                given, values = [p.arg for p in pairs], [p.value for p in pairs]
            case _:
                raise self.refusal("must return its step and a dict of its memory", node)
        if sorted(map(str, given)) != sorted(self.memory):
            raise self.refusal("must return the memory that it takes", node)
        return step, dict(zip(given, values, strict=True))

    def check(self, node, arrays, known, hidden=frozenset()):
        """Refuse what isn't arithmetic on `arrays` and the numbers that are `known`."""

        def refuse(why):
            return self.refusal(why, node)

        def each(*parts):
            for part in parts:
                self.check(part, arrays, known, hidden)

        used, gradients = names(node), arrays | hidden
        match node:
            case ast.Constant(value=bool()):
                raise refuse("has something in it besides numbers")
            case ast.Constant(value=int() | float()):
                pass
            case ast.Name(id=name):
                if name in hidden:
                    raise refuse("decides by what depends on the gradient")
                if name not in arrays | known:
                    raise refuse("uses a name that is neither its parameter nor set before")
            case ast.Attribute() if ast.unparse(node) in CONSTANTS:
                pass
            case ast.BinOp(left=left, op=op, right=right):
                if type(op) not in SYMBOLS:
                    raise refuse("has an operation that isn't on the list")
                each(left, right)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                each(operand)
            case ast.Call(func=func, args=args, keywords=[]) if ast.unparse(func) in CALLS:
                _, count, takes_arrays = CALLS[ast.unparse(func)]
                if len(args) != count:
                    raise refuse(f"calls {ast.unparse(func)} with {len(args)} arguments")
                if used & arrays and not takes_arrays:
                    raise refuse("hands an array to a function of numbers")
                each(*args)
            # From here on, nothing may depend on the gradient.
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp() | ast.IfExp() if used & gradients:
                raise refuse("decides by what depends on the gradient")
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in SYMBOLS:
                each(left, right)
            case ast.BoolOp(values=values):
                each(*values)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                each(operand)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                each(test, body, orelse)
            case _:
                raise refuse("has an operation that isn't on the list")


def _compiled(source, name):
    """The code of the function of that name in a text."""
    codes = [c for c in compile(source, "", "exec").co_consts if inspect.iscode(c)]
    return next(code for code in codes if code.co_name == name)


def _same(code, other):
    parts = "co_code", "co_consts", "co_names", "co_varnames"
    return all(getattr(code, part) == getattr(other, part) for part in parts)


def names(node):
    """The names that an expression uses.

    Parameters
    ----------
    node : ast.AST

    Returns
    -------
    set of str
    """
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _ends(body):
    """All `Return`s of a body."""
    last = body[-1]
    if isinstance(last, Return):
        return [last]
    return _ends(last.then) + _ends(last.otherwise)


def javascript(rule):
    """Write a rule as a JavaScript function of one coordinate.

    Parameters
    ----------
    rule : function

    Returns
    -------
    str
        `function name(g, { m = 0 }, { lr, ... })`, which returns the step and an object of the
        memory. Hyper-parameters have no defaults there.

    Raises
    ------
    Untranslatable
        As `read` does.
    """
    text = read(rule)
    own = {text.name, text.gradient, *text.memory, *text.hyper, *_assigned(text.body)}
    if kept := sorted(own & set(RESERVED.split())):
        raise Untranslatable(
            f"{text.name} can't be carried over, since JavaScript keeps the name `{kept[0]}` for "
            "itself"
        )
    memory = _braces(f"{name} = {value!r}" for name, value in text.memory.items())
    lines = [f"function {text.name}({text.gradient}, {memory}, {_braces(text.hyper)}) {{"]
    locals_ = _assigned(text.body) - text.memory.keys() - text.hyper.keys() - {text.gradient}
    if locals_:
        lines.append(f"  let {', '.join(sorted(locals_))};")
    lines += _statements(text.body, "  ")
    return "\n".join([*lines, "}"])


def module(rules):
    """Write rules as a JavaScript module that exports an object of them, `rules`, by their names.

    Parameters
    ----------
    rules : iterable of function
        Those that can't be carried over are left out.

    Returns
    -------
    str
    """
    written = []
    for rule in rules:
        try:
            written.append(javascript(rule))
        except Untranslatable:
            continue
    body = ",\n".join(textwrap.indent(text.removeprefix("function "), "  ") for text in written)
    return (
        "// Written from descent/rules.py when the book is built: change it there.\n"
        f"export const rules = {{\n{body},\n}};\n"
    )


def _braces(parts):
    return f"{{ {', '.join(parts)} }}" if (parts := list(parts)) else "{}"


def _assigned(body):
    found = {part.name for part in body if isinstance(part, Set)}
    if isinstance(body[-1], Branch):
        found |= _assigned(body[-1].then) | _assigned(body[-1].otherwise)
    return found


def _statements(body, indent):
    for part in body:
        match part:
            case Set(name=name, value=value):
                yield f"{indent}{name} = {_expression(value)};"
            case Branch(condition=condition, then=then, otherwise=otherwise):
                yield f"{indent}if ({_expression(condition)}) {{"
                yield from _statements(then, indent + "  ")
                yield f"{indent}}}"
                yield from _statements(otherwise, indent)
            case Return(step=step, memory=memory):
                pairs = _braces(f"{name}: {_expression(v)}" for name, v in memory.items())
                yield f"{indent}return [{_expression(step)}, {pairs}];"


def _expression(node, binding=IF_ELSE):
    """An expression in JavaScript, in parentheses if it binds less than `binding`."""
    match node:
        case ast.Constant(value=value):
            return repr(value)
        case ast.Name(id=name):
            return name
        case ast.Attribute():
            return CONSTANTS[ast.unparse(node)]
        case ast.Call(func=func, args=args):
            return f"{CALLS[ast.unparse(func)][0]}({', '.join(map(_expression, args))})"
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            # In JavaScript -a ** b is an error, and a ** b ** c groups to the right, as in Python.
            symbol, own = SYMBOLS[ast.Pow]
            text = f"{_expression(left, ATOM)} {symbol} {_expression(right, own - 1)}"
        case ast.BinOp(left=left, op=op, right=right):
            symbol, own = SYMBOLS[type(op)]
            text = f"{_expression(left, own)} {symbol} {_expression(right, own + 1)}"
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            symbol, own = SYMBOLS[ast.USub]
            text = f"{symbol}{_expression(operand, ATOM)}"
        case ast.UnaryOp(operand=operand):
            own = NOT
            text = f"!({_expression(operand)})"
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            symbol, own = SYMBOLS[type(op)]
            text = f"{_expression(left, own + 1)} {symbol} {_expression(right, own + 1)}"
        case ast.BoolOp(op=op, values=values):
            symbol, own = SYMBOLS[type(op)]
            text = f" {symbol} ".join(_expression(value, own + 1) for value in values)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            own = IF_ELSE
            parts = (_expression(part, own + 1) for part in (test, body, orelse))
            text = "{} ? {} : {}".format(*parts)
    return f"({text})" if own < binding else text
