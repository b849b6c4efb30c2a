"""How each exercise is played: the calls that a submission is checked with.

The recorded gradients are chosen so that no two known mistakes look alike: two scales of gradient,
a coordinate whose gradient is always 0 and one that falls silent, betas that are not the defaults,
an eps large enough to be seen, a learning rate that changes at the third step.
"""

import copy
import functools
import io
import re
import sys
from collections.abc import Mapping
from contextlib import contextmanager, redirect_stdout

import numpy as np

from descent import rules

from .calls import (
    Caller,
    NotBegun,
    Played,
    Refused,
    Rule,
    brief,
    kept,
    main_part,
    name_of,
    numbers,
    parameters,
    same,
)
from .torch_stand_in import (
    SGD,
    AdamW,
    Loss,
    Model,
    Module,
    Optimizer,
    Overlap,
    Prediction,
    Scheduler,
    Tensor,
)

# One row a step. The scales differ by 10,000, and the smallest is below eps at first; the fourth is
# always 0; the last falls silent.
GRADIENTS = np.array(
    [
        [1.3, -90.0, 0.004, 0.0, 0.5],
        [-0.7, -140.0, 0.031, 0.0, 0.5],
        [2.1, 60.0, 0.008, 0.0, 0.5],
        [0.4, -30.0, -0.027, 0.0, 0.5],
        [-1.6, 8.0, 0.019, 0.0, 0.0],
        [0.9, 15.0, -0.005, 0.0, 0.0],
        [1.1, -4.0, 0.022, 0.0, 0.0],
        [-0.3, 2.0, 0.016, 0.0, 0.0],
    ]
)
MAIN = dict(
    **dict(lr=0.1, beta=0.8, beta1=0.8, beta2=0.95, eps=1e-2, momentum_decay=0.25),
    **dict(weight_decay=0.3, decay_rate=0.7, d=0.9, ns_steps=4),
)
OTHER = dict(
    **dict(lr=0.05, beta=0.7, beta1=0.7, beta2=0.9, eps=1e-3, momentum_decay=0.1),
    **dict(weight_decay=0.2, decay_rate=0.5, d=1.2, ns_steps=2),
)
SMALL = dict(
    **dict(lr=1e-3, beta=0.9, beta1=0.9, beta2=0.999, eps=1e-8, momentum_decay=4e-3),
    **dict(weight_decay=0.01, decay_rate=0.8, d=1.0, ns_steps=5),
)


MOST = 500  # Characters that are kept of what is printed at a step.


# Rules


@functools.cache
def walks(exercise):
    """The walks of a rule: a title, the gradients, and the hyper-parameters at each step."""
    n, names = len(GRADIENTS), exercise.hyper
    main, other, small = ({name: values[name] for name in names} for values in (MAIN, OTHER, SMALL))
    changing = [other if k < 2 else other | dict(lr=0.01) for k in range(n)]
    found = [
        ("main", GRADIENTS, [main] * n),
        ("float32", GRADIENTS[:, :3].astype(np.float32), [main] * n),
        ("number", 1e-3 * GRADIENTS[:, 0], [small] * n),
        # The last one, since what keeps its memory to itself has its learning rate once for all.
        ("changing", 10 * GRADIENTS[::-1, [0, 1, 2, 4]].reshape(n, 2, 2), changing),
    ]
    if hasattr(exercise.answer, "whole_matrix"):
        wide = GRADIENTS[:, [0, 1, 2, 4, 3, 2]] * [1, 1, 1, -1, 1, 30]
        wide = wide.reshape(n, 2, 3)
        found = [
            ("main", wide, [main] * n),
            ("float32", wide[:, :, :2].astype(np.float32), [main] * n),
            ("small", 1e-3 * wide.transpose(0, 2, 1), [small] * n),
            ("changing", 10 * wide[::-1].reshape(n, 3, 2), changing),
        ]
    if "eps" not in names and "beta2" in names:  # Only the signs of the averages can be seen.
        waves = np.sin(np.outer(np.arange(40), [0.7, 1.1, 1.9, 2.6, 2.9, 3.1])) + 0.1
        found.insert(1, ("waves", waves, [main] * len(waves)))
    return found


TITLES = {
    "main": "",
    "changing": "in the walk whose learning rate changes at step 3",
    "float32": "with float32 gradients",
    "waves": "in a walk along waves",
    "number": "with single numbers for gradients",
    "small": "with small gradients",
}


@np.errstate(all="ignore")
def steps_along(rule, gradients, hyper):
    """The steps of a rule that is known, on gradients that are.

    Parameters
    ----------
    rule : callable
    gradients : sequence
    hyper : dict
        Of numbers; or of arrays, with one for each gradient.

    Returns
    -------
    array
    """
    memory, steps = {}, []
    for k, g in enumerate(gradients):
        now = {name: float(value[k] if np.ndim(value) else value) for name, value in hyper.items()}
        step, memory = rule(g, **memory, **now)
        steps.append(step)
    return np.array(steps)


def play_rule(exercise, submission):
    """Feed a rule the recorded gradients, one walk after the other."""

    def play(played, way):
        rule = Rule(submission, exercise.memory, exercise.hyper, exercise.before)
        _play_walks(rule, played, way, walks(exercise))
        played.still = all(map(_stands_still(exercise), played.values))

    return _as_it_can(play, "arrays", "vectors", "numbers")


