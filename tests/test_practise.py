"""Exercises answered on their page, and cells run there: Pyodide in a browser, no network.

The pages ask for Pyodide at its public address; here that is answered from files that were checked
against Pyodide's own lock, and every other host is refused.
"""

import functools
import importlib.util
import json
import re
import sys
import threading
import types
import zlib
from html import unescape

import nbformat
import pytest

import book
import practise
import pyodide
from contents import ALL_PAGES, BOOK, NOTEBOOKS
from descent.practice import plan, sandbox
from descent.practice.exercises import EXERCISES
from descent.practice.mistakes import BY_ID, edited, source, wrong_answers

RUNNER = book.ROOT / "book" / "_js" / "python" / "runner.py"
PUBLIC = practise.PUBLIC.format(version=pyodide.entry()["version"])
PAGES = [name.removesuffix(".ipynb") for name in NOTEBOOKS if name.startswith("exercises/")]
# Each takes a start of Python. The others are tried with DESCENT_ALL_PAGES=1, before a release.
if not ALL_PAGES:
    some = ("adam", "adam_in_pytorch", "capstone")
    PAGES = [name for name in PAGES if name.removeprefix("exercises/") in some]
SLOW = 120_000  # Milliseconds until a test gives up: no measure of anything.


# The runner, in this Python.


@pytest.fixture
def runner(monkeypatch, tmp_path):
    """The runner, installed in a `__main__` of its own; all is put back at the end."""
    spec = importlib.util.spec_from_file_location("runner", RUNNER)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    for name in ("IPython", "IPython.display", "IPython.core", "IPython.core.pylabtools"):
        monkeypatch.setitem(sys.modules, name, sys.modules.get(name))
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    monkeypatch.chdir(tmp_path)
    limit = sys.getrecursionlimit()
    spec.loader.exec_module(module)
    module.WORK = str(tmp_path / "my-work")
    module.install()
    sys.setrecursionlimit(limit)
    return module


def ran(runner, text):
    return json.loads(runner.run("your cell", text))


def test_what_is_checked_is_stopped_by_the_checkers_clock_alone(runner, monkeypatch):
    monkeypatch.setattr(sandbox, "CAN_FORK", False)

    def looks():
        return runner.is_checked(sys._getframe())

    assert not looks()
    assert sandbox.run(looks) == (True, "")
    assert json.loads(runner.run("your cell", "1 + 1", seconds=-1)) == [{"text/plain": "2"}]


ZERO, NONE = "ZeroDivisionError", "ModuleNotFoundError"


@pytest.mark.parametrize(
    "text, outputs",
    [
        ("1 + 1", [{"text/plain": "2"}]),
        ("1 + 1;", []),
        ("x = 1", []),
        ("print('a'); print('b')\n3", [{"stdout": "a\nb\n"}, {"text/plain": "3"}]),
        ("{'a': 1}", [{"text/plain": "{'a': 1}"}]),
        ("display({'text/html': '<b>'}, raw=True)", [{"text/html": "<b>"}]),
        ("from IPython.display import Markdown\nMarkdown('*a*')", [{"text/markdown": "*a*"}]),
        ("a = 1\nb +", [{"error": "SyntaxError in line 2: invalid syntax", "line": 2}]),
        ("a = 1\nb", [{"error": "NameError in line 2: name 'b' is not defined", "line": 2}]),
        ("def f():\n    1 / 0\nf()", [{"error": f"{ZERO} in line 2: division by zero", "line": 2}]),
        ("raise SystemExit", [{"error": "SystemExit in line 1", "line": 1}]),
    ],
)  # fmt: skip
def test_a_cell_shows_what_a_notebook_shows(runner, text, outputs):
    assert ran(runner, text) == outputs


def test_a_library_that_a_page_does_not_have_is_told_of(runner):
    (output,) = ran(runner, "import nowhere")
    assert output["line"] == 1
    assert output["error"].startswith(f"{NONE} in line 1: No module named 'nowhere'. A page has")


def test_the_line_of_an_error_is_that_of_the_learners_function(runner):
    runner.run("cell-1", "def race():\n    a = 1\n    return rate")
    (output,) = json.loads(runner.run("cell-2", "b = 1\n\n\nrace()"))
    assert output["line"] == 4
    assert output["error"].startswith("NameError in line 3 of the cell of race: name 'rate'")


def test_what_is_printed_is_cut(runner):
    (output,) = ran(runner, "for _ in range(10**4): print('twelve chars')")
    assert len(output["stdout"]) < runner.PRINTED + 10 and output["stdout"].endswith("...")


REPORTS = """from descent.practice import Report, check, hunt
check("gradient_descent")
hunt("adam_b", len)
check("adam")"""


@pytest.mark.parametrize(
    "text, count",
    [
        (REPORTS, 3),
        (f"{REPORTS};", 2),
        (REPORTS.replace("check(", "x = check("), 1),
        ("from descent import practice\npractice.check(\n    'adam')\n\n3", 2),
        (f"def all():\n    {REPORTS.replace(chr(10), chr(10) + '    ')}\n\n\nall()\n3", 1),
    ],
)
def test_a_report_is_seen_where_another_stands_below_it(runner, text, count):
    outputs = ran(runner, text)
    assert len(outputs) == count
    assert all("practice" in output["text/html"] for output in outputs if "text/html" in output)


def test_a_picture_comes_with_its_text_and_its_size(runner):
    text = "from IPython.display import Image\nImage(b'png', alt='what', width=3, height=2)"
    (output,) = ran(runner, text)
    assert output == {"image/png": "cG5n", "about": dict(alt="what", width=3, height=2)}


def test_names_stay_between_cells_and_the_learners_lines_can_be_read(runner):
    ran(runner, "def f():\n    return 41")
    assert ran(runner, "import inspect\nf() + 1, inspect.getsource(f)") == [
        {"text/plain": repr((42, "def f():\n    return 41\n"))}
    ] or ran(runner, "f() + 1") == [{"text/plain": "42"}]


