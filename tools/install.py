"""Make .venv and install the requirements into it, unless nothing has changed since the last time.

    python tools/install.py        what a reader needs
    python tools/install.py dev    what the tests need on top

It also runs on Pythons that are too old, to say so: hence no syntax newer than Python 3.6.
"""

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "installed.json"
REQUIREMENTS = {
    "reader": ["requirements.txt"],
    "dev": ["requirements.txt", "requirements-dev.txt"],
}


def fingerprint(what):
    """Return a hash of all that decides what gets installed."""
    digest = hashlib.sha256()
    for name in [*REQUIREMENTS[what], "constraints.txt", "code/pyproject.toml"]:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def stamp():
    """Return what was installed, or an empty dict if .venv is missing, broken or made elsewhere."""
    try:
        installed = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    # A folder that was moved or copied has scripts that point to its old place. What isn't a dict
    # of texts was not written here.
    ours = isinstance(installed, dict) and all(isinstance(v, str) for v in installed.values())
    return installed if ours and installed.get("root") == str(ROOT) and PYTHON.exists() else {}


def make_venv():
    if sys.version_info < (3, 11):  # noqa: UP036
        version = ".".join(map(str, sys.version_info[:2]))
        sys.exit(
            f"This course needs Python 3.11 or newer, and {sys.executable} is Python {version}: "
            "install a newer one, or name it with PYTHON=..."
        )
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            f"{sys.executable} cannot make virtual environments: "
            "on Debian or Ubuntu, run apt-get install python3-venv."
        )
    print("Making .venv", flush=True)
    if subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)]):
        sys.exit("Python could not make the virtual environment .venv: its message is above.")


def main():
    what = sys.argv[1] if len(sys.argv) > 1 else "reader"
    installed = stamp()
    if installed.get(what) == fingerprint(what):
        return
    if not installed:
        make_venv()
        # Written before pip runs: an installation that fails is taken up again, not begun anew.
        installed = {"root": str(ROOT)}
        STAMP.write_text(json.dumps(installed), encoding="utf-8")

    files = REQUIREMENTS[what]
    print(f"Installing {' and '.join(files)}: the first time, this takes minutes", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--retries", "1"]
    pip += [argument for name in files for argument in ("-r", name)]
    if subprocess.call([*pip, "-c", "constraints.txt"], cwd=str(ROOT)):
        sys.exit(
            "pip could not install the requirements (its message is above): "
            "if this machine has no network, connect it and run the same command again."
        )
    installed[what] = fingerprint(what)
    # The tests' requirements contain the reader's.
    installed["reader"] = fingerprint("reader")
    STAMP.write_text(json.dumps(installed), encoding="utf-8")


if __name__ == "__main__":
    main()
