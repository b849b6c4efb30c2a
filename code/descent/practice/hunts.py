"""Bug hunts: the learner marks the line that is at fault, and mends it.

A line is marked by a comment behind it, `# here`, in the cell of the exhibit. Which line is at
fault follows from how the exhibit is mended (see `exhibits`).
"""

import ast
import builtins
import difflib
import dis
import functools
import inspect
import io
import itertools
import linecache
import re
import textwrap
import tokenize
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from descent.lives import code

from . import record
from .calls import is_function, name_of, parameters, suggestion
from .detecting import judge_two, play_two
from .exercises import EXERCISES, Exercise
from .exhibits import EXHIBITS
from .judging import judge
from .mistakes import BY_ID, first_sentence
from .playing import steps_along
from .report import Report

MARK = "here"
MOST = 200  # Gradients to a list: more than anybody needs, or reads.

# What a line does that is right. The first that fits is said.
_DOES = (
    (r"def ", "It names what is handed in."),
    (r"t = t \+ 1$", "It counts the step before the count is used."),
    (r"m = beta1? \* m", "It fades the old gradients, and lets the new one in."),
    (r"v = beta2 \* v", "It fades the old squares, and lets the new one in."),
    (r"m_hat = ", "It makes up for an average that began at zero."),
    (r"v_hat = ", "It makes up for an average of squares that began at zero."),
    (r"v_max = ", "It keeps the largest average so far."),
    (r"for ", "It begins a loop, over all that it should."),
    (r"(return|yield) ", "It hands back what the lines above have made."),
    (r"order = ", "It draws an order of all rows."),
    (r"rows = ", "It takes the next rows of that order."),
    (r"norm = ", "It measures how long the gradient is."),
    (r"if ", "It asks where we are."),
)


class Line(NamedTuple):
    """A statement of a function, without what is indented below it.

    Attributes
    ----------
    first, last : int
        Its lines, counted from 1.
    text : str
        In Python's own spelling, behind its indentation.
    """

    first: int
    last: int
    text: str


def hunted(name, function, sound, test, check):
    """Say whether the line at fault is marked; and whether the exhibit is mended.

    Parameters
    ----------
    name, function, sound, test
        As in `descent.practice.hunt`.
    check : callable
        ``check(exercise, function) -> Report``.

    Returns
    -------
    Report
    """
    exhibit = _named(name)
    if isinstance(exhibit, str):
        return Report(False, exhibit)
    text, problem = _own_text(exhibit, function)
    if problem:
        return Report(False, problem)
    if not is_as_it_was(exhibit, text):
        report = _mended(exhibit, function, text, check)
    elif sound:
        report = _called_sound(exhibit, text)
    else:
        report = _marked(exhibit, text)
    if exhibit.tested:
        report = _with_test(exhibit, function, text, test, report, check)
    if report.title:
        record.note(f"hunt-{name}", report.passed)
    return report


def _named(name):
    if not issubclass(type(name), str):
        return 'The name of the exhibit comes first, as a text: hunt("adam-a", exhibit_a).'
    if name not in EXHIBITS:
        hint = suggestion(name, EXHIBITS) or " Its page says what it is called."
        return f"There is no exhibit {code(name[:40])}.{hint}"
    return EXHIBITS[name]


def _own_text(exhibit, function):
    """The lines of the exhibit's function, and why they can't be had."""
    own = exhibit.called
    if not is_function(function) or function.__name__ != own:
        handed = f" What was handed in is {name_of(function)}." if callable(function) else ""
        return None, (
            f"A hunt is for the exhibit itself: mend `{own}` in its own cell, and hand that in."
            + handed
        )
    text = text_of(function)
    if text is None:
        return None, f"The lines of `{own}` can't be read. Run its cell again, and then this one."
    return text, ""


def text_of(function):
    """The text of a function as it was run, or None where nobody has it."""
    lines = linecache.getlines(function.__code__.co_filename)
    begin = function.__code__.co_firstlineno - 1
    try:
        text = textwrap.dedent("".join(inspect.getblock(lines[begin:])))
        tree = ast.parse(text)
    except (SyntaxError, tokenize.TokenError, IndexError):
        return None
    found = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return text if found == [function.__name__] else None


