"""Find the numbers in a text, and the outputs that they come from.

A number counts in Markdown if it stands in running text, a heading, a list, a table or a caption,
and is a decimal, a percentage, or a whole number greater than 10. These don't count: what stands in
mathematics, code, links, citations, HTML tags or the options of a directive; list markers; ordinals
(20th); years (1900 to 2099, without a comma: two thousand steps are 2,000 steps); versions (NumPy
2.0); the time that a chapter takes; and places in other works (Theorem 4.1, page 31).

It is found in an output if some number there, rounded to as many decimals, has the same digits.
Signs are not compared. A percentage may stand in the output as such, or as a fraction.
"""

import re
from html import unescape

NUMBER = re.compile(r"(?<![\w.,])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?:[eE]([-+]?\d+))?(\s?%)?")
# In prose, a number that runs on into letters is a name or an ordinal: 2D, 20th.
IN_PROSE = re.compile(NUMBER.pattern + r"(?![A-Za-wyz_]|\.\d)")

NOT_PROSE = re.compile(
    r"""
    ^(?P<fence>`{3,}|~{3,}|:{3,})[^\n]*$        # a fence with what it names, opening or closing
    | ^:[\w-]+:[^\n]*$                          # an option of a directive
    | ^\([\w-]+\)=$                             # a label
    | ^\s*\d+[.)]\s                             # the marker of a list
    | \$\$.+?\$\$ | (?<![\\\w])\$[^$\n]+?\$     # mathematics
    | (`+)(?!`).+?(?<!`)\2(?!`)                 # code, or a role's content
    | <!--.*?--> | <[^>\n]+>                    # HTML tags
    | \]\([^)\n]*\)                             # where a link goes
    | \b(?:https?://|doi:|arXiv:)\S+
    | \b(?:Python|NumPy|PyTorch|JAX|Optax|TensorFlow|Keras|Matplotlib|version)\s[\d.]*\d
    | \b(?:[Ss]ections?|[Tt]heorem|[Ll]emma|[Ee]quations?|[Ff]igures?|[Tt]able|[Aa]lgorithm
        |[Cc]hapters?|[Vv]olume|[Pp]ages?|pp?\.|no\.)\s\(?[\d.–-]*\d
    | (?<![\d.,])(?:19|20)\d\d(?![\d.,]*\d|\s?%)    # a year
    | ^\*Time:\s\d+\sminutes                        # counted by another test
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
# Code and mathematics that fill a block are taken out whole, before single lines are looked at.
BLOCK = re.compile(
    r"^(?P<fence>`{3,}|~{3,})(?!\{(?:figure|note|tip|warning|important|admonition|dropdown|margin|"
    r"seealso|table|list-table)\})[^\n]*\n.*?^(?P=fence)\s*$",
    re.MULTILINE | re.DOTALL,
)


def read(match):
    """Return the value of a matched number, and the decimals that it is given to."""
    whole, fraction, exponent, percent = match.groups()
    exponent = int(exponent or 0)
    value = float(f"{whole.replace(',', '')}{fraction or ''}e{exponent}")
    return value, len(fraction or ".") - 1 - exponent, bool(percent)


def numbers(markdown):
    """Return the numbers that count in a Markdown text, as they are written."""
    text = NOT_PROSE.sub(" ", BLOCK.sub("", markdown))
    found = []
    for match in IN_PROSE.finditer(text):
        value, decimals, percent = read(match)
        if decimals > 0 or percent or value > 10:
            found.append(match[0])
    return found


def output_text(outputs):
    """Return what can be read in a cell's outputs, pictures and interactive elements aside."""
    texts = []
    for output in outputs:
        data = output.get("data", {})
        html = data.get("text/html", "")
        if re.search(r"<\w+-", html):
            continue  # a question or an interactive figure: its texts are typed, not computed
        html = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", html, flags=re.DOTALL)
        texts += [output.get("text", ""), unescape(html)]
        texts += [data.get(kind, "") for kind in ("text/plain", "text/markdown", "text/latex")]
    return "\n".join(texts)


def is_found(number, text):
    """Return whether a number as written in prose stands in an output's text, at that rounding."""
    value, decimals, percent = read(NUMBER.fullmatch(number))
    for match in NUMBER.finditer(text):
        found, found_decimals, found_percent = read(match)
        candidates = [(found, found_decimals)]
        if percent and not found_percent:
            candidates.append((100 * found, found_decimals - 2))
        if found_percent and not percent:
            candidates = [(found / 100, found_decimals + 2)]
        for candidate, given in candidates:
            # The last digit may have been rounded either way from exactly one half.
            if given >= decimals and abs(candidate - value) <= 0.5000001 * 10.0**-decimals:
                return True
    return False
