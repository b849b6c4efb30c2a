"""Run a rule: `descend` walks one array and records everything, `Optimizer` updates a model.

A rule is a pure function (see `descent.rules`). What it need not care about is here: checking what
is given and what a rule returns, schedules, weight decay, large arrays, and divergence.
"""

import inspect
import math
from collections import deque
from numbers import Integral, Real

import numpy as np

# A block and its temporaries fit in a core's second-level cache, so a large array comes from main
# memory once a step and not once an operation.
BLOCK_BYTES = 128 * 1024

FLOATS = (np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64))
RECORDS = ("x", "loss", "grad", "step", "memory")


class Trace:
    """What `descend` recorded: each array has one entry to a step along its first axis.

    Attributes
    ----------
    x : array, shape (n + 1, ...)
        The start, and the point after each of the n steps. `x[k + 1] == x[k] - step[k]`.
    loss : array, shape (n + 1, ...)
        The loss at each point.
    grad : array, shape (n + 1, ...)
        The gradient at each point, in the dtype of `x`.
    step : array, shape (n, ...)
        What was subtracted at each step.
    memory : dict of arrays, shape (n, ...) each
        The rule's memory after each step, under its names: `trace.memory["v"]`.
    final : array or NumPy scalar
        The last point, whether `x` was kept or not.
    diverged_at : int, None or array of int
        For one loss: the entry where the point, its loss or its gradient was not finite, None if
        there was none. For an array of losses: the first entry where each run's loss was not
        finite, -1 if there was none.

    Raises
    ------
    AttributeError
        When a record is asked for that `keep` left out.
    """

    def __init__(self, records, final, diverged_at):
        self.__dict__.update(records)
        self.final = final
        self.diverged_at = diverged_at

    def __getattr__(self, name):
        if name not in RECORDS:
            raise AttributeError(f"a Trace has no {name!r}, but {_listed(RECORDS)}")
        kept = [record for record in RECORDS if record in self.__dict__]
        raise AttributeError(
            f"{name} was not kept: this walk recorded {_listed(kept)}; add {name!r} to its keep"
        )


def descend(f, x, rule, *, steps, keep=RECORDS, **hyper):
    """Walk from `x` by `rule` and record every step.

    Parameters
    ----------
    f : function
        `f(x)` returns the loss and its gradient, which has the shape of `x`. The loss is a number,
        or an array with a number for each of several runs. Called `steps + 1` times.
    x : float or array of floats
        The start. Its dtype (float16, float32 or float64) is kept, and it is not changed.
    rule : function
        A rule, such as `descent.rules.adam`.
    steps : int
        How many steps to take.
    keep : sequence of str
        What to record: any of "x", "loss", "grad", "step" and "memory". Default: all.
    **hyper : number, array or function
        The rule's hyper-parameters. An array broadcasts with `x`, so that a sweep is one walk. A
        function of the step number (0 at the first step) is a schedule.

    Returns
    -------
    Trace
        It ends where a single walk diverges, and where the last of several runs does.

    Raises
    ------
    TypeError, ValueError
        When an argument, or what `f` or `rule` returns, is not what it must be.
    """
    if isinstance(keep, str) or not set(keep) <= set(RECORDS):
        raise ValueError(f"keep must hold names among {_listed(RECORDS)}; got {keep!r}")
    if not isinstance(steps, Integral) or steps < 0:
        raise ValueError(f"steps must be a whole number, 0 or more; got {steps!r}")
    x = np.array(x)
    _check_floats(x, "x")
    rule = _Rule(rule, hyper, [x], sweep=True)
    if not np.isfinite(x).all():
        raise ValueError("x must be finite at the start; got NaN or infinity")
    x = _frozen(np.broadcast_to(x, rule.spread(x.shape)).copy(), x.dtype)

    log = {name: deque(maxlen=None if name in keep else 0) for name in RECORDS}
    memory, shape, diverged_at = {}, None, None
    with np.errstate(all="ignore"):
        for k in range(steps + 1):
            loss, g = _evaluated(f, x, shape)
            log["x"].append(x)
            log["loss"].append(loss)
            log["grad"].append(g)
            if k == 0:
                shape = np.shape(loss)
                diverged_at = np.full(shape, -1) if shape else None
            if shape:
                diverged_at[(diverged_at < 0) & ~np.isfinite(loss)] = k
                if (diverged_at >= 0).all():
                    break
            elif not (math.isfinite(loss) and _finite(x, g)):
                diverged_at = k
                break
            if k < steps:
                step, memory = rule.call(g, memory, rule.hyper(k))
                step = _frozen(step, x.dtype)
                log["step"].append(step)
                log["memory"].append(memory)
                x = _frozen(x - step, x.dtype)

    records = {name: np.array(log[name]) for name in keep if name != "memory"}
    if "memory" in keep:
        records["memory"] = {
            name: np.array([memory[name] for memory in log["memory"]]) for name in rule.memory
        }
    return Trace(records, x.copy(), diverged_at)


