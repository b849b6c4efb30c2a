"""Run a rule: `descend` walks one array and records everything, `Optimizer` updates a model.

A rule is a pure function (see `descent.rules`). What it need not care about is here: checking what
is given and what a rule returns, schedules, weight decay, large arrays, and divergence.
"""

import inspect
import math
from collections import deque
from collections.abc import Iterable, Mapping
from numbers import Integral, Real

import numpy as np

from descent import compiled

# A block and its temporaries fit in a core's second-level cache, so a large array comes from main
# memory once a step and not once an operation.
BLOCK_BYTES = 64 * 1024

FLOATS = (np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64))
RECORDS = ("x", "loss", "grad", "step", "memory")


class Trace:
    """What was recorded: each array has one entry a step along its first axis. Made by `descend`.

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
    steps : int
        The number of steps taken: n.
    diverged_at : int, None or array of int
        For one loss: the entry where the point, its loss or its gradient was not finite; None if
        there was none. For an array of losses: the first entry where each run's loss was not
        finite; -1 if there was none.

    Raises
    ------
    AttributeError
        When a record is asked for that `keep` left out.
    """

    def __init__(self, records, final, steps, diverged_at):
        self.__dict__.update(records)
        self.final = final
        self.steps = steps
        self.diverged_at = diverged_at

    def __getattr__(self, name):
        if name not in RECORDS:
            raise AttributeError(f"a Trace has no {name!r}; it has {_listed(RECORDS)}")
        kept = [record for record in RECORDS if record in self.__dict__]
        raise AttributeError(
            f"{name} was not kept: this walk recorded {_listed(kept)}; add {name!r} to its keep"
        )

    def __repr__(self):
        return f"<Trace of {self.steps} steps>"


