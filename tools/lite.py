"""Build what is published: the pages, and the exercises as notebooks that run in the browser.

    python tools/lite.py [PORT]    into _build/site, and serve it on this machine if there is a port

JupyterLite is built once, in a cache, from the wheels that `requirements-lab.txt` names. Its Python
is the pages' own Pyodide, from the same address, with the course's package ready to import. Each
exercise is a notebook in `my-work/` whose name ends in a mark of its text: a new version never
meets what a reader has made of an old one. The exercises' pages get links to them.
"""

import hashlib
import inspect
import io
import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import book
import descent
import plan
import practise
from notebooks import INSTALL
from pyodide import entry, kept

# Apart from the pages alone, which the tests weigh.
SITE = book.ROOT / "_build" / "site"
REQUIREMENTS = book.ROOT / "requirements-lab.txt"
SCRIPTS = book.ROOT / "book" / "_js" / "lab"
EXERCISES = book.ROOT / "book" / "exercises"
KERNEL = "@jupyterlite/pyodide-kernel-extension"
EXTENSIONS = (KERNEL, "@jupyter-widgets/jupyterlab-manager", "anywidget")
# What JupyterLite's kernel loads when it starts, by the names that it knows them by.
AT_START = (
    *("micropip", "piplite", "ssl", "sqlite3", "ipykernel", "comm"),
    *("pyodide_kernel", "jedi", "ipython"),
)  # fmt: skip
# Wheels that aren't Pyodide's, and what each needs: Pyodide's lock knows nothing of them.
OWN = {
    "anywidget": ["ipywidgets", "psygnal", "typing-extensions"],
    "comm": ["traitlets"],
    "descent": ["numpy", "matplotlib", "ipywidgets", "anywidget"],
    "ipykernel": [],
    "ipywidgets": ["comm", "ipython", "traitlets", "widgetsnbextension"],
    "piplite": ["micropip"],
    "psygnal": [],
    "pyodide-kernel": ["ipykernel", "ipython"],
    "ssl": [],
    "typing-extensions": [],
    "widgetsnbextension": [],
}
STORAGE = "descent notebooks"


# ---------------------------------------------------------------- the application


def application():
    """Return a folder with JupyterLite in `app` and wheels in `wheels`, built once."""
    made_by = inspect.getsource(build) + repr(OWN)
    digest = hashlib.sha256(REQUIREMENTS.read_bytes() + made_by.encode()).hexdigest()
    return kept(f"lab-{digest[:8]}", build)


def build(folder):
    """Build JupyterLite without contents, from an empty folder: it trusts what it finds there."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    with tempfile.TemporaryDirectory() as temporary:
        temporary = Path(temporary).resolve()
        downloaded, installed = temporary / "wheels", temporary / "installed"
        # For Pyodide's Python, and without what comes compiled.
        options = ["--no-deps", "--only-binary=:all:", "--python-version=3.12", "--platform=any"]
        command = [*pip, "download", *options, "--require-hashes", "-r", str(REQUIREMENTS)]
        subprocess.run([*command, "--dest", str(downloaded)], check=True)
        names = map(str, downloaded.glob("*.whl"))
        command = [*pip, "install", "--no-deps", "--no-index", "--target", str(installed)]
        subprocess.run([*command, *names], check=True)
        extensions = installed / "share" / "jupyter" / "labextensions"
        config = dict(
            apps=["notebooks", "tree", "edit", "consoles"],
            federated_extensions=[str(extensions / name) for name in EXTENSIONS],
            ignore_sys_prefix=True,
            no_libarchive=True,
            no_sourcemaps=True,
            no_unused_shared_packages=True,
            output_dir=str(folder / "app"),
        )
        source = temporary / "source"
        source.mkdir()
        (source / "jupyter_lite_config.json").write_text(json.dumps(dict(LiteBuildConfig=config)))
        path = os.pathsep.join(filter(None, [str(installed), os.environ.get("PYTHONPATH")]))
        built = subprocess.run(
            [sys.executable, "-m", "jupyterlite_core", "build"],
            cwd=source,
            env=os.environ | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
        )
        if built.returncode or not (folder / "app" / "notebooks" / "index.html").exists():
            sys.exit(f"JupyterLite could not be built:\n{built.stdout[-2000:]}{built.stderr}")
        wheels = [*downloaded.glob("*.whl")]
        wheels += (extensions / KERNEL / "static" / "pypi").glob("*.whl")
        (folder / "wheels").mkdir()
        for wheel in wheels:
            if package(wheel.name) in OWN and not wheel.name.startswith("widgetsnbextension-3"):
                shutil.copy(wheel, folder / "wheels")


def package(wheel):
    """Return the name of a wheel's package, as locks write it."""
    return wheel.split("-")[0].replace("_", "-").lower()


