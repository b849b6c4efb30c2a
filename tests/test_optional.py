"""A notebook without a library that it needs: no error, and every cell that can run runs."""

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from contents import BOOK
from descent import optional
from prose import output_text

FIRST = """
try:
    import unheard_of
except ImportError:
    optional.skip_cells("unheard_of", "Unheard-of")
else:
    unheard_of.prepare()
"""
SKIPPED = "Skipped: this cell needs Unheard-of.\n"


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a cell in a shell that has run the first one; return what it printed."""
    shell = InteractiveShell()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    shell.user_ns["optional"] = optional

    def run(source):
        shell.run_cell(source).raise_error()
        return capsys.readouterr().out

    run.shell = shell
    run(FIRST)
    return run


def test_an_answer_that_calls_the_library_is_told_that_it_need_not(run):
    answer = "def f(x):\n    return unheard_of.twice(x)\n\ncheck('f', f)"
    assert (
        run(answer)
        == f"{SKIPPED}Does your answer call it? What your function needs is handed in.\n"
    )


def test_a_cell_that_uses_the_library_is_skipped_and_others_run(run):
    assert run("print(unheard_of.answer)") == SKIPPED
    assert run("answer = 41\nprint(answer + 1)") == "42\n"
    assert run("print('unheard_of')") == "unheard_of\n"


@pytest.mark.parametrize(
    "source, use",
    [
        ("model = unheard_of.Model()", "model.parameters()"),
        ("def train():\n    unheard_of.step()", "train()"),
        ("class Net(unheard_of.Module):\n    pass", "Net()"),
        ("for k in unheard_of.steps():\n    last = k", "last + 1"),
    ],
)
def test_what_a_skipped_cell_would_have_defined_is_missing_too(run, source, use):
    assert run(source) == SKIPPED
    assert run(f"result = {use}") == SKIPPED
    assert run("print(result)") == SKIPPED


def test_what_a_function_takes_or_sets_is_its_own(run):
    run("def train(batch):\n    loss = unheard_of.loss(batch)\nmodel = unheard_of.Model()")
    assert run("def mine(model):\n    loss = model.loss\n    return loss\nprint(1)") == "1\n"
    assert run("mine = lambda model: model.loss\nprint(2)") == "2\n"
    assert run("loss = batch = 3\nprint(loss + batch)") == "6\n"
    assert run("def mine(rate):\n    return model.loss * rate") == SKIPPED


def test_a_name_that_a_cell_could_define_is_there(run):
    run("rate = unheard_of.rate")
    assert run("rate = 0.1") == ""
    assert run("print(rate)") == "0.1\n"


@pytest.mark.parametrize(
    "source, shown",
    [
        ("def answer():\n    return 5\nprint(answer())", "5\n"),
        ("def answer():\n    return part()\ndef part():\n    return 4\nprint(answer())", "4\n"),
        ("def answer(k=3):\n    return answer(k - 1) if k else 7\nprint(answer())", "7\n"),
        ("answer = lambda: 3\nprint(answer())", "3\n"),
        ("class answer:\n    pass\nprint(answer.__name__)", "answer\n"),
    ],
)
def test_a_cell_that_sets_a_missing_name_itself_runs(run, source, shown):
    skipped = "def answer():\n    return unheard_of.f()\ndef part():\n    return answer()\nprint(1)"
    assert run(skipped) == SKIPPED
    assert run("print(answer())") == SKIPPED
    assert run(source) == shown
    assert run("print(answer)") != SKIPPED


def test_what_is_read_before_it_is_set_is_missing(run):
    run("rate = unheard_of.rate")
    assert run("rate = rate + 1") == SKIPPED
    assert run("rate += 1") == SKIPPED
    assert run("print(rate)\nrate = 3") == SKIPPED


def test_the_first_cell_says_what_is_not_there_and_once_more_if_run_again(run):
    said = run(FIRST)
    assert said.startswith("Unheard-of isn't here") and said.count("\n") == 1
    assert len(run.shell.ast_transformers) == 1


def test_it_ends_when_the_library_is_there(run, monkeypatch):
    assert run("model = unheard_of.Model()") == SKIPPED
    library = type("Library", (), dict(prepare=staticmethod(lambda: print("ready")), answer=42))
    monkeypatch.setitem(__import__("sys").modules, "unheard_of", library)
    assert run(FIRST) == "ready\n"
    assert run("model = unheard_of.answer\nprint(model)") == "42\n"


def test_outside_a_notebook_it_is_an_error():
    with pytest.raises(RuntimeError, match="Unheard-of is not installed, and there are no"):
        optional.skip_cells("unheard_of", "Unheard-of")


@pytest.fixture(scope="module")
def without_torch():
    """Return the chapter on PyTorch as stored, and as it runs where PyTorch isn't."""
    stored = nbformat.read(BOOK / "adam_in_pytorch.ipynb", as_version=4)
    notebook = nbformat.from_dict(stored)
    notebook.cells.insert(0, new_code_cell("import sys\nsys.modules['torch'] = None"))
    NotebookClient(notebook, kernel_name="python3", timeout=300).execute()
    del notebook.cells[0]
    pairs = zip(stored.cells, notebook.cells, strict=True)
    return [(was, now) for was, now in pairs if was.cell_type == "code"]


def test_the_chapter_on_pytorch_runs_without_it_and_shows_no_error(without_torch):
    for _, cell in without_torch:
        for output in cell.outputs:
            assert output.output_type != "error" and output.get("name") != "stderr", cell.id
    assert output_text(without_torch[0][1].outputs).startswith("PyTorch isn't here")


def test_without_pytorch_a_cell_is_skipped_or_shows_what_is_stored(without_torch):
    kept = 0
    for was, now in without_torch[1:]:
        if output_text(now.outputs).strip() != "Skipped: this cell needs PyTorch.":
            assert output_text(now.outputs) == output_text(was.outputs), now.id
            kept += 1
    assert kept >= 5
