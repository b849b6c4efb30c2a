"""Sphinx extension: the answer page and the article, with what the notebooks measured.

In `claims.md` and `article.md`, lines such as `% the questions` are replaced by what `PARTS` makes
of the ledger. What was measured comes from the stored outputs of the notebooks, and every verdict
is computed from it. The article stands word for word in `article.txt`, and is marked here.
"""

import json
import re
from collections import Counter
from html import escape
from pathlib import Path
from typing import NamedTuple

from sphinx.errors import ExtensionError

from descent import ledger

WEIGHED = re.compile(
    r"^([a-z0-9-]+): (predicted (.+) · measured (\S+?)"
    r"(?: \((?:(\S+ to \S+); (\d+) of (\d+) [^)]+|one number(?:, ((?:not )?at [^)]+))?)\))?"
    r" · (as predicted|missed))$"
)
LABEL = re.compile(r"^\(([\w-]+)\)=$", re.MULTILINE)
COURSE = "The course: "
SIGNS = {ledger.HOLDS: "✓", ledger.CONDITIONS: "◐", ledger.NOT: "✗", ledger.OPEN: "?"}
SLIP = "Slip of the pen"
# How the answer to a question must begin, so that it can't say another thing than the verdict.
OPENINGS = {
    ledger.HOLDS: ("Yes",),
    ledger.CONDITIONS: ("It depends", "In part", "Sometimes"),
    ledger.NOT: ("No",),
    ledger.OPEN: ("Not shown here",),
}
# The rules that a reader may ask for, and how a text names them.
RULES = {
    "Gradient descent": r"(?<!stochastic )gradient descent",
    "SGD": r"\bSGD\b|stochastic gradient descent",
    "Momentum": r"momentum|heavy ball|nesterov",
    "RMSprop": r"rmsprop|root mean square prop",
    "AdaGrad": r"adagrad",
    "Adam": r"\badam\b",
    "AdamW": r"adamw|decoupled|weight[ _]decay",
    "Newer rules": r"newer|adamax|[nr]adam|amsgrad|adabelief|\blion\b|adafactor|muon|schedule-free",
}


class Line(NamedTuple):
    """What a notebook's output says of one piece of evidence, as text."""

    key: str
    told: str
    predicted: str
    value: str
    spread: str | None
    held: str | None
    count: str | None
    one: str | None
    hit: str

    @property
    def share(self):
        """The share of the values that bear the statement out."""
        held, count = self.tally
        return held / count

    @property
    def tally(self):
        """How many values bear the statement out, and how many there are."""
        if self.count:
            return int(self.held), int(self.count)
        if self.one:
            return int(not self.one.startswith("not ")), 1
        return int(self.hit == "as predicted"), 1


def weighed(notebook):
    """What a notebook's outputs say of the ledger's evidence.

    Parameters
    ----------
    notebook : dict
        As read from its file.

    Yields
    ------
    (label, line) : str and Line
        The label of the section that the line stands in, and the line.
    """
    label = ""
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            label = (LABEL.findall(source) or [label])[-1]
        for output in cell.get("outputs", []):
            if found := WEIGHED.match("".join(output.get("data", {}).get("text/plain", ""))):
                yield label, Line(*found.groups())


