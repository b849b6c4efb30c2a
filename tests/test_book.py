"""What every notebook of the book keeps to, whatever it teaches. (nbval executes them.)

A check takes a notebook and returns its problems, a sentence each.
"""

import ast
import math
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import book
from contents import BOOK, NOTEBOOKS, PAGES, ROOT, names
from course_map import minutes
from notebooks import INSTALL, add_installer, normalize, text
from prose import is_found, numbers, output_text

FOLDED = {"hide-input", "hide-cell"}
LEAKS = {
    "a machine path": r"(?<![\w.])/(?:home|root|Users|tmp|usr|opt|var|mnt|private|work)/"
    r"|\b[A-Z]:\\|site-packages|file://",
    "an address": r"\b0x[0-9a-fA-F]{5,}|127\.0\.0\.1|\blocalhost\b",
    "a timing": r"\d\s?(?:ns|[mµμu]s|s|sec|seconds?|min|minutes?)\b|\bit/s\b|[Ww]all time",
}


def code_cells(notebook):
    """A notebook's cells of code, but for that which no page shows."""
    return [c for c in notebook.cells if c.cell_type == "code" and c.get("id") != INSTALL]


def tree(cell):
    """Return the syntax tree of a cell, an empty one if `is_plain_python` objects."""
    try:
        return ast.parse(cell.source)
    except SyntaxError:
        return ast.parse("")


def is_executed(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"its code cells were not executed once, in order: {counts}"


def is_normal(notebook):
    copy = nbformat.from_dict(notebook)
    if text(normalize(copy)) != text(notebook):
        yield "it is not as `make notebooks` writes it"


def installs_the_package_where_told(notebook):
    copy = nbformat.from_dict(notebook)
    add_installer(copy)
    if text(normalize(copy)) != text(notebook):
        yield "its cell that installs the package isn't that of _config.yml: run `make notebooks`"


def outputs_are_clean(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error" or output.get("name") == "stderr":
                yield f"cell {cell.id} stores an error or a warning"
            data = output.get("data", {})
            shown = [output.get("text", "")]
            shown += [value for kind, value in data.items() if kind.startswith("text/")]
            shown = re.sub(r"data:image/png;base64,[\w+/=\s]+", "", "\n".join(shown))
            for what, pattern in LEAKS.items():
                if leak := re.search(pattern, shown):
                    yield f"cell {cell.id} shows {what}: {leak[0]!r}"


def summaries_are_html(notebook):
    """Markdown isn't read in there."""
    for cell in notebook.cells:
        for summary in re.findall("<summary>(.*?)</summary>", cell.source, re.S):
            if re.search("[`*$]", summary):
                yield f"cell {cell.id} has Markdown in a summary: {summary}"


def figures_have_alt_text(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            if re.search(r"!\[\s*\]\(", cell.source):
                yield f"cell {cell.id} has an image without alt text"
            for figure in re.findall(
                r"^[`:~]{3,}\{(?:figure|image)\}.*?^[`:~]{3,}", cell.source, re.M | re.S
            ):
                if not re.search(r"^:alt: \S", figure, re.M):
                    yield f"cell {cell.id} has a figure without :alt:"
            continue
        data = [output.get("data", {}) for output in cell.get("outputs", [])]
        alts = [
            output.metadata.get("image/png", {}).get("alt")
            for output in cell.get("outputs", [])
            if "image/png" in output.get("data", {})
        ]
        if len(alts) > 1:
            yield f"cell {cell.id} has {len(alts)} figures: the page has one alt text for a cell"
        elif alts and not (alts[0] and cell.metadata.get("mystnb", {}).get("image", {}).get("alt")):
            yield f"cell {cell.id} has a figure without alt text"
        for kind in {"image/svg+xml", "image/jpeg", "image/gif", "application/pdf"} & set().union(
            *data
        ):
            yield f"cell {cell.id} has a picture of type {kind}: the tests compare PNG alone"
        for html in (item.get("text/html", "") for item in data):
            for img in re.findall(r"<img\b[^>]*>", html):
                if not re.search(r"""\balt=("[^"]*[^"\s][^"]*"|'[^']*[^'\s][^']*')""", img):
                    yield f"cell {cell.id} has an <img> without alt text"


def figures_assert_what_they_say(notebook):
    for cell in code_cells(notebook):
        nodes = list(ast.walk(tree(cell)))
        calls = [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)]
        asserts = [node for node in nodes if isinstance(node, ast.Assert)]
        asserts += [call for call in calls if call.startswith("np.testing.assert_")]
        if "plot.show" in calls and not asserts:
            yield f"cell {cell.id} draws a figure, and asserts nothing of what its texts say"


def shown_code_is_short(notebook):
    for cell in code_cells(notebook):
        tags = set(cell.metadata.get("tags", []))
        lines = len(cell.source.splitlines())
        # Lines to put in order are as many as an answer has, and its check is with them.
        most = 14 if "order" in tags else 10
        if lines > most and not tags & FOLDED:
            yield f"cell {cell.id} shows {lines} lines of code, more than {most}"
        if removed := sorted(tag for tag in tags if tag.startswith("remove-")):
            yield f"cell {cell.id} is tagged {removed[0]}: in this course everything can be opened"


def is_plain_python(notebook):
    for cell in code_cells(notebook):
        try:
            ast.parse(cell.source)
        except SyntaxError:
            yield f"cell {cell.id} is not plain Python"


def imports_once(notebook):
    first, *others = [*code_cells(notebook), new_code_cell()]
    modules = {
        node.module.split(".")[0]
        for node in ast.walk(tree(first))
        if isinstance(node, ast.ImportFrom)
    }
    if "descent" not in modules:
        yield "its first code cell does not import from descent"
    for cell in others:
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree(cell))):
            yield f"cell {cell.id} imports: the first code cell is the one for that"