PLOT = "from descent import plot\nfrom descent.plot import plt\nplt.style.use(plot.STYLE)"
CELLS = [
    f"import numpy as np\n{PLOT}",
    "a = np.ones(3)\nb = 2",
    "steps = []\nfor k in range(3):\n    steps.append(k)",
    "b += 1",
    "fig, ax = plt.subplots()\nax.plot(np.abs(a))",
    "check('x', b)",
]  # fmt: skip


@pytest.mark.parametrize(
    "cell, needed",
    [
        ("np.sum(a)", {0: "import numpy as np", 1: "a = np.ones(3)"}),
        ("b", {1: "\nb = 2", 3: "b += 1"}),
        ("steps", {2: CELLS[2]}),
        ("1 + 1", {}),
        ("plt.show()", {0: f"\n{PLOT}"}),
        ("broken(", {}),
        ("b = 3\nprint(b)", {}),
        ("b += 1", {1: "\nb = 2", 3: "b += 1"}),
        ("b = b + 1", {1: "\nb = 2", 3: "b += 1"}),
        ("import math as a\ndef b():\n    return a\nb()", {}),
        ("for b in a:\n    print(b)", {0: "import numpy as np", 1: "a = np.ones(3)"}),
    ],
)  # fmt: skip
def test_a_cell_asks_for_what_it_needs_alone(runner, cell, needed):
    assert dict(runner.needed([*CELLS, cell], len(CELLS))) == needed


MAYBE = "try:\n    import nowhere\nexcept ImportError:\n    optional.skip_cells('nowhere', 'It')"


def test_a_library_that_may_be_missing_is_looked_for(runner):
    cells = [f"from descent import optional\n{MAYBE}", "a = nowhere.f()", "print(a)"]
    assert runner.needed(cells, 2) == list(enumerate(cells[:2]))
    for cell in cells:
        (output,) = ran(runner, cell)
    assert output == {"stdout": "Skipped: this cell needs It.\n"}


def test_a_cell_above_that_does_not_parse_is_left_out(runner):
    assert runner.needed(["a = 1", "a = (", "a"], 2) == [(0, "a = 1")]


@pytest.mark.parametrize(
    "cells, needed",
    [
        # What a function uses may be set below it.
        (["def f():\n    return x", "x = 3", "f()"], [0, 1]),
        (["x = 1", "x = 2", "x"], [1]),
        (["x = 1", "x = x + 1", "x"], [0, 1]),
        (["x = 1", "y = [x for x in 'ab']", "y"], [1]),
        (["x = 1", "def f(x):\n    z = x\n    return z", "z = 1", "f(2)"], [1]),
        (["x = {}", "x['a'] = 1", "x"], [0, 1]),
        (["t = 1", "for t in range(3):\n    u = t", "u"], [1]),
        (["import math", "f = lambda m: math.sqrt(m)", "m = 1", "f(4)"], [0, 1]),
    ],
)
def test_of_the_cells_above_those_run_that_are_needed(runner, cells, needed):
    assert [number for number, _ in runner.needed(cells, len(cells) - 1)] == needed


def test_a_line_that_is_needed_keeps_its_number(runner):
    cell = "a = 1\n\n\n@print\ndef f():\n    # A comment.\n    return 1 / 0"
    assert runner.needed([cell, "f()"], 1) == [(0, "\n\n\n" + cell[8:])]


ANSWER = source(EXERCISES["momentum"].answer)
LATER = "\nfrom descent.practice import check\ncheck('{}', {})"


@pytest.mark.parametrize(
    "exercise, text, name",
    [
        ("momentum", ANSWER, "momentum"),
        ("momentum", ANSWER.replace("+ g", "- g"), "momentum"),
        ("momentum", "def mine(g, m=0, *, lr, beta):\n    1 / 0", None),
        ("momentum", "def mine(g, m=0, *, lr, beta):\n    ...", None),
        ("bias_correction", source(EXERCISES["bias_correction"].answer), None),
        ("adamw", source(EXERCISES["adamw"].answer), None),
    ],
)
def test_a_rule_that_ran_can_walk(runner, exercise, text, name):
    own = re.search(r"^def (\w+)", text, re.MULTILINE)[1]
    text = "import numpy as np\nfrom descent.rules import adam\n" + text
    (output,) = ran(runner, text + LATER.format(exercise, own))
    assert "text/html" in output
    assert output.get("walks") == (name and dict(exercise=exercise, name=name))


HEAD, LAST = "def exhibit_a(g, m=0, *, lr, beta):\n", "    return lr * m, dict(m=m)"
MARKED = f"{HEAD}    m = beta * m - g  # here\n{LAST}"
HUNT = "from descent.practice import hunt\nhunt('momentum-a', exhibit_a)"


def test_a_mark_is_found_and_a_mended_exhibit_passes(runner):
    for text, said in ((MARKED, "That is the line"), (MARKED.replace("- g", "+ g"), "✓")):
        runner.run("cell-3", text)
        (output,) = json.loads(runner.run("cell-5", HUNT))
        assert said in output["text/html"] and "walks" not in output


LOOPING = "    for _ in range(1):\n        m = beta * m + g\n    return lr * m, dict(m=m)"


@pytest.mark.parametrize("body, remote", [("    return lr * g, dict(m=m)", False), (LOOPING, True)])
def test_a_learners_rule_walks_beside_the_right_one(runner, body, remote):
    ran(runner, f"def mine(g, m=0, *, lr, beta):\n{body}")
    told = json.loads(runner.watch("momentum", "mine"))
    spec = json.loads(unescape(told["html"].split("spec='")[1].split("'")[0]))
    assert told["remote"] is remote
    assert [rule["rule"] for rule in spec["rules"]] == ["yours", "momentum"]
    assert spec["goal"] == 0 and not spec["task"]  # One that climbs could reach none.
    one, right = runner.walk(json.dumps(dict(lr=0.01)))["walks"]
    assert one["step"][0] == right["step"][0]
    assert (one["step"][1] == right["step"][1]) is remote


