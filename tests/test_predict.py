"""Questions: what is right, what is wrong, and what is said, in Python and on the page."""

import json
import math
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import ipywidgets
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contents import BOOK, NOTEBOOKS
from descent import predict
from descent.practice import record
from descent.practice.questions import QUESTIONS

LIMIT = predict.number(
    "Above which `lr`?",
    answer=0.04,
    why="It is 2/L.",
    wrong=[(0.02, "That is 1/L."), (1, "Which curvature?")],
)
COLOR = predict.choice(
    "Which?", right=("red", "It is."), wrong=[("blue", "Look again."), ("green", "No.")]
)

SAID = {
    "0.04": (True, "Right. It is 2/L."),
    "4e-2": (True, "Right. It is 2/L."),
    "0,04": (True, "Right. It is 2/L."),
    "2 / 50": (True, "Right. It is 2/L."),
    "4 %": (True, "Right. It is 2/L."),
    "0.02": (False, "Not yet. That is 1/L."),
    "1": (False, "Not yet. Which curvature?"),
    "0.05": (False, "Not yet. Too large."),
    "7": (False, "Not yet. Too large, by more than a factor of ten."),
    "0.03": (False, "Not yet. Too small."),
    "1e-9": (False, "Not yet. Too small, by more than a factor of ten."),
    "\N{MINUS SIGN}3": (False, "Not yet. Too small, by more than a factor of ten."),
    "": (False, predict.NOT_A_NUMBER),
    "two": (False, predict.NOT_A_NUMBER),
    "1/0": (False, predict.NOT_A_NUMBER),
    "nan": (False, predict.NOT_A_NUMBER),
}


@pytest.mark.parametrize("typed", SAID)
def test_a_number_is_judged(typed):
    assert LIMIT.judge(typed) == SAID[typed]


@given(st.text(max_size=12))
def test_nothing_typed_ends_in_an_error(typed):
    right, said = LIMIT.judge(typed)
    assert isinstance(right, bool) and said


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_that_python_writes_is_read_back(value):
    assert predict.read_numbers(repr(value)) == [value]


@given(st.floats(-1e15, 1e15))
def test_a_number_that_a_page_prints_is_read_back(value):
    for form in (
        f"{value:,.0f}",
        f"{value:,.2f}",
        f"{value:.4g}",
        f"{value:,.0f}".replace(",", " "),
    ):
        assert float(form.replace(",", "").replace(" ", "")) in predict.read_numbers(form)


# In the question below, GB and long are units, millions a scale, and lr a name with a value.
ASKED = "With lr = 0.2 and `beta` = 3, how many GB, steps or millions? How many *per mille* long?"
READ = {
    # As pages print numbers, and as others write them.
    "2500": [2500],
    "2,500": [2500, 2.5],
    "235,500": [235500, 235.5],
    "1,000,000": [1e6],
    "1,000,000.5": [1000000.5],
    "2 500": [2500],
    "1 000 000": [1e6],
    "1\N{NO-BREAK SPACE}000\N{NARROW NO-BREAK SPACE}000": [1e6],
    "1\N{THIN SPACE}000": [1000],
    "1'000": [1000],
    "1_000": [1000],
    "2,5": [2.5],
    "0,500": [0.5],
    ",05": [0.05],
    "2.500": [2.5],  # No page groups by points.
    "2.500,5": [2500.5],
    "1.000.000": [1e6],
    ".05": [0.05],
    "5.": [5],
    "\N{MINUS SIGN}3": [-3],
    "\N{EN DASH}3": [-3],
    "- 3": [-3],
    "+3": [3],
    "  3\t": [3],
    # Powers, products, quotients.
    "1e-3": [1e-3],
    "1E3": [1000],
    "10^-5": [1e-5],
    "10^(-5)": [1e-5],
    "10^{-5}": [1e-5],
    "10 ** -5": [1e-5],
    "10\N{SUPERSCRIPT MINUS}\N{SUPERSCRIPT FIVE}": [1e-5],
    "8\N{SUPERSCRIPT TWO}": [64],
    "-2^2": [-4],
    "2^0.5": [2**0.5],
    "2×10^-5": [2e-5],
    "2x10^-5": [2e-5],
    "2 · 10\N{SUPERSCRIPT MINUS}\N{SUPERSCRIPT FIVE}": [2e-5],
    "50*50": [2500],
    "50·50": [2500],
    "2 * -3": [-6],
    "4000 × 250": [1e6],
    "78,500*3": [235500, 235.5],
    "1/20": [0.05],
    "1 / 2 / 5": [0.1],
    "6÷2*3": [9],
    "0.99**10": [0.99**10],
    # What stands before and after.
    "~0.5": [0.5],
    "≈ 5": [5],
    "about 5": [5],
    "x = 5": [5],
    "beta2=0.9": [0.9],
    "= 5": [5],
    "5%": [0.05],
    "5 %": [0.05],
    "5 percent": [0.05],
    "10x": [10],
    "10×": [10],
    "10 times": [10],
    "12 GB": [12],
    "12 gb": [12],
    "2500 steps": [2500],
    "1 step": [1],
    "3 long steps": [3],
    "3k": [3000],
    "3 K steps": [3000],
    "2M": [2e6],
    "5 thousand": [5000],
    "2 billion": [2e9],
    "2 million": [2e6, 2],
}
# What isn't one number, or isn't in the question's unit.
READ |= {
    typed: []
    for typed in (
        *["", " ", ".", ",", "-", "e", "five", "nan", "inf", "-Infinity", "None", "%", "x", "GB"],
        *["1-2", "1 - 2", "1+2", "1\N{EN DASH}2", "1 2", "1, 2", "5 or 6", "5 to 6", "±5", "2&3"],
        *["1/0", "0/0", "0^-1", "1/0^-1", "1e400", "1/1e400", "10^400", "1^1e400", "1e308*1e9"],
        *["2^3^4", "--5", "5*", "*5", "5//2", "1,0000,000", "0,500,000", "1.5.2", "(5)", "5!"],
        *["12 MB", "5 ms", "5 dozen", "0.1 lr", "3 beta", "5 m", "5 and a half", "1 over 20"],
        *["3 point five", "5 squared", "sqrt(2)", "½", "1½", "5 constructor", "5 __proto__"],
        *["<5", ">5", "5e", "1e 5"],
    )
}


