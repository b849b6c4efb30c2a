"""Questions to answer before looking: a number or a choice, with an answer to each wrong one.

The texts may hold `code` and *emphasis*. On the built page `_js/descent.mjs` judges, by the
same rules.

What is read as a number: 2500 as pages print it (2,500 or 2 500), 0.05 or 0,05, 1e-3, a product,
quotient or power of a few of them (3*50, 1/20, 2×10^-5, 10⁻⁵), a sign before and a percentage, a
scale (5 k, 2 million) or the question's own unit after it, and "about", "~" or "lr =" in front.
Nothing else is: no sum, which may be a range, no bracket, and no word that could mean anything.
"""

import json
import math
import re
import unicodedata
from dataclasses import dataclass

from descent.lives import Lives, inline

RIGHT, WRONG = "Right. ", "Not yet. "
NOT_A_NUMBER = (
    "That isn't a number yet. Type one such as 0.05, 2,500, 1e-3, 1/20, 5 % or 10^-5, alone or in "
    "the question's unit."
)
FAR = (
    "Too large, by more than a factor of ten.",
    "Too large.",
    "Too small.",
    "Too small, by more than a factor of ten.",
)


SCALES = {"%": 0.01, "percent": 0.01, "k": 1e3, "thousand": 1e3, "M": 1e6, "million": 1e6}
SCALES |= {"billion": 1e9, "trillion": 1e12}
TIMES = {"x", "×", "time", "fold"}  # The units of a ratio.

# The same texts stand in descent.mjs. None uses what Python and JavaScript take for a digit, a
# letter or a space.
_WORD = "[A-Za-zµα-ω]+"
_PLAIN = (
    ("[ \t\r\n\u00a0\u2000-\u200a\u202f]+", " "),
    ("[−–]", "-"),
    (r"\*\*", "^"),
    (r"\^ ?[({]([^(){}]*)[)}]", r"^\1"),
    (r"([0-9.,]) ?[x×] ?(?=[0-9.,+-])", r"\1*"),
    ("[·⋅]", "*"),
    ("÷", "/"),
)
_BEFORE = "[Aa]bout|[Aa]round|[Rr]oughly|[~≈=]|[A-Za-zα-ω][A-Za-zα-ω0-9_]* ?="
_GIVEN = f"({_WORD}) ?(?:=|is|was) ?[0-9.−-]"


def read_numbers(text, question=""):
    """Read what a learner typed as a number, in every way that it can be meant.

    2,500 is 2500 or 2.5, and 2 million, where the question asks for millions, is 2e6 or 2.

    Parameters
    ----------
    text : str
    question : str
        Its words count as units, but for names that it gives a value: with "lr = 0.2" in the
        question, "3 lr" isn't 3.

    Returns
    -------
    list of float
        Finite. Empty if it isn't a number.
    """
    text = re.sub("[⁻⁰¹²³⁴-⁹]+", lambda m: "^" + unicodedata.normalize("NFKC", m[0]), text)
    for written, plain in _PLAIN:
        text = re.sub(written, plain, text)
    question = re.sub("[`*]", "", question)
    units = {_key(word) for word in re.findall(f"%|{_WORD}", question)}
    units -= {_key(word) for word in re.findall(_GIVEN, question)}
    values = _read(text.strip(" "), ".", units)
    if not values or "," in text:
        values += _read(text.strip(" "), ",", units)
    return [value for value in values if math.isfinite(value)]


