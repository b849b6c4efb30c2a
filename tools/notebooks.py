"""Execute notebooks and write them in one normal form: executed twice, they have the same bytes.

python tools/notebooks.py                      all notebooks under book/
python tools/notebooks.py book/adam.ipynb ...  these
python tools/notebooks.py --normalize ...      only write the normal form, without executing
"""

import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

import book

ROOT = Path(__file__).resolve().parent.parent

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CELL_METADATA = {"tags", "mystnb", "cellView"}
# The cell for Colab and its like, by its id: see `add_installer`.
INSTALL = "install"
INSTALLER = """# @title The course's package, where it isn't installed
import subprocess
import sys
from importlib.util import find_spec

if find_spec("descent") is None:
    package = "descent @ git+{url}@{branch}#subdirectory=code"
    pip = [sys.executable, "-m", "pip", "install", "-q"]
    subprocess.run([*pip, package, "anywidget"], check=True)"""
WIDGET = "application/vnd.jupyter.widget-view+json"
# What editors and libraries hand out: eight hexadecimal digits, or a UUID.
RANDOM_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8}")


def name_cells(cells):
    """Give a free id (c01, c02, ...) to cells that have none, a random or a repeated one."""
    taken = set()
    nameless = []
    for cell in cells:
        if RANDOM_ID.fullmatch(cell.get("id", "00000000")) or cell.id in taken:
            nameless.append(cell)
        else:
            taken.add(cell.id)
    free = (f"c{n:02}" for n in range(1, len(cells) + 1) if f"c{n:02}" not in taken)
    for cell in nameless:
        cell["id"] = next(free)


def merge_streams(outputs):
    """Join what was printed in pieces, so that it doesn't matter how the kernel cut it."""
    merged = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if output.output_type == "stream" and output.name == last.get("name"):
            last["text"] += output.text
        else:
            merged.append(output)
    return merged


def set_alt(cell):
    """Copy a figure's alt text to the cell's metadata, where alone MyST-NB looks for it."""
    figures = [out for out in cell.outputs if "image/png" in out.get("data", {})]
    alts = [out.metadata.get("image/png", {}).get("alt") for out in figures]
    if any(alts):
        mystnb = cell.metadata.setdefault("mystnb", {})
        mystnb.setdefault("image", {})["alt"] = " ".join(filter(None, alts))


def add_installer(notebook):
    """Put a cell that installs the package, from the repository, before those that import it.

    Where `_config.yml` doesn't say where the repository is, there is none. No page shows it.
    """
    notebook.cells = [cell for cell in notebook.cells if cell.get("id") != INSTALL]
    repository = book.config()["repository"]
    codes = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    if repository["url"] and codes:
        cell = nbformat.v4.new_code_cell(INSTALLER.format(**repository), id=INSTALL)
        # The book reads the tag, Colab the view.
        cell.metadata = {"tags": ["remove-cell"], "cellView": "form"}
        notebook.cells.insert(codes[0], cell)


def normalize(notebook):
    """Strip a notebook of all that depends on the machine, the day or the editor, in place."""
    notebook.nbformat_minor = 5
    notebook.metadata = nbformat.from_dict(METADATA)
    name_cells(notebook.cells)
    executed = 0
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(
            {key: value for key, value in cell.metadata.items() if key in CELL_METADATA}
        )
        if cell.cell_type != "code":
            continue
        # The book reads the tags, JupyterLab this.
        if {"hide-input", "remove-cell"} & set(cell.metadata.get("tags", [])):
            cell.metadata["jupyter"] = {"source_hidden": True}
        if cell.execution_count is not None:
            executed += 1
            cell.execution_count = executed
        cell.outputs = merge_streams(cell.outputs)
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count
            # A stored view has no model to show. Without it, JupyterLab shows the HTML beside it
            # until the cell runs.
            output.get("data", {}).pop(WIDGET, None)
        set_alt(cell)
    return notebook


def text(notebook):
    """Return the file's content."""
    return nbformat.writes(notebook) + "\n"


def write(notebook, path):
    """Write a notebook in its normal form, if that isn't what its file has."""
    if path.is_relative_to(ROOT / "book"):
        add_installer(notebook)
    before, after = path.read_text(encoding="utf-8"), text(normalize(notebook))
    if after != before:
        path.write_text(after, encoding="utf-8", newline="\n")
    print(f"{os.path.relpath(path)}: {'written' if after != before else 'unchanged'}", flush=True)


def execute(path):
    """Execute one notebook in its folder; write it if it changed. Return an error or None."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=600,
        record_timing=False,
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError) as error:
        return str(error)
    write(notebook, path)
    return None


def main(names):
    normalizing = names[:1] == ["--normalize"]
    names = names[normalizing:]
    if names:
        paths = [Path(name).resolve() for name in names]
    else:
        paths = sorted((ROOT / "book").rglob("*.ipynb"))
        paths = [path for path in paths if ".ipynb_checkpoints" not in path.parts]
    for path in paths:
        if not path.is_file():
            sys.exit(f"There is no notebook {path}.")
    if normalizing:
        for path in paths:
            write(nbformat.read(path, as_version=4), path)
        return
    # One thread each, or matrix products would depend on the number of processors.
    for library in ("OPENBLAS", "MKL", "OMP"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        errors = dict(zip(paths, pool.map(execute, paths), strict=True))
    failed = {path: error for path, error in errors.items() if error}
    for path, error in failed.items():
        print(f"\n{os.path.relpath(path)} failed and was left as it was:\n{error}", file=sys.stderr)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main(sys.argv[1:])
