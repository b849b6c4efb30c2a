"""Exercises whose checker names the mistake: `check("adam", my_adam)`."""

import difflib
import re

from descent.lives import code

from . import hunts, plan, record
from .calls import NotBegun, Refused, check_callable, name_of, writes_in_place
from .exercises import EXERCISES
from .judging import agree, judge, right
from .playing import without_effect
from .recall import today
from .report import Report, shown, trouble_message
from .sandbox import Trouble, run

__all__ = ["Report", "check", "hunt", "progress", "tells", "today"]

_NOTHING = object()

MASTERED = (
    "Mastered is what you wrote again on a later day, right at the first try of that day. "
    "Running an old answer once more doesn't count."
)


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

    if hunts.is_exhibit(name, submission):
        own = name_of(submission)
        return Report(
            False, f"This is `{own}` as it was. What is wrong with it is for you to find: `hunt`."
        )
    report = _checked(exercise, submission)
    if report.title:
        record.note(name, report.passed, report.mistake, answer=record.mark(submission))
    return report


def hunt(name, exhibit, *, sound=False):
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

    Returns
    -------
    Report
    """
    return hunts.hunted(name, exhibit, sound, _checked)


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
    """Show what is done, page by page.

    Returns
    -------
    Report
    """
    done, problem = record.mine()
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
    head = f"{passed} of {whole} done, {first} at the first try, {mastered} mastered."
    return Report(False, "\n".join([head, *lines, MASTERED]))