def _read(text, point, units):
    """Read a plain text with this as its decimal point."""
    between = f"[{',' if point == '.' else '.'}'_ ]"
    whole = f"(?:[1-9][0-9]{{0,2}}(?:{between}[0-9]{{3}})+|[0-9]+)"
    number = f"(?:{whole}(?:[{point}][0-9]*)?|[{point}][0-9]+)(?:[eE][+-]?[0-9]+)?"
    power = rf"[+-]? ?{number}(?: ?\^ ?[+-]? ?{number})?"
    match = re.fullmatch(
        rf"(?:(?:{_BEFORE}) ?)?({power}(?: ?[*/] ?{power})*) ?([A-Za-zµα-ω×% ]*)", text
    )
    if match is None:
        return []
    scales = [1]
    for word in re.findall(f"%|×|{_WORD}", match[2]):
        known = _key(word) in units
        scale = SCALES.get(word, SCALES.get(_key(word)))
        if scale is not None:
            scales = [s * scale for s in scales] + scales * known
        elif not known and _key(word) not in TIMES:
            return []

    first, *rest = re.split("([*/])", re.sub(between, "", match[1]).replace(point, "."))
    result = _power(first)
    for operator, part in zip(rest[::2], rest[1::2], strict=True):
        factor = _power(part)
        if not math.isfinite(factor) or (operator == "/" and factor == 0):
            return []
        result = result * factor if operator == "*" else result / factor
    return [result * scale for scale in scales]


def _power(part):
    base, _, exponent = part.partition("^")
    base, exponent = float(base), float(exponent or 1)
    if not (math.isfinite(base) and math.isfinite(exponent)):
        return math.inf
    try:
        size = abs(base) ** exponent
    except (OverflowError, ZeroDivisionError):
        return math.inf
    return -size if base < 0 else size


def _key(word):
    """A word without its plural, to compare it with another. In "ms" the s is no plural."""
    return re.sub("s$", "", word.lower()) if len(word) > 3 else word.lower()


@dataclass(frozen=True, repr=False)
class Number(Lives):
    """A question with a number for an answer. Made by `number`."""

    question: str
    answer: float
    why: str
    within: float
    wrong: tuple

    def judge(self, text):
        """Say what there is to say to an answer.

        Parameters
        ----------
        text : str
            As the learner typed it.

        Returns
        -------
        (bool, str)
            Whether it is right, and the feedback.
        """
        values = read_numbers(text, self.question)
        if not values:
            return False, NOT_A_NUMBER
        if self._near(values, self.answer):
            return True, RIGHT + self.why
        for known, feedback in self.wrong:
            if self._near(values, known):
                return False, WRONG + feedback
        value = min(values, key=self._distance)
        low, high = sorted((self.answer / 10, self.answer * 10))
        kind = (value <= high) + (value <= self.answer) + (value < low)
        return False, WRONG + FAR[kind]

    def _near(self, values, target):
        return any(abs(v - target) <= self.within * abs(target) + 1e-12 for v in values)

    def _distance(self, value):
        """How far it is from the nearest known answer, as a share of the two sizes."""
        known = (self.answer, *(v for v, _ in self.wrong))
        return min(abs(value - v) / (abs(value) + abs(v) or 1) for v in known)

    def __repr__(self):
        return f"Predict: {self.question}"

    def html(self):
        """The question as a custom element, its answer folded."""
        return _element(
            "predict-number",
            dict(
                answer=self.answer,
                within=self.within,
                why=inline(self.why),
                wrong=[[value, inline(text)] for value, text in self.wrong],
            ),
            self.question,
            f"{self.answer:,.0f}" if abs(self.answer) >= 1e4 else f"{self.answer:.4g}",
            self.why,
        )

    def widget(self):
        """The question as an ipywidgets form."""
        import ipywidgets as w

        entry = w.Text(placeholder="a number", layout=w.Layout(width="12em"))
        return _form(w, self.question, entry, lambda: self.judge(entry.value))


@dataclass(frozen=True, repr=False)
class Choice(Lives):
    """A question with a few answers to choose from. Made by `choice`."""

    question: str
    right: tuple
    wrong: tuple

    @property
    def options(self):
        """All answers with their feedback, in the order of their texts."""
        return sorted([self.right, *self.wrong])

    def judge(self, text):
        """Say what there is to say to a choice.

        Parameters
        ----------
        text : str
            The answer that was chosen.

        Returns
        -------
        (bool, str)
            As `Number.judge` does.
        """
        if text == self.right[0]:
            return True, RIGHT + self.right[1]
        feedback = dict(self.wrong).get(text)
        return False, WRONG + feedback if feedback else "Choose one of the answers."

    def __repr__(self):
        return f"Predict: {self.question}"

    def html(self):
        """The question as a custom element, its answer folded."""
        options = [[inline(text), inline(why), text == self.right[0]] for text, why in self.options]
        return _element("predict-choice", dict(options=options), self.question, *self.right)

    def widget(self):
        """The question as an ipywidgets form."""
        import ipywidgets as w

        entry = w.RadioButtons(
            options=[text for text, _ in self.options],
            value=None,
            layout=w.Layout(width="auto"),
        )
        return _form(w, self.question, entry, lambda: self.judge(entry.value))