def _stands_still(exercise):
    """Whether a value of a walk moves nothing: a step of 0, or the parameters that were there."""
    starts = {title: start(gradients) for title, gradients, _ in walks(exercise)}

    def stands(value):
        case, _, result, _ = value
        rest = starts[case] if exercise.before else 0
        return np.ndim(rest) in (0, result.ndim) and bool((result == rest).all())

    return stands


WAYS = {
    "arrays": "",
    "vectors": "It takes vectors; with NumPy's functions alone it would take any array.",
    "numbers": "It takes one number at a time; with NumPy's functions it would take arrays too.",
}


def _as_it_can(play, *ways):
    """`play(played, way)` in the first of these ways that the submission can take.

    What is right for every vector is right, though it may have no answer for a matrix. If there is
    no such way, the error is that of the first.
    """
    failed = None
    for way in ways:
        if way == "numbers" and not _wants_numbers(failed):
            break
        played = Played(note=WAYS[way], way=way)
        try:
            play(played, way)
            return played
        except (TypeError, ValueError, IndexError) as error:
            failed = failed or error
        except Refused:
            if failed is None:
                raise
    raise failed


def _wants_numbers(error):
    return bool(
        re.search(
            r"only .*(length-1|0-dimensional|size-1)|must be real number|truth value of an array",
            str(error),
        )
    )


def _play_walks(rule, played, way, walks):
    for title, gradients, hyper in walks:
        if (title != "main" and rule.alone) or (title == "changing" and rule.makes):
            continue
        try:
            results = _play_in(way, rule, played, title, gradients, hyper)
        except (Refused, NotBegun):
            raise
        except Exception:
            # What crashes only when another walk came before it remembers that one.
            if title == "main" or not rule.remembers_outside():
                raise
            played.unsteady = True
            return
        for k, (value, memory) in enumerate(results):
            played.add(title, f"At step {k + 1}", value, "The result")
            played.memory.append(memory)
        if title == "main" and rule.remembers_outside():
            break
    played.unsteady |= rule.remembers_outside()


def _play_in(way, rule, played, title, gradients, hyper):
    """The results and memories of one walk, its arrays handed in whole or in parts."""
    shape = gradients.shape[1:]
    if way == "numbers":
        first, columns = start(gradients).ravel(), gradients.reshape(len(gradients), -1).T
        whole = [
            _play_walk(rule, played, title, column[:, None], hyper, first[[i]], number=True)
            for i, column in enumerate(columns)
        ]
        values = [np.concatenate(parts) for parts in zip(*(v for v, _ in whole), strict=True)]
        memories = [{}] * len(values)
    elif way == "vectors":
        gradients = gradients.reshape(len(gradients), -1)
        values, memories = _play_walk(rule, played, title, gradients, hyper, start(gradients))
    else:
        try:
            values, memories = _play_walk(rule, played, title, gradients, hyper, start(gradients))
        except (Refused, NotBegun):
            raise
        except Exception:
            if title != "number" or rule.remembers_outside():
                raise
            # What writes into its own arrays may need arrays with an axis.
            return _play_in("vectors", rule, played, title, gradients, hyper)
        if shape:
            return zip(values, memories, strict=True)
    whole = (v.reshape(shape) if v.size == np.prod(shape) else v for v in values)
    return zip(whole, memories, strict=True)


class _Heard(io.TextIOBase):
    """Standard output that keeps the beginning, and passes all on."""

    def __init__(self, text, outer):
        self.text = text
        self.outer = outer

    def write(self, text):
        self.text = (self.text + str(text))[:MOST]
        return self.outer.write(text)


def _play_walk(rule, played, title, gradients, hyper, w, number=False):
    """What a rule returns for each of these gradients, and its memory."""
    walk = rule.start(played, hyper[0])
    first = not rule.calls and not rule.alone
    values, memories = [], []
    for k, (now, g) in enumerate(zip(hyper, gradients, strict=True)):
        given = [w.copy(), g.copy()] if len(rule.given) == 2 else [g.copy()]
        given = [a[0] for a in given] if number else given
        before = kept((tuple(given), walk.memory)) if first and k in (0, 2) else None
        place = title, f"At step {k + 1}"
        with redirect_stdout(_Heard(played.printed.get(place, ""), sys.stdout)) as heard:
            result, memory = walk(*given, **now)
        if heard.text:
            played.printed[place] = heard.text
        if before and (k == 0 or not rule.makes):
            rule.calls.append((*before, now, kept(result)))
        value = numbers(result, f"The {rule.returns} that {name_of(rule.function)} returned")
        if value.ndim == 0:
            value = np.broadcast_to(value, g.shape)
        values.append(value)
        memories.append(_readable(memory))
        if len(rule.given) == 2:
            if value.shape != w.shape:
                raise Refused(f"The w that came back has shape {value.shape} instead of {w.shape}.")
            w = value
    return values, memories


def start(gradients):
    """The parameters that a walk of `adamw` starts from."""
    g = gradients[0]
    return np.linspace(-2, 3, g.size, dtype=g.dtype).reshape(g.shape)


def _readable(memory):
    """What of a memory can be compared."""
    found = {}
    for name, value in memory.items():
        try:
            found[str(name)] = np.array(value, np.float64)
        except (TypeError, ValueError):
            continue
    return found