class Optimizer:
    """Update a model's parameters in place, one step at a time.

    Parameters
    ----------
    params : list, tuple or dict of float arrays
        The parameters: float16, float32 or float64, of any shape. `step` writes into them.
    rule : function
        A rule, such as `descent.rules.adam`.
    weight_decay : float
        Decoupled weight decay (Loshchilov and Hutter, 2019): before its step, each parameter is
        multiplied by `1 - lr * weight_decay`. With `adam` this is AdamW. Default: 0.
    **hyper : number or function
        The rule's hyper-parameters. A function of the step number (0 at the first step) is a
        schedule.

    Attributes
    ----------
    memory : dict
        The rule's memory for each parameter, under the parameter's key: `memory["W"]["v"]`, or
        `memory[0]["v"]` for a list. Empty before the first step.
    steps : int
        How many steps were taken.

    Raises
    ------
    TypeError, ValueError
        When an argument is not what it must be.
    """

    def __init__(self, params, rule, *, weight_decay=0, **hyper):
        self._params = _keyed(params, "params")
        for key, p in self._params.items():
            if not isinstance(p, np.ndarray):
                raise TypeError(f"params[{key!r}] must be an array; got {type(p).__name__}")
            _check_floats(p, f"params[{key!r}]")
            if not p.flags.writeable:
                raise ValueError(f"params[{key!r}] must be writeable; got a read-only array")
        self._rule = _Rule(rule, hyper, self._params.values())
        self._weight_decay = _number("weight_decay", weight_decay)
        if weight_decay and "lr" not in self._rule.hyper(0):
            raise ValueError(f"weight_decay needs an lr, and {self._rule.name} has none")
        self.memory = {key: {} for key in self._params}
        self.steps = 0
        self._torn = False

    def step(self, grads):
        """Take one step.

        Parameters
        ----------
        grads : list, tuple or dict of float arrays
            The gradients, keyed and shaped as the parameters. Each is used in its parameter's
            dtype. They are not changed.

        Raises
        ------
        TypeError, ValueError
            When the gradients are not what they must be, or are not finite. Nothing is changed.
        RuntimeError
            After the rule failed in the middle of a step, when some parameters had been updated.
        """
        if self._torn:
            raise RuntimeError(
                "an earlier step failed halfway, with some parameters updated and some not: "
                "restore them and make a new Optimizer"
            )
        grads = self._checked(grads)
        hyper = self._rule.hyper(self.steps)
        memory = {key: {} for key in self._params}
        waiting, size = [], 0
        for key, p in self._params.items():
            for part in self._parts(p):
                waiting.append(self._work(key, part, grads[key], hyper, memory[key]))
                size += waiting[-1][1].nbytes
                if size >= BLOCK_BYTES:
                    self._write(waiting, hyper)
                    waiting, size = [], 0
        self._write(waiting, hyper)
        self.memory = memory
        self.steps += 1
        self._torn = False

    def state_dict(self):
        """Copy the state: a dict of the rule's name, the number of steps and the memory."""
        return dict(rule=self._rule.name, steps=self.steps, memory=_copied(self.memory))

    def load_state_dict(self, state):
        """Go on from a state that `state_dict` returned, for the same rule and shapes.

        Parameters
        ----------
        state : dict
            It is copied.

        Raises
        ------
        TypeError, ValueError
            When the state is not one, or is that of another rule or of other parameters. Nothing
            is changed.
        """
        if not isinstance(state, dict) or state.keys() != {"rule", "steps", "memory"}:
            raise TypeError(f"state must be what state_dict returned; got {_brief(state)}")
        if state["rule"] != self._rule.name:
            raise ValueError(f"the state is that of {state['rule']}; this is {self._rule.name}")
        _check_keys(state["memory"], self._params, "the state's memory")
        started = state["steps"] > 0
        for key, memory in state["memory"].items():
            if set(memory) != (set(self._rule.memory) if started else set()):
                raise ValueError(
                    f"the memory of {key!r} must hold {_listed(self._rule.memory)}; "
                    f"got {_listed(memory)}"
                )
            for name, value in memory.items():
                shape = self._params[key].shape
                if isinstance(value, np.ndarray) and not self._rule.whole and value.shape != shape:
                    raise ValueError(
                        f"{name} of {key!r} must have shape {shape}; got {value.shape}"
                    )
        self.memory = _copied(state["memory"])
        self.steps = state["steps"]

    def _checked(self, grads):
        """The gradients as arrays, in their parameters' dtypes."""
        grads = _keyed(grads, "grads")
        _check_keys(grads, self._params, "grads")
        checked = {}
        for key, p in self._params.items():
            g = np.asarray(grads[key])
            name = f"grads[{key!r}]"
            _check_floats(g, name)
            if g.shape != p.shape:
                raise ValueError(f"{name} must have shape {p.shape}, its parameter's; got {g.shape}")
            g = g.astype(p.dtype, copy=False)
            if not _finite(g, g):
                bad = np.count_nonzero(~np.isfinite(g))
                raise ValueError(f"{name} must be finite; {bad} of its {g.size} are NaN or infinite")
            checked[key] = g
        return checked

    def _parts(self, p):
        """The slices to walk `p` in; the whole of what can't be flattened without a copy."""
        if self._rule.whole or not p.flags.c_contiguous:
            return (...,)
        block = BLOCK_BYTES // p.itemsize
        return [slice(i, i + block) for i in range(0, max(p.size, 1), block)]

    def _work(self, key, part, g, hyper, memory):
        """What to write, and where: pairs of a target and a value, without writing it yet."""
        p = self._params[key]
        flat = part is not ...

        def view(array):
            return (array.reshape(-1) if flat else array)[part]

        old = {
            name: _read_only(view(value)) if isinstance(value, np.ndarray) else value
            for name, value in self.memory[key].items()
        }
        step, new = self._rule.call(_read_only(view(g)), old, hyper)
        pairs = [view(p), step]
        for name, value in new.items():
            if np.ndim(value) == 0:
                value = value.item() if isinstance(value, np.generic) else value
                if memory.setdefault(name, value) != value:
                    raise ValueError(
                        f"{self._rule.name} returned a {name} that differs from block to block: "
                        "memory is an array like the gradient, or a number for all of it"
                    )
            else:
                if name not in memory:
                    shape = p.shape if not self._rule.whole else value.shape
                    memory[name] = self.memory[key].get(name)
                    if memory[name] is None:
                        memory[name] = np.empty(shape, p.dtype)
                pairs += [view(memory[name]) if not self._rule.whole else memory[name], value]
        return pairs

    def _write(self, waiting, hyper):
        """Write what `_work` prepared."""
        self._torn = True
        for target, step, *memory in waiting:
            if self._weight_decay:
                target *= 1 - hyper["lr"] * self._weight_decay
            np.subtract(target, step, out=target, casting="same_kind")
            for array, value in zip(memory[::2], memory[1::2], strict=True):
                array[...] = value


