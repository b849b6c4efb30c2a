r"""Sphinx extension: formulas as MathML, which browsers draw by themselves.

The TeX that the book uses is small, and its spacing is TeX's (The TeXbook, chapter 18): each part
of a formula has a class, and each pair of classes its space. What is not known here is refused
when the book is built; a new symbol is a line in `SYMBOLS`. The TeX itself stays as `alttext`.
"""

import re
from html import escape

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.math import get_node_equation_number

TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\S", re.DOTALL)
# An element that is an operator, and whose spaces aren't said yet.
OPERATOR = re.compile(r"^<mo(?=[ >])(?![^>]*lspace)")
GROUP = re.compile(r"\s*\{([^{}]*)\}")

# The styles in which a part can stand: each fraction or script is one further on.
DISPLAY, TEXT, SCRIPT = range(3)

ORD, OP, BIN, REL, OPEN, CLOSE, PUNCT, INNER, SPACE = range(9)
# The spaces between two classes: 1 thin, 2 medium, 3 thick. Scripts have those of `NARROW` alone.
SPACES = {
    ORD: {OP: 1, BIN: 2, REL: 3, INNER: 1},
    OP: {ORD: 1, OP: 1, REL: 3, INNER: 1},
    BIN: {ORD: 2, OP: 2, OPEN: 2, INNER: 2},
    REL: {ORD: 3, OP: 3, OPEN: 3, INNER: 3},
    OPEN: {},
    CLOSE: {OP: 1, BIN: 2, REL: 3, INNER: 1},
    PUNCT: {ORD: 1, OP: 1, REL: 1, OPEN: 1, CLOSE: 1, PUNCT: 1, INNER: 1},
    INNER: {ORD: 1, OP: 1, BIN: 2, REL: 3, OPEN: 1, PUNCT: 1, INNER: 1},
}
NARROW = {(ORD, OP), (OP, ORD), (OP, OP), (CLOSE, OP), (INNER, OP)}
WIDTHS = (0, 0.1667, 0.2222, 0.2778)

LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "eta": "η",
    "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "phi": "ϕ", "omega": "ω",
}  # fmt: skip
NAMES = {"ln", "log", "exp", "sin", "cos", "arccos"}
SYMBOLS = {
    **dict.fromkeys("+*", BIN) | {"-": BIN, r"\cdot": BIN, r"\times": BIN, r"\pm": BIN},
    **dict.fromkeys("=<>:", REL),
    **dict.fromkeys([r"\le", r"\ge", r"\ne", r"\approx", r"\in", r"\leftarrow", r"\to"], REL),
    **dict.fromkeys("([", OPEN) | dict.fromkeys(")]", CLOSE) | dict.fromkeys(",;", PUNCT),
    **dict.fromkeys(["/", "|", ".", "!", r"\%", r"\infty", r"\nabla", r"\partial", r"\top"], ORD),
    **{r"\dots": INNER, r"\sum": OP, r"\prod": OP},
}
CHARACTERS = {
    "-": "−", "*": "∗", r"\cdot": "⋅", r"\times": "×", r"\pm": "±", r"\le": "≤", r"\ge": "≥",
    r"\ne": "≠", r"\approx": "≈", r"\in": "∈", r"\leftarrow": "←", r"\to": "→", r"\%": "%",
    r"\infty": "∞", r"\nabla": "∇", r"\partial": "∂", r"\top": "⊤", r"\dots": "…",
    r"\sum": "∑", r"\prod": "∏",
}  # fmt: skip
FIXED = {r"\,": 0.1667, r"\:": 0.2222, r"\;": 0.2778, r"\!": -0.1667, "\\ ": 0.25}
FIXED |= {r"\quad": 1, r"\qquad": 2}
FRACTIONS = {r"\frac": None, r"\tfrac": TEXT, r"\dfrac": DISPLAY}
ACCENTS = {r"\hat": "ˆ", r"\bar": "¯", r"\tilde": "˜", r"\overline": "‾"}
SIZES = {r"\big": 1.2, r"\Big": 1.6}


