"""How a submission is called, what it may return, and what of its conduct is noted.

All of this runs in the sandbox, except when it plays the course's own functions.
"""

import ast
import copy
import difflib
import dis
import functools
import inspect
import io
import itertools
import re
import types
from collections.abc import Mapping
from contextlib import redirect_stdout
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
    still : bool
        Whether it moves nothing at all, whatever it is given.
    ignored : list of str
        Hyper-parameters that change nothing of what it returns.
    in_place : bool
        Whether it has an operator such as `*=`, which may write into an array.
    calls : list of (args, kwargs, result)
        Some calls of a function that stand for themselves: nothing in them came from another.
    seen : dict
        What an exercise wants to know besides: the points where it looked at a loss, ...
    lost : set of str
        Memory that a rule takes, and never returned.
    printed : dict of (case, place): str
        What a rule printed at a step, the beginning.
    note : str
        Something to say about a right answer.
    way : str
        How arrays were handed in: whole, as vectors, or number by number.
    """

    values: list = field(default_factory=list)
    memory: list = field(default_factory=list)
    changed: set = field(default_factory=set)
    aliased: bool = False
    unsteady: bool = False
    still: bool = False
    ignored: list = field(default_factory=list)
    in_place: bool = False
    calls: list = field(default_factory=list)
    seen: dict = field(default_factory=dict)
    lost: set = field(default_factory=set)
    printed: dict = field(default_factory=dict)
    note: str = ""
    way: str = "arrays"

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


def is_function(submission):
    """Whether it is a plain function: anything else may answer a question with any error."""
    return type(submission) is types.FunctionType


def suggestion(name, names):
    """What to add to "there is none of this name": one that is near to it, or nothing."""
    near = difflib.get_close_matches(name, names, 1)
    return f" Is it `{near[0]}`?" if near else ""


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


def writes_in_place(function):
    """Whether a function has an operator such as `*=`."""
    if not inspect.isfunction(function):
        return True  # Nobody knows.
    return any(
        step.opname == "BINARY_OP" and step.argrepr.endswith("=")
        for step in dis.get_instructions(function)
    )


def is_set_before(function, name, place):
    """Whether a function may have set a name of its own when it came to a place of it.

    Code that can't be reached, as after a `return`, is none of its instructions.
    """
    if not inspect.isfunction(function) or place.function != function.__code__.co_name:
        return True  # Nobody knows.
    for step in dis.get_instructions(function):
        # Python 3.13 has instructions for two names at once, such as STORE_FAST_LOAD_FAST.
        kinds = re.findall("(STORE|LOAD)_(?:FAST|DEREF)", step.opname)
        names = step.argval if isinstance(step.argval, tuple) else (step.argval,)
        sets = ("STORE", name) in zip(kinds, names, strict=False)
        if sets and step.positions.lineno <= place.line:
            return True
    return False


def idle_lines(text):
    """What of a function's text could as well not be there.

    Parameters
    ----------
    text : str

    Returns
    -------
    below, unread : list of str
        What stands below a `return`; and what sets a name that is set anew, or the function's end,
        before anything reads it.
    """
    function = ast.parse(text).body[0]
    below, unread = [], []

    def line(statement):
        return ast.get_source_segment(text, statement).splitlines()[0]

    for node in ast.walk(function):
        body = getattr(node, "body", None)
        for at, statement in enumerate(body if isinstance(body, list) else []):
            rest = body[at + 1 :]
            if isinstance(statement, ast.Return):
                below += map(line, rest)
                break
            if _is_unread(statement, rest, ends=node is function):
                unread.append(line(statement))
    return below, unread


def set_twice(text):
    """Which names are set by several lines of a function, one after the other, and by which.

    Parameters
    ----------
    text : str

    Returns
    -------
    dict of str: list of str
    """
    lines = {}
    for statement in ast.parse(text).body[0].body:
        if isinstance(statement, ast.Return):
            break
        if isinstance(statement, ast.Assign):
            for name in _names(statement, ast.Store):
                line = ast.get_source_segment(text, statement).splitlines()[0]
                lines.setdefault(name, []).append(line)
    return {name: those for name, those in lines.items() if len(those) > 1}


def _is_unread(statement, rest, ends):
    """Whether nothing reads the names that a statement sets; at the end of a loop, nobody knows."""
    if not isinstance(statement, ast.Assign) or not (left := _names(statement, ast.Store)):
        return False
    for later in rest:
        if left & _names(later, ast.Load) or isinstance(later, ast.AugAssign):
            return False
        if isinstance(later, ast.Assign):
            left = left - _names(later, ast.Store)
        if not left or isinstance(later, ast.Return):
            return True
    return ends


def _names(node, kind):
    found = (part for part in ast.walk(node) if isinstance(part, ast.Name))
    return {part.id for part in found if isinstance(part.ctx, kind)}


def _takes(function):
    """A function's signature. NumPy's own functions have one in some of its versions only."""
    if not isinstance(function, np.ufunc):
        return inspect.signature(function)
    kinds = inspect.Parameter
    places = [kinds(f"x{i + 1}", kinds.POSITIONAL_ONLY) for i in range(function.nin)]
    out = kinds("out", kinds.POSITIONAL_OR_KEYWORD, default=None)
    return inspect.Signature([*places, out])


def parameters(function):
    """The parameters of a submission, or None where Python can't tell."""
    try:
        return list(_takes(function).parameters.values())
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


