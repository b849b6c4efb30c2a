"""Questions to answer before looking: a number or a choice, with an answer to each wrong one.

The texts may hold `code` and *emphasis*. On the built page `_static/descent.mjs` judges, by the
same rules.
"""

import json
import re
from dataclasses import dataclass

from descent.lives import Lives, inline

RIGHT, WRONG = "Right. ", "Not yet. "
NOT_A_NUMBER = "That isn't a number yet. Type one such as 0.05, 1e-3 or 1/20."
FAR = (
    "Too large, by more than a factor of ten.",
    "Too large.",
    "Too small.",
    "Too small, by more than a factor of ten.",
)


def read_number(text):
    """Read what a learner typed as a number: 0.05, 0,05, 5e-2, 1/20 and 5 % are all the same.

    Parameters
    ----------
    text : str

    Returns
    -------
    float or None
        None if it isn't a number.
    """
    text = text.strip().replace("\N{MINUS SIGN}", "-").replace(" ", "")
    number = r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?"
    match = re.fullmatch(rf"({number})(?:/({number}))?(%?)", text)
    if match is None:
        return None
    above, below = (float((part or "1").replace(",", ".")) for part in match.groups()[:2])
    return above / below / (100 if match[3] else 1) if below else None


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
        value = read_number(text)
        if value is None:
            return False, NOT_A_NUMBER
        if self._near(value, self.answer):
            return True, RIGHT + self.why
        for known, feedback in self.wrong:
            if self._near(value, known):
                return False, WRONG + feedback
        low, high = sorted((self.answer / 10, self.answer * 10))
        kind = (value <= high) + (value <= self.answer) + (value < low)
        return False, WRONG + FAR[kind]

    def _near(self, value, target):
        return abs(value - target) <= self.within * abs(target) + 1e-12

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
        """Say what there is to say to a choice: (bool, str), as `Number.judge` does."""
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
    answer : float
        Computed in a cell above.
    why : str
        The reason, shown with the right answer.
    wrong : sequence of (float, str)
        Numbers that a likely mistake gives, each with what to say to it (without the answer).
    within : float
        Relative tolerance.

    Returns
    -------
    Number
    """
    for known, _ in wrong:
        if abs(known - answer) <= 2 * within * abs(answer):
            raise ValueError(f"the wrong answer {known:g} is too near the right one, {answer:g}")
    return Number(question, float(answer), why, within, tuple((float(v), t) for v, t in wrong))


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
    """
    if right[0] in dict(wrong):
        raise ValueError(f"the answer {right[0]!r} is both right and wrong")
    return Choice(question, tuple(right), tuple(map(tuple, wrong)))


def _element(tag, spec, question, answer, why):
    data = json.dumps(spec, ensure_ascii=False).replace("&", "&amp;").replace("'", "&#39;")
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