@pytest.mark.parametrize("typed", READ)
def test_what_is_typed_is_read(typed):
    assert predict.read_numbers(typed, ASKED) == pytest.approx(READ[typed], rel=1e-15)


STORED = [
    "".join(output["data"]["text/html"])
    for name in NOTEBOOKS
    for cell in json.loads((BOOK / name).read_text(encoding="utf-8"))["cells"]
    for output in cell.get("outputs", [])
    if "<predict-number" in "".join(output.get("data", {}).get("text/html", []))
]


@pytest.mark.parametrize("page", STORED, ids=range(len(STORED)))
def test_an_answer_typed_as_the_book_prints_it_is_right(page):
    spec = json.loads(unescape(re.search("spec='([^']*)'", page)[1]))
    question = unescape(re.search("</strong> (.*?)</p>", page)[1])
    printed = re.search(r"</summary><p>([-\d.,e]+)\. ", page)[1]
    asked = predict.number(question, answer=spec["answer"], why="So.", within=spec["within"])
    for typed in (printed, f"about {printed}", f"{printed}×1", printed.replace(",", " ")):
        assert asked.judge(typed) == (True, "Right. So."), typed


def test_of_two_readings_the_one_nearer_to_a_known_answer_counts():
    many = predict.number("?", answer=2500, why="So.", wrong=[(1.25, "Half."), (50, "No.")])
    few = predict.number("?", answer=2.5, why="So.", wrong=[(50, "No.")])
    assert many.judge("2,500") == few.judge("2,500") == few.judge("2,5") == (True, "Right. So.")
    assert not many.judge("2.500")[0] and not many.judge("2,5")[0]
    assert many.judge("1,250") == (False, "Not yet. Half.")
    assert many.judge("2,600") == (False, "Not yet. Too large.")
    assert few.judge("2,600") == (False, "Not yet. Too large.")
    assert few.judge("2,400") == (False, "Not yet. Too small.")
    assert predict.number("How many million?", answer=2, why="So.").judge("2 million")[0]
    assert predict.number("How many?", answer=2e6, why="So.").judge("2 million")[0]
    assert predict.number("How many?", answer=2, why="So.").judge("2 million") == (
        False,
        "Not yet. Too large, by more than a factor of ten.",
    )


def test_a_choice_is_judged():
    assert COLOR.judge("red") == (True, "Right. It is.")
    assert COLOR.judge("blue") == (False, "Not yet. Look again.")
    assert COLOR.judge(None) == (False, "Choose one of the answers.")


