"""`make lab`: the learner's copies of the notebooks."""

import json
import re

import nbformat
import pytest

import lab
from contents import ROOT


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with two exercises, and the folder for a learner's copies. Nobody is root."""
    folder = tmp_path / "book" / "exercises"
    folder.mkdir(parents=True)
    for name in ("adam", "momentum"):
        (folder / f"{name}.ipynb").write_text(f"[{name}](../{name}.ipynb#idea) é", encoding="utf-8")
    monkeypatch.setattr(lab, "ROOT", tmp_path)
    monkeypatch.setattr(lab, "WORK", tmp_path / "my-work")
    monkeypatch.setattr(lab.os, "geteuid", lambda: 1000, raising=False)
    return folder, tmp_path / "my-work"


def test_exercises_are_copied_once_and_never_over_anything(course):
    originals, work = course
    assert lab.copy() == ["adam.ipynb", "momentum.ipynb"]
    (work / "adam.ipynb").write_text("solved", encoding="utf-8")
    (work / "momentum.ipynb").write_text("", encoding="utf-8")
    (originals / "adam.ipynb").write_text("a new version", encoding="utf-8")
    (originals / "rmsprop.ipynb").write_text("new", encoding="utf-8")
    assert lab.copy() == ["rmsprop.ipynb"]
    assert (work / "adam.ipynb").read_text(encoding="utf-8") == "solved"
    assert (work / "momentum.ipynb").read_text(encoding="utf-8") == ""


def test_links_still_lead_to_where_they_led(tmp_path, monkeypatch):
    monkeypatch.setattr(lab, "WORK", tmp_path / "my-work")
    (tmp_path / "book").symlink_to(ROOT / "book", target_is_directory=True)
    copied = lab.copy()
    assert {"adam.ipynb", "chapters/adam.ipynb", "chapters/deeper/adam.ipynb"} <= set(copied)
    links = 0
    for name in copied:
        path = tmp_path / "my-work" / name
        text = "\n".join(
            "".join(cell["source"])
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
            if cell["cell_type"] == "markdown"
        )
        for link in re.findall(r"\]\(((?!https?:)[\w./-]+)", text):
            assert (path.parent / link).exists(), (name, link)
            links += 1
        assert "{cite" not in text and not re.search(r"^\([\w-]+\)=", text, re.MULTILINE)
    assert links > 200


def test_a_chapter_is_copied_beside_the_exercises(course):
    originals, work = course
    chapter = originals.parent / "adam.ipynb"
    line = '    "[to do](exercises/adam.ipynb), [all](claims.md), {cite:t}`kingma2015`\\n",\n'
    chapter.write_text(f'    "(place)=\\n",\n{line}', encoding="utf-8")
    assert lab.copy() == ["adam.ipynb", "momentum.ipynb", "chapters/adam.ipynb"]
    text = (work / "chapters" / "adam.ipynb").read_text(encoding="utf-8")
    expected = '    "[to do](../adam.ipynb), [all](../../book/claims.md), (kingma2015)\\n",\n'
    assert text == expected
    exercise = (work / "adam.ipynb").read_text(encoding="utf-8")
    assert exercise == "[adam](chapters/adam.ipynb#idea) é"


def test_what_a_learner_made_of_a_folder_or_a_link_is_left_alone(course):
    originals, work = course
    (work / "adam.ipynb").mkdir(parents=True)
    (work / "momentum.ipynb").symlink_to("nowhere")
    assert lab.copy() == []
    assert (work / "momentum.ipynb").is_symlink()
    assert not (work / "nowhere").exists()
    assert originals.exists()


def test_a_notebook_for_today_is_begun_once_and_runs(course, monkeypatch):
    _, work = course
    work.mkdir()
    lab.begin()
    today = work / "today.ipynb"
    notebook = nbformat.read(today, as_version=4)
    nbformat.validate(notebook)
    monkeypatch.chdir(work)
    own = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(cell.source, own)
    assert "day 1: read" in own["today"]().message and "0 of" in own["progress"]().message
    today.write_text("mine", encoding="utf-8")
    lab.begin()
    assert today.read_text(encoding="utf-8") == "mine"


def test_the_copies_are_opened_in_the_whole_course(course, monkeypatch, capsys):
    calls = []
    monkeypatch.setattr(lab.subprocess, "call", lambda command: calls.append(command) or 3)
    with pytest.raises(SystemExit, match="3"):
        lab.main()
    assert f"--ServerApp.root_dir={lab.ROOT}" in calls[0]
    assert "--LabApp.default_url=/lab/tree/my-work" in calls[0]
    assert capsys.readouterr().out.startswith("2 notebooks copied into my-work/")
    assert (course[1] / "today.ipynb").exists()


def test_root_is_told_in_one_sentence_and_can_go_on(course, monkeypatch):
    calls = []
    monkeypatch.setattr(lab.os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(lab.subprocess, "call", lambda command: calls.append(command) or 0)
    with pytest.raises(SystemExit, match=r"^You are root, .* make lab ROOT=1 does that\.$"):
        lab.main()
    assert not calls and not course[1].exists()
    with pytest.raises(SystemExit, match="0"):
        lab.main("--allow-root")
    assert "--allow-root" in calls[0]
    assert "ROOT" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_a_file_in_the_way_is_one_sentence(course):
    course[1].write_text("mine")
    with pytest.raises(SystemExit, match=r"^my-work is a file: .*\.$"):
        lab.main()
    assert course[1].read_text() == "mine"


def test_the_copies_are_no_part_of_the_repository():
    assert "my-work/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "tools/lab.py" in (ROOT / "Makefile").read_text(encoding="utf-8")