class _Rule:
    """A rule and its hyper-parameters, both checked.

    `sweep` allows hyper-parameters that are arrays.
    """

    def __init__(self, function, given, arrays, sweep=False):
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"rule must be a function like descent.rules.adam; got {_brief(function)}"
            ) from error
        self.name = getattr(function, "__name__", _brief(function))
        positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        known = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
        memory = {p.name: p.default for p in positional[1:]}
        if len(positional) + len(known) < len(parameters) or not positional:
            raise TypeError(
                f"{self.name} must be written as rule(g, m=0, ..., *, lr=0.1, ...); "
                f"got {self.name}{inspect.signature(function)}"
            )
        if inspect.Parameter.empty in memory.values():
            raise TypeError(f"{self.name} must give each memory a start value, such as m=0")
        unknown = set(given) - set(known)
        if unknown:
            raise TypeError(
                f"{self.name} has no hyper-parameter {_listed(unknown)}; it has {_listed(known)}"
            )
        hyper = known | given
        missing = [name for name, value in hyper.items() if value is inspect.Parameter.empty]
        if missing:
            raise TypeError(f"{self.name} needs a value for {_listed(missing)}")
        self.function = function
        self.memory = tuple(memory)
        self.whole = getattr(function, "whole_matrix", False)
        self._sweep = arrays[0].dtype if sweep else None
        self._schedules = {name: value for name, value in hyper.items() if callable(value)}
        self._fixed = {
            name: _number(name, value, self._sweep)
            for name, value in hyper.items()
            if name not in self._schedules
        }
        for array in arrays:
            if self.whole and (array.ndim != 2 or array.size == 0):
                raise ValueError(
                    f"{self.name} needs matrices (2 axes, not empty); got shape {array.shape}"
                )
            for name, value in self._fixed.items():
                if not isinstance(value, np.ndarray) and value and not array.dtype.type(value):
                    tiny = np.finfo(array.dtype).smallest_subnormal
                    raise ValueError(
                        f"{name}={value} is zero in {array.dtype}, whose least number is {tiny}"
                    )

    def hyper(self, k):
        """The hyper-parameters of step `k`."""
        if not self._schedules:
            return self._fixed
        scheduled = {
            name: _number(name, schedule(k), self._sweep)
            for name, schedule in self._schedules.items()
        }
        return self._fixed | scheduled

    def spread(self, shape):
        """`shape` broadcast with those of the hyper-parameters of the first step."""
        shapes = {name: np.shape(value) for name, value in self.hyper(0).items()}
        try:
            return np.broadcast_shapes(shape, *shapes.values())
        except ValueError as error:
            raise ValueError(
                f"the hyper-parameters must broadcast with x of shape {shape}; got {shapes}"
            ) from error

    def call(self, g, memory, hyper):
        """The rule's step and new memory, checked."""
        try:
            result = self.function(g, **memory, **hyper)
        except ValueError as error:
            if "read-only" not in str(error):
                raise
            raise ValueError(
                f"{self.name} changed an array that it was given: "
                "a rule makes new ones (m = m + g, not m += g)"
            ) from error
        if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict)):
            raise TypeError(
                f"{self.name} must return (step, dict of its memory); got {_brief(result)}"
            )
        step, memory = result
        if memory.keys() != set(self.memory):
            raise ValueError(
                f"{self.name} must return the memory {_listed(self.memory)}; got {_listed(memory)}"
            )
        if np.shape(step) != g.shape:
            raise ValueError(
                f"{self.name} must return a step of the gradient's shape {g.shape}; "
                f"got {np.shape(step)}"
            )
        for name, value in memory.items():
            if not self.whole and np.shape(value) not in ((), g.shape):
                raise ValueError(
                    f"{self.name} must return {name} as a number or of the gradient's shape "
                    f"{g.shape}; got {np.shape(value)}"
                )
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
        return step, memory