@functools.lru_cache(100)
def lines_of(text):
    """The statements of a function in the order of its lines, without its docstring.

    Parameters
    ----------
    text : str

    Returns
    -------
    tuple of Line
    """
    function = ast.parse(text).body[0]
    if ast.get_docstring(function) is not None:
        del function.body[0]
    return tuple(sorted(_statements([function], "")))


def _statements(nodes, indentation):
    for node in nodes:
        deeper = indentation
        if isinstance(node, ast.stmt):
            last = node.end_lineno
            if body := getattr(node, "body", None):
                last = max(node.lineno, body[0].lineno - 1)
            yield Line(node.lineno, last, indentation + _head(node))
            deeper += "    "
        yield from _statements(ast.iter_child_nodes(node), deeper)


def _head(node):
    """A statement's text, without what is indented below it, and without annotations."""
    node = ast.parse(ast.unparse(node)).body[0]
    for part in ("body", "orelse", "finalbody", "handlers"):
        if getattr(node, part, None):
            setattr(node, part, [ast.Pass()] if part == "body" else [])
    for part in ast.walk(node):
        if isinstance(part, ast.arg):
            part.annotation = None
    if isinstance(node, ast.FunctionDef):
        node.returns, node.decorator_list = None, []
    text = ast.unparse(ast.fix_missing_locations(node))
    return text.splitlines()[0] if hasattr(node, "body") else text


def is_as_it_was(exhibit, text):
    """Whether a text is that of the exhibit, but for comments and layout."""
    return _texts(text) == _texts(exhibit.text)


def _texts(text):
    return [line.text for line in lines_of(text)]


def is_exhibit(exercise, function):
    """Whether a function is an exhibit of this exercise, as it was."""
    if not is_function(function):
        return False
    found = [
        e for e in EXHIBITS.values() if (e.exercise, e.called) == (exercise, name_of(function))
    ]
    text = text_of(function) if found else None
    return text is not None and any(is_as_it_was(exhibit, text) for exhibit in found)


def faults(exhibit):
    """The numbers of the statements at fault: those that a mend changes.

    Where a mend only adds a line, these are its neighbors: that before it, and that after it if it
    is indented alike.

    Parameters
    ----------
    exhibit : Exhibit

    Returns
    -------
    set of int
        Places in ``lines_of(exhibit.text)``.
    """
    found = set()
    old = _texts(exhibit.text)
    for mended in exhibit.mended:
        new = _texts(mended)
        changed, added = set(), set()
        for tag, i, j, k, _ in _changes(old, new):
            if tag == "insert":
                alike = [*map(_depth, old[i : i + 1])] == [*map(_depth, new[k : k + 1])]
                added |= {i - 1, i} if alike else {i - 1}
            else:
                changed |= set(range(i, j))
        found |= changed or added
    return found


def _depth(line):
    return len(line) - len(line.lstrip())


def _changes(old, new):
    """What differs, from the beginning and from the end: of two lines that change places, both."""
    compared = difflib.SequenceMatcher(None, old, new, autojunk=False)
    yield from (change for change in compared.get_opcodes() if change[0] != "equal")
    back = difflib.SequenceMatcher(None, old[::-1], new[::-1], autojunk=False)
    n, m = len(old), len(new)
    for tag, i, j, k, last in back.get_opcodes():
        if tag in ("replace", "delete"):
            yield tag, n - j, n - i, m - last, m - k


def marks(text):
    """The statements that are marked: places in `lines_of`.

    A mark on a line of its own belongs to the statement below it, if there is one.
    """
    found = set()
    lines, rows = lines_of(text), text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT or not re.fullmatch(
            rf"#+\W*{MARK}\W*", token.string, re.IGNORECASE
        ):
            continue
        row, column = token.start
        alone = not rows[row - 1][:column].strip()
        above = [i for i, line in enumerate(lines) if line.first <= row]
        below = [i for i, line in enumerate(lines) if line.first > row]
        found.add(below[0] if alone and below else above[-1])
    return found