def kept(value):
    """A copy of what is handed in or comes back, to compare it with later."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) is dict:
        return {key: kept(part) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(kept, value))
    if isinstance(value, str | int | float) or callable(value) or _is_ours(value):
        return value
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


def main_part(result):
    """What a function returned, without its state."""
    return result[0] if isinstance(result, tuple) and len(result) == 2 else result


def _is_ours(value):
    return type(value).__module__.startswith("descent.")


def same(a, b, depth=9):
    """Whether two values hold the same, dictionaries, lists and attributes inside too.

    Numbers may differ in their last digits: a coordinate that was moved back and forth does.
    """
    if a is b or not depth:
        return True
    if isinstance(a, np.ndarray | np.number | float):
        try:
            alike = b is not None and np.shape(a) == np.shape(b)
            return alike and np.allclose(a, b, 1e-12, 1e-14, equal_nan=True)
        except (TypeError, ValueError):
            return True
    if type(a) is not type(b):
        return False
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(same(a[key], b[key], depth - 1) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y, depth - 1) for x, y in zip(a, b, strict=True))
    if hasattr(a, "__dict__") and not callable(a):
        return same(vars(a), vars(b), depth - 1)
    try:
        return bool(a == b)
    except Exception:
        return True


class Caller:
    """Calls a submission, and notes what it does to its arguments.

    Parameters
    ----------
    submission : callable
    played : Played
        Where that is noted.
    names : sequence of str
        What the positional arguments are called.
    draws : bool
        Whether a generator is run to its end, and what it yields stands for it.
    """

    def __init__(self, submission, played, names, draws=False):
        self.function = submission
        self.played = played
        self.names = names
        self.draws = draws
        self.calls = []

    def __call__(self, *args, **kwargs):
        before = kept(args), kept(kwargs)
        result = self._called(args, kwargs)
        if inspect.iscoroutine(result):
            numbers(result, f"What {name_of(self.function)} returned")
        given = [*zip(self.names, args, before[0], strict=False)]
        given += [(name, value, before[1][name]) for name, value in kwargs.items()]
        self.played.changed |= {
            name for name, value, old in given if _is_data(value) and not same(old, value)
        }
        if len(self.calls) < 3:
            self.calls.append((*before, kept(result)))
        return result

    def on_their_own(self):
        """The calls kept whose arguments and results are numbers, and no memory among them."""
        count = [len(args) + len(kwargs) for args, kwargs, _ in self.calls]
        first = [
            (args, kwargs, main_part(result))
            for (args, kwargs, result), n in zip(self.calls, count, strict=True)
            if n == count[0]
        ]
        return [call for call in first if _is_plain(call)]

    def _called(self, args, kwargs):
        result = self.function(*args, **kwargs)
        if self.draws and inspect.isgenerator(result):
            return list(itertools.islice(result, 1001))  # No exercise has so many.
        return result

    def again(self):
        """Make two of the first calls once more, the later one first: memory outside shows."""
        for args, kwargs, result in (self.calls[2:] + self.calls[:1])[:2]:
            try:
                now = self._called(kept(args), kept(kwargs))
            except Exception:
                self.played.unsteady = True
                return
            if not same(result, now):
                self.played.unsteady = True

    def check_fit(self, positional, hyper):
        """Refuse a function that can't be called with these arguments."""
        own = parameters(self.function)
        if own is None:
            return
        check_form(self.function, own, self.names[:positional])
        call = ", ".join([*self.names[:positional], *(f"{name}=..." for name in hyper)])
        try:
            inspect.signature(self.function).bind(*[0] * positional, **dict.fromkeys(hyper, 0))
        except TypeError as error:
            raise Refused(
                f"{_signature(self.function)} can't be called as "
                f"`{name_of(self.function)}({call})`: {error}."
            ) from None