def definitions_of_descent():
    """Return the names of all public functions and classes of the package.

    Those of `explore` are its own: nobody imports them from there.
    """
    return {
        node.name
        for path in (ROOT / "code" / "descent").rglob("*.py")
        if path.parent.name != "explore"
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    }


def redefines_nothing(notebook):
    ours = definitions_of_descent()
    imported = set()
    for cell in code_cells(notebook):
        for node in ast.walk(tree(cell)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                imported |= {(name.asname or name.name).split(".")[0] for name in node.names}
            elif isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in ours | imported:
                yield f"cell {cell.id} defines {node.name}, which descent has"
            elif (
                isinstance(node, ast.Name)
                and isinstance(node.ctx, ast.Store)
                and node.id in imported
            ):
                yield f"cell {cell.id} assigns to {node.id}, which was imported"


def prose_follows_from_outputs(notebook):
    """A number in the prose stands in an output of its own section, or of the one before."""
    before, shown = "", ""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            shown += output_text(cell.outputs) + "\n"
        elif cell.cell_type == "markdown":
            if re.search(r"^## ", cell.source, re.M):
                before, shown = shown, ""
            for number in numbers(cell.source):
                if not is_found(number, before + shown):
                    yield (
                        f"cell {cell.id} says {number}, and no output of its section does, nor of "
                        "the section before"
                    )


def a_core_is_short_and_says_how_long_it_is(notebook):
    said = re.search(r"^\*Time: (\d+) minutes", notebook.cells[0].source, re.M)
    counted = math.ceil(minutes(notebook))
    if not said:
        yield f"its first cell doesn't say *Time: {counted} minutes.*"
    elif int(said[1]) != counted:
        yield f"it says that it takes {said[1]} minutes, and {counted} are counted"
    if counted > 20:
        yield f"it takes {counted} minutes: more than 20"


CHECKS = [
    is_executed,
    is_normal,
    outputs_are_clean,
    summaries_are_html,
    figures_have_alt_text,
    figures_assert_what_they_say,
    shown_code_is_short,
    is_plain_python,
    imports_once,
    redefines_nothing,
    prose_follows_from_outputs,
]


def complain(problems):
    if problems := list(problems):
        pytest.fail("\n".join(problems), pytrace=False)


def stored(name):
    return nbformat.read(BOOK / name, as_version=4)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook(name, check):
    complain(check(stored(name)))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_installs_the_package_where_told(name):
    complain(installs_the_package_where_told(stored(name)))


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if "/" not in name])
def test_chapter(name):
    complain(a_core_is_short_and_says_how_long_it_is(stored(name)))