def _marked(exhibit, text):
    """The answer to an exhibit as it was, with a mark in it or without."""
    own, found = exhibit.called, marks(text)
    if not found:
        return Report(
            False,
            f"This is `{own}` as it was, and no line is marked. Write `# {MARK}` behind the line "
            "that is at fault, run that cell, and then this one.",
        )
    if len(found) > 1:
        return Report(False, f"{len(found)} lines are marked. Choose one: mark one line.")
    (at,) = found
    line = lines_of(exhibit.text)[at]
    if at in faults(exhibit):
        place = "the place: something is missing there" if _is_missing(exhibit) else "the line"
        return Report(
            False, f"That is {place}. Now mend `{own}` where it stands, and run both cells again."
        )
    text = exhibit.text.splitlines()[line.first - 1].strip()
    does = exhibit.says.get(text) or next((says for p, says in _DOES if re.match(p, text)), "")
    return Report(False, f"{code(text)} stands in the right one too. {does}".rstrip(), title=own)


def _is_missing(exhibit):
    """Whether every mend only adds lines."""
    old = exhibit.text.splitlines()
    return all(len(mended.splitlines()) > len(old) for mended in exhibit.mended) and all(
        set(old) <= set(mended.splitlines()) for mended in exhibit.mended
    )


def _called_sound(exhibit, text):
    own = exhibit.called
    if marks(text):
        said = f"A line of `{own}` is marked, and you say that nothing is wrong. Which is it?"
        return Report(False, said)
    if exhibit.mends:
        said = (
            f"Something is wrong with `{own}`: there are inputs on which it does what it shouldn't."
        )
        return Report(False, said, title=own)
    return Report(True, f"Nothing is wrong with `{own}`, whatever the report says.", title=own)


def _mended(exhibit, function, text, check):
    """The answer to an exhibit in which something was changed."""
    own = exhibit.called
    if not still_stands(exhibit, text):
        return Report(
            False,
            f"Most lines of `{own}` are gone. A hunt is for the exhibit itself, mended where it "
            "stands: bring its lines back, and change what is at fault.",
        )
    if borrowed := _globals(function) - _globals(_made(exhibit)) - {"np", "math"}:
        names = " and ".join(f"`{name}`" for name in sorted(borrowed))
        if not borrowed & function.__globals__.keys():
            said = f"`{own}` reads {names}, and no line of it sets that any more."
            return Report(False, f"{said} Where is it read?", title=own)
        return Report(
            False,
            f"`{own}` uses {names} now. A hunt is for the exhibit itself: mend its own lines.",
        )
    report = check(EXERCISES[exhibit.exercise], function)
    if not report.title:
        return report
    if report.passed and exhibit.mends:
        mistake = BY_ID[_diagnosis(exhibit.name)]
        was = first_sentence(mistake.tells(exhibit.exercise, begins=False))
        return Report(True, f"Found and mended. {report.message}\nAs it was: {was}", title=own)
    if report.passed:
        said = "It does what it did before. So was there anything to mend?"
        return Report(False, said, title=own)
    if _tells_the_fault(exhibit, report) or _is_half_mended(exhibit, text, report):
        said = f"`{own}` has changed, and not all of the fault is gone yet."
        if loop := _is_put_outside(exhibit, text):
            said += f" What you have added stands outside of {code(loop)}. How often does it run?"
        return Report(False, said, title=own)
    return Report(
        False, report.message, report.mistake, report.variant, own, report.printed, report.drawn
    )


def _is_half_mended(exhibit, text, report):
    """Whether nothing that is known explains a report, and a line at fault still stands there."""
    old, left = _texts(exhibit.text), set(_texts(text))
    known = report.mistake or report.variant
    # Where there are several mends, a line that one of them changes may stay.
    return (
        known is None and len(exhibit.mends) == 1 and any(old[i] in left for i in faults(exhibit))
    )


def _is_put_outside(exhibit, text):
    """The head of the innermost loop, if all that was added stands outside of it; or ""."""
    old, new = _texts(exhibit.text), _texts(text)
    loop = max((line for line in new if re.match(r" *(for|while) ", line)), key=_depth, default="")
    compared = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    added = [line for tag, *_, k, end in compared if tag == "insert" for line in new[k:end]]
    return loop.strip() if loop and added and max(map(_depth, added)) <= _depth(loop) else ""


def _globals(function):
    """The names outside that a function reads, but for Python's own."""
    steps = dis.get_instructions(function)
    return {s.argval for s in steps if s.opname == "LOAD_GLOBAL"} - vars(builtins).keys()