def descend(f, x, rule, *, steps, keep=None, **hyper):
    """Walk from `x` by `rule` and record every step.

    Parameters
    ----------
    f : function
        `f(x)` returns the loss and its gradient, which has the shape of `x`. The loss is a number,
        or an array with a number for each of several runs. Called `steps + 1` times, with an `x`
        that it must not change.
    x : float or array of floats
        The start. Its dtype (float16, float32 or float64) is kept, and it is not changed.
    rule : function
        A rule, such as `descent.rules.adam`.
    steps : int
        How many steps to take.
    keep : iterable of str, optional
        What to record: any of "x", "loss", "grad", "step" and "memory". Default: all of them.
    **hyper : number, array or function
        The rule's hyper-parameters. An array is broadcast with `x`, in the dtype of `x`, so that a
        sweep is one walk; a rule that needs a whole matrix, or that asks `if` of such a value,
        refuses it. A function of the step number (0 at the first step) is a schedule.

    Returns
    -------
    Trace
        It ends where a single walk diverges, and where the last of several runs does.

    Raises
    ------
    TypeError, ValueError
        When an argument, or what `f` or `rule` returns, is not what it must be.

    Notes
    -----
    A rule's memory that overflows (`v`, in float16) ends no walk while the point is finite: it
    shows in `trace.memory`.
    """
    keep = _names(keep)
    if not _is_count(steps):
        raise ValueError(f"steps must be a whole number, 0 or more; got {steps!r}")
    x = _floats(x, "x").copy()
    if not np.isfinite(x).all():
        raise ValueError(f"x must be finite at the start; {_bad(x)} of its numbers are not")
    rule = _Rule(rule, hyper, [x], sweep=True)
    hyper, shape = rule.spread(x.shape)
    x = np.broadcast_to(x, shape).copy()[()]

    # Everything is recorded as it is, so from here on nobody may write into it.
    log = {name: deque(maxlen=None if name in keep else 0) for name in RECORDS}
    points, losses, grads, taken, memories = log.values()
    memory, diverged_at = {}, None
    with np.errstate(all="ignore"):
        for k in range(steps + 1):
            x.setflags(False)
            loss, g = _evaluated(f, x)
            if k == 0:
                runs = loss.shape
                diverged_at = np.full(runs, -1) if runs else None
            elif loss.shape != runs:
                raise ValueError(f"f returned a loss of shape {loss.shape} after one of {runs}")
            points.append(x)
            losses.append(loss)
            grads.append(g)
            if runs:
                diverged_at[(diverged_at < 0) & ~np.isfinite(loss)] = k
                if (diverged_at >= 0).all():
                    break
            elif not (math.isfinite(loss) and _finite(x, g)):
                diverged_at = k
                break
            if k < steps:
                step, memory = rule.call(g, memory, rule.hyper(k) if k else hyper)
                taken.append(step)
                memories.append(memory)
                x = x - step

    records = {name: np.array(log[name]) for name in keep if name != "memory"}
    if "step" in keep and not taken:
        records["step"] = np.empty((0, *x.shape), x.dtype)
    if "memory" in keep:
        records["memory"] = {
            name: np.array([memory[name] for memory in memories]) for name in rule.memory
        }
    return Trace(records, x.copy(), k, diverged_at)


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
        multiplied by `1 - lr * weight_decay`. With `adam`, this is AdamW. Default: 0.
    **hyper : number or function
        The rule's hyper-parameters. A function of the step number (0 at the first step) is a
        schedule, and the only way to change one later.

    Attributes
    ----------
    memory : dict
        The rule's memory for each parameter, under the parameter's key: `memory["W"]["v"]`, or
        `memory[0]["v"]` for a list. Empty before the first step.
    steps : int
        The number of steps taken.

    Raises
    ------
    TypeError, ValueError
        When an argument is not what it must be.

    Notes
    -----
    A large array is handed to the rule in flat blocks, one after the other, except to a rule that
    is marked as in need of a whole matrix. An array that is not contiguous stays in one piece.

    Where Numba is installed (``pip install descent[fast]``), an array of 100,000 float32 or float64
    numbers or more is walked by machine code that is made from the rule's own text, on all threads;
    see `descent.compiled`. The numbers are the same, to the last bit. A rule with a text that can't
    be carried over takes the blocks.

    A copy updates the same arrays, with a memory of its own. To copy or pickle the parameters too,
    do it together: `copy.deepcopy((params, optimizer))`. A rule or a schedule made by `lambda` or
    inside a function can't be pickled; save `state_dict()` then.
    """

    def __init__(self, params, rule, *, weight_decay=0, **hyper):
        self._given = params
        self._params = _keyed(params, "params")
        if not self._params:
            raise ValueError(f"params must hold at least one array; got {_brief(params)}")
        for key, p in self._params.items():
            if not isinstance(p, np.ndarray):
                raise TypeError(f"params[{key!r}] must be an array; got {_brief(p)}")
            _floats(p, f"params[{key!r}]")
        self._check_same()
        _check_apart(self._params)
        self._rule = _Rule(rule, hyper, self._params.values())
        self._weight_decay = self._rule.value("weight_decay", weight_decay)
        if self._weight_decay and not self._rule.has_lr:
            raise ValueError(f"weight_decay needs an lr; {self._rule.name} has none")
        self._memory = {key: {} for key in self._params}
        self._steps = 0
        self._torn = False

    memory = property(lambda self: self._memory)
    steps = property(lambda self: self._steps)

    def __repr__(self):
        return f"<Optimizer: {self._rule.name}, {len(self._params)} arrays, {self.steps} steps>"

    def __setattr__(self, name, value):
        if not name.startswith("_"):
            raise AttributeError(
                f"{name} can't be set: hyper-parameters are given when an Optimizer is made, and a "
                "schedule changes one; load_state_dict changes steps and memory"
            )
        super().__setattr__(name, value)

    def __copy__(self):
        twin = object.__new__(type(self))
        # `step` writes into the arrays of memory, which would be those of the other too.
        twin.__dict__.update(self.__dict__, _memory=self.state_dict()["memory"])
        return twin

    def step(self, grads):
        """Take one step.

        Parameters
        ----------
        grads : list, tuple or dict of float arrays
            The gradients, keyed and shaped as the parameters are. They are not changed. Each is
            used in its parameter's dtype.

        Raises
        ------
        TypeError, ValueError
            When the gradients are not what they must be, or not finite, or when the parameters are
            no longer the arrays that were given. Nothing is changed.
        FloatingPointError
            When the rule's step or memory is not finite: a square that is too large for float16, or
            0 / 0 where `eps` is 0. Nothing is changed, unless the arrays are large.
        RuntimeError
            After the rule has failed in the middle of a step, with some parameters updated: that of
            large arrays, which are updated block by block.

        Notes
        -----
        What is not looked at is whether a parameter overflows in the subtraction of a finite step.
        """
        if self._torn:
            raise RuntimeError(
                "an earlier step failed halfway: some parameters were updated and some were not; "
                "restore them and make a new Optimizer"
            )
        self._check_same()
        grads = self._checked(grads)
        hyper = self._rule.hyper(self.steps)
        decay = 1 - hyper["lr"] * self._weight_decay if self._weight_decay else 1
        memory = {key: {} for key in self._params}
        waiting, size = [], 0
        for key, p in self._params.items():
            old = self.memory[key]
            if kernel := self._kernel(p):
                numbers = kernel.numbers(old, hyper)
                self._torn = True
                memory[key], finite = kernel.step(p, grads[key], old, decay, numbers)
                if not finite:
                    self._refuse_infinite(key, "step or a memory", "it isn't", p.dtype)
                continue
            for part in self._parts(p):
                g = _shown(grads[key], part)
                pieces = {name: _shown(value, part) for name, value in old.items()}
                step, new = self._rule.call(g, pieces, hyper)
                self._check_finite(key, step, new)
                waiting.append((p, part, step, new, old, memory[key]))
                size += g.nbytes
                if size >= BLOCK_BYTES:
                    self._write(waiting, decay)
                    waiting, size = [], 0
        self._write(waiting, decay)
        self._memory = memory
        self._steps += 1
        self._torn = False

    def state_dict(self):
        """A copy of the state.

        Returns
        -------
        dict
            `rule`, its name; `steps`, their number; and `memory`, each parameter's.

        Notes
        -----
        As JSON: `json.dumps(state, default=np.ndarray.tolist)`. In NumPy's format:
        `np.savez(path, **state)` and `np.load(path, allow_pickle=True)`. `load_state_dict` takes
        what `json.loads` and `np.load` return, and goes on to the last bit.
        """
        memory = {key: _copied(values) for key, values in self.memory.items()}
        return dict(rule=self._rule.name, steps=self.steps, memory=memory)

    def load_state_dict(self, state):
        """Go on from a state that `state_dict` returned, with the same rule and shapes.

        Parameters
        ----------
        state : dict
            The state. It is copied. Lists stand for arrays, and keys in text for numbers, as in
            JSON.

        Raises
        ------
        TypeError, ValueError
            When it is not a state, or that of another rule or of other parameters. Nothing is
            changed.
        """
        if not isinstance(state, Mapping) or set(state) != {"rule", "steps", "memory"}:
            raise TypeError(f"state must be what state_dict returned; got {_brief(state)}")
        rule, steps, given = (_plain(state[name]) for name in ("rule", "steps", "memory"))
        if rule != self._rule.name:
            raise ValueError(f"state must be that of {self._rule.name}; got that of {rule}")
        if not _is_count(steps):
            raise ValueError(
                f"the state's steps must be a whole number, 0 or more; got {_brief(steps)}"
            )
        if not isinstance(given, Mapping):
            raise TypeError(f"the state's memory must be a dict; got {_brief(given)}")
        texts = {str(key): key for key in self._params}
        if texts.keys() == given.keys() and len(texts) == len(self._params):
            given = {texts[key]: values for key, values in given.items()}
        _check_keys(given, self._params, "the state's memory")
        self._memory = {
            key: self._loaded(key, p, _plain(given[key]), steps) for key, p in self._params.items()
        }
        self._steps = int(steps)

    def _loaded(self, key, p, given, steps):
        """The memory for `p` as the rule needs it, from what a state holds."""
        name = f"the memory of params[{key!r}]"
        if not isinstance(given, Mapping):
            raise TypeError(f"{name} must be a dict; got {_brief(given)}")
        made = self._example(p) if steps else {}
        shapes = {kind: np.shape(value) for kind, value in made.items()}
        try:
            got = {kind: np.shape(value) for kind, value in given.items()}
        except ValueError as error:  # NumPy's, for lists of different lengths.
            raise ValueError(f"{name} must have the shapes {shapes}; {error}") from error
        if got != shapes:
            raise ValueError(f"{name} must have the shapes {shapes}; got {got}")
        return {kind: _like(made[kind], given[kind], f"{kind} in {name}") for kind in made}

    def _check_same(self):
        """Refuse arrays that were put in the place of those to update, or can't be written into."""
        now = _keyed(self._given, "params")
        for key, p in self._params.items():
            if now.pop(key, None) is not p:
                self._refuse_other(key)
            if not p.flags.writeable:
                raise ValueError(f"params[{key!r}] must be writeable; got a read-only array")
        for key in now:
            self._refuse_other(key)

    def _refuse_other(self, key):
        raise ValueError(
            f"params[{key!r}] must be the array that the Optimizer was given and updates; got "
            f"another: write into the first, params[{key!r}][...] = value, or make a new Optimizer"
        )

    def _checked(self, grads):
        """The gradients as arrays, in their parameters' dtypes."""
        grads = _keyed(grads, "grads")
        _check_keys(grads, self._params, "grads")
        checked = {}
        owners = {id(_owner(p)) for p in self._params.values()}
        for key, p in self._params.items():
            g = _floats(grads[key], f"grads[{key!r}]")
            if g.shape != p.shape:
                raise ValueError(
                    f"grads[{key!r}] must have its parameter's shape {p.shape}; got {g.shape}"
                )
            # Parameters are written before the last gradient is read, which may be one of them.
            copy = True if id(_owner(g)) in owners else None
            checked[key] = g = np.array(g, p.dtype, order="C", copy=copy)
            finite = compiled.finite(g) if self._kernel(p) else _finite(g, g)
            if not finite:
                raise ValueError(
                    f"grads[{key!r}] must be finite; {_bad(g)} of its {g.size} numbers are not"
                )
        return checked

    def _check_finite(self, key, step, memory):
        """Refuse what would stay in memory for ever: infinity, and NaN, from finite gradients."""
        for value in (step, *memory.values()):
            if isinstance(value, np.ndarray):
                finite = _finite(value, value)
            else:
                finite = math.isfinite(value)
            if not finite:
                name = next(n for n, v in {**memory, "step": step}.items() if v is value)
                bad = f"{_bad(value)} of its {np.size(value)} numbers are not"
                self._refuse_infinite(key, name, bad, step.dtype)

    def _refuse_infinite(self, key, made, bad, dtype):
        raise FloatingPointError(
            f"{self._rule.name} made a {made} for params[{key!r}] that must be finite; {bad}: "
            f"too large for {dtype}, or divided by zero (is eps 0?)"
        )

    def _kernel(self, p):
        """The machine code for an array; None if it is better walked in blocks."""
        if p.size < compiled.SIZE or not p.flags.c_contiguous:
            return None
        return compiled.kernel(self._rule.function, p.dtype)

    def _parts(self, p):
        """What to cut `p` into: slices of it, flattened, or `...`, the whole as it is."""
        if self._rule.whole or not p.flags.c_contiguous:
            return [...]
        block = BLOCK_BYTES // p.itemsize
        return [slice(i, i + block) for i in range(0, max(p.size, 1), block)]

    def _write(self, waiting, decay):
        """Write what the rule returned, for each part of an array that is waiting for it."""
        self._torn = True
        for p, part, step, new, old, memory in waiting:
            target = _piece(p, part)
            if decay != 1:
                target *= decay
            target -= step
            for name, value in new.items():
                if not isinstance(value, np.ndarray):
                    if memory.setdefault(name, value) != value:
                        raise ValueError(
                            f"{self._rule.name} returned a {name} that differs from block to "
                            "block; a number in memory must be the same for a whole array"
                        )
                    continue
                if name not in memory:
                    shape = value.shape if part is ... else p.shape
                    memory[name] = old[name] if name in old else np.empty(shape, p.dtype)
                _piece(memory[name], part)[...] = value

    def _example(self, p):
        """Memory for `p` as the rule makes it, from a gradient of zeros."""
        part = self._parts(p)[0]
        with np.errstate(all="ignore"):
            zeros = np.zeros_like(_piece(p, part))
            _, memory = self._rule.call(zeros, {}, self._rule.hyper(0))
        if part is ...:
            return memory
        return {
            name: np.broadcast_to(p.dtype.type(0), p.shape) if np.ndim(value) else value
            for name, value in memory.items()
        }


