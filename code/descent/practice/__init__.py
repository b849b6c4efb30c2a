"""Exercises whose checker names the mistake: `check("adam", my_adam)`; and goals to be reached."""

import re
import warnings
from dataclasses import replace

import numpy as np

from descent.lives import code

from . import hunts, plan, record
from .calls import (
    NotBegun,
    Refused,
    check_callable,
    idle_lines,
    is_set_before,
    name_of,
    set_twice,
    suggestion,
    writes_in_place,
)
from .exercises import EXERCISES
from .judging import UNKNOWN, agree, judge, pace, right, where
from .playing import without_effect
from .recall import today
from .report import Report, seen, shown, trouble_message
from .sandbox import Trouble, learners_place, run

__all__ = ["Report", "check", "goal", "hunt", "progress", "tells", "today"]

_NOTHING = object()
# The lower rungs of an exercise's ladder: lines to put in order, a blank to fill in. What is passed
# there is written down as such, since it isn't the answer from a blank page.
_RUNGS = ("order", "blank")

MASTERED = (
    "Mastered is what you wrote again on a later day, right at the first try of that day. "
    "Running an old answer once more doesn't count."
)


@seen
def check(name=_NOTHING, submission=_NOTHING):
    """Check an answer to an exercise, and name the mistake if there is one.

    Parameters
    ----------
    name : str, optional
        The exercise; or a rung below it, such as "order-adam" or "blank-adam". Without it, all
        exercises are listed.
    submission : callable, optional
        Your function, in the form that the exercise asks for. Without it, that form is shown. It is
        called on a copy of what is there: for 2 seconds, or 30 times as long as the right answer
        takes, if that is longer.

    Returns
    -------
    Report
    """
    if name is _NOTHING:
        return Report(False, _listed())
    exercise = _found(name) if issubclass(type(name), str) else None
    if exercise is None:
        return Report(False, _unknown(name))
    if submission is _NOTHING:
        return Report(False, f"`{exercise.name}`: `{exercise.signature}`\n{exercise.asks}")

    if hunts.is_exhibit(name, submission):
        own = name_of(submission)
        return Report(
            False, f"This is `{own}` as it was. What is wrong with it is for you to find: `hunt`."
        )
    report = _checked(exercise, submission)
    if name.startswith("order-"):
        report = _with_what_is_left(report, submission)
    if report.title:
        record.note(name, report.passed, report.mistake, answer=record.mark(submission))
    return report


def _with_what_is_left(report, submission):
    """The report on lines that were put in order, and what of them is too many and still there."""
    text = hunts.text_of(submission) if report.title else None
    below, unread = idle_lines(text) if text else ([], [])
    left = [
        f"{_lines(lines)} {rest}"
        for lines, rest in (
            (below, "below the `return`, where nothing is run."),
            (unread, "there, and nothing reads what is set."),
        )
        if lines
    ]
    if not report.passed:
        # What is never run may be what is missing; what nobody reads is the answer's own affair.
        twice = [
            f"`{name}` is set by several lines, {' and '.join(map(code, lines))}: only one of "
            "them belongs there. Begin what is left over with `#`."
            for name, lines in (set_twice(text) if text else {}).items()
        ]
        message = report.message.removeprefix(UNKNOWN) if twice else report.message
        return replace(report, message=" ".join([*twice, message, *left[: bool(below)]]))
    if not left:
        return report
    said = " ".join(["The order is right, and something is left over.", *left])
    return Report(False, f"{said} Delete what is left over, or begin it with `#`.")


def _lines(texts):
    stands = "stands" if len(texts) == 1 else "stand"
    return f"{' and '.join(map(code, texts))} {stands}"


def _found(name):
    """The exercise of this name, or of this rung."""
    rung, _, rest = name.partition("-")
    return EXERCISES.get(rest.replace("-", "_") if rung in _RUNGS else name)


@seen
def hunt(name, exhibit, *, sound=False, test=None):
    """Say whether the line that is at fault is marked, and whether the exhibit is mended.

    A line is marked by a comment behind it, `# here`. A hunt is passed when the exhibit is mended
    where it stands.

    Parameters
    ----------
    name : str
        What its page calls the exhibit, such as "adam-a".
    exhibit : function
        The exhibit itself, as it was or mended.
    sound : bool
        Whether you say that nothing is wrong with it.
    test : callable, optional
        Where one is asked for: ``test(function) -> bool``, False for the exhibit as it was and True
        for what is right.

    Returns
    -------
    Report
    """
    return hunts.hunted(name, exhibit, sound, test, _checked)