def still_stands(exhibit, text):
    """Whether at least half of the lines that are right are still there, whatever their names.

    Parameters
    ----------
    exhibit : Exhibit
    text : str

    Returns
    -------
    bool
    """
    old, new = (
        [re.sub(r"[^\W\d]\w*", "_", line.strip()) for line in _texts(one)]
        for one in (exhibit.text, text)
    )
    compared = difflib.SequenceMatcher(None, old, new, autojunk=False)
    blocks = compared.get_matching_blocks()
    there = set(itertools.chain(*(range(b.a, b.a + b.size) for b in blocks)))
    right = set(range(len(old))) - faults(exhibit)
    return 2 * len(there & right) >= len(right)


def _tells_the_fault(exhibit, report):
    """Whether a report names what is wrong with the exhibit as it was."""
    name = _diagnosis(exhibit.name)
    if name is None:
        return False
    mistake = BY_ID[name]
    return any(
        mistake.tells(exhibit.exercise, begins) in report.message for begins in (True, False)
    )


@functools.cache
@np.errstate(all="ignore")
def _diagnosis(name):
    """The id of the mistake in the exhibit of this name, or None."""
    exhibit = EXHIBITS[name]
    exercise = EXERCISES[exhibit.exercise]
    verdict = judge(exercise, exercise.play(exercise, _made(exhibit)))
    return verdict.mistake or verdict.variant


def _made(exhibit, text=None):
    """The exhibit's function, as it was or with another text."""
    names = {"np": np}
    exec(compile(text or exhibit.text, "<exhibit>", "exec"), names)
    return names[exhibit.called]


# A test that is written before the mend


def _with_test(exhibit, function, text, test, report, check):
    """The answer of a hunt that asks for a test too: it comes first, and is run once more."""
    own = exhibit.called
    if test is None:
        form = f'hunt("{exhibit.name}", {own}, test=my_test)'
        return Report(False, f"This hunt begins with a test of your own: `{form}`.")
    told = check(_telling(exhibit, _made(exhibit, exhibit.mended[0]), test), test)
    if not told.passed:
        return told
    sees = check(_telling(exhibit, function, test), test)
    if not report.passed:
        said = told.message
        if not is_as_it_was(exhibit, text):
            said = _of_a_wrong_mend(sees) if report.title else ""
        return replace(report, message=f"{report.message} {said}".rstrip())
    if sees.passed:
        head, _, was = report.message.partition("\n")
        said = f"{head} Your test said False before, and says True now.\n{was}"
        return replace(report, message=said)
    said = f"`{own}` is right now, and your test says False all the same. Is it too strict?"
    return Report(False, said, title=own)


def _of_a_wrong_mend(sees):
    """What a test says of a mend that is wrong, by the report on telling it from the exhibit."""
    if sees.passed:
        return "Your test says True of it all the same: what does it not look at?"
    return "Your test says False of it, too." if sees.mistake == "test-fails-all" else ""


def _telling(exhibit, right, test):
    """What such a test is asked for: to tell a function from the exhibit."""
    return Exercise(
        name=name_of(test),
        signature="f(function) -> True or False",
        asks=f"Whether a function does what `{exhibit.called}` should do.",
        answer=lambda function: function is right,
        play=play_two(right, _made(exhibit)),
        case="",
        judge=judge_two,
    )


# A list of gradients that tells an exhibit from the right rule


def told_apart(name, gradients, hyper):
    """Say whether an exhibit parts from the right rule on a list of gradients.

    Parameters
    ----------
    name, gradients, hyper
        As in `descent.practice.tells`.

    Returns
    -------
    Report
    """
    exhibit = _named(name)
    if isinstance(exhibit, str):
        return Report(
            False, exhibit.replace('hunt("adam-a", exhibit_a)', 'tells("adam-b", [1, 1])')
        )
    exercise = EXERCISES[exhibit.exercise]
    if not exercise.is_rule or exercise.before:
        return Report(False, f"`{exhibit.called}` takes no gradient alone, so no list tells of it.")
    given, problem = _numbers(gradients, hyper, exercise)
    if problem:
        return Report(False, problem)
    gradients, settings = given
    steps = [steps_along(rule, gradients, settings) for rule in (exercise.answer, _made(exhibit))]
    told, words = _compared(*steps, gradients, exhibit.called)
    table = _table(gradients, hyper, steps, (exercise.name, exhibit.called))
    if exhibit.mends:
        record.note(f"tells-{name}", told)
    return Report(told, words, title=exhibit.called, table=table)