@pytest.mark.parametrize(
    "given, words",
    [
        (dict(answer=math.nan), "the answer should be a finite number, and it is nan"),
        (dict(answer=-np.inf), "the answer should be a finite number, and it is -inf"),
        (dict(answer="5"), "the answer should be a finite number, and it is '5'"),
        (dict(answer=None), "the answer should be a finite number, and it is None"),
        (dict(answer=0), "the answer 0 is too near zero"),
        (dict(answer=1e-13), "the answer 1e-13 is too near zero"),
        (dict(within=0), "within = 0 should be a share of the answer, between 0 and 1"),
        (dict(within=-0.1), "within = -0.1 should be"),
        (dict(within=math.nan), "within should be a finite number"),
        (dict(wrong=[(math.inf, "no")]), "a wrong answer should be a finite number"),
        (dict(wrong=[(1.01, "no")]), r"the wrong answer 1\.01 is too near the right one, 1"),
        (dict(wrong=[(5, " ")]), "the wrong answer 5 has a text for its feedback, and here it is"),
        (dict(question=""), "a question has a text for its question, and here it is ''"),
        (dict(why=None), "a question has a text for its why, and here it is None"),
    ],
)
def test_a_number_that_cannot_be_judged_is_refused(given, words):
    with pytest.raises(ValueError, match=words):
        predict.number(**dict(question="?", answer=1, why="So.") | given)


@pytest.mark.parametrize(
    "given, words",
    [
        (dict(wrong=[("a", "No.")]), "'a' is both right and wrong"),
        (dict(wrong=[("b", "No."), ("b", "No!")]), "'b' is given twice"),
        (dict(wrong=[]), "'a' is the only answer"),
        (dict(wrong=[("b", "")]), "the answer 'b' has a text for its feedback"),
        (dict(right=("", "So.")), "the answer '' has a text for its answer"),
        (dict(question=" "), "a question has a text for its question"),
    ],
)
def test_a_choice_that_cannot_be_judged_is_refused(given, words):
    with pytest.raises(ValueError, match=words):
        predict.choice(**dict(question="?", right=("a", "So."), wrong=[("b", "No.")]) | given)


CSS = BOOK / "_static/descent.css"
SCRIPT = CSS.parents[1] / "_js" / "made" / "descent.mjs"


@pytest.fixture(scope="module")
def page(browser):
    """A page with both questions and the book's script, as the built book has them."""
    page = browser.new_page()
    source = SCRIPT.read_text(encoding="utf-8")
    page.set_content(f"<style>{CSS.read_text()}</style>{LIMIT.html()}{COLOR.html()}")
    page.evaluate(
        """async (source) => {
            window.descent = await import(`data:text/javascript,${encodeURIComponent(source)}`);
        }""",
        source,
    )
    page.wait_for_selector("predict-choice form")
    yield page
    page.close()


@pytest.mark.parametrize("typed", SAID)
def test_the_page_says_the_same(page, typed):
    right, said = SAID[typed]
    page.fill("predict-number input", typed)
    page.press("predict-number input", "Enter")
    feedback = page.locator("predict-number .feedback")
    assert feedback.inner_text() == f"{'✓' if right else '✗'} {said}"
    assert page.input_value("predict-number input") == typed  # nothing typed is lost


def test_the_page_reads_the_same(page):
    read = page.evaluate(
        "([texts, asked]) => texts.map((text) => descent.readNumbers(text, asked))",
        [list(READ), ASKED.replace("`", "").replace("*", "")],
    )
    for typed, values in zip(READ, read, strict=True):
        assert values == pytest.approx(READ[typed], rel=1e-15), typed


PIECES = st.sampled_from(
    [*"0123456789", *".,'_ +-−*/^×xe%k·÷~=()⁻²", "12", "500", "000", "10", " GB", " steps", " lr"]
)


@settings(max_examples=20)
@given(st.lists(st.lists(PIECES, max_size=8).map("".join), min_size=50, max_size=50))
def test_the_page_reads_the_same_whatever_is_typed(page, texts):
    read = page.evaluate(
        "([texts, asked]) => texts.map((text) => descent.readNumbers(text, asked))",
        [texts, ASKED.replace("`", "").replace("*", "")],
    )
    for typed, values in zip(texts, read, strict=True):
        assert values == pytest.approx(predict.read_numbers(typed, ASKED), rel=1e-12), typed


TWICE = predict.number(
    "How many?", answer=2500, why="So.", wrong=[(1.25, "Half."), (-50, "No.")], within=0.01
)