class _Rule:
    """A rule and its hyper-parameters, checked for the arrays that it will see.

    With `sweep`, a hyper-parameter may be an array.
    """

    def __init__(self, function, given, arrays, sweep=False):
        if not inspect.isfunction(function):
            raise TypeError(
                f"rule must be a function such as descent.rules.adam; got {_brief(function)}"
            )
        self.name = function.__name__
        parameters = inspect.signature(function).parameters.values()
        _, *memory = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD] or [None]
        known = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
        empty = inspect.Parameter.empty
        if len(parameters) != 1 + len(memory) + len(known) or empty in [p.default for p in memory]:
            raise TypeError(
                f"{self.name} must have the form rule(g, m=0, ..., *, lr=0.1, ...); "
                f"got {self.name}{inspect.signature(function)}"
            )
        unknown = sorted(given.keys() - known.keys())
        if unknown:
            raise TypeError(
                f"{self.name} has no hyper-parameter {_listed(unknown)}; it has {_listed(known)}"
            )
        hyper = known | given
        missing = [name for name, value in hyper.items() if value is empty]
        if missing:
            raise TypeError(f"{self.name} needs a value for {_listed(missing)}")
        self.function = function
        self.memory = {p.name: p.default for p in memory}
        self.whole = getattr(function, "whole_matrix", False)
        self.has_lr = "lr" in hyper
        for array in arrays:
            if self.whole and (array.ndim != 2 or array.size == 0):
                raise ValueError(
                    f"{self.name} needs matrices: 2 axes, and not empty; got shape {array.shape}"
                )
        # What fits into the least exact of the dtypes fits into all.
        self._dtype = min((array.dtype for array in arrays), key=lambda dtype: dtype.itemsize)
        self._largest = float(np.finfo(self._dtype).max)
        self._least = float(np.finfo(self._dtype).smallest_subnormal)
        self._sweep, self._shape = sweep, None
        self._schedules = {name: value for name, value in hyper.items() if callable(value)}
        self._fixed = {
            name: self.value(name, value)
            for name, value in hyper.items()
            if name not in self._schedules
        }

    def value(self, name, value, at=""):
        """A hyper-parameter's value, checked; `at` says where a schedule returned it."""
        value = given = _plain(value)
        got = f"got {_cut(str(value))}{at}"
        where = "" if self._dtype == np.float64 else f" in {self._dtype}"
        if isinstance(value, np.ndarray) and self._sweep and value.dtype.kind in "fiu":
            if self.whole:
                raise ValueError(
                    f"{self.name} needs a whole matrix at once, so {name} must be a number: a walk "
                    f"for each; got an array of shape {value.shape}{at}"
                )
            if not value.size:
                raise ValueError(f"{name} must hold at least one number; {got}")
            if self._shape is not None and _broadcast(self._shape, value.shape) != self._shape:
                raise ValueError(
                    f"{name} must broadcast to the shape {self._shape} that x has taken; "
                    f"got {value.shape}{at}"
                )
            with np.errstate(over="ignore"):
                value = given.astype(self._dtype)
            low, high, finite = value.min(), value.max(), np.isfinite(value).all()
            lost = ((value == 0) & (given > 0)).any()
        elif isinstance(value, Real) and not isinstance(value, bool):
            finite = abs(value) <= self._largest
            if finite:
                value = int(value) if isinstance(value, Integral) else float(value)
            low = high = value
            lost = 0 < value <= self._least / 2
        else:
            also = ", an array" if self._sweep else ""
            also = "" if name == "weight_decay" else f"{also} or a function"
            raise TypeError(f"{name} must be a number{also}; got {_brief(value)}{at}")
        if not finite:
            raise ValueError(f"{name} must be finite{where}; {got}")
        if name.startswith("beta") and not (low >= 0 and high < 1):
            raise ValueError(f"{name} must be at least 0 and below 1{where}; {got}")
        if name in ("lr", "eps", "weight_decay") and low < 0:
            raise ValueError(f"{name} must be 0 or more; {got}")
        if name == "eps" and lost:
            raise ValueError(
                f"eps must be 0 or at least {self._least}, the least in {self._dtype}; {got}"
            )
        return value

    def hyper(self, k):
        """The hyper-parameters at step number `k`."""
        if not self._schedules:
            return self._fixed
        return self._fixed | {
            name: self.value(name, schedule(k), f" at step {k}")
            for name, schedule in self._schedules.items()
        }

    def spread(self, shape):
        """The hyper-parameters at the first step, and the shape that `shape` takes with them."""
        hyper = self.hyper(0)
        shapes = {name: np.shape(value) for name, value in hyper.items()}
        self._shape = _broadcast(shape, *shapes.values())
        if self._shape is None:
            raise ValueError(
                f"hyper-parameters must broadcast with x, of shape {shape}; got the shapes {shapes}"
            )
        return hyper, self._shape

    def call(self, g, memory, hyper):
        """The rule's step and memory, checked, and its memory made read-only."""
        try:
            result = self.function(g, **memory, **hyper)
        except (TypeError, ValueError) as error:
            self._explain(error, g, memory, hyper)
            raise
        if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict)):
            raise TypeError(
                f"{self.name} must return its step and a dict of its memory; got {_brief(result)}"
            )
        step, memory = np.asarray(result[0]), result[1]
        if step.shape != g.shape:
            raise ValueError(
                f"{self.name} must return a step of the gradient's shape {g.shape}; "
                f"got {step.shape}"
            )
        if step.dtype != g.dtype:
            if step.dtype.kind not in "fiu":
                raise TypeError(f"{self.name} must return a step of numbers; got {_brief(step)}")
            step = step.astype(g.dtype)
        step.setflags(False)
        if memory.keys() != self.memory.keys():
            raise ValueError(
                f"{self.name} must return the memory {_listed(self.memory) or 'of no name'}; "
                f"got {_listed(memory) or 'none'}"
            )
        for name, value in memory.items():
            if isinstance(value, np.ndarray) and value.ndim:
                if value.shape != g.shape and not self.whole:
                    # What a rule computes from arrays of hyper-parameters alone has their shape.
                    if not _arrays(hyper) or _broadcast(value.shape, g.shape) != g.shape:
                        raise ValueError(
                            f"{self.name} must return {name} as a number or in the gradient's "
                            f"shape {g.shape}; got {value.shape}"
                        )
                    memory = memory | {name: np.broadcast_to(value, g.shape)}
                value.setflags(False)
            elif isinstance(value, (np.generic, np.ndarray)):
                # A NumPy scalar would turn float32 into float64 in the rule's next call.
                if g.ndim:
                    memory = memory | {name: value.item()}
            elif type(value) is not int and not isinstance(value, Real):  # The first is quicker.
                raise TypeError(
                    f"{self.name} must return {name} as a number or an array; got {_brief(value)}"
                )
        return step, memory

    def _explain(self, error, g, memory, hyper):
        """Raise what says more than the rule's own error, if that can be told."""
        if "read-only" in str(error):
            raise ValueError(
                f"{self.name} changed an array that it was given; "
                "it must make a new one: m = m + g, not m += g"
            ) from error
        arrays = _arrays(hyper)
        numbers = {name: value.flat[0].item() for name, value in arrays.items()}

        def fails(**hyper):
            try:
                self.function(g, **memory, **hyper)
            except (TypeError, ValueError):
                return True
            return False

        if arrays and not fails(**hyper | numbers):
            alone = [n for n in arrays if fails(**hyper | numbers | {n: arrays[n]})]
            raise ValueError(
                f"{self.name} takes no array for {_listed(alone or arrays)}, which must be a "
                f"number: a walk for each; {error}"
            ) from error


