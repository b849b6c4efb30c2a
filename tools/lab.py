"""Copy the notebooks into my-work/, where they are yours, and open that in JupyterLab.

    python tools/lab.py [--allow-root]

The exercises come into my-work/, the chapters into my-work/chapters/, and today.ipynb beside them,
which says what to do on a day and has room to write what is asked again. A notebook that is there
already is left alone, whatever it holds: neither an update of the course nor a second run of this
command touches your work. my-work/ is not part of the repository.
"""

import json
import os
import posixpath
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "my-work"
LINK = re.compile(r"(?<=\]\()[\w./-]+\.(?:ipynb|md)")
# What the book reads and Jupyter would show as it is written: places to link to, and papers.
PLACE = re.compile(r'^ *"\([\w-]+\)=\\n",\n', re.MULTILINE)
PAPER = re.compile(r"\{cite(?::t)?\}`([^`]+)`")


def place(name):
    """Return where a reader finds a file of `book/`, from the root of the course."""
    if name.startswith("exercises/"):
        return name.replace("exercises/", "my-work/", 1)
    if name.startswith("solutions/") or not name.endswith(".ipynb"):
        return f"book/{name}"
    return f"my-work/chapters/{name}"


def converted(name, text):
    """Return a notebook's text as it is to stand in its new place.

    Parameters
    ----------
    name : str
        The notebook's path in `book/`.
    text : str
        Its JSON, as `make notebooks` writes it.

    Returns
    -------
    str
    """
    here = posixpath.dirname(place(name))

    def led(link):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), link[0]))
        return posixpath.relpath(place(target), here)

    return PAPER.sub(r"(\1)", PLACE.sub("", LINK.sub(led, text)))


def copy():
    """Copy the notebooks that are not in my-work/ yet, and return their names."""
    WORK.mkdir(exist_ok=True)
    copied = []
    for kind in ("exercises/*.ipynb", "*.ipynb", "deeper/*.ipynb"):
        for original in sorted((ROOT / "book").glob(kind)):
            name = original.relative_to(ROOT / "book").as_posix()
            mine = WORK.parent / place(name)
            mine.parent.mkdir(parents=True, exist_ok=True)
            text = converted(name, original.read_text(encoding="utf-8"))
            try:
                with open(mine, "x", encoding="utf-8", newline="\n") as file:
                    file.write(text)
            except FileExistsError:
                continue
            copied.append(mine.relative_to(WORK).as_posix())
    return copied


def begin():
    """Write today.ipynb into my-work/, if it isn't there yet."""
    codes = {
        "asked": "from descent.practice import progress, today\n\ntoday()",
        "room": "import numpy as np\n",
        "done": "progress()",
    }
    empty = dict(cell_type="code", metadata={}, execution_count=None, outputs=[])
    cells = [dict(cell_type="markdown", id="today", metadata={}, source="# Today")]
    cells += [dict(empty, id=id, source=source) for id, source in codes.items()]
    kernel = dict(display_name="Python 3", language="python", name="python3")
    notebook = dict(cells=cells, metadata=dict(kernelspec=kernel), nbformat=4, nbformat_minor=5)
    try:
        with open(WORK / "today.ipynb", "x", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(notebook, indent=1) + "\n")
    except FileExistsError:
        pass


def main(*options):
    if WORK.exists() and not WORK.is_dir():
        sys.exit("my-work is a file: the notebooks need a folder of that name. Rename the file.")
    if getattr(os, "geteuid", lambda: 1)() == 0 and "--allow-root" not in options:
        sys.exit(
            "You are root, and as root Jupyter starts only if told to, since cells may then do "
            "anything: in a container of your own, make lab ROOT=1 does that."
        )
    copied = copy()
    begin()
    print(
        f"{len(copied)} notebooks copied into my-work/; those that were there are as you left them"
    )
    command = [sys.executable, "-m", "jupyter", "lab", *options]
    # The whole course can be opened from there, so that links to its other pages work.
    command += [f"--ServerApp.root_dir={ROOT}", "--LabApp.default_url=/lab/tree/my-work"]
    sys.exit(subprocess.call(command))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        print()
