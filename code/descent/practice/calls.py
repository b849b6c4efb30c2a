"""How a submission is called, what it may return, and what of its conduct is noted.

All of this runs in the sandbox, except when it plays the course's own functions.
"""

import copy
import dis
import functools
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from descent.lives import code


class Refused(Exception):
    """What was handed in, or what it returned, has not the form that was asked for."""


class NotBegun(Exception):
    """There is nothing to check yet."""


@dataclass
class Played:
    """What came of playing a function through the calls of an exercise.

    Attributes
    ----------
    values : list of (case, place, array, tolerance)
        What it returned: in which case, at which step of it, the numbers, and the relative error
        that their dtype excuses.
    memory : list of dict of arrays
        For a rule, its memory after each of these steps.
    changed : set of str
        Arguments that it changed in place.
    aliased : bool
        Whether something that it returned is, or contains, an array that it was given.
    unsteady : bool
        Whether the same call, made twice, gave two results.
    seen : dict
        What an exercise wants to know besides: the points where it looked at a loss, ...
    lost : set of str
        Memory that a rule takes, and never returned.
    note : str
        Something to say about a right answer.
    """

    values: list = field(default_factory=list)
    memory: list = field(default_factory=list)
    changed: set = field(default_factory=set)
    aliased: bool = False
    unsteady: bool = False
    seen: dict = field(default_factory=dict)
    lost: set = field(default_factory=set)
    note: str = ""

    @functools.cached_property
    def scales(self):
        """The largest size in each case, coordinate by coordinate where the shapes agree."""
        scales = {}
        for case, _, value, _ in self.values:
            size = np.where(np.isfinite(value), np.abs(value), 0)
            old = scales.get(case)
            scales[case] = size if old is None or old.shape != size.shape else np.maximum(old, size)
        return scales

    def add(self, case, place, value, what):
        """Record a result, as an array of float64."""
        value = numbers(value, what)
        tolerance = (
            {2: 2e-2, 4: 1e-4}.get(value.dtype.itemsize, 0) if value.dtype.kind == "f" else 0
        )
        self.values.append((case, place, np.array(value, np.float64), tolerance))


def numbers(value, what):
    """`value` as an array, or a `Refused` that says what it is instead."""
    if value is Ellipsis or value is NotImplemented:
        raise NotBegun
    if value is None:
        raise Refused(f"{what} is None. Is there a `return` on every way through your function?")
    if inspect.iscoroutine(value):
        value.close()
        raise Refused(f"{what} is a coroutine, since it comes from an `async def`. Use `def`.")
    if isinstance(value, str | bytes | dict | set) or callable(value):
        raise Refused(f"{what} should be numbers, and it is {brief(value)}.")
    try:
        array = np.asarray(value)
    except Exception:
        raise Refused(f"{what} can't be read as an array: it is {brief(value)}.") from None
    if array.dtype.kind == "c":
        raise Refused(f"{what} is complex, as the root of a negative number is.")
    if array.dtype.kind not in "fiub":
        raise Refused(f"{what} should be numbers, and it is {brief(value)}.")
    return array


def brief(value):
    """A value in a few words, without an address."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    kind = type(value).__name__
    if isinstance(value, str | int | float | bool):
        text = repr(value)
        text = text if len(text) < 40 else text[:36] + "..."
        return f"the {kind} {code(text) if isinstance(value, str) else text}"
    if isinstance(value, list | tuple | dict | set):
        return f"a {kind} of {len(value)}"
    if inspect.isclass(value):
        return f"the class {value.__name__}"
    if callable(value):
        return f"the function {name_of(value)}"
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"


def name_of(function):
    """What to call a submission in a message."""
    try:
        if isinstance(function, functools.partial):
            return name_of(function.func)
        name = function.__name__
    except Exception:  # An object may answer a question for its name with any error.
        name = type(function).__name__
    return name if isinstance(name, str) and name != "<lambda>" else "your function"


def check_callable(submission, name):
    """Refuse what can't be called."""
    if submission is None or submission is Ellipsis or submission is NotImplemented:
        raise NotBegun
    if isinstance(submission, str):
        raise Refused(
            f"{code(submission[:40])} came as a text. Hand in the function itself, without quotes."
        )
    if inspect.isfunction(submission) and _is_empty(submission):
        raise NotBegun
    if inspect.iscoroutinefunction(submission):
        raise Refused(
            f"{name_of(submission)} is an `async def`: a call of it gives a coroutine, and no "
            "numbers. Use `def`."
        )
    if not callable(submission):
        raise Refused(
            f"What was handed in is {brief(submission)}, and not a function. If a call of your "
            f"function gave it, hand in the function itself, without parentheses after its name."
        )


def _is_empty(function):
    """Whether a function has no more than a docstring, `pass`, `...` or `return None`."""
    steps = [s for s in dis.get_instructions(function) if s.opname not in ("RESUME", "NOP")]
    return all(s.opname in ("LOAD_CONST", "RETURN_VALUE", "RETURN_CONST") for s in steps) and all(
        s.argval in (None, Ellipsis) for s in steps
    )