def number(question, *, answer, why, wrong=(), within=0.02):
    """Ask for a number.

    Parameters
    ----------
    question : str
        Where the answer has a unit, with that unit's name.
    answer : float
        Computed in a cell above. Not zero, since the tolerance is a share of it.
    why : str
        The reason, shown with the right answer.
    wrong : sequence of (float, str)
        Numbers that a likely mistake gives, each with what to say to it (without the answer).
    within : float
        Relative tolerance.

    Returns
    -------
    Number

    Raises
    ------
    ValueError
        If the question can't be judged: a text that is empty, a number that isn't finite, a wrong
        answer within the tolerance of the right one.
    """
    _texts("a question", question=question, why=why)
    answer, within = _finite("the answer", answer), _finite("within", within)
    if abs(answer) < 1e-9:
        raise ValueError(f"the answer {answer:g} is too near zero: ask for it in another unit")
    if not 0 < within < 1:
        raise ValueError(f"within = {within:g} should be a share of the answer, between 0 and 1")
    wrong = tuple((_finite("a wrong answer", known), text) for known, text in wrong)
    for known, text in wrong:
        _texts(f"the wrong answer {known:g}", feedback=text)
        if abs(known - answer) <= 2 * within * abs(answer):
            raise ValueError(f"the wrong answer {known:g} is too near the right one, {answer:g}")
    return Number(question, answer, why, within, wrong)


def choice(question, *, right, wrong):
    """Offer a few answers.

    Parameters
    ----------
    question : str
    right : (str, str)
        The right answer and the reason.
    wrong : sequence of (str, str)
        The others, each with what to say to it (without the answer).

    Returns
    -------
    Choice

    Raises
    ------
    ValueError
        If a text is empty, there is nothing to choose from, or an answer stands there twice.
    """
    _texts("a question", question=question)
    right, wrong = tuple(right), tuple(map(tuple, wrong))
    if not wrong:
        raise ValueError(f"{right[0]!r} is the only answer: give a wrong one at least")
    seen = set()
    for text, feedback in (right, *wrong):
        _texts(f"the answer {text!r}", answer=text, feedback=feedback)
        if text in seen:
            both = "both right and wrong" if text == right[0] else "given twice"
            raise ValueError(f"the answer {text!r} is {both}")
        seen.add(text)
    return Choice(question, right, wrong)


def _finite(name, value):
    try:
        number = math.nan if isinstance(value, str) else float(value)
    except TypeError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name} should be a finite number, and it is {value!r}")
    return number


def _texts(owner, **texts):
    for name, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{owner} has a text for its {name}, and here it is {text!r}")


def _element(tag, spec, question, answer, why):
    data = json.dumps(spec, ensure_ascii=False, allow_nan=False)
    data = data.replace("&", "&amp;").replace("'", "&#39;")
    answer = answer.removesuffix(".")
    return (
        f"<{tag} spec='{data}'>"
        f'<p class="question"><strong>Predict.</strong> {inline(question)}</p>'
        "<details><summary>Show the answer</summary>"
        f"<p>{inline(answer)}. {inline(why)}</p></details></{tag}>"
    )


def _form(w, question, entry, judge):
    button = w.Button(description="Check")
    answer = w.HTML()

    def check(_):
        right, feedback = judge()
        answer.value = f"{'✓' if right else '✗'} {inline(feedback)}"

    button.on_click(check)
    head = w.HTML(f"<strong>Predict.</strong> {inline(question)}")
    return w.VBox([head, entry, button, answer])