@seen
def tells(name, gradients, **hyper):
    """Show the steps of an exhibit beside those of the right rule, and say whether they part.

    What one factor explains doesn't tell two rules apart: another learning rate would do as much.

    Parameters
    ----------
    name : str
        What its page calls the exhibit, such as "adam-b".
    gradients : list
        Of numbers; or of lists of them, one to a coordinate.
    hyper : float or list
        Hyper-parameters: a number, or one for each gradient. lr is 1 unless you say so, so that
        steps are shown in units of lr; the others are the rule's own.

    Returns
    -------
    Report
    """
    return hunts.told_apart(name, gradients, hyper)


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

    result, printed = run(work, pace(exercise))
    # Of what went wrong, the last lines tell; they are of the call that did.
    printed = shown(printed, last=isinstance(result, Refused | Trouble))
    if isinstance(result, Trouble) and (left := _left_to_do(result, submission)):
        return Report(False, left.format(f"`{exercise.name}`"))
    if result == "not begun" or _is_kind(result, "NotImplementedError"):
        begun = (
            f"`{exercise.name}` is not begun yet: fill in the function, and run this cell again."
        )
        return Report(False, begun)
    if _is_kind(result, "busy"):
        return Report(False, trouble_message(result, name_of(submission)))
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
    if verdict.parting is not None and not verdict.passed and result.values:
        at = result.values[verdict.parting.index][:2]
        if at in result.printed:
            printed = f"{where(*at)}:\n{shown(result.printed[at])}"
    if exercise.is_rule and verdict.parting is not None and not verdict.passed:
        drawn = exercise, result, verdict.parting
    return Report(
        verdict.passed, verdict.message, verdict.mistake, verdict.variant, title, printed, drawn
    )


def _left_to_do(trouble, submission):
    """What is still to be done where a function stopped, with `{}` for its name; "" if unknown."""
    if _met_dots(trouble):
        return "{} is not finished yet: there is still a `...` in it."
    blank = re.match("name '(__+)' is not defined", trouble.text)
    if blank:
        return f"{{}} is not finished yet: there is still a blank, `{blank[1]}`, in it."
    early = re.match(r"cannot access local variable '(\w+)'", trouble.text)
    if early and trouble.place and not is_set_before(submission, early[1], trouble.place):
        return (
            f"The lines of {{}} are not in order yet: line {trouble.place.line} reads "
            f"`{early[1]}` before any line has set it."
        )
    return ""


@seen
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
    hint = suggestion(name, EXERCISES)
    return f"There is no exercise {code(name[:40])}.{hint} check() lists them all."


@seen
def progress():
    """Show what is done, page by page.

    Returns
    -------
    Report
    """
    done, problem = record.of_learner()
    if problem:
        return Report(False, problem)
    lines, counts = [], [0, 0, 0, 0]
    for page, title in plan.TITLES.items():
        names = [name for s in plan.SECTIONS if s.page == page for name in s.names]
        entries = {name: done[name] for name in names if name in done}
        passed = {name: entry for name, entry in entries.items() if entry["passed"]}
        told = [
            name
            + " (first try)" * record.is_first_try(entry)
            + " (mastered)" * record.is_mastered(entry)
            for name, entry in passed.items()
        ]
        tried = [name for name in entries if name not in passed]
        counts[0] += len(names)
        counts[1] += len(passed)
        counts[2] += sum(map(record.is_first_try, passed.values()))
        counts[3] += sum(map(record.is_mastered, passed.values()))
        said = [f"Done: {', '.join(told)}."] * bool(told)
        said += [f"Tried: {', '.join(tried)}."] * bool(tried)
        lines.append(f"{title}: {len(passed)} of {len(names)}. {' '.join(said)}".rstrip())
    whole, passed, first, mastered = counts
    head = f"{passed} of {whole} answers done, {first} at the first try, {mastered} mastered."
    return Report(False, "\n".join([head, *lines, MASTERED]))
