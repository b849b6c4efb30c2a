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
CORE = ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
# What Matplotlib names and the pages' pictures don't need: fonts to embed, time zones, a window.
LEFT_OUT = {"fonttools", "pytz", "matplotlib-pyodide"}


def entry():
    """Return what `vendored.toml` says of Pyodide."""
    return tomllib.loads(VENDORED.read_text(encoding="utf-8"))["pyodide"]


def trimmed(official):
    """Return Pyodide's lock with what the book uses alone: NumPy, and Matplotlib's kin."""
    packages, wanted = official["packages"], ["numpy", "matplotlib"]
    kept = {}
    while wanted:
        name = wanted.pop()
        if name not in kept:
            depends = [d for d in packages[name]["depends"] if d not in LEFT_OUT]
            kept[name] = packages[name] | {"depends": depends}
            wanted += depends
    return official | {"packages": dict(sorted(kept.items()))}


def files():
    """Return a folder of all files, fetched once and checked."""
    about = entry()
    folder = audit.CACHE / f"pyodide-{about['version']}"
    if folder.exists():
        return folder
    partial = folder.with_name(folder.name + ".new")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    core = package(about)
    for name in CORE:
        (partial / name).write_bytes(core[name])
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
                (partial / one["file_name"]).write_bytes(wheel)
    partial.rename(folder)
    return folder


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
