"""Formulas: what TeX becomes in MathML, with TeX's spaces, in a font that has its characters."""

import hashlib
import io
import re
import tomllib
from html import unescape

import pytest
from sphinx.errors import ExtensionError

import book
import font
import formulas
import mathml
from contents import ROOT

SIGN = '<mo lspace="0em" rspace="0em">−</mo>'
MINUS = '<mo lspace="0.2222em" rspace="0.2222em">−</mo>'
EQUALS = '<mo lspace="0.2778em" rspace="0.2778em">=</mo>'
OPEN = '<mo lspace="0em" rspace="0em" stretchy="false">(</mo>'
CLOSE = OPEN.replace("(", ")")
THIN = '<mspace width="0.1667em"/>'


@pytest.mark.parametrize(
    "tex, expected",
    [
        ("1 - x", f"<mn>1</mn>{MINUS}<mi>x</mi>"),
        ("-x", f"{SIGN}<mi>x</mi>"),
        ("a = -b", f"<mi>a</mi>{EQUALS}{SIGN}<mi>b</mi>"),
        ("(-x)", f"{OPEN}{SIGN}<mi>x</mi>{CLOSE}"),
        ("x -", f"<mi>x</mi>{SIGN}"),
        ("L/2", '<mi>L</mi><mo lspace="0em" rspace="0em">/</mo><mn>2</mn>'),
        # Scripts, and what is small like them, have no spaces around their signs.
        ("x^{t-1}", f"<msup><mi>x</mi><mrow><mi>t</mi>{SIGN}<mn>1</mn></mrow></msup>"),
        ("x_k^2", "<msubsup><mi>x</mi><mi>k</mi><mn>2</mn></msubsup>"),
        ("f'", '<mi>f</mi><mo lspace="0" rspace="0">′</mo>'),
        (r"\frac{1-x}2", f"<mfrac><mrow><mn>1</mn>{SIGN}<mi>x</mi></mrow><mn>2</mn></mfrac>"),
        # TeX takes one digit.
        (r"\tfrac12", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"),
        (
            r"\dfrac1x",
            '<mstyle displaystyle="true" scriptlevel="0">'
            "<mfrac><mn>1</mn><mi>x</mi></mfrac></mstyle>",
        ),
        (r"\sqrt v", "<msqrt><mi>v</mi></msqrt>"),
        (r"\sqrt{v + 1}", "<msqrt><mi>v</mi>" + MINUS.replace("−", "+") + "<mn>1</mn></msqrt>"),
        (r"\mathrm{lr}\,g", f"<mi>lr</mi>{THIN}<mi>g</mi>"),
        (r"2\ln x", f"<mn>2</mn>{THIN}<mi>ln</mi>{THIN}<mi>x</mi>"),
        (r"\hat m", '<mover accent="true"><mi>m</mi><mo stretchy="false">ˆ</mo></mover>'),
        (r"\text{a b}", "<mtext>a&#160;b</mtext>"),
        ("10{,}5", '<mn>10</mn><mo lspace="0em" rspace="0em">,</mo><mn>5</mn>'),
    ],
)  # fmt: skip
def test_a_formula_has_the_spaces_of_tex(tex, expected):
    found = mathml.convert(tex)
    assert re.fullmatch(r"<math alttext=\"[^\"]*\">(.*)</math>", found)[1] == expected


def test_dots_are_as_high_as_the_signs_beside_them():
    assert "⋯" in mathml.convert(r"a + \dots + b")
    assert "…" in mathml.convert(r"a, \dots, b")


def test_a_displayed_sum_has_its_limits_below_and_above():
    assert "<munderover>" in mathml.convert(r"\sum_{i=1}^n x_i", display=True)
    assert "<msubsup>" in mathml.convert(r"\sum_{i=1}^n x_i")


def test_lines_are_aligned_at_their_signs():
    found = mathml.convert(r"\begin{aligned} a &= b \\ &= -c \end{aligned}", display=True)
    assert re.findall(r"<mtd>(.*?)</mtd>", found) == [
        "<mi>a</mi>",
        f"{EQUALS}<mi>b</mi>",
        "",
        f"{EQUALS}{SIGN}<mi>c</mi>",
    ]


def test_the_tex_is_kept():
    assert 'alttext="a &lt; \\text{b&quot;}"' in mathml.convert('a <\n \\text{b"}')


@pytest.mark.parametrize(
    "tex, said",
    [
        (r"\foo x", r"\\foo in the formula '\\\\foo x' is not known to tools/mathml.py"),
        ("{x", "a missing }"),
        ("x}", "} in the formula"),
        ("x_", "an end too early"),
        (r"\mathrm x", "a command without its {text}"),
        (r"\left\{x\right)", r"the delimiter \\{"),
        (r"\begin{cases}a\end{cases}", r"\\begin{cases}"),
    ],
)
def test_what_is_not_known_is_refused_by_name(tex, said):
    with pytest.raises(ExtensionError, match=re.escape(said.replace(r"\\", "\\"))):
        mathml.convert(tex)


# The font, and what the book asks of it.


def vendored():
    return tomllib.loads(font.VENDORED.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", vendored())
def test_what_others_made_is_as_it_was_taken(name):
    entry = vendored()[name]
    assert hashlib.sha256((ROOT / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
    assert (ROOT / entry["license-file"]).read_text(encoding="utf-8").strip()
    assert {"package", "version", "license", "made-by"} <= entry.keys()


@pytest.fixture(scope="module")
def served_font():
    from fontTools.ttLib import TTFont

    return TTFont(io.BytesIO((ROOT / vendored()["stix-two-math"]["file"]).read_bytes()))


def test_the_font_is_small_and_knows_mathematics(served_font):
    assert (ROOT / vendored()["stix-two-math"]["file"]).stat().st_size < 30_000
    assert served_font["MATH"].table.MathVariants.VertGlyphCount > 10


def test_the_font_has_every_character_of_every_formula(site, served_font):
    found = formulas.formulas()
    assert len(found) > 400
    known = served_font.getBestCmap()
    for math in found.values():
        text = set(unescape(re.sub(r"<[^>]*>", "", math)))
        # A variable of one letter is drawn from the italics.
        italics = {font.italic(letter) for letter in re.findall(r"<mi>(.)</mi>", math)}
        missing = {character for character in text | italics if ord(character) not in known}
        assert not missing, f"add {missing} to CHARACTERS of tools/font.py, and run it"


def test_every_formula_of_the_book_is_typeset(site):
    pages = [path.read_text(encoding="utf-8") for path in book.SITE.rglob("*.html")]
    assert not any(re.search(r'class="math|\\\(|\\\[|\$\$', re.sub(
        r'<pre.*?</pre>|alttext="[^"]*"|<div class="math">', "", page, flags=re.DOTALL
    )) for page in pages)  # fmt: skip
