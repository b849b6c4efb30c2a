"""Where the book is, its notebooks, and the pages that its table of contents names."""

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"


def names(toc):
    """Return the files that a _toc.yml names, without their endings."""
    files = re.findall(r"^[\s-]*(?:root|file):\s*(\S+)", toc, re.MULTILINE)
    return [re.sub(r"\.(ipynb|md)$", "", file) for file in files]


# Before a release: what takes long, and looks at all pages where one of a kind is enough otherwise.
ALL_PAGES = bool(os.environ.get("DESCENT_ALL_PAGES"))

# One page of each kind, and those with something that no other page has.
KINDS = ["index", "gradient_descent", "adam", "adam_in_pytorch", "deeper/adam", "exercises/adam"]
KINDS += ["solutions/adam", "claims", "article", "package", "practice", "glossary", "references"]

PAGES = names((ROOT / "_toc.yml").read_text(encoding="utf-8"))
NOTEBOOKS = sorted(
    path.relative_to(BOOK).as_posix()
    for path in BOOK.rglob("*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
)