def without_effect(exercise, submission, played):
    """The hyper-parameters that change nothing: with another value, all stays as it was."""
    if not all(np.isfinite(value).all() for _, _, value, _ in played.values[:1]):
        return []  # What is no number stays none, whatever it was made of.
    stays = _walk_stays if exercise.is_rule else _play_stays
    return [name for name in exercise.hyper if stays(exercise, submission, played, name)]


def _changed(value):
    return 2 * value if isinstance(value, int) else value / 2


def _walk_stays(exercise, submission, played, name):
    """Whether the first walk of a rule is the same with another value of a hyper-parameter."""
    rule = Rule(submission, exercise.memory, exercise.hyper, exercise.before)
    title, gradients, hyper = walks(exercise)[0]
    hyper = [now | {name: _changed(now[name])} for now in hyper]
    for n in (2, len(gradients)):  # Most that has an effect shows it at once.
        try:
            now = list(_play_in(played.way, rule, Played(), title, gradients[:n], hyper[:n]))
        except Exception:
            return False
        before = zip(played.values, played.memory, now, strict=False)
        if not all(same(x, y) and same(old, new) for (_, _, x, _), old, (y, new) in before):
            return False
    return not rule.alone


def _play_stays(exercise, submission, played, name):
    """Whether a function's results are the same with another value of a hyper-parameter."""
    handed_in = []
    for args, hyper, result in played.calls:  # Most that has an effect shows it at once.
        if name in hyper:
            try:
                now = submission(*kept(args), **(hyper | {name: _changed(hyper[name])}))
            except Exception:
                return False
            if not same(result, main_part(now)):
                return False

    @functools.wraps(submission, updated=())
    def changed(*args, **hyper):
        if name in hyper:
            handed_in.append(name)
            hyper[name] = _changed(hyper[name])
        return submission(*args, **hyper)

    try:
        now = exercise.play(exercise, changed)
    except Exception:
        return False
    values = zip(played.values, now.values, strict=False)
    return bool(handed_in) and all(same(x, y) for (_, _, x, _), (_, _, y, _) in values)


# Functions


@contextmanager
def _calling(exercise, submission, played, draws=False):
    """A submission to call; at the end, some of its calls are made again.

    What crashes only after other calls, and whose first call has another result then, remembers
    them: that is what there is to say, and not the error.
    """
    call = Caller(submission, played, [*exercise.required, *exercise.memory], draws)
    call.check_fit(len(exercise.required), exercise.hyper)
    try:
        yield call
    except (Refused, NotBegun):
        raise
    except Exception:
        call.again()
        if not played.unsteady:
            raise
    else:
        call.again()
        played.calls = call.on_their_own()


def _losses():
    def bowl(x):
        return (0.5 * x[0] ** 2 + 2 * x[1] ** 2), np.stack([x[0], 4 * x[1]])

    def trough(x):
        return float(x[0] ** 4 / 4 + x[0] * x[1] + x[1] ** 2 + x[2] ** 2), np.array(
            [x[0] ** 3 + x[1], x[0] + 2 * x[1], 2 * x[2]]
        )

    yield bowl, np.array([-4.0, 1.5]), 0.1, 6
    yield trough, np.array([1.0, -2.0, 0.5]), 0.05, 9


def play_walk(exercise, submission):
    """Walk on two surfaces; the loss may hand out the same array each time."""
    played = Played(still=True)
    with _calling(exercise, submission, played, draws=True) as call:
        for loss, x, lr, steps in _losses():
            points = call(loss, x.copy(), lr=lr, steps=steps)
            if isinstance(points, tuple | list) and any(part is Ellipsis for part in points):
                raise NotBegun
            played.add(f"{steps} steps with lr={lr}", "In the points", points, "The points")
            points = played.values[-1][2]
            played.still &= points.shape == (steps + 1, *x.shape) and bool((points == x).all())
    return played


def play_finite_difference(exercise, submission):
    """Ask for gradients of three functions, and write down where it looks at them."""
    return _as_it_can(
        lambda played, way: _play_finite_difference(exercise, submission, played, way),
        *("arrays", "vectors"),
    )


def _play_finite_difference(exercise, submission, played, way):
    played.seen["points"] = []

    def cubic(x):
        return float((x**3).sum() / 3 + x[0] * x[1])

    def waves(x):
        return float(np.sin(x).sum() + np.exp(x.flat[0] / 2))

    def steep(x):
        return float((50 * x**2).sum() + 3 * x[0])

    with _calling(exercise, submission, played) as call:
        for loss, x in (
            (cubic, np.array([0.5, -1.2, 2.0])),
            (waves, np.array([[0.3, 1.4], [-0.8, 2.2]])),
            (steep, np.array([1.5, -0.2])),
        ):
            shape, x = x.shape, x.ravel() if way == "vectors" else x
            looked = []

            def watched(at, loss=loss, looked=looked, x=x):
                at = np.array(numbers(at, "What the loss was called with"))
                if at.shape != x.shape:
                    raise Refused(
                        f"The loss was called with an array of shape {at.shape}; it needs all of "
                        f"x, of shape {x.shape}."
                    )
                looked.append(at)
                return loss(at)

            g = numbers(call(watched, x.copy()), "The gradient")
            g = g.reshape(shape) if g.shape == x.shape else g
            name = f"In the gradient of {loss.__name__}"
            played.add(name, name, g, "The gradient")
            played.seen["points"].append((x, looked.copy()))


