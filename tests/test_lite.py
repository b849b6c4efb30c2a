"""The exercises as notebooks in a browser: JupyterLite beside the pages, no other host."""

import functools
import http.server
import json
import re
import shutil
import threading
from urllib.parse import unquote, urlsplit

import pytest

import audit
import book
import frame
import lite
import practise
import pyodide
from contents import ALL_PAGES, NOTEBOOKS
from descent.practice.exercises import EXERCISES
from descent.practice.mistakes import BY_ID, edited, source, wrong_answers

NAMES = [name for name in NOTEBOOKS if name.startswith("exercises/")]
PUBLIC = practise.PUBLIC.format(version=pyodide.entry()["version"])
SLOW = 120_000  # Milliseconds until a test gives up: no measure of anything.


def copied(folder):
    """Copy the built site, without Python if it was built with it."""
    shutil.copytree(book.SITE, folder, ignore=shutil.ignore_patterns("pyodide"))
    return folder


@pytest.fixture(scope="module")
def course(site, tmp_path_factory):
    """A copy of the built site, offline, with the notebooks in it."""
    folder = copied(tmp_path_factory.mktemp("course") / "site")
    # Many megabytes, and read alone.
    (folder / "_static" / "pyodide").symlink_to(pyodide.files(), target_is_directory=True)
    lite.write(folder)
    return folder


@pytest.fixture(scope="module")
def published(site, tmp_path_factory):
    """A copy as it is published, for which Pyodide's public address is another one."""
    folder = copied(tmp_path_factory.mktemp("published") / "site")
    lite.write(folder)
    script = folder / "lab" / "pyodide.js"
    handler = functools.partial(Open, directory=pyodide.files())
    with book.Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        text = script.read_text(encoding="utf-8")
        assert text.count(PUBLIC) == 1
        elsewhere = f"http://127.0.0.1:{server.server_address[1]}/"
        script.write_text(text.replace(PUBLIC, elsewhere), encoding="utf-8")
        yield folder
        server.shutdown()


# What is written.


def test_all_links_of_the_notebooks_lead_to_pages_of_the_book(course):
    assert len(list((course / "lab" / "files" / "my-work").iterdir())) == len(NAMES)
    pages = {}
    for path in (course / "lab" / "files" / "my-work").iterdir():
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts = [cell["source"] for cell in cells if cell["cell_type"] == "markdown"]
        links = re.findall(r"\]\(([^)]*)\)", "\n".join(texts))
        assert len(links) >= 3
        for link in links:
            address = urlsplit(link)
            assert address.path.startswith("/") and not address.netloc, (path.name, link)
            page = course / address.path[1:]
            pages.setdefault(page, audit.Links(page.read_text(encoding="utf-8")))
            assert unquote(address.fragment) in pages[page].places, (path.name, link)


def test_where_the_book_is_known_links_name_it():
    path = lite.EXERCISES / "adam.ipynb"
    text = lite.converted(path, "https://example.org/course")[2]
    assert "](https://example.org/course/solutions/adam.html)" in text
    assert "](/" not in text


def test_a_notebook_has_the_cells_of_its_exercise_and_a_mark_of_its_text():
    for path in lite.EXERCISES.glob("*.ipynb"):
        before = json.loads(path.read_text(encoding="utf-8"))["cells"]
        title, name, text = lite.converted(path, "")
        after = json.loads(text)["cells"]
        assert (
            before[0]["source"][0].removeprefix("# Exercises: ").removeprefix("# ") == f"{title}\n"
        )
        assert re.fullmatch(rf"{path.stem}-[0-9a-f]{{6}}\.ipynb", name)
        assert [cell["id"] for cell in after if cell["id"] != "yours"] == [c["id"] for c in before]
        assert all(isinstance(cell["source"], str) for cell in after)
        assert name != lite.converted(path, "https://example.org")[1]


def test_an_exercises_page_has_a_link_to_its_notebook(course):
    page = (course / "exercises" / "adam.html").read_text(encoding="utf-8")
    target = re.search(r'href="\.\./(lab/\S+)">Open as a notebook</a>', page)[1]
    address = urlsplit(target)
    assert (course / address.path).exists()
    assert (course / "lab" / "files" / address.query.removeprefix("path=")).exists()


def test_all_that_the_kernel_asks_for_is_there(course):
    script = (course / "lab" / "pyodide.js").read_text(encoding="utf-8")
    own = json.loads(re.match(r"const settings = (.*);", script)[1])["packages"]
    locked = json.loads(pyodide.LOCK.read_text(encoding="utf-8"))["packages"] | own
    wanted = {name.replace("_", "-") for name in lite.AT_START} | {"descent"}
    for one in locked.values():
        wanted |= set(one["depends"])
    assert wanted <= set(locked)
    files = {path.name for path in (course / "lab" / "wheels").iterdir()}
    assert files == {one["file_name"] for one in own.values()}


