"""The commands: what they say when something is missing, and that they do nothing twice."""

import ast
import json
import os
import re
import socket
import subprocess
import sys

import pytest

import book
import install
import lite
from contents import ROOT


def test_make_lists_its_targets():
    # Without what a `make test` around it hands down.
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    listed = subprocess.run(
        ["make"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    targets = [line.split()[1] for line in listed.splitlines()]
    assert {"book", "test", "audit", "notebooks", "lab", "bench", "clean"} <= set(targets)
    assert all(re.fullmatch(r"make [a-z-]+ +\S.{10,}", line) for line in listed.splitlines())


def run_book(*arguments):
    command = [sys.executable, str(ROOT / "tools" / "book.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_the_site_is_a_copy_with_more_in_it(tmp_path, monkeypatch, capsys):
    site = tmp_path / "_build" / "site"
    monkeypatch.setattr(book, "ROOT", tmp_path)
    monkeypatch.setattr(book, "SITE", tmp_path / "_build" / "html")
    monkeypatch.setattr(lite, "SITE", site)
    book.SITE.mkdir(parents=True)
    (book.SITE / "index.html").write_text("book")
    written = []
    monkeypatch.setattr(lite, "write", written.append)
    monkeypatch.setattr(book, "build", lambda: 2)
    assert lite.publish() == 2 and not site.exists()
    monkeypatch.setattr(book, "build", lambda: 0)
    for _ in range(2):
        assert lite.publish() == 0
        assert (site / "index.html").read_text() == "book"
    assert written == [site, site]
    assert "_build/site" in capsys.readouterr().out.replace(os.sep, "/")


def test_a_port_in_use_is_one_sentence_before_anything_is_built():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = run_book(str(port))
    assert run.returncode == 1
    assert run.stdout == ""
    assert re.fullmatch(rf"Port {port} cannot be had \(.*in use.*\): try another.*\n", run.stderr)


@pytest.mark.parametrize("port", ["eighty", "-1", "65536", ""])
def test_what_is_no_port_is_one_sentence(port):
    run = run_book(port)
    assert run.returncode == 1
    assert run.stderr == f"PORT is a number from 0 to 65535, not {port!r}.\n"


def test_the_book_is_served_on_this_machine_alone():
    with book.server(0) as server:
        assert server.server_address[0] == "127.0.0.1"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project without .venv. Commands are recorded instead of run, and all succeed."""
    for name in (
        "requirements.txt",
        "requirements-dev.txt",
        "constraints.txt",
        "code/pyproject.toml",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    calls = []

    def call(command, **options):
        calls.append([str(part) for part in command])
        if "venv" in command:
            install.PYTHON.parent.mkdir(parents=True, exist_ok=True)
            install.PYTHON.write_text("")
        return 0

    python = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(install, "PYTHON", tmp_path / ".venv" / python)
    monkeypatch.setattr(install, "STAMP", tmp_path / ".venv" / "installed.json")
    monkeypatch.setattr(install.subprocess, "call", call)
    return tmp_path, calls


def installs(monkeypatch, calls, *arguments):
    """Run the installer; return which of venv and pip it called."""
    calls.clear()
    monkeypatch.setattr(sys, "argv", ["install.py", *arguments])
    install.main()
    return [next(part for part in call if part in ("venv", "pip")) for call in calls]


def test_what_did_not_change_is_not_installed_again(project, monkeypatch):
    root, calls = project
    assert installs(monkeypatch, calls) == ["venv", "pip"]
    assert installs(monkeypatch, calls) == []
    assert installs(monkeypatch, calls, "dev") == ["pip"]
    assert "requirements-dev.txt" in calls[0]
    assert installs(monkeypatch, calls, "dev") == installs(monkeypatch, calls) == []

    (root / "requirements-dev.txt").write_text("changed")
    assert installs(monkeypatch, calls) == []
    assert installs(monkeypatch, calls, "dev") == ["pip"]
    (root / "constraints.txt").write_text("changed")
    assert installs(monkeypatch, calls) == ["pip"]
    assert installs(monkeypatch, calls, "dev") == ["pip"]


def test_a_venv_that_was_moved_is_made_anew(project, monkeypatch):
    _, calls = project
    installs(monkeypatch, calls)
    stamp = json.loads(install.STAMP.read_text())
    install.STAMP.write_text(json.dumps(stamp | {"root": "elsewhere"}))
    assert installs(monkeypatch, calls) == ["venv", "pip"]


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "{}", "[]", "[1]", "3", "null", "true", '"root"', "\xff", "NaN", "[" * 100_000),
        *('{"root": null}', '{"root": 3}', '{"root": ["ROOT"]}', '{"root": {}}'),
        *('{"reader": "ROOT"}', '{"root": "ROOT", "reader": 3}', '{"root": "ROOT", "dev": null}'),
    ],
)
def test_a_broken_stamp_means_a_new_venv(project, monkeypatch, content):
    root, calls = project
    installs(monkeypatch, calls)
    content = content.replace('"ROOT"', json.dumps(str(root)))
    install.STAMP.write_bytes(content.encode("latin-1"))
    assert installs(monkeypatch, calls) == ["venv", "pip"]
    assert installs(monkeypatch, calls) == []


def test_a_stamp_that_is_a_folder_means_a_new_venv(project):
    install.STAMP.mkdir(parents=True)
    assert install.stamp() == {}


def test_an_installation_that_fails_is_one_sentence_and_is_taken_up_again(project, monkeypatch):
    _, calls = project
    call = install.subprocess.call
    monkeypatch.setattr(install.subprocess, "call", lambda c, **o: call(c, **o) or "pip" in c)
    with pytest.raises(SystemExit, match=r"^pip could not install .* no network.*\.$"):
        installs(monkeypatch, calls)
    monkeypatch.setattr(install.subprocess, "call", call)
    assert installs(monkeypatch, calls) == ["pip"]


def test_a_python_that_is_too_old_is_one_sentence(project, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    with pytest.raises(SystemExit, match=r"^This course needs Python 3.11 .* is Python 3.10: .*$"):
        installs(monkeypatch, project[1])


def test_a_python_without_venv_is_one_sentence(project, monkeypatch):
    monkeypatch.setattr(install.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"cannot make virtual environments: .* python3-venv\.$"):
        installs(monkeypatch, project[1])


def test_the_installer_can_be_read_by_a_python_that_is_too_old():
    ast.parse((ROOT / "tools" / "install.py").read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """The files that pages are made of, one of each kind."""
    names = ["_config.yml", "_toc.yml", "constraints.txt", "book/a.md"]
    names += [
        "code/descent/a.py",
        "code/descent/data/a.json",
        "tools/a.py",
        "tools/a.toml",
        "tools/templates/a.html",
    ]
    for path in [tmp_path / name for name in names]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("before")
    monkeypatch.setattr(book, "ROOT", tmp_path)
    monkeypatch.setattr(book, "STAMP", tmp_path / "_build" / "built-from")
    return [tmp_path / name for name in names]


def test_a_book_that_did_not_change_is_not_built_again(sources, tmp_path, monkeypatch):
    codes = [1, 0, 0]

    def call(command, **options):
        (tmp_path / "_build").mkdir()
        return codes.pop(0)

    monkeypatch.setattr(book.subprocess, "call", call)
    assert book.build() == 1
    assert book.build() == 0  # a build that failed is tried again
    assert book.build() == 0
    assert len(codes) == 1
    sources[-1].write_text("after")
    assert book.build() == 0
    assert not codes


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", None])
def test_a_broken_stamp_means_a_new_build(sources, monkeypatch, content):
    book.STAMP.parent.mkdir()
    book.STAMP.mkdir() if content is None else book.STAMP.write_bytes(content)
    monkeypatch.setattr(book.subprocess, "call", lambda command, **options: 3)
    assert book.build() == 3
    assert not book.STAMP.exists()


def test_every_source_decides_whether_the_pages_are_built(sources, tmp_path):
    seen = {book.fingerprint()}
    for path in sources:
        path.write_text("after")
        seen.add(book.fingerprint())
    (tmp_path / "book" / "a.md").rename(tmp_path / "book" / "b.md")
    seen.add(book.fingerprint())
    assert len(seen) == len(sources) + 2


@pytest.mark.parametrize("kept", [".ruff_cache/0.1/a", ".ipynb_checkpoints/a.ipynb"])
def test_what_tools_keep_beside_the_sources_decides_nothing(sources, tmp_path, kept):
    """Or two workers would build at once, when ruff has run between the build and the tests."""
    before = book.fingerprint()
    path = tmp_path / "book" / kept
    path.parent.mkdir(parents=True)
    path.write_text("an editor's")
    assert book.fingerprint() == before