@pytest.mark.parametrize("question", [LIMIT, TWICE], ids=["limit", "twice"])
def test_the_page_judges_the_same(page, question):
    texts = [*READ, "1,250", "2,600", "1,3", "2,400", "-50", "1e9", "-1e9"]
    spec = json.loads(question.html().split("spec='")[1].split("'>")[0])
    said = page.evaluate(
        "([texts, spec, asked]) => texts.map((text) => descent.judgeNumber(text, spec, asked))",
        [texts, spec, question.question.replace("`", "")],
    )
    for typed, (right, words) in zip(texts, said, strict=True):
        assert (right, words) == question.judge(typed), typed


def test_a_unit_of_the_question_is_read_on_the_page(page):
    page.evaluate(
        "(html) => document.body.insertAdjacentHTML('beforeend', html)",
        predict.number(
            "How many `GB` *or* cells, at m = 3?", answer=12, why="So.", within=0.01
        ).html(),
    )
    form = page.locator("predict-number").last
    for typed, said in {"12 GB": "✓ Right. So.", "12 cells": "✓ Right. So."}.items():
        form.locator("input").fill(typed)
        form.locator("button").click()
        assert form.locator(".feedback").inner_text() == said
    for typed in ("12 MB", "12 predict", "12 m"):
        form.locator("input").fill(typed)
        form.locator("button").click()
        assert form.locator(".feedback").inner_text() == f"✗ {predict.NOT_A_NUMBER}"


def test_feedback_is_spoken(browser):
    """A status that is hidden while it is empty may stay unspoken when it fills."""
    page = browser.new_page()
    page.set_content(f"<style>{CSS.read_text()}</style>{LIMIT.html()}")
    page.add_script_tag(type="module", content=SCRIPT.read_text(encoding="utf-8"))
    status = page.locator("predict-number [role=status]")
    status.wait_for(state="attached")
    assert status.evaluate("(p) => getComputedStyle(p).display") == "block"
    assert status.evaluate("(p) => p.getBoundingClientRect().height") == 0
    page.fill("predict-number input", "0.02")
    page.press("predict-number input", "Enter")
    assert status.inner_text() == "✗ Not yet. That is 1/L."
    assert page.input_value("predict-number input") == "0.02"
    assert page.evaluate("document.activeElement.tagName") == "INPUT"
    page.close()


def test_the_page_judges_a_choice(page):
    page.click("predict-choice button")
    assert page.inner_text("predict-choice .feedback") == "✗ Choose one of the answers."
    for text in ("blue", "green", "red"):
        page.check(f"predict-choice label:has-text('{text}') input")
        page.click("predict-choice button")
        right, said = COLOR.judge(text)
        assert page.inner_text("predict-choice .feedback") == f"{'✓' if right else '✗'} {said}"


def test_the_answer_is_folded_and_needs_no_script():
    html = LIMIT.html()
    assert "<details><summary>Show the answer</summary><p>0.04. It is 2/L.</p></details>" in html
    assert "Above which <code>lr</code>?" in html
    assert json.loads(html.split("spec='")[1].split("'>")[0])["answer"] == 0.04


@pytest.mark.parametrize("question", [LIMIT, COLOR], ids=["number", "choice"])
def test_the_widget_answers(question):
    box = question.widget()
    button = next(c for c in box.children if isinstance(c, ipywidgets.Button))
    box.children[1].value = "0.02" if question is LIMIT else "blue"
    button.click()
    assert box.children[-1].value.startswith("✗ Not yet.")
    assert repr(question).startswith("Predict: ")


# The questions of the exercises.


def test_options_do_not_tell_by_their_length_or_their_place():
    chosen = [q for q in QUESTIONS.values() if isinstance(q, predict.Choice)]
    longest, places = 0, []
    for question in chosen:
        texts = [text for text, _ in question.options]
        if any(" " in text for text in texts):  # Names are as long as they are.
            assert max(map(len, texts)) <= 1.6 * min(map(len, texts)), texts
        longest += len(question.right[0]) == max(map(len, texts))
        places.append(texts.index(question.right[0]))
    assert longest < 0.45 * len(chosen)
    assert max(map(places.count, places)) < 0.55 * len(places)


def test_a_folded_cell_does_not_tell_the_answer():
    asked = []
    for name in NOTEBOOKS:
        if not name.startswith("exercises/"):
            continue
        cells = json.loads((BOOK / name).read_text(encoding="utf-8"))["cells"]
        for source in ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"):
            assert not re.search(r"predict\.(number|choice|explain)\(", source), source
            asked += re.findall(r'predict\.ask\("([^"]+)"\)', source)
    assert sorted(asked) == sorted(QUESTIONS)


