"""The HTML that is shown: code stands in it as it was written, and every tag is closed."""

import ast
import json
import re
from html import unescape
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contents import BOOK, NOTEBOOKS
from descent import predict
from descent.lives import code, inline
from descent.practice import check
from descent.practice.exercises import EXERCISES
from descent.practice.mistakes import MISTAKES
from descent.practice.questions import QUESTIONS
from descent.practice.report import _ADVICE, Report, trouble_message


class Shown(HTMLParser):
    """What a piece of HTML shows: its pieces of code and emphasis, and the text around them."""

    VOID = ("br", "img")

    def __init__(self, page):
        super().__init__()
        self.open, self.code, self.emphasis, self.around = [], [], [], ""
        self.feed(page)
        self.close()
        assert not self.open, f"{self.open} not closed in {page}"

    def handle_starttag(self, tag, attrs):
        if tag in self.VOID:
            return self.handle_data("\n")
        assert "code" not in self.open, f"<{tag}> in <code>"
        self.open.append(tag)
        {"code": self.code, "em": self.emphasis}.get(tag, []).append("")

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        if "code" in self.open:
            self.code[-1] += data
        elif "pre" not in self.open:
            self.around += data
        if "em" in self.open:
            self.emphasis[-1] += data


def assert_marked(page):
    """Hold that what a page shows has no mark left over."""
    shown = Shown(page)
    assert "`" not in shown.around and not re.search(r"\*\w[^*]*\*", shown.around), shown.around
    return shown


def assert_shown(page, text):
    """Hold that a page shows a text of ours, with its code as it is and no mark left over."""
    shown = assert_marked(page)
    pieces = text.split("`")
    assert len(pieces) % 2, f"a backtick without its partner in {text!r}"
    assert [piece for piece in pieces[1::2] if piece not in shown.code] == []


INLINE = {
    "`a * b * c`": "<code>a * b * c</code>",
    "`lr * *m*`": "<code>lr * *m*</code>",
    "`a*b` and `c*d`": "<code>a*b</code> and <code>c*d</code>",
    "`__init__` and _x_": "<code>__init__</code> and _x_",
    "`a < b & c`": "<code>a &lt; b &amp; c</code>",
    "`a\nb * c * d`": "<code>a\nb * c * d</code>",
    "the *root* of": "the <em>root</em> of",
    "*not*, *now*.": "<em>not</em>, <em>now</em>.",
    "(*a `x*y` b*)": "(<em>a <code>x*y</code> b</em>)",
    "*`v`*": "<em><code>v</code></em>",
    "<b>*<i>*": "&lt;b&gt;<em>&lt;i&gt;</em>",
    "2 * 3 * 4": "2 * 3 * 4",
    "2*3*4": "2*3*4",
    "a* b *c": "a* b *c",
    "f(*args, **kw)": "f(*args, **kw)",
    "*one\ntwo*": "*one\ntwo*",
    "**": "**",
    "`alone * a * b": "`alone * a * b",
    "`` a ` b ``": "<code>a ` b</code>",
    "``a * b``": "<code>a * b</code>",
    "``a`": "``a`",
}


@pytest.mark.parametrize("text", INLINE)
def test_marks_are_made_of_what_is_marked_alone(text):
    assert inline(text) == INLINE[text]


@given(st.text("`*ab <&\n_"))
def test_any_text_gives_balanced_tags(text):
    Shown(inline(text))


@given(st.text("`*ab <&\n_", min_size=1))
def test_code_of_others_is_shown_as_it_is(text):
    assert Shown(inline(f"It is {code(text)}, *see*.")).code == [text]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.id)
def test_every_message_of_the_bank_is_shown_as_it_is(mistake):
    for message in (mistake.says, *mistake.own.values()):
        assert_shown(Report(False, message, title="adam").html(), message)


@pytest.mark.parametrize("name", EXERCISES)
def test_what_an_exercise_asks_for_is_shown_as_it_is(name):
    report = check(name)
    assert_shown(report.html(), report.message)
    signature = EXERCISES[name].signature
    assert signature in Shown(report.html()).code
    assert signature in Shown(check().html()).code


@pytest.mark.parametrize("kind", _ADVICE, ids=str)
def test_every_advice_is_shown_as_it_is(kind):
    trouble = SimpleNamespace(kind=kind or "OddError", text="can't do x * y * z", place=None)
    message = trouble_message(trouble, "f")
    page = Report(False, message, title="adam").html()
    assert_shown(page, message)
    assert f"{trouble.kind}: can't do x * y * z" in Shown(page).code