def _arrays(hyper):
    return {name: value for name, value in hyper.items() if isinstance(value, np.ndarray)}


def _broadcast(*shapes):
    """The shape that `shapes` broadcast to, None if they don't."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        return None


def _evaluated(f, x):
    """The loss and the gradient at `x`, checked, as arrays or NumPy scalars."""
    result = f(x)
    if not (isinstance(result, tuple) and len(result) == 2):
        raise TypeError(f"f must return its loss and gradient; got {_brief(result)}")
    # Copies, since f may use its arrays again.
    try:
        loss, g = result[0], np.array(result[1])
    except ValueError as error:  # NumPy's, for lists of different lengths.
        raise ValueError(f"f must return a gradient of the shape of x; {error}") from error
    if not isinstance(loss, np.floating):
        loss = np.array(loss)
        if loss.dtype.kind not in "fiu":
            raise TypeError(f"f must return a loss of numbers; got {_brief(result[0])}")
        loss = loss[()]
    if g.dtype != x.dtype:
        if g.dtype.kind != "f":
            raise TypeError(f"f must return a gradient of floats; got {_of(result[1], g)}")
        g = g.astype(x.dtype)
    if g.shape != x.shape:
        raise ValueError(f"f must return a gradient of the shape {x.shape} of x; got {g.shape}")
    g.setflags(False)
    return loss, g


def _piece(array, part):
    """A view of a part of an array, as `Optimizer._parts` cuts it."""
    return (array if part is ... else array.reshape(-1))[part]


def _shown(value, part):
    """What a rule gets to see: a read-only view of a part of an array, and a number as it is."""
    if not isinstance(value, np.ndarray):
        return value
    view = _piece(value, part)
    view.setflags(False)
    return view


def _finite(a, b):
    # A dot product is the cheapest look at all entries: NaN and infinity come through it. It can
    # overflow where all entries are finite, so then they are looked at one by one. For more than
    # 10,000 entries BLAS would wake its threads, which takes longer than the product.
    if a.size > 10_000:
        a, b = a.reshape(-1), b.reshape(-1)
        return all(_finite(a[i : i + 10_000], b[i : i + 10_000]) for i in range(0, a.size, 10_000))
    return math.isfinite(np.vdot(a, b)) or not (_bad(a) or _bad(b))


def _bad(array):
    """How many entries are NaN or infinite."""
    return np.size(array) - np.count_nonzero(np.isfinite(array))


def _copied(values):
    return {
        name: value.copy() if isinstance(value, np.ndarray) else value
        for name, value in values.items()
    }


def _plain(value):
    """Python's own value for a NumPy scalar or an array without axes."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    return value