class Parser:
    """Turn a formula's TeX into MathML, part by part. A part is a class and an element."""

    def __init__(self, tex):
        self.tex = tex
        self.at = 0

    def refuse(self, what):
        raise ExtensionError(f"{what} in the formula {self.tex!r} is not known to tools/mathml.py")

    def peek(self):
        """Return the next token, or None at the end."""
        found = TOKEN.search(self.tex, self.at)
        return found and found[0]

    def next(self):
        """Return the next token and go on behind it."""
        found = TOKEN.search(self.tex, self.at)
        if found is None:
            self.refuse("an end too early")
        self.at = found.end()
        return found[0]

    def words(self):
        """Return the text of a group without commands, as it stands."""
        found = GROUP.match(self.tex, self.at)
        if found is None:
            self.refuse("a command without its {text}")
        self.at = found.end()
        return found[1]

    def parts(self, style, ends=(None,)):
        """Return the parts up to one of the tokens `ends`, which is passed over and kept."""
        found = []
        while (token := self.peek()) not in ends:
            if token is None:
                self.refuse(f"a missing {ends[0]}")
            found.append(self.scripted(style))
        self.ended = token and self.next()
        return found

    def argument(self, style):
        """Return the next group, or the next single part, as one element."""
        if self.peek() == "{":
            self.next()
            return row(self.parts(style, ("}",)), style)
        if (self.peek() or "")[:1].isdigit():
            # TeX takes one digit: \tfrac12 is a half.
            self.at = TOKEN.search(self.tex, self.at).start() + 1
            return f"<mn>{self.tex[self.at - 1]}</mn>"
        return self.part(style)[1]

    def scripted(self, style):
        """Return the next part with what stands below and above it."""
        kind, base = self.part(style)
        below = above = None
        while self.peek() in ("_", "^", "'"):
            token = self.next()
            if token == "_":
                below = self.argument(SCRIPT)
            elif token == "^":
                above = self.argument(SCRIPT)
            else:
                # The font's prime is raised already, and in a script it would be tiny.
                base = f"<mrow>{base}<mo{NO_SPACE}>′</mo></mrow>"
        limits = kind == OP and style == DISPLAY
        tag = {
            (True, True): "munderover" if limits else "msubsup",
            (True, False): "munder" if limits else "msub",
            (False, True): "mover" if limits else "msup",
        }.get((below is not None, above is not None))
        if tag is None:
            return kind, base
        base = OPERATOR.sub(f"<mo{NO_SPACE}", base)
        return kind, f"<{tag}>{base}{below or ''}{above or ''}</{tag}>"

    def part(self, style):
        """Return the next part."""
        token = self.next()
        if token == "{":
            return ORD, row(self.parts(style, ("}",)), style)
        if token.isalpha() and token.isascii():
            return ORD, f"<mi>{token}</mi>"
        if token[0].isdigit():
            return ORD, f"<mn>{token}</mn>"
        if token == r"\dots" and SYMBOLS.get(self.peek()) in (BIN, REL):
            return INNER, f"<mi{UPRIGHT}>⋯</mi>"
        if token in SYMBOLS:
            return SYMBOLS[token], symbol(token)
        if token in FIXED:
            return SPACE, f'<mspace width="{FIXED[token]}em"/>'
        if token[1:] in LETTERS:
            return ORD, f"<mi>{LETTERS[token[1:]]}</mi>"
        if token[1:] in NAMES:
            return OP, f"<mi>{token[1:]}</mi>"
        if token == r"\sqrt":
            return ORD, f"<msqrt>{bare(self.argument(style))}</msqrt>"
        if token == r"\mathrm":
            name = self.words().strip()
            return ORD, f"<mi{UPRIGHT if len(name) == 1 else ''}>{name}</mi>"
        if token == r"\text":
            return ORD, f"<mtext>{escape(self.words()).replace(' ', '&#160;')}</mtext>"
        if token in FRACTIONS:
            return ORD, self.fraction(style, FRACTIONS[token])
        if token in ACCENTS:
            stretchy = "" if token == r"\overline" else ' stretchy="false"'
            over = f"<mo{stretchy}>{ACCENTS[token]}</mo>"
            return ORD, f'<mover accent="true">{self.argument(style)}{over}</mover>'
        if token in SIZES:
            size = SIZES[token]
            # A stroke that is stretched is as wide as the widest one of the font.
            drawn = f'mathsize="{size}em"' if self.peek() == "/" else ""
            drawn = drawn or f'stretchy="true" minsize="{size}em" maxsize="{size}em"'
            return ORD, f"<mo {drawn}{NO_SPACE}>{self.next()}</mo>"
        if token == r"\left":
            return INNER, self.fenced(style)
        if token == r"\begin":
            return INNER, self.table()
        return self.refuse(token)

    def fraction(self, style, forced):
        """Return a fraction: in its place's style, or in the style `forced`."""
        own = style if forced is None else forced
        inside = TEXT if own == DISPLAY else SCRIPT
        fraction = f"<mfrac>{self.argument(inside)}{self.argument(inside)}</mfrac>"
        if own == style:
            return fraction
        shown = "true" if own == DISPLAY else "false"
        return f'<mstyle displaystyle="{shown}" scriptlevel="0">{fraction}</mstyle>'

    def fenced(self, style):
        """Return what stands between delimiters that grow with it."""
        left = self.next()
        inner = bare(row(self.parts(style, (r"\right",)), style))
        right = self.next()
        for delimiter in (left, right):
            if delimiter not in "()[]|":
                self.refuse(f"the delimiter {delimiter}")
        grows = f'stretchy="true"{NO_SPACE}'
        left, right = f'<mo form="prefix" {grows}>{left}', f'<mo form="postfix" {grows}>{right}'
        return f"<mrow>{left}</mo>{inner}{right}</mo></mrow>"

    def table(self):
        """Return the lines of `aligned`, each of cells that are right- and left-aligned in turn."""
        if (name := self.words()) != "aligned":
            self.refuse(rf"\begin{{{name}}}")
        rows, cells = [], []
        while not rows or self.ended != r"\end":
            found = self.parts(DISPLAY, ("&", r"\\", r"\end"))
            # A line that goes on with a sign has something before it.
            inner = bare(row(found, DISPLAY, before=ORD if cells else None))
            cells.append(f"<mtd>{inner}</mtd>")
            if self.ended != "&":
                rows.append(f"<mtr>{''.join(cells)}</mtr>")
                cells = []
        self.words()
        return f'<mtable displaystyle="true">{"".join(rows)}</mtable>'


