"""Two mistakes at once: every two ways of the bank to make one, in the same right answer.

That is thousands of functions for some. So a rule is put together from its lines, of which there
are a few hundred, and only what takes the same steps as a submission is compiled as a whole.
"""

import functools
import inspect
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass

from .mistakes import edited, function_of, source, wrong_answers

# Where functions are compiled one by one, more ways than this to make one mistake take too long.
FEW = 40


@dataclass(frozen=True, eq=False)
class Pair:
    """A wrong answer with two mistakes in it.

    Attributes
    ----------
    names : tuple of str
        The ids of both.
    edits : tuple of str
        How they were made.
    text : str
        The text with both.
    like : function
        The right answer.
    """

    names: tuple
    edits: tuple
    text: str
    like: Callable

    @functools.cached_property
    def function(self):
        """It as a function; None if both together are no Python."""
        try:
            return function_of(self.text, self.like)
        except SyntaxError:
            return None

    @functools.cached_property
    def quick(self):
        """The same, and sooner there where it is a row of lines, for a first choice among many."""
        try:
            lines = _lines(self.text)
            return _Assembled(self.text, lines, self.like) if lines else self.function
        except SyntaxError:
            return None


@functools.cache
def pairs(answer):
    """Every wrong answer with two different mistakes at once.

    Where the text isn't a row of single lines, and there are many ways to make a mistake, only the
    first way to make each is tried.

    Parameters
    ----------
    answer : function

    Returns
    -------
    tuple of Pair
    """
    text = source(answer)
    ways, firsts = [], {}
    for name, edit, _ in wrong_answers(answer):
        firsts.setdefault(name, edit)
        ways.append((name, edit, edited(text, edit)))
    if not _lines(text) and len(ways) >= FEW:
        ways = [way for way in ways if firsts[way[0]] == way[1]]
    found, seen = [], {text, *(new for _, _, new in ways)}
    for (one, first, once), (two, second, _) in itertools.permutations(ways, 2):
        if one == two or _contradict(one, two):
            continue
        twice = edited(once, second)
        if twice is not None and twice not in seen:
            seen.add(twice)
            found.append(Pair((one, two), (first, second), twice, answer))
    return tuple(found)


_OF_CORRECTIONS = {
    *("only-m-corrected", "only-v-corrected", "frozen-t", "beta-times-t", "t-off-by-one"),
    *("frozen-power", "power-of-one-minus-beta", "correction-multiplies", "correction-adds"),
    *("correction-without-parentheses", "corrected-kept", "correction-outside-root"),
    *("corrected-twice", "divided-by-what-is-left"),
}


def _contradict(one, two):
    """Whether two mistakes can't be made together: what isn't there can't be wrong."""
    if {one, two} == {"decay-on-all", "decay-not-handed-on"}:
        return True
    return {one, two} & {"no-correction"} != set() and {one, two} & _OF_CORRECTIONS != set()


def _lines(text):
    """The lines of a function's body, each as code; none, if they are more than a row of lines."""
    body = [line for line in text[len(_head(text)) :].splitlines() if line.strip()]
    lines = [_compiled(line) for line in body]
    if None in lines or any(line.startswith("    return ") for line in body[:-1]):
        return []
    return lines


def _head(text):
    return re.match(r"(?s).*?\):(?=\s.*?\n)", text)[0]


@functools.cache
def _compiled(line):
    if not re.match(r"    (?! |(if|for|while|with)\b)", line):
        return None
    text = re.sub(r"^return (.*)", rf"{_RETURNED} = \1", line.strip())
    return compile(text, "<bank>", "exec")


_RETURNED = "returned"


@functools.cache
def _taken(head, like):
    """The names that a function takes, in order, and the values that some of them start with."""
    taken = inspect.signature(function_of(f"{head} pass", like)).parameters.values()
    return [p.name for p in taken], {p.name: p.default for p in taken if p.default is not p.empty}


class _Assembled:
    """A function that runs its lines one by one: each was compiled once, for all that share it."""

    def __init__(self, text, lines, like):
        self.names, self.starts = _taken(_head(text), like)
        self.lines = lines
        self.around = like.__globals__

    def __call__(self, *args, **kwargs):
        own = {**self.starts, **dict(zip(self.names, args, strict=False)), **kwargs}
        for line in self.lines:
            exec(line, self.around, own)
        return own[_RETURNED]