@pytest.mark.parametrize(
    "text, problem",
    [
        ("", "Python was started anew: check it again first."),
        ("def mine(g, m=0, *, lr, beta):\n    1 / 0", "ZeroDivisionError"),
        ("def mine(g, m=0, **hyper):\n    return g, dict(m=m)", "hyper-parameters lr, beta"),
    ],
)
def test_a_rule_that_cannot_walk_says_why(runner, text, problem):
    ran(runner, text)
    assert problem in json.loads(runner.watch("momentum", "mine"))["problem"]


def test_progress_is_the_file_that_the_checker_writes(runner):
    from descent.practice import check

    assert runner.progress() == "{}"
    runner.progress('{"momentum": {"tries": 2, "passed": false}}')
    check("momentum", EXERCISES["momentum"].answer)
    [(name, entry)] = json.loads(runner.progress()).items()
    assert (name, entry["tries"], entry["passed"]) == ("momentum", 3, True)


# What the pages load.


def test_the_lock_is_pyodides_own_without_what_is_left_out():
    locked = json.loads(pyodide.LOCK.read_text(encoding="utf-8"))
    assert locked["info"]["version"] == pyodide.entry()["version"]
    packages = locked["packages"]
    assert set(packages) > {"numpy", "matplotlib"} and not set(packages) & pyodide.LEFT_OUT
    assert all(set(one["depends"]) <= set(packages) for one in packages.values())
    for one in packages.values():
        assert re.fullmatch("[0-9a-f]{64}", one["sha256"])


def test_the_archive_is_the_package_and_the_same_each_time():
    assert practise.archive() == practise.archive()
    assert len(practise.archive()) < 1_600_000


def test_every_chapter_has_experiments_that_are_short_and_show_something():
    for name in NOTEBOOKS:
        cells = nbformat.read(BOOK / name, as_version=4).cells
        tried = [c for c in cells if practise.EXPERIMENT in c.metadata.get("tags", [])]
        assert len(tried) in (range(1, 5) if "/" not in name else [0]), name
        for cell in tried:
            assert len(cell.source.splitlines()) <= 10, (name, cell.id)
        assert any(cell.outputs for cell in tried) or "/" in name


# On the page.


class Open(book.Handler):
    """Serves Pyodide's files as its public address does: to every page."""

    def end_headers(self):
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()


@pytest.fixture(scope="module")
def elsewhere():
    """An address that has Pyodide's files."""
    handler = functools.partial(Open, directory=pyodide.files())
    with book.Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@pytest.fixture
def tab(site, browser, elsewhere):
    """Return a function that opens a page for which Pyodide is elsewhere, and nothing else is."""
    opened, strangers = [], []

    def answer(route, request):
        if request.url.split("?")[0].endswith("/practise.mjs"):
            script = (book.SITE / "_static" / "practise.mjs").read_text(encoding="utf-8")
            assert PUBLIC in script
            headers = {"Content-Type": "text/javascript"}
            route.fulfill(body=script.replace(PUBLIC, elsewhere), headers=headers)
        elif request.url.startswith(("http:", "https:")):
            strangers.append(request.url)
            route.abort()

    def load(name, init="", routes=None, **options):
        context = browser.new_context(**options)
        context.add_init_script(init)
        ours = f"{re.escape(site)}(?!.*practise\\.mjs)|{re.escape(elsewhere)}"
        context.route(re.compile(f"^(?!{ours})"), answer)
        for pattern, handle in (routes or {}).items():
            context.route(pattern, handle)
        page = context.new_page()
        page.set_default_timeout(SLOW)
        opened.append(context)
        page.goto(f"{site}{name}.html")
        return page

    yield load
    for context in opened:
        context.close()
    assert strangers == []


def answers(exercise):
    """Three answers with different mistakes, as far as the bank has them, and a right one."""
    text, chosen = source(exercise.answer), {}
    for name, edit, _ in wrong_answers(exercise.answer):
        if len(chosen) < 3:
            chosen.setdefault(name, edited(text, edit))
    return [*chosen.items(), (None, text)]


def test_a_line_outside_of_its_function_is_told_of_its_spaces(runner):
    (output,) = ran(runner, "def f():\n    x = 1\nreturn x")
    assert output["line"] == 3
    assert "'return' outside function. What belongs to a function begins with" in output["error"]


def typed(page, cell, text):
    """Put a text into a cell, into the plain field or the editor that has come in its place."""
    box = page.locator("div.cell").nth(cell)
    if box.locator(".cm-content").count():
        box.locator(".cm-content").fill(text)
        return
    box.locator("textarea").evaluate(
        "(e, text) => { e.value = text; e.dispatchEvent(new Event('input')) }", text
    )


def answered(page, cell, text):
    """Put a text into a cell, press its button, and return what is shown, as text."""
    typed(page, cell, text)
    return pressed(page, cell)


def pressed(page, cell):
    box = page.locator("div.cell").nth(cell)
    box.get_by_role("button", name=re.compile("Check|Run")).click()
    page.wait_for_function("() => !document.querySelector('[aria-busy]')")
    return box.locator(".cell_output").inner_text()


def cell_where(page, wanted):
    """The first cell of a page whose code is wanted, as a function says: its number, its code."""
    texts = page.locator("div.cell").evaluate_all(
        "all => all.map(e => e.querySelector('.cell_input pre')?.textContent ?? '')"
    )
    return next((number, text) for number, text in enumerate(texts) if wanted(text))


def stubs(page):
    """The cells of a page that are to be filled in: (its number, that which checks, exercise)."""
    texts = page.locator("div.cell").evaluate_all(
        "all => all.map(cell => cell.querySelector('textarea')?.value ?? '')"
    )
    for number, text in enumerate(texts):
        if stub := re.search(r"^def (\w+)\(.*?^    \.\.\.$", text, re.DOTALL | re.MULTILINE):
            asked = re.compile(rf'check\("(\w+)", {stub[1]}\)')
            for other in range(number, len(texts)):
                if found := asked.search(texts[other]):
                    yield number, other, found[1], stub
                    break


