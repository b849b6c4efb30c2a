"""The modules that are bundled are what their sources give. Needs Node; readers don't."""

import shutil
import subprocess

import pytest

import bundle

pytestmark = pytest.mark.skipif(not shutil.which("npm"), reason="there is no Node")


@pytest.fixture(scope="module")
def esbuild():
    try:
        return bundle.install()
    except subprocess.CalledProcessError:
        pytest.skip("npm can't install esbuild: there is no network")


@pytest.mark.parametrize("source", sorted(bundle.SOURCES.glob("*.mjs")), ids=lambda path: path.name)
def test_a_committed_module_is_what_its_source_gives(esbuild, source):
    committed = bundle.result(source).read_bytes()
    assert committed == bundle.bundle(source).encode(), "run python tools/bundle.py"


def test_a_module_is_bundled_with_what_it_imports(esbuild, tmp_path):
    (tmp_path / "part.mjs").write_text("export const twice = x => 2 * x;\nexport const unused = 1;")
    source = tmp_path / "whole.mjs"
    source.write_text('import { twice } from "./part.mjs";\nconsole.log(twice(21));')
    text = bundle.bundle(source)
    assert text.startswith("// Made by tools/bundle.py from book/_js/bundled/whole.mjs.\n")
    assert "import" not in text.partition("\n")[2]
    assert "unused" not in text
    result = tmp_path / "result.mjs"
    result.write_text(text)
    assert subprocess.check_output(["node", result], text=True) == "42\n"


def test_a_module_that_imports_nothing_known_is_refused(esbuild, tmp_path):
    source = tmp_path / "lost.mjs"
    source.write_text('import "not-there";')
    with pytest.raises(SystemExit, match=r"lost\.mjs could not be bundled:[\s\S]*not-there"):
        bundle.bundle(source)