# Of each: how many rows, the size of a batch, a seed, and how many epochs. A shuffle is told from
# what only looks like one by what stays where it is; with few rows, that takes more epochs.
EPOCHS = (
    *((148, 64, 7, 4), (128, 64, 1, 4), (5, 8, 2, 8), (4, 1, 3, 10)),
    *((20, 7, 4, 6), (9, 2, 5, 7)),
)


def play_minibatches(exercise, submission):
    """Ask for epochs of several sizes; every row carries a number by which it is known again."""
    played = Played(seen=dict(epochs=[]))
    call = Caller(submission, played, exercise.required, draws=True)
    call.check_fit(len(exercise.required), exercise.hyper)
    for n, size, seed, count in EPOCHS:
        X = np.stack([np.arange(n), np.arange(n) ** 2], axis=1).astype(float)
        y = np.arange(n)[:, None] * [1, 0] if n == 128 else np.arange(n)
        going_on = np.random.default_rng(seed)
        # The last epoch is the first once more: a generator like it decides alike.
        generators = [*[going_on] * count, np.random.default_rng(seed)]
        *epochs, repeated = (
            _batches(call(X.copy(), y.copy(), size, rng), name_of(submission)) for rng in generators
        )
        played.seen["epochs"].append((n, size, epochs, repeated))
    return played


def batch_parts(batches, form):
    """X and y of each batch, as numbers; `form` says what else a batch should be."""
    for batch in batches:
        if not (isinstance(batch, tuple | list) and len(batch) == 2):
            raise Refused(f"One of the batches is {brief(batch)}. {form}")
        yield [numbers(part, "A batch") for part in batch]


def _batches(result, name):
    """The row numbers of X and of y in each batch."""
    form = "One epoch is a list, or a generator, of pairs `(X_batch, y_batch)`."
    if isinstance(result, tuple) and len(result) == 2 and np.ndim(result[0]) == 2:
        raise Refused(
            f"{name} returned one pair only. {form} Where does it return? A `return` in a loop "
            "ends the function, and the loop with it."
        )
    if result is None:
        raise Refused(f"{name} returned None. {form} Is there a `return` or a `yield`?")
    if result is Ellipsis:
        raise NotBegun
    try:
        batches = []
        for batch in result:
            batches.append(batch)
            if len(batches) > 1000:
                raise Refused(f"{name} gave more than 1000 batches for 148 rows. {form}")
    except TypeError as error:
        if "not iterable" not in str(error):
            raise
        raise Refused(f"{name} returned {brief(result)}. {form}") from None
    pairs = []
    for X, y in batch_parts(batches, form):
        if X.ndim == 1 and y.ndim == 2:
            raise Refused(f"The answers came first in a batch. {form} In this order.")
        if X.ndim != 2 or X.shape[1] != 2:
            raise Refused(
                f"A batch of X has shape {X.shape}. Its rows should be rows of X, which has 2 "
                "columns here."
            )
        y = y[:, 0] if y.ndim == 2 and y.shape[1] == 2 else y
        if y.ndim != 1 or len(y) != len(X):
            rows = f"{len(X)} row{'s' * (len(X) != 1)}"
            raise Refused(f"A batch has {rows} of X and answers of shape {y.shape}.")
        pairs.append((X[:, 0].tolist(), y.tolist()))
    return pairs


def play_bias_correction(exercise, submission):
    """Correct averages after 1 to 12 steps, arrays and single numbers."""
    return _as_it_can(
        lambda played, way: _play_bias_correction(exercise, submission, played, way),
        *("arrays", "vectors", "numbers"),
    )


def _play_bias_correction(exercise, submission, played, way):
    with _calling(exercise, submission, played) as call:
        for beta, m in (
            (0.8, GRADIENTS[0]),
            (0.95, GRADIENTS[1, :4].reshape(2, 2)),
            (0.999, np.float64(0.25)),
        ):
            for t in (1, 2, 3, 7, 12):
                if way == "numbers":
                    corrected = [call(float(x), t, beta=beta) for x in np.ravel(m)]
                else:
                    given = np.ravel(m) if way == "vectors" else m.copy()
                    corrected = numbers(call(given, t, beta=beta), "The corrected average")
                if way != "arrays" and np.size(corrected) == np.size(m):
                    corrected = np.reshape(corrected, np.shape(m))
                played.add(f"beta={beta}", f"At t = {t}", corrected, "The corrected average")


def play_adam_all(exercise, submission):
    """Steps for three arrays of one shape at once, and for one array that is alone."""
    return _as_it_can(
        lambda played, way: _play_adam_all(exercise, submission, played, way),
        *("arrays", "numbers"),
    )