def parameters(function):
    """The parameters of a submission, or None where Python can't tell."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None


def arrays_in(value, name):
    """Every array in a value, through lists, tuples and dicts, with a name."""
    if isinstance(value, np.ndarray):
        yield name, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from arrays_in(part, str(key))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from arrays_in(part, name)


class Caller:
    """Calls a submission, and notes what it does to its arguments.

    Parameters
    ----------
    submission : callable
    played : Played
        Where that is noted.
    names : sequence of str
        What the positional arguments are called.
    """

    def __init__(self, submission, played, names):
        self.function = submission
        self.played = played
        self.names = names

    def __call__(self, *args, **kwargs):
        given = [
            pair
            for name, value in [*zip(self.names, args, strict=False), *kwargs.items()]
            for pair in arrays_in(value, name)
        ]
        before = [array.copy() for _, array in given]
        result = self.function(*args, **kwargs)
        if inspect.iscoroutine(result):
            numbers(result, f"What {name_of(self.function)} returned")
        for (name, array), old in zip(given, before, strict=True):
            # A coordinate that was moved back and forth may differ in its last digit.
            if not np.allclose(array, old, rtol=1e-12, atol=1e-14, equal_nan=True):
                self.played.changed.add(name)
        return result

    def check_fit(self, positional, hyper):
        """Refuse a function that can't be called with these arguments."""
        own = parameters(self.function)
        if own is None:
            return
        call = ", ".join([*self.names[:positional], *(f"{name}=..." for name in hyper)])
        try:
            inspect.signature(self.function).bind(*[0] * positional, **dict.fromkeys(hyper, 0))
        except TypeError as error:
            raise Refused(
                f"{_signature(self.function)} can't be called as "
                f"`{name_of(self.function)}({call})`: {error}."
            ) from None


def _signature(function):
    text = re.sub(r"0x[0-9a-f]+", "...", str(inspect.signature(function)))
    return code(name_of(function) + (text if len(text) < 90 else "(...)"))


class Rule:
    """A submission in the form of a rule, called step by step, whatever its style.

    It may be a function of g and its memory; or a class or a factory that takes the
    hyper-parameters, and gives something that keeps its memory to itself.

    Parameters
    ----------
    submission : callable
    memory : sequence of str
        The names of the memory that the course's own rule has.
    hyper : sequence of str
        The names of the hyper-parameters.
    before : sequence of str
        What comes before the gradient: `("w",)` where parameters are handed in.
    """

    def __init__(self, submission, memory, hyper, before=()):
        self.function = submission
        self.given = [*before, "g"]
        self.returns = "w" if before else "step"
        self.course_memory = memory
        own = parameters(submission)
        self.makes = inspect.isclass(submission)
        self.alone = False
        self.memory = list(memory)
        self.positional = self.open = False
        self.required = []
        if own is None:
            return
        kinds = inspect.Parameter
        places = [p for p in own if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)]
        star = any(p.kind is kinds.VAR_POSITIONAL for p in own)
        stars = any(p.kind is kinds.VAR_KEYWORD for p in own)
        data = [p for p in places if p.name not in hyper]
        if not self.makes:
            self.makes = not data and not star
        taken = [p.name for p in own if p.name in hyper]
        missing = [] if stars else [name for name in hyper if name not in taken]
        keeps = getattr(submission, "__closure__", None) or not inspect.isfunction(submission)
        if keeps and missing == list(hyper) and len(data) == len(own) == len(self.given):
            self.alone = not inspect.isbuiltin(submission)
        if self.alone:
            return
        if missing:
            raise Refused(
                f"{_signature(submission)} has no parameter "
                f"{' and no '.join(f'`{m}`' for m in missing)}. The exercise chooses the "
                f"hyper-parameters, and hands them in by name: {', '.join(hyper)}."
            )
        if self.makes:
            return
        # A rule's memory may also stand among the keywords; what it must be given is then 0.
        extra = [p for p in own if p.kind is kinds.KEYWORD_ONLY and p.name not in hyper]
        rest = data[len(self.given) :]
        if len(data) < len(self.given) and not star:
            raise Refused(f"{_signature(submission)} must take {' and '.join(self.given)} first.")
        needed = [p.name for p in data if p.default is kinds.empty]
        if len(needed) > len(self.given) + len(memory):
            raise Refused(
                f"{_signature(submission)} must be given {len(needed)} things by place: "
                f"{', '.join(needed)}. It is called with {' and '.join(self.given)}"
                f"{', and with its memory' if memory else ' alone'}."
            )
        self.memory = [p.name for p in (*rest, *extra)]
        self.required = [p.name for p in (*rest, *extra) if p.default is kinds.empty]
        self.positional = any(p.kind is kinds.POSITIONAL_ONLY for p in rest)
        if star and not self.memory:
            self.memory = list(memory)
            self.positional = not stars
        self.open = stars

    def start(self, played, hyper):
        """A function of the arguments and of the hyper-parameters now, for one walk."""
        if self.alone:
            return _Keeping(self.function, played, self.given, {})
        if self.makes:
            try:
                made = self.function(**hyper)
            except TypeError as error:
                raise Refused(
                    f"{name_of(self.function)} can't be called with "
                    f"{', '.join(f'{n}=...' for n in hyper)}: {error}."
                ) from error
            return _Keeping(_stepper(made, self.function), played, self.given, {})
        return _Walking(self, played)