def _numbers(gradients, hyper, exercise):
    """The gradients as an array, and the hyper-parameters at each; and what is wrong with them."""
    if gradients is Ellipsis or (isinstance(gradients, list) and Ellipsis in gradients):
        return None, "The list is not begun yet: write gradients into it, as in `[1, 1, 1]`."
    try:
        array = np.array(gradients, dtype=float)
    except (TypeError, ValueError):
        array = np.array(np.nan)
    if array.ndim not in (1, 2) or not array.size or not np.isfinite(array).all():
        return (
            None,
            "Gradients are a list of numbers, or of lists of numbers that are equally long.",
        )
    if len(array) > MOST:
        return None, f"These are {len(array)} gradients. {MOST} are more than enough."
    if unknown := [name for name in hyper if name not in exercise.hyper]:
        there = ", ".join(f"`{name}`" for name in exercise.hyper)
        return None, f"There is no {code(unknown[0])} here. There are {there}."
    own = {p.name: p.default for p in parameters(exercise.answer)}
    at = {name: own[name] for name in exercise.hyper} | {"lr": 1.0} | hyper
    settings = {}
    for name, value in at.items():
        if isinstance(value, list) and Ellipsis in value:
            return None, f"The list of `{name}` is not begun yet: write a number for each gradient."
        try:
            settings[name] = np.broadcast_to(np.array(value, dtype=float), len(array))
        except (TypeError, ValueError):
            return None, (
                f"`{name}` is a number, or a list with one for each of the {len(array)} gradients."
            )
    return (array, settings), ""


@np.errstate(all="ignore")
def _compared(right, other, gradients, own):
    """Whether two walks part, by more than one factor; and what to say."""
    alike = np.isclose(other, right, 1e-6, 1e-12, equal_nan=True)
    if alike.all():
        return False, f"Both take the same steps. {_what_is_missing(gradients)}"
    at = int(np.argmax(~alike.reshape(len(right), -1).all(axis=1)))
    after = f"They part at gradient {at + 1}, and no other lr would make them agree."
    ratios = (other / right)[right != 0]
    beyond = not np.isfinite(other).all() or (other[right == 0] != 0).any() or (ratios < 0).any()
    alike = alike[(right != 0) | (other != 0)]
    if beyond or alike.any() or ratios.max() > 1.3 * ratios.min():
        return True, after
    low, high = (f"{ratio:.3g}" for ratio in (ratios.min(), ratios.max()))
    range_ = low if low == high else f"{low} to {high}"
    return False, (
        f"They part, but nearly by one factor: the steps of `{own}` are {range_} times as long. "
        "With another lr they would nearly be the right ones. On which gradients does the factor "
        "itself change?"
    )


def _what_is_missing(gradients):
    if not gradients.any():
        return "Where all gradients are zero, nothing moves."
    if len(gradients) == 1 and gradients.ndim == 1:
        return "One gradient alone shows nothing here."
    if gradients.ndim == 1 and len(set(gradients)) == 1:
        return "A steady gradient shows nothing here."
    return (
        "What is always alike in this list: the size, the sign, the coordinates? And what could "
        "change besides the gradient?"
    )


def _table(gradients, hyper, steps, names):
    """The steps side by side, as text."""
    lists = {name: value for name, value in hyper.items() if np.ndim(value)}
    head = ["gradient", *lists, *names]
    rows = [
        [_shown(g), *(_shown(value[k]) for value in lists.values()), *(_shown(s[k]) for s in steps)]
        for k, g in enumerate(gradients)
    ]
    if len(rows) > 12:
        rows = [*rows[:6], ["..."] * len(head), *rows[-5:]]
    width = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(w) for cell, w in zip(row, width, strict=True))
        for row in (head, *rows)
    )


def _shown(value):
    return " ".join(f"{x:.4g}" for x in np.ravel(value))