def _is_count(value):
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= 0


def _names(keep):
    names = RECORDS if keep is None else keep
    names = tuple(names) if isinstance(names, Iterable) and not isinstance(names, str) else None
    if names is None or not all(isinstance(name, str) and name in RECORDS for name in names):
        raise ValueError(
            f"keep must hold names among {_listed(RECORDS)}; got {_brief(names or keep)}"
        )
    return names


def _like(made, given, name):
    """What a state gave for `made`, with its type, to the last bit."""
    if not isinstance(made, np.ndarray):
        value = _plain(given)
        if not isinstance(value, Integral if isinstance(made, Integral) else Real):
            kind = "whole number" if isinstance(made, Integral) else "number"
            raise TypeError(f"{name} must be a {kind}; got {_brief(value)}")
        if not math.isfinite(value):
            raise ValueError(f"{name} must be finite; got {value}")
        return value
    given = np.asarray(given)
    if given.dtype.kind not in "fiu":
        raise TypeError(f"{name} must hold numbers; got {_brief(given)}")
    if not np.isfinite(given).all():
        raise ValueError(
            f"{name} must be finite; {_bad(given)} of its {given.size} numbers are not"
        )
    with np.errstate(over="ignore"):
        value = given.astype(made.dtype)
    if not (value == given).all():
        raise ValueError(
            f"{name} must be {made.dtype}; got {given.dtype}, with numbers that it doesn't have"
        )
    return value


