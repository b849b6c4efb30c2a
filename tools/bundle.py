"""Bundle the pages' own modules with the libraries that they use.

    python tools/bundle.py            write the result of each book/_js/bundled/NAME.mjs
    python tools/bundle.py --check    only say which of them aren't what their sources give

The results are committed: building the book needs Python alone. Libraries are those of
`tools/js/package.json`; the lock file beside it holds every one's version, license and hash.
Add one with `npm install --package-lock-only --omit-lockfile-registry-resolved --save-exact NAME`
in `tools/js`. Each result begins with the names, versions and licenses of what is in it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import audit
import book

SOURCES = book.ROOT / "book" / "_js" / "bundled"
RESULTS = book.ROOT / "book" / "_static"
# What the package hands to Jupyter too, and what is written into when the book is built: pages get
# these from tools/carried.py and tools/practise.py.
ELSEWHERE = {
    "figures.mjs": book.ROOT / "code" / "descent" / "data",
    "descent.mjs": book.ROOT / "book" / "_js" / "made",
    "practise.mjs": book.ROOT / "book" / "_js" / "made",
}
LOCKED = book.ROOT / "tools" / "js"
INSTALLED = audit.CACHE / "js"
OPTIONS = ["--bundle", "--format=esm", "--minify", "--target=es2022", "--charset=utf8"]
OPTIONS += ["--legal-comments=none", "--log-level=warning", "--loader:.css=text"]
# Fetched where there is a figure; and left out.
OPTIONS += ["--external:./figures.mjs", f"--alias:d3-color={SOURCES.parent}/figures/colorless.mjs"]


def install():
    """Install what the lock file names, unless it is there. Return the path of esbuild."""
    lock = INSTALLED / "package-lock.json"
    if not lock.exists() or lock.read_bytes() != (LOCKED / "package-lock.json").read_bytes():
        npm = shutil.which("npm") or sys.exit("This needs Node and its npm (https://nodejs.org).")
        INSTALLED.mkdir(parents=True, exist_ok=True)
        shutil.copy(LOCKED / "package.json", INSTALLED)
        # npm compares each package with its hash.
        shutil.copy(LOCKED / "package-lock.json", INSTALLED)
        try:
            subprocess.run([npm, "ci", "--silent"], cwd=INSTALLED, check=True)
        except subprocess.CalledProcessError:
            lock.unlink()
            raise
    return INSTALLED / "node_modules" / ".bin" / "esbuild"


def result(source):
    """Where the bundle of a source goes."""
    return ELSEWHERE.get(source.name, RESULTS) / source.name


def bundle(source):
    """Return the text of a module with all that it imports, but for the book's own modules."""
    esbuild = install()
    with tempfile.TemporaryDirectory() as folder:
        meta, result = Path(folder) / "meta.json", Path(folder) / "result.mjs"
        command = [str(esbuild), str(source), *OPTIONS, f"--outfile={result}"]
        command += [f"--metafile={meta}"]
        # The sources stand elsewhere than the libraries.
        environment = os.environ | {"NODE_PATH": str(INSTALLED / "node_modules")}
        run = subprocess.run(command, capture_output=True, env=environment, cwd=source.parent)
        if run.returncode:
            sys.exit(f"{source.name} could not be bundled:\n{run.stderr.decode()}")
        inputs = json.loads(meta.read_text(encoding="utf-8"))["inputs"]
        text = result.read_text(encoding="utf-8")
    for style in [source.parent / name for name in inputs if name.endswith(".css")]:
        text = squeezed(text, style, esbuild)
    packages = re.findall(r"node_modules/((?:@[^/]+/)?[^/]+)/", "\n".join(inputs))
    said = [f"{name} {version} ({license})" for name, version, license in map(about, set(packages))]
    head = f"// Made by tools/bundle.py from book/_js/bundled/{source.name}"
    head += f" with {', '.join(sorted(said))}.\n" if said else ".\n"
    return head + text


def squeezed(text, style, esbuild):
    """Put a minified style in the place of the one that a bundle has as text."""
    whole = style.read_text(encoding="utf-8")
    if text.count(whole) != 1:
        sys.exit(f"{style.name} should stand in the bundle once, as it is written.")
    command = [str(esbuild), str(style), "--minify", "--charset=utf8"]
    short = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    return text.replace(whole, short)


def about(package):
    """Return an installed package's name, version and license."""
    path = INSTALLED / "node_modules" / package / "package.json"
    entry = json.loads(path.read_text(encoding="utf-8"))
    return package, entry["version"], entry["license"]


def main():
    stale = []
    for source in sorted(SOURCES.glob("*.mjs")):
        path, text = result(source), bundle(source)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(source.name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8", newline="\n")
    print(f"{'stale' if '--check' in sys.argv else 'written'}: {', '.join(stale) or 'none'}")
    if stale and "--check" in sys.argv:
        sys.exit(1)


if __name__ == "__main__":
    main()