def stars(g, *, lr):
    step = lr * g * undefined * 2  # `a * b` <b>  # noqa: F821
    return step, {}


def raises(g, *, lr):
    raise ValueError("`a * b` is *not*\n  <c> & `d")


def wrong_call(g, *, other="*a* `b`", needed):
    return needed * g, {}


REPORTS = {
    "a line": (stars, ["step = lr * g * undefined * 2  # `a * b` <b>  # noqa: F821"]),
    "an error": (raises, ["ValueError: `a * b` is *not*\n  <c> & `d"]),
    "a signature": (wrong_call, ["wrong_call(g, *, other='*a* `b`', needed)"]),
    "a text": ("`x` * y * z", ["`x` * y * z"]),
    "a result": (lambda g, *, lr: "*a* `b`", ["'*a* `b`'"]),
    "a key": (lambda g, *, lr: (lr * g, {"*a* `b`": 1}), ["*a* `b`"]),
    "a key of None": (lambda g, *, lr: (lr * g, {"`*a*": None}), ["`*a*"]),
}


@pytest.mark.parametrize("case", REPORTS)
def test_what_a_learner_wrote_is_shown_as_it_is(case):
    submission, codes = REPORTS[case]
    report = check("gradient_descent", submission)
    shown = Shown(report.html())
    assert not report.passed and [c for c in codes if c not in shown.code] == [], shown.code
    assert not shown.emphasis
    assert "`" not in shown.around and "*" not in shown.around


def test_the_name_of_no_exercise_is_shown_as_it_is():
    assert Shown(check("`*a*", stars).html()).code[0] == "`*a*"


def test_what_was_printed_is_shown_as_it_is():
    page = Report(False, "It *is* `so`.", title="adam", printed="*a* `b` <c>").html()
    assert "<pre>*a* `b` &lt;c&gt;</pre>" in page
    assert Shown(page).emphasis == ["is"]


def questions():
    """Every text in a question of the notebooks; of a computed part, any number."""
    for name in NOTEBOOKS:
        for cell in json.loads((BOOK / name).read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] != "code" or "predict." not in source:
                continue
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                    "predict.number",
                    "predict.choice",
                ):
                    yield name, node, cell["outputs"]


def texts(node):
    """The texts in a call, with a number for whatever is computed in them."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(p.value if isinstance(p, ast.Constant) else "7" for p in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from texts(child)


def test_every_question_is_shown_as_it_is():
    seen = 0
    for name, call, outputs in questions():
        for text in texts(call):
            assert_shown(inline(text), text)
        stored = [o["data"]["text/html"] for o in outputs if "text/html" in o.get("data", {})]
        assert stored, f"a question of {name} has no output"
        for page in map("".join, stored):
            assert_marked(page)
            spec = json.loads(unescape(re.search("spec='([^']*)'", page)[1]))
            for part in [spec.get("why", ""), *spec.get("wrong", spec.get("options", []))]:
                for text in [part] if isinstance(part, str) else part:
                    assert_marked(str(text))
        seen += 1
    assert seen > 60


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_of_the_exercises_is_shown_as_it_is(name):
    question = QUESTIONS[name]
    texts = [question.question]
    if isinstance(question, predict.Explain):
        texts += [question.model, *question.must]
    else:
        texts += [question.solution[1], *(text for _, text in question.wrong)]
    for text in texts:
        assert_shown(inline(text), text)
    assert_marked(predict.ask(name).html())


def test_the_page_shows_the_code_of_a_question(browser):
    page = browser.new_page()
    number = predict.number("Is `a * b * c` *it*?", answer=1, why="`x * y * z < 3` & `'*'`.")
    option = "`p * q * r`"
    choice = predict.choice("?", right=(option, "`'a' * \"b\" * c`"), wrong=[("*no*", "`<i>`")])
    page.set_content(number.html() + choice.html())
    source = (BOOK / "_js/made/descent.mjs").read_text(encoding="utf-8")
    page.add_script_tag(type="module", content=source)
    page.wait_for_selector("predict-choice form")
    page.fill("predict-number input", "1")
    page.press("predict-number input", "Enter")
    page.check("predict-choice label:has-text('p * q * r') input")
    page.click("predict-choice button")
    for place, codes in {
        "predict-number .question": ["a * b * c"],
        "predict-number .feedback": ["x * y * z < 3", "'*'"],
        "predict-choice label": ["p * q * r"],
        "predict-choice .feedback": ["'a' * \"b\" * c"],
    }.items():
        assert page.locator(f"{place} code").all_inner_texts() == codes
    assert page.locator("predict-number .question em").all_inner_texts() == ["it"]
    page.close()