def _keyed(arrays, name):
    if isinstance(arrays, dict):
        return dict(arrays)
    if isinstance(arrays, (list, tuple)):
        return dict(enumerate(arrays))
    raise TypeError(f"{name} must be a list or a dict of arrays; got {_brief(arrays)}")


def _check_keys(given, params, name):
    missing = [key for key in params if key not in given]
    extra = [key for key in given if key not in params]
    if missing or extra:
        wrong = {"missing": missing, "not among them": extra}
        raise ValueError(
            f"{name} must have the keys of params; "
            + ", ".join(
                f"{what}: {_listed(map(repr, keys))}" for what, keys in wrong.items() if keys
            )
        )


def _check_apart(params):
    """Refuse arrays that share numbers: these would be updated more than once a step."""
    spans = sorted(
        ((*np.lib.array_utils.byte_bounds(p), key) for key, p in params.items()),
        key=lambda span: span[:2],
    )
    for i, (_, end, key) in enumerate(spans):
        # A layout without overlap: each axis steps over all that the finer ones cover.
        p = params[key]
        covered = p.itemsize
        for stride, n in sorted(
            (abs(s), n) for s, n in zip(p.strides, p.shape, strict=True) if n > 1
        ):
            if stride < covered and p.size:
                raise ValueError(
                    f"params[{key!r}] must not overlap itself; got strides {p.strides}"
                )
            covered += stride * (n - 1)
        for start, _, other in spans[i + 1 :]:
            if start >= end:
                break
            if np.shares_memory(p, params[other]):
                raise ValueError(
                    f"params[{key!r}] and params[{other!r}] must not share numbers, which would be "
                    "updated twice a step; give each array once"
                )


def _owner(array):
    """Whose memory an array shows."""
    while isinstance(array, np.ndarray) and array.base is not None:
        array = array.base
    return array


def _floats(value, name):
    """`value` as an array of floats; itself, if it is one."""
    try:
        array = np.asarray(value)
    except ValueError as error:  # NumPy's, for lists of different lengths.
        raise ValueError(f"{name} must be an array of floats; {error}") from error
    if array.dtype not in FLOATS:
        raise TypeError(f"{name} must hold float16, float32 or float64; got {_of(value, array)}")
    return array


def _of(value, array):
    """What to say of a value that makes an array of the wrong dtype."""
    return _brief(value) if array.dtype == object else array.dtype


def _listed(names):
    return ", ".join(map(str, names))


def _brief(value):
    return f"{type(value).__name__} {_cut(repr(value))}"


def _cut(text):
    return text if len(text) < 60 else text[:57] + "..."
