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
BLOCK_BYTES = 64 * 1024

FLOATS = (np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64))
RECORDS = ("x", "loss", "grad", "step", "memory")


class Trace:
    """What `descend` recorded: each array has one entry a step along its first axis.

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
    keep : sequence of str, optional
        What to record: any of "x", "loss", "grad", "step" and "memory". Default: all of them.
    **hyper : number, array or function
        The rule's hyper-parameters. An array is broadcast with `x`, so that a sweep is one walk. A
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
    keep = RECORDS if keep is None else keep
    if isinstance(keep, str) or not set(keep) <= set(RECORDS):
        raise ValueError(f"keep must hold names among {_listed(RECORDS)}; got {keep!r}")
    if not isinstance(steps, Integral) or steps < 0:
        raise ValueError(f"steps must be a whole number, 0 or more; got {steps!r}")
    x = np.array(x)
    _check_floats(x, "x")
    if not np.isfinite(x).all():
        raise ValueError(f"x must be finite at the start; {_bad(x)} of its numbers are not")
    rule = _Rule(rule, hyper, [x], sweep=x.dtype)
    hyper = rule.hyper(0)
    x = np.broadcast_to(x, _spread(x.shape, hyper)).copy()[()]

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
        schedule.

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
    """

    def __init__(self, params, rule, *, weight_decay=0, **hyper):
        self._params = _keyed(params, "params")
        for key, p in self._params.items():
            if not isinstance(p, np.ndarray):
                raise TypeError(f"params[{key!r}] must be an array; got {_brief(p)}")
            _check_floats(p, f"params[{key!r}]")
            if not p.flags.writeable:
                raise ValueError(f"params[{key!r}] must be writeable; got a read-only array")
        self._rule = _Rule(rule, hyper, self._params.values())
        self._weight_decay = _number("weight_decay", weight_decay)
        if weight_decay and not self._rule.has_lr:
            raise ValueError(f"weight_decay needs an lr; {self._rule.name} has none")
        self.memory = {key: {} for key in self._params}
        self.steps = 0
        self._torn = False

    def __repr__(self):
        return f"<Optimizer: {self._rule.name}, {len(self._params)} arrays, {self.steps} steps>"

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
            When the gradients are not what they must be, or not finite. Nothing is changed.
        RuntimeError
            After the rule has failed in the middle of a step, with some parameters updated.
        """
        if self._torn:
            raise RuntimeError(
                "an earlier step failed halfway: some parameters were updated and some were not; "
                "restore them and make a new Optimizer"
            )
        grads = self._checked(grads)
        hyper = self._rule.hyper(self.steps)
        decay = 1 - hyper["lr"] * self._weight_decay if self._weight_decay else 1
        memory = {key: {} for key in self._params}
        waiting, size = [], 0
        for key, p in self._params.items():
            old = self.memory[key]
            for part in self._parts(p):
                g = _shown(grads[key], part)
                pieces = {name: _shown(value, part) for name, value in old.items()}
                step, new = self._rule.call(g, pieces, hyper)
                waiting.append((p, part, step, new, old, memory[key]))
                size += g.nbytes
                if size >= BLOCK_BYTES:
                    self._write(waiting, decay)
                    waiting, size = [], 0
        self._write(waiting, decay)
        self.memory = memory
        self.steps += 1
        self._torn = False

    def state_dict(self):
        """A copy of the state: a dict of the rule's name, the number of steps and the memory."""
        memory = {key: _copied(values) for key, values in self.memory.items()}
        return dict(rule=self._rule.name, steps=self.steps, memory=memory)

    def load_state_dict(self, state):
        """Go on from a state that `state_dict` returned, with the same rule and shapes.

        Parameters
        ----------
        state : dict
            The state. It is copied.

        Raises
        ------
        TypeError, ValueError
            When it is not a state, or that of another rule or of other parameters. Nothing is
            changed.
        """
        if not isinstance(state, dict) or state.keys() != {"rule", "steps", "memory"}:
            raise TypeError(f"state must be what state_dict returned; got {_brief(state)}")
        if state["rule"] != self._rule.name:
            raise ValueError(
                f"state must be that of {self._rule.name}; got that of {state['rule']}"
            )
        _check_keys(state["memory"], self._params, "the state's memory")
        for key, p in self._params.items():
            expected = self._shapes(p) if state["steps"] else {}
            got = {name: np.shape(value) for name, value in state["memory"][key].items()}
            if got != expected:
                raise ValueError(
                    f"the memory of params[{key!r}] must have the shapes {expected}; got {got}"
                )
        self.memory = {key: _copied(values) for key, values in state["memory"].items()}
        self.steps = state["steps"]

    def _checked(self, grads):
        """The gradients as arrays, in their parameters' dtypes."""
        grads = _keyed(grads, "grads")
        _check_keys(grads, self._params, "grads")
        checked = {}
        for key, p in self._params.items():
            g = np.asarray(grads[key])
            _check_floats(g, f"grads[{key!r}]")
            if g.shape != p.shape:
                raise ValueError(
                    f"grads[{key!r}] must have its parameter's shape {p.shape}; got {g.shape}"
                )
            checked[key] = g = np.asarray(g, p.dtype, order="C")
            if not _finite(g, g):
                raise ValueError(
                    f"grads[{key!r}] must be finite; {_bad(g)} of its {g.size} numbers are not"
                )
        return checked

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

    def _shapes(self, p):
        """The shapes of the rule's memory for `p`, found by a call with a gradient of zeros."""
        part = self._parts(p)[0]
        with np.errstate(all="ignore"):
            zeros = np.zeros_like(_piece(p, part))
            _, memory = self._rule.call(zeros, {}, self._rule.hyper(self.steps))
        return {
            name: p.shape if np.ndim(value) and part is not ... else np.shape(value)
            for name, value in memory.items()
        }


