"""Sphinx extension: the ledger's rows, with the numbers that the notebooks printed.

In `claims.md` the line `% rows of the article` becomes a table of its claims, and in `results.md`
the line `% rows of the course` one of the others. What was measured comes from the stored outputs
of the notebooks, and the verdict is computed from it.
"""

import json
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from sphinx.errors import ExtensionError

from descent import ledger

WEIGHED = re.compile(
    r"^([a-z0-9-]+): (predicted (.+) · measured (\S+?)"
    r"(?: \((\S+ to \S+); held in (\d+) of (\d+)\))? · (as predicted|missed))$"
)
LABEL = re.compile(r"^\(([\w-]+)\)=$", re.MULTILINE)
ROWS = re.compile(r"^% rows of the (article|course)$", re.MULTILINE)
COURSE = "The course: "
SIGNS = {ledger.HOLDS: "✓", ledger.CONDITIONS: "◐", ledger.NOT: "✗", ledger.OPEN: "?"}


class Line(NamedTuple):
    """What a notebook's output says of one piece of evidence, as text."""

    key: str
    told: str
    predicted: str
    value: str
    spread: str | None
    held: str | None
    count: str | None
    hit: str

    @property
    def share(self):
        """The share of the values that bear the statement out."""
        if self.count:
            return int(self.held) / int(self.count)
        return float(self.hit == "as predicted")


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


def title(notebook):
    """A notebook's title."""
    return re.search(r"^# (.+)$", "".join(notebook["cells"][0]["source"]), re.MULTILINE)[1]


def rows(book, whose):
    """The claims of the "article" or the "course" in Markdown: their count, and a table a part."""
    known = ledger.claims()
    evidence = known["evidence"]
    claims = [c for c in known["claim"] if c["part"].startswith(COURSE) == (whose == "course")]
    found = measured(book)

    def item(key, side):
        name, chapter, label, line = found[key]
        entry = evidence[key]
        if line.predicted != ledger.expected(entry):
            raise ExtensionError(f"{chapter} was run with another prediction of {key!r}")
        look = ", after a look" if entry.get("after_a_look") else ""
        return (
            f'<span id="{key}"></span>*{side}:* {entry["measures"]}. '
            f"{readable(line.told).capitalize()} ({entry['kind']}{look}; "
            f"{entry['prediction']}): [{chapter}]({name}.ipynb#{label})."
        )

    if missing := set(evidence) - set(found):
        raise ExtensionError(f"no notebook weighs {sorted(missing)}, which the ledger lists")
    shares = {key: line.share for key, (*_, line) in found.items()}
    count = Counter(ledger.verdict(claim, shares) for claim in claims)
    marks = ", ".join(f"{count[v]} {SIGNS[v]} *{v.lower()}*" for v in SIGNS)
    parts = [f"The {len(claims)} claims by their verdicts: {marks}."]
    for part in dict.fromkeys(claim["part"] for claim in claims):
        lines = [
            f"## {part.removeprefix(COURSE)}\n",
            ":::{list-table}\n:header-rows: 1\n:widths: 40 60\n:class: ledger\n",
            "* - Claim and verdict\n  - Predicted and measured",
        ]
        for claim in (claim for claim in claims if claim["part"] == part):
            verdict = ledger.verdict(claim, shares)
            items = [item(key, "For") for key in claim["for"]]
            items += [item(key, "Against") for key in claim["against"]]
            lines.append(f"* - {claim['says']}\n")
            lines.append(f"    {SIGNS[verdict]} **{verdict}.** {claim['truth']}")
            lines.append("\n".join(f"  {'  ' if i else '- '}- {x}" for i, x in enumerate(items)))
        parts.append("\n".join(lines) + "\n:::")
    return "\n\n".join(parts) + "\n"


def fill(app, docname, source):
    """Put the rows into the ledger's pages, and build them again when what they show changes."""
    if ROWS.search(source[0]):
        source[0] = ROWS.sub(lambda match: rows(app.srcdir, match[1]), source[0])
        listed = Path(ledger.__file__).with_name("claims.toml")
        for path in (*Path(app.srcdir).rglob("*.ipynb"), listed):
            app.env.note_dependency(str(path))


def setup(app):
    """Fill the page as it is read."""
    app.connect("source-read", fill)
    return {"parallel_read_safe": True}
