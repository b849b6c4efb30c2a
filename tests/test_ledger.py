"""The ledger: every claim rests on measurements of the notebooks, and its verdict follows."""

import json
import re

import numpy as np
import pytest

import claims as page
from contents import BOOK
from descent import ledger

KNOWN = ledger.claims()
EVIDENCE, CLAIMS = KNOWN["evidence"], KNOWN["claim"]
CHAPTERS = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(BOOK.glob("*.ipynb"))
}
WEIGHED = [
    (chapter, *line) for chapter, notebook in CHAPTERS.items() for line in page.weighed(notebook)
]
VERDICTS = (ledger.HOLDS, ledger.CONDITIONS, ledger.NOT)


def number(text):
    return float(text.replace(",", "").rstrip("%")) / (100 if text.endswith("%") else 1)


def sections(notebook):
    """The text of each labeled section of a notebook."""
    markdown = "\n\n".join(
        "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"
    )
    parts = re.split(r"^\(([\w-]+)\)=$", markdown, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_measurement_is_listed_and_made_once_where_the_ledger_says():
    made = sorted((key, chapter, label) for chapter, key, label, *_ in WEIGHED)
    listed = sorted((key, entry["notebook"], entry["anchor"]) for key, entry in EVIDENCE.items())
    assert made == listed


def test_every_weighing_in_a_notebook_has_left_its_line():
    for chapter, notebook in CHAPTERS.items():
        source = "\n".join(
            "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"
        )
        keys = set(re.findall(r"ledger\.weigh\(\s*\"([\w-]+)\"", source))  # In a loop, an f-string.
        assert keys <= {key for name, key, *_ in WEIGHED if name == chapter}, chapter


@pytest.mark.parametrize(("chapter", "key", "label", "value", "count", "spread", "told"), WEIGHED)
def test_what_a_notebook_stores_is_as_predicted(chapter, key, label, value, count, spread, told):
    entry = EVIDENCE[key]
    assert told == ledger.expected(entry), "the prediction has changed since the notebook was run"
    shown = [number(part) for part in (value, *(spread.split(" to ") if count else ()))]
    for bound, sign in (("low", 1), ("high", -1)):
        if bound in entry:
            limit = number(format(entry[bound], entry["format"]))
            assert all(sign * (part - limit) >= 0 for part in shown)


@pytest.mark.parametrize("key", EVIDENCE)
def test_a_measurement_that_leaves_the_prediction_is_refused(key, capsys):
    entry = EVIDENCE[key]
    bounds = [entry[name] for name in ("low", "high") if name in entry]
    assert bounds == sorted(bounds)
    for value in bounds:
        ledger.weigh(key, value)
        assert page.WEIGHED.fullmatch(capsys.readouterr().out.strip())[1] == key
    for name, side in (("low", -np.inf), ("high", np.inf)):
        if name in entry:
            for outside in (np.nextafter(entry[name], side), side, np.nan):
                with pytest.raises(AssertionError, match=rf"^not as predicted: {key}: "):
                    ledger.weigh(key, outside)
                with pytest.raises(AssertionError):
                    ledger.weigh(key, [bounds[0], outside])


def test_unknown_evidence_is_refused():
    with pytest.raises(KeyError, match="no evidence 'nothing'"):
        ledger.weigh("nothing", 1)


def test_every_claim_has_known_evidence_and_every_evidence_a_claim():
    used = set()
    for claim in CLAIMS:
        keys = claim["for"] + claim["against"]
        assert keys, claim["says"]
        assert len(keys) == len(set(keys)), claim["says"]
        used |= set(keys)
        assert set(claim) == {"part", "says", "for", "against", "truth"}
        assert ledger.verdict(claim) == ledger.HOLDS or claim["truth"], claim["says"]
    assert used == set(EVIDENCE)


def test_the_verdict_follows_from_the_sides():
    sides = {("a", ""): ledger.HOLDS, ("a", "b"): ledger.CONDITIONS, ("", "b"): ledger.NOT}
    for (good, bad), expected in sides.items():
        assert ledger.verdict({"for": list(good), "against": list(bad)}) == expected


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_verdict_in_a_chapter_is_the_one_that_the_ledger_computes(chapter):
    for label, text in sections(CHAPTERS[chapter]).items():
        told = {v for v in VERDICTS if re.search(rf"\*\*{v}[.:]?\*\*", text)}
        keys = {key for key, entry in EVIDENCE.items() if entry["anchor"] == label}
        computed = {ledger.verdict(c) for c in CLAIMS if keys & {*c["for"], *c["against"]}}
        assert told <= computed, label


def test_the_page_shows_each_claim_with_its_numbers():
    rows = page.rows(BOOK, "article") + page.rows(BOOK, "course")
    for claim in CLAIMS:
        assert rows.count(f"* - {claim['says']}\n") == 1
    for chapter, key, label, value, *_ in WEIGHED:
        assert EVIDENCE[key]["prediction"] in rows
        shown = re.escape(page.readable(value))
        assert re.search(rf"Measured \*\*{shown}\*\*.*\(#{label}\)", rows), chapter
