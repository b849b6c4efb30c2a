"""Sphinx extension: the plan of two weeks, and what the practice page needs to ask things again.

In `practice.md` the lines `% the plan` and `% the rest of the plan` become tables, and below the
first, out of sight, stands what the page's script reads. As a command, it writes the rows of
`code/descent/practice/plan.py` from the notebooks:

    python tools/plan.py
"""

import json
import re
from pathlib import Path

from descent import practice
from descent.practice import plan, recall

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"
TABLE = Path(plan.__file__)
LINE = re.compile(r"^% the plan$", re.MULTILINE)
REST = re.compile(r"^% the rest of the plan$", re.MULTILINE)
ROWS = re.compile(r"(?<=^_ROWS = \(\n)(?:    .*\n)*(?=\)$)", re.MULTILINE)
HEADING = re.compile(r"^## (\d+)\. (.+)$", re.MULTILINE)
ABOUT = re.compile(
    r"^\*([A-Z][\w ]*?) · level (\d) of 3 · ([^*·]+?)(?: minutes)?(?: ·[^*]*)?\*$", re.M
)
IN_WORDS = {
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "fifteen": 15,
    "a quarter of an hour": 15,
    "twenty": 20,
    "half an hour": 30,
}
# What a cell calls: its first argument is the name in the record, after the call's where that says
# what is done with an exhibit. The page's script gets the first of these patterns.
CALL = r'\b({})\(\s*"([\w-]+)"'
CHECKED = CALL.format("check|goal|hunt|tells")
CALLED = re.compile(CALL.format("check|goal|ask|explain|hunt|tells"))
OF_EXHIBITS = ("hunt", "tells")


def sections(page, notebook, seen):
    """The sections of an exercise page.

    Parameters
    ----------
    page : str
    notebook : dict
        As read from its file.
    seen : set
        Names that belong to sections before. Those of these are added.

    Yields
    ------
    descent.practice.plan.Section

    Raises
    ------
    ValueError
        If a section doesn't say of what kind it is, or how many minutes it takes.
    """
    found = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            _, *parts = HEADING.split(source)
            for number, title, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
                about = ABOUT.search(text)
                if about is None:
                    raise ValueError(
                        f"exercises/{page}, {number}. {title}: its text should have the line "
                        "*Kind · level L of 3 · M minutes*"
                    )
                kind, level, time = about.groups()
                time = int(IN_WORDS.get(time, time))
                found.append(plan.Section(page, int(number), title, kind, int(level), time, ()))
        elif found:
            names = [
                f"{call}-{name}" if call in OF_EXHIBITS else name
                for call, name in CALLED.findall(source)
            ]
            new = tuple(name for name in dict.fromkeys(names) if name not in seen)
            seen.update(new)
            found[-1] = found[-1]._replace(names=found[-1].names + new)
    return found


def pages():
    """The exercise pages, in the order of the contents."""
    return re.findall(r"file: exercises/(\w+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))


def row(section):
    """A section's row in plan.py."""
    *parts, names = section
    start, end = json.dumps(parts, ensure_ascii=False)[1:-1], json.dumps(" ".join(names))
    between = ", " if len(f"    ({start}, {end}),") <= 100 else ",\n     "
    return f"    ({start}{between}{end}),\n"


def rows():
    """The rows of all sections, as they should stand in plan.py.

    Returns
    -------
    str
    """
    seen = set()
    return "".join(
        row(section)
        for page in pages()
        for section in sections(page, _read(BOOK / "exercises" / f"{page}.ipynb"), seen)
    )


def _read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def reading(chapter):
    """The minutes that a chapter takes, as its first cell tells them; none for no chapter."""
    if not chapter:
        return 0
    first = "".join(_read(BOOK / f"{chapter}.ipynb")["cells"][0]["source"])
    return int(re.search(r"\*Time: (\d+)", first)[1])


def taken(day):
    """All minutes of a day.

    Parameters
    ----------
    day : descent.practice.plan.Day
    """
    return reading(day.read) + sum(section.minutes for section in day.do) + day.recalls


def table(first=1, last=None):
    """Days of the plan in Markdown.

    Parameters
    ----------
    first, last : int
        From which day to which, to the last by default.

    Returns
    -------
    str
    """
    shown = list(enumerate(plan.days(), 1))[first - 1 : last]
    # Where nothing is read, there is no column for it. The page's script counts from the right.
    reads = any(day.read for _, day in shown)
    lines = ["| Day | Read | Do | Minutes |", "|--:|---|---|--:|"]
    tie = "\N{NO-BREAK SPACE}"
    if not reads:
        lines = [line.replace(" Read |", "").replace("|---|---|", "|---|") for line in lines]
    for number, day in shown:
        done = {}
        for section in day.do:
            done.setdefault(section.page, []).append(f"{section.number}")
        do = [
            f"[{plan.TITLES[page]}](exercises/{page}.ipynb){tie}{f',{tie}'.join(numbers)}"
            for page, numbers in done.items()
        ]
        read = f"[{plan.TITLES[day.read]}]({day.read}.ipynb)" if day.read else ""
        parts = [number, *[read] * reads, "; ".join(do), taken(day)]
        lines.append(f"| {' | '.join(map(str, parts))} |")
    return "\n".join(lines)


def data():
    """What the practice page's script needs to choose and to tell, as JSON: see recall.py.

    Returns
    -------
    str
    """
    return json.dumps(recall.known(), ensure_ascii=False, separators=(",", ":"))


def fill(app, docname, source):
    """Put the plan into its page, and build it again when a chapter or the package changes."""
    if LINE.search(source[0]):
        # A script's text is no HTML: nothing in it is to be escaped but its own end.
        script = '<script type="application/json" id="course">{}</script>'
        hidden = script.format(data().replace("</", "<\\/"))
        text = f"{table(1, plan.CORE)}\n\n```{{raw}} html\n{hidden}\n```"
        source[0] = REST.sub(lambda _: table(plan.CORE + 1), LINE.sub(lambda _: text, source[0]))
        for path in (*Path(practice.__file__).parent.glob("*.py"), *BOOK.glob("*.ipynb")):
            app.env.note_dependency(str(path))


def setup(app):
    """Fill the page as it is read."""
    app.connect("source-read", fill)
    return {"parallel_read_safe": True}


def main():
    text = TABLE.read_text(encoding="utf-8")
    TABLE.write_text(ROWS.sub(lambda _: rows(), text), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