def _number(name, value, sweep=None):
    """A hyper-parameter's value, checked; an array of dtype `sweep` where that is given."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    if isinstance(value, np.ndarray) and sweep is not None and value.dtype.kind in "fiu":
        value = value.astype(sweep)
        low, high, finite = value.min(), value.max(), np.isfinite(value).all()
    elif isinstance(value, Real) and not isinstance(value, bool):
        low = high = value
        finite = math.isfinite(value)
    else:
        also = ", an array" if sweep is not None else ""
        raise TypeError(f"{name} must be a number{also} or a function; got {_brief(value)}")
    if not finite:
        raise ValueError(f"{name} must be finite; got {value}")
    if name.startswith("beta") and not (low >= 0 and high < 1):
        raise ValueError(f"{name} must be at least 0 and below 1; got {value}")
    if name in ("lr", "eps", "weight_decay") and low < 0:
        raise ValueError(f"{name} must be 0 or more; got {value}")
    return value


def _evaluated(f, x, shape):
    """Loss and gradient at x, checked; `shape` is that of earlier losses, if there were any."""
    result = f(x)
    if not (isinstance(result, tuple) and len(result) == 2):
        raise TypeError(f"f must return (loss, gradient); got {_brief(result)}")
    loss, g = result
    if shape is None and np.asarray(loss).dtype.kind not in "fiu":
        raise TypeError(f"f must return a loss that is a number or an array; got {_brief(loss)}")
    if shape is not None and np.shape(loss) != shape:
        raise ValueError(f"f returned a loss of shape {np.shape(loss)} after one of {shape}")
    g = np.array(g)
    if g.dtype.kind != "f":
        raise TypeError(f"f must return a gradient of floats; got {g.dtype}")
    if g.shape != x.shape:
        raise ValueError(f"f must return a gradient of x's shape {x.shape}; got {g.shape}")
    return loss, _frozen(g, x.dtype)


def _frozen(value, dtype):
    """`value` as a read-only array or a NumPy scalar of this dtype."""
    value = np.asarray(value, dtype)
    if value.ndim == 0:
        return value[()]
    value.setflags(write=False)
    return value


def _read_only(view):
    view.setflags(write=False)
    return view


def _finite(a, b):
    # A dot product is the cheapest look at all entries: NaN and infinity come through it. When it
    # overflows from finite entries, a closer look follows.
    return math.isfinite(np.vdot(a, b)) or bool(np.isfinite(a).all() and np.isfinite(b).all())


def _keyed(arrays, name):
    if isinstance(arrays, dict):
        return arrays
    if isinstance(arrays, (list, tuple)):
        return dict(enumerate(arrays))
    raise TypeError(f"{name} must be a list or a dict of arrays; got {_brief(arrays)}")


def _copied(memory):
    return {
        key: {
            name: value.copy() if isinstance(value, np.ndarray) else value
            for name, value in values.items()
        }
        for key, values in memory.items()
    }


def _check_keys(given, expected, name):
    missing, extra = expected.keys() - given.keys(), given.keys() - expected.keys()
    if missing or extra:
        raise ValueError(
            f"{name} must have the keys of params; "
            f"missing: {_listed(missing) or 'none'}, extra: {_listed(extra) or 'none'}"
        )


def _check_floats(array, name):
    if array.dtype not in FLOATS:
        raise TypeError(
            f"{name} must hold floats (float16, float32 or float64); got {array.dtype}"
        )


def _listed(names):
    return ", ".join(sorted(map(str, names), key=str))


def _brief(value):
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) < 60 else text[:57] + '...'}"
