"""One stylesheet out of many, with what no page of the book uses left out."""

import posixpath
import re

import tinycss2
from tinycss2.ast import AtRule, Declaration, QualifiedRule

WORD = re.compile(r"[\w-]+")
ATTRIBUTE = re.compile(r"""\b(?:class|id)=(?:"([^"]*)"|'([^']*)')""")
TAG = re.compile(r"<([A-Za-z][\w-]*)")
VARIABLE = re.compile(r"--[\w-]+")
URL = re.compile(r"""url\((["']?)(?!data:|#|/|https?:)([^"')]+)\1\)""")


def used(pages, scripts):
    """Return the names that rules can apply to, and the variables that are set or read by others.

    Parameters
    ----------
    pages, scripts : list of str
        The text of each. In a script every word may be the name of an element that it makes or
        of a class that it sets.

    Returns
    -------
    names, variables : set of str
    """
    names, variables = {"html", "head", "body"}, set()
    for text in pages:
        names |= {tag.lower() for tag in TAG.findall(text)}
        for match in ATTRIBUTE.finditer(text):
            names |= set((match[1] or match[2] or "").split())
        variables |= set(VARIABLE.findall(text))
    for text in scripts:
        names |= set(WORD.findall(text))
        variables |= set(VARIABLE.findall(text))
    return names, variables


def applies(selector, names):
    """Whether all tags, classes and ids that a selector needs are among the names."""
    before = None
    for token in selector:
        # What stands in a function, such as :not(), is no need; a pseudo-class is always met.
        if token.type == "hash" or (token.type == "ident" and before == "."):
            if token.value not in names:
                return False
        elif token.type == "ident" and before != ":" and token.lower_value not in names:
            return False
        before = token.value if token.type == "literal" else None
    return True


def split(tokens):
    """Yield the parts of a list of selectors between its commas."""
    part = []
    for token in tokens:
        if token.type == "literal" and token.value == ",":
            yield part
            part = []
        else:
            part.append(token)
    yield part


def moved(found, folder):
    """Return the address that `URL` found in a file of a folder, as seen from the new file."""
    return f"url({found[1]}{posixpath.normpath(posixpath.join(folder, found[2]))}{found[1]})"


def short(tokens):
    """Return tokens as text, with single spaces and no comments."""
    kept = [token for token in tokens if token.type != "comment"]
    return "".join(
        " " if token.type == "whitespace" else token.serialize() for token in kept
    ).strip()


class Sheet:
    """Collects the rules that are used, from one file after the other."""

    def __init__(self, names, read):
        self.names = names
        self.read = read  # A function from a file's path to its text.

    def file(self, path):
        """Return a file's rules, as a list of (prelude, content) that `write` takes."""
        rules = tinycss2.parse_stylesheet(self.read(path), True, True)
        return self.rules(rules, posixpath.dirname(path))

    def rules(self, rules, folder):
        kept = []
        for rule in rules:
            if isinstance(rule, Declaration):
                value = URL.sub(lambda found: moved(found, folder), short(rule.value))
                important = "!important" if rule.important else ""
                kept.append((rule.name, value + important))
            elif isinstance(rule, QualifiedRule):
                parts = [part for part in split(rule.prelude) if applies(part, self.names)]
                inner = self.inside(rule, folder) if parts else []
                if inner:
                    kept.append((",".join(map(short, parts)), inner))
            elif isinstance(rule, AtRule) and rule.lower_at_keyword == "import":
                named = re.search(r"""["'(]([^"'()]+)""", short(rule.prelude))[1]
                kept += self.file(posixpath.normpath(posixpath.join(folder, named)))
            elif isinstance(rule, AtRule) and rule.lower_at_keyword != "charset":
                # A frame's percentages are no selectors.
                everything = "keyframes" in rule.lower_at_keyword or rule.lower_at_keyword in (
                    "font-face", "page", "property",
                )  # fmt: skip
                inner = self.inside(rule, folder, everything)
                if inner:
                    kept.append((f"@{rule.at_keyword} {short(rule.prelude)}".strip(), inner))
        return kept

    def inside(self, rule, folder, everything=False):
        contents = tinycss2.parse_blocks_contents(rule.content or [], True, True)
        return (Everything(self.read) if everything else self).rules(contents, folder)


class Everything(Sheet):
    """Keeps all rules."""

    def __init__(self, read):
        super().__init__(None, read)

    def rules(self, rules, folder):
        kept = []
        for rule in rules:
            if isinstance(rule, QualifiedRule):
                kept.append((short(rule.prelude), self.inside(rule, folder)))
            else:
                kept += super().rules([rule], folder)
        return kept


def values(rules):
    """Yield all declarations of the rules, as (name, value)."""
    for prelude, content in rules:
        if isinstance(content, str):
            yield prelude, content
        else:
            yield from values(content)


def without(rules, dropped):
    """Return the rules without the variables `dropped`, and without what that leaves empty."""
    kept = []
    for prelude, content in rules:
        if isinstance(content, str):
            if prelude not in dropped:
                kept.append((prelude, content))
        elif inner := without(content, dropped):
            kept.append((prelude, inner))
    return kept


def write(rules):
    """Return the rules as text."""
    parts = []
    for prelude, content in rules:
        if isinstance(content, str):
            parts.append(f"{prelude}:{content};")
        else:
            parts.append(f"{prelude}{{{write(content)}}}")
    return "".join(parts)


def bundle(paths, pages, scripts, read):
    """Return one stylesheet with what the pages and their scripts use of several.

    Parameters
    ----------
    paths : list of str
        The stylesheets in their order, as paths from the place of the new one.
    pages, scripts : list of str
        The texts that say what is used.
    read : callable
        From a path to the text of its file.
    """
    names, variables = used(pages, scripts)
    sheet = Sheet(names, read)
    rules = [rule for path in paths for rule in sheet.file(path)]
    while True:
        listed = list(values(rules))
        read_by = variables | {name for _, value in listed for name in VARIABLE.findall(value)}
        dropped = {name for name, _ in listed if name.startswith("--")} - read_by
        if not dropped:
            return write(rules)
        rules = without(rules, dropped)