class _Rule:
    """A rule and its hyper-parameters, both checked; `sweep` is the dtype for those in arrays."""

    def __init__(self, function, given, arrays, sweep=None):
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
        self.memory = {p.name: p.default for p in memory}.keys()
        self.whole = getattr(function, "whole_matrix", False)
        self.has_lr = "lr" in hyper
        self._sweep = sweep
        self._schedules = {name: value for name, value in hyper.items() if callable(value)}
        self._fixed = {
            name: _number(name, value, sweep)
            for name, value in hyper.items()
            if name not in self._schedules
        }
        for array in arrays:
            self._check_fit(array)

    def _check_fit(self, array):
        if self.whole and (array.ndim != 2 or array.size == 0):
            raise ValueError(
                f"{self.name} needs matrices: 2 axes, and not empty; got shape {array.shape}"
            )
        eps = self._fixed.get("eps", 0)
        if isinstance(eps, Real) and eps > 0 and array.dtype.type(eps) == 0:
            least = np.finfo(array.dtype).smallest_subnormal
            raise ValueError(
                f"eps must be 0 or at least {least}, the least in {array.dtype}; got {eps}"
            )

    def hyper(self, k):
        """The hyper-parameters at step number `k`."""
        if not self._schedules:
            return self._fixed
        return self._fixed | {
            name: _number(name, schedule(k), self._sweep)
            for name, schedule in self._schedules.items()
        }

    def call(self, g, memory, hyper):
        """The rule's step and memory, checked, and its memory made read-only."""
        try:
            result = self.function(g, **memory, **hyper)
        except ValueError as error:
            if "read-only" not in str(error):
                raise
            raise ValueError(
                f"{self.name} changed an array that it was given; "
                "it must make a new one: m = m + g, not m += g"
            ) from error
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
        if memory.keys() != self.memory:
            raise ValueError(
                f"{self.name} must return the memory {_listed(self.memory) or 'of no name'}; "
                f"got {_listed(memory) or 'none'}"
            )
        for name, value in memory.items():
            if isinstance(value, np.ndarray) and value.ndim:
                if value.shape != g.shape and not self.whole:
                    raise ValueError(
                        f"{self.name} must return {name} as a number or in the gradient's shape "
                        f"{g.shape}; got {value.shape}"
                    )
                value.setflags(False)
            elif g.ndim and isinstance(value, (np.generic, np.ndarray)):
                # A NumPy scalar would turn float32 into float64 in the rule's next call.
                memory = memory | {name: value.item()}
        return step, memory


def _number(name, value, sweep=None):
    """A hyper-parameter's value, checked; an array of dtype `sweep` where one is allowed."""
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


def _spread(shape, hyper):
    """The shape that `shape` and the hyper-parameters' shapes broadcast to."""
    shapes = {name: np.shape(value) for name, value in hyper.items()}
    try:
        return np.broadcast_shapes(shape, *shapes.values())
    except ValueError as error:
        raise ValueError(
            f"hyper-parameters must broadcast with x, of shape {shape}; got the shapes {shapes}"
        ) from error


def _evaluated(f, x):
    """The loss and the gradient at `x`, checked, as arrays or NumPy scalars."""
    result = f(x)
    if not (isinstance(result, tuple) and len(result) == 2):
        raise TypeError(f"f must return its loss and gradient; got {_brief(result)}")
    # Copies, since f may use its arrays again.
    loss, g = result[0], np.array(result[1])
    if not isinstance(loss, np.floating):
        loss = np.array(loss)
        if loss.dtype.kind not in "fiu":
            raise TypeError(f"f must return a loss of numbers; got {_brief(result[0])}")
        loss = loss[()]
    if g.dtype != x.dtype:
        if g.dtype.kind != "f":
            raise TypeError(f"f must return a gradient of floats; got {g.dtype}")
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
        raise ValueError(
            f"{name} must have the keys of params: {_listed(missing) or 'none'} missing, "
            f"{_listed(extra) or 'none'} too many"
        )


def _check_floats(array, name):
    if array.dtype not in FLOATS:
        raise TypeError(f"{name} must hold float16, float32 or float64; got {array.dtype}")


def _listed(names):
    return ", ".join(map(str, names))


def _brief(value):
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) < 60 else text[:57] + '...'}"