def written(stub, answer):
    """A cell's text with the stub filled in by an answer, under the name that the stub has."""
    body = re.sub(r"^def \w+", f"def {stub[1]}", answer, count=1, flags=re.MULTILINE)
    before, after = stub.string[: stub.start()], stub.string[stub.end() :]
    return f"import copy, math\n{before}{body.rstrip()}{after}"


@pytest.mark.parametrize("name", PAGES)
def test_every_exercise_is_answered_on_its_page(tab, name):
    page = tab(name)
    done = set()
    for cell, checking, exercise, stub in list(stubs(page)):
        for mistake, answer in answers(EXERCISES[exercise]):
            said = answered(page, cell, written(stub, answer))
            if checking != cell:
                said = pressed(page, checking)
            if mistake is None:
                assert "Right" in said, (exercise, said)
            else:
                told = BY_ID[mistake].tells(exercise).replace("`", "").replace("*", "")
                assert told[:40] in said, (exercise, mistake, said)
        assert page.locator("div.cell").nth(checking).evaluate("e => e.matches('.passed')")
        done.add(exercise)
    assert done or name == "exercises/capstone"
    # What was passed is known after a reload, and told beside the page's name.
    page.reload()
    assert page.locator("div.cell.passed").count() >= len(done)
    if done:
        mark = page.locator(".bd-sidebar-primary .done").first.inner_text()
        assert mark.strip().startswith(f"{len(done)} of")
        assert page.locator(".page-progress").inner_text().startswith(f"{len(done)} of")
        # The checker had the text of each, and knows it again.
        kept = json.loads(page.evaluate("localStorage.getItem('descent/progress')"))
        assert all(kept[exercise]["answer"] for exercise in done)


OWN_ADAM = source(EXERCISES["adam"].answer).replace("1 - beta1**t", "1 - beta1")
BY_PYTHON = OWN_ADAM.replace("    t = t + 1", "    for _ in range(1):\n        t = t + 1")


def test_a_learners_own_rule_walks_in_a_figure_beside_the_right_one(tab):
    page = tab("exercises/adam")
    cell, _, _, stub = next(found for found in stubs(page) if found[2] == "adam")
    assert "beta1**t" in source(EXERCISES["adam"].answer)
    box = page.locator("div.cell").nth(cell)
    figure = box.locator("descent-figure")
    numbers, status = figure.locator(".numbers"), figure.locator(".status:not(:empty)")
    for answer in (OWN_ADAM, BY_PYTHON):  # Which the page computes, and which Python does for it.
        assert answer.count("beta1**t") == 0
        answered(page, cell, written(stub, answer))
        box.get_by_role("button", name="Watch it walk").click()
        status.wait_for()
        assert figure.locator(".legend .walk").all_inner_texts() == ["yours", "adam"]
        numbers.locator("td:not(:empty)").first.wait_for()
        # The wrong correction makes the first step as long as ever, and all later ones longer.
        before, first = status.inner_text(), numbers.inner_text()
        assert "oal" not in figure.inner_text()
        figure.get_by_role("slider", name="learning rate").focus()
        for _ in range(30):
            page.keyboard.press("ArrowLeft")
        page.wait_for_function(
            "first => document.querySelector('descent-figure .numbers').innerText !== first",
            arg=first,
        )
        assert status.inner_text() != before


LOOPS = {
    "in the answer": (
        "def my_correction(m, t, *, beta):\n    while True:\n        pass\n"
        'check("bias_correction", my_correction)',
        "did not come to an end within 2 seconds",
    ),
    "at the top": ("while True:\n    pass", "Stopped. Python starts anew."),
    "in one call": ("sum(range(10**12))", "Stopped. Python starts anew."),
}


def test_an_endless_loop_is_ended_and_nothing_is_lost(tab):
    page = tab("exercises/adam")
    (cell, *_, stub), *_ = stubs(page)
    right = written(stub, source(EXERCISES["bias_correction"].answer))
    box = page.locator("div.cell").nth(cell)
    for kind, (text, said) in LOOPS.items():
        assert "Right" in answered(page, cell, right)
        typed(page, cell, text)
        box.get_by_role("button", name="Check").click()
        if kind != "in the answer":
            page.wait_for_timeout(500)
            box.get_by_role("button", name="Stop").click()
        page.wait_for_function("() => !document.querySelector('[aria-busy]')")
        assert said in box.locator(".cell_output").inner_text(), kind
    page.reload()
    assert box.locator("textarea").input_value() == text
    assert "Right" in answered(page, cell, right)


def test_no_line_of_a_library_is_taken_for_the_learners(tab):
    text = (
        "import inspect, numpy\nfrom descent.practice import sandbox\n"
        "[sandbox._is_learners(module.__file__) for module in (inspect, numpy, sandbox)]"
    )
    assert answered(tab("exercises/adam"), 1, text) == "[False, False, False]"


def test_what_never_ends_is_ended_by_itself(tab):
    page = tab("exercises/adam")
    (cell, *_), *_ = stubs(page)
    # The page's own clock, so that nobody waits for its twenty seconds.
    answered(page, cell, "1")
    page.evaluate("const old = setTimeout; setTimeout = (f, ms) => old(f, ms / 20)")
    said = answered(page, cell, "while True:\n    pass")
    assert "did not come to an end within 20 seconds" in said


def test_a_loop_that_never_ends_is_named_by_its_line(tab):
    page = tab("exercises/adam")
    page.evaluate("""() => {
        const post = Worker.prototype.postMessage;
        Worker.prototype.postMessage = function (message) {
            if (message.run) message.run.seconds = 0.3;
            post.call(this, message);
        };
    }""")
    said = answered(page, 1, "kept = 7\nwhile True:\n    pass")
    assert "Line 2 was still running after 0.3 seconds" in said or "Line 3 was" in said
    # Python itself went on, and has what it had.
    assert answered(page, 1, "kept") == "7"
    assert "Line 2 was still" in answered(page, 1, "def f():\n    while True: pass\nf()")


