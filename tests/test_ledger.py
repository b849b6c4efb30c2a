"""The ledger: every measurement beside its prediction, and verdicts and answers that follow."""

import json
import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from sphinx.errors import ExtensionError

import book
import claims as page
from contents import BOOK, NOTEBOOKS
from descent import ledger

KNOWN = ledger.claims()
EVIDENCE, CLAIMS = KNOWN["evidence"], KNOWN["claim"]
QUESTIONS, SLIPS = KNOWN["question"], KNOWN["slip"]


def without_pictures(name):
    """A notebook, in each worker: what its pictures weigh isn't needed here."""
    notebook = json.loads((BOOK / name).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("image/png", None)
    return notebook


PAGES = {Path(name).with_suffix("").as_posix(): without_pictures(name) for name in NOTEBOOKS}
WEIGHED = [
    (name, label, line)
    for name, notebook in PAGES.items()
    for label, line in page.weighed(notebook)
]
VERDICTS = (ledger.HOLDS, ledger.CONDITIONS, ledger.NOT, ledger.OPEN)
OWN = {"notebook", "anchor", "measures", "kind", "prediction", "low", "high", "format"}


@pytest.fixture(scope="module")
def answers():
    return page.Answers(BOOK)


def number(text):
    return float(text.replace(",", "").rstrip("%")) / (100 if text.endswith("%") else 1)


def sections(notebook):
    """The text of each labeled section of a notebook, up to the next heading of rank two."""
    markdown = "\n\n".join(
        "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"
    )
    parts = re.split(r"^\(([\w-]+)\)=$", markdown, flags=re.MULTILINE)
    texts = (re.split(r"(?!\A)^## ", part.strip(), flags=re.MULTILINE)[0] for part in parts[2::2])
    return dict(zip(parts[1::2], texts, strict=True))


# What the ledger lists.


@pytest.mark.parametrize("key", EVIDENCE)
def test_an_entry_says_of_what_kind_it_is_and_what_was_predicted(key):
    entry = EVIDENCE[key]
    counts = {"counts_from", "counts_to"}
    assert OWN - {"low", "high"} <= set(entry)
    assert set(entry) <= OWN | counts | {"study", "after_a_look", "learned", "in_sight"}
    assert entry["kind"] in ledger.KINDS
    bounds = [entry[name] for name in ("low", "high") if name in entry]
    assert bounds and bounds == sorted(bounds)
    assert entry["prediction"].strip()


def test_a_prediction_with_a_condition_is_judged_as_if_it_had_none(answers):
    """By the direction in its words, too: both are of the form "below"."""
    text = (BOOK / "claims.md").read_text(encoding="utf-8")
    told = re.search(r"^- \*\*Conditions\.\*\* (.+)$", text, re.MULTILINE)[1]
    with_if = {
        key
        for key, entry in EVIDENCE.items()
        if entry["kind"] == "experiment" and re.search(r", if\b", entry["prediction"])
    }
    assert set(re.findall(r'href="#([\w-]+)"', told)) == with_if
    assert told.startswith({3: "Three"}[len(with_if)])
    ends = {"newer-words-free-1": 0, "newer-words-free-4": 0, "adagrad-drift-planned": 3.54 / 2}
    assert set(ends) == with_if
    for key, end in ends.items():
        assert answers.lines[key].hit == "as predicted"
        assert number(answers.lines[key].value) < end


def test_few_misses_are_in_sight_and_each_of_them_taught_something(answers):
    shown = {key for key, entry in EVIDENCE.items() if entry.get("in_sight")}
    assert 0 < len(shown) <= 10
    for key in shown:
        assert answers.lines[key].hit == "missed", key
        assert EVIDENCE[key].get("learned"), key


def test_every_row_has_known_evidence_and_every_evidence_a_row():
    used = set()
    for row in (*CLAIMS, *QUESTIONS, *SLIPS):
        keys = page.keys(row)
        assert len(keys) == len(set(keys)), row
        used |= set(keys)
    assert used == set(EVIDENCE)
    for claim in CLAIMS:
        assert set(claim) == {"part", "says", "for", "against", "truth"}
        assert page.keys(claim), claim["says"]
    for question in QUESTIONS:
        assert set(question) == {"asks", "answer", "for", "against", "search"}
        assert question["asks"].endswith("?")
        assert page.keys(question), question["asks"]
    for slip in SLIPS:
        assert {"says", "means"} <= set(slip) <= {"says", "means", "against"}


def test_a_claim_that_does_not_simply_hold_says_what_is_true(answers):
    for claim in CLAIMS:
        assert answers.verdict(claim) == ledger.HOLDS or claim["truth"], claim["says"]


def test_a_number_of_seeds_in_an_answer_is_that_of_its_evidence(answers):
    """Eighteen of twenty, what counts as a result, may be named as such."""
    of_seeds = re.compile(
        r"\b(\d+)(?: (?:and|in the shorter run and) (\d+))?"
        r"(?:(?= of (?:20|twenty)\b)|(?= seeds\b)|(?= in the longer\b)|(?=: on the others\b))"
    )
    found = 0
    for row in (*CLAIMS, *QUESTIONS):
        text = row.get("truth") or row.get("answer") or ""
        told = {int(n) for pair in of_seeds.findall(text) for n in pair if n} - {18}
        tallies = [answers.lines[key].tally for key in page.keys(row)]
        assert told <= {n for held, count in tallies for n in (held, count - held, count)}, text
        found += len(told)
    assert found >= 10


def test_each_row_has_an_address_of_its_own():
    rows = [page.slug(row["says"]) for row in (*CLAIMS, *SLIPS)]
    rows += [page.slug(question["asks"]) for question in QUESTIONS]
    assert len(set(rows)) == len(rows)
    assert not set(rows) & set(EVIDENCE)


# What the notebooks store.


def test_every_measurement_is_listed_and_made_once_where_the_ledger_says():
    made = sorted((line.key, name, label) for name, label, line in WEIGHED)
    listed = sorted((key, entry["notebook"], entry["anchor"]) for key, entry in EVIDENCE.items())
    assert made == listed


def test_every_weighing_in_a_notebook_has_left_its_line():
    for name, notebook in PAGES.items():
        source = "\n".join(
            "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"
        )
        keys = set(re.findall(r"ledger\.weigh\(\s*\"([\w-]+)\"", source))  # In a loop, an f-string.
        assert keys <= {line.key for where, _, line in WEIGHED if where == name}, name


@pytest.mark.parametrize(("name", "label", "line"), WEIGHED)
def test_a_stored_line_has_todays_prediction_and_its_own_outcome(name, label, line):
    entry = EVIDENCE[line.key]
    assert line.predicted == ledger.expected(entry), "executed with another prediction"
    value = number(line.value)
    bounds = [format(entry[name], entry["format"]) for name in ("low", "high") if name in entry]
    if line.value not in bounds:  # As rounded, a value may stand on the bound that it misses.
        inside = entry.get("low", -np.inf) <= value <= entry.get("high", np.inf)
        assert inside == (line.hit == "as predicted")
    if line.count:
        assert 0 <= int(line.held) <= int(line.count)
        least, most = map(number, line.spread.split(" to "))
        assert least <= value <= most


@pytest.mark.parametrize("name", PAGES)
def test_a_verdict_in_a_chapter_is_the_one_that_the_ledger_computes(answers, name):
    for label, text in sections(PAGES[name]).items():
        told = {v for v in VERDICTS if re.search(rf"\*\*{v}[.:]?\*\*", text)}
        # Or in what stands below it, such as a part on the page that goes deeper.
        own = re.compile(rf"{label}(-|$)")
        keys = {key for key, entry in EVIDENCE.items() if own.match(entry["anchor"])}
        computed = {answers.verdict(c) for c in CLAIMS if keys & set(page.keys(c))}
        assert told <= computed, label


# How a measurement is weighed.

ENTRY = dict(kind="experiment", low=1.0, high=2.0, format=".2f")


@pytest.mark.parametrize(
    "values, entry, line",
    [
        ([1.5], {}, "predicted 1.00 to 2.00 · measured 1.50 (one number) · as predicted"),
        ([2.5], {}, "predicted 1.00 to 2.00 · measured 2.50 (one number) · missed"),
        ([np.nan], {}, "predicted 1.00 to 2.00 · measured nan (one number) · missed"),
        # On data, far from what was expected: its size is shown.
        ([0.0004], {}, "predicted 1.00 to 2.00 · measured 4e-04 (one number) · missed"),
        ([6e6], {}, "predicted 1.00 to 2.00 · measured 6e+06 (one number) · missed"),
        ([0.0004], {"kind": "law"}, "predicted 1.00 to 2.00 · measured 0.00 · missed"),
        (
            [0.5, 1.5, 1.75],
            {},
            "predicted 1.00 to 2.00 · measured 1.50 (0.50 to 1.75; 2 of 3 as predicted)"
            " · as predicted",
        ),
        # What counts for the statement isn't what was predicted of its size.
        (
            [1.2, 2.5, 2.6],
            dict(counts_from=1.1),
            "predicted 1.00 to 2.00 · measured 2.50 (1.20 to 2.60; 3 of 3 at least 1.1) · missed",
        ),
        (
            [1.5],
            dict(counts_to=1),
            "predicted 1.00 to 2.00 · measured 1.50 (one number, not at most 1) · as predicted",
        ),
        (
            [2.5],
            dict(counts_from=1.1, kind="law"),
            "predicted 1.00 to 2.00 · measured 2.50 (one number, at least 1.1) · missed",
        ),
    ],
)
def test_a_measurement_is_told_beside_its_prediction(values, entry, line):
    assert ledger.told(ENTRY | entry, np.array(values)) == line
    parts = page.Line(*page.WEIGHED.fullmatch(f"a-key: {line}").groups())
    assert parts.predicted == ledger.expected(ENTRY)
    held = ledger.bears_out(ENTRY | entry, np.array(values))
    assert parts.share == held.mean()


@pytest.mark.parametrize(
    "bounds, words, loose",
    [
        (dict(low=1, high=2), "1 to 2", False),
        (dict(low=1, high=2.1), "1 to 2", True),
        (dict(low=-2.1, high=-1), "-2 to -1", True),
        (dict(low=-1, high=1), "-1 to 1", True),
        (dict(low=0, high=1), "0 to 1", True),
        (dict(low=0, high=0), "0", False),
        (dict(low=3), "at least 3", True),
        (dict(high=3), "at most 3", True),
    ],
)
def test_a_range_is_told_in_words_and_known_to_be_loose(bounds, words, loose):
    entry = dict(format=".0f") | bounds
    assert ledger.expected(entry) == words
    assert ledger.loose(entry) == loose


def test_the_line_is_quiet_on_a_page_and_has_its_key_in_plain_text(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    ledger.weigh("gd-limits-best", 0.5)
    ledger.weigh("gd-limits-best", 0.980198)
    plain = [data["text/plain"] for data in shown]
    assert [page.WEIGHED.fullmatch(line)[1] for line in plain] == ["gd-limits-best"] * 2
    assert [line.rpartition(" · ")[2] for line in plain] == ["missed", "as predicted"]
    for data in shown:
        told = re.fullmatch(
            r'<p class="weighed"><a href="claims\.html#gd-limits-best">(.+)</a></p>',
            data["text/html"],
        )
        assert f"gd-limits-best: {unescape(told[1])}" == data["text/plain"]


def test_what_cannot_be_weighed_is_refused():
    with pytest.raises(KeyError, match="no evidence 'nothing'"):
        ledger.weigh("nothing", 1)
    with pytest.raises(ValueError, match="gd-limits-best: there is nothing to weigh"):
        ledger.weigh("gd-limits-best", [])


# What follows.


def test_the_words_of_twenty_runs_are_those_that_were_fixed():
    words = [ledger.word(n / 20) for n in range(21)]
    assert words[:3] == ["refuted"] * 3
    assert words[3:6] == ["rarely"] * 3
    assert words[6:15] == ["even"] * 9
    assert words[15:18] == ["mostly"] * 3
    assert words[18:] == ["borne out"] * 3
    for share in (-0.1, 1.1):
        with pytest.raises(ValueError, match=f"between 0 and 1; got {share}"):
            ledger.word(share)


@pytest.mark.parametrize(
    "good, bad, expected",
    [
        ([20], [], ledger.HOLDS),
        ([18], [], ledger.HOLDS),
        ([17], [], ledger.OPEN),
        ([3], [], ledger.OPEN),
        ([2], [], ledger.NOT),
        ([18, 10], [], ledger.CONDITIONS),
        ([18, 17], [], ledger.CONDITIONS),
        ([18, 3], [], ledger.CONDITIONS),
        ([17, 17], [3], ledger.OPEN),
        ([18, 19], [], ledger.HOLDS),
        ([18, 2], [], ledger.CONDITIONS),
        ([18], [18], ledger.CONDITIONS),
        ([18], [17], ledger.HOLDS),
        # What speaks against a claim and is refuted doesn't speak for it.
        ([], [0], ledger.OPEN),
        ([], [18], ledger.NOT),
        ([10], [18], ledger.NOT),
        ([10], [10], ledger.OPEN),
    ],
)
def test_the_verdict_follows_from_how_many_of_twenty(good, bad, expected):
    names = [f"for {i}" for i in range(len(good))], [f"against {i}" for i in range(len(bad))]
    shares = {key: n / 20 for key, n in zip(names[0] + names[1], good + bad, strict=True)}
    assert ledger.verdict({"for": names[0], "against": names[1]}, shares) == expected


# What the pages show. A small ledger, and then the book's.

SMALL = dict(
    evidence={
        key: ENTRY | dict(kind=kind, measures=f"how far {key} goes", prediction="a guess") | more
        for key, kind, more in (
            ("one", "law", {}),
            (
                "two",
                "experiment",
                dict(after_a_look=True, learned="That we were wrong.", in_sight=True),
            ),
        )
    },
    claim=[
        dict(part="P", says='"Adam is fast."', truth="", against=[]) | {"for": ["one"]},
        dict(part="The course: C", says="RMSprop is.", truth="No.", against=["one"])
        | {"for": ["two"]},
    ],
    question=[
        dict(asks="Is it?", answer="Yes, it is.", against=[], search=["it"]) | {"for": ["one"]},
    ],
    slip=[dict(says="fsat", means="is fast.")],
)


def small(*told, **changed):
    """Answers from the small ledger, measured as told."""
    found = {}
    for key, line in zip(("one", "two"), told, strict=True):
        line = page.WEIGHED.fullmatch(f"{key}: predicted 1.00 to 2.00 · {line}")
        found[key] = ("n", "N", "claim-n", page.Line(*line.groups()))
    return page.Answers(BOOK, SMALL | changed, found)


GOOD = "measured 1.50 (1.00 to 2.00; 19 of 20 as predicted) · as predicted"
BAD = "measured 2.50 · missed"


def test_the_counts_are_those_of_the_ledger():
    rows = [line.strip("| ").split(" | ") for line in small(GOOD, BAD).counts().splitlines()[2:]]
    assert rows == [
        ["identities", "0", "0", "0", "0", "0"],
        ["laws", "1", "1", "0", "0", "0"],
        ["experiments", "1", "0", "1", "0", "1"],
        ["all", "2", "1", "1", "0", "1"],
    ]


def test_what_was_missed_stands_where_we_were_wrong_with_what_was_learned():
    (line,) = small(GOOD, BAD).misses().splitlines()
    assert 'href="#two"' in line
    assert "measured 2.50" in line
    assert "That we were wrong." in line
    assert small(GOOD, GOOD).misses() == "No prediction has missed so far."
    told, _, folded = small(BAD, BAD).misses().split("\n", 2)
    assert 'href="#two"' in told  # It is in sight.
    assert folded.startswith("<details><summary>1 more</summary>")
    assert 'href="#one"' in folded


def test_an_answer_that_says_another_thing_than_its_verdict_is_refused():
    assert "✓ **Holds**, held in 19 of 20." in small(GOOD, BAD).asked()
    even = GOOD.replace("19 of", "10 of")
    with pytest.raises(ExtensionError, match=r"'Is it\?' is answered 'Yes, .*'Not shown here'"):
        small(even, BAD).asked()
    against = [SMALL["question"][0] | {"answer": "No.", "for": [], "against": ["one"]}]
    assert (
        "✗ **Not as stated**, what speaks against it held in 19 of 20."
        in small(GOOD, BAD, question=against).asked()
    )


@pytest.mark.parametrize(
    "good, bad, told",
    [
        (["19 of 20"], [], "held in 19 of 20"),
        # The least and the most of all, and not the first.
        (["20 of 20", "0 of 20", "14 of 20"], [], "held in 0 to 20 of 20 (3 measurements)"),
        (["20 of 20", "20 of 20"], [], "held in 20 of 20 (2 measurements)"),
        (["6 of 6", "1 of 2"], [], "held in 1 of 2 to 6 of 6 (2 measurements)"),
        # One number is one value, of which what ran more often says more.
        (["20 of 20", "hit"], [], "held in 20 of 20 (2 measurements)"),
        (["20 of 20", "miss"], [], "held in 0 of 1 to 20 of 20 (2 measurements)"),
        (["hit", "miss", "hit"], [], "held in 2 of 3 measurements"),
        (["hit"], [], "held in 1 of 1 measurement"),
        ([], ["3 of 3"], "what speaks against it held in 3 of 3"),
        (
            ["5 of 20"],
            ["20 of 20", "18 of 20"],
            "held in 5 of 20, and what speaks against it in 18 to 20 of 20 (2 measurements)",
        ),
    ],
)
def test_what_a_verdict_rests_on_is_told_from_the_least_to_the_most(good, bad, told):
    rows, found, evidence = {"for": [], "against": []}, {}, {}
    for side, values in (("for", good), ("against", bad)):
        for i, value in enumerate(values):
            key = f"{side}-{i}"
            outcome = "missed" if value == "miss" else "as predicted"
            spread = f" (1.00 to 2.00; {value} as predicted)" if "of" in value else ""
            line = f"{key}: predicted 1.00 to 2.00 · measured 1.50{spread} · {outcome}"
            rows[side].append(key)
            evidence[key] = ENTRY | dict(measures=key, prediction="a guess")
            found[key] = ("n", "N", "claim-n", page.Line(*page.WEIGHED.fullmatch(line).groups()))
    known = dict(evidence=evidence, claim=[rows], question=[], slip=[])
    assert page.Answers(BOOK, known, found).held(rows) == told


def test_evidence_that_is_not_listed_or_was_not_measured_so_is_refused():
    with pytest.raises(ExtensionError, match=r"rest on \['three'\], which it doesn't list"):
        small(GOOD, BAD, slip=[dict(says="x", means="y", against=["three"])])
    with pytest.raises(ExtensionError, match=r"no notebook weighs \['one', 'two'\]"):
        page.Answers(BOOK, SMALL, {})
    other = {key: entry | dict(high=3.0) for key, entry in SMALL["evidence"].items()}
    with pytest.raises(ExtensionError, match="n was run with another prediction of 'one'"):
        small(GOOD, BAD, evidence=other)


def test_the_page_shows_each_row_once_with_its_numbers_and_each_key_as_an_address(answers):
    parts = [answers.rows("article"), answers.rows("course"), answers.pen(), answers.asked()]
    whole = "\n".join(parts)
    for row in (*CLAIMS, *SLIPS):
        assert whole.count(f'id="{page.slug(row["says"])}"') == 1
    for question in QUESTIONS:
        assert whole.count(f"### {question['asks']}\n") == 1
    for key, entry in EVIDENCE.items():
        assert whole.count(f'<span id="{key}"></span>') == 1
        assert page.sentence(page.readable(answers.lines[key].told)) in whole
        assert entry["prediction"] in whole
    assert len(QUESTIONS) >= 20


def test_the_article_stands_there_word_for_word_with_every_verdict(answers):
    shown = answers.article()
    text = re.sub(r' ?<a class="verdict".*?</a>', "", shown)
    text = unescape(re.sub(r"<[^>]+>", "", text))
    source = (BOOK / "article.txt").read_text(encoding="utf-8")
    bare = re.sub(r"\]\(https://\S+?\)|[*#\[\]]", "", source)
    assert re.sub(r"[*#\[\]]", "", text).split() == bare.split()
    for claim in CLAIMS:
        if not claim["part"].startswith(page.COURSE):
            verdict = answers.verdict(claim)
            link = f'#{page.slug(claim["says"])}">{page.SIGNS[verdict]} {verdict}</a>'
            assert shown.count(link) == 1, claim["says"]
    for slip in SLIPS:
        assert shown.count(f'#{page.slug(slip["says"])}"') == 1


def test_a_sentence_that_the_article_has_not_once_is_refused():
    text = "Adam is a **fast** [rule](https://a.b). Adam is."
    assert page.place('"Adam is a fast rule."', text) == (0, 39)
    for says, times in (("is slow", 0), ("Adam is", 2)):
        with pytest.raises(ExtensionError, match=f"has '{says}' {times} times"):
            page.place(says, text)


# The built page, in a browser.


def test_a_line_in_a_chapter_leads_to_its_row_from_every_folder(site):
    for name, _, line in WEIGHED:
        html = (book.SITE / f"{name}.html").read_text(encoding="utf-8")
        assert f'href="{"../" * name.count("/")}claims.html#{line.key}"' in html


def test_the_search_for_little_tuning_leads_to_its_answer(browser, site):
    tab = browser.new_page()
    tab.goto(f"{site}search.html?q=little+tuning")
    first = tab.locator("#search-results li a").first
    first.click()
    assert tab.url.endswith("claims.html#row-does-adam-need-little-tuning")
    assert tab.locator("h3", has_text="Does Adam need little tuning?").is_visible()
    tab.close()


def test_rows_are_found_by_words_verdict_rule_and_kind(browser, site):
    tab = browser.new_page()
    tab.goto(f"{site}claims.html")
    shown = lambda: tab.locator(".entry:visible").count()  # noqa: E731
    total = tab.locator(".entry").count()
    assert shown() == total
    tab.locator("[name=words]").fill("weight_delay")
    assert 0 < shown() < total
    tab.locator("[name=words]").fill("little tuning")
    assert 0 < shown() < total
    assert tab.locator("h3", has_text="Does Adam need little tuning?").is_visible()
    assert not tab.locator("h3", has_text="Do I need warm-up?").is_visible()
    tab.locator("[name=words]").fill("")
    for name, choice in (("verdict", "Not as stated"), ("rule", "RMSprop"), ("kind", "law")):
        tab.locator(f"[name={name}]").select_option(choice)
        here = shown()
        assert 0 < here < total
        assert tab.locator("form output").inner_text() == f"{here} of {total} shown"
        tab.locator(f"[name={name}]").select_option("")
    assert shown() == total
    tab.close()


def test_a_link_into_what_is_folded_opens_it(browser, site):
    tab = browser.new_page()
    tab.goto(f"{site}claims.html#torch-state-apart")
    assert tab.locator("li:has(#torch-state-apart)").is_visible()
    tab.close()


def test_the_answers_can_be_read_without_javascript(browser, site):
    tab = browser.new_page(java_script_enabled=False)
    tab.goto(f"{site}claims.html")
    assert not tab.locator("form.filter").is_visible()
    assert tab.locator(".entry:visible").count() == tab.locator(".entry").count()
    tab.locator("summary:visible", has_text="measurement").first.click()
    assert tab.locator(".entry li").first.is_visible()
    tab.close()