def test_each_of_four_curves_has_the_sign_that_it_is_known_by():
    curves = predict.given("four-curves")
    assert curves["A"][30] > 1
    assert np.ptp(curves["B"][30:]) < 0.02 and curves["B"][30] > 0.5
    assert (np.diff(curves["C"]) < 0).all()
    assert curves["D"][20:].max() < 0.35 and np.ptp(curves["D"][20:]) > 0.01


def test_every_section_that_asks_for_an_explanation_gets_one():
    for name in NOTEBOOKS:
        if name.startswith("exercises/"):
            cells = json.loads((BOOK / name).read_text(encoding="utf-8"))["cells"]
            text = "\n".join("".join(cell["source"]) for cell in cells)
            for section in re.split("^## ", text, flags=re.M)[1:]:
                assert ("*Explain ·" in section) == ('ask("explain-' in section), section[:80]


def test_a_name_that_nobody_has_is_told():
    with pytest.raises(ValueError, match="there is no question 'ask-me'; there are ask-gd-who"):
        predict.ask("ask-me")
    with pytest.raises(ValueError, match="nothing is given as 'me'; there are three-walks"):
        predict.given("me")


@pytest.mark.parametrize(
    "given, words",
    [
        (dict(must=()), "must is empty"),
        (dict(must=("a", " ")), "the point ' ' has a text for its text"),
        (dict(model=""), "a question has a text for its model"),
    ],
)
def test_an_explanation_that_cannot_be_compared_is_refused(given, words):
    with pytest.raises(ValueError, match=words):
        predict.explain(**dict(question="Why?", must=("a",), model="So.") | given)


WHY = replace(
    predict.explain("Why `so`?", must=("the *cause*", "the effect"), model="Since it is."),
    name="explain-why",
)


@pytest.fixture
def notes(monkeypatch, tmp_path):
    """What is written down, in a folder of a learner's own."""
    noted = []
    (tmp_path / "my-work").mkdir()
    monkeypatch.chdir(tmp_path / "my-work")
    monkeypatch.setattr(record, "note", lambda *given: noted.append(given))
    monkeypatch.setattr(predict, "_WRONG", {})
    return noted


def test_a_choice_has_two_tries_in_a_notebook(notes):
    color = replace(COLOR, name="ask-color")
    _, entry, button, answer = color.widget().children
    button.click()
    assert not notes and not entry.disabled
    for text in ("blue", "green"):
        entry.value = text
        button.click()
    assert notes == [("ask-color", False, "blue"), ("ask-color", False, "green")]
    assert answer.value == "✗ Not yet. No. The answer: red. It is."
    assert entry.disabled and button.disabled
    # Run again, the cell gives no new tries.
    assert color.widget().children[1].disabled
    _, entry, button, answer = replace(COLOR, name="ask-again").widget().children
    entry.value = "red"
    button.click()
    assert notes[-1] == ("ask-again", True, None) and not entry.disabled


def test_a_number_has_four_tries_in_a_notebook(notes):
    _, entry, button, answer = replace(LIMIT, name="ask-limit").widget().children
    for text in ("word", "1", "2", "3", "4"):
        entry.value = text
        button.click()
    assert [given[2] for given in notes] == ["1", "2", "3", "4"]
    assert entry.disabled and answer.value.endswith("The answer: 0.04. It is 2/L.")


def test_an_explanation_is_kept_in_a_notebook(notes):
    _, entry, hand_in, compared, said = WHY.widget().children
    assert compared.layout.display == "none"
    entry.value = "because"
    hand_in.click()
    assert said.value == predict.MORE_WORDS and compared.layout.display == "none"
    entry.value = "It is because of the cause."
    hand_in.click()
    assert compared.layout.display == "flex" and "Since it is." in compared.children[0].value
    first, second, done = compared.children[2:]
    first.value = True
    done.click()
    assert notes == [("explain-why", False, "the effect")]
    # It comes back, and can be completed.
    _, entry, _, compared, said = WHY.widget().children
    assert entry.value == "It is because of the cause." and compared.layout.display == "flex"
    first, second, done = compared.children[2:]
    assert first.value and not second.value
    second.value = True
    done.click()
    assert notes[-1] == ("explain-why", True, None)