def test_it_is_done_by_keyboard_alone_on_a_phone(tab):
    page = tab("exercises/adam", viewport=dict(width=390, height=844))
    (cell, *_, stub), *_ = stubs(page)
    box = page.locator("div.cell").nth(cell)
    keys, height = box.locator(".keys"), "document.documentElement.scrollHeight"
    assert not keys.is_visible()
    before = page.evaluate(height)
    box.locator("textarea").focus()
    page.locator(".cm-focused").wait_for()
    # Tab indents here; Escape, and then Tab, leaves: it says so, and moves nothing.
    assert keys.is_visible() and keys.inner_text() == "Esc, then Tab: leave · Ctrl+Enter: check"
    assert box.locator(".cm-content").get_attribute("aria-describedby") == keys.get_attribute("id")
    assert page.evaluate(height) == before
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(written(stub, source(EXERCISES["bias_correction"].answer)))
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Check"
    page.keyboard.press("Enter")
    page.wait_for_function("() => !document.querySelector('[aria-busy]')")
    assert "Right" in page.locator("div.cell").nth(cell).locator(".cell_output").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_answers_are_taken_along_and_loaded_elsewhere(tab, tmp_path):
    page = tab("exercises/adam")
    (cell, *_), *_ = stubs(page)
    page.locator("div.cell").nth(cell).locator("textarea").fill("mine")
    page.goto(page.url.replace("exercises/adam", "practice"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my answers").click()
    download.value.save_as(tmp_path / "answers.json")
    other = tab("practice")
    other.set_input_files("#answers-file", tmp_path / "answers.json")
    other.get_by_text("loaded.").wait_for()
    other.goto(other.url.replace("practice", "exercises/adam"))
    assert other.locator("div.cell").nth(cell).locator("textarea").input_value() == "mine"
    # Starting over brings the page's own text back, and lays the other aside.
    box = other.locator("div.cell").nth(cell)
    box.get_by_role("button", name="Start over").click()
    other.reload()
    assert "..." in box.locator("textarea").input_value()
    box.get_by_role("button", name="Bring mine back").click()
    other.locator(".cm-focused").wait_for()
    assert box.locator(".cm-content").inner_text() == "mine"


def test_an_answer_stands_only_below_what_it_answers(tab):
    page = tab("exercises/adam")
    (cell, *_, stub), *_ = stubs(page)
    box = page.locator("div.cell").nth(cell)
    output, state = box.locator(".cell_output"), box.locator(".state").first
    assert "not begun yet" in output.inner_text()
    assert "Right" in answered(
        page, cell, written(stub, source(EXERCISES["bias_correction"].answer))
    )
    mark = "e => getComputedStyle(e.querySelector('.tools'), '::after').content"
    assert box.evaluate(mark) == '"✓ passed"'
    field = box.locator(".cm-content, textarea").first
    field.focus()
    page.keyboard.type("#")
    assert state.inner_text() == "Changed since: press Check."
    assert box.evaluate(mark) == '"✓ passed before"'
    page.reload()
    assert output.count() == 0
    assert state.inner_text() == "Yours, as you left it: press Check."
    box.get_by_role("button", name="Start over").click()
    assert "not begun yet" in output.inner_text()
    assert "press" not in state.inner_text()


def test_a_verdict_is_stale_when_the_function_above_it_was_changed(tab):
    page = tab("exercises/adam_challenges")
    texts = page.locator("div.cell").evaluate_all(
        "all => all.map(cell => cell.querySelector('textarea')?.value ?? '')"
    )
    hunting = next(i for i, text in enumerate(texts) if 'hunt("decay"' in text)
    exhibit = next(i for i, text in enumerate(texts) if text.startswith("def my_adamw"))
    box = page.locator("div.cell").nth(hunting)
    state = box.locator(".state").first
    assert "stale" not in box.get_attribute("class").split()
    typed(page, exhibit, texts[exhibit].replace("g = g +", "w = w -"))
    assert state.inner_text() == "Changed since: press Check."
    pressed(page, hunting)
    assert "stale" not in box.get_attribute("class").split()
    typed(page, exhibit, texts[exhibit])
    assert "stale" in box.get_attribute("class").split()


# What doesn't come, ends too early, or isn't there.
MISSING = {
    "pyodide.mjs": lambda route: route.abort(),
    "pyodide.asm.wasm": lambda route: route.fulfill(body="\0asm", content_type="application/wasm"),
    "python_stdlib.zip": lambda route: route.fulfill(status=404),
    "python/worker.mjs": lambda route: route.abort(),
    "python/*.zip": lambda route: route.abort(),
}


def test_without_a_network_there_is_a_sentence(tab):
    """And Python comes as soon as there is one."""
    page = tab("exercises/adam")
    for missing, answer in MISSING.items():
        page.context.route(f"**/{missing}", answer)
        assert "is there a network?" in answered(page, 1, "1"), missing
        page.context.unroute(f"**/{missing}")
    assert answered(page, 1, "1 + 1") == "2"


def guarded(route):
    """A page whose site lets no worker run."""
    answer = route.fetch()
    headers = answer.headers | {"content-security-policy": "worker-src 'none'"}
    route.fulfill(response=answer, headers=headers)


@pytest.mark.parametrize(
    "init, routes, said",
    [
        ("delete window.WebAssembly", {}, "too old"),
        ("", {"**/*.html": guarded}, "doesn't let the page run Python"),
    ],
)
def test_where_python_cannot_run_there_is_a_sentence(tab, init, routes, said):
    page = tab("exercises/adam", init=init, routes=routes)
    assert said in answered(page, 1, "1")


def test_a_private_window_works_and_warns(tab):
    page = tab(
        "exercises/adam",
        init="Object.defineProperty(window, 'localStorage', { get() { throw new Error() } })",
    )
    assert "This browser keeps nothing of this page" in page.locator("article").inner_text()
    assert answered(page, 1, "1 + 1") == "2"


def test_where_python_breaks_down_it_starts_anew(tab):
    page = tab("exercises/adam")
    assert "Python broke down here, and starts anew." in answered(page, 1, "import os; os._exit(0)")
    assert answered(page, 1, "1 + 1") == "2"


def test_a_start_can_be_stopped_and_begun_again(tab):
    page = tab("exercises/adam")
    box = page.locator("div.cell").nth(1)
    box.locator("textarea").fill("1 + 1")
    # Nothing comes until it has been stopped.
    held = []
    page.context.route("**/python/*.zip", lambda route: held.append(route))
    box.get_by_role("button", name="Check").click()
    box.get_by_role("button", name="Stop").click()
    box.get_by_text("Stopped.").wait_for()
    page.context.unroute("**/python/*.zip")
    for route in held:
        route.abort()
    assert pressed(page, 1) == "2"


def test_shift_and_enter_run_a_cell(tab):
    page = tab("exercises/adam")
    box = page.locator("div.cell").nth(1)
    box.locator("textarea").focus()
    page.locator(".cm-focused").wait_for()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("1 + 1")
    page.keyboard.press("Shift+Enter")
    box.locator(".cell_output", has_text="2").wait_for()
    assert box.locator(".cm-content").inner_text() == "1 + 1"


def test_a_chapter_whose_end_was_seen_is_read(tab):
    page = tab("momentum")
    read = page.locator(".bd-sidebar-primary a.current .done")
    assert not read.count()
    page.locator(".prev-next-footer").scroll_into_view_if_needed()
    read.wait_for(state="attached")
    assert read.text_content().strip() == "read"
    page.goto(page.url.replace("momentum", "practice"))
    assert "1 chapter read" in page.locator("#progress-here").inner_text()


def test_progress_is_carried_over_to_a_folder_and_from_it(tab, tmp_path):
    page = tab("practice")
    days = dict(days=["2020-01-01", "2020-01-05"], last="2020-01-05")
    written = {"momentum": dict(tries=3, passed=True) | days, "adam": dict(tries=1, passed=False)}
    path = tmp_path / "progress.json"
    path.write_text(json.dumps(written))
    page.set_input_files("#answers-file", path)
    page.get_by_text("2 loaded.").wait_for()
    whole = len(plan.of_names())
    told = page.locator("#progress-here").inner_text()
    # What is mastered goes by its name.
    done = f"In this browser, 1 of {whole} answers done, 1 mastered (momentum); tried: adam."
    assert told.startswith(done)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my progress").click()
    download.value.save_as(path)
    assert json.loads(path.read_text()) == written
    path.write_text('{"something": "else"}')
    page.set_input_files("#answers-file", path)
    page.get_by_text("That isn't a file of answers from here.").wait_for()


def test_today_leads_to_an_exercise_to_be_written_again(tab):
    page = tab("practice")
    today = page.locator("#today-here")
    assert "In the plan, day 1: read Gradient descent; exercises 1" in today.inner_text()

    def put(**entries):
        record = json.dumps({name: dict(tries=2, passed=True) | e for name, e in entries.items()})
        page.evaluate("record => localStorage.setItem('descent/progress', record)", record)
        page.reload()

    put(adam=dict(days=["2020-01-01"], mistakes=[["only-m-corrected", "2020-01-02"]]), momentum={})
    assert [line.split(" (")[0] for line in today.locator("li").all_inner_texts()] == [
        *["adam", "momentum"]
    ]
    assert "On January 2, this was said of your answer: “The first average is" in today.inner_text()
    rows = page.locator("section:has(> #course) tbody tr")
    counts = {}
    for number, day in enumerate(plan.days()):
        names = [name for section in day.do for name in section.names]
        if done := len({"adam", "momentum"} & set(names)):
            counts[number] = f"{done} of {len(names)} done"
    assert rows.count() == len(plan.days()) and len(counts) == 2
    for number in range(rows.count()):
        told = rows.nth(number).locator(".done").all_inner_texts()
        assert "".join(told).strip() == counts.get(number, "")
    today.get_by_role("link", name="adam", exact=True).click()
    page.wait_for_function("() => document.querySelector('.page-progress')?.textContent")
    assert page.locator(".page-progress").inner_text().startswith("1 of ")
    box = page.locator("div.cell", has=page.get_by_label("Your answer: adam")).first
    field = box.locator("textarea")
    stub = field.input_value()
    assert "def my_adam_again(" in stub and 'check("adam", my_adam_again)' in stub
    assert box.get_by_text("Once more, without looking it up.").is_visible()
    # The rungs below it may have been solved.
    rung = page.locator("div.cell", has=page.get_by_label("Your answer: order-adam"))
    assert rung.count() == 1 and not rung.is_visible()
    assert is_whole_in_view(box)
    field.fill("# begun anew")
    page.goto(page.url.split("#")[0])
    assert field.input_value() == stub  # It had no answer yet: nothing to lay aside.


def is_whole_in_view(box):
    return box.evaluate(
        """e => {
            const {top, bottom} = e.getBoundingClientRect();
            return scrollY > 0 && top >= 0 && bottom <= innerHeight;
        }"""
    )


@pytest.mark.parametrize("exercise", ["momentum", "momentum_ema"])
def test_what_is_asked_again_is_alone_in_its_section_until_given_up(tab, exercise):
    page = tab(
        "exercises/momentum",
        routes={"**/worker.mjs": lambda route: route.abort()},
        viewport=dict(width=390, height=844),
    )
    page.goto(f"{page.url}?again={exercise}#exercise-1")
    section = page.locator("section:has(> h2)").first
    fields, rungs = section.locator("textarea"), section.get_by_text("One blank")
    box = section.locator("div.cell", has=page.get_by_label(f"Your answer: {exercise}", exact=True))

    def shown():
        return [f.get_attribute("aria-label") for f in fields.all() if f.is_visible()]

    for _ in range(2):
        assert shown() == [f"Your answer: {exercise}"] and not rungs.is_visible()
        assert is_whole_in_view(box)
        page.reload()
    before = box.bounding_box()["y"]
    box.get_by_role("button", name="Show what is hidden").click()
    assert len(shown()) == fields.count() == 4 and rungs.is_visible()
    assert box.bounding_box()["y"] == pytest.approx(before, abs=2)
    assert page.url.endswith("exercises/momentum.html#exercise-1")
    page.reload()
    assert len(shown()) == 4


def test_an_old_answer_does_not_count_as_written_again_and_a_new_one_shows_the_rest(tab):
    page = tab("exercises/momentum")
    label = "Your answer: momentum"
    texts = page.locator("div.cell").evaluate_all(
        "all => all.map(e => e.querySelector('textarea')?.getAttribute('aria-label'))"
    )
    cell = texts.index(label)
    box = page.locator("div.cell").nth(cell)
    rungs = page.get_by_role("heading", name="One blank")
    told = box.locator(".cell_input > .tools .state").first
    own = re.sub(r"^def \w+", "def my_sum", ANSWER).strip()
    typed(page, cell, f'{own}\n\n\ncheck("momentum", my_sum)')
    entry = dict(tries=1, passed=True, days=["2020-01-01"], last="2020-01-01")
    entry["answer"] = f"{zlib.crc32(own.encode()):08x}"
    record = json.dumps({"momentum": entry})
    page.evaluate("record => localStorage.setItem('descent/progress', record)", record)
    page.goto(page.url.split("#")[0] + "?again=momentum#exercise-1")
    box.get_by_role("button", name="Bring mine back").click()
    assert "Right" in pressed(page, cell)
    assert "doesn't count as written again" in told.inner_text()
    assert rungs.is_visible()  # It was given up.
    page.goto(page.url.split("#")[0] + "?again=momentum#exercise-1")
    assert not rungs.is_visible()
    again = own.replace("my_sum", "my_sum_again")
    said = answered(page, cell, f'{again}\n\n\ncheck("momentum", my_sum_again)')
    assert "Right" in said and "doesn't count" not in told.inner_text()
    assert rungs.is_visible() and "again=" not in page.url
    assert "1 mastered" in page.locator(".page-progress").inner_text()


def test_an_answer_is_kept_where_it_is_asked_for_again(tab):
    page = tab("exercises/adam")
    box = page.locator("div.cell", has=page.get_by_label("Your answer: adam")).first
    field = box.locator("textarea")
    mine = field.input_value() + "\n# mine"
    field.fill(mine)
    bare = page.url.split("#")[0]
    page.goto(f"{bare}?again=adam#exercise-2")
    again = mine.removesuffix("\n# mine").replace("my_adam", "my_adam_again")
    assert field.input_value() == again
    field.fill(again + "\n# begun")
    page.reload()
    assert field.input_value() == again + "\n# begun"  # What was begun today stays.
    box.get_by_role("button", name="Bring mine back").click()
    page.reload()
    assert field.input_value() == mine


def test_an_answered_question_is_written_down(tab):
    page = tab("exercises/adam")
    page.evaluate(
        """() => document.querySelector("main").dispatchEvent(new CustomEvent("descent-answered", {
            bubbles: true, detail: {name: "adam", passed: true, mistake: null}}))"""
    )
    assert "1 at the first try" in page.locator(".page-progress").inner_text()
    kept = json.loads(page.evaluate("localStorage.getItem('descent/progress')"))
    assert kept["adam"]["tries"] == 1 and len(kept["adam"]["days"]) == 1
    assert page.locator(".bd-sidebar-primary .done").first.inner_text().strip().startswith("1 of")


def test_an_experiment_is_open_and_runs_with_what_it_needs(tab):
    page = tab("momentum")
    texts = page.locator("div.cell").evaluate_all(
        "all => all.map(cell => cell.querySelector('textarea')?.value ?? '')"
    )
    number, text = next((i, text) for i, text in enumerate(texts) if "moving_average(" in text)
    stored = page.locator("div.cell").nth(number).locator(".cell_output").inner_text()
    assert pressed(page, number).strip() == stored.strip()
    assert answered(page, number, text.replace("0.9", "0.5")).strip() != stored.strip()


def test_what_needs_pytorch_keeps_what_was_computed_with_it(tab):
    page = tab("adam_in_pytorch")
    number, _ = cell_where(page, lambda code: "twice the first" in code)
    box = page.locator("div.cell").nth(number)
    box.get_by_role("button", name="Run or change this cell").click(force=True)
    box.get_by_text("A page has no PyTorch").wait_for()
    assert "twice the first: True" in box.locator(".cell_output").inner_text()


def test_what_takes_longest_to_recognize_is_recognized_on_the_page(tab):
    page = tab("exercises/adam_in_pytorch")
    cell, stub = next((cell, stub) for cell, _, name, stub in stubs(page) if name == "checkpoint")
    answer = source(EXERCISES["checkpoint"].answer)
    for edit in (
        "copy.deepcopy(dict(states, epoch=epochs)) -> states",
        '        begin = saved["epoch"]\n -> ',
        '        scheduler.load_state_dict(saved["scheduler"])\n -> ',
    ):
        answer = edited(answer, edit)
    assert "Three things at once" in answered(page, cell, written(stub, answer))


@pytest.mark.parametrize("exercise", ["parameter_groups", "checkpoint"])
def test_an_answer_that_calls_pytorch_is_not_judged_and_the_next_one_is(tab, exercise):
    page = tab("exercises/adam_in_pytorch")
    cell, stub = next((cell, stub) for cell, _, name, stub in stubs(page) if name == exercise)
    box = page.locator("div.cell").nth(cell)
    right = written(stub, source(EXERCISES[exercise].answer))
    five = stub.string.replace("    ...", "    return 5")
    calls = {
        stub.string.replace("    ...", "    return torch.save(model)"): "page has no PyTorch",
        stub.string.replace("    ...", "    import torch"): "is handed in",
        f"import torch\n{stub.string}": "is handed in",
        f"1 / 0\n{right}": "ZeroDivisionError",
    }
    for text, said in calls.items():
        assert "Right" in answered(page, cell, right)
        shown = answered(page, cell, text)
        assert said in shown and "✓" not in shown and "Right" not in shown
        assert "right" not in box.get_attribute("class").split()
        assert "✗" in answered(page, cell, five)
    assert "Right" in answered(page, cell, right)


def test_what_a_changed_cell_of_a_chapter_would_need_is_told(tab):
    page = tab("adam_in_pytorch")
    number, text = cell_where(page, lambda code: "twice the first" in code)
    box = page.locator("div.cell").nth(number)
    box.get_by_role("button", name="Run or change this cell").click(force=True)
    box.get_by_text("what stands here was computed").wait_for()
    shown = answered(page, number, f"{text}\nprint(torch)")
    assert "did not run" in shown and "twice the first" not in shown
    assert "twice the first: True" in answered(page, number, text.rstrip("\n"))


def test_a_chapters_cell_runs_where_it_stands(tab):
    page = tab("gradient_descent")
    # Folded cells have one too, which is in sight when they are open.
    assert page.locator("button.try").count() > 5
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    # The first cell that prints or shows a number.
    number, _ = cell_where(page, lambda code: "print(" in code and "plot" not in code)
    box = page.locator("div.cell").nth(number)
    before = box.locator(".cell_output").inner_text()
    box.get_by_role("button", name="Run or change this cell").click(force=True)
    page.wait_for_function("() => !document.querySelector('[aria-busy]')")
    assert box.locator(".cell_output").inner_text().split() == before.split()


def test_nothing_is_asked_of_others_before_somebody_acts(tab):
    page = tab("exercises/adam")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.wait_for_load_state("networkidle")
    assert asked and not any("pyodide" in url or "python/" in url for url in asked)


@pytest.mark.parametrize("address, begins", [("pyodide/", True), ("https://elsewhere/", False)])
def test_on_a_second_page_python_comes_before_it_is_asked_for(tab, address, begins):
    """Where it stands beside the pages; from elsewhere it waits for a focus."""
    script = (book.SITE / "_static" / "practise.mjs").read_text(encoding="utf-8")
    headers = {"Content-Type": "text/javascript"}
    asked = []

    def given(route):
        route.fulfill(body=script.replace(PUBLIC, address), headers=headers)

    def refused(route):
        asked.append(route.request.url)
        route.abort()

    page = tab("exercises/adam", routes={"**/practise.mjs*": given, "**/pyodide.mjs": refused})
    page.wait_for_timeout(300)
    assert not asked
    page.evaluate("sessionStorage.setItem('descent/python', 'a page')")
    page.reload()
    for _ in range(100 if begins else 10):
        page.wait_for_timeout(100)
        if asked:
            break
    assert bool(asked) == begins


def test_lines_are_put_in_order_by_keys_and_by_thumbs(tab):
    # Without the worker: what is tried here needs no Python.
    phone = dict(viewport=dict(width=390, height=844), has_touch=True)
    page = tab("exercises/adam", routes={"**/worker.mjs": lambda route: route.abort()}, **phone)
    cell = page.locator("div.cell.tag_order")
    up, down = (cell.get_by_role("button", name=f"Line {way}") for way in ("up", "down"))
    assert page.get_by_role("button", name="Line up").count() == 1
    for button in (up, down):
        box = button.bounding_box()
        assert box["width"] >= 44 and box["height"] >= 44
    field, place = cell.locator("textarea"), cell.locator(".moves [role=status]")
    first = field.input_value().split("\n")

    def lines():
        """What is kept in this browser, of all answers the only one."""
        kept = page.evaluate(
            "() => Object.entries(localStorage).filter(([k]) => /answers/.test(k))"
        )
        return kept[0][1].split("\n") if kept else first

    # The plain field, untouched: the line below `def` is the one that moves, and that can be seen.
    assert place.inner_text() == f"Line 2: {first[1].strip()}"
    assert "linear-gradient" in field.evaluate("e => getComputedStyle(e).backgroundImage")
    down.click()
    assert lines() == [first[0], first[2], first[1], *first[3:]]
    assert place.inner_text() == f"Line 3: {first[1].strip()}"
    up.press("Enter")
    assert lines() == first and place.inner_text() == f"Line 2: {first[1].strip()}"
    # In the editor too, by keys and by thumbs, and the line keeps its indentation.
    field.focus()
    editor = cell.locator(".cm-content")
    editor.wait_for()
    page.keyboard.press("Alt+ArrowDown")
    assert lines() == [first[0], first[2], first[1], *first[3:]]
    down.tap()
    assert lines() == [first[0], first[2], first[3], first[1], *first[4:]]
    assert place.inner_text() == f"Line 4: {first[1].strip()}"
    assert editor.evaluate("e => e === document.activeElement")
    # What is said, and marked, is the line of the cursor: all of it.
    last = max(number for number, line in enumerate(first) if line.startswith("    "))
    number = 3
    for step in [1] * (last - 3) + [-1] * (last - 1):
        page.keyboard.press("ArrowDown" if step == 1 else "ArrowUp")
        number += step
        line = lines()[number]
        assert place.inner_text() == f"Line {number + 1}: {line.strip()}"
        assert place.evaluate("e => e.scrollWidth <= e.clientWidth && e.clientHeight < 24")
        assert cell.locator(".cm-activeLine").text_content() == line
    # Nothing leaves the function: neither above the line with `def` nor below its last line.
    moved = lines()[1]
    for press in (lambda: page.keyboard.press("Alt+ArrowDown"), down.tap):
        for _ in range(last):
            press()
        assert lines()[last] == moved and lines()[last + 1 :] == first[last + 1 :]
    for press in (lambda: page.keyboard.press("Alt+ArrowUp"), up.tap):
        for _ in range(last):
            press()
        assert lines()[:2] == [first[0], moved]
    page.keyboard.press("Control+End")
    assert place.inner_text() == f"Line {len(first)} stays where it is."
    before = lines()
    up.tap()
    assert lines() == before
    # Numbers that stay would lie on the first letters of what is scrolled.
    sticks = "e => getComputedStyle(e).position"
    assert cell.locator(".cm-gutters").evaluate(sticks) != "sticky"