def _is_plain(value):
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if type(value) is dict:
        return all(map(_is_plain, value.values()))
    return isinstance(value, np.ndarray | np.number | int | float)


def _is_data(value):
    """Whether a value is the caller's own, and not a helper that is there to be used."""
    return not (callable(value) or isinstance(value, np.random.Generator) or _is_ours(value))


PARAMETERS = set("w W x X theta params param parameters p weights weight".split())  # noqa: SIM905
GRADIENTS = set("g grad grads gradient gradients dw dW dx dtheta d_w".split())  # noqa: SIM905


def check_form(function, own, required):
    """Refuse a form that is plain from the names: a method, or arguments in another order."""
    names = [p.name for p in own if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if names[:1] == ["self"]:
        raise Refused(
            f"{_signature(function)} takes `self` first: it is a method, and it was handed in "
            "without its object. Hand in the method of an object, or a function."
        )
    places = {name: place for place, name in enumerate(names)}
    if any(places.get(name, place) != place for place, name in enumerate(required)):
        raise Refused(
            f"{_signature(function)} takes its arguments in another order. They are handed in by "
            f"place: {', '.join(required)}."
        )


def _signature(function):
    text = re.sub(r"0x[0-9a-f]+", "...", str(_takes(function)))
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
        self.calls = []  # Some of the first walk, to be made once more.
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
            first = [p.name for p in data[:2]]
            if not before and _takes_parameters(first):
                raise Refused(_parameters_in(submission, first))
            check_form(submission, own, self.given)
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
            return _Keeping(self.function, played, self.given)
        if self.makes:
            return _Keeping(self._made(hyper), played, self.given)
        return _Walking(self, played)

    def _made(self, hyper):
        """What a class or a factory makes of these hyper-parameters."""
        try:
            made = self.function(**hyper)
        except TypeError as error:
            raise Refused(
                f"{name_of(self.function)} can't be called with "
                f"{', '.join(f'{n}=...' for n in hyper)}: {error}."
            ) from error
        return _stepper(made, self.function)

    def remembers_outside(self):
        """Whether calls of the first walk, made once more, have other results."""
        for args, memory, hyper, value in reversed(self.calls):
            args, memory = copy.deepcopy((args, memory))
            try:
                with redirect_stdout(io.StringIO()):
                    if self.makes:
                        result = _kept_apart(self._made(hyper)(*args))
                    else:
                        result, _ = _unpacked(self.called(self.function, args, memory, hyper), self)
            except Exception:
                return True
            if not _same(value, result):
                return True
        return False

    def called(self, function, args, memory, hyper):
        """Call a function with arguments, memory and hyper-parameters."""
        if not self.positional:
            return function(*args, **memory, **hyper)
        values = [memory[name] for name in self.memory if name in memory]
        values = values if len(values) == len(memory) else list(memory.values())
        return function(*args, *values, **hyper)


def _takes_parameters(names):
    return len(names) == 2 and names[0] in PARAMETERS and names[1] in GRADIENTS


def _parameters_in(submission, first):
    return (
        f"{_signature(submission)} takes parameters, `{first[0]}`, and then their gradient: that "
        "is the form of other courses, with parameters in and new parameters out. Here a rule is "
        "handed the gradient and its memory alone, and returns the step, which its caller "
        "subtracts, and its new memory."
    )


def _stepper(made, maker):
    """What to call with a gradient, of what a class or a factory has made."""
    for found in (getattr(made, "step", None), getattr(made, "update", None), made):
        if callable(found):
            first = [p.name for p in parameters(found) or () if p.default is p.empty]
            if _takes_parameters(first[:2]):
                raise Refused(_parameters_in(found, first))
            return found
    raise Refused(
        f"{name_of(maker)} takes no gradient, so it should make something that takes one: "
        f"it made {brief(made)}. A rule is `f(g, ..., *, lr, ...)`."
    )


def _kept_apart(result):
    """The step alone of what keeps its memory to itself, whether it returns it or not."""
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], Mapping):
        return result[0]
    return result


