"""Questions: what is right, what is wrong, and what is said, in Python and on the page."""

import json
from pathlib import Path

import ipywidgets
import pytest
from hypothesis import given
from hypothesis import strategies as st

from descent import predict

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
    assert predict.read_number(repr(value)) == value


def test_a_choice_is_judged():
    assert COLOR.judge("red") == (True, "Right. It is.")
    assert COLOR.judge("blue") == (False, "Not yet. Look again.")
    assert COLOR.judge(None) == (False, "Choose one of the answers.")


def test_a_question_that_contradicts_itself_is_refused():
    with pytest.raises(ValueError, match=r"the wrong answer 1\.01 is too near the right one, 1"):
        predict.number("?", answer=1, why="", wrong=[(1.01, "no")])
    with pytest.raises(ValueError, match="both right and wrong"):
        predict.choice("?", right=("a", ""), wrong=[("a", "")])


@pytest.fixture(scope="module")
def page(browser):
    """A page with both questions and the book's script, as the built book has them."""
    page = browser.new_page()
    source = (Path(__file__).parents[1] / "book/_static/descent.mjs").read_text()
    page.set_content(LIMIT.html() + COLOR.html())
    page.add_script_tag(type="module", content=source)
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