COUNTED = "no one two three four five six seven eight nine ten eleven twelve thirteen".split()  # noqa: SIM905


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if name.startswith("exercises/")])
def test_exercises_are_numbered_solved_and_counted(name):
    def headings(folder):
        cells = stored(name.replace("exercises/", folder)).cells
        texts = (cell.source for cell in cells if cell.cell_type == "markdown")
        return [h for text in texts for h in re.findall(r"^## \d+\. .*", text, re.M)]

    found = headings("exercises/")
    assert [int(h.split(".")[0].removeprefix("## ")) for h in found] == [*range(1, len(found) + 1)]
    assert headings("solutions/") == found
    many = f"{COUNTED[len(found)]} exercises"
    assert f"*{many.capitalize()}, " in stored(name).cells[0].source
    chapter = name.removeprefix("exercises/")
    if chapter in NOTEBOOKS:  # The mixed page belongs to all.
        assert f"[{many}]({name})" in "".join(cell.source for cell in stored(chapter).cells)


def test_the_table_of_contents_has_every_page_once():
    there = [path.relative_to(BOOK) for path in BOOK.rglob("*.md")] + [
        Path(name) for name in NOTEBOOKS
    ]
    assert sorted(PAGES) == sorted(path.with_suffix("").as_posix() for path in there)


def test_code_is_no_package():
    # It would hide Python's own module `code`, which debuggers need.
    assert not (ROOT / "code" / "__init__.py").exists()


# The checks themselves: a notebook that passes all of them, and for each check some that fail.


def png(alt="A path"):
    return new_output(
        "display_data",
        {"image/png": "AAAA", "text/plain": "<figure>"},
        metadata={"image/png": {"alt": alt} if alt else {}},
    )


def html(content):
    return new_output("display_data", {"text/html": content})


def printed(content, name="stdout"):
    return new_output("stream", name=name, text=content)


def example(*cells):
    """Return an executed, normalized notebook: an import cell, and then these cells."""
    first = new_code_cell(
        "import numpy as np\nfrom descent import descend\nfrom descent.rules import gd"
    )
    notebook = new_notebook(cells=[first, *cells])
    for count, cell in enumerate(code_cells(notebook), start=1):
        cell.execution_count = count
    return normalize(notebook)


def code(source="1 + 1", *outputs, **metadata):
    return new_code_cell(source, outputs=list(outputs), metadata=metadata)


def markdown(source):
    return new_markdown_cell(source)


def test_the_checks_pass_a_good_notebook():
    good = example(
        markdown("# A rule\n\n![A drawing](drawing.png)"),
        code("trace = descend(f, x, gd, steps=139)", printed("139 steps to 0.05\n")),
        code("\n" * 20, png(), tags=["hide-input"]),
        code('assert y[-1] < 1\nplot.show(fig, "A path")', png()),
        code('np.testing.assert_allclose(y, 0)\nplot.show(fig, "A path")', png()),
        code(
            "bowl = surfaces.bowl()", html('<img src="data:image/png;base64,/tmp/" alt="A bowl">')
        ),
        markdown("It takes 139 steps."),
    )
    for check in CHECKS:
        assert not list(check(good)), check.__name__


@pytest.fixture
def repository(monkeypatch):
    """What `_config.yml` says of the repository, to be changed: nothing is known of it."""
    said = dict(url="", branch="v1.2")
    monkeypatch.setattr(book, "config", lambda: dict(repository=said))
    return said


def test_where_the_repository_is_known_one_cell_installs_the_package_from_it(repository):
    notebook = example(markdown("# A rule"))
    before = text(notebook)
    add_installer(notebook)
    assert text(notebook) == before
    repository["url"] = "https://github.com/ada/course"
    assert list(installs_the_package_where_told(notebook))
    for _ in range(2):
        add_installer(notebook)
    normalize(notebook)
    assert [cell.id for cell in notebook.cells].count(INSTALL) == 1
    cell = notebook.cells[0]
    assert cell.id == INSTALL and cell.metadata.jupyter.source_hidden
    assert "git+https://github.com/ada/course@v1.2#subdirectory=code" in cell.source
    for check in [*CHECKS, installs_the_package_where_told]:
        assert not list(check(notebook)), check.__name__
    exec(cell.source, {})  # Where the package is, it does nothing.
    repository["url"] = ""
    add_installer(notebook)
    assert text(notebook) == before


def test_a_short_core_that_says_its_time_passes():
    told = new_notebook(cells=[markdown("# A rule\n\n*Time: 1 minutes. You need: none.*")])
    assert not list(a_core_is_short_and_says_how_long_it_is(told))


def without_counts(notebook):
    for cell in code_cells(notebook):
        cell.execution_count = None
    return notebook


def reordered(notebook):
    notebook.cells.reverse()
    return notebook