class _Keeping:
    """One walk with something that keeps its memory to itself."""

    def __init__(self, function, played, given):
        self.call = Caller(function, played, given)
        self.memory = {}  # None that could be handed in.

    def __call__(self, *args, **hyper):
        return _kept_apart(self.call(*args)), {}


class _Walking:
    """One walk with a function whose memory goes in and comes out."""

    def __init__(self, rule, played):
        self.rule = rule
        self.played = played
        self.call = Caller(rule.function, played, rule.given)
        self.memory = dict.fromkeys(rule.required, 0)
        self.gradients = []

    def __call__(self, *args, **hyper):
        rule = self.rule
        self.gradients.append(args[-1])
        second = len(self.gradients) == 2
        before = copy.deepcopy((args, self.memory)) if second else None
        result = rule.called(self.call, args, self.memory, hyper)
        value, memory = _unpacked(result, rule)
        if second:
            args, old = before
            with redirect_stdout(io.StringIO()):
                again = _unpacked(rule.called(self.call, args, old, hyper), rule)
            if not _same(value, again[0]):
                self.played.unsteady = True
        known = rule.memory
        unknown = [name for name in memory if name not in known]
        if unknown and not rule.open and not rule.positional:
            takes = ", ".join(f"`{name}`" for name in known) or "none"
            raise Refused(
                f"The memory that came back holds {code(str(unknown[0]))}, and "
                f"{name_of(rule.function)} has no parameter of that name (it takes {takes}). "
                "What a step returns as memory goes into the next call under the same names."
            )
        for _, array in arrays_in(memory, "memory"):
            if any(np.may_share_memory(array, g) for g in self.gradients) or (
                isinstance(value, np.ndarray) and np.may_share_memory(array, value)
            ):
                self.played.aliased = True
        self.played.lost |= set(known) - memory.keys() if not rule.positional else set()
        lost = [name for name in rule.required if name not in memory]
        if lost and not rule.positional:
            raise Refused(
                f"{name_of(rule.function)} takes `{lost[0]}` after the gradient, without a value "
                "to start from, and doesn't return it. What stands there is memory: it begins at "
                "zero, and is returned under its name. A rule never sees the parameters; it "
                f"returns its {rule.returns}."
            )
        self.memory = dict(memory)
        return value, memory


def _unpacked(result, rule):
    """The value and the memory that a rule returned."""
    name = name_of(rule.function)
    form = f"A rule returns two things: its {rule.returns}, and a dict of its memory."
    if not rule.course_memory:
        form = f"{form[:-1]}, which is empty here: `{{}}`."
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
        if isinstance(value, Mapping):
            raise Refused(f"{name} returned its memory first. {form} In this order.")
    if isinstance(result, tuple | list):
        kinds = ", ".join(brief(part) for part in result[:4])
        raise Refused(f"{name} returned {brief(result)}: {kinds}. {form}")
    raise Refused(f"{name} returned {brief(result)}. {form}")


def _same(a, b):
    try:
        return bool(np.array_equal(np.asarray(a, float), np.asarray(b, float), equal_nan=True))
    except Exception:
        return True  # It is judged elsewhere.
