"""Exercises whose checker names the mistake: `check("adam", my_adam)`; and goals to be reached."""

import difflib
import re
import warnings

import numpy as np

from descent.lives import code

from . import record
from .calls import NotBegun, Refused, check_callable, name_of, writes_in_place
from .exercises import EXERCISES
from .judging import agree, judge, right
from .playing import without_effect
from .report import Report, shown, trouble_message
from .sandbox import Trouble, learners_place, run

__all__ = ["Report", "check", "goal", "progress"]

_NOTHING = object()


def check(name=_NOTHING, submission=_NOTHING):
    """Check an answer to an exercise, and name the mistake if there is one.

    Parameters
    ----------
    name : str, optional
        The exercise. Without it, all exercises are listed.
    submission : callable, optional
        Your function, in the form that the exercise asks for. Without it, that form is shown. It is
        called on a copy of what is there, for 2 seconds at most.

    Returns
    -------
    Report
    """
    if name is _NOTHING:
        return Report(False, _listed())
    if not issubclass(type(name), str) or name not in EXERCISES:
        return Report(False, _unknown(name))
    exercise = EXERCISES[name]
    if submission is _NOTHING:
        return Report(False, f"`{name}`: `{exercise.signature}`\n{exercise.asks}")

    report = _checked(exercise, submission)
    if report.title:
        record.note(name, report.passed)
    return report


def _checked(exercise, submission):
    answer = right(exercise)

    def work():
        try:
            check_callable(submission, exercise.name)
            played = exercise.play(exercise, submission)
            if not agree(answer, played, exercise.tolerance):
                played.in_place = writes_in_place(submission)
                played.ignored = without_effect(exercise, submission, played)
            return played
        except NotBegun:
            return "not begun"
        except Refused as refusal:
            return refusal

    result, printed = run(work)
    printed = shown(printed)
    if isinstance(result, Trouble) and _met_dots(result):
        return Report(
            False, f"`{exercise.name}` is not finished yet: there is still a `...` in it."
        )
    if result == "not begun" or _is_kind(result, "NotImplementedError"):
        begun = (
            f"`{exercise.name}` is not begun yet: fill in the function, and run this cell again."
        )
        return Report(False, begun)
    title = exercise.name
    form = f"\nWhat is asked for: `{exercise.signature}`"
    if isinstance(result, Refused):
        said = str(result)
        if printed and re.search("None.*Is there a `return`", said):
            said += " It prints, and what is printed is not handed back."
        return Report(False, said + form, title=title, printed=printed)
    if isinstance(result, Trouble):
        message = trouble_message(result, name_of(submission))
        return Report(False, message, title=title, printed=printed)
    verdict = judge(exercise, result)
    drawn = None
    if exercise.is_rule and verdict.parting is not None and not verdict.passed:
        drawn = exercise, result, verdict.parting
    return Report(
        verdict.passed, verdict.message, verdict.mistake, verdict.variant, title, printed, drawn
    )


def goal(name, *answers):
    """Play an answer to a goal, on the page's instance and on others.

    Parameters
    ----------
    name : str
        The goal, such as "goal-three-steps".
    *answers : callable
        What the goal asks for: mostly a function that chooses. Without it, that form is shown.

    Returns
    -------
    Report
        What holds and what doesn't, a line each.
    """
    from .goals import GOALS  # They need data, which a page would have to load for a check alone.

    if not isinstance(name, str) or name not in GOALS:
        shown = code(name[:40]) if isinstance(name, str) else "of that kind"
        return Report(False, f"There is no goal {shown}. There are: {', '.join(GOALS)}.")
    asked = GOALS[name]
    if not answers:
        return Report(False, f"`{name}` is handed: `{asked.form}`.")
    verdicts, problem = [], ""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for verdict in asked.play(*answers):
                verdicts.append(verdict)
    except NotBegun:
        return Report(
            False, "It is not begun yet: fill in what is missing, and run this cell again."
        )
    except Refused as refusal:
        problem = str(refusal)
    except Exception as error:
        trouble = Trouble(type(error).__name__, str(error)[:500], learners_place(error))
        if _met_dots(trouble):
            return Report(False, "It is not finished yet: there is still a `...` in it.")
        problem = trouble_message(trouble, name_of(answers[0]))
    passed = bool(verdicts) and not problem and all(holds for holds, _ in verdicts)
    lines = [f"{'✓' if holds else '✗'} {sentence}" for holds, sentence in verdicts]
    head = "Goal reached." if passed else "The goal is not reached yet."
    record.note(name, passed)
    return Report(passed, "\n".join([head, *lines, *filter(None, [problem])]), title=asked.title)


def _met_dots(trouble):
    """Whether an error comes of an operation on `...`, and not of something of that name."""
    words = {
        "TypeError": (
            r"operand type.*'ellipsis'|instances of .*'ellipsis'|'ellipsis' object"
            r"|(type|not|non-iterable|got) ['\"]?ellipsis\b"
        ),
        "AttributeError": "^'ellipsis' object",
        "KeyError": "^Ellipsis$",
    }
    return re.search(words.get(trouble.kind, "(?!)"), trouble.text, re.IGNORECASE) is not None


def _is_kind(result, kind):
    return isinstance(result, Trouble) and result.kind == kind


def _listed():
    return "\n".join(f"`{e.name}`: {e.asks} `{e.signature}`" for e in EXERCISES.values())


def _unknown(name):
    if callable(name):
        return f'The name of the exercise comes first: check("adam", {name_of(name)}).'
    if not issubclass(type(name), str):
        kind = type(name).__name__
        return f"The name of an exercise is a text, and this is of type {kind}. check() lists them."
    near = difflib.get_close_matches(name, EXERCISES, 1)
    hint = f" Is it `{near[0]}`?" if near else ""
    return f"There is no exercise {code(name[:40])}.{hint} check() lists them all."


def progress():
    """Show which exercises are done.

    Returns
    -------
    Report
    """
    path = record.file()
    if path is None:
        return Report(
            False,
            f"Progress is kept in the folder {record.FOLDER}, and this notebook is not in it. "
            "`make lab` copies the exercises there.",
        )
    done, problem = record.read(path)
    if problem:
        return Report(False, problem)
    passed = [name for name in EXERCISES if done.get(name, {}).get("passed")]
    tried = [name for name in EXERCISES if name in done and name not in passed]
    left = [name for name in EXERCISES if name not in done]
    lines = [f"{len(passed)} of {len(EXERCISES)} done."]
    for title, names in (("Done", passed), ("Tried", tried), ("Not begun", left)):
        if names:
            lines.append(f"{title}: {', '.join(names)}.")
    return Report(False, "\n".join(lines))
