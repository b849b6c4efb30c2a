"""Build the book, unless nothing has changed since the last time, and serve it on this machine.

python tools/book.py [PORT]
python tools/book.py --build    only build
"""

import functools
import hashlib
import http.server
import os
import shutil
import socketserver
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
STAMP = ROOT / "_build" / "built-from"


def config():
    """Return what `_config.yml` says, as a dict."""
    # Here, so that what only serves pages needs nothing that has to be installed.
    import yaml

    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))


def fingerprint():
    """Return a hash of all that the pages are made of."""
    sources = [ROOT / "_config.yml", ROOT / "_toc.yml", ROOT / "constraints.txt"]
    # The package too, since a page shows what its docstrings say; and what makes the pages.
    sources += sorted([*(ROOT / "code").rglob("*.py"), *(ROOT / "tools").rglob("*.py")])
    data = (ROOT / "code" / "descent" / "data").rglob("*")
    sources += sorted(path for path in data if path.is_file())
    sources += sorted((ROOT / "tools").rglob("*.toml"))
    sources += sorted((ROOT / "tools").rglob("*.html"))
    sources += sorted(path for path in (ROOT / "book").rglob("*") if path.is_file())
    # Whether Python comes with it, too (tools/practise.py).
    digest = hashlib.sha256(os.environ.get("DESCENT_OFFLINE", "").encode())
    for path in sources:
        name = path.relative_to(ROOT)
        # What an editor or ruff keeps beside its sources is none.
        if not any(part.startswith(".") for part in name.parts):
            digest.update(f"{name.as_posix()} {path.stat().st_size} ".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def build():
    """Build the pages into ``_build/html``, with warnings as errors. Return the exit code."""
    now = fingerprint()
    if STAMP.is_file() and STAMP.read_bytes() == now.encode():
        return 0
    # From scratch: Sphinx warns once about a page that it doesn't read again, and leaves old
    # titles in the contents of the others.
    shutil.rmtree(ROOT / "_build", ignore_errors=True)
    command = [shutil.which("jupyter-book", path=Path(sys.executable).parent), "build", "book"]
    command += ["--config", str(ROOT / "_config.yml"), "--toc", str(ROOT / "_toc.yml")]
    command += ["--path-output", str(ROOT), "-W", "-n", "--keep-going"]
    code = subprocess.call(command, cwd=ROOT)
    if code == 0:
        STAMP.write_text(now)
    return code


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serve files without a line for each request; the browser keeps no old ones."""

    # Which Python before 3.13 doesn't know.
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {".webp": "image/webp"}

    def log_message(self, *args):
        pass

    def end_headers(self):
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()


class Server(socketserver.ThreadingTCPServer):
    # Not http.server's own, which asks the network for this machine's name.
    daemon_threads = True
    # On Windows, reuse would let two servers share one port.
    allow_reuse_address = os.name != "nt"


def server(port, site=SITE):
    """Return a server of the built pages on 127.0.0.1 that has its port, but doesn't answer yet."""
    return Server(("127.0.0.1", port), functools.partial(Handler, directory=site))


def main(argument="8000", build=build, site=SITE):
    if argument == "--build":
        sys.exit(build())
    if not (argument.isdecimal() and int(argument) < 65536):
        sys.exit(f"PORT is a number from 0 to 65535, not {argument!r}.")
    # The port is taken before the build, so that nobody waits for a build and then gets an error.
    try:
        pages = server(int(argument), site)
    except OSError as error:
        sys.exit(
            f"Port {argument} cannot be had ({error.strerror.lower()}): "
            "try another one, for example make book PORT=8001."
        )
    with pages:
        if build():
            sys.exit("The book could not be built: its messages are above.")
        address = f"http://127.0.0.1:{pages.server_address[1]}"
        print(f"\nThe book is at {address} (Ctrl-C stops it)", flush=True)
        pages.serve_forever()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        print()