def _play_adam_all(exercise, submission, played, way):
    rows = [dict(W1=r[:2], b1=r[[4, 2]], W2=r[[2, 0]], w=r) for r in GRADIENTS[:6]]
    cases = (("three arrays", ("W1", "b1", "W2"), MAIN), ("one array", ("w",), OTHER))
    with _calling(exercise, submission, played) as call:
        for title, names, values in cases:
            hyper = {name: values[name] for name in exercise.hyper}
            columns = range(len(rows[0][names[0]])) if way == "numbers" else [slice(None)]
            steps = []
            for column in columns:
                state, path = None, []
                for k, row in enumerate(rows):
                    gradients = {name: row[name][column].copy() for name in names}
                    result = call(gradients, **(dict(state=state) if k else {}), **hyper)
                    form = "the steps, a dict, and its state"
                    named, state = _two(result, submission, form)
                    path.append(_steps(named, gradients, state))
                steps.append(path)
            for k, parts in enumerate(zip(*steps, strict=True)):
                together = np.stack(parts, axis=-1).ravel()  # One name after the other.
                played.add(title, f"At step {k + 1}", together, "The steps")
        played.still = not any(value.any() for _, _, value, _ in played.values)


def _two(result, submission, form):
    """The two things that a function returned."""
    if result is Ellipsis:
        raise NotBegun
    if isinstance(result, tuple) and any(part is Ellipsis for part in result):
        raise NotBegun
    if not (isinstance(result, tuple | list) and len(result) == 2):
        raise Refused(
            f"{name_of(submission)} returned {brief(result)}. It returns two things: {form}."
        )
    return result


def _steps(steps, gradients, state):
    """The steps for some arrays, one after the other."""
    names = ", ".join(gradients)
    turned = isinstance(state, Mapping) and set(state) == set(gradients)
    if turned and not (isinstance(steps, Mapping) and set(steps) == set(gradients)):
        raise Refused("The state came first, and then the steps: they go in the other order.")
    if not isinstance(steps, Mapping):
        raise Refused(
            f"The steps should be a dict with the names {names}: they are {brief(steps)}."
        )
    if set(steps) != set(gradients):
        got = ", ".join(map(str, steps)) or "no names"
        said = f"The steps should have the names of the gradients, {names}. They have {got}."
        if len(steps) == 1 and set(steps) < set(gradients):
            said += " Where does it return? A `return` in a loop ends the loop as well."
        raise Refused(said)
    found = []
    for name, g in gradients.items():
        step = numbers(steps[name], f"The step of {name}")
        if step.shape != g.shape:
            raise Refused(f"The step of {name} has shape {step.shape}, and its gradient {g.shape}.")
        found.append(step.ravel())
    return np.concatenate(found)


def play_resume(exercise, submission):
    """Ten gradients in one go; five, a saved state, and five; and others, parted elsewhere."""
    return _as_it_can(
        lambda played, way: _play_resume(exercise, submission, played, way),
        *("arrays", "numbers"),
    )


def _play_resume(exercise, submission, played, way):
    begin = np.array([1.0, -2.0, 0.5, 3.0, -1.0])
    ten = np.concatenate([GRADIENTS, -GRADIENTS[:2]])
    main, other = ({name: of[name] for name in exercise.hyper} for of in (MAIN, OTHER))
    with _calling(exercise, submission, played) as call:

        def go(w, gradients, *state, hyper=main):
            result = call(w.copy(), [g.copy() for g in gradients], *state, **hyper)
            new, state = _two(result, submission, "the new w, and a state to carry on from")
            if isinstance(new, tuple | dict) and isinstance(state, np.ndarray):
                raise Refused("The state came first, and then w: they go in the other order.")
            new = numbers(new, "The w that came back")
            if new.shape != w.shape:
                raise Refused(f"The w that came back has shape {new.shape} instead of {w.shape}.")
            return new + 0.0, state

        ends = []
        for column in range(len(begin)) if way == "numbers" else [slice(None)]:
            w, gradients = begin[column], ten[:, column]
            middle, state = go(w, gradients[:5])
            saved = copy.deepcopy(state)
            end = [go(w, gradients)[0], middle]
            end += [go(middle, gradients[5:], s)[0] for s in (state, saved)]
            middle, state = go(-w, gradients[:3], hyper=other)
            end.append(go(middle, gradients[3:], state, hyper=other)[0])
            ends.append(end)
        titles = ["at one go", "interrupted", "interrupted", "from a saved copy of the state"]
        titles.append("with other hyper-parameters")
        places = ["After 10 gradients", "After the first 5", "After 5 + 5", "After 5 + 5"]
        places.append("After 3 + 7")
        for title, place, parts in zip(titles, places, zip(*ends, strict=True), strict=True):
            played.add(title, place, np.ravel(parts), "w")
        played.still = all((value == begin).all() for _, _, value, _ in played.values[:4])


def _play_schedule(exercise, submission, cases):
    played = Played()
    own = parameters(submission)
    factory = bool(own) and own[0].name in exercise.hyper
    if factory:
        makes, made = submission, {}

        def submission(k, **hyper):
            key = tuple(hyper.items())
            if key not in made:
                made[key] = makes(**hyper)
            return made[key](k)

    with _calling(exercise, submission, played) as call:
        for hyper, ks in cases:
            title = ", ".join(f"{name}={value}" for name, value in hyper.items())
            for k in ks:
                rate = numbers(call(k, **hyper), "The learning rate")
                if rate.size != 1:
                    raise Refused(
                        f"The learning rate should be one number; at k = {k} it is {brief(rate)}."
                    )
                played.add(title, f"At k = {k}", rate.reshape(()), "The learning rate")
    return played


