"""A stored output that no longer follows from its code must fail, whatever kind of output it is."""

import base64
import io
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image

import notebooks
from contents import ROOT

DRAW = """
import base64, io
from IPython.display import HTML, Image, display
from matplotlib.figure import Figure

def draw(height):
    figure = Figure(figsize=(4, 3))
    figure.subplots().plot([0, height, 1])
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()
"""
CELLS = {
    "number": "print(f'{2 / 3:.3f}')",
    "picture": "display(Image(draw(2)))",
    "inline": "png = base64.b64encode(draw(2)).decode()\n"
    "display(HTML(f'<img src=\"data:image/png;base64,{png}\">'))",
}


def other_picture():
    file = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(file, format="png")
    return base64.b64encode(file.getvalue()).decode()


def change(output):
    """Change one stored output by hand."""
    if "text" in output:
        output.text = output.text.replace("0.667", "0.668")
    elif "image/png" in output.data:
        output.data["image/png"] = other_picture()
    else:
        output.data["text/html"] = f'<img src="data:image/png;base64,{other_picture()}">'


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Return what nbval says of a notebook that has each output as it was, and once changed."""
    folder = tmp_path_factory.mktemp("notebooks")
    path = folder / "changed.ipynb"
    sources = [DRAW, *CELLS.values(), *CELLS.values()]
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
    assert notebooks.execute(path) is None
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells[1 + len(CELLS) :]:
        change(cell.outputs[0])
    nbformat.write(notebook, path)

    shutil.copy(ROOT / "conftest.py", folder)
    options = ["-q", "-rA", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider"]
    options += ["-c", str(ROOT / "pytest.ini"), "--rootdir", str(folder)]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return run.stdout


@pytest.mark.parametrize("cell, kind", list(enumerate(CELLS, start=1)))
def test_an_output_passes_as_it_was_and_fails_when_changed(report, cell, kind):
    assert re.search(rf"^PASSED \S*changed.ipynb::Cell {cell}\b", report, re.M)
    assert re.search(rf"^FAILED \S*changed.ipynb::Cell {cell + len(CELLS)}\b", report, re.M)


@pytest.mark.parametrize("kind", ["picture", "inline"])
def test_a_changed_picture_fails_with_a_sentence(report, kind):
    cell = len(CELLS) + 1 + list(CELLS).index(kind)
    assert f"Cell {cell}: Picture 1 is no longer what the code draws: " in report


def test_executed_twice_the_bytes_are_the_same(tmp_path, capsys):
    path = tmp_path / "twice.ipynb"
    sources = [
        DRAW,
        *CELLS.values(),
        "import ipywidgets\nipywidgets.IntSlider()",
        "print('a', flush=True)\nimport time\ntime.sleep(0.3)\nprint('b')",
    ]
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
    assert notebooks.execute(path) is None
    first = path.read_bytes()
    assert notebooks.execute(path) is None
    assert path.read_bytes() == first
    assert capsys.readouterr().out.splitlines()[-1].endswith("twice.ipynb: unchanged")


def test_a_notebook_that_fails_is_left_as_it_was(tmp_path):
    path = tmp_path / "fails.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("print(1)"), new_code_cell("1 / 0")]), path)
    before = path.read_bytes()
    assert "ZeroDivisionError" in notebooks.execute(path)
    assert path.read_bytes() == before


def test_normalizing_executes_nothing(tmp_path, capsys):
    path = tmp_path / "edited.ipynb"
    cell = new_code_cell("1 / 0", metadata={"collapsed": False}, execution_count=7)
    nbformat.write(new_notebook(cells=[cell], metadata={"widgets": {}}), path)
    notebooks.main(["--normalize", str(path)])
    notebooks.main(["--normalize", str(path)])
    said = [line.rpartition(": ")[2] for line in capsys.readouterr().out.splitlines()]
    assert said == ["written", "unchanged"]
    (cell,) = nbformat.read(path, as_version=4).cells
    assert (cell.execution_count, cell.outputs, cell.metadata) == (1, [], {})