def measured(book):
    """The lines of `weighed` of all notebooks in the folder `book`, by their keys.

    Before each come its notebook's name and title, and the label of its section.
    """
    found = {}
    for path in sorted(Path(book).rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        notebook = json.loads(path.read_text(encoding="utf-8"))
        name = path.relative_to(book).with_suffix("").as_posix()
        for label, line in weighed(notebook):
            found[line.key] = (name, title(notebook), label, line)
    return found


def readable(text):
    """Long zeros in short: 0.000000000001 is 1e-12."""
    text = re.sub(r"0\.(0{4,})1\b", lambda zeros: f"1e-{len(zeros[1]) + 1}", text)
    return re.sub(r"0\.(0{5,})(?!\d)", lambda zeros: f"0 to {len(zeros[1])} decimals", text)


def capital(text):
    """A text that begins as a sentence does."""
    return text[:1].upper() + text[1:]


def sentence(text):
    """A text that begins as a sentence does, and ends with a period."""
    return capital(text) + "." * (text[-1:] not in ".?!")


def title(notebook):
    """A notebook's title."""
    return re.search(r"^# (.+)$", "".join(notebook["cells"][0]["source"]), re.MULTILINE)[1]


def slug(says):
    """The address of a row on its page, from its first words."""
    words = re.findall(r"[a-z0-9_]+", re.sub(r"^\W*\d+\. ", "", says).lower())
    return "-".join(["row", *words[:14]])


def keys(row):
    """The keys of all evidence of a claim, a question or a slip of the pen."""
    return [*row.get("for", []), *row.get("against", [])]


class Answers:
    """The ledger, with what was measured, and its parts as Markdown.

    Parameters
    ----------
    book : Path
        The folder with the notebooks.
    known : dict, default `ledger.claims()`
    found : dict, default `measured(book)`

    Raises
    ------
    ExtensionError
        If evidence has no measurement, or one that was held against another prediction.
    """

    def __init__(self, book, known=None, found=None):
        known = ledger.claims() if known is None else known
        self.book = Path(book)
        self.evidence, self.claims = known["evidence"], known["claim"]
        self.questions, self.slips = known["question"], known["slip"]
        self.found = measured(book) if found is None else found
        rows = (*self.claims, *self.slips, *self.questions)
        if unknown := sorted({key for row in rows for key in keys(row)} - set(self.evidence)):
            raise ExtensionError(f"rows of the ledger rest on {unknown}, which it doesn't list")
        if missing := sorted(set(self.evidence) - set(self.found)):
            raise ExtensionError(f"no notebook weighs {missing}, which the ledger lists")
        for key, entry in self.evidence.items():
            name, _, _, line = self.found[key]
            if line.predicted != ledger.expected(entry):
                raise ExtensionError(
                    f"{name} was run with another prediction of {key!r}: {line.predicted} where "
                    f"the ledger has {ledger.expected(entry)}; execute it again"
                )
        self.lines = {key: self.found[key][-1] for key in self.evidence}
        self.shares = {key: line.share for key, line in self.lines.items()}
        # Each key is an address once, however many rows rest on it.
        self.home = {}
        for row in rows:
            for key in keys(row):
                self.home.setdefault(key, id(row))

    def verdict(self, row):
        """The verdict on a claim or a question."""
        return ledger.verdict(row, self.shares)

    def item(self, key, side, row):
        """A piece of evidence as an item of a list."""
        _, chapter, label, line = self.found[key]
        entry = self.evidence[key]
        anchor = f'<span id="{key}"></span>' if self.home[key] == id(row) else ""
        look = ", after a look" if entry.get("after_a_look") else ""
        word = f"*{capital(ledger.word(line.share))}.* " if line.count else ""
        return (
            f"- {anchor}**{side}.** {sentence(entry['measures'])} {sentence(readable(line.told))} "
            f"{word}{sentence(entry['kind'] + look + ': ' + entry['prediction'])} "
            f"[{chapter}](#{label})"
        )

    def folded(self, row, sides=("For", "Against")):
        """A row's evidence, folded."""
        items = [self.item(key, sides[0], row) for key in row.get("for", [])]
        items += [self.item(key, sides[1], row) for key in row.get("against", [])]
        named = "1 measurement" if len(items) == 1 else f"{len(items)} measurements"
        lines = "\n".join(items)
        return f"<details><summary>{named}</summary>\n\n{lines}\n\n</details>"

    def opened(self, row, text, anchor="", kind="entry"):
        """The opening tag of a row, with what it can be found by."""
        entries = [self.evidence[key] for key in keys(row)]
        text = " ".join([text, *(entry["measures"] for entry in entries)])
        rules = [name for name, pattern in RULES.items() if re.search(pattern, text, re.I)]
        data = dict(
            verdict=self.verdict(row) if "for" in row else SLIP,
            rules="|".join(rules),
            kinds="|".join(sorted({entry["kind"] for entry in entries})),
        )
        found_by = "".join(f' data-{name}="{value}"' for name, value in data.items())
        return f'<div class="{kind}"{anchor and f""" id="{anchor}" """.rstrip()}{found_by}>'

    def row(self, claim):
        """A claim with its verdict and its evidence."""
        verdict = self.verdict(claim)
        return "\n\n".join(
            [
                self.opened(claim, f"{claim['says']} {claim['truth']}", slug(claim["says"])),
                claim["says"],
                f"{SIGNS[verdict]} **{verdict}.** {claim['truth']}".rstrip(),
                f"{self.folded(claim)}\n</div>",
            ]
        )

    def rows(self, whose):
        """The claims of the "article" or the "course": their count, and a heading a part."""
        claims = [c for c in self.claims if c["part"].startswith(COURSE) == (whose == "course")]
        count = Counter(map(self.verdict, claims))
        marks = ", ".join(f"{count[v]} {SIGNS[v]} *{v.lower()}*" for v in SIGNS)
        parts = [f"{len(claims)} claims by their verdicts: {marks}."]
        for part in dict.fromkeys(claim["part"] for claim in claims):
            parts.append(f"### {part.removeprefix(COURSE)}")
            parts += [self.row(claim) for claim in claims if claim["part"] == part]
        return "\n\n".join(parts)

    def held(self, row):
        """In how many of their values its statements held, from the least to the most."""
        told = []
        for side, words in (("for", ""), ("against", "what speaks against it ")):
            if not row[side]:
                continue
            verb = "" if told else "held "
            told.append(f"{words}{verb}in {self.span(row[side])}")
        return ", and ".join(told)

    def span(self, keys):
        """How many values bore statements out: the least, the most, and of how many statements."""
        tallies = [self.lines[key].tally for key in keys]
        if all(count == 1 for _, count in tallies):
            held = sum(held for held, _ in tallies)
            return f"{held} of {len(keys)} measurement{'s' * (len(keys) > 1)}"
        # Of two that are alike, the one with more values says more.
        least = min(tallies, key=lambda tally: (tally[0] / tally[1], -tally[1]))
        most = max(tallies, key=lambda tally: (tally[0] / tally[1], tally[1]))
        ends = [f"{held} of {count}" for held, count in (least, most)]
        if least[1] == most[1]:
            ends[0] = str(least[0])
        if least[0] * most[1] == most[0] * least[1]:
            ends = ends[1:]
        number = f" ({len(keys)} measurements)" if len(keys) > 1 else ""
        return f"{' to '.join(ends)}{number}"

    def question(self, question):
        """A question as a heading, with its answer, its verdict and its evidence."""
        verdict = self.verdict(question)
        if not question["answer"].startswith(OPENINGS[verdict]):
            raise ExtensionError(
                f"{question['asks']!r} is answered {question['answer'][:40]!r}, but the verdict is "
                f"{verdict!r}: the answer begins with one of {OPENINGS[verdict]}"
            )
        _, chapter, label, _ = self.found[keys(question)[0]]
        found_by = ", ".join(f"! {words}" for words in question.get("search", []))
        index = f"```{{index}} {found_by}\n:name: {slug(question['asks'])}\n```" if found_by else ""
        return "\n\n".join(
            filter(
                None,
                [
                    index,  # Above the heading, which then is what it leads to.
                    f"### {question['asks']}",
                    self.opened(
                        question, f"{question['asks']} {question['answer']}", "", "entry asked"
                    ),
                    question["answer"],
                    f"{SIGNS[verdict]} **{verdict}**, {self.held(question)}. [{chapter}](#{label})",
                    f"{self.folded(question)}\n</div>",
                ],
            )
        )

    def asked(self):
        """All questions."""
        return "\n\n".join(map(self.question, self.questions))

    def slip(self, slip):
        """A slip of the pen with what is meant, and its evidence if it has any."""
        return "\n\n".join(
            [
                self.opened(slip, slip["says"], slug(slip["says"])),
                f"✎ `{slip['says']}` {slip['means']}",
                self.folded(slip, ("Measured", "Measured")) + "\n</div>"
                if keys(slip)
                else "</div>",
            ]
        )

    def pen(self):
        """All slips of the pen."""
        return "\n\n".join(map(self.slip, self.slips))

    def misses(self):
        """The predictions that missed: in sight the few that taught most."""
        told, others = [], []
        for key in (key for key, line in self.lines.items() if line.hit == "missed"):
            _, chapter, label, line = self.found[key]
            entry = self.evidence[key]
            learned = entry.get("learned", "")
            (told if entry.get("in_sight") else others).append(
                f'- <a href="#{key}">{escape(sentence(entry["measures"]))}</a> '
                f"{sentence(readable(line.told))} *{sentence(entry['prediction'])}* "
                f"{learned} [{chapter}](#{label})"
            )
        if not told + others:
            return "No prediction has missed so far."
        if not others:
            return "\n".join(told)
        lines = "\n".join(others)
        folded = f"<details><summary>{len(others)} more</summary>\n\n{lines}\n\n</details>"
        return "\n".join([*told, "", folded])

    def counts(self):
        """How many entries there are of each kind, and how they came out, as a table."""
        lines = ["| | predictions | as predicted | missed | loose | after a look |"]
        lines.append("|---|--:|--:|--:|--:|--:|")
        for kind in (*ledger.KINDS, None):
            entries = {k: e for k, e in self.evidence.items() if kind in (e["kind"], None)}
            hits = sum(self.lines[key].hit == "as predicted" for key in entries)
            loose = sum(map(ledger.loose, entries.values()))
            looked = sum(bool(entry.get("after_a_look")) for entry in entries.values())
            name = {"identity": "identities", None: "all"}.get(kind, f"{kind}s")
            numbers = (len(entries), hits, len(entries) - hits, loose, looked)
            lines.append(" | ".join(["", name, *map(str, numbers), ""]).strip())
        return "\n".join(lines)

    def filter(self):
        """The fields that narrow the page down. They are shown by the script that answers them."""

        def field(name, label, options):
            shown = "".join(f"<option>{escape(option)}</option>" for option in options)
            choice = f'<select name="{name}"><option value="">all</option>{shown}</select>'
            return f"<label>{label} {choice}</label>"

        return (
            '<form class="filter">'
            '<label>Search <input type="search" name="words"></label>'
            f"{field('verdict', 'Verdict', [*SIGNS, SLIP])}"
            f"{field('rule', 'Rule', RULES)}{field('kind', 'Evidence', ledger.KINDS)}"
            "<output></output></form>"
        )

    def article(self):
        """The article, word for word, with its verdicts and its slips marked."""
        text = (self.book / "article.txt").read_text(encoding="utf-8")
        notes = []
        for claim in self.claims:
            if claim["part"].startswith(COURSE):
                continue
            verdict = self.verdict(claim)
            start, end = place(claim["says"], text)
            link = f"claims.html#{slug(claim['says'])}"
            mark = f'<a class="verdict" href="{link}">{SIGNS[verdict]} {verdict}</a>'
            notes += [(start, 1, '<span class="said">'), (end, 0, f"</span> {mark}")]
        for slip in self.slips:
            start, end = place(slip["says"], text)
            link = f"claims.html#{slug(slip['says'])}"
            notes += [
                (start, 2, '<span class="slip">'),
                (end, -1, f'</span><a class="verdict" href="{link}" aria-label="{SLIP}">✎</a>'),
            ]
        pieces, last = [], 0
        for place_, _, note in sorted(notes):
            pieces += [escape(text[last:place_], quote=False), note]
            last = place_
        marked = "".join([*pieces, escape(text[last:], quote=False)])
        marked = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", marked)
        marked = re.sub(r"\[([^]]+)\]\((https://[^)\s]+)\)", r'<a href="\2">\1</a>', marked)
        marked = re.sub(r"^#{2,} (.+)$", r"<strong>\1</strong>", marked, flags=re.MULTILINE)
        blocks = [block.replace("\n", "<br>\n") for block in re.split(r"\n\s*\n", marked.strip())]
        return "\n".join(['<div class="quoted">', *(f"<p>{b}</p>" for b in blocks), "</div>"])


def place(says, text):
    """Where a quoted sentence stands in the article, as (start, end).

    Raises
    ------
    ExtensionError
        If it isn't there exactly once.
    """
    quoted = says[1:-1] if says[:1] == '"' else says
    # A link and an emphasis are the article's, and not the quotation's.
    word = r"[*\\[]*\g<0>(?:\\]\\([^)\\s]*\\)|\\*)*"
    words = [re.sub(r"\w+", word, re.escape(part)) for part in quoted.strip("`").split()]
    found = list(re.finditer(r"\s+".join(words), text))
    if len(found) != 1:
        raise ExtensionError(f"the article has {quoted!r} {len(found)} times, and not once")
    return found[0].span()


PARTS = {
    "the questions": Answers.asked,
    "the filter": Answers.filter,
    "the misses": Answers.misses,
    "the counts": Answers.counts,
    "the article's claims": lambda answers: answers.rows("article"),
    "the slips of the pen": Answers.pen,
    "the course's claims": lambda answers: answers.rows("course"),
    "the article": Answers.article,
}
PLACE = re.compile(rf"^% ({'|'.join(PARTS)})$", re.MULTILINE)


def fill(app, docname, source):
    """Put the rows into the ledger's pages, and build them again when what they show changes."""
    if not PLACE.search(source[0]):
        return
    answers = Answers(app.srcdir)
    source[0] = PLACE.sub(lambda match: PARTS[match[1]](answers), source[0])
    listed = Path(ledger.__file__).with_name("claims.toml")
    for path in (*Path(app.srcdir).rglob("*.ipynb"), Path(app.srcdir, "article.txt"), listed):
        app.env.note_dependency(str(path))


def answer(app, pagename, templatename, context, doctree):
    """Let the script that filters come with the one page that it filters."""
    if pagename == "claims":
        app.add_js_file("answers.mjs", type="module")


def setup(app):
    """Fill the pages as they are read."""
    app.connect("source-read", fill)
    app.connect("html-page-context", answer)
    return {"parallel_read_safe": True}