UPRIGHT = ' mathvariant="normal"'
NO_SPACE = ' lspace="0" rspace="0"'


def symbol(token):
    """Return a symbol's element, an operator with spaces of the browser's own choice."""
    text = escape(CHARACTERS.get(token, token))
    kind = SYMBOLS[token]
    if kind in (OPEN, CLOSE) or token == "|":
        return f'<mo stretchy="false">{text}</mo>'
    if (kind == ORD and token != "/") or kind == INNER:
        return f"<mi{UPRIGHT}>{text}</mi>"
    return f"<mo>{text}</mo>"


def bare(element):
    """Return an element's children, if all that it does is to hold them together."""
    return element[6:-7] if element.startswith("<mrow>") and whole(element) else element


def whole(element):
    """Whether the first `mrow` of an element ends with it."""
    depth = 0
    for found in re.finditer(r"<(/?)mrow>", element):
        depth += -1 if found[1] else 1
        if depth == 0:
            return found.end() == len(element)
    return False


def classes(parts, before):
    """Return the parts' classes, with signs told from operations."""
    kinds = [kind for kind, _ in parts]
    seen, last = before, None
    for k, kind in enumerate(kinds):
        if kind == SPACE:
            continue
        if kind == BIN and seen in (None, BIN, OP, REL, OPEN, PUNCT):
            kinds[k] = ORD
        if kind in (REL, CLOSE, PUNCT) and seen == BIN:
            kinds[last] = ORD
        seen, last = kinds[k], k
    if seen == BIN:
        kinds[last] = ORD
    return kinds


def row(parts, style, before=None):
    """Return the parts in one element, with the spaces between them."""
    kinds = classes(parts, before)
    # Where the author put a space, TeX's own comes besides, between the classes on both sides.
    seen = before
    gaps = [0] * (len(parts) + 1)
    for k, kind in enumerate(kinds):
        if kind == SPACE:
            continue
        if seen is not None and not (style == SCRIPT and (seen, kind) not in NARROW):
            gaps[k] = WIDTHS[SPACES[seen].get(kind, 0)]
        seen = kind
    done = []
    for k, (_, element) in enumerate(parts):
        if OPERATOR.match(element):
            # Said to the browser, whose own table knows neither signs nor scripts.
            after = next((j for j in range(k + 1, len(parts)) if kinds[j] != SPACE), len(parts))
            right = gaps[k + 1] if after == k + 1 else 0
            element = f'<mo lspace="{gaps[k]:g}em" rspace="{right:g}em"' + element[3:]
            gaps[k] = 0
            gaps[k + 1] -= right
        if gaps[k]:
            done.append(f'<mspace width="{gaps[k]:g}em"/>')
        done.append(element)
    if len(done) == 1:
        return done[0]
    return f"<mrow>{''.join(done)}</mrow>"


def convert(tex, display=False):
    """Return a formula's MathML."""
    parser = Parser(tex)
    style = DISPLAY if display else TEXT
    inner = bare(row(parser.parts(style), style))
    block = ' display="block"' if display else ""
    return f'<math{block} alttext="{escape(" ".join(tex.split()))}">{inner}</math>'


def visit_math(self, node):
    """An inline formula."""
    self.body.append(convert(node.astext().strip()))
    raise nodes.SkipNode


def visit_math_block(self, node):
    """A displayed formula, with its number where it has one."""
    self.body.append(self.starttag(node, "div", "", CLASS="math"))
    self.body.append(convert(node.astext().strip(), display=True))
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})</span>')
    self.body.append("</div>")
    raise nodes.SkipNode


def setup(app):
    """Take the two nodes over from Sphinx."""
    app.add_node(nodes.math, override=True, html=(visit_math, None))
    app.add_node(nodes.math_block, override=True, html=(visit_math_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