def play_schedule(exercise, submission):
    """Learning rates at and between the drops."""
    cases = (
        (dict(lr=0.5, every=4, factor=0.1), [*range(14), 39, 40]),
        (dict(lr=1e-3, every=10, factor=0.5), [0, 1, 9, 10, 11, 19, 20, 25, 99]),
    )
    return _play_schedule(exercise, submission, cases)


def play_warmup_cosine(exercise, submission):
    """Learning rates from the first step to some after the last."""
    cases = (
        (dict(lr=0.5, warmup=4, steps=20), [*range(24)]),
        (dict(lr=1e-3, warmup=10, steps=50), [0, 1, 8, 9, 10, 11, 30, 40, 49, 50, 70]),
    )
    return _play_schedule(exercise, submission, cases)


def play_clip(exercise, submission):
    """Long gradients, short ones, none, and matrices."""
    return _as_it_can(
        lambda played, way: _play_clip(exercise, submission, played, way), "arrays", "vectors"
    )


def _play_clip(exercise, submission, played, way):
    with _calling(exercise, submission, played) as call:
        for title, g, max_norm in (
            ("In a long gradient", np.array([3.0, -4.0, 12.0]), 2.0),
            ("In a short gradient", np.array([0.3, -0.4, 0.1]), 2.0),
            ("In a gradient of length max_norm", np.array([0.6, -0.8]), 1.0),
            ("In a matrix", np.array([[3.0, -4.0], [0.5, 8.0]]), 5.0),
            ("In a gradient of zeros", np.zeros(3), 1.0),
        ):
            given = g.ravel() if way == "vectors" else g
            clipped = numbers(call(given.copy(), max_norm=max_norm), "The gradient")
            clipped = clipped.reshape(g.shape) if clipped.shape == given.shape else clipped
            played.add(title, title, clipped, "The gradient")


def _turned(curvatures, angle):
    """A bowl with these curvatures that doesn't lie along the axes."""
    A = np.diag(np.array(curvatures, float))
    c, s = np.cos(angle), np.sin(angle)
    for i in range(len(A) - 1):
        turn = np.eye(len(A))
        turn[i : i + 2, i : i + 2] = [[c, -s], [s, c]]
        A = turn @ A @ turn.T
    return (A + A.T) / 2


# Of each function of a few numbers: what it returns, and calls of it, each with a title.
RECKONINGS = {
    "stable_lr": (
        "The learning rate",
        [
            ("In a bowl along the axes", np.diag([1.0, 20.0]), {}),
            ("In a turned bowl", np.array([[2.0, 1.0], [1.0, 2.0]]), {}),
            ("In a bowl of three coordinates", _turned([5, 0.5, 8], 0.7), {}),
            ("In a flat bowl", _turned([3e-3, 1e-3, 2e-3, 4e-3], 0.4), {}),
        ],
    ),
    "steps_needed": (
        "The number of steps",
        [
            (f"At kappa = {kappa:g} and factor = {factor:g}", kappa, dict(factor=factor))
            for kappa, factor in ((3, 0.1), (3, 1e-3), (20, 0.02), (5.5, 0.4), (1e4, 0.01))
        ],
    ),
    "beta_for": (
        "beta",
        [(f"At half_life = {n:g}", n, {}) for n in (1, 2, 10, 3.5, 500)],
    ),
    "convert": (
        "The learning rate",
        [
            (f"From {source} to {target}, beta = {beta}", (lr, source, target), dict(beta=beta))
            for lr, beta in ((0.1, 0.8), (0.003, 0.95))
            for source in ("sum", "average", "velocity", "difference")
            for target in ("sum", "average", "velocity", "difference")
        ],
    ),
    "average_weights": (
        "The weights",
        [
            (f"At t = {t} and beta = {beta}", t, dict(beta=beta))
            for t, beta in ((2, 0.8), (1, 0.7), (5, 0.9), (12, 0.95), (3, 0.5))
        ],
    ),
}


def play_reckoning(exercise, submission):
    """Ask for some numbers; a function of one number may want it as a float or as an int."""
    what, cases = RECKONINGS[exercise.name]
    played = Played()
    with _calling(exercise, submission, played) as call:
        for title, given, hyper in cases:
            given = given if isinstance(given, tuple) else (given,)
            result = numbers(call(*map(kept, given), **hyper), what)
            if exercise.name != "average_weights":
                if result.size != 1:
                    form = f"{what} should be one number; {title[0].lower()}{title[1:]} it is "
                    raise Refused(f"{form}{brief(result)}.")
                result = result.reshape(())
            played.add(title, title, result, what)
    return played


# PyTorch's training loop

BATCHES = [[[1.0], [2.0]], [[-1.0], [0.5]], [[1.5], [-0.5]]]


def play_training_loop(exercise, submission):
    """Two trainings; what every step of the optimizer makes of the weight, and at which rate."""
    played = Played(seen=dict(logs=[]))
    call = Caller(submission, played, exercise.required)
    call.check_fit(len(exercise.required), exercise.hyper)
    for epochs, n in ((3, 3), (2, 1)):
        path, rate, log = _trained(call, BATCHES[:n], epochs)
        title = f"{epochs} epochs of {n} batches"
        _add_training(played, title, path, epochs * n, rate)
        played.seen["logs"].append(log)
    played.unsteady = not np.array_equal(path, _trained(call, BATCHES[:n], epochs)[0])
    return played


