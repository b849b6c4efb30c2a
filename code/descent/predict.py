"""Questions to answer before looking: a number, a choice, or a sentence or two of one's own.

The texts may hold `code` and *emphasis*. On the built page `_js/bundled/descent.mjs` judges, by the
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
from dataclasses import dataclass, replace

from descent.lives import Lives, inline

RIGHT, WRONG = "Right. ", "Not yet. "
CHOOSE = "Choose one of the answers."
WORDS = 5  # With fewer, nothing is explained.
MORE_WORDS = "Write a sentence first. Then you can compare it with a model answer."
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
    name: str = ""
    tries = 4

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
                **_counted(self),
            ),
            self.question,
            *self.solution,
        )

    @property
    def solution(self):
        """The answer as a text, and the reason."""
        return f"{self.answer:,.0f}" if abs(self.answer) >= 1e4 else f"{self.answer:.4g}", self.why

    def widget(self):
        """The question as an ipywidgets form."""
        import ipywidgets as w

        entry = w.Text(placeholder="a number", layout=w.Layout(width="12em"))
        return _form(w, self, entry)


@dataclass(frozen=True, repr=False)
class Choice(Lives):
    """A question with a few answers to choose from. Made by `choice`."""

    question: str
    right: tuple
    wrong: tuple
    name: str = ""
    tries = 2

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
        return False, WRONG + feedback if feedback else CHOOSE

    def __repr__(self):
        return f"Predict: {self.question}"

    def html(self):
        """The question as a custom element, its answer folded."""
        options = [[inline(text), inline(why), text == self.right[0]] for text, why in self.options]
        return _element(
            "predict-choice", dict(options=options, **_counted(self)), self.question, *self.right
        )

    def widget(self):
        """The question as an ipywidgets form."""
        import ipywidgets as w

        entry = w.RadioButtons(
            options=[text for text, _ in self.options],
            value=None,
            layout=w.Layout(width="auto"),
        )
        return _form(w, self, entry)

    @property
    def solution(self):
        """The answer as a text, and the reason."""
        return self.right


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


def _counted(question):
    """What a page has to know of a question whose tries are counted."""
    return dict(name=question.name, tries=question.tries) if question.name else {}


def _element(tag, spec, question, answer, why):
    answer = answer.removesuffix(".")
    return _folded(
        tag, spec, "Predict", question, "Show the answer", f"<p>{inline(answer)}. {inline(why)}</p>"
    )


def _folded(tag, spec, kind, question, summary, folded):
    data = json.dumps(spec, ensure_ascii=False, allow_nan=False)
    data = data.replace("&", "&amp;").replace("'", "&#39;")
    return (
        f"<{tag} spec='{data}'>"
        f'<p class="question"><strong>{kind}.</strong> {inline(question)}</p>'
        f"<details><summary>{summary}</summary>{folded}</details></{tag}>"
    )


# How often a question was answered wrongly, by its name, as long as Python runs: a cell that is run
# again gives no new tries.
_WRONG = {}


def _form(w, question, entry):
    button = w.Button(description="Check")
    answer = w.HTML()
    name = question.name

    def closed(said):
        entry.disabled = button.disabled = True
        solution, why = map(inline, question.solution)
        answer.value = f"✗ {said} The answer: {solution.removesuffix('.')}. {why}"

    def check(_):
        right, feedback = question.judge(entry.value)
        answer.value = f"{'✓' if right else '✗'} {inline(feedback)}"
        if not name or feedback in (CHOOSE, NOT_A_NUMBER):
            return
        _note(name, right, None if right else str(entry.value))
        _WRONG[name] = 0 if right else _WRONG.get(name, 0) + 1
        if _WRONG[name] >= question.tries:
            closed(inline(feedback))

    button.on_click(check)
    if name and _WRONG.get(name, 0) >= question.tries:
        closed("Not this time.")
    head = w.HTML(f"<strong>Predict.</strong> {inline(question.question)}")
    return w.VBox([head, entry, button, answer])


def _note(name, passed, mistake):
    from descent.practice import record  # It uses what is shown, as this module does.

    record.note(name, passed, mistake)


@dataclass(frozen=True, repr=False)
class Explain(Lives):
    """A question that asks for a sentence or two. Made by `explain`."""

    question: str
    must: tuple
    model: str
    name: str = ""

    def __repr__(self):
        return f"Explain: {self.question}"

    def html(self):
        """The question as a custom element, a model answer folded."""
        points = "".join(f"<li>{inline(point)}</li>" for point in self.must)
        return _folded(
            "predict-explain",
            dict(name=self.name, must=[inline(point) for point in self.must]),
            "Explain",
            self.question,
            "Show a model answer",
            f"<p>{inline(self.model)}</p><p>It says:</p><ul>{points}</ul>",
        )

    def widget(self):
        """The question as an ipywidgets form."""
        import ipywidgets as w

        from descent.practice import explained

        text, ticks = explained.read(self.name) if self.name else ("", [])
        wide = w.Layout(width="auto")
        entry = w.Textarea(
            value=text, rows=4, layout=wide, placeholder="Your answer, in a sentence or two"
        )
        entry.add_class("explained")
        hand_in, done = w.Button(description="Hand in"), w.Button(description="Compared")
        said = w.HTML()
        boxes = [
            w.Checkbox(value=bool(tick), description=point, indent=False, layout=wide)
            for point, tick in zip(self.must, [*ticks, *[False] * len(self.must)], strict=False)
        ]
        model = w.HTML(f"<strong>A model answer.</strong> {inline(self.model)}")
        compared = w.VBox([model, w.HTML("Does yours say this?"), *boxes, done])
        compared.layout.display = "flex" if ticks else "none"

        def keep(_=None):
            handed = compared.layout.display == "flex"
            if self.name:
                explained.keep(self.name, entry.value, [box.value for box in boxes] * handed)

        def show(_):
            if len(entry.value.split()) < WORDS:
                said.value = MORE_WORDS
                return
            said.value, compared.layout.display = "", "flex"
            keep()

        def compare(_):
            missing = [point for point, box in zip(self.must, boxes, strict=True) if not box.value]
            said.value = COMPARED[bool(missing)]
            keep()
            if self.name:
                _note(self.name, not missing, missing[0] if missing else None)

        entry.observe(keep, "value")
        for box in boxes:
            box.observe(keep, "value")
        hand_in.on_click(show)
        done.on_click(compare)
        head = w.HTML(f"<strong>Explain.</strong> {inline(self.question)}")
        return w.VBox([head, entry, hand_in, compared, said])


COMPARED = (
    "Kept. All of it is there.",
    "Kept. Add to your answer what it lacks, and tick it then.",
)


def explain(question, *, must, model):
    """Ask for a sentence or two, to be compared with a model answer by whoever wrote them.

    Parameters
    ----------
    question : str
    must : sequence of str
        What an answer must contain, a point each, in words that don't give it away.
    model : str
        A model answer.

    Returns
    -------
    Explain

    Raises
    ------
    ValueError
        If a text is empty, or there is no point to tick.
    """
    _texts("a question", question=question, model=model)
    must = tuple(must)
    if not must:
        raise ValueError("must is empty: name one point at least that an answer must contain")
    for point in must:
        _texts(f"the point {point!r}", text=point)
    return Explain(question, must, model)


def ask(name):
    """Ask a question of the exercises: its tries are counted, and how it went is written down.

    Parameters
    ----------
    name : str
        Such as "ask-adam-longer".

    Returns
    -------
    Number, Choice or Explain

    Raises
    ------
    ValueError
        If there is no question of that name.
    """
    from descent.practice.questions import QUESTIONS  # Which are made by this module.

    if name not in QUESTIONS:
        raise ValueError(f"there is no question {name!r}; there are {', '.join(QUESTIONS)}")
    return replace(QUESTIONS[name], name=name)


def given(name):
    """What the figure of a question draws, without its names.

    Parameters
    ----------
    name : str
        Such as "three-walks".

    Returns
    -------
    object
        Walks, steps, or a function: what the cell of the figure takes.

    Raises
    ------
    ValueError
        If there is nothing of that name.
    """
    from descent.practice.questions import GIVEN

    if name not in GIVEN:
        raise ValueError(f"nothing is given as {name!r}; there are {', '.join(GIVEN)}")
    return GIVEN[name]()
