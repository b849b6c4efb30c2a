"""`make lab`: the learner's copies of the exercises."""

import pytest

import lab
from contents import ROOT


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with two exercises, and the folder for a learner's copies."""
    folder = tmp_path / "book" / "exercises"
    folder.mkdir(parents=True)
    for name in ("adam", "momentum"):
        (folder / f"{name}.ipynb").write_text(f"[{name}](../{name}.ipynb#idea) é", encoding="utf-8")
    monkeypatch.setattr(lab, "ROOT", tmp_path)
    monkeypatch.setattr(lab, "WORK", tmp_path / "my-work")
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


def test_a_link_to_a_chapter_still_leads_there(course):
    originals, work = course
    lab.copy()
    text = (work / "adam.ipynb").read_text(encoding="utf-8")
    assert text == "[adam](../book/adam.ipynb#idea) é"
    target = text.partition("(")[2].partition("#")[0]
    assert (work / target).resolve() == (originals / ".." / "adam.ipynb").resolve()


def test_what_a_learner_made_of_a_folder_or_a_link_is_left_alone(course):
    originals, work = course
    (work / "adam.ipynb").mkdir(parents=True)
    (work / "momentum.ipynb").symlink_to("nowhere")
    assert lab.copy() == []
    assert (work / "momentum.ipynb").is_symlink()
    assert not (work / "nowhere").exists()
    assert originals.exists()


def test_the_copies_are_opened_in_the_whole_course(course, monkeypatch, capsys):
    calls = []
    monkeypatch.setattr(lab.subprocess, "call", lambda command: calls.append(command) or 3)
    with pytest.raises(SystemExit, match="3"):
        lab.main()
    assert f"--ServerApp.root_dir={lab.ROOT}" in calls[0]
    assert "--LabApp.default_url=/lab/tree/my-work" in calls[0]
    assert capsys.readouterr().out.startswith("2 exercises copied into my-work/")


def test_a_file_in_the_way_is_one_sentence(course):
    course[1].write_text("mine")
    with pytest.raises(SystemExit, match=r"^my-work is a file: .*\.$"):
        lab.main()
    assert course[1].read_text() == "mine"


def test_the_copies_are_no_part_of_the_repository():
    assert "my-work/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "tools/lab.py" in (ROOT / "Makefile").read_text(encoding="utf-8")