def test_the_offline_books_python_comes_after_what_no_page_names_is_deleted():
    finished = {}

    class App:
        def connect(self, event, called, priority=500):
            if event == "build-finished":
                finished[called] = priority

        def add_config_value(self, *rest):
            pass

    practise.setup(App())
    frame.setup(App())
    assert finished[practise.carry] > finished[frame.finish]


# In a browser.


missing, strangers = [], []


class Recorded(book.Handler):
    """Remembers what it hasn't got."""

    def send_error(self, code, *rest):
        missing.append(f"{code} {self.path}")
        super().send_error(code, *rest)


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """Every other host: remembers who was asked for, and refuses."""

    def refuse(self):
        if not self.path.startswith("content-autofill."):  # The browser's own.
            strangers.append(self.path)
        self.send_error(403)

    do_GET = do_POST = do_HEAD = do_CONNECT = refuse

    def log_message(self, *args):
        pass


class Open(book.Handler):
    """Serves files to every page, as Pyodide's public address does."""

    def end_headers(self):
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()


# Each takes two starts of Python. As it is published it is tried before a release.
@pytest.fixture(params=["course", *["published"] * ALL_PAGES])
def window(request, browser):
    """A window of a browser for which there is no host but that of the course."""
    course = request.getfixturevalue(request.param)
    Recorded.missing, Elsewhere.asked = [], []
    ours = functools.partial(Recorded, directory=course)
    with (
        book.Server(("127.0.0.1", 0), ours) as server,
        book.Server(("127.0.0.1", 0), Elsewhere) as others,
    ):
        for one in (server, others):
            threading.Thread(target=one.serve_forever, daemon=True).start()
        proxy = dict(server=f"http://127.0.0.1:{others.server_address[1]}", bypass="127.0.0.1")
        context = browser.new_context(
            base_url=f"http://127.0.0.1:{server.server_address[1]}", proxy=proxy
        )
        context.set_default_timeout(SLOW)
        yield context.new_page()
        context.close()
        for one in (server, others):
            one.shutdown()
    assert missing == strangers == []


def code(page, text):
    """The cell of a notebook with a text in it."""
    return page.locator(".jp-CodeCell", has_text=text)


def typed(page, cell, text):
    """Put a text into a cell, in the place of what is in it."""
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def saved(page):
    """Wait until a notebook is kept."""
    page.keyboard.press("Control+S")
    page.wait_for_function("() => !document.title.startsWith('*')")


def test_an_exercise_is_opened_edited_reloaded_checked_and_started_over(window):
    page = window
    page.goto("/exercises/adam.html")
    page.get_by_role("link", name="Open as a notebook").click()
    page.locator(".jp-RenderedMarkdown h1").first.wait_for()
    # A link leads to the book.
    chapter = page.locator(".jp-RenderedMarkdown a", has_text="the solutions").first
    chapter.hover()
    assert urlsplit(chapter.get_attribute("href")).path == "/solutions/adam.html"

    exercise = EXERCISES["bias_correction"]
    mistake, edit, _ = next(iter(wrong_answers(exercise.answer)))
    right = f"{source(exercise.answer)}\n\ncheck('bias_correction', {exercise.answer.__name__})"
    wrong = edited(source(exercise.answer), edit)
    typed(page, code(page, "bias_correction").first, right.replace(source(exercise.answer), wrong))
    saved(page)
    page.reload()
    cell = code(page, "bias_correction").first
    cell.locator(".cm-line", has_text=wrong.split("\n")[-2].strip()).wait_for()

    code(page, "import numpy").first.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    cell.locator(".practice").get_by_text(BY_ID[mistake].tells("bias_correction")[:20]).wait_for()
    typed(page, cell, right)
    page.keyboard.press("Control+Enter")
    cell.get_by_text("Right").wait_for()
    saved(page)

    page.goto("/lab/index.html")
    page.on("dialog", lambda dialog: dialog.accept())
    mine = page.locator("li", has_text="changed").filter(has_text="Adam")
    with page.expect_download() as download:
        mine.get_by_role("button", name="Download").first.click()
    assert re.fullmatch(r"adam-\w+\.ipynb", download.value.suggested_filename)
    assert "progress.json" in page.locator("#earlier").inner_text()
    mine.get_by_role("button", name="Start over").click()
    mine.wait_for(state="detached")
    page.get_by_role("link", name="Adam", exact=True).click()
    page.locator(".jp-RenderedMarkdown h1").first.wait_for()
    assert "..." in code(page, "bias_correction").first.inner_text()
