"""Every notebook runs in the Python of the pages, and prints there what is stored.

Each of SOME every time, and all of them with DESCENT_ALL_PAGES=1, before a release.
"""

import re
import shutil

import nbformat
import pytest

import practise
import pyodide
from browsing import serving
from contents import ALL_PAGES, BOOK, NOTEBOOKS

# What there is in any of them is met in these. (Rules on tasks, twenty seeds, rows of studies, live
# figures, questions, pictures, exercises, and a library that is missing.)
SOME = ["rmsprop", "adam", "exercises/adam", "exercises/adam_in_pytorch"]
NAMES = [name.removesuffix(".ipynb") for name in NOTEBOOKS]
# Training there is sensitive to rounding, and a page's NumPy, without BLAS, sums in another order.
# Most of these differ between processors too: see tests/rounding.py.
ROUNDED = {
    ("capstone", "unfair-winners"): "three seeds at rates that nearly diverge",
    ("capstone", "expected-table"): "the mean of the best of few tries, of the same runs",
    ("deeper/adam_challenges", "edge-runs"): "thousands of steps at the edge of stability",
}
LACKING = "Skipped: this cell needs PyTorch.\n"
SLOW = 1_200_000  # Milliseconds until a test gives up: no measure of anything.
KINDS = ("text/html", "image/png", "text/markdown", "text/plain")
RUN = """async ([cells, start]) => {
    const worker = new Worker("python/worker.mjs", { type: "module" });
    let number = 0;
    const ask = message => new Promise((resolve, reject) => {
        worker.onerror = event => reject(new Error(event.message));
        worker.onmessage = ({ data }) => data.number === number && resolve(data);
        worker.postMessage({ number: number += 1, ...message });
    });
    const { failed } = await ask({ start });
    if (failed) throw new Error(failed);
    const shown = [];
    for (const index of cells.keys()) {
        const run = { cells, index, picture: "light", seconds: 1000 };
        const { outputs, failed } = await ask({ run });
        shown.push(outputs ?? [{ error: failed }]);
    }
    worker.terminate();
    return shown;
}"""


@pytest.fixture(scope="module")
def bench(browser, tmp_path_factory):
    """A page with Python and nothing else, and how to start it."""
    folder = tmp_path_factory.mktemp("bench")
    archive = practise.place(folder)
    shutil.copytree(pyodide.files(), folder / "pyodide")
    (folder / "index.html").write_text('<!doctype html><link rel="icon" href="data:,">')
    with serving(folder) as address:
        page = browser.new_page()
        page.set_default_timeout(SLOW)
        page.goto(address)
        names = dict(pyodide="pyodide/", lock="python/lock.json", script="python/runner.py")
        names |= dict(archive=archive)
        yield page, {key: address + name for key, name in names.items()}
        page.close()


def stored(cell):
    """What a cell shows in its notebook, in the form of the runner's outputs."""
    for output in cell.outputs:
        if output.output_type == "stream":
            yield {output.name: output.text}
        else:
            yield output.data


def texts(outputs):
    """The kind and the text of each output; of pictures, which differ, that they are there."""
    for output in outputs:
        kind = next((kind for kind in KINDS if kind in output), None)
        if kind is None:
            yield from output.items()
        else:
            text = "" if kind == "image/png" else re.sub("<img[^>]*>", "<img>", output[kind])
            yield kind, text


@pytest.mark.parametrize("name", NAMES if ALL_PAGES else SOME)
def test_every_cell_runs_in_a_page_and_prints_what_is_stored(bench, name):
    page, start = bench
    notebook = nbformat.read(BOOK / f"{name}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    shown = page.evaluate(RUN, [[cell.source for cell in cells], start])
    assert len(shown) == len(cells)
    lacking = False
    for cell, outputs in zip(cells, shown, strict=True):
        here, there = list(texts(outputs)), list(texts(stored(cell)))
        assert not [text for kind, text in here if kind == "error"], (cell.id, here)
        if lacking and here == [("stdout", LACKING)]:
            continue
        if "optional.skip_cells" in cell.source:
            # It says what isn't there, and from here on cells are skipped.
            assert "PyTorch isn't here" in here[-1][1] and not there
            lacking = True
        elif (name, cell.id) in ROUNDED:
            assert [kind for kind, _ in here] == [kind for kind, _ in there]
            assert [re.sub(r"[\d.,]+", "", text) for _, text in here] == [
                re.sub(r"[\d.,]+", "", text) for _, text in there
            ], cell.id
        else:
            assert here == there, cell.id