# ---------------------------------------------------------------- the packages


def wheel(name, version, files=()):
    """Return the name and the bytes of a wheel of plain files, the same for the same files.

    Parameters
    ----------
    name, version : str
    files : iterable of (str, bytes)
    """
    about = f"{name}-{version}.dist-info"
    described = [
        *files,
        (
            f"{about}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        ),
        (f"{about}/WHEEL", b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
    ]
    record = "".join(f"{path},,\n" for path, _ in described)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for path, data in [*described, (f"{about}/RECORD", f"{record}{about}/RECORD,,\n".encode())]:
            file.writestr(zipfile.ZipInfo(path), data, zipfile.ZIP_DEFLATED)
    # What is in it stands in its name, so that no browser takes an old one for it.
    mark = int(hashlib.sha256(packed.getvalue()).hexdigest()[:8], 16)
    return f"{name}-{version}-{mark}-py3-none-any.whl", packed.getvalue()


def packages(folder):
    """Put the wheels into a folder, and return what a lock says of each."""
    shutil.copytree(application() / "wheels", folder)
    with zipfile.ZipFile(io.BytesIO(practise.archive())) as archive:
        ours = [(name, archive.read(name)) for name in archive.namelist()]
    # The kernel asks for `ssl`, which would bring 2 MB of OpenSSL that nothing here uses.
    for name, data in (wheel("descent", descent.__version__, ours), wheel("ssl", "1.0.0")):
        (folder / name).write_bytes(data)
    locked = {}
    for path in sorted(folder.iterdir()):
        name = package(path.name)
        locked[name] = dict(
            name=name,
            version=path.name.split("-")[1],
            file_name=path.name,
            install_dir="site",
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            package_type="package",
            unvendored_tests=False,
            imports=[] if name == "ssl" else [name.replace("-", "_")],
            depends=OWN[name],
        )
    if missing := set(OWN) - set(locked):
        sys.exit(f"requirements-lab.txt names no wheel of {', '.join(sorted(missing))}.")
    return locked


# ---------------------------------------------------------------- the notebooks


def converted(path, base):
    """Return an exercise as a notebook for the browser: its title, its file's name, its content.

    Parameters
    ----------
    path : Path
    base : str
        Where the book's pages are. Without it, links begin with a slash, and `links.js` completes
        them.
    """
    notebook = json.loads(path.read_text(encoding="utf-8"))
    link = re.compile(r"\]\(([\w./]+)\.ipynb(#[^)]*)?\)")

    def completed(match):
        page = posixpath.normpath(f"exercises/{match[1]}")
        return f"]({base}/{page}.html{match[2] or ''})"

    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != INSTALL]
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            cell["source"] = link.sub(completed, cell["source"])
        for output in cell.get("outputs", []):
            if "text" in output:
                output["text"] = "".join(output["text"])
            data = output.get("data", {})
            data |= {kind: "".join(text) for kind, text in data.items() if isinstance(text, list)}
    title = re.match("# (?:Exercises: )?(.*)", notebook["cells"][0]["source"])[1]
    told = (
        "*This copy is yours. Python starts in your browser, which takes some seconds; then run "
        "the cells from the first one on (Shift+Enter). What you change is kept in this browser. "
        f"[Start over, or download]({base}/lab/index.html) · "
        f"[This page in the book]({base}/exercises/{path.stem}.html) · "
        "If a cell never ends: Kernel, Restart.*"
    )
    notebook["cells"].insert(1, dict(cell_type="markdown", id="yours", metadata={}, source=told))
    notebook["metadata"]["kernelspec"] = dict(
        name="python", display_name="Python (Pyodide)", language="python"
    )
    text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
    mark = hashlib.sha256(text.encode()).hexdigest()[:6]
    return title, f"{path.stem}-{mark}.ipynb", text


def listing(path, kind, size=None, content=None):
    """Return what JupyterLite wants to know of a file or a folder."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return dict(
        name=path.rpartition("/")[2],
        path=path,
        type=kind,
        format="json" if content is not None else None,
        content=content,
        created=now,
        last_modified=now,
        mimetype=None,
        size=size,
        writable=True,
    )


def notebooks(lab, base):
    """Put the notebooks into `lab`; return of each its exercise's name, its title and its file."""
    work = lab / "files" / "my-work"
    work.mkdir(parents=True)
    made, listed = [], []
    # In the order of the book.
    for path in [EXERCISES / f"{stem}.ipynb" for stem in plan.pages()]:
        title, name, text = converted(path, base)
        (work / name).write_text(text, encoding="utf-8", newline="\n")
        listed.append(listing(f"my-work/{name}", "notebook", len(text.encode())))
        made.append(dict(name=path.stem, title=title, file=name))
    contents = lab / "api" / "contents"
    (contents / "my-work").mkdir(parents=True)
    folder = listing("my-work", "directory", content=listed)
    root = listing("", "directory", content=[listing("my-work", "directory")])
    (contents / "my-work" / "all.json").write_text(json.dumps(folder), encoding="utf-8")
    (contents / "all.json").write_text(json.dumps(root), encoding="utf-8")
    return made


# ---------------------------------------------------------------- all of it


def configure(lab, pyodide, locked):
    """Tell JupyterLite where its Python is, and how to keep what a reader does."""
    path = lab / "jupyter-lite.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    data = config["jupyter-config-data"]
    data["appName"] = "Exercises"
    data["faviconUrl"] = "./notebooks/favicon.ico"
    data["contentsStorageName"] = STORAGE
    kernel = data["litePluginSettings"][f"{KERNEL}:kernel"]
    kernel |= dict(
        pyodideUrl="./pyodide.js",
        disablePyPIFallback=True,
        loadPyodideOptions=dict(packages=list(AT_START)),
    )
    # Seconds: whoever closes a tab loses little.
    data["settingsOverrides"] = {
        "@jupyterlab/docmanager-extension:plugin": dict(autosaveInterval=5)
    }
    path.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    settings = dict(pyodide=pyodide, lock="../_static/python/lock.json", packages=locked)
    text = (SCRIPTS / "pyodide.js").read_text(encoding="utf-8")
    script = f"const settings = {json.dumps(settings)};\n{text}"
    (lab / "pyodide.js").write_text(script, encoding="utf-8", newline="\n")


def frame(lab, made):
    """Put our own start page there, and complete the links of notebooks where they are shown."""
    for name in ("links.js", "LICENSE"):
        shutil.copy(SCRIPTS / name, lab)
    # The tab's icons, which this version asks for and doesn't bring.
    icons = lab / "static" / "favicons"
    icons.mkdir(parents=True)
    for name in ("busy-1", "busy-2", "busy-3", "file", "notebook"):
        shutil.copy(lab / "notebooks" / "favicon.ico", icons / f"favicon-{name}.ico")
    for page in lab.glob("*/index.html"):
        text = page.read_text(encoding="utf-8")
        added = '<link rel="icon" href="favicon.ico"><script src="../links.js"></script></head>'
        page.write_text(text.replace("</head>", added), encoding="utf-8")
    settings = json.dumps(dict(storage=STORAGE, notebooks=made))
    page = (SCRIPTS / "index.html").read_text(encoding="utf-8").replace("{settings}", settings)
    (lab / "index.html").write_text(page, encoding="utf-8")


def link(site, made):
    """Put a link to its notebook under the title of each exercise's page."""
    for notebook in made:
        page = site / "exercises" / f"{notebook['name']}.html"
        text = page.read_text(encoding="utf-8")
        target = f"../lab/notebooks/index.html?path=my-work/{notebook['file']}"
        line = f'<p class="aside"><a href="{escape(target)}">Open as a notebook</a></p>'
        # There is another heading above, for print.
        before, article, after = text.partition("<article")
        text = before + article + after.replace("</h1>\n", f"</h1>\n{line}\n", 1)
        page.write_text(text, encoding="utf-8")


def write(site):
    """Put all of it into a built site."""
    lab = site / "lab"
    shutil.copytree(application() / "app", lab)
    beside = (site / "_static" / "pyodide").exists()
    public = practise.PUBLIC.format(version=entry()["version"])
    configure(lab, "../_static/pyodide/" if beside else public, packages(lab / "wheels"))
    made = notebooks(lab, book.config()["html"]["baseurl"].rstrip("/"))
    frame(lab, made)
    link(site, made)


def publish():
    """Build the book, and beside it a copy with the notebooks. Return the exit code."""
    if code := book.build():
        return code
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.copytree(book.SITE, SITE)
    write(SITE)
    print(f"The whole site is in {SITE.relative_to(book.ROOT)}.")
    return 0


if __name__ == "__main__":
    try:
        book.main(*(sys.argv[1:] or ["--build"]), build=publish, site=SITE)
    except KeyboardInterrupt:
        print()
