import importlib.util
import itertools
from pathlib import Path

import numpy as np
import pytest

import descent

DATA = Path(descent.__file__).parent / "data"
FILES = sorted(path.name for path in DATA.glob("*.npz"))


def load(name):
    with np.load(DATA / f"{name}.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def make_data():
    path = Path(__file__).parents[1] / "tools" / "make_data.py"
    spec = importlib.util.spec_from_file_location("make_data", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "options"), [("digits", {}), ("breast_cancer", {}), ("diabetes", {"scaled": False})]
)
def test_nothing_of_scikit_learns_data_is_lost(name, options):
    # Here, since every worker collects every file, and few run this test.
    from sklearn import datasets

    source = getattr(datasets, f"load_{name}")(**options)
    data = load(name)
    assert np.array_equal(data["X"], source.data)
    assert np.array_equal(data["y"], source.target)


@pytest.fixture(scope="module")
def made(make_data, tmp_path_factory):
    """Two folders, each with the files that the script made."""
    folders = [tmp_path_factory.mktemp("data") for _ in range(2)]
    clock = itertools.count(1.7e9, 10_000)  # hours pass between any two looks at it
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.time", lambda: next(clock))
        for folder in folders:
            make_data.main(folder)
    return folders


def test_the_script_makes_the_files_that_are_shipped(made):
    assert sorted(path.name for path in made[0].iterdir()) == FILES
    for name in FILES:
        with np.load(made[0] / name) as new, np.load(DATA / name) as shipped:
            assert new.files == shipped.files
            for array in new.files:
                assert new[array].dtype == shipped[array].dtype
                if name in ("moons.npz", "mnist1d.npz") and new[array].dtype.kind == "f":
                    # Made with sines and filters, which may differ in the last bit elsewhere.
                    eps = 2 * np.finfo(new[array].dtype).eps
                    np.testing.assert_allclose(new[array], shipped[array], rtol=eps, atol=eps)
                else:
                    assert np.array_equal(new[array], shipped[array])


def test_made_twice_the_bytes_are_the_same(made):
    for name in FILES:
        first, second = ((folder / name).read_bytes() for folder in made)
        assert first == second, name


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_small_and_explained(name):
    assert (DATA / name).stat().st_size < 300_000
    assert f"`{name}`" in (DATA / "README.md").read_text(encoding="utf-8")


def test_no_array_needs_pickle():
    for name in FILES:
        with np.load(DATA / name, allow_pickle=False) as file:
            assert all(file[array].dtype.kind in "fuiU" for array in file)


def test_lincolns_words():
    data = load("lincoln")
    tokens, vocabulary = data["tokens"], data["vocabulary"]
    assert len(tokens) == 30_014 and tokens.max() == 999
    assert len(set(vocabulary)) == 1000 and vocabulary[0] == "<other>"
    counts = np.bincount(tokens)[1:]
    assert np.all(np.diff(counts) <= 0)  # the most frequent first
    opening = "fellow citizens of the senate and house of representatives"
    for start in data["starts"]:
        assert " ".join(vocabulary[tokens[start:]][:9]) == opening


def test_sentences():
    data = load("sentences")
    assert data["X"].shape == (len(data["y"]), 1000) and set(data["y"]) == {0, 1}
    assert data["X"].any(axis=1).all() and set(np.unique(data["X"])) == {0, 1}