class _Training:
    """A model that multiplies, what trains it, and the calls of these."""

    def __init__(self, X, make, step_size=1):
        self.log = []
        self.model = Model(self.log)
        self.optimizer = make(self.model.parameters())
        self.optimizer.log = self.log
        self.scheduler = Scheduler(self.optimizer, self.log, step_size)
        self.batches = [(Tensor.of(x), 3 * Tensor.of(x) + 0.1) for x in X]

    def loss(self, prediction, y):
        if not isinstance(prediction, Prediction):
            raise Refused(
                f"The loss was called with {brief(prediction)} first; it takes what the model "
                "returned, and then y."
            )
        self.log.append("loss_function")
        return Loss(prediction, y, self.log)

    def call(self, submission, epochs, *saved):
        parts = self.model, self.loss, self.optimizer, self.scheduler, self.batches
        result = submission(*parts, epochs, *saved)
        if not self.log:
            raise NotBegun if result in (None, Ellipsis) else Refused("Nothing was called.")
        return result

    def path(self):
        """The weight and the rate at every step, and the last rate."""
        path = np.array(self.optimizer.updates or np.empty((0, 2)))
        return path, self.scheduler.get_last_lr()[0]


def _trained(call, X, epochs):
    """The weight and the rate at every step of a training, the last rate, and the calls."""
    training = _Training(X, lambda parameters: SGD(parameters, lr=0.1))
    training.call(call, epochs)
    return *training.path(), training.log


# Of each: how many batches, how many epochs in all, and after how many it is interrupted.
INTERRUPTIONS = (
    ("at one go", 2, 3, 3),
    ("interrupted", 2, 7, 5),
    ("interrupted early", 1, 4, 2),
)


def play_checkpoint(exercise, submission):
    """Trainings at one go, and others that are interrupted between two epochs."""
    played = Played(seen=dict(logs=[]))
    call = Caller(submission, played, [*exercise.required, *exercise.memory])
    call.check_fit(len(exercise.required), exercise.hyper)
    for title, n, epochs, stop in INTERRUPTIONS:
        path, rate, log = _interrupted(call, BATCHES[:n], epochs, stop)
        _add_training(played, title, path, epochs * n, rate)
        played.seen["logs"].append(log)
    played.seen["begin"] = begin_checkpoint(exercise, call)
    before = [
        value
        for title, count in (("at one go", 6), ("interrupted early", 4))
        for value in [value for case, _, value, _ in played.values if case == title][1 : count + 1]
    ]
    played.unsteady = not np.array_equal(played.seen["begin"], before, equal_nan=True)
    played.changed.discard("saved")  # As in PyTorch, loading makes no copies.
    return played


def begin_checkpoint(exercise, submission):
    """The weight and the rate at every step of the two short ones of these trainings."""
    parts = []
    for n, epochs, stop in ((2, 3, 3), (1, 4, 2)):
        path = _interrupted(submission, BATCHES[:n], epochs, stop)[0][: n * epochs]
        parts += [path, np.full((n * epochs - len(path), 2), np.nan)]
    return np.concatenate(parts)


def _add_training(played, title, path, count, rate):
    played.add(title, "In the number of steps", len(path), "")
    for k in range(count):
        row = path[k] if k < len(path) else np.full(2, np.nan)
        played.add(title, f"At step {k + 1}", row, "")
    played.add(title, "In the last learning rate", rate, "")


def _interrupted(call, X, epochs, stop):
    """The same of a training that begins with new objects after some of its epochs.

    The old ones are trained further before the checkpoint is stored.
    """

    def new():
        return _Training(X, lambda parameters: AdamW(parameters, lr=0.1, weight_decay=0.3), 3)

    first = new()
    saved = first.call(call, stop)
    if stop == epochs:
        return *first.path(), first.log
    if saved is Ellipsis:
        raise NotBegun
    path, _ = first.path()
    if saved is None and len(path) >= stop * len(X):
        raise Refused(
            f"{name_of(call.function)} returned None. It returns a checkpoint: what another call "
            "needs to carry on."
        )
    for X_batch, y in first.batches:
        first.model.zero_grad()
        first.loss(first.model(X_batch), y).backward()
        first.optimizer.step()
        first.scheduler.step()
    second = new()
    second.call(call, epochs, copy.deepcopy(saved))
    more, rate = second.path()
    return np.concatenate([path, more]), rate, first.log + second.log


# PyTorch's parameter groups


MODELS = {
    "a network": {
        "temperature": (),  # As in PyTorch, a module's own parameters come first.
        "conv.weight": (2, 1, 2, 2),
        "conv.bias": (2,),
        "norm.weight": (2,),
        "norm.bias": (2,),
        "head.weight": (3, 2),
        "head.bias": (3,),
    },
    "two layers": {"0.weight": (2, 3), "0.bias": (2,), "2.weight": (1, 2), "2.bias": (1,)},
}