def with_metadata(notebook):
    notebook.metadata["widgets"] = {"state": {}}
    return notebook


def with_random_id(notebook):
    notebook.cells[0].id = "0a1b2c3d"
    return notebook


def with_stale_alt(notebook):
    notebook.cells[-1].metadata["mystnb"]["image"]["alt"] = "Another path"
    return notebook


@pytest.mark.parametrize(
    "check, bad",
    [
        (is_executed, without_counts(example(code()))),
        (is_executed, reordered(example(code()))),
        (is_normal, with_metadata(example())),
        (is_normal, with_random_id(example())),
        (is_normal, with_stale_alt(example(code("show()", png())))),
        (outputs_are_clean, example(code("f()", printed("DeprecationWarning", "stderr")))),
        (summaries_are_html, example(markdown("<summary>What is `m`?</summary>"))),
        (
            outputs_are_clean,
            example(code("f()", new_output("error", ename="E", evalue="", traceback=[]))),
        ),
        (outputs_are_clean, example(code("f()", printed("/home/ada/course/code")))),
        (outputs_are_clean, example(code("f()", printed(r"C:\course")))),
        (outputs_are_clean, example(code("f()", html("<p>see file:///x</p>")))),
        (outputs_are_clean, example(code("f", printed("<function f at 0x7f0a1b2c3d4e>")))),
        (outputs_are_clean, example(code("f()", printed("took 3.1 s")))),
        (outputs_are_clean, example(code("f()", printed("12ms")))),
        (figures_have_alt_text, example(code("show()", png(alt=None)))),
        (figures_have_alt_text, example(code("show()", png(), png()))),
        (figures_have_alt_text, example(code("f()", html('<img src="a.png">')))),
        (figures_have_alt_text, example(code("f()", html('<img alt="" src="a.png">')))),
        (
            figures_have_alt_text,
            example(code("f()", new_output("display_data", {"image/svg+xml": "<svg/>"}))),
        ),
        (figures_have_alt_text, example(markdown("![](a.png)"))),
        (figures_have_alt_text, example(markdown("```{figure} a.png\n:width: 50%\n\nA path\n```"))),
        (figures_assert_what_they_say, example(code('plot.show(fig, "assert")', png()))),
        (shown_code_is_short, example(code("x = 1\n" * 11))),
        (shown_code_is_short, example(code("x = 1", tags=["remove-input"]))),
        (is_plain_python, example(code("%time f()"))),
        (imports_once, example(code("import math"))),
        (imports_once, example(code("def f():\n    from math import pi"))),
        (imports_once, new_notebook(cells=[code("import numpy as np")])),
        (imports_once, new_notebook()),
        (redefines_nothing, example(code("def gd(g, lr):\n    return lr * g, {}"))),
        (redefines_nothing, example(code("def f():\n    class Trace:\n        pass"))),
        (redefines_nothing, example(code("gd = lambda g: g"))),
        (redefines_nothing, example(code("for np in range(3):\n    pass"))),
        (
            prose_follows_from_outputs,
            example(code("f()", printed("139")), markdown("It takes 140.")),
        ),
        (
            prose_follows_from_outputs,
            example(markdown("It takes 139."), code("f()", printed("139"))),
        ),
        (prose_follows_from_outputs, example(code("x = 139"), markdown("It takes 139."))),
        (
            prose_follows_from_outputs,
            example(
                code("f()", printed("139")),
                markdown("## One"),
                code("x = 1"),
                markdown("## Two\n\nIt took 139."),
            ),
        ),
        (a_core_is_short_and_says_how_long_it_is, example(markdown("# A rule"))),
        (
            a_core_is_short_and_says_how_long_it_is,
            new_notebook(cells=[markdown("# A rule\n\n*Time: 2 minutes.*")]),
        ),
        (
            a_core_is_short_and_says_how_long_it_is,
            new_notebook(cells=[markdown("# A rule\n\n*Time: 24 minutes.*" + " word" * 6000)]),
        ),
    ],
)
def test_the_checks_fail_a_bad_notebook(check, bad):
    assert list(check(bad))


def test_all_files_of_a_table_of_contents_are_seen():
    toc = """
format: jb-book
root: index
parts:
  - caption: One
    chapters:
      - file: a.ipynb
        sections:
          - file: b/c
  - chapters:
      - file: d  # the last
      - url: e
        title: f
"""
    assert names(toc) == ["index", "a", "b/c", "d"]