def _stepper(made, maker):
    """What to call with a gradient, of what a class or a factory has made."""
    for name in ("step", "update"):
        if hasattr(made, name):
            return getattr(made, name)
    if callable(made):
        return made
    raise Refused(
        f"{name_of(maker)} takes no gradient, so it should make something that takes one: "
        f"it made {brief(made)}. A rule is `f(g, ..., *, lr, ...)`."
    )


class _Keeping:
    """One walk with something that keeps its memory to itself."""

    def __init__(self, function, played, given, memory):
        self.call = Caller(function, played, given)
        self.memory = {}

    def __call__(self, *args, **hyper):
        result = self.call(*args)
        if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], Mapping):
            result = result[0]
        return result, {}


class _Walking:
    """One walk with a function whose memory goes in and comes out."""

    def __init__(self, rule, played):
        self.rule = rule
        self.played = played
        self.call = Caller(rule.function, played, rule.given)
        self.memory = dict.fromkeys(rule.required, 0)
        self.gradients = []

    def __call__(self, *args, **hyper):
        self.gradients.append(args[-1])
        before = copy.deepcopy(self.memory)
        result = self._called(args, self.memory, hyper)
        value, memory = _unpacked(result, self.rule)
        if len(self.gradients) == 2:
            again = _unpacked(self._called(args, before, hyper), self.rule)
            if not _same(value, again[0]):
                self.played.unsteady = True
        known = self.rule.memory
        unknown = [name for name in memory if name not in known]
        if unknown and not self.rule.open and not self.rule.positional:
            takes = ", ".join(f"`{name}`" for name in known) or "none"
            raise Refused(
                f"The memory that came back holds {code(str(unknown[0]))}, and "
                f"{name_of(self.rule.function)} has no parameter of that name (it takes {takes}). "
                "What a step returns as memory goes into the next call under the same names."
            )
        for _, array in arrays_in(memory, "memory"):
            if any(np.may_share_memory(array, g) for g in self.gradients) or (
                isinstance(value, np.ndarray) and np.may_share_memory(array, value)
            ):
                self.played.aliased = True
        self.played.lost |= set(known) - memory.keys() if not self.rule.positional else set()
        lost = [name for name in self.rule.required if name not in memory]
        self.memory = dict.fromkeys(lost, 0) | dict(memory)
        return value, memory

    def _called(self, args, memory, hyper):
        if self.rule.positional:
            values = [memory[name] for name in self.rule.memory if name in memory]
            values = values if len(values) == len(memory) else list(memory.values())
            return self.call(*args, *values, **hyper)
        return self.call(*args, **memory, **hyper)


def _unpacked(result, rule):
    """The value and the memory that a rule returned."""
    name = name_of(rule.function)
    form = f"A rule returns two things: its {rule.returns}, and a dict of its memory."
    if result is Ellipsis or result is NotImplemented:
        raise NotBegun
    if result is None:
        raise Refused(f"{name} returned None. {form} Is there a `return` at its end?")
    if inspect.isgenerator(result):
        raise Refused(f"{name} is a generator, since it uses `yield`. {form} Use `return`.")
    if isinstance(result, tuple | list) and len(result) == 2:
        value, memory = result
        if value is Ellipsis or memory is Ellipsis:
            raise NotBegun
        if isinstance(memory, Mapping):
            if any(part is Ellipsis for part in memory.values()):
                raise NotBegun
            for key, part in memory.items():
                if part is None:
                    raise Refused(f"{name} returned None as its memory {code(str(key))}. {form}")
            return value, memory
        if not rule.course_memory and memory is None:
            return value, {}
        if isinstance(value, Mapping):
            raise Refused(f"{name} returned its memory first. {form} In this order.")
    if not rule.course_memory and not isinstance(result, tuple | dict):
        return result, {}
    if isinstance(result, tuple | list):
        kinds = ", ".join(brief(part) for part in result[:4])
        raise Refused(f"{name} returned {brief(result)}: {kinds}. {form}")
    raise Refused(f"{name} returned {brief(result)}. {form}")


def _same(a, b):
    try:
        return bool(np.array_equal(np.asarray(a, float), np.asarray(b, float), equal_nan=True))
    except Exception:
        return True  # It is judged elsewhere.