def test_a_file_of_explanations_that_is_spoiled_is_left_alone(notes):
    for text in ("[]", "{", '{"explain-why": 3}'):
        Path("explained.json").write_text(text)
        _, entry, hand_in, *_ = WHY.widget().children
        assert entry.value == ""
    Path("explained.json").write_text("{")
    entry.value = "It is because of the cause."
    hand_in.click()
    assert Path("explained.json").read_text() == "{"


@pytest.fixture
def counted(browser, tmp_path):
    """A page that has an address, as questions that are kept need one."""
    color, limit = replace(COLOR, name="ask-color"), replace(LIMIT, name="ask-limit")
    page = browser.new_page()
    body = f"<style>{CSS.read_text()}</style>{limit.html()}{color.html()}{WHY.html()}"
    listen = (
        "window.answers = []; addEventListener('descent-answered', (e) => answers.push(e.detail))"
    )
    script = SCRIPT.read_text(encoding="utf-8")
    text = (
        f"<!doctype html><body>{body}<script>{listen}</script><script type=module>{script}</script>"
    )
    page.route(
        "http://course.test/",
        lambda route: route.fulfill(body=text, content_type="text/html; charset=utf-8"),
    )
    page.goto("http://course.test/")
    page.wait_for_selector("predict-explain form")
    yield page
    page.close()


def test_tries_are_counted_on_the_page_and_an_explanation_is_kept(counted):
    page = counted
    page.click("predict-choice button")
    for text in ("blue", "green"):
        page.check(f"predict-choice label:has-text('{text}') input")
        page.click("predict-choice button")
    said = page.inner_text("predict-choice .feedback")
    assert said == "✗ Not yet. No. Below is the answer. You can try again tomorrow."
    assert page.is_disabled("predict-choice button") and page.is_visible("predict-choice details p")
    page.click("predict-number summary")  # Who looks hasn't answered.
    page.wait_for_selector("predict-number button:disabled")
    assert page.evaluate("answers") == [
        dict(name="ask-color", passed=False, mistake="blue"),
        dict(name="ask-color", passed=False, mistake="green"),
        dict(name="ask-limit", passed=False, mistake=None),
    ]

    field = page.get_by_label("Your answer, in a sentence or two")
    assert page.is_hidden("predict-explain fieldset") and page.is_hidden("predict-explain details")
    field.fill("because")
    field.press("Tab")
    page.keyboard.press("Enter")
    assert page.inner_text("predict-explain .feedback") == predict.MORE_WORDS
    field.fill("It is because of the cause.")
    page.click("predict-explain form button")
    assert "Since it is." in page.inner_text("predict-explain details")
    page.get_by_label("the cause").check()
    page.click("predict-explain fieldset button")
    assert page.inner_text("predict-explain .feedback") == predict.COMPARED[1]
    assert page.evaluate("answers.at(-1)") == dict(
        name="explain-why", passed=False, mistake="the effect"
    )

    page.reload()
    page.wait_for_selector("predict-explain form")
    assert page.is_disabled("predict-choice button") and page.is_disabled("predict-number button")
    # What was answered is seen, and what came of it.
    assert page.is_checked("predict-choice label:has-text('green') input")
    assert page.inner_text("predict-choice .feedback") == said
    assert field.input_value() == "It is because of the cause."
    assert page.get_by_label("the cause").is_checked()
    page.get_by_label("the effect").check()
    page.click("predict-explain fieldset button")
    assert page.evaluate("answers") == [dict(name="explain-why", passed=True, mistake=None)]
    # On another day it can be asked again.
    page.evaluate('localStorage.setItem(\'descent/asked/ask-color\', \'{"day": "x", "wrong": 2}\')')
    page.reload()
    page.check("predict-choice label:has-text('red') input")
    page.click("predict-choice button")
    assert page.inner_text("predict-choice .feedback") == "✓ Right. It is."
    page.evaluate('localStorage.removeItem("descent/asked/ask-limit")')
    for number, said in (("0.02", "✗ Not yet. That is 1/L."), ("0.04", "✓ Right. It is 2/L.")):
        page.reload()
        page.fill("predict-number input", number)
        page.click("predict-number button")
        page.reload()
        assert page.input_value("predict-number input") == number
        assert page.inner_text("predict-number .feedback") == said
        assert page.is_enabled("predict-number button")
    assert page.inner_text("predict-choice .feedback") == "✓ Right. It is."


def test_a_model_answer_needs_no_script():
    html = WHY.html()
    assert "Why <code>so</code>?" in html and "<li>the <em>cause</em></li>" in html
    assert "<details><summary>Show a model answer</summary><p>Since it is.</p>" in html