def play_parameter_groups(exercise, submission):
    """Three steps of two models, and what they make of every parameter."""
    played = Played(seen=dict(refused="", unknown=set()))
    call = Caller(submission, played, exercise.required)
    call.check_fit(len(exercise.required), exercise.hyper)
    hypers = dict(lr=0.1, weight_decay=0.5), dict(lr=0.02, weight_decay=0.1)
    cases = list(zip(MODELS.items(), hypers, strict=True))
    paths = [_stepped(call, shapes, hyper, played) for (_, shapes), hyper in cases]
    for ((title, shapes), _), path in zip(cases, paths, strict=True):
        for k, values in enumerate(path):
            for name, value in zip(shapes, values, strict=True):
                played.add(
                    f"in the parameter `{name}` of {title}", f"After step {k + 1}", value, ""
                )
    (_, shapes), hyper = cases[0]
    played.unsteady = not same(paths[0], _stepped(call, shapes, hyper, played))
    return played


def begin_values(shapes):
    """Where the parameters of a model begin: no two alike, and none near 0."""
    sizes = [int(np.prod(shape)) for shape in shapes.values()]
    parts = np.split(np.linspace(3, -2, sum(sizes)), np.cumsum(sizes)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes.values(), strict=True)]


def _stepped(call, shapes, hyper, played):
    """The parameters of a model after each of three steps of the optimizer that was made."""
    model = Module(dict(zip(shapes, begin_values(shapes), strict=True)))
    try:
        optimizer = call(model, AdamW, **hyper)
    except Overlap as error:
        played.seen["refused"] = str(error)
        return [[np.full(shape, np.nan) for shape in shapes.values()]] * 3
    if optimizer is Ellipsis:
        raise NotBegun
    if not isinstance(optimizer, Optimizer):
        name = name_of(call.function)
        if isinstance(optimizer, list | tuple) and optimizer:
            if all(isinstance(group, dict) for group in optimizer):
                raise Refused(
                    f"{name} returned the groups themselves. Hand them to `AdamW`, and return the "
                    "optimizer that it makes."
                )
            if all(isinstance(one, Optimizer) for one in optimizer):
                raise Refused(
                    f"{name} returned {len(optimizer)} optimizers. One is asked for, that has a "
                    "group for what decays and another for the rest."
                )
        raise Refused(
            f"{name} returned {brief(optimizer)}, and should return an optimizer: what a call of "
            "`AdamW` makes."
        )
    known = {"params", "param_names", "name", *optimizer.defaults}
    played.seen["unknown"] |= {str(key) for g in optimizer.param_groups for key in g} - known
    path = []
    for k in range(3):
        for p in model.parameters():
            p.grad = np.cos(np.arange(p.numel()) + k).reshape(p.shape) / (1 + k)
        optimizer.step()
        path.append([np.array(p.data) for p in model.parameters()])
    return path


# Races


def _bowl(center, curvature):
    center, curvature = np.array(center), np.array(curvature)

    def loss(w):
        away = w - center
        return float((curvature * away**2).sum() / 2), curvature * away

    return loss


def _renamed(g, s=0, *, lr):
    """RMSprop, with another name for its memory."""
    step, memory = rules.rmsprop(g, v=s, lr=lr)
    return step, dict(s=memory["v"])


# Of each: the rules, the losses to tune by and to report, the start, the rates, the steps.
RACES = {
    "a race of four": (
        dict(gd=rules.gd, momentum=rules.momentum, rmsprop=rules.rmsprop, adam=rules.adam),
        *(_bowl([1.0, -2.0], [1.0, 12.0]), _bowl([0.0, -1.8], [1.0, 12.0]), [-3.0, 2.0]),
        *([0.01, 0.06, 0.15, 1.0], 10),
    ),
    "a race from the other end": (
        dict(adam=rules.adam, twin=_renamed, rmsprop=rules.rmsprop, gd=rules.gd),
        *(_bowl([0.0, 0.5, 2.0], [3.0, 0.2, 1.0]), _bowl([0.1, 0.5, 1.9], [3.0, 0.2, 1.0])),
        *([2.0, 2.0, -1.0], [0.05, 0.02, 0.1], 8),
    ),
}


def _watched(name, rule, rates, met):
    """A rule that writes down its name, if a walk begins, its rate, and the list of rates."""

    @functools.wraps(rule)
    def watched(*args, **kwargs):
        begins = len(args) + len(kwargs) < 3  # A gradient and an lr, and no memory.
        met.append((name, begins, float(kwargs.get("lr", np.nan)), rates))
        return rule(*args, **kwargs)

    return watched


def play_fair_race(exercise, submission):
    """Races whose rates suit the rules in different ways; one rule is entered twice."""
    played = Played(seen=dict(met=[]))
    with _calling(exercise, submission, played) as call:
        for title, (entered, tune, test, start, rates, steps) in RACES.items():
            watched = {
                name: _watched(name, rule, rates, played.seen["met"])
                for name, rule in entered.items()
            }
            given = watched, tune, test, np.array(start)
            found = call(*given, rates=[*rates], steps=steps)
            if found is Ellipsis:
                raise NotBegun
            if not isinstance(found, Mapping) or set(found) != set(entered):
                raise Refused(
                    f"{name_of(submission)} returned {brief(found)}. It returns a dict with a test "
                    f"loss for each of the rules, under their names: {', '.join(entered)}."
                )
            for name in entered:
                loss = numbers(found[name], f"The test loss of {name}")
                if loss.size != 1:
                    raise Refused(f"The test loss of {name} is one number, not {brief(loss)}.")
                played.add(f"in {title}, {name}", "The test loss", loss.reshape(()), "")
    return played
